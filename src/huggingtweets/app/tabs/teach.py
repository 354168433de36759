"""The second step: a run that learns, the others that wait, and how far they are."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from ... import recipes
from ...errors import UserError
from ...model_folder import folder_name
from .. import selection, training_request
from ..events import Done, Failed, Running, Stopped, Waiting
from ..server import AT_ONCE, Shared, event_options, model_list, names, show_errors
from ..sessions import Session
from ..training_request import TrainingRequest
from . import teach_view

DEFAULT = "starter"
LOOK_EVERY = 1.0  # seconds


class TeachStep:
    """The step's parts, and what happens when they are used."""

    def __init__(self, shared: Shared, ready: gr.HTML) -> None:
        """Lay the step out; `ready` says whose posts it takes."""
        self._shared, self._queue = shared, shared.server.queue
        offered = [(_recipe_label(name), name) for name in shared.server.limits.recipes()]
        with gr.Row(elem_classes="ht-columns"):
            with gr.Column(scale=4, min_width=320):
                gr.HTML(teach_view.WELCOME)
                ready.render()  # type: ignore[no-untyped-call]
                self._begin = gr.Button("Teach it", variant="primary", size="lg", elem_id="begin")
                with gr.Accordion("Another recipe", open=False):
                    self._recipe = gr.Radio(offered, value=DEFAULT, label="Recipe", elem_classes="ht-recipes")
                self._runs = names("Runs of yours", "runs")
                queue = gr.HTML(elem_id="queue")
            with gr.Column(scale=6, min_width=320):
                panel = gr.HTML(teach_view.NOTHING, elem_id="lesson")
                with gr.Row():
                    self._stop = gr.Button("Stop; it can go on later", visible=False, elem_id="stop")
                    self._go_on = gr.Button("Go on", variant="primary", visible=False, elem_id="go-on")
                    self._play = gr.Button(
                        "Play with it", variant="primary", visible=False, elem_id="go-play"
                    )
        self._timer = gr.Timer(LOOK_EVERY, active=False)
        self._seen = [panel, queue, self._stop, self._go_on, self._play, self._timer]

    def connect(self) -> None:
        """Say what happens when something is used."""
        key, runs, seen, model = self._shared.key, self._runs, self._seen, self._shared.model
        quick = event_options("looking", 8, "hidden")
        self._begin.click(show_errors(self._begun), [key, self._recipe], [runs, *seen], **quick)
        runs.input(show_errors(self._chosen), [key, runs], seen, **quick)
        self._stop.click(show_errors(self._stopped), [key, runs], seen, **quick)
        self._go_on.click(show_errors(self._gone_on), [key, runs], seen, **quick)
        self._timer.tick(show_errors(self._looked), [key, runs, model], [model, *seen], **quick)
        self._play.click(lambda: gr.Tabs(selected="play"), None, self._shared.tabs, **AT_ONCE)
        self._shared.entered.then(show_errors(self._found_again), key, [runs, *seen], **quick)

    def _shown(self, session: Session, name: object) -> tuple[Any, ...]:
        """The run of that name, and the queue."""
        mine = training_request.runs(session)
        queue = teach_view.queue(self._queue.order(), session, mine)
        run = next((run for run in mine if run.id == name), None)
        if run is None:
            return teach_view.NOTHING, queue, *(gr.update(visible=False),) * 3, gr.Timer(active=False)
        now = run.state
        return (
            teach_view.run(run),
            queue,
            gr.update(visible=isinstance(now, Running | Waiting)),
            gr.update(visible=isinstance(now, Stopped)),
            gr.update(visible=isinstance(now, Done)),
            gr.Timer(active=any(isinstance(each.state, Running | Waiting) for each in mine)),
        )

    def _begun(self, key: object, recipe: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        run = self._queue.add(_request(self._shared, session, recipe), session)
        return _listed(session, run), *self._shown(session, run)

    def _chosen(self, key: object, name: object) -> tuple[Any, ...]:
        return self._shown(self._shared.session(key), name)

    def _stopped(self, key: object, name: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        self._queue.stop(training_request.find(session, name))
        return self._shown(session, name)

    def _gone_on(self, key: object, name: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        run = training_request.find(session, name)
        if not isinstance(run.state, Stopped | Failed):
            raise UserError("this run need not go on: it is going, or done")
        self._queue.go_on(run, session)
        return self._shown(session, name)

    def _looked(self, key: object, name: object, model: object) -> tuple[Any, ...]:
        """The same a second later; a model that is done now is opened."""
        session = self._shared.session(key)
        shown = self._shown(session, name)
        run = next((run for run in training_request.runs(session) if run.id == name), None)
        if run is None or not isinstance(run.state, Done):
            return gr.skip(), *shown
        return model_list(
            session, run.request.name if time.time() - run.state.at < LOOK_EVERY * 5 else model
        ), *shown

    def _found_again(self, key: object) -> tuple[Any, ...]:
        """The run that is going, or else the latest."""
        session = self._shared.session(key)
        mine = training_request.runs(session)
        going = next((run for run in reversed(mine) if isinstance(run.state, Running | Waiting)), None)
        first = going or next(iter(mine), None)
        name = first.id if first else None
        return _listed(session, name), *self._shown(session, name)


def _request(shared: Shared, session: Session, recipe: object) -> TrainingRequest:
    """What is to be run.

    Raises:
        UserError: there is nothing to learn from, no such recipe here, or no room.
    """
    limits = shared.server.limits
    now = selection.load(session)
    if not now.enough:
        raise UserError("there are no posts yet that are enough to learn from; choose some in the first step")
    if recipe not in limits.recipes():
        raise UserError(f"there is no such recipe here; choose one of {', '.join(limits.recipes())}")
    if len(session.library()) >= limits.models:
        raise UserError(f"{limits.models} models are the most that can be kept here; delete one first")
    name = _free(session, folder_name(now.title))
    return TrainingRequest(
        title=now.title,
        locations=tuple(place.location for place in now.places),
        options=now.options,
        rules=now.rules,
        recipe=recipes.load(str(recipe)),
        out=str(session.models / name),
        name=name,
        tracker="none" if limits.public else "trackio",
        seconds=limits.teaching,
    )


def _free(session: Session, name: str) -> str:
    """A name that no model has, and no run will give its model."""
    taken = {run.request.name for run in training_request.runs(session) if not isinstance(run.state, Failed)}
    number, free = 1, name
    while free in taken or (session.models / free).exists():
        number += 1
        free = f"{name}-{number}"
    return free


def _listed(session: Session, selected: str | None) -> Any:
    found = [(teach_view.title(run), run.id) for run in training_request.runs(session)]
    return gr.update(choices=found, value=selected, visible=len(found) > 1)


def _recipe_label(name: str) -> str:
    return f"{name}: {recipes.load(name).summary}"
