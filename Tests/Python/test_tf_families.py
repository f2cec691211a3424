"""What transformers wrote with TensorFlow is a dialect: its `tf_model.h5` converts, computes the same and comes back."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import h5py
import numpy as np
import pytest
import tensorflow as tf
import transformers

import measures

HUGGING = {"vocab_size": 41, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3,
           "intermediate_size": 20, "max_position_embeddings": 24}
BART = {"vocab_size": 41, "d_model": 12, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 3,
        "decoder_attention_heads": 2, "encoder_ffn_dim": 20, "decoder_ffn_dim": 18, "max_position_embeddings": 24,
        "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2,
        "forced_eos_token_id": 2}
GPT2 = {"vocab_size": 41, "n_embd": 12, "n_layer": 2, "n_head": 3, "n_positions": 24}
T5 = {"vocab_size": 41, "d_model": 12, "d_kv": 5, "d_ff": 20, "num_layers": 2, "num_heads": 3}
PICTURE = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20,
           "image_size": 8, "patch_size": 4}

MODELS = {
    "Bert": (HUGGING, ["Model", "ForMaskedLM", "ForPreTraining", "ForSequenceClassification", "ForTokenClassification",
                       "ForQuestionAnswering", "ForNextSentencePrediction"]),
    "Roberta": ({**HUGGING, "pad_token_id": 1}, ["Model", "ForMaskedLM", "ForSequenceClassification"]),
    "XLMRoberta": ({**HUGGING, "pad_token_id": 1}, ["Model", "ForTokenClassification"]),
    "DistilBert": ({"vocab_size": 41, "dim": 12, "n_layers": 2, "n_heads": 3, "hidden_dim": 20,
                    "max_position_embeddings": 24},
                   ["Model", "ForMaskedLM", "ForSequenceClassification", "ForQuestionAnswering"]),
    "Albert": ({**HUGGING, "embedding_size": 7}, ["Model", "ForMaskedLM", "ForSequenceClassification"]),
    "Electra": ({**HUGGING, "embedding_size": 7}, ["Model", "ForPreTraining", "ForMaskedLM"]),
    "MPNet": ({**HUGGING, "pad_token_id": 1}, ["Model", "ForMaskedLM"]),
    "GPT2": (GPT2, ["Model", "LMHeadModel"]),
    "GPTJ": ({**GPT2, "n_embd": 24, "rotary_dim": 4}, ["Model", "ForCausalLM"]),
    "OPT": ({**{key: value for key, value in HUGGING.items() if key != "intermediate_size"}, "ffn_dim": 20, "word_embed_proj_dim": 12, "pad_token_id": 1}, ["Model", "ForCausalLM"]),
    "T5": (T5, ["Model", "ForConditionalGeneration", "EncoderModel"]),
    "MT5": ({**T5, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}, ["Model", "ForConditionalGeneration"]),
    "Bart": (BART, ["Model", "ForConditionalGeneration", "ForSequenceClassification"]),
    "MBart": (BART, ["Model", "ForConditionalGeneration"]),
    "Marian": (BART, ["Model", "MTModel"]),
    "Pegasus": (BART, ["Model", "ForConditionalGeneration"]),
    "Blenderbot": (BART, ["Model", "ForConditionalGeneration"]),
    "BlenderbotSmall": (BART, ["Model", "ForConditionalGeneration"]),
    "ViT": (PICTURE, ["Model", "ForImageClassification"]),
    "DeiT": (PICTURE, ["Model", "ForImageClassification"]),
}
CASES = [(name, head) for name, (_, heads) in MODELS.items() for head in heads]


def inputs_of(model):
    """Rows of tokens of two lengths, or pictures."""
    if "pixel_values" in model.main_input_name:
        return {"pixel_values": np.random.default_rng(3).normal(size=(2, 3, 8, 8)).astype("f4")}
    ids = np.arange(3, 17).reshape(2, 7) * 2 % 37 + 3
    mask = np.ones((2, 7), "i8")
    mask[1, 5:] = 0
    ids[1, 5:] = model.config.pad_token_id or 0
    if "ForSequenceClassification" in type(model).__name__ and model.config.is_encoder_decoder:
        ids[:, 4] = model.config.eos_token_id
        return {"input_ids": ids, "attention_mask": mask}
    inputs = {"input_ids": ids, "attention_mask": mask}
    if model.config.is_encoder_decoder and "Encoder" not in type(model).__name__:
        inputs |= {"decoder_input_ids": ids[:, :5] % 11 + 3}
    return inputs


@pytest.fixture(params=CASES, ids=lambda case: "".join(case))
def saved(request, tmp_path):
    """A model with every weight random, its folder, and what it computes."""
    name, head = request.param
    config = getattr(transformers, f"{name}Config")(**MODELS[name][0])
    kind = f"TF{name}{head}"
    model = getattr(transformers, kind)(config)
    inputs = inputs_of(model)
    model({key: tf.constant(value) for key, value in inputs.items()})
    generator = np.random.default_rng(7)
    for variable in model.weights:
        # A table of sinusoids is made again whenever the model is loaded.
        if not ("embed_positions" in variable.name and name in ("Marian", "Pegasus")):
            # ALBERT stores one bias twice, and reads but one of them.
            same = np.random.default_rng(9) if variable.name.endswith(("predictions/bias:0", "decoder/bias:0")) else generator
            variable.assign(same.normal(0.2, 0.3, variable.shape))
    for layer in (found for found in model.submodules if hasattr(found, "final_logits_bias")):
        layer.final_logits_bias.assign(generator.normal(size=layer.final_logits_bias.shape))
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    outputs = model({key: tf.constant(value) for key, value in inputs.items()})
    return folder, model, inputs, {key: value.numpy() for key, value in outputs.items() if tf.is_tensor(value)}


def datasets(path):
    """Every dataset under each of its names: h5py's own walk shows an object once."""
    def walk(group, prefix):
        for name, item in group.items():
            if isinstance(item, h5py.Group):
                yield from walk(item, f"{prefix}{name}/")
            else:
                yield prefix + name, item[()]
    with h5py.File(path) as file:
        return dict(walk(file, ""))


def test_it_computes_the_same_and_comes_back(crosswalk, saved, tmp_path):
    folder, model, inputs, expected = saved
    np.savez(tmp_path / "inputs.npz", **inputs)
    crosswalk("convert", folder, tmp_path / "native.h5")
    crosswalk("run", tmp_path / "native.h5", "--inputs", tmp_path / "inputs.npz", "--output", tmp_path / "trace.h5")
    ours = {name.removeprefix("outputs/"): value for name, value in datasets(tmp_path / "trace.h5").items()
            if name.startswith("outputs/")}
    assert set(expected) & set(ours), (expected.keys(), ours.keys())
    assert next(iter(expected)) in ours
    for name in set(expected) & set(ours):
        error = np.abs(ours[name] - expected[name]).max() / max(1, np.abs(expected[name]).max())
        assert measures.note(error) < 2e-5, name

    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.h5", "--to", "source")
    theirs, back = datasets(folder / "tf_model.h5"), datasets(tmp_path / "back.h5")
    assert theirs.keys() == back.keys()
    assert all(np.array_equal(theirs[name], back[name]) for name in theirs)
