"""The kinds of models. All of them learn from posts, write posts, and say how well they predict posts.

| method of the recipe | file |
|---|---|
| full, lora | neural.py |
| ngram | ngram.py |

Code outside of this package does not depend on the kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from ..evaluation.floors import NgramFloor
from ..files import CheckpointConfig
from ..generation.text_generator import TextGenerator
from ..model_folder import ADAPTER_CONFIG, CONFIG, NGRAM_WEIGHTS, FinetunedModel, no_model
from ..progress import Watcher
from ..types import Base, Dataset, Recipe, Record

__all__ = [
    "Model",
    "holds_posts",
    "load",
    "load_base",
    "load_base_of",
    "load_generator",
    "ngram_floor",
    "train",
]

FILES = {  # a folder that has one of them holds a model of this kind; an adapter also needs its base
    "ngram": (NGRAM_WEIGHTS,),
    "neural": (CONFIG, ADAPTER_CONFIG),
}
KIND_OF_METHOD = {"ngram": "ngram"}  # all other methods train a neural network


class Model(TextGenerator, Protocol):
    """Writes posts, and predicts them."""

    def bits(self, texts: Sequence[str], authors: Sequence[str] = ()) -> list[float]:
        """The negative log-likelihood of each text in bits, its end counted.

        Args:
            texts: posts.
            authors: of each; a model of several authors then knows who speaks.
        """


class ModelKind(Protocol):
    """A module of this package."""

    HOLDS_POSTS: bool  # whether most of the posts can be read from the model

    def train(
        self,
        data: Dataset,
        recipe: Recipe,
        folder: Path,
        watcher: Watcher,
        checkpoints: CheckpointConfig | None,
        dtype: str | None,
    ) -> tuple[FinetunedModel, dict[str, str]]:
        """Train on the dataset, and write a model into `folder`."""

    def load(self, folder: Path) -> Model:
        """Load what `train` wrote."""

    def load_base(self, recipe: Recipe, base: Base | None) -> Model | None:
        """What training starts from; None where it starts from nothing.

        Args:
            recipe: names it.
            base: as recorded when the model was trained; None: whatever weights are there now.

        Raises:
            BaseChanged: it has other weights.
        """


def train(
    data: Dataset,
    recipe: Recipe,
    folder: Path,
    watcher: Watcher,
    checkpoints: CheckpointConfig | None = None,
    *,
    dtype: str | None = None,
) -> tuple[FinetunedModel, dict[str, str]]:
    """Train the kind of model that the recipe names, and write it into `folder`, which exists.

    Args:
        data: posts to learn from, and posts held out.
        recipe: how to train.
        folder: where the model goes.
        watcher: gets every step and evaluation.
        checkpoints: where an unfinished run is kept; None keeps nothing.
        dtype: of the weights that are written, "float32" or "bfloat16"; None: the base's own.

    Returns:
        The trained model, and the versions and hardware it was made with.
    """
    return _kind(recipe).train(data, recipe, folder, watcher, checkpoints, dtype)


def load(folder: Path) -> Model:
    """Load a model folder, or an unfinished one that has its weights.

    Raises:
        ModelError: it holds no model, or a damaged one.
    """
    for kind, files in FILES.items():
        if any((folder / file).is_file() for file in files):
            return _module(kind).load(folder)
    raise no_model(folder)


def load_generator(folder: Path) -> TextGenerator:
    """Load a model folder to generate posts only: faster than `load`, and in less memory.

    Raises:
        ModelError: it holds no model, or a damaged one.
    """
    if (folder / CONFIG).is_file():
        from . import without_transformers  # noqa: PLC0415 -- with torch

        generator = without_transformers.load(folder)
        if generator:
            return generator
    return load(folder)


def load_base(recipe: Recipe) -> Model | None:
    """The model that training starts from; None where it starts from nothing."""
    return _kind(recipe).load_base(recipe, None)


def load_base_of(record: Record) -> Model | None:
    """What a model was trained from, the floor of its evaluation; None where that is nothing.

    Raises:
        BaseChanged: the base has other weights now.
    """
    return _kind(record.recipe).load_base(record.recipe, record.base)


def holds_posts(recipe: Recipe) -> bool:
    """Whether most of the posts can be read from such a model, so that publishing it publishes them."""
    return _kind(recipe).HOLDS_POSTS


def ngram_floor(texts: Sequence[str]) -> NgramFloor:
    """An n-gram model of training posts, in order of time: every model has to beat it."""
    from .ngram_counts import NgramModel  # noqa: PLC0415 -- with numpy

    return NgramModel.fit(texts)


def _kind(recipe: Recipe) -> ModelKind:
    return _module(KIND_OF_METHOD.get(recipe.method, "neural"))


def _module(name: str) -> ModelKind:
    """Import a kind when it is needed: an n-gram model needs no torch."""
    return cast("ModelKind", import_module(f".{name}", __name__))
