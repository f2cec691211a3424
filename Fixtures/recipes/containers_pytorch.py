"""PyTorch files: what torch.save writes, what it once wrote, and what must be refused."""

import argparse
import datetime
import enum
import importlib
import io
import os
import pathlib
import pickle
import subprocess
import zipfile
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import torch

from .expectations import numbers, refusal, tensors, write_expectations

DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
          torch.int8, torch.uint8, torch.bool, torch.complex64, torch.complex128)
NEWER_DTYPES = (torch.float8_e4m3fn, torch.float8_e5m2, torch.uint16, torch.uint32, torch.uint64)


class Made:
    """A tensor entry of a forged pickle: any storage, offset, size and stride, sound or not."""

    def __init__(self, count, offset, size, stride):
        self.storage, self.rest = Storage(count), (offset, size, stride, False, OrderedDict())

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, (self.storage, *self.rest)


class Storage:
    def __init__(self, count):
        self.count = count


class Command:
    """What a malicious file does: names a function that loading would call."""

    def __reduce__(self):
        return os.system, ("true",)


class Weapon:
    """Any other function that loading would call; all are called so that they do no harm."""

    def __init__(self, function, arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


WEAPONS = {"evaluation": (eval, ("0",)), "attribute": (getattr, ("a", "upper")),
           "import": (importlib.import_module, ("math",)), "process": (subprocess.Popen, (["true"],))}


class Forger(pickle.Pickler):
    def persistent_id(self, value):
        if isinstance(value, Storage):
            return "storage", torch.FloatStorage, "0", "cpu", value.count
        return None


def forge(path, value, data=b"", extra=()):
    """A PyTorch zip written by hand, without torch's newer members, alignment or data descriptors."""
    buffer = io.BytesIO()
    Forger(buffer, protocol=2).dump(value)
    members = {"data.pkl": buffer.getvalue(), "data/0": data, "version": b"3\n", **dict(extra)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(f"archive/{name}", (1980, 1, 1, 0, 0, 0)), content)


def posix_as_os(path):
    """Names os.system as attackers do; Python's own pickler writes the module it really lives in."""
    with zipfile.ZipFile(path) as file:
        data = file.read("archive/data.pkl").replace(b"cposix\nsystem\n", b"cos\nsystem\n")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, member in {"data.pkl": data, "version": b"3\n"}.items():
            file.writestr(zipfile.ZipInfo(f"archive/{name}", (1980, 1, 1, 0, 0, 0)), member)


def plain(folder):
    """Every dtype, shape and view."""
    base = numbers(24)
    grid = base.view(4, 6)
    modules = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
    with torch.no_grad():
        for parameter in modules.parameters():
            parameter.copy_(numbers(parameter.numel()).view(parameter.shape))
    files = {
        "dtypes.pt": {str(d).removeprefix("torch."): numbers(6, d).view(2, 3) for d in DTYPES},
        "newer-dtypes.pt": {str(d).removeprefix("torch."): numbers(6, d) for d in NEWER_DTYPES},
        "special-values.pt": {"values": torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45])},
        "views.pt": {"whole": base, "tail": base[5:], "grid": grid, "transposed": grid.T, "column": grid[:, 2],
                     "every_other": grid[::2, 1::2], "repeated": base[3:6].expand(4, 3), "tied": base},
        "shapes.pt": {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 4), "one": torch.ones(1, 1, 1),
                      "deep": numbers(16).view(2, 1, 2, 1, 2, 2)},
        "parameter.pt": {"weight": torch.nn.Parameter(numbers(6).view(3, 2)), "plain": numbers(2)},
        "module.pt": modules.state_dict(),
        "many.pt": {f"element.{i}": element for i, element in enumerate(numbers(300))},
    }
    for name, value in files.items():
        torch.save(value, folder / name)
    return {name: tensors(value) for name, value in files.items()}


def checkpoint(folder):
    """A training checkpoint: the model, an optimizer, and what is not a tensor."""
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    with torch.no_grad():
        model.weight.copy_(numbers(6).view(2, 3))
        model.bias.copy_(numbers(2))
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    torch.save({"model": model.state_dict(), "optimizer": state, "epoch": 3, "steps": 1 << 40, "loss": 0.25,
                "note": "größer", "best": None, "done": True, "history": [1.5, -2, "three"],
                "samples": [numbers(2), (numbers(3),)]}, folder / "checkpoint.pt")
    found = {f"model.{k}": v for k, v in model.state_dict().items()}
    found |= {f"optimizer.state.{i}.{k}": v for i, named in state["state"].items() for k, v in named.items()}
    found |= {"samples.0": numbers(2), "samples.1.0": numbers(3)}
    metadata = {"epoch": 3, "steps": 1 << 40, "loss": 0.25, "note": "größer", "best": None, "done": True,
                "history.0": 1.5, "history.1": -2, "history.2": "three", "optimizer.param_groups.0.lr": 0.01,
                "optimizer.param_groups.0.params.1": 1}
    return {"checkpoint.pt": tensors(found, metadata=metadata)}


class Schedule(enum.Enum):
    LINEAR = "linear"


class Settings(dict):
    """A class of the user's own, which no reader has."""


def honest(folder):
    """What training scripts put beside their tensors, outside torch's allow-list; described, never made."""
    settings = Settings(depth=2)
    settings.mask = numbers(3)
    words = defaultdict(list)
    words["a"].append(1)
    arrays = {"plain": np.arange(6, dtype="int64").reshape(2, 3), "columns": np.asfortranarray(
        np.arange(6, dtype="float32").reshape(2, 3)), "big": np.arange(3).astype(">f4"), "truth": np.array([True, False]),
        "none": np.zeros((0, 4))}
    namespace = argparse.Namespace(lr=0.1, mask=numbers(2), path=pathlib.PurePosixPath("/tmp/x"))
    torch.save({"args": namespace, "weight": numbers(2), "loss": np.float64(0.25), "epoch": np.int64(-3),
                "small": np.float32(1.5), "flag": np.bool_(True), "words": words, "counts": Counter("aab"),
                "when": datetime.date(2024, 1, 2), "schedule": Schedule.LINEAR, "by": {Schedule.LINEAR: 1},
                "device": torch.device("cuda:1"), "settings": settings, "arrays": arrays,
                "strings": np.array(["a", "b"]), "function": torch.nn.functional.relu}, folder / "honest.pt")
    torch.save({"args": argparse.Namespace(lr=0.1), "weight": numbers(2)}, folder / "namespace.pt")
    torch.save({"args": argparse.Namespace(lr=0.1), "epoch": np.int64(7), "weight": numbers(2)},
               folder / "namespace-4.pt", pickle_protocol=4)
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(numbers(parameter.numel()).view(parameter.shape))
    torch.save(module, folder / "whole-module.pt")
    found = {"weight": numbers(2), "args.mask": numbers(2), "settings.mask": numbers(3)}
    found |= {f"arrays.{k}": v for k, v in arrays.items()}
    metadata = {
        "args.__class__": "argparse.Namespace", "args.state.lr": 0.1, "args.state.path.arguments.0": "/",
        "args.state.path.arguments.2": "x", "loss": 0.25, "epoch": -3, "small": 1.5, "flag": True, "words.a.0": 1,
        "counts.a": 2, "counts.b": 1, "when.__class__": "datetime.date", "when.arguments.0": "0x07e80102",
        "schedule.__class__": f"{__name__}.Schedule", "schedule.arguments.0": "linear",
        "device": "cuda:1", "settings.__class__": f"{__name__}.Settings", "settings.items.depth": 2,
        "function": "torch.nn.functional.relu"}
    simple = {"args.__class__": "argparse.Namespace", "args.state.lr": 0.1}
    return {"honest.pt": tensors(found, metadata=metadata),
            "namespace.pt": tensors({"weight": numbers(2)}, metadata=simple),
            "namespace-4.pt": tensors({"weight": numbers(2)}, metadata={**simple, "epoch": 7}),
            "whole-module.pt": tensors(module.state_dict(), metadata={
                "__class__": "torch.nn.modules.container.Sequential"})}


def values(folder):
    """Plain values of every kind that a checkpoint keeps beside its tensors; and the file packed again by others."""
    torch.save({"tags": {"a"}, "betas": (0.9, 0.999), "empty": (), "number": 1 + 2j,
                "bytes": b"\x00\xff", "ordered": OrderedDict(b=1, a=None), "size": torch.Size([2, 3]), "dtype": torch.half,
                "deep": [({"x": (numbers(2), "y")},)], (1, "pair"): True, "weight": numbers(6).view(2, 3)},
               folder / "values.pt")
    found = {"deep.0.0.x.0": numbers(2), "weight": numbers(6).view(2, 3)}
    metadata = {"tags.0": "a", "betas.0": 0.9, "betas.1": 0.999, "ordered.b": 1, "bytes": "0x00ff",
                "dtype": "torch.float16", "size.1": 3, "number": "complex(1.0, 2.0)", "(1, pair)": True}
    with zipfile.ZipFile(folder / "values.pt") as stored, \
            zipfile.ZipFile(folder / "deflated.pt", "w", zipfile.ZIP_DEFLATED) as packed:
        for name in stored.namelist():
            packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), stored.read(name), zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(folder / "values.pt") as stored, \
            zipfile.ZipFile(folder / "bzip2.pt", "w", zipfile.ZIP_BZIP2) as packed:
        for name in stored.namelist():
            kind = zipfile.ZIP_BZIP2 if "/data/" in name else zipfile.ZIP_STORED
            packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), stored.read(name), kind)
    return {"values.pt": tensors(found, metadata=metadata), "deflated.pt": tensors(found, metadata=metadata),
            "bzip2.pt": refusal("compressed")}


def unread(folder):
    """Tensors that are not dense numbers of a dtype that is known here, each refused by its name."""
    eight = torch.zeros(2, 2)
    made = {"sparse": eight.to_sparse(), "sparse-rows": eight.to_sparse_csr(),
            "quantised": torch.quantize_per_tensor(eight, 0.1, 0, torch.qint8),
            "channels": torch.quantize_per_channel(eight, torch.ones(2), torch.zeros(2), 0, torch.quint8),
            "meta": torch.empty(2, device="meta"), "complex32": torch.zeros(2, dtype=torch.complex32)}
    words = {"sparse": "a sparse tensor", "sparse-rows": "a sparse tensor", "quantised": "a quantised tensor",
             "channels": "a quantised tensor", "meta": "a tensor of the meta device"}
    for name, value in made.items():
        torch.save({"plain": eight, "layer": {"odd": value}}, folder / f"unread-{name}.pt")
    return {f"unread-{name}.pt": refusal(f"tensor 'layer.odd': {words.get(name, f'torch.{name}')}") for name in made}


def save_legacy(path, named):
    """Before zip: consecutive pickles, then storages. A storage's key is its address; made the same here."""
    torch.save(named, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    for i, address in enumerate({value.untyped_storage()._cdata: None for value in named.values()}):
        content = content.replace(unicode(str(address)), unicode(str(94000000000000 + i)))
    path.write_bytes(content)


def unicode(text):
    """A string as pickle's BINUNICODE writes it."""
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


def older(folder):
    """Files as older versions and other machines wrote them; the last three may be read, exactly, or refused."""
    value = numbers(6).view(2, 3)
    forge(folder / "first-zip.pt", {"weight": Made(6, 0, (2, 3), (3, 1))}, numbers(6).numpy().tobytes())
    save_legacy(folder / "legacy.pt", {"weight": value, "tail": value.view(-1)[2:]})
    torch.save({"weight": value}, folder / "protocol-4.pt", pickle_protocol=4)
    forge(folder / "big-endian.pt", {"weight": Made(6, 0, (2, 3), (3, 1))},
          numbers(6).numpy().astype(">f4").tobytes(), {"byteorder": b"big"}.items())
    legacy = tensors({"weight": value, "tail": value.view(-1)[2:]}, **refusal(""))
    either = tensors({"weight": value}, **refusal(""))
    return {"first-zip.pt": tensors({"weight": value}), "legacy.pt": legacy, "protocol-4.pt": either,
            "big-endian.pt": either}


def refused(folder):
    """Files that a reader must refuse, each for one reason."""
    six = numbers(6).numpy().tobytes()
    forge(folder / "command.pt", {"weight": Command()})
    posix_as_os(folder / "command.pt")
    for name, (function, arguments) in WEAPONS.items():
        forge(folder / f"{name}.pt", {"weight": Weapon(function, arguments)})
    forge(folder / "beyond-storage.pt", {"weight": Made(6, 2, (2, 3), (3, 1))}, six)
    forge(folder / "negative-offset.pt", {"weight": Made(6, -1, (2,), (1,))}, six)
    forge(folder / "short-storage.pt", {"weight": Made(6, 0, (2, 3), (3, 1))}, six[:20])
    forge(folder / "huge.pt", {"weight": Made(6, 0, (1 << 62, 1 << 62), (0, 0))}, six)
    return {"command.pt": refusal("os.system"), "evaluation.pt": refusal("builtin__.eval"),
            "attribute.pt": refusal("builtin__.getattr"), "import.pt": refusal("importlib.import_module"),
            "process.pt": refusal("Popen"),
            "beyond-storage.pt": refusal("weight"),
            "negative-offset.pt": refusal("weight"), "short-storage.pt": refusal(""), "huge.pt": refusal("weight")}


def make(folder):
    torch.manual_seed(0)
    write_expectations(folder, {**plain(folder), **checkpoint(folder), **honest(folder), **values(folder),
                                 **unread(folder), **older(folder),
                                 **refused(folder)})
