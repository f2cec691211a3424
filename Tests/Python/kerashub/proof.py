"""Carries one case both ways, and tells every difference."""

import inspect
import json
import os
import pathlib
import subprocess

import measures

from . import FRAMES, TOKENS, VOCABULARY

CROSSWALK = os.environ.get("CROSSWALK", "crosswalk")


def crosswalk(*arguments):
    """Runs crosswalk, which must succeed."""
    done = subprocess.run([CROSSWALK, *map(str, arguments), "--quiet"], capture_output=True, text=True)
    assert done.returncode == 0, f"crosswalk {' '.join(map(str, arguments))}\n{done.stderr}"
    return done.stdout


class Proof:
    """The steps of one case, each of which raises what it finds wrong."""

    def __init__(self, case, folder, tables=None):
        self.case, self.folder = case, pathlib.Path(folder)
        self.family = ["--family", pathlib.Path(tables) / f"{case.family}.json"] if tables else []
        self.done = []

    def run(self):
        """All steps; gives the worst difference of each."""
        if self.case.settings:
            self.from_keras("backbone", self.backbone(), self.case.model)
        for task, (settings, theirs) in self.case.tasks.items():
            self.from_keras(task, self.hub(task)(backbone=self.backbone(), **settings), theirs)
        for name in self.case.classes:
            self.from_torch(name)
        return self.done

    # KerasHub's models

    def hub(self, name):
        import keras_hub
        return getattr(keras_hub.models, name)

    def backbone(self):
        return self.hub(self.case.backbone)(**self.case.settings)

    def randomise(self, model, seed=1):
        import numpy
        generator = numpy.random.default_rng(seed)
        for weight in model.weights:
            weight.assign(generator.normal(0, 0.3, weight.shape) + (weight.path.endswith(("gamma", "scale")) * 0.5))

    def inputs(self, model):
        """KerasHub's inputs by name, the second row padded by three."""
        import numpy
        generator = numpy.random.default_rng(7)
        inputs = {}
        for tensor in model.inputs:
            name = tensor.name
            if name.endswith("token_ids"):
                inputs[name] = generator.integers(4, VOCABULARY - 1, (2, TOKENS))
            elif name.endswith("padding_mask"):
                inputs[name] = numpy.ones((2, TOKENS), int)
                inputs[name][1, -3:] = 0 if self.case.is_padded else 1
            elif name == "segment_ids":
                inputs[name] = generator.integers(0, 2, (2, TOKENS))
            elif name == "mask_positions":
                inputs[name] = numpy.tile(numpy.arange(TOKENS), (2, 1))
            elif name == "images":
                inputs[name] = generator.normal(0, 1, (2, *tensor.shape[1:])).astype("float32")
            elif name == "encoder_features":
                inputs[name] = generator.normal(0, 1, (2, FRAMES, tensor.shape[-1])).astype("float32")
        return inputs

    def outputs(self, model, inputs):
        """KerasHub's outputs by name."""
        import keras
        result = model(inputs)
        if isinstance(result, dict):
            return {key: keras.ops.convert_to_numpy(value) for key, value in result.items()}
        return {"": keras.ops.convert_to_numpy(result)}

    # From Keras

    def from_keras(self, label, model, theirs):
        self.randomise(model)
        inputs = self.inputs(model)
        expected = self.outputs(model, inputs)
        path = self.folder / f"{label}.keras"
        model.save(path)
        self.compare(f"{label}.keras, run", expected, self.ran(path, inputs))
        self.again(f"{label}.keras, again", path, model, inputs, expected)
        preset = self.folder / f"{label}_preset"
        model.save_to_preset(str(preset))
        self.compare(f"{label} preset, run", expected, self.ran(preset, inputs))
        if theirs:
            if not self.case.is_pooled:
                expected = {key: value for key, value in expected.items() if key != "pooled_output"}
            folder = self.folder / f"{label}_torch"
            if self.case.given:
                assert self.case.given[1] in self.refusal("convert", path, str(folder) + "/", "--to", "pytorch", *self.family)
            crosswalk("convert", path, str(folder) + "/", "--to", "pytorch", *self.family, *self.case.given)
            self.compare(f"{label} as {theirs}", expected, self.torch_outputs(theirs, folder, inputs))
            crosswalk("convert", preset, str(folder) + "_preset/", "--to", "pytorch", *self.family, *self.case.given)
            self.compare(f"{label} preset as {theirs}", expected,
                         self.torch_outputs(theirs, str(folder) + "_preset", inputs))
            self.back(label, folder, model, inputs, expected)

    def ran(self, path, inputs, *more):
        """What Crosswalk computes."""
        import numpy
        import safetensors.numpy
        given, trace = self.folder / "inputs.safetensors", self.folder / "trace.safetensors"
        kept = {key: numpy.ascontiguousarray(value) for key, value in inputs.items() if key != "mask_positions"}
        safetensors.numpy.save_file(kept, given)
        trace.unlink(missing_ok=True)
        crosswalk("run", path, "--inputs", given, "--output", trace, *self.family, *more)
        found = safetensors.numpy.load_file(trace)
        return {key.removeprefix("outputs/"): value for key, value in found.items() if key.startswith("outputs/")}

    def again(self, label, path, model, inputs, expected):
        """Through a native checkpoint and back, to the bit, and loaded by Keras."""
        import keras
        native, copy = path.with_suffix(".h5"), path.with_suffix(".copy.keras")
        crosswalk("convert", path, native, *self.family)
        crosswalk("convert", native, copy, "--to", "keras")
        self.equal(label, model, keras.saving.load_model(copy, compile=False), exact=True)

    def back(self, label, folder, model, inputs, expected):
        """From the folder that transformers opens to all that Keras opens."""
        import keras
        path = self.folder / f"{label}_back.keras"
        crosswalk("convert", folder, path, "--to", "keras", *self.family)
        copy = keras.saving.load_model(path, compile=False)
        self.equal(f"{label}, back", model, copy)
        weights = self.folder / f"{label}_back.weights.h5"
        crosswalk("convert", folder, weights, "--to", "keras", *self.family)
        self.randomise(copy, 2)
        copy.load_weights(weights)
        self.compare(f"{label}.weights.h5, back", expected, self.outputs(copy, inputs))
        preset = self.folder / f"{label}_back"
        crosswalk("convert", folder, str(preset) + "/", "--to", "keras", *self.family)
        self.equal(f"{label} preset, back", model, type(copy).from_preset(str(preset)))

    def equal(self, label, model, copy, exact=False):
        """That two models have the same weights, to the bit."""
        import numpy
        assert isinstance(model, type(copy)), f"{label}: {type(copy)}"
        ours = [numpy.array(weight) for weight in model.weights]
        theirs = [numpy.array(weight) for weight in copy.weights]
        for weight, one, other in zip(model.weights, ours, theirs, strict=True):
            assert numpy.array_equal(one, other) or (self.is_unused(weight) and not exact), f"{label}: {weight.path} differs"
        self.done.append((label, 0.0))

    def is_unused(self, weight):
        """Whether it has no place in PyTorch, whose base models have no use for it."""
        return "pooled_dense" in weight.path or "reverse_embeddings" in weight.path

    # From PyTorch

    def from_torch(self, name):
        import keras
        import torch
        import transformers
        config = getattr(transformers, self.case.config)(**self.case.theirs)
        torch.manual_seed(3)
        model = getattr(transformers, name)(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0.1, 0.3)
        model.tie_weights()
        folder, path = self.folder / name, self.folder / f"{name}.keras"
        model.save_pretrained(folder)
        crosswalk("convert", folder, path, "--to", "keras", *self.family)
        copy = keras.saving.load_model(path, compile=False)
        inputs = self.inputs(copy)
        self.compare(f"{name} in Keras", self.torch_outputs(name, folder, inputs), self.outputs(copy, inputs))
        if self.case.is_graph:
            self.graph(name, folder, path, inputs)
            return
        crosswalk("convert", folder, str(folder) + "_preset/", "--to", "keras", *self.family)
        preset = type(copy).from_preset(str(folder) + "_preset")
        self.equal(f"{name} as a preset", copy, preset)

    def graph(self, name, folder, path, inputs):
        """A graph of layers is read again as what it was made from, and no preset says it."""
        expected = self.torch_outputs(name, folder, inputs)
        self.compare(f"{name} as a graph, run", expected, self.ran(path, inputs))
        again = self.folder / f"{name}_again"
        crosswalk("convert", path, str(again) + "/", "--to", "pytorch", *self.family)
        self.compare(f"{name} as a graph, again", expected, self.torch_outputs(name, again, inputs))
        assert "activation" in self.refusal("convert", folder, f"{again}_preset/", "--to", "keras", *self.family)

    def refusal(self, *arguments):
        """What the command says when it refuses."""
        refused = subprocess.run([CROSSWALK, *map(str, arguments)], capture_output=True, text=True)
        assert refused.returncode == 2 and refused.stderr.count("\n") == 1, refused.stderr
        return refused.stderr

    def torch_outputs(self, name, folder, inputs):
        import torch
        import transformers
        kind, bare = getattr(transformers, name), {}
        if not self.case.is_pooled and "add_pooling_layer" in inspect.signature(kind.__init__).parameters:
            bare["add_pooling_layer"] = False
        model, report = kind.from_pretrained(folder, output_loading_info=True, **bare)
        wrong = {key: value for key, value in report.items() if value}
        assert not wrong, f"{name}: {wrong}"
        words = {"token_ids": "input_ids", "padding_mask": "attention_mask", "segment_ids": "token_type_ids",
                 "encoder_token_ids": "input_ids", "encoder_padding_mask": "attention_mask",
                 "decoder_token_ids": "decoder_input_ids", "decoder_padding_mask": "decoder_attention_mask"}
        given = {words[key]: torch.tensor(value) for key, value in inputs.items() if key in words}
        if "images" in inputs:
            given["pixel_values"] = torch.tensor(inputs["images"].transpose(0, 3, 1, 2))
        if "encoder_features" in inputs:
            given["input_features"] = torch.tensor(inputs["encoder_features"].transpose(0, 2, 1))
        with torch.no_grad():
            result = model.eval()(**given)
        kept = ("last_hidden_state", "pooler_output", "logits", "encoder_last_hidden_state")
        return {key: value.numpy() for key, value in result.items() if key in kept}

    # Comparison

    def compare(self, label, expected, found):
        """That what both have is the same; names differ between frameworks, so shapes and order tell."""
        import numpy
        words = {"sequence_output": "last_hidden_state", "pooled_output": "pooler_output",
                 "decoder_sequence_output": "last_hidden_state", "encoder_sequence_output": "encoder_last_hidden_state"}
        expected = {words.get(key, key): value for key, value in expected.items()}
        found = {words.get(key, key): value for key, value in found.items()}
        if not self.case.is_pooled and "pooler_output" not in expected:
            found.pop("pooler_output", None)
        if len(expected) == 1 or len(found) == 1:
            one = expected if len(expected) == 1 else found
            key = next(iter(one))
            key = key or ("logits" if "logits" in found or "logits" in expected else "last_hidden_state")
            expected, found = ({key: values.get(key, values.get(""))} for values in (expected, found))
        assert set(expected) == set(found), f"{label}: {sorted(expected)} and {sorted(found)}"
        for key, value in expected.items():
            assert value.shape == found[key].shape, f"{label}: {key} is {value.shape} and {found[key].shape}"
            scale = max(1.0, float(numpy.abs(value).max()))
            worst = float(numpy.abs(value - found[key]).max()) / scale
            assert numpy.isfinite(value).all() and worst <= measures.BOUND, f"{label}: {key} differs by {worst}"
            self.done.append((f"{label}: {key}", measures.note(worst)))
