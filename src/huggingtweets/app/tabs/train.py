"""The Train tab: begin, stop and resume training runs, and see how far they are."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from ... import recipes
from ...errors import UserError
from ...model_folder import folder_name
from .. import selection as selections
from .. import training_request
from ..events import Done, Failed, Queued, Running, Stopped
from ..server import UNQUEUED, Shared, event_options, model_choices, show_errors, unchecked_dropdown
from ..sessions import Session
from ..training_request import TrainingRequest
from . import train_view

UPDATE_EVERY = 1.0  # seconds


class TrainTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared, summary: gr.HTML) -> None:
        """Lay out the tab; `summary` says whose posts a run is trained on."""
        self._shared, self._queue = shared, shared.server.queue
        recipe_choices = [(_recipe_label(name), name) for name in shared.server.limits.recipes()]
        with gr.Row(elem_classes="ht-columns"):
            with gr.Column(scale=4, min_width=320):
                gr.HTML(train_view.WELCOME)
                summary.render()  # type: ignore[no-untyped-call]
                self._begin = gr.Button("Train it", variant="primary", size="lg", elem_id="begin")
                with gr.Accordion("Another recipe", open=False):
                    self._recipe = gr.Radio(
                        recipe_choices,
                        value=shared.server.limits.default_recipe(),
                        label="Recipe",
                        elem_classes="ht-recipes",
                    )
                self._runs = unchecked_dropdown("Runs of yours", "runs")
                queue = gr.HTML(elem_id="queue")
            with gr.Column(scale=6, min_width=320):
                progress = gr.HTML(train_view.NOTHING, elem_id="lesson")
                with gr.Row():
                    self._stop = gr.Button("Stop; it can go on later", visible=False, elem_id="stop")
                    self._resume = gr.Button("Go on", variant="primary", visible=False, elem_id="go-on")
                    self._play = gr.Button(
                        "Play with it", variant="primary", visible=False, elem_id="go-play"
                    )
        self._timer = gr.Timer(UPDATE_EVERY, active=False)
        self._panel = [progress, queue, self._stop, self._resume, self._play, self._timer]

    def connect(self) -> None:
        """Register the event handlers."""
        key, runs, panel, model = self._shared.key, self._runs, self._panel, self._shared.model
        options = event_options("looking", 8, "hidden")
        self._begin.click(show_errors(self._on_begin), [key, self._recipe], [runs, *panel], **options)
        runs.input(show_errors(self._on_select), [key, runs], panel, **options)
        self._stop.click(show_errors(self._on_stop), [key, runs], panel, **options)
        self._resume.click(show_errors(self._on_resume), [key, runs], panel, **options)
        self._timer.tick(show_errors(self._on_tick), [key, runs, model], [model, *panel], **options)
        self._play.click(lambda: gr.Tabs(selected="play"), None, self._shared.tabs, **UNQUEUED)
        self._shared.loaded.then(show_errors(self._on_load), key, [runs, *panel], **options)

    def _update(self, session: Session, run_id: object) -> tuple[Any, ...]:
        """Updates of the panel: the progress of a run, the queue, and which buttons can be clicked."""
        runs = training_request.runs(session)
        queue = train_view.queue(self._queue.order(), session, runs)
        run = next((run for run in runs if run.id == run_id), None)
        if run is None:
            return train_view.NOTHING, queue, *(gr.update(visible=False),) * 3, gr.Timer(active=False)
        state = run.state
        return (
            train_view.run(run),
            queue,
            gr.update(visible=isinstance(state, Running | Queued)),
            gr.update(visible=isinstance(state, Stopped)),
            gr.update(visible=isinstance(state, Done)),
            gr.Timer(active=any(isinstance(run.state, Running | Queued) for run in runs)),
        )

    def _on_begin(self, key: object, recipe: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        run_id = self._queue.add(_training_request(self._shared, session, recipe), session)
        return _run_choices(session, run_id), *self._update(session, run_id)

    def _on_select(self, key: object, run_id: object) -> tuple[Any, ...]:
        return self._update(self._shared.session(key), run_id)

    def _on_stop(self, key: object, run_id: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        self._queue.stop(training_request.find(session, run_id))
        return self._update(session, run_id)

    def _on_resume(self, key: object, run_id: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        run = training_request.find(session, run_id)
        if not isinstance(run.state, Stopped | Failed):
            raise UserError("this run need not go on: it is going, or done")
        self._queue.resume(run, session)
        return self._update(session, run_id)

    def _on_tick(self, key: object, run_id: object, model: object) -> tuple[Any, ...]:
        """Update the panel; open the model of a run that has just been done."""
        session = self._shared.session(key)
        panel = self._update(session, run_id)
        run = next((run for run in training_request.runs(session) if run.id == run_id), None)
        if run is None or not isinstance(run.state, Done):
            return gr.skip(), *panel
        is_new = time.time() - run.state.at < UPDATE_EVERY * 5
        return model_choices(session, run.request.name if is_new else model), *panel

    def _on_load(self, key: object) -> tuple[Any, ...]:
        """Show the run that is running or queued, or else the newest."""
        session = self._shared.session(key)
        runs = training_request.runs(session)
        active = next((run for run in reversed(runs) if isinstance(run.state, Running | Queued)), None)
        run = active or next(iter(runs), None)
        run_id = run.id if run else None
        return _run_choices(session, run_id), *self._update(session, run_id)


def _training_request(shared: Shared, session: Session, recipe: object) -> TrainingRequest:
    """Request a model of the session's selection.

    Raises:
        UserError: the posts are not enough, the recipe is not offered, or there are too many models.
    """
    limits = shared.server.limits
    selection = selections.load(session)
    if not selection.enough:
        raise UserError("there are no posts yet that are enough to learn from; choose some in the first step")
    if recipe not in limits.recipes():
        raise UserError(f"there is no such recipe here; choose one of {', '.join(limits.recipes())}")
    if len(session.library()) >= limits.models:
        raise UserError(f"{limits.models} models are the most that can be kept here; delete one first")
    name = _free_name(session, folder_name(selection.title))
    return TrainingRequest(
        title=selection.title,
        locations=tuple(place.location for place in selection.places),
        options=selection.options,
        rules=selection.rules,
        recipe=recipes.load(str(recipe)),
        out=str(session.models / name),
        name=name,
        tracker="none" if limits.public else "trackio",
        seconds=limits.training,
    )


def _free_name(session: Session, name: str) -> str:
    """The name, numbered where a model has it, or a run that has not failed will give it to its model."""
    runs = training_request.runs(session)
    taken = {run.request.name for run in runs if not isinstance(run.state, Failed)}
    number, free = 1, name
    while free in taken or (session.models / free).exists():
        number += 1
        free = f"{name}-{number}"
    return free


def _run_choices(session: Session, selected: str | None) -> Any:
    """An update of the list of runs, which is hidden while there is only one."""
    choices = [(train_view.title(run), run.id) for run in training_request.runs(session)]
    return gr.update(choices=choices, value=selected, visible=len(choices) > 1)


def _recipe_label(name: str) -> str:
    return f"{name}: {recipes.load(name).summary}"
