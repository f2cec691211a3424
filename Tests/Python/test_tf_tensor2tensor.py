"""A Transformer as tensor2tensor builds it in TensorFlow's scopes, saved by TensorFlow: run, converted, generating."""

import json
import math

import h5py
import numpy as np
import pytest
import tensorflow as tf

tf1 = tf.compat.v1
VOCABULARY, WIDTH, HEADS, INNER, LAYERS, SHARDS, SPACE = 35, 8, 2, 12, 2, 16, 3
INPUTS = np.array([[5, 7, 11, 2, 30, 9], [3, 34, 6, 1, 0, 0]])
TARGETS = np.array([[4, 9, 13, 2, 1], [8, 2, 1, 0, 0]])


class Model:
    """The graph of transformer_base, or of the first version, whose norms come after."""

    def __init__(self, before):
        self.before, self.tables = before, {}

    def variable(self, name, *shape):
        scale = name.endswith("scale")
        return tf1.get_variable(name, shape, initializer=tf1.random_normal_initializer(1.0 if scale else 0.0, 0.15 if scale else 0.4))

    def dense(self, x, width, name, bias=False):
        with tf1.variable_scope(name):
            y = tf.einsum("bsi,io->bso", x, self.variable("kernel", x.shape[-1], width))
            return y + self.variable("bias", width) if bias else y

    def prepostprocess(self, x, sequence):
        with tf1.variable_scope(None, default_name="layer_prepostprocess"):
            if "n" not in sequence:
                return x
            with tf1.variable_scope(None, default_name="layer_norm"):
                scale, bias = self.variable("layer_norm_scale", WIDTH), self.variable("layer_norm_bias", WIDTH)
                mean = tf.reduce_mean(x, -1, keepdims=True)
                variance = tf.reduce_mean(tf.square(x - mean), -1, keepdims=True)
                return (x - mean) * tf.math.rsqrt(variance + 1e-6) * scale + bias

    def branch(self, x, scope, function):
        with tf1.variable_scope(scope):
            y = function(self.prepostprocess(x, "n" if self.before else ""))
            return self.prepostprocess(x + y, "" if self.before else "n")

    def attend(self, query, memory, bias):
        with tf1.variable_scope(None, default_name="multihead_attention"):
            heads = [tf.transpose(tf.reshape(self.dense(x, WIDTH, part), (tf.shape(x)[0], -1, HEADS, WIDTH // HEADS)), (0, 2, 1, 3))
                     for x, part in ((query, "q"), (memory, "k"), (memory, "v"))]
            with tf1.variable_scope(None, default_name="dot_product_attention") as scope:
                table = tf.nn.softmax(tf.matmul(heads[0] * (WIDTH // HEADS) ** -0.5, heads[1], transpose_b=True) + bias)
                self.tables[scope.name] = table
            y = tf.reshape(tf.transpose(tf.matmul(table, heads[2]), (0, 2, 1, 3)), (tf.shape(query)[0], -1, WIDTH))
            return self.dense(y, WIDTH, "output_transform")

    def feed(self, x):
        return self.dense(tf.nn.relu(self.dense(x, INNER, "conv1", True)), WIDTH, "conv2", True)

    def symbols(self, ids):
        with tf1.variable_scope("shared", reuse=tf1.AUTO_REUSE):
            shards = [self.variable(f"weights_{i}", VOCABULARY // SHARDS + (i < VOCABULARY % SHARDS), WIDTH) for i in range(SHARDS)]
        table = tf.concat(shards, 0)
        return table if ids is None else tf.gather(table, ids) * WIDTH ** 0.5 * tf.cast(tf.not_equal(ids, 0), tf.float32)[..., None]

    def timed(self, x, length):
        rates = np.exp(np.arange(WIDTH // 2) * -(math.log(1e4) / (WIDTH // 2 - 1)))
        angles = np.arange(length)[:, None] * rates
        return x + np.concatenate([np.sin(angles), np.cos(angles)], 1).astype("f")

    def build(self):
        causal = np.triu(np.full((TARGETS.shape[1],) * 2, -1e9, "f"), 1)
        with tf1.variable_scope("transformer"):
            with tf1.variable_scope(f"symbol_modality_{VOCABULARY}_{WIDTH}"):
                x, y, softmax = self.symbols(tf.constant(INPUTS)), self.symbols(tf.constant(TARGETS)), self.symbols(None)
            with tf1.variable_scope("body"):
                padding = tf.cast(tf.equal(tf.reduce_sum(tf.abs(x), -1), 0), tf.float32)
                bias = padding[:, None, None] * -1e9
                with tf1.variable_scope("target_space_embedding"):
                    x = self.timed(x + self.variable("kernel", 32, WIDTH)[SPACE], INPUTS.shape[1])
                with tf1.variable_scope("encoder"):
                    for layer in range(LAYERS):
                        with tf1.variable_scope(f"layer_{layer}"):
                            x = self.branch(x, "self_attention", lambda z: self.attend(z, z, bias))
                            x = self.branch(x, "ffn", lambda z: self.feed(z) * (1 - padding)[..., None])
                    memory = self.prepostprocess(x, "n" if self.before else "")
                y = self.timed(tf.pad(y, [[0, 0], [1, 0], [0, 0]])[:, :-1], TARGETS.shape[1])
                with tf1.variable_scope("decoder"):
                    for layer in range(LAYERS):
                        with tf1.variable_scope(f"layer_{layer}"):
                            y = self.branch(y, "self_attention", lambda z: self.attend(z, z, causal))
                            y = self.branch(y, "encdec_attention", lambda z: self.attend(z, memory, bias))
                            y = self.branch(y, "ffn", self.feed)
                    y = self.prepostprocess(y, "n" if self.before else "")
        return {"logits": tf.einsum("bsi,vi->bsv", y, softmax), "encoder_output": memory}


@pytest.fixture(scope="module", params=[True, False], ids=["base", "v1"])
def trained(request, tmp_path_factory):
    """A folder as training leaves it: the latest checkpoint with the optimiser's slots, hparams.json, and a trace of the graph."""
    folder = tmp_path_factory.mktemp("t2t")
    with tf.Graph().as_default(), tf1.Session() as session:
        tf1.set_random_seed(5)
        model = Model(request.param)
        outputs = model.build()
        step = tf1.train.get_or_create_global_step()
        tf1.train.AdamOptimizer().minimize(tf.reduce_mean(outputs["logits"] ** 2), step)
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver().save(session, str(folder / "model.ckpt"), step)
        outputs, tables = session.run((outputs, model.tables))
    (folder / "hparams.json").write_text(json.dumps({
        "hidden_size": WIDTH, "num_heads": HEADS, "filter_size": INNER, "num_hidden_layers": LAYERS, "symbol_modality_num_shards": SHARDS,
        "layer_preprocess_sequence": "n" if request.param else "none", "layer_postprocess_sequence": "da" if request.param else "dan",
        "shared_embedding_and_softmax_weights": True, "learning_rate_warmup_steps": 8000, "optimizer": "Adam"}))
    with h5py.File(folder / "fixture.h5", "w") as file:
        file.attrs.update(format="crosswalk.trace", version=1, producer="tensorflow", precision="float32", dialect="tensor2tensor")
        for group, named in (("inputs", {"inputs": INPUTS, "targets": TARGETS}), ("outputs", outputs), ("attention", tables)):
            for name, value in named.items():
                file.create_dataset(f"{group}/{name}", data=value)
    return folder


def test_a_trained_folder_runs_as_in_tensorflow(trained, crosswalk):
    report = crosswalk.json("verify", trained, trained / "fixture.h5", "--set", f"target_space_id={SPACE}")
    assert report["verdict"] in ("identical", "close") and not report["missing"]
    assert {row["role"] for row in report["rows"]} >= {"output", "attention"}
    assert max(row["max_abs"] for row in report["rows"]) < 2e-5


def test_which_space_the_targets_are_of_must_be_said(trained, crosswalk):
    assert "target_space_id" in crosswalk.refusal("run", trained, "--inputs", trained / "fixture.h5", "--output", trained / "run.h5")


def test_variables_come_back_by_their_names(trained, crosswalk, tmp_path):
    native, back = tmp_path / "native.h5", tmp_path / "back.npz"
    crosswalk("convert", trained, native, "--set", f"target_space_id={SPACE}")
    crosswalk("convert", native, back, "--to", "source")
    reader = tf.train.load_checkpoint(str(trained))
    names = {name for name in reader.get_variable_to_shape_map() if name.startswith("transformer/") and "/Adam" not in name}
    with np.load(back) as found:
        assert names <= set(found)
        for name in names:
            np.testing.assert_array_equal(found[name], reader.get_tensor(name))


def test_it_generates(trained, crosswalk, tmp_path):
    """Greedily, each token being what a pass over those before it finds likeliest."""
    (tmp_path / "inputs.json").write_text(json.dumps({"inputs": INPUTS.tolist()}))
    options = ["--set", f"target_space_id={SPACE}"]
    report = crosswalk.json("generate", trained, "--inputs", tmp_path / "inputs.json", "--begin", 0, "--end", 1, "--max-new-tokens", 6, *options)
    assert report["cached"]
    tokens = [sequence["ids"] for sequence in report["sequences"]]
    (tmp_path / "given.json").write_text(json.dumps({"inputs": INPUTS.tolist(), "decoder_input_ids": [row[:-1] for row in tokens]}))
    crosswalk("run", trained, "--inputs", tmp_path / "given.json", "--output", tmp_path / "run.h5", *options)
    with h5py.File(tmp_path / "run.h5") as file:
        likeliest = file["outputs/logits"][()].argmax(-1)
    for row, found in zip(tokens, likeliest):
        end = row.index(1) if 1 in row else len(row) - 1
        assert row[1:end + 1] == found[:end].tolist()
