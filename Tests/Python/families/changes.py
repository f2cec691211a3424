"""Other plausible values of what a config says, and what transformers makes of them."""

import copy
import json

import torch
import transformers
from crosswalk_recorder.sensitive import fill

from . import tokens

WORDS = {"gelu": "relu", "relu": "silu", "silu": "relu", "gelu_new": "relu"}
BESIDE = {"transformers_version", "architectures", "model_type", "_name_or_path", "dtype", "output_attentions",
          "output_hidden_states", "return_dict", "use_cache"}
"""What says how a model is kept or called, not what it computes."""


def others(value):
    """Values of the same kind as one, near it, or of several kinds where there is none yet."""
    if value is None:
        return [2, 0.7, True]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value // 2, value + 1, value + 2] if value > 1 else [value + 1, value + 2]
    if isinstance(value, float):
        return [value * 0.7 + 0.05]
    if isinstance(value, str):
        return [WORDS.get(value, "relu")]
    if isinstance(value, list) and value and len(set(map(str, value))) > 1:
        return [value[::-1], value[1:] + value[:1]]
    return []


def paths(settings, within=()):
    """Each value of a config, by the keys that lead to it."""
    for key, value in settings.items():
        if isinstance(value, dict) and value and key not in ("id2label", "label2id", "task_specific_params"):
            yield from paths(value, (*within, key))
        elif not within and key in BESIDE:
            continue
        else:
            yield (*within, key), value


def changed(settings, path, value):
    """The config with another value at the end of a path."""
    other = copy.deepcopy(settings)
    inner = other
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return other


class Reference:
    """A random model, and what it computes when its config says something else."""

    def __init__(self, case, class_name):
        self.case, self.kind = case, getattr(transformers, class_name)
        self.config_kind = getattr(transformers, case.config)
        torch.manual_seed(0)
        self.model = fill(self.kind(self.config_kind(**case.settings)), 0)
        if case.change:
            case.change(self.model)
        self.settings = json.loads(self.model.config.to_json_string(use_diff=False))
        self.settings["architectures"] = [class_name]
        self.inputs = (case.inputs or tokens)(self.model, 0)
        self.weights = self.model.state_dict()
        self.outputs = self.run(self.model)

    def run(self, model):
        with torch.no_grad():
            result = model.eval()(**self.inputs)
        return {name: value for name, value in result.items() if isinstance(value, torch.Tensor)}

    def differs(self, settings):
        """Whether the same weights give something else under another config; None where they do not fit it, or it is refused."""
        torch.manual_seed(0)
        try:
            config = self.config_kind.from_dict(copy.deepcopy(settings))
            model = self.kind(config)
            if self.case.change:
                self.case.change(model)
            model.load_state_dict(self.weights, strict=True)
            outputs = self.run(model)
        except Exception:  # of any kind: transformers has no one way to say no
            return None
        if outputs.keys() != self.outputs.keys():
            return None
        return any(value.shape != self.outputs[name].shape or not torch.allclose(value, self.outputs[name], 1e-4, 1e-5, equal_nan=True)
                   for name, value in outputs.items())
