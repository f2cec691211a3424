"""transformers opens what `crosswalk convert` wrote as it opens what it wrote itself."""

import pytest
import transformers

from conftest import MODELS, assert_same


@pytest.mark.matrix("safetensors", "write")
@pytest.mark.matrix("PyTorch", "write")
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("options", [(), ("--shard-size", "30KB")], ids=["single", "sharded"])
def test_transformers_opens_folders(crosswalk, name, options, tmp_path):
    source = MODELS / "bert-masked-lm"
    crosswalk.convert(source, tmp_path / name, *options)
    (tmp_path / "config.json").write_bytes((source / "config.json").read_bytes())
    assert (tmp_path / f"{name}.index.json").exists() == bool(options)
    model, told = transformers.BertForMaskedLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(told[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert_same(model.state_dict(), transformers.BertForMaskedLM.from_pretrained(source).state_dict())
