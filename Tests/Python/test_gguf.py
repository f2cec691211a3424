"""The gguf package opens what `crosswalk convert` wrote, and finds every value."""

import numpy as np
import pytest

from test_containers import FIXTURES, convert, pytestmark  # noqa: F401

gguf = pytest.importorskip("gguf")
FOLDER = FIXTURES / "containers" / "gguf"


def read(path):
    reader = gguf.GGUFReader(path)
    fields = {name: (field.types, field.contents()) for name, field in reader.fields.items() if name[:5] != "GGUF."}
    tensors = {t.name: (t.tensor_type.name, t.shape.tolist(), t.data.tobytes()) for t in reader.tensors}
    return fields, tensors


@pytest.mark.parametrize("name", ["plain", "metadata", "aligned", "bfloat16", "version-2"])
def test_gguf_opens_what_was_written(name, tmp_path):
    convert(FOLDER / f"{name}.gguf", tmp_path / "out.gguf")
    assert read(tmp_path / "out.gguf") == read(FOLDER / f"{name}.gguf")


def test_quantised_tensors_are_those_that_gguf_decodes(tmp_path):
    convert(FOLDER / "quantised.gguf", tmp_path / "out.gguf")
    ours = {t.name: t for t in gguf.GGUFReader(tmp_path / "out.gguf").tensors}
    for theirs in gguf.GGUFReader(FOLDER / "quantised.gguf").tensors:
        expected = gguf.quants.dequantize(theirs.data, theirs.tensor_type).astype(np.float32)
        found = gguf.quants.dequantize(ours[theirs.name].data, ours[theirs.name].tensor_type)
        if theirs.name == "Q8_0":
            assert ours["Q8_0"].data.tobytes() == gguf.quants.quantize(expected, theirs.tensor_type).tobytes()
        else:
            np.testing.assert_array_equal(found, expected)


def test_safetensors_become_gguf(tmp_path):
    source = FIXTURES / "models" / "bert-masked-lm" / "model.safetensors"
    from safetensors.numpy import load_file
    convert(source, tmp_path / "out.gguf")
    found = {t.name: t.data for t in gguf.GGUFReader(tmp_path / "out.gguf").tensors}
    expected = load_file(source)
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
