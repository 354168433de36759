"""Which model a window of a visitor shows, so that answers about another do not replace it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any, Self

PATIENCE = 30.0  # seconds that a model waits for the answers about another to end


class Window:
    """A window of the browser; Gradio keeps one for each."""

    def __init__(self) -> None:
        """Begin with no model."""
        self._model: object = None
        self._answering: Counter[object] = Counter()  # events about each model that are not done
        self._writing: set[object] = set()  # models that write posts
        self._change = threading.Condition()

    def __deepcopy__(self, _: object) -> Self:
        """Begin with no model, too: Gradio copies the first one for each window."""
        return type(self)()

    def show(self, model: object) -> None:
        """Open a model; return when all answers about another are on their way, before the model's own."""
        with self._change:
            self._model = model
            self._change.wait_for(lambda: not self._answering.keys() - {model}, PATIENCE)

    def answers_about(self, model: object, answers: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Answers about a model, until another is opened.

        Gradio asks for the next answer when it has sent the one before.
        """
        with self._change:
            self._model = model
            self._answering[model] += 1
        try:
            for answer in answers:
                if self._model != model:
                    return
                yield answer
        finally:
            with self._change:
                self._answering -= Counter({model: 1})
                self._change.notify_all()

    def posts_of(self, model: object, answers: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Answers of a model that writes posts, until another is opened; none while it writes others."""
        with self._change:
            if model in self._writing:
                return
            self._writing.add(model)
        try:
            yield from self.answers_about(model, answers)
        finally:
            with self._change:
                self._writing.remove(model)
