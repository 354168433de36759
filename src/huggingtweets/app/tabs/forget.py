"""Forgetting a person, in the Library tab: what `huggingtweets forget` does; on a public page, everything."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from ...reporting.picture import plain
from ...workflows.forget import Traces, find_traces, forget
from .. import reading, training_request
from .. import selection as selections
from ..events import Queued, Running
from ..language import _, html
from ..library_messages import translated
from ..markup import joined, note, spoken
from ..messages import PageError, without_commands
from ..selection import Selection
from ..server import READING, Shared, event_options, fold, show_errors
from ..sessions import Session

MAX_HANDLE = 200  # characters

_TRACES = Markup('<article class="ht-card"><p>{title}</p><ul>{items}</ul>{rest}</article>')
_ITEM = Markup("<li>{kind}: {name} {about}</li>")
_ELSEWHERE = Markup("<p>{}</p><ul>{}</ul>")


class ForgetTab:
    """The layout of this part of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out this part of the tab."""
        self._shared, public = shared, shared.server.limits.public
        with fold(_("Delete all that is mine") if public else _("Forget a person")):
            self._handle = gr.Textbox(
                label=_("Whose posts, and all that was made of them?"),
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
            self._result = gr.HTML(elem_id="forgotten")

    def connect(self) -> None:
        """Register the event handlers."""
        inputs, outputs = [self._shared.key, self._handle], [self._result, self._forget]
        options = event_options(READING, self._shared.server.limits.concurrent)
        gr.on([self._show.click, self._handle.submit], show_errors(self._on_show), inputs, outputs, **options)
        self._handle.input(lambda: ("", gr.update(visible=False)), None, outputs, **options)
        self._forget.click(show_errors(self._on_forget), inputs, outputs, **options).success(
            None, js="() => location.reload()"
        )

    def _on_show(self, key: object, handle: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        if self._shared.server.limits.public:
            return note(
                _("Your posts, models and what they wrote: all that is yours on this page.")
            ), gr.update(visible=True)
        traces = _traces(session, handle)
        return _list(traces), gr.update(visible=bool(traces.local))

    def _on_forget(self, key: object, handle: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        _require_no_run(session)
        for __, folder in session.library():
            self._shared.server.loaded_models.unload(folder.path)
        with self._shared.server.sessions.lock(session):
            if self._shared.server.limits.public:
                shutil.rmtree(session.root)
            else:
                traces = _traces(session, handle)
                forget(traces)
                _clear_selection(session, traces.handle)
        return note(_("It is deleted.")), gr.update(visible=False)


def _traces(session: Session, handle: object) -> Traces:
    with session.use_home():
        return find_traces(str(handle or "")[:MAX_HANDLE], [session.models])


def _require_no_run(session: Session) -> None:
    """Raise UserError while something is learning: what is deleted under it would come back."""
    if any(isinstance(run.state, Running | Queued) for run in training_request.runs(session)):
        raise PageError(_("something is learning or waits for its turn; stop it first, in the second step"))


def _clear_selection(session: Session, handle: str) -> None:
    """Empty a selection that has posts of the person, and delete its files."""
    selection = selections.load(session)
    names = [name.casefold() for name in selection.title.split(" + ")]
    if handle.casefold() in names or not all(_is_there(session, selection)):
        reading.delete_unused_uploads(selections.save(Selection(), session), session)


def _is_there(session: Session, selection: Selection) -> list[bool]:
    uploads = [
        Path(place.location)
        for place in selection.places
        if Path(place.location).is_relative_to(session.uploads)
    ]
    return [upload.exists() for upload in uploads]


def _said(text: str) -> Markup:
    """What the library says of a trace, in the visitor's language where it is known."""
    return spoken(*translated(without_commands(plain(text))))


def _list(traces: Traces) -> Markup:
    """What would be deleted, and what is out of reach."""
    if not traces.local:
        return note(_("Nothing here is known to come from @{handle}.").format(handle=plain(traces.handle)))
    items = joined(
        _ITEM.format(
            kind=_said(trace.kind),
            name=plain(trace.path.name),
            about=Markup("({})").format(_said(trace.about)) if trace.about else "",
        )
        for trace in traces.local
    )
    published = [entry.url for entry in traces.published.values()]
    rest = joined(Markup("<li>{}</li>").format(_said(line)) for line in (*published, *traces.elsewhere))
    return _TRACES.format(
        title=html("What was made of the posts of <b>@{handle}</b> here:").format(
            handle=plain(traces.handle)
        ),
        items=items,
        rest=_ELSEWHERE.format(_("Out of reach from here:"), rest),
    )
