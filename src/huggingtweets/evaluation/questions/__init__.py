"""The questions that are asked of a model, one file each; found by the file's name, or by an entry point."""

from __future__ import annotations

from typing import Protocol, cast

from ...registry import Registry
from ...results import Answer
from ..material import Material

__all__ = ["Question", "load", "names", "title"]

_REGISTRY = Registry("huggingtweets.evaluation.questions")


class Question(Protocol):
    """A module that asks one question. Its name is the key of the answer in report.json."""

    ORDER: int  # questions with a lower one come first, in report.json and in every table
    ANSWER: type[Answer]  # what `measure` returns: its rows, and how they are named, said and drawn

    def measure(self, material: Material, *, seed: int) -> Answer:
        """Answer the question; the same material and seed give the same figures."""


def names() -> tuple[str, ...]:
    """Names of all questions, in the order in which they are asked."""
    return tuple(sorted(_REGISTRY.names(), key=lambda name: (load(name).ORDER, name)))


def load(name: str) -> Question:
    """The question called `name`; KeyError if there is none."""
    return cast("Question", _REGISTRY.load(name))


def title(name: str) -> str:
    """The question called `name` in words; the name itself if there is none."""
    return load(name).ANSWER.title if name in _REGISTRY.names() else name
