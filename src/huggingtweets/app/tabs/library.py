"""The Library tab: open, compare, merge and delete the models of the session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from ... import evaluation
from ...errors import ModelError
from ...generation.filters import own_exact_indexes
from ...model_folder import ModelFolder, folder_name
from ...reporting.picture import plain
from ...results import Evaluation
from ...workflows.forget.trace import remove
from ...workflows.merge import merge
from .. import written
from ..language import _
from ..markup import note
from ..messages import PageError
from ..server import READING, UNQUEUED, Shared, event_options, model_choices, more_choices, show_errors
from ..sessions import Session
from . import library_view


class LibraryTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared = shared
        gr.HTML(library_view.welcome())
        table = gr.HTML(library_view.nothing(), elem_id="library")
        self._selected = gr.CheckboxGroup([], label=_("Choose one or more"), visible=False, elem_id="picked")
        with gr.Row(visible=False) as self._actions:
            self._open = gr.Button(_("Open"), variant="primary", min_width=120, interactive=False)
            self._compare = gr.Button(_("Compare"), min_width=120, interactive=False)
            self._merge = gr.Button(_("Merge"), min_width=120, interactive=False)
            self._delete = gr.Button(_("Delete"), min_width=120, interactive=False)
        self._message = gr.HTML(elem_id="library-told")
        with gr.Row(visible=False) as self._confirm:
            self._yes = gr.Button(_("Yes, delete for good"), variant="stop", elem_id="sure")
            self._no = gr.Button(_("Keep"))
        self._buttons = [self._open, self._compare, self._merge, self._delete]
        self._panel = [
            table,
            self._selected,
            self._actions,
            *self._buttons,
            self._confirm,
            self._message,
            shared.model,
        ]

    def connect(self) -> None:
        """Register the event handlers."""
        key, model, tabs = self._shared.key, self._shared.model, self._shared.tabs
        selected, panel = self._selected, self._panel
        options = event_options(READING, self._shared.server.limits.concurrent)
        gr.on(
            [model.change, self._shared.containers["library"].select],  # of the first is the last never lost
            show_errors(self._on_tab),
            [key, model],
            panel,
            **{**options, "show_progress": "hidden"},  # or seconds count in the list of models, too
        )
        selected.change(_usable, selected, self._buttons, **UNQUEUED)
        self._open.click(show_errors(self._on_open), [key, selected], [model, tabs], **options)
        self._compare.click(show_errors(self._on_compare), [key, selected], self._message, **options)
        self._merge.click(show_errors(self._on_merge), [key, selected], panel, **options)
        self._delete.click(
            show_errors(self._on_delete), [key, selected], [self._confirm, self._message], **options
        )
        gr.on(  # a question is of what was selected when it was asked
            [self._no.click, selected.input],
            lambda: (gr.update(visible=False), ""),
            None,
            [self._confirm, self._message],
            **UNQUEUED,
        )
        timer = self._shared.timer  # its next tick shows what is learning or ready now
        self._yes.click(show_errors(self._on_confirm), [key, selected, model], [*panel, timer], **options)

    def _on_tab(self, key: object, model: object) -> tuple[Any, ...]:
        """Show the models that there are now; what is selected or asked stays so."""
        session = self._shared.session(key)
        table, choices, actions, *_, opened = _update(session, model)
        choices.pop("value")
        # The one that the address names is opened by another event. One that is there stays without being
        # named: the visitor may have opened another while this was answered.
        if not model or opened["value"] == model:
            opened = more_choices(session)
        return table, choices, actions, *(gr.skip(),) * (len(self._buttons) + 2), opened

    def _on_open(self, key: object, selected: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        name, *_ = _names(selected, least=1)
        session.model(name)  # raises where it is not there any more
        return model_choices(session, name), gr.Tabs(selected="play")

    def _on_compare(self, key: object, selected: object) -> Any:
        folders = _models(self._shared.session(key), selected, least=2)
        digests = {folder.record.dataset_digest for folder in folders}  # "": merged without the posts
        if len(digests) > 1 or "" in digests:
            return library_view.incomparable()
        models: list[tuple[ModelFolder, Evaluation | None]] = []
        for folder in folders:
            try:
                models.append((folder, evaluation.load(folder)))
            except ModelError:
                models.append((folder, None))
        return library_view.comparison(models)

    def _on_merge(self, key: object, selected: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        parents = _models(session, selected, least=2)
        if len(session.library()) >= self._shared.server.limits.models:
            raise PageError(_("no more models can be kept here; delete one first"))
        out = _merged_folder(session, parents)
        with session.use_home():
            merge(parents, out=out)
        return _update(session, out.name, note(_("They are one model now; it is open.")))

    def _on_delete(self, key: object, selected: object) -> tuple[Any, ...]:
        """Ask before anything is deleted."""
        folders = _models(self._shared.session(key), selected, least=1)
        return gr.update(visible=True), library_view.confirmation(folders)

    def _on_confirm(self, key: object, selected: object, model: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        with self._shared.server.sessions.written_lock(session):  # what is being written is not kept after it
            for folder in _models(session, selected, least=1):
                self._delete_model(session, folder)
        return *_update(session, model, note(_("Deleted."))), gr.Timer(active=True)

    def _delete_model(self, session: Session, folder: ModelFolder) -> None:
        """Delete a model, and what is kept of it elsewhere; nothing of that where its folder has to stay.

        Raises:
            UserError: the folder cannot be deleted.
        """
        others = [other.path for _, other in session.library() if other.path != folder.path]
        with session.use_home():
            indexes = own_exact_indexes(folder.path, others)
        self._shared.server.loaded_models.unload(folder.path)
        _remove(folder)
        self._shared.server.games.drop(session, folder)
        written.delete(session, folder)
        for index in indexes:
            index.unlink(missing_ok=True)


def _remove(folder: ModelFolder) -> None:
    try:
        remove(folder.path)
    except OSError as error:
        text = _("{name} cannot be deleted: {reason}")
        raise PageError(text.format(name=plain(folder.path.name), reason=error.strerror)) from error


def _update(session: Session, model: object, message: str = "") -> tuple[Any, ...]:
    """Updates of the tab and of the list of models, where the one named `model` stays open."""
    library = session.library()
    choices = [(library_view.title(name, folder), name) for name, folder in library]
    return (
        library_view.table(library),
        gr.update(choices=choices, value=[], visible=bool(choices)),
        gr.update(visible=bool(choices)),
        *_usable([]),
        gr.update(visible=False),
        message,
        model_choices(session, model),
    )


def _usable(selected: object) -> list[Any]:
    """Updates of the buttons: each can be clicked when as many models are selected as it takes."""
    count = len(selected) if isinstance(selected, list) else 0
    return [gr.update(interactive=usable) for usable in (count == 1, count > 1, count > 1, count > 0)]


def _models(session: Session, selected: object, *, least: int) -> list[ModelFolder]:
    """The selected models.

    Raises:
        UserError: fewer than `least` are selected.
        ModelError: one is not there any more.
    """
    return [session.model(name) for name in _names(selected, least=least)]


def _names(selected: object, *, least: int) -> list[str]:
    """The names of the selected models, each once.

    Raises:
        UserError: fewer than `least` are selected.
    """
    names = list(dict.fromkeys(map(str, selected))) if isinstance(selected, list) else []
    if len(names) < least:
        raise PageError(_("choose a model first") if least == 1 else _("choose two models or more first"))
    return names


def _merged_folder(session: Session, parents: list[ModelFolder]) -> Path:
    """A folder that is not there yet, named after the models that are merged."""
    name = folder_name("+".join(folder.path.name for folder in parents)[:80] + "-merged")
    folder, number = session.models / name, 1
    while folder.exists():
        number += 1
        folder = session.models / f"{name}-{number}"
    return folder
