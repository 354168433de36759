"""The first step: whose posts, what is left of them, and whether that is enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from msgspec.structs import replace

from ...cleaning.rules import languages
from ...errors import HuggingtweetsError, UserError
from .. import selection
from ..markup import problem
from ..selection import Selection
from ..server import AT_ONCE, Shared, event_options, show_errors, words
from ..sessions import Session
from . import posts_view

HINT = "bsky:jane.bsky.social"
MOST_LETTERS = 4000  # that can be typed


class PostsStep:
    """The step's parts, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        """Lay the step out."""
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
                _take_only_what_is_dropped(self._files)
                with gr.Row(elem_classes="ht-typed"):
                    self._typed = gr.Textbox(
                        label="Or an account" + ("" if public else ", or a path"),
                        placeholder=HINT,
                        max_length=MOST_LETTERS,
                        scale=3,
                    )
                    self._add = gr.Button("Add", scale=0, min_width=80)
                self._sample = gr.Button("Try the sample", variant="primary", elem_id="try-sample")
                self._toggles = _toggles()
                self._clear = gr.Button("Begin again", size="sm")
            with gr.Column(scale=6, min_width=320):
                self._teach = gr.Button(
                    "Go on: teach it", variant="primary", visible=False, elem_id="go-teach"
                )
                found = gr.HTML(posts_view.OPENING, elem_id="found")
        self.ready = gr.HTML(posts_view.ready(Selection()), render=False)
        self._shown = [found, self.ready, self._teach]

    def connect(self) -> None:
        """Say what happens when something is used."""
        key, shown, toggles = self._shared.key, self._shown, self._toggles
        work = event_options("reading", self._server.limits.drawing)
        self._files.upload(
            show_errors(self._dropped), [key, self._files, *toggles], [self._files, *shown], **work
        )
        gr.on(
            [self._add.click, self._typed.submit],
            show_errors(self._named),
            [key, self._typed, *toggles],
            [self._typed, *shown],
            **work,
        )
        self._sample.click(show_errors(self._sampled), [key, *toggles], shown, **work)
        self._clear.click(show_errors(self._begun), key, [*shown, *toggles], **work)
        replies, language, *boxes = toggles
        used = [replies.input, language.input, *(event for box in boxes for event in (box.submit, box.blur))]
        gr.on(used, show_errors(self._changed), [key, *toggles], shown, **work)
        self._teach.click(lambda: gr.Tabs(selected="teach"), None, self._shared.tabs, **AT_ONCE)
        self._shared.entered.then(show_errors(self._found_again), key, [*shown, *toggles], **work)

    @contextmanager
    def _room(self, key: object) -> Iterator[Session]:
        """The visitor's room, for one event after the other: two at once would undo each other's choices."""
        session = self._shared.session(key)
        with self._server.sessions.alone(session):
            yield session

    def _looked(self, session: Session, now: Selection, boxes: Sequence[object] = ()) -> tuple[Any, ...]:
        """Look at what is chosen, by what the boxes say or else said last; errors stand where posts would."""
        if not now.places:
            selection.save(now, session)
            return posts_view.NOTHING, posts_view.ready(now), gr.update(visible=False)
        try:
            now = selection.as_shown(now, *boxes) if boxes else now
            now, inspections = selection.look(now, session, self._server.limits)
        except Exception as error:  # noqa: BLE001 -- every error is told, and ours are logged
            selection.save(replace(now, enough=False), session)
            message = selection.without_places(words(error), now)
            return (
                posts_view.places(now) + problem(message),
                posts_view.ready(Selection()),
                gr.update(visible=False),
            )
        page = posts_view.inspections(now, inspections)
        return page, posts_view.ready(now), gr.update(visible=now.enough)

    def _dropped(self, key: object, uploads: Sequence[str] | None, *boxes: object) -> tuple[Any, ...]:
        with self._room(key) as session:
            now = selection.with_uploads(
                selection.load(session), uploads or (), self._server.incoming, session
            )
            return None, *self._looked(session, now, boxes)

    def _named(self, key: object, typed: str, *boxes: object) -> tuple[Any, ...]:
        with self._room(key) as session:
            try:
                now = selection.with_typed(selection.load(session), typed[:MOST_LETTERS], self._server.limits)
            except HuggingtweetsError as error:
                return typed, problem(words(error)), gr.skip(), gr.skip()
            return "", *self._looked(session, now, boxes)

    def _sampled(self, key: object, *boxes: object) -> tuple[Any, ...]:
        with self._room(key) as session:  # whose the sample is, it says itself
            return self._looked(session, selection.with_sample(selection.load(session)), (*boxes[:-1], ""))

    def _changed(self, key: object, *boxes: object) -> tuple[Any, ...]:
        """Look again; with no posts chosen there is nothing to do, since whatever brings some asks the boxes.

        A box that is left for "Begin again" tells so only behind it, with what it held before.
        """
        with self._room(key) as session:
            now = selection.load(session)
            if not now.places or (now.enough and _says(now, boxes)):
                return gr.skip(), gr.skip(), gr.skip()
            return self._looked(session, now, boxes)

    def _begun(self, key: object) -> tuple[Any, ...]:
        with self._room(key) as session:
            return *self._looked(session, Selection()), True, "", "", "", ""

    def _found_again(self, key: object) -> tuple[Any, ...]:
        """What was chosen before the page was reloaded."""
        try:
            with self._room(key) as session:
                now = selection.load(session)
                shown = self._looked(session, now)
        except UserError as error:  # there is no room for the visitor
            now, shown = Selection(), (problem(words(error)), gr.skip(), gr.skip())
        kept = now.rules
        days = [day.isoformat() if day else "" for day in (kept.since, kept.until)]
        return *shown, kept.keep_replies, kept.lang or "", *days, now.person


def _says(now: Selection, boxes: Sequence[object]) -> bool:
    """Whether the boxes still say by what was looked last."""
    try:
        return selection.as_shown(now, *boxes) == now
    except UserError:
        return False


def _take_only_what_is_dropped(files: gr.File) -> None:
    """Gradio would fetch a file that is named by an address, as large as it is; nobody needs that here."""
    kept = files.async_move_resource_to_block_cache

    async def move(path: str | Path | None) -> str | None:
        if path is not None and "://" in str(path):
            raise gr.Error("only files that are dropped here are taken", print_exception=False)
        return await kept(path)

    files.async_move_resource_to_block_cache = move  # type: ignore[method-assign,assignment] # a subclass writes stubs


def _toggles() -> tuple[gr.Checkbox, gr.Dropdown, gr.Textbox, gr.Textbox, gr.Textbox]:
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
