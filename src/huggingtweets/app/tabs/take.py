"""The "Take it" tab: the model's folder as a zip file, its pictures, its report and its card."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from ... import models
from ...model_folder import CURVES_PICTURE, FUNNEL_PICTURE, PREDICTIONS, ModelFolder, avatar_picture
from ...workflows.evaluate import evaluate
from ...workflows.train import HOLDS_POSTS, SHORT_EVALUATION
from ..language import N_, _
from ..markup import busy, data_url, document, heading, note, picture, problem
from ..server import READING, Shared, event_options, show_errors
from ..sessions import Session
from ..window import Window
from .play_view import no_model

LOOK_EVERY = 2.0  # seconds, while the model that is open is being evaluated
PICTURES = (
    (PREDICTIONS, N_("The model's own picture: who it writes like, and what it writes")),
    (FUNNEL_PICTURE, N_("What happened to the posts that were read")),
    (CURVES_PICTURE, N_("How well it predicted posts that it never saw, during training")),
)


class TakeTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared, self._window = shared, gr.State(Window())
        self._in_evaluation: set[Path] = set()  # folders of models that are being evaluated
        gr.HTML(heading(_("Take it with you")))
        self._missing = gr.HTML(no_model(), elem_id="take-nothing")
        with gr.Column(visible=False) as self._content:
            with gr.Row():
                self._pack = gr.Button(_("Pack the model as a zip"), variant="primary", elem_id="pack")
                self._file = gr.DownloadButton(
                    _("Download it"), visible=False, variant="primary", elem_id="zip"
                )
            self._warning = gr.HTML(elem_id="packed")
            with gr.Accordion(_("Its pictures"), open=True):
                self._pictures = gr.HTML(elem_id="pictures")
            self._timer = gr.Timer(LOOK_EVERY, active=False)  # ticks while the model is being evaluated
            with gr.Accordion(_("Its report"), open=False):
                self._report = gr.HTML(elem_id="report")
                self._evaluate = gr.Button(_("Evaluate it now"), visible=False, elem_id="evaluate")
            with gr.Accordion(_("Its card"), open=False):
                self._card = gr.Markdown(elem_id="card")

    def connect(self) -> None:
        """Register the event handlers."""
        inputs = [self._shared.key, self._shared.model]
        options = event_options(READING, self._shared.server.limits.concurrent)
        gr.on(
            [self._shared.model.change, self._shared.containers["take"].select],
            show_errors(self._on_model),
            [self._window, *inputs],
            [
                self._missing,
                self._content,
                self._pictures,
                self._report,
                self._evaluate,
                self._card,
                self._pack,
                self._file,
                self._warning,
                self._timer,
            ],
            **options,
        )
        self._timer.tick(
            show_errors(self._on_tick),
            [self._window, *inputs],
            [self._report, self._evaluate, self._card, self._timer],
            **event_options("looking", 8, "hidden"),
        )
        self._pack.click(
            show_errors(self._on_pack), inputs, [self._pack, self._file, self._warning], **options
        )
        self._evaluate.click(
            show_errors(self._on_evaluate),
            [self._window, *inputs],
            [self._report, self._evaluate, self._card],
            **event_options("evaluating", 1, "hidden"),
        )

    def _on_model(self, window: Window, key: object, model: object) -> tuple[Any, ...]:
        window.show(model)
        pack, file = gr.update(variant="primary"), gr.update(visible=False, value=None)
        if not model:
            nothing = no_model(), gr.update(visible=False), "", "", gr.skip(), ""
            return *nothing, pack, file, "", gr.Timer(active=False)
        folder = self._shared.session(key).model(model)
        shown = _pictures(folder), *self._report_of(folder), _card(folder)
        timer = gr.Timer(active=folder.path in self._in_evaluation)
        return "", gr.update(visible=True), *shown, pack, file, "", timer

    def _on_tick(self, window: Window, key: object, model: object) -> Iterator[tuple[Any, ...]]:
        """Show how an evaluation has ended that another window began, or this one earlier."""
        session = self._shared.session(key)
        folder = dict(session.library()).get(str(model))
        if folder and folder.path in self._in_evaluation:
            yield (gr.skip(),) * 4
        elif folder:
            yield from window.look(
                model, lambda: (*self._report_of(folder), _card(folder), gr.Timer(active=False))
            )
        else:  # deleted meanwhile
            yield *(gr.skip(),) * 3, gr.Timer(active=False)

    def _report_of(self, folder: ModelFolder) -> tuple[Any, Any]:
        """The report, and whether the model can be evaluated, since it was not yet."""
        if folder.path in self._in_evaluation:
            text = _("It writes posts and evaluates them. That takes a minute or more.")
            return busy(text), gr.update(visible=False)
        if folder.report_page.is_file():
            address = self._shared.server.reports.address(folder).removeprefix("/")
            return document(address, _("The report of the model")), gr.update(visible=False)
        return note(_("This model was not evaluated.")), gr.update(visible=True)

    def _on_evaluate(self, window: Window, key: object, model: object) -> Iterator[tuple[Any, ...]]:
        """Evaluate a model that was not evaluated, such as a merged one."""
        session = self._shared.session(key)
        folder = session.model(model)
        try:
            yield from window.answers_about(model, self._evaluate_folder(session, folder))
        except Exception:
            yield from window.look(model, lambda: (*self._report_of(folder), gr.skip()))
            raise

    def _evaluate_folder(self, session: Session, folder: ModelFolder) -> Iterator[tuple[Any, ...]]:
        """Evaluate a model; meanwhile whoever opens it sees that."""
        with self._noted(folder):
            yield *self._report_of(folder), gr.skip()
            with session.use_home():
                evaluate(folder, count=SHORT_EVALUATION)
        yield *self._report_of(folder), _card(folder)

    @contextmanager
    def _noted(self, folder: ModelFolder) -> Iterator[None]:
        """In a `with` of this, a model is noted as one that is being evaluated."""
        self._in_evaluation.add(folder.path)
        try:
            yield
        finally:
            self._in_evaluation.discard(folder.path)

    def _on_pack(self, key: object, model: object) -> Iterator[tuple[Any, ...]]:
        """Pack the model's folder into a zip file, in a folder of its own that Gradio serves and deletes."""
        folder = self._shared.session(key).model(model)
        yield gr.update(interactive=False), gr.skip(), busy(_("The model is being packed …"))
        try:
            download = self._packed(folder)
        except Exception:
            yield gr.update(interactive=True), gr.skip(), ""
            raise
        holds_posts = models.holds_posts(folder.record.recipe)
        warning = problem(_(HOLDS_POSTS), _("Mind who gets it")) if holds_posts else ""
        packed = gr.update(value=str(download), visible=True)
        yield gr.update(variant="secondary", interactive=True), packed, warning

    def _packed(self, folder: ModelFolder) -> Path:
        """The zip file of a model, where Gradio serves it."""
        incoming = self._shared.server.incoming
        with tempfile.TemporaryDirectory(dir=incoming) as unfinished:
            zip_file = Path(unfinished) / f"{folder.path.name}.zip"
            _pack(folder.path, zip_file)
            download = incoming / Path(unfinished).name.ljust(32, "_") / zip_file.name
            download.parent.mkdir(mode=0o700)
            zip_file.replace(download)
        return download


def _pack(folder: Path, zip_file: Path) -> None:
    """Write a folder into a zip file; weights as they are: they would get a fifth smaller, and take long."""
    with zipfile.ZipFile(zip_file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            stored = zipfile.ZIP_STORED if path.suffix == ".safetensors" else None
            archive.write(path, path.relative_to(folder.parent), stored)


def _pictures(folder: ModelFolder) -> Markup:
    html = Markup("")
    for name, description in PICTURES:
        path = folder.path / name
        if path.is_file():
            html += Markup('<figure class="ht-figure">{}</figure>').format(
                picture(path.read_bytes(), _(description), file=name)
            )
    return html


def _card(folder: ModelFolder) -> str:
    """The model card as Markdown, with the authors' pictures in it, without those that the tab shows."""
    text = folder.card.read_text("utf-8") if folder.card.is_file() else ""
    if text.startswith("---"):
        _, _, text = text.partition("\n---\n")  # a line of its own: names and figures may hold hyphens
    for name in (avatar_picture(number + 1) for number in range(len(folder.record.authors))):
        if (folder.path / name).is_file():
            text = text.replace(f'"{name}"', f'"{data_url((folder.path / name).read_bytes())}"')
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("![")]
    return re.sub(rf"\[([^]]*)\]\({re.escape(folder.report_page.name)}\)", r"\1", "\n".join(lines))
