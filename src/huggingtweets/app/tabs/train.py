"""The Train tab: begin, stop and resume training runs, and see how far they are."""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from ... import recipes
from ...model_folder import ModelFolder, folder_name
from .. import run_progress, training_request
from .. import selection as selections
from ..actions import clicked
from ..events import Failed, Queued, Running, State, Stopped
from ..language import _
from ..markup import heading
from ..messages import PageError
from ..server import (
    Shared,
    accordion,
    event_options,
    model_choices,
    more_choices,
    show_errors,
    unchecked_dropdown,
)
from ..sessions import Session
from ..training_request import TrainingRequest, TrainingRun
from . import posts_view, train_view


class TrainTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared, summary: gr.HTML, shown_digest: gr.Textbox) -> None:
        """Lay out the tab.

        Args:
            shared: what all tabs share.
            summary: says whose posts a run is trained on.
            shown_digest: which choice of posts `summary` shows; another page may have changed it since.
        """
        self._shared, self._queue = shared, shared.server.queue
        self._summary, self._digest = summary, shown_digest
        recipe_choices = [(_recipe_label(name), name) for name in shared.server.limits.recipes()]
        with gr.Row(elem_classes="ht-columns"):
            with gr.Column(scale=4, min_width=320):
                gr.HTML(heading(_("Let it learn")))
                summary.render()  # type: ignore[no-untyped-call]
                shown_digest.render()  # type: ignore[no-untyped-call]
                self._duration = gr.HTML(elem_id="duration")
                self._begin = gr.Button(
                    _("Train it"), variant="primary", size="lg", elem_id="begin", interactive=False
                )
                with accordion(_("Another recipe")) as self._recipes:
                    self._recipe = gr.Radio(
                        recipe_choices,
                        value=shared.server.limits.default_recipe(),
                        label=_("Recipe"),
                        elem_classes="ht-recipes",
                    )
                self._runs = unchecked_dropdown(_("Your runs"), "runs")
                queue = gr.HTML(elem_id="queue")
            with gr.Column(scale=6, min_width=320):
                progress = gr.HTML(train_view.nothing(), elem_id="training-run")
                with gr.Row():
                    self._stop = gr.Button(_("Stop; it can go on later"), visible=False, elem_id="stop")
                    self._notify = gr.Button(_("Tell me when it is ready"), visible=False, elem_id="notify")
                    self._resume = gr.Button(_("Go on"), variant="primary", visible=False, elem_id="go-on")
                    self._play = gr.Button(
                        _("Play with it"), variant="primary", visible=False, elem_id="go-play"
                    )
        buttons = [self._begin, self._stop, self._notify, self._resume, self._play]
        self._panel = [self._runs, progress, queue, *buttons, shared.strip, shared.model, shared.timer]

    def connect(self) -> None:
        """Register the event handlers."""
        shared, runs, panel = self._shared, self._runs, self._panel
        key, digest, recipe = shared.key, self._digest, self._recipe
        options = event_options("looking", 8, "hidden")
        self._begin.click(
            show_errors(self._on_begin),
            [key, recipe, digest],
            [self._recipes, self._summary, digest, *panel],
            **options,
        )
        self._notify.click(None, None, self._notify, js="() => huggingtweets.askToNotify()")
        self._stop.click(show_errors(self._on_stop), [key, runs], panel, **options)
        self._resume.click(show_errors(self._on_resume), [key, runs], panel, **options)
        runs.input(show_errors(self._on_look), [key, runs], panel, trigger_mode="always_last", **options)
        shared.timer.tick(show_errors(self._on_tick), [key, runs], panel, **options)
        self._play.click(show_errors(self._on_play), [key, runs], [shared.model, shared.tabs], **options)
        shared.strip.click(
            show_errors(self._on_strip), key, [shared.model, shared.tabs, shared.strip], **options
        )
        shared.model.change(show_errors(self._on_opened), [key, shared.model], shared.strip, **options)
        gr.on(
            [recipe.input, digest.change],
            show_errors(self._on_choice),
            [key, recipe, runs],
            [self._duration, self._begin],
            trigger_mode="always_last",  # posts that change while the answer about others comes count, too
            **options,
        )
        shared.loaded.then(show_errors(self._on_load), key, panel, **options)

    def _update(self, session: Session, run_id: object) -> tuple[Any, ...]:
        """Updates of the panel: the progress of a run, the queue, and which buttons can be clicked."""
        runs = training_request.runs(session)
        library = [folder for _, folder in session.library()]
        run = next((run for run in runs if run.id == run_id), None)
        state = run.state if run else None
        return (
            _run_choices(runs, run.id if run else None),
            train_view.run(run, _expected(library, run), session) if run else train_view.nothing(),
            train_view.queue(self._queue.order(), session, runs),
            _begin_button(session, state),
            gr.update(visible=isinstance(state, Running | Queued)),
            gr.update(visible=isinstance(state, Running | Queued)),
            gr.update(visible=isinstance(state, Stopped | Failed)),
            gr.update(visible=run is not None and run.has_model and run.is_of(session)),
            _strip(session, runs),
            more_choices(session),
            gr.Timer(active=bool(_active(runs))),
        )

    def _on_begin(self, key: object, recipe: object, digest: object) -> tuple[Any, ...]:
        """Begin a run, if the posts are those that the page shows; else show them."""
        session = self._shared.session(key)
        selection = selections.load(session)
        shown = posts_view.summary(selection), selection.digest
        if digest != selection.digest:
            gr.Warning(_("The posts were changed in another window. Look whose they are now, then train it."))
            return gr.skip(), *shown, *(gr.skip(),) * len(self._panel)
        with self._shared.server.sessions.lock(session):  # nobody is being forgotten meanwhile
            run_id = self._queue.add(_training_request(self._shared, session, recipe), session)
        folded = gr.update(open=False)  # on a phone the progress is below the recipes
        return folded, *shown, *self._update(session, run_id)

    def _on_choice(self, key: object, recipe: object, run_id: object) -> tuple[Any, ...]:
        """Say how long a run would take, and whether one can begin."""
        session = self._shared.session(key)
        selection = selections.load(session)
        run = next((run for run in training_request.runs(session) if run.id == run_id), None)
        models = [folder for _, folder in session.library()]
        expected = run_progress.expected(models, str(recipe), selection.kept)
        duration = train_view.duration(expected) if selection.enough else ""
        return duration, _begin_button(session, run.state if run else None)

    def _on_look(self, key: object, run_id: object) -> tuple[Any, ...]:
        return self._update(self._shared.session(key), run_id)

    def _on_tick(self, key: object, run_id: object) -> tuple[Any, ...]:
        """Show how far a run is; by now another may be selected, so the list selects none."""
        choices, *others = self._on_look(key, run_id)
        choices.pop("value")
        return choices, *others

    def _on_stop(self, key: object, run_id: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        self._queue.stop(training_request.find(session, run_id))
        return self._update(session, run_id)

    def _on_resume(self, key: object, run_id: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        with self._shared.server.sessions.lock(session):
            run = training_request.find(session, run_id)
            if not isinstance(run.state, Stopped | Failed):
                raise PageError(_("this run cannot be resumed: it is running, or done"))
            run = training_request.with_own_name(run, session)
            self._queue.resume(run, session)
        return self._update(session, run_id)

    def _on_play(self, key: object, run_id: object) -> tuple[Any, ...]:
        """Open the model that a run made."""
        session = self._shared.session(key)
        name = training_request.find(session, run_id).request.name
        session.model(name)  # raises where it is not there any more
        return model_choices(session, name), gr.Tabs(selected="play")

    def _on_strip(self, key: object, event: gr.EventData) -> tuple[Any, ...]:
        """Open the model that is ready, from whichever tab."""
        _, run_id = clicked(event)
        model, tabs = self._on_play(key, run_id)
        name = training_request.find(self._shared.session(key), run_id).request.name
        return model, tabs, self._on_opened(key, name)

    def _on_opened(self, key: object, model: object) -> Markup:
        """Note that a model was opened: the strip says no more that it is ready."""
        session = self._shared.session(key)
        training_request.mark_opened(session, model)
        return _strip(session, training_request.runs(session))

    def _on_load(self, key: object) -> tuple[Any, ...]:
        """Show the run that is running or queued, or else the newest."""
        session = self._shared.session(key)
        runs = training_request.runs(session)
        run = next(iter(_active(runs)[::-1] or runs), None)
        return self._update(session, run.id if run else None)


def _active(runs: list[TrainingRun]) -> list[TrainingRun]:
    """The runs that are running or queued, newest first."""
    return [run for run in runs if isinstance(run.state, Running | Queued)]


def _strip(session: Session, runs: list[TrainingRun]) -> Markup:
    """One line above all tabs: what is learning, and what is ready."""
    active = _active(runs)
    library = [folder for _, folder in session.library()] if active else []
    expected = _expected(library, active[-1]) if active else None
    return train_view.strip(runs, expected.after if expected else None, session)


def _expected(library: list[ModelFolder], run: TrainingRun) -> run_progress.Duration | None:
    """How long such a run takes; how many posts it has does not matter for what follows the steps."""
    return run_progress.expected(library, run.request.recipe.name, 1)


def _begin_button(session: Session, state: State | None) -> Any:
    """It can be clicked when there are posts, and stands out until there is a run."""
    return gr.update(interactive=selections.load(session).enough, variant="secondary" if state else "primary")


def _training_request(shared: Shared, session: Session, recipe: object) -> TrainingRequest:
    """Request a model of the session's selection.

    Raises:
        UserError: the posts are not enough, the recipe is not offered, or there are too many models.
    """
    limits = shared.server.limits
    selection = selections.load(session)
    if not selection.enough:
        raise PageError(
            _("there are no posts yet that are enough to learn from; choose some in the first step")
        )
    if recipe not in limits.recipes():
        names = ", ".join(limits.recipes())
        raise PageError(_("there is no such recipe here; choose one of {names}").format(names=names))
    if len(session.library()) >= limits.models:
        raise PageError(_("no more models can be kept here; delete one first"))
    name = training_request.free_name(session, folder_name(selection.title))
    return TrainingRequest(
        title=selection.title,
        locations=tuple(place.location for place in selection.readable),
        options=selection.options,
        rules=selection.rules,
        recipe=recipes.load(str(recipe)),
        out=str(session.models / name),
        name=name,
        tracker="none" if limits.public else "trackio",
        seconds=limits.training,
    )


def _run_choices(runs: list[TrainingRun], selected: str | None) -> Any:
    """An update of the list of runs, which is hidden while there is only one."""
    choices = [(train_view.title(run), run.id) for run in runs]
    return gr.update(choices=choices, value=selected, visible=len(choices) > 1)


def _recipe_label(name: str) -> str:
    return f"{name}: {_(recipes.load(name).summary)}"
