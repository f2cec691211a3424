"""The side of PyTorch: modules of any kind, and transformers' models."""

import copy
import hashlib
import inspect
import json
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import torch

from .checks import RecordingError, check_same
from .scores import attention_asked_of_torch
from .watch import Watch, snapshot

SKIPPED_OUTPUTS = ("loss", "past_key_values")
WEIGHT_FILES = ("*.safetensors", "*.bin", "*.pt", "*.pth")
DIALECT = "pytorch"


def is_transformers(module):
    return hasattr(module, "base_model_prefix")


def as_tensors(inputs):
    """Inputs as tensors, of float32 where they are floating."""
    inputs = {k: torch.as_tensor(np.asarray(v) if isinstance(v, list) else v) for k, v in inputs.items()}
    return {k: v.detach().cpu().float() if v.is_floating_point() else v.cpu() for k, v in inputs.items()}


def as_arrays(inputs):
    return {k: snapshot(v) for k, v in inputs.items()}


def named_outputs(result, name=""):
    """The model's outputs by their own names: `logits`, `hidden_states.0`; a bare tensor is `output`."""
    if isinstance(result, torch.Tensor):
        return {name or "output": snapshot(result)}
    if isinstance(result, dict):
        items = [(f"{name}.{k}" if name else str(k), v) for k, v in result.items()]
    elif isinstance(result, (tuple, list)):
        items = [(f"{name or 'output'}.{i}", v) for i, v in enumerate(result)]
    else:
        return {}
    return {k: v for key, value in items if key not in SKIPPED_OUTPUTS and not key.endswith("attentions")
            for k, v in named_outputs(value, key).items()}


def prepared(module, dtype):
    """A copy of the module that computes plainly: evaluation mode, eager attention, no nested tensors."""
    module = copy.deepcopy(module).eval().to(dtype=dtype, device="cpu")
    for inner in module.modules():
        if hasattr(inner, "set_attn_implementation"):
            inner.set_attn_implementation("eager")
        if hasattr(inner, "set_experts_implementation"):  # grouped matrix products know no float64
            inner.set_experts_implementation("eager")
        if isinstance(inner, torch.nn.TransformerEncoder):
            inner.enable_nested_tensor = inner.use_nested_tensor = False
    return module


def extra_arguments(module):
    """What asks a transformers model for all that it can return."""
    if not is_transformers(module):
        return {}
    wanted = {"output_hidden_states": True, "output_attentions": True, "return_dict": True, "use_cache": False}
    parameters = inspect.signature(module.forward).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    return {k: v for k, v in wanted.items() if open_ended or k in parameters}


def run(module, inputs, dtype, globs=("*",), times=1, details=False, arguments=None):
    """Runs the module in one precision; returns groups by name, and `links`. Runs that differ are an error."""
    module = prepared(module, dtype)
    inputs = {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items()}
    default, results = torch.get_default_dtype(), []
    for _ in range(times):
        watch = Watch(module, dtype, globs, details, inputs)
        with ExitStack() as stack:
            for inner in watch.names:
                stack.callback(inner.register_forward_pre_hook(watch.before, with_kwargs=True).remove)
                stack.callback(inner.register_forward_hook(watch.after).remove)
            stack.enter_context(torch.no_grad())
            stack.enter_context(attention_asked_of_torch(watch))
            stack.callback(torch.set_default_dtype, default)
            torch.set_default_dtype(dtype)
            stack.enter_context(watch)
            result = module(**inputs, **{**copy.deepcopy(arguments or {}), **extra_arguments(module)})
        tables = {k: table for k, (_, table) in watch.attention.items()}
        add_reported_attention(result, tables)
        results.append({"outputs": named_outputs(result), "nodes": watch.nodes, "attention": tables,
                        "node_inputs": watch.node_inputs, "scores": watch.scores, "rotary": watch.rotary,
                        "links": watch.links})
    for other in results[1:]:
        check_same(results[0], other)
    return results[0]


def both(module, inputs, globs, details, exact, arguments=None):
    """The recording in float32, checked by a second run, and in float64 if wanted."""
    recorded = run(module, inputs, torch.float32, globs, times=2, details=details, arguments=arguments)
    return recorded, run(module, inputs, torch.float64, globs, details=details, arguments=arguments) if exact else None


def add_reported_attention(result, tables):
    """Adds the tables that a transformers model reports and no module was seen to compute: `attentions.0`."""
    fields = [(k, v) for k, v in result.items() if k.endswith("attentions")] if isinstance(result, dict) else []
    reported = [(f"{k}.{i}", t) for k, v in fields if isinstance(v, (tuple, list)) for i, t in enumerate(v)]
    for name, table in [(name, snapshot(table)) for name, table in reported if table is not None]:
        if not any(table.shape == s.shape and np.array_equal(table, s, equal_nan=True) for s in tables.values()):
            tables[name] = table


def facts(module):
    """Who computes, with what, in the words of the root attributes."""
    versions = {"torch": torch.__version__.partition("+")[0]}
    transformers = sys.modules.get("transformers")
    if transformers and is_transformers(module):
        versions["transformers"] = transformers.__version__
    return versions, {"attn_implementation": "eager", "threads": torch.get_num_threads()}


@contextmanager
def seeing_calls(module, see):
    """Tells of each call of a module the tensors that it is given, by name, and its other arguments."""
    signature = inspect.signature(module.forward)

    def before(_, args, kwargs):
        given = signature.bind(*args, **kwargs)
        named = {}
        for name, value in given.arguments.items():
            kind = signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                raise RecordingError(f"{type(module).__name__} is called with arguments that have no names: record it with inputs by name")
            named.update(value if kind is inspect.Parameter.VAR_KEYWORD else {name: value})
        tensors = {k: v.detach().clone() for k, v in named.items() if isinstance(v, torch.Tensor)}
        see(tensors, plain_arguments({k: v for k, v in named.items() if k not in tensors}))

    handle = module.register_forward_pre_hook(before, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def plain_arguments(arguments):
    """Arguments without those that only ask for more outputs, and caches that hold nothing yet."""
    kept = {}
    for name, value in arguments.items():
        if hasattr(value, "get_seq_length"):
            if value.get_seq_length() > 0:
                raise RecordingError("the call goes on from a cache, which no fixture holds: record one that begins")
        elif value is not None:
            kept[name] = copy.deepcopy(value)
    return kept


# MARK: models in files


def class_of(folder, class_name):
    """The transformers class that a folder's config.json names, or another by its name."""
    import transformers
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    classes = json.loads((Path(folder) / "config.json").read_text()).get("architectures")
    name = class_name or next(iter(classes or []), "AutoModel")
    if not hasattr(transformers, name):
        raise RecordingError(f"transformers has no class {name}: choose one with --class")
    return getattr(transformers, name), name


def load(folder, class_name=None):
    """The transformers model in a folder, in float32. Weights that the folder lacks are an error, never random."""
    kind, name = class_of(folder, class_name)
    arguments = {"attn_implementation": "eager", "torch_dtype": torch.float32, "output_loading_info": True}
    model, info = kind.from_pretrained(folder, **arguments)
    if info["missing_keys"] and all(key.startswith("pooler.") for key in info["missing_keys"]):
        model, info = kind.from_pretrained(folder, add_pooling_layer=False, **arguments)
    if missing := sorted(info["missing_keys"]):
        raise RecordingError(f"{folder} lacks {', '.join(missing)} of {name}: choose another class with --class")
    return model


def make(folder, class_name=None):
    """A transformers model as a folder's config.json describes it; its weights are any."""
    import transformers
    kind, _ = class_of(folder, class_name)
    config = transformers.AutoConfig.from_pretrained(folder)
    make = kind.from_config if hasattr(kind, "from_config") else kind._from_config
    return make(config, attn_implementation="eager").float()


def weight_hashes(folder):
    """SHA-256 of each weight file, by name, so that a fixture can be matched to its weights."""
    files = sorted(f for glob in WEIGHT_FILES for f in Path(folder).glob(glob) if not f.name.startswith("fixture."))
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def save(module, folder):
    """Saves a model as its framework does: save_pretrained, or a state_dict as safetensors."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if is_transformers(module):
        return module.save_pretrained(folder)
    from safetensors.torch import save_model
    save_model(module, str(folder / "model.safetensors"), metadata={"format": "pt"})
