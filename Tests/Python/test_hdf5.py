"""h5py opens the HDF5 that `crosswalk convert` wrote, and finds what torch and h5py wrote before."""

import io
import pathlib
import zipfile

import h5py
import numpy as np
import pytest
import torch

from conftest import CONTAINERS, assert_same

FOLDER = CONTAINERS / "hdf5"


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


@pytest.mark.matrix("HDF5", "read", "write")
@pytest.mark.parametrize("options", [(), ("--compress", "4")], ids=["plain", "compressed"])
@pytest.mark.parametrize("name", ["types.h5", "layouts.h5", "shapes.h5", "chunks.h5"])
def test_values_are_the_same(crosswalk, name, options, tmp_path):
    written = crosswalk.convert(FOLDER / name, tmp_path / "out.h5", *options)
    with h5py.File(FOLDER / name) as before, h5py.File(written) as after:
        theirs, ours = datasets(before), datasets(after)
        assert set(ours) == set(theirs)
        for key, data in theirs.items():
            assert ours[key].dtype == data.dtype.newbyteorder("<")
            assert np.array_equal(ours[key][()], data[()])


@pytest.mark.matrix("HDF5", "write")
def test_large_tensors_are_chunked_and_deflated(crosswalk, tmp_path):
    values = torch.arange(1_000_000, dtype=torch.float32).reshape(1000, 1000)
    torch.save({"grid": values, "row": values[0].clone()}, tmp_path / "in.pt")
    written = crosswalk.convert(tmp_path / "in.pt", tmp_path / "out.h5", "--compress", "9")
    with h5py.File(written) as file:
        grid = file["grid"]
        assert (grid.chunks, grid.compression, grid.compression_opts, grid.shuffle) == ((262, 1000), "gzip", 9, True)
        assert np.array_equal(grid[()], values.numpy())
        assert file["row"].chunks is None
        assert grid.id.get_storage_size() < values.nbytes / 2


def test_every_bfloat16_and_float8_is_read_as_it_is(crosswalk, tmp_path):
    words = torch.from_numpy(np.arange(65536, dtype=np.uint16).view(np.int16))
    octets = torch.arange(256, dtype=torch.uint8)
    kinds = {"bf16": words.view(torch.bfloat16), "f16": words.clone().view(torch.float16),
             "f8e5m2": octets.view(torch.float8_e5m2)}
    torch.save({**kinds, "f8e4m3": octets.clone().view(torch.float8_e4m3fn)}, tmp_path / "in.pt")
    with h5py.File(crosswalk.convert(tmp_path / "in.pt", tmp_path / "out.h5")) as file:
        for name, tensor in kinds.items():
            assert np.array_equal(file[name][()].astype("f8"), tensor.to(torch.float64).numpy(), equal_nan=True)
        assert file["f8e4m3"].attrs["dtype"] == "float8_e4m3fn"
        assert np.array_equal(file["f8e4m3"][()].view("u1"), octets.numpy())


def test_attributes_and_links_are_kept(crosswalk, tmp_path):
    with h5py.File(crosswalk.convert(FOLDER / "groups.h5", tmp_path / "out.h5", "--allow-unmapped")) as file:
        assert file.attrs["note"] == "größer"
        assert list(file.attrs["names"]) == ["a", "bc"]
        assert file.attrs["count"] == 1 << 40
        assert file["encoder"].attrs["layers"] == 2
        assert list(file["nothing"]) == []
        assert file.get("soft", getlink=True).path == "/encoder/layers/0/weight"
        assert file["hard"] == file["encoder/layers/1/weight"]
        assert np.array_equal(file["soft"][()], file["encoder/layers/0/weight"][()])


def test_keras_keeps_its_bfloat16(crosswalk, tmp_path):
    with h5py.File(crosswalk.convert(FOLDER / "bfloat16.h5", tmp_path / "out.h5")) as file:
        assert file["vars/0"].dtype == np.dtype("V2")
        assert file["vars/0"].attrs["dtype"] == "bfloat16"


def test_files_are_the_same_each_time(crosswalk, tmp_path):
    files = [crosswalk.convert(FOLDER / "groups.h5", tmp_path / name, "--allow-unmapped").read_bytes()
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
def test_the_optimizer_and_the_training_config_are_carried(crosswalk, name, tmp_path):
    before, after = CONTAINERS / name, tmp_path / pathlib.Path(name).name
    crosswalk.convert(before, after)
    assert everything(after) == everything(before)
    assert any("optimizer" in path and content for path, (content, _) in everything(after).items())


@pytest.mark.matrix("HDF5", "read", "write")
@pytest.mark.parametrize("nested", [False, True], ids=["dotted", "groups"])
def test_a_dump_of_a_state_dict(crosswalk, nested, tmp_path):
    """As people write it: a dataset for each name, perhaps its dots as groups, compressed in their own ways."""
    torch.manual_seed(3)
    state = torch.nn.TransformerEncoderLayer(8, 2, 16).state_dict() | {"step": torch.tensor(1 << 60)}
    filters = [{}, {"compression": "gzip", "shuffle": True}, {"chunks": True, "fletcher32": True},
               {"compression": "gzip", "compression_opts": 9, "chunks": True}]
    with h5py.File(tmp_path / "in.h5", "w", libver=("earliest", "v110")) as file:
        file.attrs.update({"epoch": 7, "name": "größe", "betas": [0.9, 0.999], "layers": ["a", "b"]})
        for number, (name, tensor) in enumerate(state.items()):
            how = filters[number % 4] if tensor.ndim else {}
            file.create_dataset(name.replace(".", "/") if nested else name, data=tensor.numpy(), **how)
    crosswalk.convert(tmp_path / "in.h5", tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        found = {name.replace("/", "."): data[()] for name, data in datasets(file).items()}
        assert file.attrs["epoch"] == 7 and file.attrs["name"] == "größe"
        assert list(file.attrs["betas"]) == [0.9, 0.999] and list(file.attrs["layers"]) == ["a", "b"]
    assert_same(found, state)


@pytest.mark.parametrize("how", [{}, {"shuffle": True}, {"shuffle": True, "fletcher32": True}])
def test_lzf_is_read(crosswalk, how, tmp_path):
    """Runs, near and far copies, and chunks that do not shrink, which h5py leaves as they are."""
    generator = np.random.default_rng(5)
    values = {"steps": np.arange(40_000, dtype=np.int64).reshape(200, 200) // 7, "zeros": np.zeros((300, 70), "f4"),
              "noise": generator.standard_normal((90, 90)), "tiles": np.tile(generator.integers(0, 255, 9_000, "u1"), 9)}
    with h5py.File(tmp_path / "in.h5", "w") as file:
        for name, value in values.items():
            file.create_dataset(name, data=value, compression="lzf", **how)
    crosswalk.convert(tmp_path / "in.h5", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as found:
        for name, value in values.items():
            np.testing.assert_array_equal(found[name], value)


def test_attributes_pass_through_another_container(crosswalk, tmp_path):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file.attrs.update({"epoch": 7, "betas": [0.9, 0.999], "names": ["a", "größe"], "flags": [True, False], "none": []})
        file["w"] = np.ones(3)
    crosswalk.convert(tmp_path / "in.h5", tmp_path / "out.pt")
    torch.load(tmp_path / "out.pt", weights_only=True)
    crosswalk.convert(tmp_path / "out.pt", tmp_path / "back.h5")
    with h5py.File(tmp_path / "in.h5") as before, h5py.File(tmp_path / "back.h5") as after:
        assert set(after.attrs) == set(before.attrs)
        for name, value in before.attrs.items():
            assert np.array_equal(after.attrs[name], value), name


@pytest.mark.matrix("HDF5", "read")
def test_a_file_of_matlab(crosswalk, tmp_path):
    """Version 7.3: HDF5 behind 512 bytes of its own, columns first, classes as attributes, cells as references."""
    weight = np.arange(12, dtype="f8").reshape(3, 4)
    with h5py.File(tmp_path / "in.mat", "w", userblock_size=512) as file:
        for name, data, kind in [("weight", weight.T, "double"), ("layer/bias", np.ones((1, 4), "f4"), "single"),
                                 ("layer/index", np.array([[7]], "i8"), "int64"), ("name", np.array([[98]], "u2"), "char")]:
            file.create_dataset(name, data=data).attrs["MATLAB_class"] = np.bytes_(kind)
        file["layer"].attrs["MATLAB_class"] = np.bytes_("struct")
        file["weight"].attrs["H5PATH"] = np.bytes_("/")
        inside = file.create_dataset("#refs#/a", data=np.zeros((2, 2)))
        file.create_dataset("cell", data=np.array([[inside.ref]], dtype=h5py.ref_dtype))
    content = bytearray((tmp_path / "in.mat").read_bytes())
    content[:128] = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    (tmp_path / "in.mat").write_bytes(content)
    theirs = {"weight": weight.T, "layer/bias": np.ones((1, 4), "f4"), "layer/index": np.array([[7]]),
              "name": np.array([[98]], "u2"), "#refs#/a": np.zeros((2, 2))}
    assert crosswalk.json("inspect", tmp_path / "in.mat")["container"] == "HDF5"
    assert_same(crosswalk.read(tmp_path / "in.mat"), theirs)
    assert "cell" in crosswalk.refusal("convert", tmp_path / "in.mat", tmp_path / "out.h5", "--to", "same")
    crosswalk.convert(tmp_path / "in.mat", tmp_path / "out.h5", "--allow-unmapped")
    with h5py.File(tmp_path / "out.h5") as file:
        assert_same({name: data[()] for name, data in datasets(file).items()}, theirs)
        assert file["weight"].attrs["MATLAB_class"] in ("double", b"double")


@pytest.mark.matrix("HDF5", "read")
def test_h5py_opens_what_torch_wrote(crosswalk, tmp_path):
    crosswalk.convert(CONTAINERS / "pytorch/module.pt", tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        found = {name.replace("/", "."): data[()] for name, data in datasets(file).items()}
    assert_same(found, torch.load(CONTAINERS / "pytorch/module.pt", weights_only=True))


def test_a_filter_that_is_not_known_keeps_nobody_from_the_other_tensors(crosswalk, tmp_path):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["plain"] = np.arange(12, dtype="f4").reshape(3, 4)
        file.create_dataset("scaled", data=np.arange(100, dtype="i4"), scaleoffset=0, chunks=(10,))
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk((10,))
        creation.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (1, 2))
        h5py.h5d.create(file.id, b"plugged", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((100,)), creation)
    said = crosswalk("inspect", tmp_path / "in.h5")
    assert "scaleoffset" in said and "filter 32001" in said
    assert crosswalk.json("inspect", tmp_path / "in.h5", "--stats", "--name", "plain")["tensors"][0]["shape"] == [3, 4]
    for options in (["--name", "scaled"], ["--name", "plugged"], []):
        said = crosswalk.refusal("inspect", tmp_path / "in.h5", "--values", *options)
        assert "filter" in said and "h5repack" in said
    crosswalk.refusal("convert", tmp_path / "in.h5", tmp_path / "out.npz", "--to", "same")
    assert not (tmp_path / "out.npz").exists()


def test_what_is_no_tensor_is_named_and_not_lost(crosswalk, tmp_path):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["w"] = np.ones((2, 2), "f4")
        file["compound"] = np.zeros(3, dtype=[("a", "f4"), ("b", "i8")])
        file.create_dataset("enumeration", data=[0, 1, 2], dtype=h5py.enum_dtype({"R": 0, "G": 1, "B": 2}, "i1"))
        file.create_dataset("sequences", (2,), dtype=h5py.vlen_dtype("f4"))
        file["words"], file["word"], file["fixed"] = ["a", "bc"], "hello", np.array([b"a", b"bc"])
        file.create_dataset("reference", (1,), dtype=h5py.ref_dtype)[0] = file["w"].ref
        file.create_dataset("region", (1,), dtype=h5py.regionref_dtype)[0] = file["w"].regionref[0]
        file.create_dataset("arrays", (2,), dtype=np.dtype(("f4", (3,))))
        file["opaque"], file["null"], file["datatype"] = np.void(b"abcd"), h5py.Empty("f4"), np.dtype("f4")
        file["long"] = np.arange(3, dtype="g")
        names = [name for name in file if name != "w"]
    report = crosswalk.json("inspect", tmp_path / "in.h5")
    assert sorted(report["metadata"]["skipped"]) == sorted(f"/{name}" for name in names)
    assert [tensor["name"] for tensor in report["tensors"]] == ["w"]
    assert "--allow-unmapped" in crosswalk.refusal("convert", tmp_path / "in.h5", tmp_path / "out.h5", "--to", "same")
    with h5py.File(crosswalk.convert(tmp_path / "in.h5", tmp_path / "out.h5", "--allow-unmapped")) as file:
        assert list(file) == ["w"]


def test_complex_numbers_of_matlab_are_complex(crosswalk, tmp_path):
    values = np.array([1 + 2j, -0.5j, np.inf])
    with h5py.File(tmp_path / "in.mat", "w") as file:
        file["wave"] = np.stack([values.real, values.imag], 1).view([("real", "f8"), ("imag", "f8")])[:, 0]
    assert np.array_equal(np.load(crosswalk.convert(tmp_path / "in.mat", tmp_path / "out.npz"))["wave"], values)
    with h5py.File(crosswalk.convert(tmp_path / "in.mat", tmp_path / "out.h5")) as file:
        assert np.array_equal(file["wave"][()], values)


@pytest.mark.skipif(h5py.version.hdf5_version_tuple < (2,), reason="earlier releases have no such form")
def test_what_only_a_later_release_reads_is_told(crosswalk, tmp_path):
    with h5py.File(tmp_path / "in.h5", "w", libver="latest") as file:
        file["z"] = np.array([1 + 2j])
    said = crosswalk.run("inspect", tmp_path / "in.h5", status=(0, 2))[1]
    assert not said or "libver" in said and "'/z'" in said
