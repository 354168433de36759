"""The library: the models made so far, to be opened, compared, merged and deleted."""

from __future__ import annotations

import shutil
from typing import Any

import gradio as gr

from ... import evaluation
from ...errors import ModelError, UserError
from ...model_folder import ModelFolder, folder_name
from ...results import Evaluation
from ...workflows.merge import merge
from ..server import AT_ONCE, Shared, event_options, model_list, show_errors
from ..sessions import Session
from . import library_view


class LibraryStep:
    """The step's parts, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        """Lay the step out."""
        self._shared = shared
        gr.HTML(library_view.WELCOME)
        table = gr.HTML(library_view.NOTHING, elem_id="library")
        self._picked = gr.CheckboxGroup([], label="Choose one or more", visible=False, elem_id="picked")
        with gr.Row():
            self._open = gr.Button("Open", variant="primary", min_width=120)
            self._compare = gr.Button("Compare", min_width=120)
            self._merge = gr.Button("Merge", min_width=120)
            self._delete = gr.Button("Delete", min_width=120, variant="stop")
        with gr.Row(visible=False) as self._sure:
            self._yes = gr.Button("Yes, delete for good", variant="stop", elem_id="sure")
            self._no = gr.Button("Keep")
        self._told = gr.HTML(elem_id="library-told")
        self._shown = [table, self._picked, self._sure, self._told, shared.model]

    def connect(self) -> None:
        """Say what happens when something is used."""
        key, picked, shown = self._shared.key, self._picked, self._shown
        work = event_options("reading", self._shared.server.limits.drawing)
        self._shared.entered.then(show_errors(self._listed), key, shown, **work)
        self._shared.library.select(show_errors(self._listed_again), [key, self._shared.model], shown, **work)
        self._open.click(
            show_errors(self._opened), [key, picked], [self._shared.model, self._shared.tabs], **work
        )
        self._compare.click(show_errors(self._compared), [key, picked], self._told, **work)
        self._merge.click(show_errors(self._merged), [key, picked], shown, **work)
        self._delete.click(show_errors(self._asked), [key, picked], [self._sure, self._told], **work)
        self._no.click(
            lambda: (gr.update(visible=False), ""),
            None,
            [self._sure, self._told],
            **AT_ONCE,
        )
        self._yes.click(show_errors(self._deleted), [key, picked, self._shared.model], shown, **work)

    def _listed(self, key: object) -> tuple[Any, ...]:
        return self._all(self._shared.session(key), None)

    def _listed_again(self, key: object, model: object) -> tuple[Any, ...]:
        return self._all(self._shared.session(key), model)

    def _all(self, session: Session, model: object, said: str = "") -> tuple[Any, ...]:
        library = session.library()
        choices = [(library_view.title(name, folder), name) for name, folder in library]
        return (
            library_view.table(library),
            gr.update(choices=choices, value=[], visible=bool(choices)),
            gr.update(visible=False),
            said,
            model_list(session, model),
        )

    def _opened(self, key: object, picked: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        names = _names(picked, least=1)
        session.model(names[0])
        return model_list(session, names[0]), gr.Tabs(selected="play")

    def _compared(self, key: object, picked: object) -> Any:
        """What was measured of each, side by side."""
        session = self._shared.session(key)
        found: list[tuple[ModelFolder, Evaluation | None]] = []
        for name in _names(picked, least=2):
            folder = session.model(name)
            try:
                found.append((folder, evaluation.load(folder)))
            except ModelError:
                found.append((folder, None))
        return library_view.compared(found)

    def _merged(self, key: object, picked: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        parents = [session.model(name) for name in _names(picked, least=2)]
        if len(session.library()) >= self._shared.server.limits.models:
            raise UserError("no more models can be kept here; delete one first")
        title = folder_name("+".join(folder.path.name for folder in parents)[:80] + "-merged")
        out, number = session.models / title, 1
        while out.exists():
            number += 1
            out = session.models / f"{title}-{number}"
        with session.entered():
            merge(parents, out=out)
        return self._all(session, out.name, library_view.MERGED)

    def _asked(self, key: object, picked: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        found = [session.model(name) for name in _names(picked, least=1)]
        return gr.update(visible=True), library_view.sure(found)

    def _deleted(self, key: object, picked: object, model: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        for folder in [session.model(name) for name in _names(picked, least=1)]:
            self._shared.server.loaded_models.forget(folder.path)
            shutil.rmtree(folder.path)
        return self._all(session, model, library_view.DELETED)


def _names(picked: object, *, least: int) -> list[object]:
    names = list(dict.fromkeys(map(str, picked))) if isinstance(picked, list) else []
    if len(names) < least:
        raise UserError("choose a model first" if least == 1 else "choose two models or more first")
    return list(names)
