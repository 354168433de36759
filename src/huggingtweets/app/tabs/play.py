"""The Play tab: the visitor types the beginning of a post, and the model continues it five times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import gradio as gr
from markupsafe import Markup

from ...generation.text_generator import Draft
from ...generation.wildness import Wildness
from ...model_folder import ModelFolder
from ...types import Sample
from .. import pictures, sharing, writing, written
from ..actions import action_html, clicked
from ..language import N_, _
from ..server import Shared, accordion, event_options, show_errors, unchecked_dropdown
from ..sessions import Session
from ..window import Window
from ..writing import MAX_BEST_OF, Settings
from ..written import WrittenPost
from . import play_inputs, play_view
from .second_model import SecondModel

POSTS = 5
MAX_PROMPT = 500  # characters
WILDNESS: dict[Wildness, str] = {"careful": N_("Careful"), "balanced": N_("Balanced"), "wild": N_("Wild")}


class PlayTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared, self._window = shared, gr.State(Window())
        with gr.Row(elem_classes="ht-columns"):
            with gr.Column(scale=4, min_width=320):
                gr.HTML(play_view.welcome())
                self._prompt = gr.Textbox(
                    label=_("How should the post begin?"),
                    info=_("Leave it empty to let it begin by itself."),
                    max_length=MAX_PROMPT,
                    elem_id="prompt",
                )
                self._beginnings = action_html(Markup(""), "beginnings")
                self._wildness = gr.Radio(
                    [(_(name), word) for word, name in WILDNESS.items()],
                    value="balanced",
                    label=_("Style"),
                    elem_id="wildness",
                )
                self._speaker = unchecked_dropdown(_("Who speaks?"), "speaker")
                self._second_model = SecondModel(shared)
                self._write = gr.Button(
                    _("Write five"), variant="primary", size="lg", elem_id="write", interactive=False
                )
                self._status = gr.HTML(elem_id="play-status")
                with accordion(_("More settings")):
                    self._length = gr.Slider(10, 200, 100, step=5, label=_("Longest post, in word pieces"))
                    self._best_of = gr.Slider(
                        1,
                        MAX_BEST_OF,
                        1,
                        step=1,
                        label=_("Drafts for each post"),
                        info=_(
                            "The one that sounds most like the person is kept; it never goes on the card."
                        ),
                        elem_id="best-of",
                    )
                    self._mastodon = gr.Textbox(
                        sharing.SERVER, label=_("Your Mastodon server"), max_length=100
                    )
            with gr.Column(scale=6, min_width=300, elem_classes="ht-written"):
                with gr.Row(elem_classes="ht-both"):
                    with gr.Column(scale=6, min_width=300):
                        self._posts = action_html(play_view.no_model(), "posts")
                    self._second_model.lay_out()
                with gr.Accordion(_("What it wrote before"), open=False):
                    self._history = action_html(Markup(""), "history")

    def connect(self) -> None:
        """Register the event handlers."""
        shared, options = self._shared, event_options("writing", 4, "hidden")
        inputs = [shared.key, shared.model]
        settings = [self._wildness, self._length, self._best_of, self._speaker]
        output = [self._posts, self._history]
        gr.on(
            [self._write.click, self._prompt.submit],
            show_errors(self._on_write),
            [self._window, *inputs, self._prompt, self._mastodon, self._second_model.choice, *settings],
            [*output, self._second_model.html, self._status],
            trigger_mode="multiple",  # another model may be opened, and asked to write, while this one writes
            **options,
        )
        acted = [self._window, *inputs, self._mastodon, *settings]
        for html in (self._posts, self._history):
            html.click(
                show_errors(self._on_action),
                acted,
                output,
                trigger_mode="multiple",  # a press while another is being answered counts, too
                **options,
            )
        self._beginnings.click(show_errors(self._on_beginning), None, self._prompt, **options)
        depending = [self._length, self._best_of, self._speaker]
        shown = shared.model.change(
            show_errors(self._on_model),
            [self._window, *inputs, self._mastodon],
            [*output, self._write, self._beginnings, *depending, self._status],
            **event_options("looking", 8, "hidden"),
        )
        shown.then(  # apart, since the browser handles the events of a change one after the other
            show_errors(self._load),
            inputs,
            self._status,
            trigger_mode="always_last",
            **event_options("loading", 2, "hidden"),
        )
        # on every visit, since another window may have changed what is shown
        shared.containers["play"].select(
            show_errors(self._on_tab),
            [self._window, *inputs, self._mastodon],
            [*output, self._write],
            **event_options("looking", 8, "hidden"),
        )
        self._second_model.connect()

    def _on_model(self, window: Window, key: object, model: object, server: str) -> Iterator[tuple[Any, ...]]:
        """Open a model: show what it wrote before and how the person often begins."""
        window.show(model)
        if not model:
            nothing = play_view.no_model(), "", gr.update(interactive=False), "", *(gr.skip(),) * 3, ""
            yield from window.look(model, lambda: nothing)
            return
        session = self._shared.session(key)
        folder = session.model(model)
        with session.use_home():
            pressed = play_view.beginnings(writing.own_beginnings(folder))
        depending = pressed, *play_inputs.fitting(folder), play_view.loading()
        yield from window.look(model, lambda: (*self._state(key, model, server), *depending))

    def _load(self, key: object, model: object) -> str:
        """Load the model, so that its next post does not wait for that; then it is said no more."""
        if model:
            session = self._shared.session(key)
            self._shared.server.loaded_models.prepare(session.model(model), session.own_home)
        return ""

    def _on_tab(self, window: Window, key: object, model: object, server: str) -> Iterator[tuple[Any, ...]]:
        """Show what the model wrote before."""
        yield from window.look(model, lambda: self._state(key, model, server))

    def _state(self, key: object, model: object, server: str) -> tuple[Any, ...]:
        """The posts of a model, the history, and whether it can write."""
        if not model:  # when one is opened meanwhile, its event may be answered first
            return (gr.skip(),) * 3
        session = self._shared.session(key)
        return *self._show(session, session.model(model), server), gr.update(interactive=True)

    @staticmethod
    def _on_beginning(event: gr.EventData) -> str:
        _, beginning = clicked(event)
        return beginning[:MAX_PROMPT] + " "

    def _show(self, session: Session, folder: ModelFolder, server: str, **how: Any) -> tuple[Markup, Markup]:
        """The posts that are shown, as `play_view.posts` takes `how`, and the history."""
        posts = written.load(session, folder)
        html = play_view.posts(written.shown(posts), folder.record, server, **how)
        return html, play_view.history(posts, folder.record)

    def _on_write(self, window: Window, key: object, model: object, *rest: Any) -> Iterator[tuple[Any, ...]]:
        """Write posts as long as the window shows their model; who presses twice gets them once."""
        yield (gr.skip(),) * 4  # Gradio takes an empty answer where there is none
        yield from window.posts_of(model, lambda end: self._write_all(end, key, model, *rest))

    def _write_all(
        self, end: Callable[[], None], key: object, model: object, *inputs: Any
    ) -> Iterator[tuple[Any, ...]]:
        """Write five posts, and five of the model beside it, and show them word by word."""
        prompt, server, beside, *settings = inputs
        session = self._shared.session(key)
        folder = session.model(model)
        how = writing.fitting(Settings.of_inputs(*settings), folder)
        sharing.links(Sample(prompt="", text=""), folder.record, server)  # an error comes before any work
        prompt = prompt[:MAX_PROMPT].rstrip()
        yield play_view.unfinished_posts(prompt, [""] * POSTS, folder.record), gr.skip(), gr.skip(), ""
        own = self._write_own(session, folder, prompt, server, how)
        others = self._second_model.write(session, folder, beside, prompt, how, POSTS)
        posts: tuple[Any, ...] = (gr.skip(),) * 3
        notice: Any = gr.skip()
        for shown, other in zip_longest(own, others):
            yield *posts, gr.skip()  # a step late, so that it is known which are the last
            *shown_posts, notice = shown or (gr.skip(), gr.skip(), notice)
            posts = *shown_posts, other or gr.skip()
        end()
        yield *posts, notice

    def _write_own(
        self, session: Session, folder: ModelFolder, prompt: str, server: str, settings: Settings
    ) -> Iterator[tuple[Any, Any, Any]]:
        """Write five posts with the open model; yield them, and at last history and notice."""
        drafts: tuple[Draft, ...] = (Draft(),) * POSTS
        models, home = self._shared.server.loaded_models, session.own_home
        for drafts in writing.write(models, folder, prompt, settings, count=POSTS, home=home):
            texts = [draft.text for draft in drafts]
            yield play_view.unfinished_posts(prompt, texts, folder.record), gr.skip(), gr.skip()
        new = [writing.post_of(prompt, draft, settings) for draft in drafts]
        whole = [post for post in new if post]
        self._change(session, folder, written.with_new, whole)
        _, history = self._show(session, folder, server)
        yield play_view.posts(new, folder.record, server), history, play_view.written_notice(len(whole))

    def _on_action(
        self,
        window: Window,
        key: object,
        model: object,
        server: str,
        wildness: object,
        length: object,
        best_of: object,
        speaker: object,
        event: gr.EventData,
    ) -> Iterator[tuple[Any, ...]]:
        """Do what a button of a post says, as long as the window shows its model."""
        answers = self._act(key, model, server, (wildness, length, best_of, speaker), *clicked(event))
        yield from window.in_order(model, answers)

    def _act(
        self, key: object, model: object, server: str, settings: Sequence[object], action: str, post_id: str
    ) -> Iterator[tuple[Any, ...]]:
        """Do what a button of a post says."""
        session = self._shared.session(key)
        folder = session.model(model)
        before = written.unpinned_picture(session, folder)
        if action == "unpin":
            pictures.unpin(folder, before)
            self._change(session, folder, written.with_pinned, "")
        post = written.find(written.load(session, folder), post_id)
        below: dict[str, Markup] = {}
        if not post.shown and action == "unpin":
            gr.Info(_("The card is as it was before."))
        elif not post.shown and action not in {"again", "star"}:  # "again" may have been pressed twice
            gr.Warning(
                _("Another window wrote other posts. Here they are; yours are in “What it wrote before”.")
            )
        elif action == "again" and post.shown:
            how = writing.fitting(Settings.of_inputs(*settings), folder)
            yield from self._rewrite(session, folder, post, how, server)
        elif action == "picture":
            below = {post.id: play_view.post_picture(pictures.post_picture(folder, post.sample), post.sample)}
        elif action == "pin" and post.best_of == 1:
            below = {post.id: play_view.pinned(pictures.pin(folder, post.sample, before), post)}
            self._change(session, folder, written.with_pinned, post_id)
        elif action == "unpin":
            below = {post.id: play_view.unpinned()}
        elif action == "star":
            self._change(session, folder, written.with_favourite, post_id)
        yield self._show(session, folder, server, below=below)

    def _change(
        self, session: Session, folder: ModelFolder, change: Callable[..., list[WrittenPost]], *args: Any
    ) -> None:
        """Change what the model wrote, as a function of `written` does, and save that.

        Raises:
            ModelError: it was deleted meanwhile.
        """
        with self._shared.server.sessions.written_lock(session):
            session.require(folder)
            written.save(change(written.load(session, folder), *args), session, folder)

    def _rewrite(
        self, session: Session, folder: ModelFolder, post: WrittenPost, settings: Settings, server: str
    ) -> Iterator[tuple[Any, ...]]:
        """Write another post in the place of one, with the prompt of that post."""
        shown = [each.id for each in written.shown(written.load(session, folder))]
        number = shown.index(post.id) if post.id in shown else 0
        draft = Draft()
        models, home = self._shared.server.loaded_models, session.own_home
        for (draft,) in writing.write(models, folder, post.prompt, settings, count=1, home=home):
            unfinished = play_view.unfinished_post(number, post.prompt, draft.text, folder.record)
            yield self._show(session, folder, server, replaced={number: unfinished})[0], gr.skip()
        new = writing.post_of(post.prompt, draft, settings)
        if new is None:
            gr.Info(_("All its drafts copied a post or named somebody; the post stays."))
        self._change(session, folder, written.with_rewritten, post, new)
