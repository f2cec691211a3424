"""Makes a case with transformers, and lets Crosswalk recognise it, run it, and give it back."""

import json
import pathlib
import sys

import h5py
import torch
import transformers
from safetensors.torch import load_file

from . import tokens

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "Fixtures"))
from record import load, record  # noqa: E402

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)  # the models are so small that threads would wait for one another

BOUND = 2e-5
"""How far any output, hidden state or attention may be from what transformers computes in float32."""


def fill(module, seed):
    """Gives every parameter and every floating buffer that is saved a random value of a telling size."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() < 2:
                parameter.add_(0.2 * noise)
            elif "embed" in name and parameter.dim() == 2:
                parameter.copy_(0.3 * noise)
            else:
                fan_in = parameter[0].numel() if parameter.dim() > 2 else parameter.shape[-1]
                parameter.copy_(noise * 1.5 * fan_in ** -0.5)
    return module.eval()


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
    report = crosswalk.json("verify", folder, folder / "fixture.h5", *options, status=(0, 1))
    rows = report["rows"]
    failed = [f"{r['name']} {r['verdict']} {r['max_abs']} {r['note'] or ''}" for r in rows if r["verdict"] not in ("identical", "close")]
    assert report["verdict"] in ("identical", "close"), "; ".join(failed + [f"missing {m}" for m in report["missing"]])
    error = max(row["max_abs"] for row in rows if row["role"] != "node")
    native, back = folder / "native.h5", folder / "back.safetensors"
    crosswalk("convert", folder, native, "--force", *options)
    crosswalk("convert", native, back, "--to", "source", "--force", *options)
    was, came = load_file(folder / "model.safetensors"), load_file(back)
    assert was.keys() == came.keys(), sorted(was.keys() ^ came.keys())
    for name, tensor in was.items():
        assert tensor.dtype == came[name].dtype and tensor.shape == came[name].shape, name
        assert torch.equal(tensor.flatten().view(torch.uint8), came[name].flatten().view(torch.uint8)), name
    return error


def family(folder):
    """The family as which a model was carried over."""
    with h5py.File(folder / "native.h5") as native:
        return json.loads(native.attrs["architecture"])["family"]
