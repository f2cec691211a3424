"""Records what a PyTorch model computes, as a fixture that `crosswalk verify` compares against.

On the command line, for a folder that save_pretrained wrote:

    python record.py --model DIR --inputs inputs.json -o fixture.h5

In your own script, for any torch.nn.Module:

    from record import record
    record(module, {"src": src, "src_mask": mask}, "fixture.h5")

The fixture holds every module's output, every attention probability table and the model's own outputs, in float32
and once more in float64 with the same weights, so that a difference can be judged against rounding. README.md
describes the file.
"""

import argparse
import copy
import fnmatch
import hashlib
import inspect
import json
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import h5py
import numpy as np
import torch
from torch.overrides import TorchFunctionMode

GROUPS = ("outputs", "nodes", "attention")
SKIPPED_OUTPUTS = ("loss", "past_key_values")
SOFTMAXES = (torch.softmax, torch.nn.functional.softmax, torch.Tensor.softmax)
WEIGHT_FILES = ("*.safetensors", "*.bin", "*.pt", "*.pth")


class RecordingError(Exception):
    """The recording would not be a sound reference. The message says what to do."""


# MARK: one run


class Watch(TorchFunctionMode):
    """One run of a module: collects outputs, nodes and attention, and keeps float64 runs in float64.

    Attention is taken from where it is surest: torch.nn.MultiheadAttention is asked for it, a module that returns its
    probabilities is believed, and otherwise the last four-axis softmax (or fused attention) inside a module counts.
    """

    def __init__(self, module, dtype, globs):
        super().__init__()
        self.dtype, self.globs = dtype, globs
        self.outputs, self.nodes, self.attention = {}, {}, {}
        self.names = {inner: name for name, inner in module.named_modules()}
        self.calls, self.stack, self.candidates = {}, [], {}

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self.dtype == torch.float64:  # rotary tables and some softmaxes ask for float32 by name
            function = torch.Tensor.double if function is torch.Tensor.float else function
            args = tuple(torch.float64 if a is torch.float32 else a for a in args)
            kwargs = {k: torch.float64 if v is torch.float32 else v for k, v in kwargs.items()}
        if function is torch.nn.functional.scaled_dot_product_attention:
            result, probabilities = plain_attention(*args, **kwargs)
            self.propose(probabilities)
            return result
        result = function(*args, **kwargs)
        if function in SOFTMAXES and isinstance(result, torch.Tensor) and is_probabilities(result):
            self.propose(result)
        return result

    def propose(self, probabilities):
        """Remembers a table computed by the innermost running module (an nn.Softmax computes for its owner)."""
        owner = next((m for m in reversed(self.stack) if not isinstance(m, torch.nn.Softmax)), None)
        if owner is not None:
            self.candidates[owner] = probabilities

    def key(self, module):
        """The module's name in this call: NAME for the first, NAME@1, NAME@2, … for those that follow."""
        count = self.calls.get(module, 0)
        name = self.names[module] or "attention"
        return name if count == 0 else f"{name}@{count}"

    def before(self, module, _args):
        self.stack.append(module)
        self.candidates.pop(module, None)

    def after(self, module, _args, result):
        """Keeps the module's main output and the attention that it computed."""
        self.stack.pop()
        key = self.key(module)
        returned = result if isinstance(result, (tuple, list)) else ()
        candidate = self.candidates.pop(module, None)
        tables = [t for t in returned[1:] if isinstance(t, torch.Tensor) and (is_probabilities(t) or begins(candidate, t))]
        table = tables[0] if tables else candidate
        known = any(table is original for original, _ in self.attention.values())
        if table is not None and key not in self.attention and not known:
            self.attention[key] = (table, snapshot(table))
        main = main_tensor(result)
        if main is not None and self.names[module] and matches(key, self.globs):
            self.nodes[key] = snapshot(main)
        self.calls[module] = self.calls.get(module, 0) + 1


def plain_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """scaled_dot_product_attention as its documentation spells it out, with the probabilities."""
    if enable_gqa:
        repeats = query.shape[-3] // key.shape[-3]
        key, value = (t.repeat_interleave(repeats, dim=-3) for t in (key, value))
    scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, float("-inf"))
    elif attn_mask is not None:
        scores = scores + attn_mask
    probabilities = torch.softmax(scores, dim=-1)
    return probabilities @ value, probabilities


def is_probabilities(tensor):
    """Whether a tensor is (batch, heads, queries, keys) with rows that sum to one; rows of NaN are fully masked."""
    if tensor.dim() != 4 or not tensor.is_floating_point() or tensor.numel() == 0:
        return False
    sums = tensor.detach().sum(-1)
    sums = sums[~sums.isnan()]
    return sums.numel() > 0 and bool((sums - 1).abs().max() < 1e-3)


def begins(probabilities, tensor):
    """Whether a tensor is the probabilities without their last columns, such as an attention sink's."""
    return (probabilities is not None and tensor.dim() == 4
            and torch.equal(tensor, probabilities[..., :tensor.shape[-1]].to(tensor.dtype)))


def main_tensor(result):
    """The tensor that a module's result is about: itself, or the first of a tuple, list or ModelOutput."""
    if isinstance(result, torch.Tensor):
        return result
    values = result.values() if isinstance(result, dict) else result if isinstance(result, (tuple, list)) else ()
    return next((t for t in map(main_tensor, values) if t is not None), None)


def matches(name, globs):
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def snapshot(tensor):
    """The values now, as NumPy; later in-place operations do not reach them. half and bfloat16 become float32."""
    small = tensor.is_floating_point() and tensor.dtype not in (torch.float32, torch.float64)
    return np.array((tensor.float() if small else tensor).detach().cpu().numpy(), order="C")


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


@contextmanager
def attention_asked_of_torch(watch):
    """Makes torch.nn.MultiheadAttention compute per-head probabilities; its callers get what they asked for."""
    original = torch.nn.MultiheadAttention.forward
    signature = inspect.signature(original)

    def forward(self, *args, **kwargs):
        asked = signature.bind(self, *args, **kwargs)
        asked.apply_defaults()
        wanted = {**asked.arguments, "need_weights": True, "average_attn_weights": False}
        output, table = original(**wanted)
        watch.attention[watch.key(self)] = (table, snapshot(table if table.dim() == 4 else table.unsqueeze(0)))
        if not asked.arguments["need_weights"]:
            return output, None
        return output, table.mean(dim=-3) if asked.arguments["average_attn_weights"] else table

    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with mock.patch.object(torch.nn.MultiheadAttention, "forward", forward):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


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
    if not hasattr(module, "base_model_prefix"):
        return {}
    wanted = {"output_hidden_states": True, "output_attentions": True, "return_dict": True, "use_cache": False}
    parameters = inspect.signature(module.forward).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    return {k: v for k, v in wanted.items() if open_ended or k in parameters}


def run(module, inputs, dtype, globs=("*",), times=1):
    """Runs the module in one precision; returns {outputs, nodes, attention}. Runs that differ are an error."""
    module = prepared(module, dtype)
    inputs = {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items()}
    default, results = torch.get_default_dtype(), []
    for _ in range(times):
        watch = Watch(module, dtype, globs)
        with ExitStack() as stack:
            for inner in watch.names:
                stack.callback(inner.register_forward_pre_hook(watch.before).remove)
                stack.callback(inner.register_forward_hook(watch.after).remove)
            stack.enter_context(torch.no_grad())
            stack.enter_context(attention_asked_of_torch(watch))
            stack.callback(torch.set_default_dtype, default)
            torch.set_default_dtype(dtype)
            stack.enter_context(watch)
            result = module(**inputs, **extra_arguments(module))
        tables = {k: table for k, (_, table) in watch.attention.items()}
        add_reported_attention(result, tables)
        results.append({"outputs": named_outputs(result), "nodes": watch.nodes, "attention": tables})
    for other in results[1:]:
        check_same(results[0], other)
    return results[0]


# MARK: what makes a recording unsound


def add_reported_attention(result, tables):
    """Adds the tables that a transformers model reports and no module was seen to compute: `attentions.0`."""
    fields = [(k, v) for k, v in result.items() if k.endswith("attentions")] if isinstance(result, dict) else []
    reported = [(f"{k}.{i}", t) for k, v in fields if isinstance(v, (tuple, list)) for i, t in enumerate(v)]
    for name, table in [(name, snapshot(table)) for name, table in reported if table is not None]:
        if not any(table.shape == s.shape and np.array_equal(table, s, equal_nan=True) for s in tables.values()):
            tables[name] = table


def check_same(first, second):
    """Two runs must agree to the bit: dropout or other randomness would make the reference worthless."""
    for group in GROUPS:
        for name, values in first[group].items():
            if not np.array_equal(values, second[group].get(name), equal_nan=values.dtype.kind == "f"):
                raise RecordingError(f"{group}/{name} differs between two runs: switch off randomness in the model")


def check_complete(recorded, attention):
    """Something must have been recorded, attention too unless the caller knows that there is none."""
    if not recorded["outputs"]:
        raise RecordingError("the model returned no tensor: return a tensor, a tuple, or a dict of them")
    if attention and not recorded["attention"]:
        raise RecordingError("no attention probabilities were seen: use eager attention, or pass attention=False "
                             "(--no-attention) for a model that has none")


# MARK: the file


def record(module, inputs, path, *, float64=GROUPS, outputs=("*",), nodes=("*",), attention=True,
           settings=None):
    """Runs `module(**inputs)` and writes the fixture. Returns the float32 recording.

    float64:   which groups carry the float64 reference; () for none
    outputs:   globs that choose among the model's outputs
    nodes:     globs that choose the modules whose outputs are kept
    attention: False for a model without attention; otherwise finding none is an error
    settings:  anything else that a reader should know, added to the settings attribute
    """
    inputs = {k: torch.as_tensor(v) for k, v in inputs.items()}
    inputs = {k: v.float() if v.is_floating_point() else v for k, v in inputs.items()}
    recorded = run(module, inputs, torch.float32, nodes, times=2)
    recorded["outputs"] = chosen(recorded["outputs"], outputs)
    check_complete(recorded, attention)
    groups = {"inputs": {k: snapshot(v) for k, v in inputs.items()}, **recorded}
    exact = run(module, inputs, torch.float64, nodes) if float64 else {}
    exact["outputs"] = chosen(exact.get("outputs", {}), outputs)
    groups.update({f"float64/{group}": exact[group] for group in float64})
    write(path, groups, attributes(module, settings or {}))
    return recorded


def chosen(named, globs):
    return {name: values for name, values in named.items() if matches(name, globs)}


def attributes(module, settings):
    """The root attributes: the format, who recorded it, and how."""
    versions = {"torch": torch.__version__.partition("+")[0]}
    transformers = sys.modules.get("transformers")
    if transformers and hasattr(module, "base_model_prefix"):
        versions["transformers"] = transformers.__version__
    facts = {"class": type(module).__name__, "attn_implementation": "eager", "dtype": "float32", "h5py": h5py.__version__,
             "threads": torch.get_num_threads(), "python": sys.version.split()[0], "numpy": np.__version__, **settings}
    return {"format": "crosswalk.trace", "version": 1, "dialect": "pytorch", "precision": "float32",
            "producer": ", ".join(f"{k} {v}" for k, v in versions.items()),
            "settings": json.dumps(facts, sort_keys=True)}


def write(path, groups, attrs):
    """Writes HDF5, or safetensors if the name says so. A dotted name is one link, never nested groups."""
    path = Path(path)
    if path.suffix == ".safetensors":
        from safetensors.numpy import save_file
        tensors = {f"{group}/{name}": values for group, named in groups.items() for name, values in named.items()}
        return save_file(tensors, path, metadata={k: str(v) for k, v in attrs.items()})
    with h5py.File(path, "w") as file:
        for key, value in attrs.items():
            file.attrs[key] = np.int64(value) if isinstance(value, int) else value
        for group, named in groups.items():
            parent = file.create_group(group)
            for name, values in named.items():
                parent.create_dataset(name, data=values)


# MARK: the command line


def read_inputs(path):
    """Inputs by argument name, from JSON, npz, safetensors or HDF5 (datasets at the root or under /inputs)."""
    path = Path(path)
    if path.suffix == ".json":
        return {k: torch.tensor(v) for k, v in json.loads(path.read_text()).items()}
    if path.suffix == ".npz":
        with np.load(path) as file:
            return {k: torch.from_numpy(file[k]) for k in file.files}
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file
        named = {k.removeprefix("inputs/"): v for k, v in load_file(path).items()}
        return {k: v for k, v in named.items() if "/" not in k}
    if path.suffix in (".h5", ".hdf5"):
        with h5py.File(path) as file:
            group = file.get("inputs", file)
            return {k: torch.from_numpy(np.asarray(v[()])) for k, v in group.items() if isinstance(v, h5py.Dataset)}
    raise RecordingError(f"{path}: inputs are read from .json, .npz, .safetensors or .h5")


def load(folder, class_name=None):
    """The transformers model in a folder, in float32. Weights that the folder lacks are an error, never random."""
    import transformers
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    classes = json.loads((Path(folder) / "config.json").read_text()).get("architectures")
    name = class_name or next(iter(classes or []), "AutoModel")
    if not hasattr(transformers, name):
        raise RecordingError(f"transformers has no class {name}: choose one with --class")
    arguments = {"attn_implementation": "eager", "torch_dtype": torch.float32, "output_loading_info": True}
    model, info = getattr(transformers, name).from_pretrained(folder, **arguments)
    if info["missing_keys"] and all(key.startswith("pooler.") for key in info["missing_keys"]):
        model, info = getattr(transformers, name).from_pretrained(folder, add_pooling_layer=False, **arguments)
    if missing := sorted(info["missing_keys"]):
        raise RecordingError(f"{folder} lacks {', '.join(missing)} of {name}: choose another class with --class")
    return model


def weight_hashes(folder):
    """SHA-256 of each weight file, by name, so that a fixture can be matched to its weights."""
    files = sorted(f for glob in WEIGHT_FILES for f in Path(folder).glob(glob) if not f.name.startswith("fixture."))
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def main():
    parser = argparse.ArgumentParser(description="Records what a transformers model computes, as a fixture.")
    parser.add_argument("--model", required=True, metavar="DIR", help="a folder that save_pretrained wrote")
    parser.add_argument("--inputs", required=True, metavar="FILE", help=".json, .npz, .safetensors or .h5")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="fixture.h5 or fixture.safetensors")
    parser.add_argument("--class", dest="class_name", metavar="NAME", help="default: the one that config.json names")
    parser.add_argument("--no-float64", action="store_true", help="leave out the float64 reference")
    parser.add_argument("--no-attention", action="store_true", help="the model has no attention")
    parser.add_argument("--outputs", nargs="*", default=["*"], metavar="GLOB", help="outputs to keep; default: all")
    parser.add_argument("--nodes", nargs="*", default=["*"], metavar="GLOB", help="modules to keep; default: all")
    options = parser.parse_args()
    torch.set_num_threads(1)
    try:
        recorded = record(load(options.model, options.class_name), read_inputs(options.inputs), options.output,
                          float64=() if options.no_float64 else GROUPS, outputs=options.outputs, nodes=options.nodes,
                          attention=not options.no_attention, settings={"weights": weight_hashes(options.model)})
    except (RecordingError, OSError, ValueError, TypeError, RuntimeError, IndexError) as error:
        sys.exit(f"record.py: {error}")
    print(f"{options.output}: " + ", ".join(f"{len(recorded[group])} {group}" for group in GROUPS))


if __name__ == "__main__":
    main()
