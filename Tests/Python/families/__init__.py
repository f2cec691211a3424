"""Tiny random models of every family, as transformers makes them, with unusual settings.

Each module here lists the cases of some families; `CASES` has them all. A case is one config with the classes that are
tried with it. Names of cases are unique; the family is the one that Crosswalk must recognise.
"""

import dataclasses
from collections.abc import Callable

import torch

VOCABULARY = 60
TOKENS = 12


@dataclasses.dataclass(frozen=True)
class Case:
    """One config of one family, and the classes that are made of it."""

    family: str
    config: str
    classes: list[str]
    settings: dict
    name: str = ""
    inputs: Callable = None
    change: Callable = None
    """What else is done to the model before it is saved."""

    @property
    def label(self):
        return self.name or self.family


def tokens(model, seed=0):
    """Two rows of ids, the second padded on the right by three."""
    generator = torch.Generator().manual_seed(seed)
    config = model.config.get_text_config()
    padding = config.pad_token_id if config.pad_token_id is not None else 0
    ids = torch.randint(4, config.vocab_size - 1, (2, TOKENS), generator=generator)
    mask = torch.ones(2, TOKENS, dtype=torch.int64)
    mask[1, TOKENS - 3:], ids[1, TOKENS - 3:] = 0, padding
    return {"input_ids": ids, "attention_mask": mask}


def sequences(model, seed=0):
    """Ids for an encoder, padded, and fewer for a decoder."""
    inputs = tokens(model, seed)
    generator = torch.Generator().manual_seed(seed + 1)
    ids = torch.randint(4, model.config.get_text_config().vocab_size - 1, (2, TOKENS - 4), generator=generator)
    return {**inputs, "decoder_input_ids": ids}


def pixels(model, seed=0):
    """Two pictures."""
    config = getattr(model.config, "vision_config", model.config)
    size = config.image_size if isinstance(config.image_size, int) else config.image_size[0]
    generator = torch.Generator().manual_seed(seed)
    return {"pixel_values": torch.randn(2, config.num_channels, size, size, generator=generator)}


def heads(prefix, *names):
    """The classes of a family: its name and what transformers calls each head."""
    return [prefix + name for name in names]


LM = ["ForCausalLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"]
"""The heads that most decoders have."""


def all_cases():
    """The cases of all families."""
    from . import decoders, efficient, encoders, llamas, pictures, relative, translators
    modules = [encoders, relative, efficient, decoders, llamas, translators, pictures]
    return [case for module in modules for case in module.CASES]
