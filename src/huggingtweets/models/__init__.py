"""Models, whatever is inside: each learns from posts, writes posts, and says how well it predicts some.

| method of the recipe | file |
|---|---|
| full, lora | neural.py |
| ngram | ngram.py |

Nothing outside of this room asks which one it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from ..errors import ModelError
from ..evaluation.floors import NgramFloor
from ..files import CheckpointConfig
from ..generation.writer import Writer
from ..model_folder import FinetunedModel
from ..progress import Watcher
from ..types import Dataset, Recipe

__all__ = ["Model", "holds_posts", "load", "load_base", "ngram_floor", "train"]

LATEST = 10_000  # training posts that the n-gram floor learns from
KINDS = ("ngram", "neural")  # what is looked for in a folder, the one that loads fastest first
OF_METHOD = {"ngram": "ngram"}  # every other method moves the weights of a neural network


class Model(Writer, Protocol):
    """Writes posts, and predicts them."""

    def bits(self, texts: Sequence[str], authors: Sequence[str] = ()) -> list[float]:
        """What each text costs the model in bits, its end counted; `authors` of each, where it knows them."""


class ModelKind(Protocol):
    """A module of this room."""

    FILES: tuple[str, ...]  # by any of which a folder is known to hold such a model
    HOLDS_POSTS: bool  # whether whoever has the model has most of the posts

    def train(
        self,
        data: Dataset,
        recipe: Recipe,
        folder: Path,
        watcher: Watcher,
        checkpoints: CheckpointConfig | None,
    ) -> tuple[FinetunedModel, dict[str, str]]:
        """Learn from the dataset, and write a model into `folder`."""

    def load(self, folder: Path) -> Model:
        """Load what `train` wrote."""

    def load_base(self, recipe: Recipe) -> Model | None:
        """What training starts from; None where it starts from nothing."""


def train(
    data: Dataset, recipe: Recipe, folder: Path, watcher: Watcher, checkpoints: CheckpointConfig | None = None
) -> tuple[FinetunedModel, dict[str, str]]:
    """Learn from the dataset as the recipe says, and write the model into `folder`, which exists.

    Args:
        data: posts to learn from, and posts held out.
        recipe: how.
        folder: where the model goes.
        watcher: told of every step and evaluation.
        checkpoints: where an unfinished run is kept; None keeps nothing.

    Returns:
        The checkpoint, and the versions and hardware it was made with.
    """
    return _of(recipe).train(data, recipe, folder, watcher, checkpoints)


def load(folder: Path) -> Model:
    """Load a model folder, or one in the making.

    Raises:
        ModelError: it holds no model, or a damaged one.
    """
    for kind in map(_module, KINDS):
        if any((folder / file).is_file() for file in kind.FILES):
            return kind.load(folder)
    raise ModelError(f"{folder} holds no model; expected a folder made by huggingtweets train")


def load_base(recipe: Recipe) -> Model | None:
    """What training starts from, as a model: the floor. None where it starts from nothing."""
    return _of(recipe).load_base(recipe)


def holds_posts(recipe: Recipe) -> bool:
    """Whether most of the posts can be read from such a model, so that publishing it publishes them."""
    return _of(recipe).HOLDS_POSTS


def ngram_floor(texts: Sequence[str]) -> NgramFloor:
    """An n-gram model of the latest training posts, in order of time: what every model has to beat."""
    from .ngram_counts import NgramModel  # noqa: PLC0415 -- with numpy

    return NgramModel.fit(texts[-LATEST:])


def _of(recipe: Recipe) -> ModelKind:
    return _module(OF_METHOD.get(recipe.method, "neural"))


def _module(name: str) -> ModelKind:
    """Imported when it is needed: an n-gram model needs no torch."""
    return cast("ModelKind", import_module(f".{name}", __name__))
