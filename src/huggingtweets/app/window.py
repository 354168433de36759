"""Which model a window of a visitor shows, so that answers about another do not replace it.

Gradio handles the events of a window side by side, sends each answer before it asks for the next, and sends
the last one once more at the end. So one answer at a time is on its way here, and the last says nothing.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

import gradio as gr

PATIENCE = 10.0  # seconds for what is before to end; nobody fetches answers of a window that was closed
OPENING = 3.0  # seconds in which an event that opens a model is taken up, though a press came before it

Answer = tuple[Any, ...]


class Window:
    """A window of the browser; Gradio keeps one for each."""

    def __init__(self) -> None:
        """Begin with no model."""
        self._model: object = None
        self._left: set[object] = set()  # models that were open, before another was opened
        self._shown = threading.Condition()  # notified when a model is opened
        self._writing: dict[object, object] = {}  # models that write posts, and the press that asked for them
        self._writers = threading.Lock()
        self._turn = threading.Lock()  # of the answer that is on its way
        self._presses: dict[object, threading.Lock] = {}  # by model: of the press that is being answered

    def __deepcopy__(self, _: object) -> Self:
        """Begin with no model, too: Gradio copies the first one for each window."""
        return type(self)()

    def show(self, model: object) -> None:
        """Open a model; answers about another end."""
        with self._shown:
            self._left = (self._left | {self._model}) - {model}
            self._model = model
            self._shown.notify_all()

    def look(self, model: object, answer: Callable[[], Answer]) -> Iterator[Answer]:
        """What there is about a model at the moment when it is sent, if no other is open.

        Other answers wait for `answer`, so it does nothing that takes long.
        """
        with _held(self._turn):
            found = answer()
            yield found if self._model in (None, model) else _nothing(found)
        yield _nothing(found)

    def answers_about(self, model: object, answers: Iterator[Answer]) -> Iterator[Answer]:
        """Answer about a model until another is opened.

        A press may be taken up before the event that opens its model, or after another was opened, where it
        waited for its turn. So a press does not open a model again that was left; it waits for the event that
        may do so.
        """
        with self._shown:
            if self._shown.wait_for(lambda: model not in self._left, OPENING):
                self.show(model)
        answer: Answer = ()
        for answer in answers:
            with _held(self._turn):
                if self._model != model:
                    break
                yield answer
        if answer:
            yield _nothing(answer)

    def posts_of(
        self, model: object, write: Callable[[Callable[[], None]], Iterator[Answer]]
    ) -> Iterator[Answer]:
        """Answers of a model that writes posts, until another is opened; none while it writes others.

        Args:
            model: the model.
            write: writes the posts. It is given a function to call before its last answer, since whoever sees
                that may ask for other posts.
        """
        press = object()
        with self._writers:
            if self._writing.setdefault(model, press) is not press:
                return

        def end() -> None:
            with self._writers:
                if self._writing.get(model) is press:
                    del self._writing[model]

        try:
            yield from self.answers_about(model, write(end))
        finally:
            end()

    def in_order(self, model: object, answers: Iterator[Answer]) -> Iterator[Answer]:
        """Answer as `answers_about` does, when earlier presses are answered, or after `PATIENCE`."""
        with _held(self._presses.setdefault(model, threading.Lock())):
            yield from self.answers_about(model, answers)


@contextlib.contextmanager
def _held(lock: threading.Lock) -> Iterator[None]:
    """Hold a lock, or go on without it after `PATIENCE`. Gradio may release it in another thread."""
    is_free = lock.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if is_free:
            lock.release()


def _nothing(answer: Answer) -> Answer:
    return (gr.skip(),) * len(answer)
