"""PyTorch opens what `crosswalk convert` wrote, and finds every value; what it wrote is read."""

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
    ours = load(crosswalk.convert(FOLDER / name, tmp_path / "out.pt"))
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


def listed(value):
    """A value with lists for its tuples, as JSON has it."""
    if isinstance(value, dict):
        return {key: listed(part) for key, part in value.items()}
    return [listed(part) for part in value] if isinstance(value, (list, tuple)) else value


@pytest.mark.matrix("PyTorch", "read", "write")
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_training_checkpoint_is_kept(crosswalk, legacy, tmp_path):
    model, optimizer, schedule = trained()
    torch.save({"epoch": 7, "step": 1 << 40, "loss": 0.25, "best": None, "note": "größer", "done": False, "seen": [1, 2],
                "model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
                "random": torch.get_rng_state()},
               tmp_path / "in.pt", _use_new_zipfile_serialization=not legacy)
    crosswalk.convert(tmp_path / "in.pt", tmp_path / "out.pt")
    ours, theirs = (torch.load(tmp_path / name, weights_only=True) for name in ("out.pt", "in.pt"))
    assert_same(flat(ours), flat(theirs))
    for name in theirs.keys() - {"model", "optimizer", "schedule", "random"}:
        assert ours[name] == theirs[name] and type(ours[name]) is type(theirs[name]), name
    assert ours["optimizer"]["param_groups"] == listed(theirs["optimizer"]["param_groups"])
    assert ours["schedule"] == theirs["schedule"]
    again = trained()[0]
    again.load_state_dict({name.removeprefix("model."): value for name, value in ours.items() if name[:6] == "model."})
    assert_same(again.state_dict(), model.state_dict())


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
