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

from ..drafts import Writer
from ..errors import ModelError
from ..files import Keeping
from ..progress import Watcher
from ..types import Checkpoint, Dataset, Recipe

__all__ = ["Model", "holds_posts", "load", "load_base", "teach"]

KINDS = ("ngram", "neural")  # what is looked for in a folder, the one that loads fastest first
OF_METHOD = {"ngram": "ngram"}  # every other method moves the weights of a neural network


class Model(Writer, Protocol):
    """Writes posts, and predicts them."""

    def bits(self, texts: Sequence[str], authors: Sequence[str] = ()) -> list[float]:
        """What each text costs the model in bits, its end counted; `authors` of each, where it knows them."""


class Kind(Protocol):
    """A module of this room."""

    FILES: tuple[str, ...]  # by any of which a folder is known to hold such a model
    HOLDS_POSTS: bool  # whether whoever has the model has most of the posts

    def teach(
        self, data: Dataset, recipe: Recipe, folder: Path, watcher: Watcher, keeping: Keeping | None
    ) -> tuple[Checkpoint, dict[str, str]]:
        """Learn from the dataset, and write a model into `folder`."""

    def load(self, folder: Path) -> Model:
        """Load what `teach` wrote."""

    def load_base(self, recipe: Recipe) -> Model | None:
        """What training starts from; None where it starts from nothing."""


def teach(
    data: Dataset, recipe: Recipe, folder: Path, watcher: Watcher, keeping: Keeping | None = None
) -> tuple[Checkpoint, dict[str, str]]:
    """Learn from the dataset as the recipe says, and write the model into `folder`, which exists.

    Args:
        data: posts to learn from, and posts held out.
        recipe: how.
        folder: where the model goes.
        watcher: told of every step and evaluation.
        keeping: where an unfinished run is kept; None keeps nothing.

    Returns:
        The checkpoint, and the versions and hardware it was made with.
    """
    return _of(recipe).teach(data, recipe, folder, watcher, keeping)


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


def _of(recipe: Recipe) -> Kind:
    return _module(OF_METHOD.get(recipe.method, "neural"))


def _module(name: str) -> Kind:
    """Imported when it is needed: an n-gram model needs no torch."""
    return cast("Kind", import_module(f".{name}", __name__))
