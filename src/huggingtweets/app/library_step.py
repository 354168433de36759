"""The library: the models made so far, to be opened, compared, merged and deleted."""

from __future__ import annotations

import shutil
from typing import Any

import gradio as gr

from .. import judging, merging, records
from ..errors import ModelError, UserError
from ..figures import Evaluation
from ..records import Trained
from . import library_shown
from .rooms import Room
from .server import AT_ONCE, Shared, hands, model_list, told


class LibraryStep:
    """The step's parts, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        """Lay the step out."""
        self._shared = shared
        gr.HTML(library_shown.WELCOME)
        table = gr.HTML(library_shown.NOTHING, elem_id="library")
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
        work = hands("reading", self._shared.server.limits.drawing)
        self._shared.entered.then(told(self._listed), key, shown, **work)
        self._shared.library.select(told(self._listed_again), [key, self._shared.model], shown, **work)
        self._open.click(told(self._opened), [key, picked], [self._shared.model, self._shared.tabs], **work)
        self._compare.click(told(self._compared), [key, picked], self._told, **work)
        self._merge.click(told(self._merged), [key, picked], shown, **work)
        self._delete.click(told(self._asked), [key, picked], [self._sure, self._told], **work)
        self._no.click(
            lambda: (gr.update(visible=False), ""),
            None,
            [self._sure, self._told],
            **AT_ONCE,
        )
        self._yes.click(told(self._deleted), [key, picked, self._shared.model], shown, **work)

    def _listed(self, key: object) -> tuple[Any, ...]:
        return self._all(self._shared.room(key), None)

    def _listed_again(self, key: object, model: object) -> tuple[Any, ...]:
        return self._all(self._shared.room(key), model)

    def _all(self, room: Room, model: object, said: str = "") -> tuple[Any, ...]:
        library = room.library()
        choices = [(library_shown.title(name, trained), name) for name, trained in library]
        return (
            library_shown.table(library),
            gr.update(choices=choices, value=[], visible=bool(choices)),
            gr.update(visible=False),
            said,
            model_list(room, model),
        )

    def _opened(self, key: object, picked: object) -> tuple[Any, ...]:
        room = self._shared.room(key)
        names = _names(picked, least=1)
        room.model(names[0])
        return model_list(room, names[0]), gr.Tabs(selected="play")

    def _compared(self, key: object, picked: object) -> Any:
        """What was measured of each, side by side."""
        room = self._shared.room(key)
        found: list[tuple[Trained, Evaluation | None]] = []
        for name in _names(picked, least=2):
            trained = room.model(name)
            try:
                found.append((trained, judging.load(trained.folder)))
            except ModelError:
                found.append((trained, None))
        return library_shown.compared(found)

    def _merged(self, key: object, picked: object) -> tuple[Any, ...]:
        room = self._shared.room(key)
        parents = [room.model(name) for name in _names(picked, least=2)]
        if len(room.library()) >= self._shared.server.limits.models:
            raise UserError("no more models can be kept here; delete one first")
        title = records.folder_name("+".join(trained.folder.name for trained in parents)[:80] + "-merged")
        out, number = room.models / title, 1
        while out.exists():
            number += 1
            out = room.models / f"{title}-{number}"
        with room.entered():
            merging.merge([trained.folder for trained in parents], (), out=out)
        return self._all(room, out.name, library_shown.MERGED)

    def _asked(self, key: object, picked: object) -> tuple[Any, ...]:
        room = self._shared.room(key)
        found = [room.model(name) for name in _names(picked, least=1)]
        return gr.update(visible=True), library_shown.sure(found)

    def _deleted(self, key: object, picked: object, model: object) -> tuple[Any, ...]:
        room = self._shared.room(key)
        for trained in [room.model(name) for name in _names(picked, least=1)]:
            self._shared.server.voices.forget(trained.folder)
            shutil.rmtree(trained.folder)
        return self._all(room, model, library_shown.DELETED)


def _names(picked: object, *, least: int) -> list[object]:
    names = list(dict.fromkeys(map(str, picked))) if isinstance(picked, list) else []
    if len(names) < least:
        raise UserError("choose a model first" if least == 1 else "choose two models or more first")
    return list(names)
