"""The Posts tab: choose posts, see what cleaning keeps of them, and whether they are enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from msgspec.structs import replace

from ...cleaning.rules import languages
from ...errors import HuggingtweetsError, UserError
from .. import selection as selections
from ..markup import problem
from ..selection import Selection
from ..server import UNQUEUED, Shared, error_message, event_options, show_errors
from ..sessions import Session
from . import posts_view

HINT = "bsky:jane.bsky.social"
MAX_TYPED = 4000  # characters of the accounts that are typed


class PostsTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared, self._server = shared, shared.server
        public = self._server.limits.public
        with gr.Row(elem_classes="ht-columns"):
            with gr.Column(scale=4, min_width=320):
                gr.HTML(posts_view.WELCOME_PUBLIC if public else posts_view.WELCOME)
                self._files = gr.File(
                    label="Your archive: zip, CAR, CSV …",
                    file_count="multiple",
                    height=150,
                    elem_classes="ht-drop",
                )
                _refuse_addresses(self._files)
                with gr.Row(elem_classes="ht-typed"):
                    self._typed = gr.Textbox(
                        label="Or an account" + ("" if public else ", or a path"),
                        placeholder=HINT,
                        max_length=MAX_TYPED,
                        scale=3,
                    )
                    self._add = gr.Button("Add", scale=0, min_width=80)
                self._sample = gr.Button("Try the sample", variant="primary", elem_id="try-sample")
                self._filters = _filter_inputs()
                self._clear = gr.Button("Begin again", size="sm")
            with gr.Column(scale=6, min_width=320):
                self._train = gr.Button(
                    "Go on: train it", variant="primary", visible=False, elem_id="go-train"
                )
                inspections = gr.HTML(posts_view.OPENING, elem_id="found")
        self.summary = gr.HTML(posts_view.summary(Selection()), render=False)  # the Train tab renders it
        self._panel = [inspections, self.summary, self._train]

    def connect(self) -> None:
        """Register the event handlers."""
        key, panel, filters = self._shared.key, self._panel, self._filters
        options = event_options("reading", self._server.limits.concurrent)
        self._files.upload(
            show_errors(self._on_upload), [key, self._files, *filters], [self._files, *panel], **options
        )
        gr.on(
            [self._add.click, self._typed.submit],
            show_errors(self._on_add),
            [key, self._typed, *filters],
            [self._typed, *panel],
            **options,
        )
        self._sample.click(show_errors(self._on_sample), [key, *filters], panel, **options)
        self._clear.click(show_errors(self._on_clear), key, [*panel, *filters], **options)
        replies, language, *boxes = filters
        changes = [
            replies.input,
            language.input,
            *(event for box in boxes for event in (box.submit, box.blur)),
        ]
        gr.on(changes, show_errors(self._on_filter), [key, *filters], panel, **options)
        self._train.click(lambda: gr.Tabs(selected="train"), None, self._shared.tabs, **UNQUEUED)
        self._shared.loaded.then(show_errors(self._on_load), key, [*panel, *filters], **options)

    @contextmanager
    def _locked_session(self, key: object) -> Iterator[Session]:
        """The visitor's session, for one event at a time: two would overwrite each other's selection."""
        session = self._shared.session(key)
        with self._server.sessions.lock(session):
            yield session

    def _read(
        self, session: Session, selection: Selection, filters: Sequence[object] = ()
    ) -> tuple[Any, ...]:
        """Read the posts of a selection and save it; errors stand in the panel, in place of the posts.

        Args:
            session: where the selection is saved.
            selection: the places.
            filters: values of the filter inputs; empty: the filters of the selection.
        """
        if not selection.places:
            selections.save(selection, session)
            return posts_view.NOTHING, posts_view.summary(selection), gr.update(visible=False)
        try:
            selection = selections.with_filters(selection, *filters) if filters else selection
            selection, inspections = selections.read_posts(selection, session, self._server.limits)
        except Exception as error:  # noqa: BLE001 -- all are shown, and the unexpected ones logged
            selections.save(replace(selection, enough=False), session)
            message = selections.hide_paths(error_message(error), selection)
            return (
                posts_view.places(selection) + problem(message),
                posts_view.summary(Selection()),
                gr.update(visible=False),
            )
        html = posts_view.inspections(selection, inspections)
        return html, posts_view.summary(selection), gr.update(visible=selection.enough)

    def _on_upload(self, key: object, uploads: Sequence[str] | None, *filters: object) -> tuple[Any, ...]:
        with self._locked_session(key) as session:
            selection = selections.with_uploads(
                selections.load(session), uploads or (), self._server.incoming, session
            )
            return None, *self._read(session, selection, filters)

    def _on_add(self, key: object, typed: str, *filters: object) -> tuple[Any, ...]:
        with self._locked_session(key) as session:
            selection = selections.load(session)
            try:
                selection = selections.with_typed(selection, typed[:MAX_TYPED], self._server.limits)
            except HuggingtweetsError as error:
                return typed, problem(error_message(error)), gr.skip(), gr.skip()
            return "", *self._read(session, selection, filters)

    def _on_sample(self, key: object, *filters: object) -> tuple[Any, ...]:
        *others, _ = filters  # the last is the author's handle, which the sample names itself
        with self._locked_session(key) as session:
            return self._read(session, selections.with_sample(selections.load(session)), (*others, ""))

    def _on_filter(self, key: object, *filters: object) -> tuple[Any, ...]:
        """Read the posts again where a filter changed.

        Nothing is done while no places are selected: adding one reads the filters anyway. The click on "Begin
        again" takes the focus from a text box, and the browser may send the box's blur event, with its old
        value, after the click.
        """
        with self._locked_session(key) as session:
            selection = selections.load(session)
            if not selection.places or (selection.enough and _has_filters(selection, filters)):
                return gr.skip(), gr.skip(), gr.skip()
            return self._read(session, selection, filters)

    def _on_clear(self, key: object) -> tuple[Any, ...]:
        with self._locked_session(key) as session:
            return *self._read(session, Selection()), True, "", "", "", ""

    def _on_load(self, key: object) -> tuple[Any, ...]:
        """Show the selection from before a reload of the page."""
        try:
            with self._locked_session(key) as session:
                selection = selections.load(session)
                panel = self._read(session, selection)
        except UserError as error:  # there are too many sessions
            selection, panel = Selection(), (problem(error_message(error)), gr.skip(), gr.skip())
        rules = selection.rules
        dates = [day.isoformat() if day else "" for day in (rules.since, rules.until)]
        return *panel, rules.keep_replies, rules.lang or "", *dates, selection.person


def _has_filters(selection: Selection, filters: Sequence[object]) -> bool:
    """Whether the selection was read with these filters."""
    try:
        return selections.with_filters(selection, *filters) == selection
    except UserError:
        return False


def _refuse_addresses(files: gr.File) -> None:
    """Refuse an address in place of an uploaded file: Gradio would download it, whatever its size."""
    move_file = files.async_move_resource_to_block_cache

    async def move_upload(path: str | Path | None) -> str | None:
        if path is not None and "://" in str(path):
            raise gr.Error("only files that are dropped here are taken", print_exception=False)
        return await move_file(path)

    files.async_move_resource_to_block_cache = move_upload  # type: ignore[method-assign,assignment] # a subclass writes stubs


def _filter_inputs() -> tuple[gr.Checkbox, gr.Dropdown, gr.Textbox, gr.Textbox, gr.Textbox]:
    """The inputs of `selection.with_filters`, in its order."""
    with gr.Accordion("Leave something out", open=False):
        replies = gr.Checkbox(True, label="Learn from replies, too")
        language = gr.Dropdown(
            [("every language", ""), *((code, code) for code in languages())], value="", label="Language"
        )
        with gr.Row():
            since = gr.Textbox(label="From the day", placeholder="2019-01-01", max_length=10, min_width=120)
            until = gr.Textbox(label="Until the day", placeholder="2024-12-31", max_length=10, min_width=120)
        person = gr.Textbox(
            label="Whose posts, where a file holds several people's", placeholder="@jane", max_length=200
        )
    return replies, language, since, until, person
