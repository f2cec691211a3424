"""The gguf package opens what `crosswalk convert` wrote, and finds every value."""

import gguf
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from conftest import CONTAINERS, MODELS

FOLDER = CONTAINERS / "gguf"


def read(path):
    reader = gguf.GGUFReader(path)
    fields = {name: (field.types, field.contents()) for name, field in reader.fields.items() if name[:5] != "GGUF."}
    tensors = {t.name: (t.tensor_type.name, t.shape.tolist(), t.data.tobytes()) for t in reader.tensors}
    return fields, tensors


@pytest.mark.matrix("GGUF", "read", "write")
@pytest.mark.parametrize("name", ["plain", "metadata", "aligned", "bfloat16", "version-2"])
def test_gguf_opens_what_was_written(crosswalk, name, tmp_path):
    crosswalk.convert(FOLDER / f"{name}.gguf", tmp_path / "out.gguf")
    assert read(tmp_path / "out.gguf") == read(FOLDER / f"{name}.gguf")


@pytest.mark.matrix("GGUF", "read", "write")
def test_quantised_tensors_are_those_that_gguf_decodes(crosswalk, tmp_path):
    crosswalk.convert(FOLDER / "quantised.gguf", tmp_path / "out.gguf")
    ours = {t.name: t for t in gguf.GGUFReader(tmp_path / "out.gguf").tensors}
    for theirs in gguf.GGUFReader(FOLDER / "quantised.gguf").tensors:
        expected = gguf.quants.dequantize(theirs.data, theirs.tensor_type).astype(np.float32)
        found = gguf.quants.dequantize(ours[theirs.name].data, ours[theirs.name].tensor_type)
        if theirs.name == "Q8_0":
            assert ours["Q8_0"].data.tobytes() == gguf.quants.quantize(expected, theirs.tensor_type).tobytes()
        else:
            np.testing.assert_array_equal(found, expected)


@pytest.mark.matrix("GGUF", "write")
def test_safetensors_become_gguf(crosswalk, tmp_path):
    source = MODELS / "bert-masked-lm" / "model.safetensors"
    crosswalk.convert(source, tmp_path / "out.gguf")
    found = {t.name: t.data for t in gguf.GGUFReader(tmp_path / "out.gguf").tensors}
    expected = load_file(source)
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.matrix("GGUF", "write")
def test_matrices_become_q8_0_as_gguf_quantises(crosswalk, tmp_path):
    random = np.random.default_rng(3)
    tensors = {"matrix": random.normal(0, 2, (5, 96)).astype(np.float32), "zero": np.zeros((1, 32), np.float32),
               "halves": np.tile(np.array([127, 0.5, 1.5, -2.5], np.float32), (1, 8)),
               "half": random.normal(0, 1, (2, 3, 32)).astype(np.float16), "double": random.normal(0, 1, (2, 32)),
               "norm": random.normal(0, 1, 64).astype(np.float32), "odd": random.normal(0, 1, (4, 33)).astype(np.float32)}
    save_file(tensors, tmp_path / "in.safetensors")
    crosswalk.convert(tmp_path / "in.safetensors", tmp_path / "out.gguf", "--dtype", "q8_0")
    reader = gguf.GGUFReader(tmp_path / "out.gguf")
    found = {t.name: t for t in reader.tensors}
    kinds = {name: tensor.tensor_type.name for name, tensor in found.items()}
    assert kinds == {**dict.fromkeys(tensors, "Q8_0"), "norm": "F32", "odd": "F16"}
    for name, values in tensors.items():
        kind = found[name].tensor_type
        expected = gguf.quants.quantize(values.astype(np.float32), kind)
        assert found[name].data.tobytes() == expected.tobytes(), name
    assert reader.fields["general.file_type"].contents() == gguf.LlamaFileType.MOSTLY_Q8_0


@pytest.mark.matrix("GGUF", "read", "write")
def test_parts_are_gguf_files_of_their_own(crosswalk, tmp_path):
    crosswalk.convert(FOLDER / "split-00003-of-00003.gguf", tmp_path / "out.gguf")
    crosswalk.convert(FOLDER / "split-00001-of-00003.gguf", tmp_path / "parts.gguf", "--shard-size", "600")
    whole = read(tmp_path / "out.gguf")[1]
    parts = sorted(tmp_path.glob("parts-*.gguf"))
    assert len(parts) > 1
    together = {}
    for number, part in enumerate(parts):
        fields, tensors = read(part)
        assert fields["split.no"][1] == number and fields["split.count"][1] == len(parts)
        together |= tensors
    assert together == whole
