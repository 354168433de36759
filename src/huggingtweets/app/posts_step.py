"""The first step: whose posts, what is left of them, and whether that is enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from msgspec.structs import replace

from ..cleaning.rules import languages
from ..errors import HuggingtweetsError, UserError
from . import chosen, posts_shown
from .chosen import Chosen
from .markup import problem
from .rooms import Room
from .server import AT_ONCE, Shared, hands, told, words

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
                gr.HTML(posts_shown.WELCOME_PUBLIC if public else posts_shown.WELCOME)
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
                found = gr.HTML(posts_shown.OPENING, elem_id="found")
        self.ready = gr.HTML(posts_shown.ready(Chosen()), render=False)
        self._shown = [found, self.ready, self._teach]

    def connect(self) -> None:
        """Say what happens when something is used."""
        key, shown, toggles = self._shared.key, self._shown, self._toggles
        work = hands("reading", self._server.limits.drawing)
        self._files.upload(told(self._dropped), [key, self._files, *toggles], [self._files, *shown], **work)
        gr.on(
            [self._add.click, self._typed.submit],
            told(self._named),
            [key, self._typed, *toggles],
            [self._typed, *shown],
            **work,
        )
        self._sample.click(told(self._sampled), [key, *toggles], shown, **work)
        self._clear.click(told(self._begun), key, [*shown, *toggles], **work)
        replies, language, *boxes = toggles
        used = [replies.input, language.input, *(event for box in boxes for event in (box.submit, box.blur))]
        gr.on(used, told(self._changed), [key, *toggles], shown, **work)
        self._teach.click(lambda: gr.Tabs(selected="teach"), None, self._shared.tabs, **AT_ONCE)
        self._shared.entered.then(told(self._found_again), key, [*shown, *toggles], **work)

    @contextmanager
    def _room(self, key: object) -> Iterator[Room]:
        """The visitor's room, for one event after the other: two at once would undo each other's choices."""
        room = self._shared.room(key)
        with self._server.rooms.alone(room):
            yield room

    def _looked(self, room: Room, now: Chosen, boxes: Sequence[object] = ()) -> tuple[Any, ...]:
        """Look at what is chosen, by what the boxes say or else said last; errors stand where posts would."""
        if not now.places:
            chosen.save(now, room)
            return posts_shown.NOTHING, posts_shown.ready(now), gr.update(visible=False)
        try:
            now = chosen.as_shown(now, *boxes) if boxes else now
            now, inspections = chosen.look(now, room, self._server.limits)
        except Exception as error:  # noqa: BLE001 -- every error is told, and ours are logged
            chosen.save(replace(now, enough=False), room)
            message = chosen.without_places(words(error), now)
            return (
                posts_shown.places(now) + problem(message),
                posts_shown.ready(Chosen()),
                gr.update(visible=False),
            )
        page = posts_shown.inspections(now, inspections)
        return page, posts_shown.ready(now), gr.update(visible=now.enough)

    def _dropped(self, key: object, uploads: Sequence[str] | None, *boxes: object) -> tuple[Any, ...]:
        with self._room(key) as room:
            now = chosen.with_uploads(chosen.load(room), uploads or (), self._server.incoming, room)
            return None, *self._looked(room, now, boxes)

    def _named(self, key: object, typed: str, *boxes: object) -> tuple[Any, ...]:
        with self._room(key) as room:
            try:
                now = chosen.with_typed(chosen.load(room), typed[:MOST_LETTERS], self._server.limits)
            except HuggingtweetsError as error:
                return typed, problem(words(error)), gr.skip(), gr.skip()
            return "", *self._looked(room, now, boxes)

    def _sampled(self, key: object, *boxes: object) -> tuple[Any, ...]:
        with self._room(key) as room:  # whose the sample is, it says itself
            return self._looked(room, chosen.with_sample(chosen.load(room)), (*boxes[:-1], ""))

    def _changed(self, key: object, *boxes: object) -> tuple[Any, ...]:
        """Look again; with no posts chosen there is nothing to do, since whatever brings some asks the boxes.

        A box that is left for "Begin again" tells so only behind it, with what it held before.
        """
        with self._room(key) as room:
            now = chosen.load(room)
            if not now.places or (now.enough and _says(now, boxes)):
                return gr.skip(), gr.skip(), gr.skip()
            return self._looked(room, now, boxes)

    def _begun(self, key: object) -> tuple[Any, ...]:
        with self._room(key) as room:
            return *self._looked(room, Chosen()), True, "", "", "", ""

    def _found_again(self, key: object) -> tuple[Any, ...]:
        """What was chosen before the page was reloaded."""
        try:
            with self._room(key) as room:
                now = chosen.load(room)
                shown = self._looked(room, now)
        except UserError as error:  # there is no room for the visitor
            now, shown = Chosen(), (problem(words(error)), gr.skip(), gr.skip())
        kept = now.rules
        days = [day.isoformat() if day else "" for day in (kept.since, kept.until)]
        return *shown, kept.keep_replies, kept.lang or "", *days, now.person


def _says(now: Chosen, boxes: Sequence[object]) -> bool:
    """Whether the boxes still say by what was looked last."""
    try:
        return chosen.as_shown(now, *boxes) == now
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
