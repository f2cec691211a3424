"""Where checkpoints are found and put: the cache of huggingface_hub, new folders, names that a container lacks."""

import os
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from conftest import MODELS

MODEL = sorted(path for path in MODELS.iterdir() if (path / "model.safetensors").is_file())[0]


@pytest.fixture
def cache(tmp_path):
    """What huggingface_hub keeps of a model: blobs, and links to them for each revision."""
    folder = tmp_path / "models--someone--tiny"
    (folder / "refs").mkdir(parents=True)
    shutil.copytree(MODEL, folder / "blobs")
    for commit in ("aaaa", "bbbb"):
        (folder / "snapshots" / commit).mkdir(parents=True)
    for blob in (folder / "blobs").iterdir():
        (folder / "snapshots/bbbb" / blob.name).symlink_to(f"../../blobs/{blob.name}")
    (folder / "refs/main").write_text("bbbb")
    return folder


def test_a_cached_model_is_that_of_its_main_branch(crosswalk, cache, tmp_path):
    assert crosswalk("architecture", cache) == crosswalk("architecture", MODEL)
    assert crosswalk("diff", cache, MODEL)
    crosswalk("convert", cache, tmp_path / "out.h5")


def test_without_a_branch_a_cache_has_to_have_one_revision(crosswalk, cache):
    (cache / "refs/main").unlink()
    assert "aaaa, bbbb" in crosswalk.refusal("inspect", cache)
    (cache / "snapshots/aaaa").rmdir()
    assert crosswalk.json("inspect", cache)["container"] == "safetensors"
    shutil.rmtree(cache / "snapshots/bbbb")
    assert "no revision" in crosswalk.refusal("inspect", cache)


def test_a_branch_leads_to_no_other_folder(crosswalk, cache, tmp_path):
    shutil.copytree(MODEL, tmp_path / "other")
    (cache / "refs/main").write_text("../../other")
    assert "aaaa, bbbb" in crosswalk.refusal("inspect", cache)


def test_a_conversion_that_fails_leaves_no_folder(crosswalk, tmp_path):
    torch.save({"c": torch.zeros(2, dtype=torch.complex128)}, tmp_path / "in.pt")
    assert "c128" in crosswalk.refusal("convert", tmp_path / "in.pt", tmp_path / "new", "--to", "same")
    assert not (tmp_path / "new").exists()
    (tmp_path / "old").mkdir()
    crosswalk.refusal("convert", tmp_path / "in.pt", tmp_path / "old", "--to", "same")
    assert (tmp_path / "old").is_dir()


@pytest.mark.parametrize("options", [(), ("--shard-size", "400MB", "--resume")], ids=["one file", "shards"])
def test_an_interrupted_conversion_leaves_no_folder(crosswalk, tmp_path, options):
    # Columns first: what has to be transposed takes longer than it takes to be interrupted.
    with open(tmp_path / "in.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": True, "shape": (25_000, 20_000)})
        file.truncate(file.tell() + 2_000_000_000)
    command = [crosswalk.path, "convert", tmp_path / "in.npy", tmp_path / "new", "--to", "same", *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (tmp_path / "new").exists() or not os.listdir(tmp_path / "new"):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 128 + signal.SIGINT
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("names", [["a//b"], ["./a"], ["a", "a/b"], [""]])
def test_a_name_that_hdf5_lacks_is_told_with_the_file_and_what_to_do(crosswalk, tmp_path, names):
    save_file({name: np.ones(2, "f4") for name in names}, tmp_path / "in.safetensors")
    said = crosswalk.refusal("convert", tmp_path / "in.safetensors", tmp_path / "out.h5", "--to", "same")
    assert "out.h5" in said and "HDF5 cannot hold" in said and ".safetensors" in said
    assert not (tmp_path / "out.h5").exists()
