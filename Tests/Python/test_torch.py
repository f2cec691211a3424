"""PyTorch opens what `crosswalk convert` wrote, and finds every value; what it wrote is read."""

import collections
import json

import pytest
import torch
from safetensors.torch import load_file

from conftest import CONTAINERS, assert_same, known, sound

FOLDER = CONTAINERS / "pytorch"
# What torch's own safe loading refuses and we describe without running it.
BEYOND_TORCH = ["honest.pt", "namespace.pt", "namespace-4.pt", "whole-module.pt"]
SOURCES = [path for path in sound("pytorch") if path.name not in BEYOND_TORCH]


def flat(value, name=""):
    """The tensors of a checkpoint by dotted names."""
    if torch.is_tensor(value):
        return {name: value.detach()}
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    found = {}
    for key, part in pairs:
        found |= flat(part, f"{name}.{key}" if name else str(key))
    return found


def load(path):
    return load_file(path) if path.suffix == ".safetensors" else flat(torch.load(path, weights_only=True))


@pytest.mark.matrix("PyTorch", "read", "write")
@pytest.mark.matrix("PyTorch before 1.6", "read")
@pytest.mark.matrix("safetensors", "read")
@pytest.mark.parametrize("source", SOURCES + sound("safetensors"), ids=lambda path: path.name)
def test_torch_opens_what_was_written(crosswalk, source, tmp_path):
    assert_same(load(crosswalk.convert(source, tmp_path / "out.pt")), load(source))


@pytest.mark.matrix("PyTorch", "read")
@pytest.mark.parametrize("name", BEYOND_TORCH)
def test_what_torch_refuses_becomes_what_it_opens(crosswalk, name, tmp_path):
    with pytest.raises(Exception):
        torch.load(FOLDER / name, weights_only=True)
    said = crosswalk.refusal("convert", FOLDER / name, tmp_path / "out.pt", "--to", "same")
    assert "a description stays" in said and "--allow-unmapped" in said
    ours = load(crosswalk.convert(FOLDER / name, tmp_path / "out.pt", "--allow-unmapped"))
    expectations = json.loads((FOLDER / "expectations.json").read_text(encoding="utf-8"))
    for tensor, what in expectations[name]["tensors"].items():
        assert list(ours[tensor].shape) == what["shape"], tensor
        assert ours[tensor].reshape(-1).tolist() == what["values"], tensor


def trained():
    """A model after two steps, with everything that a training script keeps of it."""
    torch.manual_seed(3)
    model = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    optimizer = torch.optim.AdamW([{"params": model.self_attn.parameters(), "lr": 0.01},
                                   {"params": model.linear1.parameters(), "weight_decay": 0.1}])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    for _ in range(2):
        model(torch.rand(2, 3, 8)).pow(2).sum().backward()
        optimizer.step()
        schedule.step()
    return model, optimizer, schedule


def assert_alike(ours, theirs, place=""):
    """Two checkpoints are the same down to the class of every part and the order of every dictionary."""
    assert type(ours) is type(theirs), place
    if torch.is_tensor(theirs):
        assert known(ours) == known(theirs), place
    elif isinstance(theirs, dict):
        assert [(type(key), key) for key in ours] == [(type(key), key) for key in theirs], place
        for key, part in theirs.items():
            assert_alike(ours[key], part, f"{place}.{key}")
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs), place
        for index, part in enumerate(theirs):
            assert_alike(ours[index], part, f"{place}.{index}")
    else:
        assert repr(ours) == repr(theirs), place


@pytest.mark.matrix("PyTorch", "read", "write")
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("between", [None, "h5", "safetensors"])
def test_a_training_checkpoint_is_kept(crosswalk, between, legacy, tmp_path):
    model, optimizer, schedule = trained()
    torch.save({"epoch": 7, "step": 1 << 40, "loss": 0.25, "best": None, "note": "größer", "done": False, "seen": [1, 2],
                "model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
                "random": torch.get_rng_state()},
               tmp_path / "in.pt", _use_new_zipfile_serialization=not legacy)
    source = crosswalk.convert(tmp_path / "in.pt", tmp_path / f"a.{between}") if between else tmp_path / "in.pt"
    crosswalk.convert(source, tmp_path / "out.pt")
    ours, theirs = (torch.load(tmp_path / name, weights_only=True) for name in ("out.pt", "in.pt"))
    assert_alike(ours, theirs)
    model, optimizer, schedule = trained()
    model.load_state_dict(ours["model"])
    optimizer.load_state_dict(ours["optimizer"])
    schedule.load_state_dict(ours["schedule"])


ODD = {"integers": [1 << 100, -(1 << 90), (1 << 64) - 1, 1 << 63, -1, True], "floats": [1.0, -0.0, float("nan"), -float("inf"), 1e300],
       "tuples": (1, (2.5, None), [torch.ones(2), ()]), "empty": [{}, [], ()], "ordered": collections.OrderedDict(b=1, a=2),
       "torch": [torch.Size([2, 3]), torch.device("cpu"), torch.bfloat16], "complex": 1 + 2j, "set": {3}, "bytes": b"\x00\xff",
       "text": "gr\u00f6\u00dfer\x00\n", "keys": {0: torch.ones(1), (1, 2): 3, None: 4, 2.5: 5, "": 6, -1: {"a.b": 7}}}


@pytest.mark.parametrize("value", [ODD, [torch.ones(2), (3,)], torch.ones(3), {"w": torch.ones(1)}, {1: {2: torch.ones(1)}}],
                         ids=["odd", "list", "tensor", "plain", "integers"])
def test_every_value_of_python_keeps_its_place_and_class(crosswalk, value, tmp_path):
    torch.save(value, tmp_path / "in.pt")
    crosswalk.convert(tmp_path / "in.pt", tmp_path / "a.h5")
    for source, name in (("in.pt", "out.pt"), ("a.h5", "back.pt")):
        ours = torch.load(crosswalk.convert(tmp_path / source, tmp_path / name), weights_only=True)
        if isinstance(value, dict) and type(ours) is collections.OrderedDict:
            ours = dict(ours)  # what names say it all is written as a state_dict
        assert_alike(ours, value)


def test_values_beside_tensors_are_kept(crosswalk, tmp_path):
    crosswalk.convert(FOLDER / "checkpoint.pt", tmp_path / "out.pt")
    ours, theirs = (torch.load(path, weights_only=True) for path in (tmp_path / "out.pt", FOLDER / "checkpoint.pt"))
    for name in ("epoch", "steps", "loss", "note", "best", "done"):
        assert ours[name] == theirs[name]


def test_tied_tensors_share_their_storage(crosswalk, tmp_path):
    tensors = torch.load(crosswalk.convert(FOLDER / "views.pt", tmp_path / "out.pt"), weights_only=True)
    assert tensors["tied"].data_ptr() == tensors["whole"].data_ptr()


@pytest.mark.matrix("PyTorch", "read")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn,
                                   torch.float8_e5m2, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint64,
                                   torch.uint32, torch.uint16, torch.uint8, torch.bool], ids=str)
def test_strided_tensors_of_every_dtype_are_read(crosswalk, dtype, tmp_path):
    whole = torch.arange(60).remainder(2 if dtype is torch.bool else 60).reshape(3, 4, 5).to(dtype)
    theirs = {"whole": whole, "turned": whole.permute(2, 0, 1), "part": whole[1:, ::2, 3], "one": whole[2, 3, 4],
              "spread": whole[0, 0].expand(2, 5), "none": whole[:0]}
    torch.save(theirs, tmp_path / "in.pt")
    assert_same(crosswalk.read(tmp_path / "in.pt"), theirs)


@pytest.mark.matrix("PyTorch", "read", "write")
def test_shards_and_their_index(crosswalk, tmp_path):
    theirs = {f"layer.{i}.weight": torch.rand(10, 10) for i in range(5)}
    torch.save(theirs, tmp_path / "in.pt")
    crosswalk.convert(tmp_path / "in.pt", tmp_path / "pytorch_model.bin", "--shard-size", "900")
    index = json.loads((tmp_path / "pytorch_model.bin.index.json").read_text())
    assert len(set(index["weight_map"].values())) == 3 and index["metadata"]["total_size"] == 2000
    ours = {}
    for file in sorted(set(index["weight_map"].values())):
        part = torch.load(tmp_path / file, weights_only=True)
        assert {index["weight_map"][name] for name in part} == {file}
        ours |= part
    assert_same(ours, theirs)
    assert_same(crosswalk.read(tmp_path / "pytorch_model.bin.index.json"), theirs)
    assert known(load(crosswalk.convert(tmp_path / "pytorch_model.bin.index.json", tmp_path / "whole.pt"))
                 ["layer.3.weight"]) == known(theirs["layer.3.weight"])


@pytest.mark.parametrize("ending", ["pt", "h5"])
def test_views_that_torch_conjugates_or_negates_lazily_are_resolved(crosswalk, ending, tmp_path):
    values = torch.randn(3, 4, dtype=torch.complex64)
    real = torch.randn(5)
    views = {"plain": values, "conj": values.conj(), "turned": values.conj().T[1:], "both": torch._neg_view(values.conj()),
             "neg": torch._neg_view(real), "real": real, "twice": values.conj().conj()}
    assert views["conj"].is_conj() and views["neg"].is_neg()
    torch.save(views, tmp_path / "in.pt")
    written = crosswalk.convert(tmp_path / "in.pt", tmp_path / f"out.{ending}")
    if ending == "h5":
        written = crosswalk.convert(written, tmp_path / "back.pt")
    theirs = {name: view.resolve_conj().resolve_neg().contiguous() for name, view in views.items()}
    assert_same(load(written), theirs)
