"""Which model a window of a visitor shows, so that answers about another do not replace it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Window:
    """A window of the browser; Gradio keeps one for each."""

    model: object = None  # its name; None until one is opened

    def answers_about(self, model: object, answers: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Answers about a model, until another is opened."""
        self.model = model
        for answer in answers:
            if self.model != model:
                return
            yield answer
