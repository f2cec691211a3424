"""What h5py spreads over several files is read where that is allowed, and refused where it is not."""

import pathlib

import h5py
import numpy as np
import pytest

RANDOM = np.random.default_rng(0)
GRID = RANDOM.standard_normal((4, 6)).astype("f4")
# What the release of HDF5 here can read: later ones write virtual datasets in another form.
VERSION = ("earliest", "v110")


def neighbour(folder):
    with h5py.File(folder / "other.h5", "w") as file:
        file["w"] = GRID
        file["g/x"] = GRID.astype(">f4") * 2
        file["g/y"] = np.arange(5)
        file["g"].attrs["note"] = "kept"
        file["g/again"] = h5py.SoftLink("/w")
        file["alias"] = file["g"]


def links(file):
    file["here"] = np.ones(3, "f4")
    file["there"] = h5py.ExternalLink("other.h5", "/w")
    file["group"] = h5py.ExternalLink("other.h5", "g")
    file["through"] = h5py.SoftLink("/group/x")
    file["deep"] = h5py.ExternalLink("other.h5", "/alias/y")


def storage(file):
    folder = pathlib.Path(file.filename).parent
    raw = GRID.tobytes()
    (folder / "first.bin").write_bytes(b"xxx" + raw[:42])
    (folder / "second.bin").write_bytes(raw[42:])
    (folder / "third.bin").write_bytes(b"12345678" + np.arange(5, dtype=">i4").tobytes())
    file.create_dataset("r", (4, 6), dtype="f4", external=[("first.bin", 3, 42), ("second.bin", 0, 54)])
    file.create_dataset("e", (5,), dtype=">i4", external=[("third.bin", 8, h5py.h5f.UNLIMITED)])


def virtual(file):
    rows = h5py.VirtualLayout((3, 5), dtype="i8")
    rows[1] = h5py.VirtualSource("other.h5", "g/y", (5,))
    file.create_virtual_dataset("rows", rows, fillvalue=-7)
    woven = h5py.VirtualLayout((8, 7), dtype="f4")
    woven[::2, :6] = h5py.VirtualSource("other.h5", "w", (4, 6))
    woven[1::2, 1::2] = h5py.VirtualSource("other.h5", "w", (4, 6))[:, 1::2]
    file.create_virtual_dataset("woven", woven, fillvalue=0.5)
    swapped = h5py.VirtualLayout((2, 6), dtype=">f4")
    swapped[...] = h5py.VirtualSource("other.h5", "g/x", (4, 6))[1:3]
    file.create_virtual_dataset("swapped", swapped)


@pytest.fixture(params=[links, storage, virtual], ids=lambda make: make.__name__)
def spread(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # libhdf5 looks for external storage from here
    neighbour(tmp_path)
    with h5py.File(tmp_path / "in.h5", "w", libver=VERSION) as file:
        request.param(file)
    return tmp_path / "in.h5"


def every(file):
    names = []

    def visit(group, path):
        for name, item in group.items():
            if isinstance(item, h5py.Group):
                visit(item, f"{path}{name}/")
            else:
                names.append(path + name)

    visit(file, "")
    return {name: file[name][()] for name in names}


def test_it_is_refused_and_the_flag_is_named(crosswalk, spread):
    for command in ("inspect", "architecture"):
        assert "--allow-external" in crosswalk.refusal(command, spread)
    said = crosswalk.refusal("convert", spread, spread.with_name("out.h5"), "--to", "same")
    assert "--allow-external" in said and not spread.with_name("out.h5").exists()
    assert "--allow-external" in crosswalk.refusal("diff", spread, spread)


@pytest.mark.parametrize("ending", ["h5", "npz"])
def test_it_is_followed_where_that_is_allowed(crosswalk, spread, ending, tmp_path):
    written = crosswalk.convert(spread, tmp_path / f"out.{ending}", "--allow-external", "--allow-unmapped")
    assert crosswalk("diff", spread, written, "--allow-external")
    with h5py.File(spread) as file:
        theirs = every(file)
    assert len(theirs) > 1
    if ending == "h5":
        for name in ("other.h5", "first.bin", "second.bin", "third.bin"):
            (tmp_path / name).unlink(missing_ok=True)
        with h5py.File(written) as file:
            ours = every(file)
    else:
        ours = dict(np.load(written))
    assert sorted(ours) == sorted(theirs)
    for name, value in theirs.items():
        assert np.array_equal(ours[name], value), name


def test_a_virtual_dataset_of_its_own_file_needs_no_leave(crosswalk, tmp_path):
    layout = h5py.VirtualLayout((6,), dtype="f4")
    layout[1::2] = h5py.VirtualSource(".", "base", (3,))
    with h5py.File(tmp_path / "own.h5", "w", libver=VERSION) as file:
        file["base"] = np.arange(3, dtype="f4")
        file.create_virtual_dataset("own", layout, fillvalue=9)
    assert crosswalk.read(tmp_path / "own.h5")["own"].tolist() == [9, 0, 9, 1, 9, 2]


def circle_of_groups(first, second):
    first["w"], first["to"] = GRID, h5py.ExternalLink("second.h5", "/")
    second["back"] = h5py.ExternalLink("first.h5", "/")


def circle_of_names(first, second):
    first["x"] = h5py.ExternalLink("second.h5", "/x")
    second["x"] = h5py.ExternalLink("first.h5", "/x")


def circle_of_parts(first, second):
    for file, other in ((first, "second.h5"), (second, "first.h5")):
        layout = h5py.VirtualLayout((3,), dtype="f4")
        layout[...] = h5py.VirtualSource(other, "x", (3,))
        file.create_virtual_dataset("x", layout)


def no_file(first, second):
    first["x"] = h5py.ExternalLink("gone.h5", "/x")


def no_object(first, second):
    first["x"] = h5py.ExternalLink("second.h5", "/x")


def no_part(first, second):
    layout = h5py.VirtualLayout((3,), dtype="f4")
    layout[...] = h5py.VirtualSource("gone.h5", "x", (3,))
    first.create_virtual_dataset("x", layout)


def too_short(first, second):
    first.create_dataset("x", (5,), dtype="f8", external=[("second.h5", 1 << 40, h5py.h5f.UNLIMITED)])


def no_hdf5(first, second):
    first["x"] = h5py.ExternalLink("text.txt", "/x")


@pytest.mark.parametrize("make, words", [
    (circle_of_groups, "circle"), (circle_of_names, "circle"), (circle_of_parts, "a part of itself"),
    (no_file, "'gone.h5'"), (no_object, "leads nowhere"), (no_part, "'gone.h5'"), (too_short, "ends before"),
    (no_hdf5, "not HDF5")], ids=lambda value: getattr(value, "__name__", ""))
def test_what_leads_nowhere_or_round_is_refused_in_a_line(crosswalk, tmp_path, make, words):
    (tmp_path / "text.txt").write_text("no HDF5")
    with h5py.File(tmp_path / "first.h5", "w", libver=VERSION) as first, \
            h5py.File(tmp_path / "second.h5", "w", libver=VERSION) as second:
        make(first, second)
    said = crosswalk.refusal("inspect", tmp_path / "first.h5", "--allow-external")
    assert words in said and "first.h5" in said
