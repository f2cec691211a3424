"""h5py opens the HDF5 that `crosswalk convert` wrote, and finds what torch and h5py wrote before."""

import io
import os
import pathlib
import subprocess
import zipfile

import numpy as np
import pytest

h5py = pytest.importorskip("h5py")

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Fixtures" / "containers"
COMMAND = pathlib.Path(os.environ.get("CROSSWALK", ROOT / ".build" / "debug" / "crosswalk"))

pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason=f"{COMMAND} is not built")


def convert(source, destination, *options):
    finished = subprocess.run([COMMAND, "convert", source, destination, "--to", "same", *options],
                              capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return destination


def datasets(file):
    found = {}

    def visit(group, path):
        for name, item in group.items():
            if isinstance(item, h5py.Dataset):
                found[path + name] = item
            elif path.count("/") < 5:
                visit(item, f"{path}{name}/")

    visit(file, "")
    return {name: data for name, data in found.items() if data.shape is not None and data.dtype.kind in "biufc"}


@pytest.mark.parametrize("options", [(), ("--compress", "4")], ids=["plain", "compressed"])
@pytest.mark.parametrize("name", ["types.h5", "layouts.h5", "shapes.h5", "chunks.h5"])
def test_values_are_the_same(name, options, tmp_path):
    written = convert(FIXTURES / "hdf5" / name, tmp_path / "out.h5", *options)
    with h5py.File(FIXTURES / "hdf5" / name) as before, h5py.File(written) as after:
        theirs, ours = datasets(before), datasets(after)
        assert set(ours) == set(theirs)
        for key, data in theirs.items():
            assert ours[key].dtype == data.dtype.newbyteorder("<")
            assert np.array_equal(ours[key][()], data[()])


def test_large_tensors_are_chunked_and_deflated(tmp_path):
    torch = pytest.importorskip("torch")
    values = torch.arange(1_000_000, dtype=torch.float32).reshape(1000, 1000)
    torch.save({"grid": values, "row": values[0].clone()}, tmp_path / "in.pt")
    written = convert(tmp_path / "in.pt", tmp_path / "out.h5", "--compress", "9")
    with h5py.File(written) as file:
        grid = file["grid"]
        assert (grid.chunks, grid.compression, grid.compression_opts, grid.shuffle) == ((262, 1000), "gzip", 9, True)
        assert np.array_equal(grid[()], values.numpy())
        assert file["row"].chunks is None
        assert grid.id.get_storage_size() < values.nbytes / 2


def test_every_bfloat16_and_float8_is_read_as_it_is(tmp_path):
    torch = pytest.importorskip("torch")
    words = torch.from_numpy(np.arange(65536, dtype=np.uint16).view(np.int16))
    octets = torch.arange(256, dtype=torch.uint8)
    kinds = {"bf16": words.view(torch.bfloat16), "f16": words.clone().view(torch.float16),
             "f8e5m2": octets.view(torch.float8_e5m2)}
    torch.save({**kinds, "f8e4m3": octets.clone().view(torch.float8_e4m3fn)}, tmp_path / "in.pt")
    with h5py.File(convert(tmp_path / "in.pt", tmp_path / "out.h5")) as file:
        for name, tensor in kinds.items():
            assert np.array_equal(file[name][()].astype("f8"), tensor.to(torch.float64).numpy(), equal_nan=True)
        assert file["f8e4m3"].attrs["dtype"] == "float8_e4m3fn"
        assert np.array_equal(file["f8e4m3"][()].view("u1"), octets.numpy())


def test_attributes_and_links_are_kept(tmp_path):
    with h5py.File(convert(FIXTURES / "hdf5" / "groups.h5", tmp_path / "out.h5", "--allow-unmapped")) as file:
        assert file.attrs["note"] == "größer"
        assert list(file.attrs["names"]) == ["a", "bc"]
        assert file.attrs["count"] == 1 << 40
        assert file["encoder"].attrs["layers"] == 2
        assert list(file["nothing"]) == []
        assert file.get("soft", getlink=True).path == "/encoder/layers/0/weight"
        assert file["hard"] == file["encoder/layers/1/weight"]
        assert np.array_equal(file["soft"][()], file["encoder/layers/0/weight"][()])


def test_keras_keeps_its_bfloat16(tmp_path):
    with h5py.File(convert(FIXTURES / "hdf5" / "bfloat16.h5", tmp_path / "out.h5")) as file:
        assert file["vars/0"].dtype == np.dtype("V2")
        assert file["vars/0"].attrs["dtype"] == "bfloat16"


def test_files_are_the_same_each_time(tmp_path):
    files = [convert(FIXTURES / "hdf5" / "groups.h5", tmp_path / name, "--allow-unmapped").read_bytes()
             for name in ("a.h5", "b.h5")]
    assert files[0] == files[1]


def everything(path):
    """All groups, datasets and attributes of a file, or of the weights within an archive."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            path = io.BytesIO(archive.read("model.weights.h5"))
    found = {}

    def note(name, item):
        data = (item.dtype.str, item.shape, item[()].tobytes()) if isinstance(item, h5py.Dataset) else None
        found[name] = data, {key: str(value) for key, value in item.attrs.items()}

    with h5py.File(path, "r") as file:
        note("/", file)
        file.visititems(note)
    return found


@pytest.mark.parametrize("name", ["keras/legacy.h5", "keras/functional.weights.h5", "keras/functional.keras",
                                  "tf-keras/whole.h5", "tf-keras/tree.weights.h5", "tf-keras/archive.keras"])
def test_the_optimizer_and_the_training_config_are_carried(name, tmp_path):
    before, after = FIXTURES / name, tmp_path / pathlib.Path(name).name
    convert(before, after)
    assert everything(after) == everything(before)
    assert any("optimizer" in path and content for path, (content, _) in everything(after).items())
