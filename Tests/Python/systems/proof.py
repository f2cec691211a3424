"""Saves a torch module with what it computes, and lets Crosswalk recognise it, run it, draw its attention and give it back."""

import io
import json
import zipfile

import h5py
import torch
from safetensors.torch import load_file, save_file

from conftest import assert_same
from crosswalk_recorder import record
from crosswalk_recorder.sensitive import fill

torch.set_num_threads(1)  # the models are so small that threads would wait for one another


def save(folder, module, inputs, config=None, *, seed=0, filled=True, **recording):
    """Saves a module's state_dict, the arguments that it was made with, and what it computes for the inputs."""
    if filled:
        fill(module, seed, embeddings=0.5, matrices=1.2)
    tensors = {name: tensor.detach().clone().contiguous() for name, tensor in module.state_dict().items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    recording.setdefault("attention", False)
    return record(module, inputs, folder / "fixture.h5", **recording)


def tensors(path):
    """Every tensor of a file, by name, without Crosswalk."""
    if path.suffix == ".safetensors":
        return load_file(path)
    if path.suffix in (".pt", ".pth", ".bin"):
        return torch.load(path)
    if path.suffix in (".w2v", ".vec", ".glove"):
        from .words import read
        return read(path)
    if path.suffix == ".keras":
        path = io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5"))
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return found


def tables(options):
    """Of options, those that name a family: all that a native checkpoint does not say itself."""
    return [word for place, word in enumerate(options) if "--family" in (word, *options[max(place - 1, 0):place])]


def prove(crosswalk, system, folder, *options):
    """Makes a system. The largest difference from the recording; raises unless all compares, is drawn, and comes back to the bit."""
    torch.manual_seed(0)
    system.make(folder)
    weights = next(path for path in sorted(folder.glob("model.*")) if path.suffix != ".json")
    model = folder if weights.suffix == ".safetensors" else weights
    fixture, native, back = folder / "fixture.h5", folder / "native.h5", folder / f"back{weights.suffix}"
    options = [*options, *(str(option).format(folder=folder) for option in system.options)]
    report = crosswalk.json("verify", model, fixture, *options, status=(0, 1))
    rows = report["rows"]
    failed = [f"{r['name']} {r['verdict']} {r['max_abs']} {r['note'] or ''}" for r in rows
              if r["verdict"] not in ("identical", "close")]
    assert report["verdict"] in ("identical", "close"), "; ".join(failed + [f"missing {m}" for m in report["missing"]])
    crosswalk("convert", model, native, "--force", *options)
    crosswalk("convert", native, back, "--to", "source", "--force", *tables(options))
    assert_same(tensors(back), tensors(weights))
    with h5py.File(native) as file:
        family = json.loads(file.attrs["architecture"]).get("family")
    assert family == system.family or system.family is None, f"taken for {family}"
    with h5py.File(fixture) as file:
        drawn = len(file["attention"]) if "attention" in file else 0
    if drawn:
        crosswalk("attention", model, "--inputs", fixture, "-o", folder / "attention.json", *options)
        assert json.loads((folder / "attention.json").read_text())["tables"], "no attention was drawn"
    return max(row["max_abs"] for row in rows if row["role"] != "node")
