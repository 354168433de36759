"""What the second step shows: a bar with the time left, the curve as it is drawn, the voice as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from ...reporting.curves import marks
from ...reporting.picture import plain
from ...types import CurvePoint
from ..events import (
    AnyEvent,
    Done,
    Evaluated,
    Failed,
    Read,
    Running,
    Said,
    Sampled,
    Stage,
    Stepped,
    Stopped,
    Waiting,
)
from ..markup import empty, joined, problem
from ..sessions import Session
from ..training_request import RequestedRun

WELCOME = Markup("<h2>Let it learn</h2>")
NOTHING = empty(
    "Nothing is learning yet",
    "Once it begins you see here how far it is, how well it guesses posts that it never saw, and what it "
    "writes.",
)
STAGES = {
    "read": "Reading the posts",
    "preprocess": "Preparing the posts",
    "train": "Learning",
    "evaluate": "Writing its first samples",
    "others": "Reading other people's posts, to tell them apart",
    "write": "Writing posts to be judged",
    "report": "Drawing its card and pictures",
    "dress": "Drawing its card and pictures",  # as runs of version 1.0 say
}
JUDGING = "Judging what it writes"
STATES = {Waiting: "waits", Running: "learns", Stopped: "stopped", Done: "done", Failed: "failed"}
WIDTH, HEIGHT = 560.0, 150.0  # of the curve, in units of its own
SHOWN = 3  # samples

_BAR = Markup(
    '<p class="ht-stage" role="status"><b>{stage}</b> <span>{left}</span></p>'
    '<div class="ht-progress" role="progressbar" aria-label="{stage}" aria-valuemin="0" aria-valuemax="100" '
    'aria-valuenow="{percent:.0f}"><span style="width:{percent:.1f}%"></span></div>'
)
_CURVE = Markup(
    '<figure class="ht-curve"><figcaption>{words}</figcaption><svg viewBox="-44 -8 {width} {height}" '
    'role="img" aria-label="{words}">{grid}<polyline points="{line}"/>{dots}</svg></figure>'
)
_GRID = Markup('<line x1="0" x2="{x}" y1="{y:.1f}" y2="{y:.1f}"/><text x="-6" y="{y:.1f}">{label}</text>')
_DOT = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4"><title>{}</title></circle>')
_SAMPLES = Markup('<section><h4>{title}</h4><ul class="ht-examples voice">{items}</ul></section>')
_ITEM = Markup("<li><q>{}</q></li>")
_QUEUE = Markup('<section class="ht-queue"><h4>The queue</h4><ol>{}</ol></section>')
_WAITS = Markup('<li class="{kind}">{words}</li>')
_HEAD = Markup('<header class="ht-run {kind}"><h3>{title}</h3><span class="ht-tag">{state}</span></header>')


@dataclass
class Progress:
    """What the events of a run add up to."""

    stage: str = ""
    read: int = 0
    steps: list[Stepped] = field(default_factory=list)  # since the run began or went on
    curve: dict[int, CurvePoint] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    remark: str = ""

    @property
    def share(self) -> float:
        """Of the training steps that are done."""
        return self.steps[-1].step / max(self.steps[-1].steps, 1) if self.steps else 0.0

    @property
    def left(self) -> float | None:
        """Seconds of training, guessed from the steps since it began or went on."""
        if len(self.steps) < 2:  # noqa: PLR2004 -- a speed needs two of them
            return None
        first, last = self.steps[0], self.steps[-1]
        done = last.step - first.step
        return (last.at - first.at) / done * (last.steps - last.step) if done > 0 else None


def progress(events: Sequence[AnyEvent]) -> Progress:
    """Add the events up."""
    now = Progress()
    for event in events:
        match event:
            case Running():
                now.steps, now.stage = [], ""
            case Stage(name=name):
                now.stage = name
            case Read(posts=posts):
                now.read = posts
            case Stepped():
                now.steps.append(event)
            case Evaluated(point=point):
                now.curve[point.step] = point
            case Sampled(samples=samples):
                now.samples = samples
            case Said(message=message):
                now.remark = message
    return now


def title(run: RequestedRun) -> str:
    """A run in a list."""
    return f"{plain(run.request.title)}, {run.request.recipe.name}: {STATES[type(run.state)]}"


def run(run: RequestedRun) -> Markup:
    """A run as it stands."""
    state, now = run.state, progress(run.events)
    head = _HEAD.format(kind=STATES[type(state)], title=plain(run.request.title), state=STATES[type(state)])
    return Markup('<article class="ht-card">{}{}{}{}</article>').format(
        head, _state_line(state, now), _curve(list(now.curve.values())), _samples(now)
    )


def queue(order: Sequence[Path], session: Session, mine: Sequence[RequestedRun]) -> Markup:
    """Who learns and who waits. Of other visitors only that they are there."""
    own = {run.folder: run for run in mine}
    items = [
        _WAITS.format(kind="mine" if folder in own else "", words=_waits(own.get(folder), place))
        for place, folder in enumerate(order)
        if folder.parent != session.runs
        or (folder in own and isinstance(own[folder].state, Running | Waiting))
    ]
    return _QUEUE.format(joined(items)) if items else Markup("")


def _waits(run: RequestedRun | None, place: int) -> str:
    whose = plain(run.request.title) if run else "somebody else's"
    return f"{whose}, {'learning now' if place == 0 else 'waiting'}"


def _state_line(state: object, now: Progress) -> Markup:
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
        case Waiting():
            return Markup('<p class="ht-verdict fair" role="status"><b>It waits for its turn.</b></p>')
    stage = STAGES.get(now.stage, JUDGING if now.stage else "Getting ready")
    learning = now.stage == "train"
    left = ""
    if learning and now.steps:
        step = now.steps[-1]
        left = f"step {step.step:,} of {step.steps:,}{_time(now.left)}"
    elif now.stage == "read" and now.read:
        left = f"{now.read:,} posts"
    percent = 100 * now.share if learning else (100.0 if now.share else 0.0)
    return _BAR.format(stage=stage, left=left, percent=percent)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 90:  # noqa: PLR2004 -- as people say it
        return f", about {max(5, round(seconds / 5) * 5)} seconds left"
    return f", about {round(seconds / 60)} minutes left"


def _curve(points: Sequence[CurvePoint]) -> Markup:
    """Bits a byte of posts that it never saw: lower is better."""
    if len(points) < 2:  # noqa: PLR2004 -- a point is no curve
        return Markup("")
    values = [point.bits_per_byte for point in points]
    axis = marks(min(values), max(values), most=4)
    span, last = axis[-1] - axis[0], max(point.epoch for point in points) or 1.0

    def at(point: CurvePoint) -> tuple[float, float]:
        return WIDTH * point.epoch / last, HEIGHT * (axis[-1] - point.bits_per_byte) / span

    places = [at(point) for point in points]
    words = (
        f"To guess posts that it never saw it needs {values[-1]:.2f} bits a byte; "
        f"{values[0]:.2f} before it learnt anything. Fewer is better."
    )
    return _CURVE.format(
        words=words,
        width=WIDTH + 60,
        height=HEIGHT + 16,
        grid=joined(
            _GRID.format(x=WIDTH, y=HEIGHT * (axis[-1] - value) / span, label=f"{value:g}") for value in axis
        ),
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y in places),
        dots=joined(
            _DOT.format(x, y, f"epoch {point.epoch:.1f}: {point.bits_per_byte:.3f}")
            for (x, y), point in zip(places, points, strict=True)
        ),
    )


def _samples(now: Progress) -> Markup:
    if not now.samples:
        return Markup("")
    items = joined(_ITEM.format(plain(text)[:280]) for text in now.samples[:SHOWN])
    return _SAMPLES.format(title="What it writes by now", items=items)
