"""Forgetting a person, in the Library tab: what `huggingtweets forget` does; on a public page, everything."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from ...model_folder import ModelFolder
from ...reporting.picture import plain
from ...workflows.forget import Traces, find_traces, forget
from ...workflows.forget.subject import Subject
from ...workflows.forget.trace import path_trace, remove
from .. import reading, training_request
from .. import selection as selections
from ..events import Queued, Running
from ..language import _, html
from ..library_messages import translated
from ..markup import joined, note, spoken
from ..messages import PageError, without_commands
from ..selection import Selection
from ..server import READING, Server, Shared, accordion, event_options, show_errors
from ..sessions import Session

MAX_HANDLE = 200  # characters

_TRACES = Markup('<article class="ht-card"><p>{title}</p><ul>{items}</ul>{rest}</article>')
_ITEM = Markup("<li>{kind}: {name} {about}</li>")
_SELECTED = Markup("<li>{}</li>")
_ELSEWHERE = Markup("<p>{}</p><ul>{}</ul>")


class ForgetTab:
    """The layout of this part of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out this part of the tab."""
        self._shared, public = shared, shared.server.limits.public
        with accordion(_("Delete everything of mine") if public else _("Forget a person")):
            self._handle = gr.Textbox(
                label=_("Whose posts, with everything that was made from them?"),
                placeholder="@jane",
                max_length=MAX_HANDLE,
                visible=not public,
                elem_id="forget-whom",
            )
            with gr.Row():
                self._show = gr.Button(_("Show what would be deleted"), elem_id="forget-show")
                self._forget = gr.Button(
                    _("Delete it for good"), variant="stop", visible=False, elem_id="forget"
                )
                self._keep = gr.Button(_("Keep"), visible=False, elem_id="forget-not")
            self._done = gr.Textbox("", visible=False)
            self._listed = gr.Textbox("", visible=False)  # whose traces are shown: nobody else's are deleted
            self._result = gr.HTML(elem_id="forgotten")

    def connect(self) -> None:
        """Register the event handlers."""
        inputs = [self._shared.key, self._handle]
        outputs = [self._result, self._forget, self._keep, self._listed]
        options = event_options(READING, self._shared.server.limits.concurrent)
        gr.on([self._show.click, self._handle.submit], show_errors(self._on_show), inputs, outputs, **options)
        gr.on([self._handle.input, self._keep.click], lambda: _ask(""), None, outputs, **options)
        deleted = self._forget.click(
            show_errors(self._on_forget), [*inputs, self._listed], [*outputs, self._done], **options
        )
        deleted.success(None, self._done, js="(done) => done && location.reload()")

    def _on_show(self, key: object, handle: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        if self._shared.server.limits.public:
            what = note(_("Your posts, your models and what they wrote: everything of yours on this page."))
            return _ask(what, str(handle or ""))
        traces, title = _traces(session, handle), selections.load(session).title
        selected = [trace for trace in traces.local if trace.path == session.root / selections.FILE]
        others = tuple(trace for trace in traces.local if trace not in selected)
        is_selected = bool(selected) or Subject(traces.handle).is_in_model_name(title)
        listed = str(handle) if others or is_selected else None
        return _ask(_list(replace(traces, local=others), is_selected=is_selected), listed)

    def _on_forget(self, key: object, handle: object, listed: object) -> tuple[Any, ...]:
        """Delete what is shown; what was typed since is shown first."""
        if str(handle or "") != listed:
            return *self._on_show(key, handle), ""
        session = self._shared.session(key)
        server, before = self._shared.server, session.library()
        with server.sessions.lock(session), server.sessions.written_lock(session):
            _require_no_run(session)
            for __, folder in before:
                server.loaded_models.unload(folder.path)
            if server.limits.public:
                remove(session.root)  # there is none where nothing was kept yet
            else:
                traces = _traces(session, handle)
                forget(traces)
                _clear_selection(session, traces.handle)
            server.browsing.drop(session.root)
            for __, folder in before:
                if not folder.path.exists():
                    server.games.drop(session, folder)
                    _delete_packed(server, folder)
        return *_ask(note(_("It is deleted."))), "yes"


def _ask(what: str, listed: object = None) -> tuple[Any, ...]:
    """Show what would be deleted, and ask whether to delete it; None: there is nothing to ask."""
    asked = listed is not None
    return what, gr.update(visible=asked), gr.update(visible=asked), listed if asked else ""


def _traces(session: Session, handle: object) -> Traces:
    """All that is known to come from a person, with the runs that learnt nothing yet, and their files."""
    with session.use_home():
        traces = find_traces(str(handle or "")[:MAX_HANDLE], [session.models])
    person = Subject(traces.handle)
    runs = [run for run in training_request.runs(session) if person.is_in_model_name(run.request.title)]
    own = {run.folder: path_trace("run of the web page", run.folder) for run in runs}
    own = {trace.path: trace for trace in traces.local} | own
    return replace(traces, local=tuple(own.values()))


def _delete_packed(server: Server, folder: ModelFolder) -> None:
    """Delete the zip files of a model; on a public page they go an hour after they were packed."""
    if not server.limits.public:
        for packed in server.incoming.glob("*/*.zip"):
            if packed.name == f"{folder.path.name}.zip":
                shutil.rmtree(packed.parent)


def _require_no_run(session: Session) -> None:
    """Raise UserError while something is learning: what is deleted under it would come back."""
    if any(isinstance(run.state, Running | Queued) for run in training_request.runs(session)):
        raise PageError(_("something is learning or waits for its turn; stop it first, in the second step"))


def _clear_selection(session: Session, handle: str) -> None:
    """Empty a selection that has posts of the person, and delete its files."""
    selection = selections.load(session)
    if Subject(handle).is_in_model_name(selection.title) or not _has_uploads(session, selection):
        selection = selections.save(Selection(), session)
    reading.delete_unused_uploads(selection, session)


def _has_uploads(session: Session, selection: Selection) -> bool:
    """Whether the uploaded files of a selection are there."""
    locations = [Path(place.location) for place in selection.places]
    return all(file.exists() for file in locations if file.is_relative_to(session.uploads))


def _said(text: str) -> Markup:
    """What the library says of a trace, in the visitor's language where it is known."""
    return spoken(*translated(without_commands(plain(text))))


def _list(traces: Traces, *, is_selected: bool) -> Markup:
    """What would be deleted, and what is out of reach; the posts that are chosen in the first step, too."""
    if not traces.local and not is_selected:
        return note(_("Nothing here is known to come from @{handle}.").format(handle=plain(traces.handle)))
    items = joined(
        _ITEM.format(
            kind=_said(trace.kind),
            name=plain(trace.path.name),
            about=Markup("({})").format(_said(trace.about)) if trace.about else "",
        )
        for trace in traces.local
    )
    if is_selected:
        items = _SELECTED.format(_("the posts that are chosen in the first step, with their files")) + items
    published = [entry.url for entry in traces.published.values()]
    rest = joined(Markup("<li>{}</li>").format(_said(line)) for line in (*published, *traces.elsewhere))
    return _TRACES.format(
        title=html("What was made of the posts of <b>@{handle}</b> here:").format(
            handle=plain(traces.handle)
        ),
        items=items,
        rest=_ELSEWHERE.format(_("Out of reach from here:"), rest),
    )
