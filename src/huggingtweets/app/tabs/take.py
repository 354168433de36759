"""The last step: the report, the card, the folder as a file, and publishing."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from ... import models
from ...model_folder import CURVES_PICTURE, FUNNEL_PICTURE, PREDICTIONS, ModelFolder
from ...workflows.train import HOLDS_POSTS
from ..markup import document, empty, note, picture, problem
from ..server import Shared, event_options, show_errors

WELCOME = Markup("<h2>Take it with you</h2>")
NOTHING = empty("No model is open", "Teach one, or open one from the library.")
PICTURES = (
    (PREDICTIONS, "The model's own picture: who it writes like, and what it writes"),
    (FUNNEL_PICTURE, "What became of the posts that were read"),
    (CURVES_PICTURE, "How well it did on posts that it never saw, while it learnt"),
)


class TakeStep:
    """The step's parts, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        """Lay the step out."""
        self._shared = shared
        gr.HTML(WELCOME)
        with gr.Row():
            self._pack = gr.Button("Pack the model as a zip", elem_id="pack")
            self._file = gr.DownloadButton("Download it", visible=False, variant="primary", elem_id="zip")
        self._said = gr.HTML(elem_id="packed")
        with gr.Accordion("Its pictures", open=True):
            self._pictures = gr.HTML(NOTHING, elem_id="pictures")
        with gr.Accordion("Its report: does it sound like the person, does it only repeat?", open=False):
            self._report = gr.HTML(elem_id="report")
        with gr.Accordion("Its card", open=False):
            self._card = gr.Markdown(elem_id="card")

    def connect(self) -> None:
        """Say what happens when something is used."""
        key, model = self._shared.key, self._shared.model
        work = event_options("reading", self._shared.server.limits.drawing)
        seen = [self._pictures, self._report, self._card, self._file, self._said]
        gr.on(
            [model.change, self._shared.taking.select],
            show_errors(self._opened),
            [key, model],
            seen,
            **work,
        )
        self._pack.click(show_errors(self._packed), [key, model], [self._file, self._said], **work)

    def _opened(self, key: object, model: object) -> tuple[Any, ...]:
        hidden = gr.update(visible=False, value=None)
        if not model:
            return NOTHING, "", "", hidden, ""
        folder = self._shared.session(key).model(model)
        page = folder.report_page
        report = (
            document(page.read_text("utf-8"), "The report of the model")
            if page.is_file()
            else note("This model was not evaluated; huggingtweets evaluate does that.")
        )
        return _pictures(folder), report, _card(folder), hidden, ""

    def _packed(self, key: object, model: object) -> tuple[Any, ...]:
        """Everything in the model's folder, in one file."""
        folder = self._shared.session(key).model(model)
        with tempfile.TemporaryDirectory(dir=self._shared.server.incoming) as place:
            file = shutil.make_archive(
                str(Path(place) / folder.path.name), "zip", folder.path.parent, folder.path.name
            )
            kept = self._shared.server.incoming / Path(place).name.ljust(32, "_") / Path(file).name
            kept.parent.mkdir(mode=0o700)
            Path(file).rename(kept)
        said = problem(HOLDS_POSTS, "Mind who gets it") if models.holds_posts(folder.record.recipe) else ""
        return gr.update(value=str(kept), visible=True), said


def _pictures(folder: ModelFolder) -> Markup:
    shown = Markup("")
    for name, words in PICTURES:
        path = folder.path / name
        if path.is_file():
            shown += Markup('<figure class="ht-figure">{}</figure>').format(
                picture(path.read_bytes(), words, file=name)
            )
    return shown


def _card(folder: ModelFolder) -> str:
    """The card without what is for machines, and without its pictures, which stand above."""
    path = folder.card
    text = path.read_text("utf-8") if path.is_file() else ""
    if text.startswith("---"):
        text = text.split("---", 2)[-1]
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("!["))
