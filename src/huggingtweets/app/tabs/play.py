"""The Play tab: the visitor types the beginning of a post, and the model continues it five times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from markupsafe import Markup

from ...dataset.beginnings import beginnings
from ...errors import HuggingtweetsError, UserError
from ...generation.wildness import FACTORS, as_wildness, temperature
from ...generation.writer import Draft
from ...model_folder import ModelFolder, prompt_of
from ...types import Sample
from ...workflows.data import posts_of
from .. import pictures, sharing, written
from ..actions import action_html, clicked
from ..server import Shared, event_options, show_errors
from ..sessions import Session
from ..written import WrittenPost
from . import play_view

POSTS = 5
MAX_PROMPT = 500  # characters
MAX_TOKENS = 1000  # of a post
WILDNESS = [(word.capitalize(), word) for word in FACTORS]


class PlayTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared = shared
        with gr.Row(elem_classes="ht-columns"):
            with gr.Column(scale=4, min_width=320):
                gr.HTML(play_view.WELCOME)
                self._prompt = gr.Textbox(
                    label="How shall it begin?",
                    info="Leave it empty to let it begin by itself.",
                    max_length=MAX_PROMPT,
                    elem_id="prompt",
                )
                self._beginnings = action_html(Markup(""), "beginnings")
                self._wildness = gr.Radio(
                    WILDNESS, value="balanced", label="How shall it write?", elem_id="wildness"
                )
                self._write = gr.Button(
                    "Write five", variant="primary", size="lg", elem_id="write", interactive=False
                )
                self._status = gr.HTML(elem_id="play-status")
                with gr.Accordion("More settings", open=False):
                    self._length = gr.Slider(
                        10, 200, 100, step=5, label="How long a post may get, in pieces of words"
                    )
                    self._mastodon = gr.Textbox(
                        sharing.SERVER, label="Your server of Mastodon", max_length=100
                    )
            with gr.Column(scale=6, min_width=320):
                self._posts = action_html(play_view.NO_MODEL, "posts")
                with gr.Accordion("What it wrote before", open=False):
                    self._history = action_html(Markup(""), "history")

    def connect(self) -> None:
        """Register the event handlers."""
        shared, options = self._shared, event_options("writing", 4, "hidden")
        inputs = [shared.key, shared.model]
        settings = [self._wildness, self._length, self._mastodon]
        output = [self._posts, self._history]
        gr.on(
            [self._write.click, self._prompt.submit],
            show_errors(self._on_write),
            [*inputs, self._prompt, *settings],
            [*output, self._status],
            **options,
        )
        for html in (self._posts, self._history):
            html.click(show_errors(self._on_action), [*inputs, *settings], output, **options)
        self._beginnings.click(show_errors(self._on_beginning), None, self._prompt, **options)
        shared.model.change(
            show_errors(self._on_model),
            [*inputs, self._mastodon],
            [*output, self._beginnings, self._length, self._write, self._status],
            **event_options("loading", 2, "hidden"),
        )
        # on every visit, since another window may have changed what is shown
        shared.containers["play"].select(
            show_errors(self._on_tab),
            [*inputs, self._mastodon],
            [*output, self._write],
            **event_options("looking", 8, "hidden"),
        )

    def _on_model(self, key: object, model: object, server: str) -> Iterator[tuple[Any, ...]]:
        """Show what the model wrote before and how the person often begins; load it for its next post."""
        if not model:
            yield play_view.NO_MODEL, "", "", gr.skip(), gr.update(interactive=False), ""
            return
        session = self._shared.session(key)
        folder = session.model(model)
        *shown, ready = self._on_tab(key, model, server)
        with session.use_home():
            pressed = play_view.beginnings(self._own_beginnings(folder))
        max_tokens = folder.record.recipe.sampling.max_new_tokens
        length = gr.update(value=max_tokens, maximum=max(200, max_tokens))
        yield *shown, pressed, length, ready, play_view.LOADING
        self._shared.server.loaded_models.prepare(folder)
        yield *(gr.skip(),) * 5, ""

    def _on_tab(self, key: object, model: object, server: str) -> tuple[Any, ...]:
        """Show what the model wrote before."""
        if not model:
            return play_view.NO_MODEL, "", gr.update(interactive=False)
        session = self._shared.session(key)
        return *self._show(session, session.model(model), server), gr.update(interactive=True)

    @staticmethod
    def _on_beginning(event: gr.EventData) -> str:
        _, beginning = clicked(event)
        return beginning[:MAX_PROMPT] + " "

    @staticmethod
    def _own_beginnings(folder: ModelFolder) -> list[str]:
        """The beginnings of the posts that the model learnt from; its prompt where these are away."""
        try:
            texts = [post.text for post in posts_of(folder).train]
        except HuggingtweetsError:
            texts = []
        return beginnings(texts) or [prompt_of(folder.record)]

    def _show(self, session: Session, folder: ModelFolder, server: str, **how: Any) -> tuple[Markup, Markup]:
        """The posts that are shown, as `play_view.posts` takes `how`, and the history."""
        posts = written.load(session, folder)
        html = play_view.posts(written.shown(posts), folder.record, server, **how)
        return html, play_view.history([post for post in posts if not post.shown])

    def _on_write(
        self,
        key: object,
        model: object,
        prompt: str,
        wildness: object,
        length: object,
        server: str,
    ) -> Iterator[tuple[Any, ...]]:
        """Write five posts, and show them word by word."""
        session = self._shared.session(key)
        folder = session.model(model)
        sampling = _sampling(folder, wildness, length)
        sharing.links(Sample(prompt="", text=""), folder.record, server)  # an error comes before any work
        prompt = prompt[:MAX_PROMPT].rstrip()
        drafts = (Draft(),) * POSTS
        yield play_view.unfinished_posts(prompt, [""] * POSTS, folder.record), gr.skip(), ""
        for drafts in self._shared.server.loaded_models.stream(
            folder, prompt, count=POSTS, sampling=sampling
        ):
            texts = [draft.text for draft in drafts]
            yield play_view.unfinished_posts(prompt, texts, folder.record), gr.skip(), gr.skip()
        new = [WrittenPost(prompt=prompt, text=draft.text) if draft.whole else None for draft in drafts]
        with self._shared.server.sessions.lock(session):
            posts = written.with_new(written.load(session, folder), [post for post in new if post])
            written.save(posts, session, folder)
        _, history = self._show(session, folder, server)
        yield play_view.posts(new, folder.record, server), history, play_view.WRITTEN

    def _on_action(
        self,
        key: object,
        model: object,
        wildness: object,
        length: object,
        server: str,
        event: gr.EventData,
    ) -> Iterator[tuple[Any, ...]]:
        """Do what a button of a post says."""
        action, post_id = clicked(event)
        session = self._shared.session(key)
        folder = session.model(model)
        before = written.unpinned_picture(session, folder)
        if action == "unpin":
            pictures.unpin(folder, before)
            yield play_view.UNPINNED + self._show(session, folder, server)[0], gr.skip()
            return
        post = written.find(written.load(session, folder), post_id)
        below: dict[str, Markup] = {}
        if action == "again":
            yield from self._rewrite(session, folder, post, _sampling(folder, wildness, length), server)
        elif action == "picture":
            below = {post.id: play_view.post_picture(pictures.post_picture(folder, post.sample), post.sample)}
        elif action == "pin":
            below = {post.id: play_view.pinned(pictures.pin(folder, post.sample, before))}
        elif action == "star":
            with self._shared.server.sessions.lock(session):
                starred = written.with_favourite(written.load(session, folder), post_id)
                written.save(starred, session, folder)
        yield self._show(session, folder, server, below=below)

    def _rewrite(
        self,
        session: Session,
        folder: ModelFolder,
        post: WrittenPost,
        sampling: dict[str, float],
        server: str,
    ) -> Iterator[tuple[Any, ...]]:
        """Write another post in the place of one, with the prompt of that post."""
        shown = [each.id for each in written.shown(written.load(session, folder))]
        number = shown.index(post.id) if post.id in shown else 0
        draft = Draft()
        for (draft,) in self._shared.server.loaded_models.stream(
            folder, post.prompt, count=1, sampling=sampling
        ):
            unfinished = play_view.unfinished_post(number, post.prompt, draft.text, folder.record)
            yield self._show(session, folder, server, replaced={number: unfinished})[0], gr.skip()
        new = WrittenPost(prompt=post.prompt, text=draft.text) if draft.whole else None
        if new is None:
            gr.Info("All its drafts copied a post or named somebody; the post stays.")
        with self._shared.server.sessions.lock(session):
            posts = written.with_rewritten(written.load(session, folder), post, new)
            written.save(posts, session, folder)


def _sampling(folder: ModelFolder, wildness: object, length: object) -> dict[str, float]:
    """Fields of `Sampling` from the settings.

    Raises:
        UserError: a value is not one that the page offers.
    """
    try:
        max_tokens = int(float(str(length)))
    except ValueError:
        raise UserError("the length of a post is a number") from None
    if not 1 <= max_tokens <= MAX_TOKENS:
        raise UserError(f"a post cannot be {max_tokens:,} pieces long; choose 1 to {MAX_TOKENS:,}")
    own = folder.record.recipe.sampling.temperature
    return {"temperature": temperature(as_wildness(wildness), own), "max_new_tokens": max_tokens}
