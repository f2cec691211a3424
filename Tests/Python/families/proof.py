"""Makes a case with transformers, and lets Crosswalk recognise it, run it, and give it back."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import h5py
import torch
import transformers
from safetensors.torch import load_file
from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import WeightConverter, WeightRenaming, rename_source_key

from crosswalk_recorder import record
from crosswalk_recorder.pytorch import load
from crosswalk_recorder.sensitive import fill

from . import tokens

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)  # the models are so small that threads would wait for one another


def make(case, class_name, folder, seed=0):
    """Saves a random model and what transformers computes with it; gives the folder and the fixture."""
    torch.manual_seed(seed)
    config = getattr(transformers, case.config)(**case.settings)
    model = fill(getattr(transformers, class_name)(config), seed)
    if case.change:
        case.change(model)
    model.save_pretrained(folder)
    saved = load(folder, class_name)
    record(saved, (case.inputs or tokens)(saved, seed), folder / "fixture.h5")
    return folder


def prove(crosswalk, folder, *options):
    """The largest difference from the recording; raises unless all compares and comes back to the bit."""
    native, back = folder / "native.h5", folder / "back.safetensors"
    with ThreadPoolExecutor() as meanwhile:
        verified = meanwhile.submit(crosswalk.json, "verify", folder, folder / "fixture.h5", *options, status=(0, 1))
        crosswalk("convert", folder, native, "--force", *options)
        crosswalk("convert", native, back, "--to", "source", "--force", *options)
    report = verified.result()
    rows = report["rows"]
    failed = [f"{r['name']} {r['verdict']} {r['max_abs']} {r['note'] or ''}" for r in rows if r["verdict"] not in ("identical", "close")]
    assert report["verdict"] in ("identical", "close"), "; ".join(failed + [f"missing {m}" for m in report["missing"]])
    error = max(row["max_abs"] for row in rows if row["role"] != "node")
    was, came = load_file(folder / "model.safetensors"), load_file(back)
    assert was.keys() == came.keys(), sorted(was.keys() ^ came.keys())
    for name, tensor in was.items():
        assert tensor.dtype == came[name].dtype and tensor.shape == came[name].shape, name
        assert torch.equal(tensor.flatten().view(torch.uint8), came[name].flatten().view(torch.uint8)), name
    return error


def named_by_transformers(folder, class_name):
    """The names and shapes that transformers' own tables make of the file that came back, and those that its model has.

    A tensor that transformers converts, not only renames, has no shape; what the model holds twice counts once.
    """
    kind = getattr(transformers, class_name)
    model = kind(kind.config_class.from_pretrained(folder))
    wanted = model.state_dict()
    transforms = get_model_conversion_mapping(model)
    renamings = [t for t in transforms if isinstance(t, WeightRenaming)]
    converters = [t for t in transforms if isinstance(t, WeightConverter)]
    made, converted = {}, set()
    for name, tensor in load_file(folder / "back.safetensors").items():
        name, pattern = rename_source_key(name, renamings, converters, model.base_model_prefix, wanted)
        targets = next((c.target_patterns for c in converters if pattern in c.source_patterns), [""])
        names = [name.replace(targets[0], target) for target in targets]
        made.update({name: tuple(tensor.shape) for name in names})
        converted.update(names if pattern else [])
    held = {wanted[name].data_ptr() for name in made if name in wanted}
    unsaved = [re.compile(key) for key in model._keys_to_ignore_on_save or []]
    shapes = {name: tuple(tensor.shape) for name, tensor in wanted.items()
              if name in made or not (tensor.data_ptr() in held or any(key.search(name) for key in unsaved))}
    return [{name: name in converted or shape for name, shape in table.items()} for table in (made, shapes)]


def family(folder):
    """The family as which a model was carried over."""
    with h5py.File(folder / "native.h5") as native:
        return json.loads(native.attrs["architecture"])["family"]
