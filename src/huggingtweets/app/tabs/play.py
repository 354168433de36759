"""The Play tab: the visitor types the beginning of a post, and the model continues it five times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from ...errors import UserError
from ...generation.writer import Draft
from ...model_folder import ModelFolder
from ...types import Sample
from .. import pictures, sharing
from ..server import UNQUEUED, Shared, event_options, show_errors
from . import play_view

POSTS = 5
MAX_PROMPT = 500  # characters
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.4, 1.6
MAX_TOKENS = 1000  # of a post
COPY = """(index) => {
  const post = document.querySelector(`#post-${index} .ht-post-text`);
  if (post) navigator.clipboard?.writeText(post.innerText.trim());
  return index;
}"""


@dataclass
class ShownPosts:
    """The posts that a page shows, by position, and the session and the model that they belong to."""

    session: Path | None = None  # its folder
    model: str = ""
    samples: dict[int, Sample] = field(default_factory=dict)


class PlayTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared = shared
        self._shown = gr.State(None)
        with gr.Row(elem_classes="ht-columns"):
            with gr.Column(scale=4, min_width=320):
                gr.HTML(play_view.WELCOME)
                self._prompt = gr.Textbox(
                    "My dream is",
                    label="How shall it begin?",
                    info="Leave it empty to let it begin by itself.",
                    max_length=MAX_PROMPT,
                    elem_id="prompt",
                )
                self._write = gr.Button("Write five", variant="primary", size="lg", elem_id="write")
                with gr.Accordion("How it writes", open=False):
                    self._temperature = gr.Slider(
                        MIN_TEMPERATURE,
                        MAX_TEMPERATURE,
                        1.0,
                        step=0.05,
                        label="From careful (left) to wild (right)",
                    )
                    self._length = gr.Slider(
                        10, 200, 100, step=5, label="How long a post may get, in pieces of words"
                    )
                    self._mastodon = gr.Textbox(
                        sharing.SERVER, label="Your server of Mastodon", max_length=100
                    )
            with gr.Column(scale=6, min_width=320):
                self._posts = [_Post(number) for number in range(POSTS)]
                self._picture = gr.HTML(elem_id="picture")

    def connect(self) -> None:
        """Register the event handlers."""
        shared, options = self._shared, event_options("writing", 4, "hidden")
        inputs = [shared.key, shared.model, self._shown]
        settings = [self._prompt, self._temperature, self._length, self._mastodon]
        posts = [component for post in self._posts for component in post.components]
        gr.on(
            [self._write.click, self._prompt.submit],
            show_errors(self._on_write),
            [*inputs, *settings],
            [self._shown, self._picture, *posts],
            **options,
        )
        for number, post in enumerate(self._posts):
            post.rewrite.click(
                show_errors(partial(self._on_rewrite, number)),
                [*inputs, *settings],
                [self._shown, *post.components],
                **options,
            )
            post.copy.click(None, gr.State(number), None, js=COPY, **UNQUEUED)
            post.draw.click(show_errors(partial(self._on_draw, number)), inputs, self._picture, **options)
            post.promote.click(
                show_errors(partial(self._on_promote, number)), inputs, self._picture, **options
            )
        shared.model.change(
            show_errors(self._on_model),
            [shared.key, shared.model],
            [self._shown, self._picture, self._length, *posts],
            **options,
        )

    def _on_model(self, key: object, model: object) -> tuple[Any, ...]:
        """Remove the posts of the model that was open before, and set the greatest length of a post."""
        posts = [play_view.NOTHING, gr.update(visible=False)]
        posts += [play_view.BLANK, gr.update(visible=False)] * (POSTS - 1)
        if not model:
            return ShownPosts(), "", gr.skip(), *posts
        max_tokens = self._shared.session(key).model(model).record.recipe.sampling.max_new_tokens
        return ShownPosts(), "", gr.update(value=max_tokens, maximum=max(200, max_tokens)), *posts

    def _on_write(
        self,
        key: object,
        model: object,
        _: ShownPosts | None,
        prompt: str,
        temperature: float,
        length: float,
        server: str,
    ) -> Iterator[tuple[Any, ...]]:
        """Write five posts, and show them word by word."""
        session = self._shared.session(key)
        folder = session.model(model)
        shown = ShownPosts(session.root, str(model))
        sampling = _sampling(temperature, length)
        sharing.links(Sample(prompt="", text=""), folder.record, server)  # an error comes before any work
        prompt = prompt[:MAX_PROMPT].rstrip()
        drafts = (Draft(),) * POSTS
        yield shown, "", *_unfinished_posts(prompt, drafts)  # the model may have to be loaded first
        for drafts in self._shared.server.loaded_models.stream(
            folder, prompt, count=POSTS, sampling=sampling
        ):
            yield shown, "", *_unfinished_posts(prompt, drafts)
        posts: list[Any] = []
        for number, draft in enumerate(drafts):
            posts += _finished_post(shown, number, prompt, draft, folder, server)
        yield shown, "", *posts

    def _on_rewrite(
        self,
        number: int,
        key: object,
        model: object,
        shown: ShownPosts | None,
        _: str,
        temperature: float,
        length: float,
        server: str,
    ) -> Iterator[tuple[Any, ...]]:
        """Write another post in the place of one, with the prompt of that post."""
        shown, folder, sample = self._sample(number, key, model, shown)
        prompt, draft = sample.prompt, Draft()
        yield shown, *_unfinished_post(prompt, draft)
        for (draft,) in self._shared.server.loaded_models.stream(
            folder, prompt, count=1, sampling=_sampling(temperature, length)
        ):
            yield shown, *_unfinished_post(prompt, draft)
        yield shown, *_finished_post(shown, number, prompt, draft, folder, server)

    def _on_draw(self, number: int, key: object, model: object, shown: ShownPosts | None) -> Any:
        _, folder, sample = self._sample(number, key, model, shown)
        return play_view.post_picture(pictures.post_picture(folder, sample), sample)

    def _on_promote(self, number: int, key: object, model: object, shown: ShownPosts | None) -> Any:
        _, folder, sample = self._sample(number, key, model, shown)
        return play_view.share_picture(pictures.replace_share_picture(folder, sample))

    def _sample(
        self, number: int, key: object, model: object, shown: ShownPosts | None
    ) -> tuple[ShownPosts, ModelFolder, Sample]:
        """The post at a position, and the model that wrote it.

        Raises:
            UserError: the page shows no such post, or shows it to another visitor or for another model.
        """
        session = self._shared.session(key)
        if (
            shown is None
            or shown.session != session.root
            or shown.model != model
            or number not in shown.samples
        ):
            raise UserError("this post is not here any more; let it write five new ones")
        return shown, session.model(model), shown.samples[number]


class _Post:
    """The components of one post: its text and its buttons."""

    def __init__(self, number: int) -> None:
        self.text = gr.HTML(play_view.NOTHING if number == 0 else play_view.BLANK, elem_id=f"post-{number}")
        with gr.Row(visible=False, elem_classes="ht-actions") as self.buttons:
            self.rewrite = gr.Button("Another", size="sm", min_width=60)
            self.copy = gr.Button("Copy", size="sm", min_width=60)
            self.draw = gr.Button("As a picture", size="sm", min_width=60)
            self.promote = gr.Button("On its own picture", size="sm", min_width=60)
        self.components = [self.text, self.buttons]


def _unfinished_post(prompt: str, draft: Draft) -> list[Any]:
    return [play_view.unfinished_post(prompt, draft.text), gr.update(visible=False)]


def _unfinished_posts(prompt: str, drafts: Sequence[Draft]) -> list[Any]:
    return [update for draft in drafts for update in _unfinished_post(prompt, draft)]


def _finished_post(
    shown: ShownPosts, number: int, prompt: str, draft: Draft, folder: ModelFolder, server: str
) -> list[Any]:
    """Updates of a post's components; the post is put into `shown`, or removed where filters refused it."""
    if not draft.whole:
        shown.samples.pop(number, None)
        return [play_view.REFUSED, gr.update(visible=False)]
    sample = shown.samples[number] = Sample(prompt=prompt, text=draft.text)
    return [play_view.post(sample, folder.record, server), gr.update(visible=True)]


def _sampling(temperature: object, length: object) -> dict[str, float]:
    """Fields of `Sampling` from the sliders.

    Raises:
        UserError: a value is not a number, or out of range.
    """
    try:
        sampling = {"temperature": float(str(temperature)), "max_new_tokens": int(float(str(length)))}
    except ValueError:
        raise UserError("temperature and length are numbers") from None
    if (
        not MIN_TEMPERATURE <= sampling["temperature"] <= MAX_TEMPERATURE
        or not 1 <= sampling["max_new_tokens"] <= MAX_TOKENS
    ):
        raise UserError("temperature or length is out of range")
    return sampling
