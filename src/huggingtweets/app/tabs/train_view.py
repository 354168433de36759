"""HTML of the Train tab: the progress of a run with its learning curve and samples, and the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from ...reporting.curves import marks
from ...reporting.picture import plain
from ...types import CurvePoint
from ...types import Stage as StageName
from ..events import (
    AnyEvent,
    Done,
    Evaluated,
    Failed,
    Queued,
    Read,
    Running,
    Sampled,
    Stage,
    State,
    Stepped,
    Stopped,
)
from ..markup import empty, joined, problem
from ..sessions import Session
from ..training_request import TrainingRun

WELCOME = Markup("<h2>Let it learn</h2>")
NOTHING = empty(
    "Nothing is learning yet",
    "Once it begins you see here how far it is, how well it guesses posts that it never saw, and what it "
    "writes.",
)
STAGES = {  # what the page calls the stages, and the parts of an evaluation before its questions
    "read": "Reading the posts",
    "preprocess": "Preparing the posts",
    "train": "Learning",
    "evaluate": "Writing its first samples",
    "others": "Reading other people's posts, to tell them apart",
    "write": "Writing posts to be judged",
    "report": "Drawing its card and pictures",
    "dress": "Drawing its card and pictures",  # the name of `report` in runs of version 1.0
}
EVALUATING = "Judging what it writes"  # any other stage is a question of the evaluation
STATES = {Queued: "waits", Running: "learns", Stopped: "stopped", Done: "done", Failed: "failed"}
WIDTH, HEIGHT = 560.0, 150.0  # of the curve, in units of its SVG
MAX_SAMPLES = 3

_BAR = Markup(
    '<p class="ht-stage" role="status"><b>{stage}</b> <span>{detail}</span></p>'
    '<div class="ht-progress" role="progressbar" aria-label="{stage}" aria-valuemin="0" aria-valuemax="100" '
    'aria-valuenow="{percent:.0f}"><span style="width:{percent:.1f}%"></span></div>'
)
_CURVE = Markup(
    '<figure class="ht-curve"><figcaption>{description}</figcaption><svg viewBox="-44 -8 {width} {height}" '
    'role="img" aria-label="{description}">{grid}<polyline points="{line}"/>{dots}</svg></figure>'
)
_GRID = Markup('<line x1="0" x2="{x}" y1="{y:.1f}" y2="{y:.1f}"/><text x="-6" y="{y:.1f}">{label}</text>')
_DOT = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4"><title>{}</title></circle>')
_SAMPLES = Markup('<section><h4>{title}</h4><ul class="ht-examples voice">{items}</ul></section>')
_ITEM = Markup("<li><q>{}</q></li>")
_QUEUE = Markup('<section class="ht-queue"><h4>The queue</h4><ol>{}</ol></section>')
_QUEUED_RUN = Markup('<li class="{kind}">{text}</li>')
_HEAD = Markup('<header class="ht-run {kind}"><h3>{title}</h3><span class="ht-tag">{state}</span></header>')


@dataclass
class Progress:
    """How far a run is, computed from its events."""

    stage: str = ""
    posts_read: int = 0
    steps: list[Stepped] = field(default_factory=list)  # since the run began or was resumed
    curve: dict[int, CurvePoint] = field(default_factory=dict)  # by step
    samples: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The share of the training steps that are done, from 0 to 1."""
        return self.steps[-1].step / max(self.steps[-1].steps, 1) if self.steps else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds of training, estimated from the speed since the run began or was resumed."""
        if len(self.steps) < 2:  # noqa: PLR2004 -- a speed needs two steps
            return None
        first, last = self.steps[0], self.steps[-1]
        done = last.step - first.step
        return (last.at - first.at) / done * (last.steps - last.step) if done > 0 else None


def progress_of(events: Sequence[AnyEvent]) -> Progress:
    """Compute the progress of a run from its events, which are in order."""
    progress = Progress()
    for event in events:
        match event:
            case Running():
                progress.steps, progress.stage = [], ""
            case Stage(name=name):
                progress.stage = name
            case Read(posts=posts):
                progress.posts_read = posts
            case Stepped():
                progress.steps.append(event)
            case Evaluated(point=point):
                progress.curve[point.step] = point
            case Sampled(samples=samples):
                progress.samples = samples
    return progress


def title(run: TrainingRun) -> str:
    """The title of a run in a list."""
    return f"{plain(run.request.title)}, {run.request.recipe.name}: {STATES[type(run.state)]}"


def run(run: TrainingRun) -> Markup:
    """The state of a run and its progress."""
    state, progress = run.state, progress_of(run.events)
    head = _HEAD.format(kind=STATES[type(state)], title=plain(run.request.title), state=STATES[type(state)])
    return Markup('<article class="ht-card">{}{}{}{}</article>').format(
        head,
        _state_line(state, progress),
        _curve(list(progress.curve.values())),
        _samples(progress.samples),
    )


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
    return _QUEUE.format(joined(items)) if items else Markup("")


def _queued_run(run: TrainingRun | None, position: int) -> str:
    whose = plain(run.request.title) if run else "somebody else's"
    return f"{whose}, {'learning now' if position == 0 else 'waiting'}"


def _state_line(state: State, progress: Progress) -> Markup:
    match state:
        case Done():
            return Markup('<p class="ht-verdict good" role="status"><b>It is ready.</b> Play with it.</p>')
        case Failed(message=message):
            return problem(message, "It could not learn")
        case Stopped(message=message):
            why = f"It stopped ({message})." if message else "It was stopped."
            return Markup('<p class="ht-verdict fair" role="status"><b>{}</b> {}</p>').format(
                why, "All that it has learnt is kept; it can go on from there."
            )
        case Queued():
            return Markup('<p class="ht-verdict fair" role="status"><b>It waits for its turn.</b></p>')
    return _progress_bar(progress)


def _progress_bar(progress: Progress) -> Markup:
    """The stage of a run that is running; the bar shows the share of training, and stays full after it."""
    stage = STAGES.get(progress.stage, EVALUATING if progress.stage else "Getting ready")
    training = progress.stage == StageName.TRAIN
    detail = ""
    if training and progress.steps:
        step = progress.steps[-1]
        detail = f"step {step.step:,} of {step.steps:,}{_time_left(progress.seconds_left)}"
    elif progress.stage == StageName.READ and progress.posts_read:
        detail = f"{progress.posts_read:,} posts"
    percent = 100 * progress.share if training else (100.0 if progress.share else 0.0)
    return _BAR.format(stage=stage, detail=detail, percent=percent)


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 90:  # noqa: PLR2004 -- seconds, up to one and a half minutes
        return f", about {max(5, round(seconds / 5) * 5)} seconds left"
    return f", about {round(seconds / 60)} minutes left"


def _curve(points: Sequence[CurvePoint]) -> Markup:
    """The learning curve as an SVG: bits a byte of the held-out posts, by epoch."""
    if len(points) < 2:  # noqa: PLR2004 -- one point makes no line
        return Markup("")
    values = [point.bits_per_byte for point in points]
    axis = marks(min(values), max(values), most=4)
    span, epochs = axis[-1] - axis[0], max(point.epoch for point in points) or 1.0

    def position(point: CurvePoint) -> tuple[float, float]:
        return WIDTH * point.epoch / epochs, HEIGHT * (axis[-1] - point.bits_per_byte) / span

    positions = [position(point) for point in points]
    description = (
        f"To guess posts that it never saw it needs {values[-1]:.2f} bits a byte; "
        f"{values[0]:.2f} before it learnt anything. Fewer is better."
    )
    return _CURVE.format(
        description=description,
        width=WIDTH + 60,
        height=HEIGHT + 16,
        grid=joined(
            _GRID.format(x=WIDTH, y=HEIGHT * (axis[-1] - value) / span, label=f"{value:g}") for value in axis
        ),
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y in positions),
        dots=joined(
            _DOT.format(x, y, f"epoch {point.epoch:.1f}: {point.bits_per_byte:.3f}")
            for (x, y), point in zip(positions, points, strict=True)
        ),
    )


def _samples(samples: Sequence[str]) -> Markup:
    if not samples:
        return Markup("")
    items = joined(_ITEM.format(plain(text)[:280]) for text in samples[:MAX_SAMPLES])
    return _SAMPLES.format(title="What it writes by now", items=items)
