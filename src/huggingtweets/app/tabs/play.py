"""The third step: the beginning of a post, and five ways in which the model goes on."""

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
from ..server import AT_ONCE, Shared, event_options, show_errors
from . import play_view

POSTS = 5
LONGEST_PROMPT = 500  # characters
TEMPERATURES = (0.4, 1.6)  # from careful to wild
MOST_TOKENS = 1000
COPY = """(index) => {
  const post = document.querySelector(`#post-${index} .ht-post-text`);
  if (post) navigator.clipboard?.writeText(post.innerText.trim());
  return index;
}"""


@dataclass
class Drawn:
    """The posts that a page shows, and whose they are."""

    session: Path | None = None
    model: str = ""
    samples: dict[int, Sample] = field(default_factory=dict)


class PlayStep:
    """The step's parts, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        """Lay the step out."""
        self._shared = shared
        self._drawn = gr.State(None)
        with gr.Row(elem_classes="ht-columns"):
            with gr.Column(scale=4, min_width=320):
                gr.HTML(play_view.WELCOME)
                self._prompt = gr.Textbox(
                    "My dream is",
                    label="How shall it begin?",
                    info="Leave it empty to let it begin by itself.",
                    max_length=LONGEST_PROMPT,
                    elem_id="prompt",
                )
                self._write = gr.Button("Write five", variant="primary", size="lg", elem_id="write")
                with gr.Accordion("How it writes", open=False):
                    self._temperature = gr.Slider(
                        *TEMPERATURES, 1.0, step=0.05, label="From careful (left) to wild (right)"
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
        """Say what happens when something is used."""
        shared, knobs = self._shared, [self._temperature, self._length, self._mastodon]
        work = event_options("writing", 4, "hidden")
        base = [shared.key, shared.model, self._drawn]
        shown = [part for post in self._posts for part in post.shown]
        gr.on(
            [self._write.click, self._prompt.submit],
            show_errors(self._written),
            [*base, self._prompt, *knobs],
            [self._drawn, self._picture, *shown],
            **work,
        )
        for number, post in enumerate(self._posts):
            post.again.click(
                show_errors(partial(self._again, number)),
                [*base, self._prompt, *knobs],
                [self._drawn, *post.shown],
                **work,
            )
            post.copy.click(None, gr.State(number), None, js=COPY, **AT_ONCE)
            post.card.click(show_errors(partial(self._card, number)), base, self._picture, **work)
            post.first.click(show_errors(partial(self._first, number)), base, self._picture, **work)
        shared.model.change(
            show_errors(self._opened),
            [shared.key, shared.model],
            [self._drawn, self._picture, self._length, *shown],
            **work,
        )

    def _opened(self, key: object, model: object) -> tuple[Any, ...]:
        """Another model: the posts of the one before go away."""
        nothing = [play_view.NOTHING, gr.update(visible=False)]
        nothing += [play_view.BLANK, gr.update(visible=False)] * (POSTS - 1)
        if not model:
            return Drawn(), "", gr.skip(), *nothing
        longest = self._shared.session(key).model(model).record.recipe.sampling.max_new_tokens
        return Drawn(), "", gr.update(value=longest, maximum=max(200, longest)), *nothing

    def _written(
        self,
        key: object,
        model: object,
        _: Drawn | None,
        prompt: str,
        temperature: float,
        length: float,
        server: str,
    ) -> Iterator[tuple[Any, ...]]:
        """Five posts, all of them growing word by word."""
        session = self._shared.session(key)
        folder = session.model(model)
        drawn = Drawn(session.root, str(model))
        asked = _asked(temperature, length)
        sharing.links(Sample(prompt="", text=""), folder.record, server)  # before any work is done
        begin = prompt[:LONGEST_PROMPT].rstrip()
        places = (Draft(),) * POSTS
        yield drawn, "", *_all_growing(begin, places)  # the model may have to be loaded first
        for places in self._shared.server.loaded_models.say(folder, begin, count=POSTS, sampling=asked):
            yield drawn, "", *_all_growing(begin, places)
        parts: list[Any] = []
        for number, place in enumerate(places):
            parts += self._shown(drawn, number, begin, place, folder, server)
        yield drawn, "", *parts

    def _again(
        self,
        number: int,
        key: object,
        model: object,
        drawn: Drawn | None,
        prompt: str,
        temperature: float,
        length: float,
        server: str,
    ) -> Iterator[tuple[Any, ...]]:
        """Another post in the place of one."""
        del prompt
        drawn, folder, old = self._of(number, key, model, drawn)
        place = Draft()
        yield drawn, *_growing(old.prompt, place)
        said = self._shared.server.loaded_models.say(
            folder, old.prompt, count=1, sampling=_asked(temperature, length)
        )
        for (place,) in said:
            yield drawn, *_growing(old.prompt, place)
        yield drawn, *self._shown(drawn, number, old.prompt, place, folder, server)

    def _card(self, number: int, key: object, model: object, drawn: Drawn | None) -> Any:
        _, folder, sample = self._of(number, key, model, drawn)
        return play_view.card(pictures.card(folder, sample), sample)

    def _first(self, number: int, key: object, model: object, drawn: Drawn | None) -> Any:
        _, folder, sample = self._of(number, key, model, drawn)
        return play_view.own_picture(pictures.put_first(folder, sample))

    def _shown(
        self, drawn: Drawn, number: int, prompt: str, place: Draft, folder: ModelFolder, server: str
    ) -> list[Any]:
        if not place.whole:
            drawn.samples.pop(number, None)
            return [play_view.REFUSED, gr.update(visible=False)]
        sample = drawn.samples[number] = Sample(prompt=prompt, text=place.text)
        return [play_view.post(sample, folder.record, server), gr.update(visible=True)]

    def _of(
        self, number: int, key: object, model: object, drawn: Drawn | None
    ) -> tuple[Drawn, ModelFolder, Sample]:
        """The post of that place, where the page shows it to the visitor it was written for."""
        session = self._shared.session(key)
        if (
            drawn is None
            or drawn.session != session.root
            or drawn.model != model
            or number not in drawn.samples
        ):
            raise UserError("this post is not here any more; let it write five new ones")
        return drawn, session.model(model), drawn.samples[number]


class _Post:
    """A place for a post, and what can be done with it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.text = gr.HTML(play_view.NOTHING if number == 0 else play_view.BLANK, elem_id=f"post-{number}")
        with gr.Row(visible=False, elem_classes="ht-actions") as self.row:
            self.again = gr.Button("Another", size="sm", min_width=60)
            self.copy = gr.Button("Copy", size="sm", min_width=60)
            self.card = gr.Button("As a picture", size="sm", min_width=60)
            self.first = gr.Button("On its own picture", size="sm", min_width=60)
        self.shown = [self.text, self.row]


def _growing(prompt: str, place: Draft) -> list[Any]:
    return [play_view.growing(prompt, place.text), gr.update(visible=False)]


def _all_growing(prompt: str, places: Sequence[Draft]) -> list[Any]:
    return [part for place in places for part in _growing(prompt, place)]


def _asked(temperature: object, length: object) -> dict[str, float]:
    try:
        asked = {"temperature": float(str(temperature)), "max_new_tokens": int(float(str(length)))}
    except ValueError:
        raise UserError("temperature and length are numbers") from None
    if (
        not TEMPERATURES[0] <= asked["temperature"] <= TEMPERATURES[1]
        or not 1 <= asked["max_new_tokens"] <= MOST_TOKENS
    ):
        raise UserError("temperature or length is out of range")
    return asked
