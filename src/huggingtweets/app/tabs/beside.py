"""A second model beside the open one, in the Play tab: both go on with the same beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from markupsafe import Markup
from msgspec.structs import replace

from ...generation.writer import Draft
from ...model_folder import ModelFolder
from ...types import NO_BASE
from .. import writing, written
from ..language import _
from ..server import UNQUEUED, Shared, event_options, show_errors, unchecked_dropdown
from ..sessions import Session
from ..writing import Settings
from ..written import WrittenPost
from . import beside_view

BASE = "base of the open model"  # no model can be named so: its name is a path without spaces
NOBODY = ""


class Beside:
    """The column of the second model, the list to choose it from, and their event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Place the list; `lay_out` places the column."""
        self._shared = shared
        self.choice = unchecked_dropdown(_("Beside it, on the same beginning"), "beside-whom")

    def lay_out(self) -> None:
        """Place the column."""
        with gr.Column(scale=5, min_width=300, visible=False) as self._column:
            self.html = gr.HTML(beside_view.nothing(), elem_id="beside")

    def connect(self) -> None:
        """Register the event handlers."""
        shared, options = self._shared, event_options("looking", 8, "hidden")
        gr.on(
            [shared.model.change, shared.containers["play"].select],
            show_errors(self._on_model),
            [shared.key, shared.model, self.choice],
            [self.choice, self._column],
            **options,
        )
        self.choice.input(show_errors(_on_choice), self.choice, [self._column, self.html], **UNQUEUED)

    def _on_model(self, key: object, model: object, choice: object) -> tuple[Any, ...]:
        """Offer what the open model was trained from, and the other models; keep what is chosen."""
        choices = _choices(self._shared.session(key), model)
        value = choice if choice in [name for _, name in choices] else NOBODY
        return (
            gr.update(choices=choices, value=value, visible=len(choices) > 1),
            gr.update(visible=bool(value)),
        )

    def write(
        self,
        session: Session,
        folder: ModelFolder,
        choice: object,
        prompt: str,
        settings: Settings,
        count: int,
    ) -> Iterator[Markup]:
        """Write posts with the second model; yield its column, nothing where none is chosen.

        Raises:
            ModelError: the model is not there any more.
        """
        if not choice:
            return
        is_base = choice == BASE
        other = folder if is_base else session.model(choice)
        settings = replace(settings, speaker=None, best_of=settings.best_of if writing.can_pick(other) else 1)
        name = beside_view.base_name(folder) if is_base else None
        drafts: tuple[Draft, ...] = (Draft(),) * count
        for drafts in writing.write(
            self._shared.server.loaded_models, other, prompt, settings, count=count, base=is_base
        ):
            yield beside_view.unfinished(other, prompt, [draft.text for draft in drafts], name)
        if not is_base:
            new = [
                WrittenPost(prompt=prompt, text=draft.text, shown=False, best_of=settings.best_of)
                for draft in drafts
                if draft.whole
            ]
            with self._shared.server.sessions.lock(session):
                written.save([*new, *written.load(session, other)], session, other)
        yield beside_view.posts(other, prompt, [draft.text if draft.whole else "" for draft in drafts], name)


def _on_choice(choice: object) -> tuple[Any, ...]:
    return gr.update(visible=bool(choice)), beside_view.nothing()


def _choices(session: Session, model: object) -> list[tuple[str, str]]:
    if not model:
        return [(_("nobody"), NOBODY)]
    base = session.model(model).record.base.name
    before = [] if base == NO_BASE else [(_("what it was before it learnt"), BASE)]
    others = [(beside_view.title(name, folder), name) for name, folder in session.library() if name != model]
    return [(_("nobody"), NOBODY), *before, *others]
