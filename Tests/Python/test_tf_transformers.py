"""transformers with TensorFlow (4.49, the last that has it) opens `tf_model.h5`, whole and in shards, as we wrote it."""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import h5py
import numpy as np
import pytest
import tensorflow as tf
import transformers

from conftest import assert_same

TOKENS = tf.constant(np.arange(20).reshape(4, 5) % 11)
SMALL = {"vocab_size": 12, "hidden_size": 4, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 8,
         "max_position_embeddings": 8, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
GPT2 = {"vocab_size": 12, "n_positions": 8, "n_embd": 4, "n_layer": 2, "n_head": 2}
DISTILBERT = {"vocab_size": 12, "max_position_embeddings": 8, "n_layers": 2, "n_heads": 2, "dim": 4, "hidden_dim": 8}
MODELS = {name: (getattr(transformers, name), config) for name, config in {
    "TFBertModel": transformers.BertConfig(**SMALL), "TFBertForMaskedLM": transformers.BertConfig(**SMALL),
    "TFBertForSequenceClassification": transformers.BertConfig(**SMALL),
    "TFGPT2LMHeadModel": transformers.GPT2Config(**GPT2),
    "TFDistilBertModel": transformers.DistilBertConfig(**DISTILBERT)}.items()}


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    transformers.set_seed(7)
    kind, config = MODELS[request.param]
    made = kind(config)
    made(TOKENS)
    for variable in made.weights:
        variable.assign(tf.random.normal(variable.shape))
    return made


def datasets(*paths):
    found = {}
    for path in paths:
        with h5py.File(path) as file:
            file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def weights(model):
    """Its weights by their names, without the class, which TensorFlow numbers."""
    return {variable.name.split("/", 1)[1]: variable.numpy() for variable in model.weights}


def assert_opens(folder, model, is_complete=True):
    """A folder gives a model with the same weights, none missing and none left over, that computes the same."""
    model.config.save_pretrained(folder)
    ours, told = type(model).from_pretrained(folder, output_loading_info=True)
    assert not told["mismatched_keys"] and not (is_complete and told["missing_keys"])
    # It names layers by a count of those made so far, also when it opens its own files.
    assert all(name.startswith("dropout") for name in told["unexpected_keys"])
    assert_same(weights(ours), weights(model))
    assert_same({"": ours(TOKENS)[0].numpy()}, {"": model(TOKENS)[0].numpy()})


@pytest.mark.matrix("Hugging Face tf_model.h5", "read", "write")
@pytest.mark.parametrize("options", [(), ("--compress", "4")], ids=["plain", "compressed"])
def test_one_file(crosswalk, model, options, tmp_path):
    model.save_pretrained(tmp_path / "in")
    (tmp_path / "out").mkdir()
    assert_same(crosswalk.read(tmp_path / "in"), datasets(tmp_path / "in/tf_model.h5"))
    crosswalk.convert(tmp_path / "in", tmp_path / "out/tf_model.h5", *options)
    assert_opens(tmp_path / "out", model)


@pytest.mark.matrix("Hugging Face tf_model.h5", "read", "write")
@pytest.mark.parametrize("size", ["600", "1500"])
def test_shards(crosswalk, model, size, tmp_path):
    model.save_pretrained(tmp_path / "in", max_shard_size="1KB")
    (tmp_path / "out").mkdir()
    assert_same(crosswalk.read(tmp_path / "in"), datasets(*(tmp_path / "in").glob("*.h5")))
    crosswalk.convert(tmp_path / "in", tmp_path / "out/tf_model.h5", "--shard-size", size)
    index = json.loads((tmp_path / "out/tf_model.h5.index.json").read_text())
    assert len(set(index["weight_map"].values())) > 1
    assert_opens(tmp_path / "out", model)


@pytest.mark.matrix("Hugging Face tf_model.h5", "write")
def test_one_file_becomes_shards_and_shards_one_file(crosswalk, model, tmp_path):
    model.save_pretrained(tmp_path / "one")
    (tmp_path / "many").mkdir()
    crosswalk.convert(tmp_path / "one", tmp_path / "many/tf_model.h5", "--shard-size", "1KB")
    assert_opens(tmp_path / "many", model)
    model.save_pretrained(tmp_path / "shards", max_shard_size="1KB")
    (tmp_path / "whole").mkdir()
    crosswalk.convert(tmp_path / "shards", tmp_path / "whole/tf_model.h5")
    # It misses a shared weight in each layer that uses it, though it has filled it, and shards do not tell which do.
    assert_opens(tmp_path / "whole", model, is_complete=False)
    ours, theirs = datasets(tmp_path / "whole/tf_model.h5"), datasets(tmp_path / "one/tf_model.h5")
    assert_same(ours, {name: theirs[name] for name in ours})


@pytest.mark.matrix("Hugging Face tf_model.h5", "write")
def test_it_comes_back_from_another_container(crosswalk, model, tmp_path):
    """With the lists of names that are no tensors."""
    model.save_pretrained(tmp_path / "in")
    (tmp_path / "out").mkdir()
    crosswalk.convert(tmp_path / "in", tmp_path / "between.pt")
    crosswalk.convert(tmp_path / "between.pt", tmp_path / "out/tf_model.h5")
    assert_same(datasets(tmp_path / "out/tf_model.h5"), datasets(tmp_path / "in/tf_model.h5"))
    assert_opens(tmp_path / "out", model)
