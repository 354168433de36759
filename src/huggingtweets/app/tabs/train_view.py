"""HTML of the Train tab: the progress of a run with its learning curve and samples, and the queue."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from ...reporting.curves import marks
from ...reporting.picture import plain
from ...types import CurvePoint
from ...types import Stage as StageName
from ..actions import button, go
from ..events import Done, Failed, Queued, Running, State, Stopped
from ..language import N_, _, number, percent, plural, sentences
from ..library_messages import translated
from ..markup import empty, joined, note, problem
from ..messages import without_commands, without_folders
from ..run_progress import Duration, Progress, in_words, progress_of
from ..sessions import Session
from ..training_request import TrainingRun

STAGES = {  # what the page calls the stages, and the parts of an evaluation before its questions
    "": N_("Getting ready"),
    "fetch": N_("Fetching the base model"),
    "read": N_("Reading the posts"),
    "preprocess": N_("Preparing the posts"),
    "train": N_("Learning"),
    "evaluate": N_("Writing its first samples"),
    "others": N_("Reading other people's posts, to tell them apart"),
    "write": N_("Writing posts to evaluate"),
    "report": N_("Drawing its card and pictures"),
    "dress": N_("Drawing its card and pictures"),  # the name of `report` in runs of version 1.0
}
EVALUATING = N_("Evaluating what it writes")  # any other stage is a question of the evaluation
STATES = {
    Queued: N_("waits"),
    Running: N_("learns"),
    Stopped: N_("stopped"),
    Done: N_("done"),
    Failed: N_("failed"),
}
WIDTH, HEIGHT = 560.0, 150.0  # of the curve, in units of its SVG
MAX_SAMPLES = 3

_BAR = Markup(
    '<p class="ht-stage"><b role="status">{stage}</b> <span>{detail}</span></p>'
    '<div class="ht-progress" role="progressbar" aria-label="{stage}" aria-valuemin="0" aria-valuemax="100" '
    'aria-valuenow="{percent:.0f}"><span style="width:{percent:.1f}%"></span></div>'
)
_CURVE = Markup(
    '<figure class="ht-curve"><figcaption>{description}</figcaption><svg viewBox="-44 -8 {width} {height}" '
    'role="img" aria-label="{description}">{grid}{begin}{end}<polyline points="{line}"/>{dots}</svg></figure>'
)
_GRID = Markup('<line x1="0" x2="{x}" y1="{y:.1f}" y2="{y:.1f}"/><text x="-6" y="{y:.1f}">{label}</text>')
_TICK = Markup('<text x="{x}" y="{y}" style="text-anchor:{anchor}">{label}</text>')
_DOT = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4"><title>{}</title></circle>')
_SAMPLES = Markup('<section><h4>{title}</h4><ul class="ht-examples voice">{items}</ul></section>')
_ITEM = Markup("<li><q>{}</q></li>")
_QUEUE = Markup('<section class="ht-queue"><h4>{}</h4><ol>{}</ol></section>')
_QUEUED_RUN = Markup('<li class="{kind}">{text}</li>')
_STRIP = Markup('<div class="ht-strip">{}</div>')
_LEARNING = Markup('<p data-title="{title}"><span class="ht-pulse"></span>{text} {look}</p>')
_READY = Markup('<p role="status" data-ready="{id}"><b>{text}</b> {play}</p>')
_STATUS = Markup('<p class="ht-status {}" role="status"><b>{}</b> {}</p>')
_HEAD = Markup('<header class="ht-run {kind}"><h3>{title}</h3><span class="ht-tag">{state}</span></header>')


def nothing() -> Markup:
    """Before anything is learning."""
    return empty(
        _("Nothing is learning yet"),
        _(
            "Once it begins, you see here how far it is, how well it predicts posts that it never saw, "
            "and what it writes."
        ),
    )


def duration(expected: Duration | None) -> Markup:
    """How long the job will take, as far as that is known."""
    if expected is None:
        return note(_("How long it takes is shown once it has begun."))
    text = (
        _("It takes {duration} here.")
        if expected.here
        else _("It takes {duration} on a laptop; once it has begun, you see how long it takes here.")
    )
    return note(text.format(duration=in_words(expected.training + expected.after)))


def title(run: TrainingRun) -> str:
    """The title of a run in a list."""
    return f"{plain(run.request.name)}, {run.request.recipe.name}: {_(STATES[type(run.state)])}"


def run(run: TrainingRun, expected: Duration | None, session: Session) -> Markup:
    """The state of a run and its progress.

    Args:
        run: the run.
        expected: how long such a run takes, where earlier ones tell.
        session: the visitor's session.
    """
    state, progress = run.state, progress_of(run.events)
    missing = _missing(run, session) if isinstance(state, Done) else ""
    head = _HEAD.format(kind=STATES[type(state)], title=plain(run.request.name), state=_(STATES[type(state)]))
    return Markup('<article class="ht-card">{}{}{}{}</article>').format(
        head,
        missing or _state_line(state, progress, expected.after if expected else None),
        _curve(progress),
        _samples(progress.samples),
    )


def strip(runs: Sequence[TrainingRun], after: float | None, session: Session) -> Markup:
    """One line above all tabs: how far the run is that is going on, or that a model is ready and unopened.

    Args:
        runs: the runs of the session, newest first.
        after: seconds that follow the last step, where earlier runs tell.
        session: the visitor's session.
    """
    active = next((run for run in reversed(runs) if isinstance(run.state, Running | Queued)), None)
    done = next((run for run in runs if isinstance(run.state, Done) and run.is_of(session)), None)
    ready = done if done and done.has_model and not done.was_opened else None
    parts = []
    if active and isinstance(active.state, Running):
        progress = progress_of(active.events)
        share = percent(progress.share(after, time.time()))
        left = _time_left(progress.seconds_left(after, time.time()))
        text = _("{whose} is learning: {progress}").format(
            whose=plain(active.request.name), progress=", ".join(filter(None, [share, left]))
        )
        parts.append(_LEARNING.format(title=share, text=text, look=go("train", _("Look"))))
    elif active:
        parts.append(
            _LEARNING.format(title=_("waits"), text=_("It waits for its turn."), look=go("train", _("Look")))
        )
    if ready:
        play = button("open", _("Play with it"), ready.id, kind="ht-link-button")
        parts.append(
            _READY.format(
                id=ready.id, text=_("{whose} is ready.").format(whose=plain(ready.request.name)), play=play
            )
        )
    return _STRIP.format(joined(parts)) if parts else Markup("")


def queue(order: Sequence[Path], session: Session, runs: Sequence[TrainingRun]) -> Markup:
    """The queue, with the titles of the visitor's own runs; of the others only that they are there.

    Args:
        order: the folders of the runs of all visitors that are running or queued.
        session: the visitor's session.
        runs: the runs of the session.
    """
    own = {run.folder: run for run in runs}
    items = [
        _QUEUED_RUN.format(kind="mine" if folder in own else "", text=_queued_run(own.get(folder), position))
        for position, folder in enumerate(order)
        if folder.parent != session.runs
        or (folder in own and isinstance(own[folder].state, Running | Queued))
    ]
    return _QUEUE.format(_("The queue"), joined(items)) if items else Markup("")


def _queued_run(run: TrainingRun | None, position: int) -> str:
    whose = plain(run.request.name) if run else _("somebody else's")
    is_learning = isinstance(run.state, Running) if run else position == 0
    state = _("learning now") if is_learning else _("waiting")
    return f"{whose}, {state}"


def _missing(run: TrainingRun, session: Session) -> Markup:
    """That the model of a run is deleted, or where it is; "" where it is one of the session's."""
    if not run.has_model:
        return _STATUS.format("fair", _("Its model is not here any more."), "")
    if run.is_of(session):
        return Markup("")
    text = _("Its model is not in the library of this page, but in {folder}.")
    return _STATUS.format("fair", text.format(folder=plain(run.request.out)), "")


def _state_line(state: State, progress: Progress, after: float | None) -> Markup:
    match state:
        case Done():
            return _STATUS.format("good", _("It is ready."), _("Play with it."))
        case Failed(message=message):
            text, language = translated(without_folders(without_commands(message)))
            return problem(text, _("It could not learn"), lang=language)
        case Stopped(message=message):
            why = translated(message)[0]
            title = _("It stopped ({reason}).").format(reason=why) if message else _("It was stopped.")
            kept = _("All that it has learnt is kept; it can go on from there.")
            return _STATUS.format("fair", title, sentences(*_where(progress), kept))
        case Queued():
            return _STATUS.format("fair", _("It waits for its turn."), "")
    return _progress_bar(progress, after)


def _where(progress: Progress) -> list[str]:
    """A sentence on the last step; none before the first."""
    if not progress.steps:
        return []
    step = progress.steps[-1]
    text = _("That was at step {step} of {steps}, {share}.").format(
        step=number(step.step), steps=number(step.steps), share=percent(progress.training_share)
    )
    return [text]


def _progress_bar(progress: Progress, after: float | None) -> Markup:
    """The stage of a run that is running; the bar shows the share of the whole job."""
    stage = _(STAGES.get(progress.stage, EVALUATING))
    details = []
    if progress.stage == StageName.TRAIN and progress.steps:
        details.append(
            _("step {step} of {steps}").format(
                step=number(progress.steps[-1].step), steps=number(progress.steps[-1].steps)
            )
        )
    elif progress.stage == StageName.READ and progress.posts_read:
        details.append(plural("{count} post", "{count} posts", progress.posts_read))
    now = time.time()
    left = _time_left(progress.seconds_left(after, now))
    detail = ", ".join(filter(None, [*details, left]))
    return _BAR.format(stage=stage, detail=detail, percent=100 * progress.share(after, now))


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return _("{duration} left").format(duration=in_words(seconds)) if seconds > 0 else _("almost done")


def _curve(progress: Progress) -> Markup:
    """The learning curve as an SVG: bits per byte of the held-out posts, by step, up to the last step."""
    points = list(progress.curve.values())
    if len(points) < 2:  # noqa: PLR2004 -- one point makes no line
        return Markup("")
    values = [point.bits_per_byte for point in points]
    axis = marks(min(values), max(values), most=4)
    span = axis[-1] - axis[0]
    steps = max(progress.steps[-1].steps if progress.steps else 0, points[-1].step, 1)

    def position(point: CurvePoint) -> tuple[float, float]:
        return WIDTH * point.step / steps, HEIGHT * (axis[-1] - point.bits_per_byte) / span

    positions = [position(point) for point in points]
    description = _(
        "It predicts posts that it never saw with {now} bits per byte; before training it was {before}. "
        "Less is better."
    ).format(now=number(round(values[-1], 2)), before=number(round(values[0], 2)))
    return _CURVE.format(
        description=description,
        width=WIDTH + 60,
        height=HEIGHT + 34,
        grid=joined(
            _GRID.format(x=WIDTH, y=HEIGHT * (axis[-1] - value) / span, label=number(value)) for value in axis
        ),
        begin=_TICK.format(x=0, y=HEIGHT + 18, anchor="start", label=_("step {step}").format(step=0)),
        end=_TICK.format(x=WIDTH, y=HEIGHT + 18, anchor="end", label=number(steps)),
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y in positions),
        dots=joined(
            _DOT.format(x, y, f"{number(point.step)}: {number(round(point.bits_per_byte, 3))}")
            for (x, y), point in zip(positions, points, strict=True)
        ),
    )


def _samples(samples: Sequence[str]) -> Markup:
    if not samples:
        return Markup("")
    items = joined(_ITEM.format(plain(text)[:280]) for text in samples[:MAX_SAMPLES])
    return _SAMPLES.format(title=_("What it writes now"), items=items)
