"""The "Take it" tab: the model's folder as a zip file, its pictures, its report and its card."""

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
NOTHING = empty("No model is open", "Train one, or open one from the library.")
PICTURES = (
    (PREDICTIONS, "The model's own picture: who it writes like, and what it writes"),
    (FUNNEL_PICTURE, "What became of the posts that were read"),
    (CURVES_PICTURE, "How well it did on posts that it never saw, while it learnt"),
)


class TakeTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared = shared
        gr.HTML(WELCOME)
        with gr.Row():
            self._pack = gr.Button("Pack the model as a zip", elem_id="pack")
            self._file = gr.DownloadButton("Download it", visible=False, variant="primary", elem_id="zip")
        self._warning = gr.HTML(elem_id="packed")
        with gr.Accordion("Its pictures", open=True):
            self._pictures = gr.HTML(NOTHING, elem_id="pictures")
        with gr.Accordion("Its report: does it sound like the person, does it only repeat?", open=False):
            self._report = gr.HTML(elem_id="report")
        with gr.Accordion("Its card", open=False):
            self._card = gr.Markdown(elem_id="card")

    def connect(self) -> None:
        """Register the event handlers."""
        key, model = self._shared.key, self._shared.model
        options = event_options("reading", self._shared.server.limits.concurrent)
        panel = [self._pictures, self._report, self._card, self._file, self._warning]
        gr.on(
            [model.change, self._shared.take_tab.select],
            show_errors(self._on_model),
            [key, model],
            panel,
            **options,
        )
        self._pack.click(show_errors(self._on_pack), [key, model], [self._file, self._warning], **options)

    def _on_model(self, key: object, model: object) -> tuple[Any, ...]:
        hidden = gr.update(visible=False, value=None)
        if not model:
            return NOTHING, "", "", hidden, ""
        folder = self._shared.session(key).model(model)
        page = folder.report_page
        report = (
            document(page.read_text("utf-8"), "The report of the model")
            if page.is_file()
            else note("This model was not judged; huggingtweets evaluate does that.")
        )
        return _pictures(folder), report, _card(folder), hidden, ""

    def _on_pack(self, key: object, model: object) -> tuple[Any, ...]:
        """Pack the model's folder into a zip file, in a folder of its own that Gradio serves and deletes."""
        folder = self._shared.session(key).model(model)
        incoming = self._shared.server.incoming
        with tempfile.TemporaryDirectory(dir=incoming) as unfinished:
            archive = Path(unfinished) / folder.path.name
            zip_file = Path(shutil.make_archive(str(archive), "zip", folder.path.parent, folder.path.name))
            download = incoming / Path(unfinished).name.ljust(32, "_") / zip_file.name
            download.parent.mkdir(mode=0o700)
            zip_file.rename(download)
        holds_posts = models.holds_posts(folder.record.recipe)
        warning = problem(HOLDS_POSTS, "Mind who gets it") if holds_posts else ""
        return gr.update(value=str(download), visible=True), warning


def _pictures(folder: ModelFolder) -> Markup:
    html = Markup("")
    for name, description in PICTURES:
        path = folder.path / name
        if path.is_file():
            html += Markup('<figure class="ht-figure">{}</figure>').format(
                picture(path.read_bytes(), description, file=name)
            )
    return html


def _card(folder: ModelFolder) -> str:
    """The model card as Markdown, without its metadata and its pictures, which the tab shows already."""
    path = folder.card
    text = path.read_text("utf-8") if path.is_file() else ""
    if text.startswith("---"):
        text = text.split("---", 2)[-1]
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("!["))
