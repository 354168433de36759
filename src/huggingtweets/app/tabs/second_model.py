"""A second model beside the open one, in the Play tab: both go on with the same beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from markupsafe import Markup
from msgspec.structs import replace

from ...generation.text_generator import Draft
from ...model_folder import ModelFolder
from ...types import NO_BASE
from .. import writing, written
from ..language import _
from ..server import UNQUEUED, Shared, event_options, show_errors, unchecked_dropdown
from ..sessions import Session
from ..writing import Settings
from ..written import SecondModelPosts, WrittenPost
from . import second_model_view

BASE = "base of the open model"  # no model can be named so: its name is a path without spaces
NOBODY = ""


class SecondModel:
    """The column of the second model, the list to choose it from, and their event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Place the list; `lay_out` places the column."""
        self._shared = shared
        self.choice = unchecked_dropdown(_("Compare with, on the same beginning"), "beside-whom")

    def lay_out(self) -> None:
        """Place the column."""
        with gr.Column(scale=5, min_width=300, visible=False) as self._column:
            self.html = gr.HTML(second_model_view.nothing(), elem_id="beside")

    def connect(self) -> None:
        """Register the event handlers."""
        shared, options = self._shared, event_options("looking", 8, "hidden")
        inputs = [shared.key, shared.model, self.choice]
        outputs = [self.choice, self._column]
        shared.model.change(show_errors(self._on_model), inputs, [*outputs, self.html], **options)
        shared.containers["play"].select(show_errors(self._on_tab), inputs, outputs, **options)
        self.choice.input(show_errors(self._on_choice), inputs, [self._column, self.html], **UNQUEUED)

    def _on_model(self, key: object, model: object, choice: object) -> tuple[Any, ...]:
        """Show what the second model wrote when this model was open before, until another is chosen."""
        session = self._shared.session(key)
        kept = written.load_second_posts(session, session.model(model)) if model else None
        choices, column = self._on_tab(key, model, choice or (kept.whom if kept else NOBODY))
        if kept and choices["value"] == kept.whom:
            return choices, column, _kept(session, model, kept)
        return choices, column, second_model_view.nothing()

    def _on_tab(self, key: object, model: object, choice: object) -> tuple[Any, ...]:
        """Offer what the open model was trained from, and the other models; keep what is chosen."""
        choices = _choices(self._shared.session(key), model)
        value = choice if choice in [name for _, name in choices] else NOBODY
        return (
            gr.update(choices=choices, value=value, visible=len(choices) > 1),
            gr.update(visible=bool(value)),
        )

    def _on_choice(self, key: object, model: object, choice: object) -> tuple[Any, ...]:
        """Show nothing yet of the one that is chosen; what another wrote goes."""
        session = self._shared.session(key)
        written.delete_second_posts(session, session.model(model))
        return gr.update(visible=bool(choice)), second_model_view.nothing()

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
        other, base = _writer(session, folder, choice)
        settings = writing.fitting(replace(settings, speaker=None), other)
        drafts: tuple[Draft, ...] = (Draft(),) * count
        models, home = self._shared.server.loaded_models, session.own_home
        for drafts in writing.write(
            models, other, prompt, settings, count=count, home=home, base=base is not None
        ):
            yield second_model_view.unfinished(other, prompt, [draft.text for draft in drafts], base)
        texts = tuple(draft.text if draft.whole else "" for draft in drafts)
        kept = SecondModelPosts(
            whom=str(choice), model_digest=other.record.model_digest, prompt=prompt, texts=texts
        )
        with self._shared.server.sessions.written_lock(session):
            session.require(folder)
            session.require(other)
            written.save_second_posts(kept, session, folder)
            if base is None:
                new = [
                    WrittenPost(prompt=prompt, text=text, shown=False, best_of=settings.best_of)
                    for text in texts
                    if text
                ]
                written.save([*new, *written.load(session, other)], session, other)
        yield second_model_view.posts(other, prompt, texts, base)


def _kept(session: Session, model: object, kept: SecondModelPosts) -> Markup:
    """The column of posts that were written before; without those of a model that was made anew since."""
    folder = session.model(model)
    other, base = _writer(session, folder, kept.whom)
    if other.record.model_digest != kept.model_digest:
        return second_model_view.nothing()
    return second_model_view.posts(other, kept.prompt, kept.texts, base)


def _writer(session: Session, folder: ModelFolder, whom: object) -> tuple[ModelFolder, str | None]:
    """The model that is chosen, or, where its base is, the open one and the name of the base."""
    return (folder, second_model_view.base_name(folder)) if whom == BASE else (session.model(whom), None)


def _choices(session: Session, model: object) -> list[tuple[str, str]]:
    if not model:
        return [(_("no model"), NOBODY)]
    base = session.model(model).record.base.name
    before = [] if base == NO_BASE else [(_("what it was before it learnt"), BASE)]
    others = [
        (second_model_view.title(name, folder), name) for name, folder in session.library() if name != model
    ]
    return [(_("no model"), NOBODY), *before, *others]
