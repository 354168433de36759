"""What a run trains on: its batches, the posts that it is measured on, and its checkpoints."""

from __future__ import annotations

import functools
import hashlib
import itertools
import operator
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ..types import Dataset, Recipe
from .batches import Batch, Batches, Row, encode, row_length
from .context import TrainContext
from .mixture import author_weights, mixed_epoch

PROBE_FROM = 1.0  # epochs: a model that has not seen every post once copies none


@dataclass(frozen=True)
class Phase:
    """A part of a run with a checkpoint of its own, which longer runs share but for that of the last one."""

    end: int  # the step after which it is over
    origin: Mapping[str, str]  # what the run starts from; a checkpoint of another origin is not resumed
    subfolder: str = ""  # of the checkpoint


@dataclass(frozen=True)
class TrainPlan:
    """All in which fine-tuning and pre-training differ."""

    recipe: Recipe
    batches: Sequence[Batch]  # one a step
    epochs: float  # passes over the training posts that the batches make
    runs: Sequence[range]  # steps; each run starts from the base, and the model is the mean of their weights
    phases: Sequence[Phase]
    held_out: Sequence[str]  # posts
    held_out_authors: Sequence[str] = ()  # of each; empty where the model knows no authors
    probe_from: float = 0.0  # epochs after which evaluations sample posts

    def epochs_after(self, step: int) -> float:
        """Passes over the training posts after so many steps; each run makes as many, however long it is."""
        each = self.epochs / len(self.runs)
        return sum(min(max(step - run.start, 0), len(run)) * each / len(run) for run in self.runs)


def fine_tuning_plan(dataset: Dataset, recipe: Recipe, context: TrainContext, base_digest: str) -> TrainPlan:
    """The plan of a fine-tuning, whose checkpoint is valid for one base, the same posts and one recipe."""
    runs = _runs(dataset, recipe, context)
    recipe_digest = hashlib.sha256(msgspec.json.encode(recipe, order="sorted")).hexdigest()
    ends = list(itertools.accumulate(map(len, runs)))
    return TrainPlan(
        recipe=recipe,
        batches=functools.reduce(operator.add, runs),
        epochs=recipe.epochs * len(runs),
        runs=[range(end - len(run), end) for run, end in zip(runs, ends, strict=True)],
        phases=[Phase(ends[-1], {"base": base_digest, "posts": dataset.digest, "recipe": recipe_digest})],
        held_out=[post.text for post in dataset.held_out],
        held_out_authors=[post.author for post in dataset.held_out],
        probe_from=PROBE_FROM,
    )


def _runs(dataset: Dataset, recipe: Recipe, context: TrainContext) -> list[Batches]:
    """The batches of each run, in order; every epoch mixes and shuffles the posts anew."""
    shuffle = random.Random(recipe.seed)  # noqa: S311 -- no secret hangs on the order of posts
    rows = _rows_by_author(dataset, context)
    weights = author_weights(list(rows), recipe.mix)
    padding = context.tokenizer.eos_token_id

    def run() -> Batches:
        epochs = (
            mixed_epoch(rows, weights, shuffle, recipe.author_posts or None) for _ in range(recipe.epochs)
        )
        return Batches(epochs, recipe.batch_tokens, padding, shuffle, packed=context.packed)

    first = run()
    return [first, *(run() for _ in range(recipe.runs(len(first)) - 1))]


def _rows_by_author(dataset: Dataset, context: TrainContext) -> dict[str, list[list[Row]]]:
    """The token rows of each author's training posts."""
    authors, texts = [post.author for post in dataset.train], [post.text for post in dataset.train]
    encoded = encode(texts, context.tokenizer, row_length(context.model), authors)
    rows: dict[str, list[list[Row]]] = {}
    for author, text_rows in zip(authors, encoded, strict=True):
        rows.setdefault(author, []).append(text_rows)
    return rows
