"""Tiny random models of KerasHub and of transformers, with unusual settings, that are carried both ways.

Each case is one family: a backbone of KerasHub by its settings, the tasks that are made of it, and models of transformers
by theirs. `python -m kerashub NAME` proves one.
"""

import dataclasses
import os

os.environ.setdefault("KERAS_BACKEND", "torch")

VOCABULARY = 40
TOKENS = 10
FRAMES = 16
"""Of spectrograms."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One family, as both frameworks have it."""

    family: str
    backbone: str
    """The class of KerasHub's backbone."""
    settings: dict
    tasks: dict = dataclasses.field(default_factory=dict)
    """KerasHub's tasks, each with what it is made with beside the backbone and the transformers class of it, if any."""
    model: str = ""
    """The transformers class of the backbone, if KerasHub's can be said there."""
    config: str = ""
    """The class of transformers' config."""
    theirs: dict = dataclasses.field(default_factory=dict)
    """Settings of transformers' config."""
    classes: tuple = ()
    """The transformers classes that are made into models of KerasHub."""
    name: str = ""
    given: tuple = ()
    """What the command is told so that KerasHub's models can be said in transformers' words."""
    is_pooled: bool = True
    """Whether transformers' bare model has the pooler that KerasHub's has."""
    is_padded: bool = True
    """Whether what is padding has the same outputs in both frameworks."""
    is_graph: bool = False
    """Whether no class of KerasHub says what the transformers models do."""

    @property
    def label(self):
        return self.name or self.family


def all_cases():
    """The cases of all families."""
    from . import decoders, encoders, pictures, translators
    return encoders.CASES + decoders.CASES + translators.CASES + pictures.CASES
