"""How far a training run is, of the whole job: computed from its events and from earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from .. import recipes
from ..model_folder import ModelFolder
from ..types import NO_BASE, CurvePoint, Record
from ..types import Stage as StageName
from .events import AnyEvent, Evaluated, Read, Running, Sampled, Stage, Stepped
from .language import _, number, plural

EARLY = 0.01  # share of the job that is shown before the first step
LATE = 0.99  # the highest share that is shown before the end
BEFORE_THE_END_OF_STEPS = (StageName.READ, "fetch", StageName.PREPROCESS, StageName.TRAIN)


class Duration(Struct, frozen=True, kw_only=True):
    """Seconds of the two long parts of a job: the steps of training, and what follows them."""

    training: float
    after: float
    here: bool = True  # whether they were measured on this machine


MEASURED: dict[str, tuple[float, float]] = {  # recipe: seconds a post, seconds after; roughly, on two cores
    "ngram": (0.001, 8.0),
    "starter": (0.038, 7.0),
    "smollm2-135m": (0.13, 32.0),
}
TOKENS = 38  # of a post and of its part of the padding, roughly
AFTER = 0.3  # seconds after the last step for each second of steps, where nothing is known


def expected(models: Iterable[ModelFolder], recipe: str, posts: int) -> Duration | None:
    """How long a job will take, from the last model that was made like this; None: nothing is known.

    Args:
        models: those that were made here, the newest first.
        recipe: name of the recipe.
        posts: how many posts there are to learn from.
    """
    for model in models:
        record = model.record
        seconds, trained_on = record.seconds, sum(author.train for author in record.authors)
        if (
            record.recipe.name == recipe
            and trained_on
            and {StageName.TRAIN, StageName.EVALUATE} <= {*seconds}
        ):
            after = seconds[StageName.EVALUATE] + seconds.get(StageName.REPORT, 0.0)
            return Duration(training=seconds[StageName.TRAIN] * _times_as_long(record, posts), after=after)
    if recipe in MEASURED:
        each, after = MEASURED[recipe]
        known = recipes.load(recipe)
        runs = known.runs(max(1, known.epochs * posts * TOKENS // known.batch_tokens))
        return Duration(training=each * posts * runs, after=after, here=False)
    return None


def _times_as_long(record: Record, posts: int) -> float:
    """How many times as many steps so many posts take as the model's own, short runs being repeated."""
    trained_on = sum(author.train for author in record.authors)
    if not record.curve or record.base.name == NO_BASE:
        return posts / trained_on
    last, recipe = record.curve[-1], record.recipe
    own = last.step * recipe.epochs / last.epoch  # of one run
    steps = max(1, round(own * posts / trained_on))
    return steps * recipe.runs(steps) / last.step


@dataclass
class Progress:
    """How far a run is."""

    stage: str = ""
    posts_read: int = 0
    steps: list[Stepped] = field(default_factory=list)  # since the run began or was resumed
    curve: dict[int, CurvePoint] = field(default_factory=dict)  # by step
    samples: tuple[str, ...] = ()
    learnt_at: float | None = None  # when the last step was done, in seconds since 1970

    @property
    def training_share(self) -> float:
        """The share of the training steps that are done, from 0 to 1."""
        return self.steps[-1].step / max(self.steps[-1].steps, 1) if self.steps else 0.0

    @property
    def seconds_of_training(self) -> float | None:
        """Seconds of all steps, from the speed since the run began or was resumed; None: not known yet."""
        if len(self.steps) < 2:  # noqa: PLR2004 -- a speed needs two steps
            return None if self.learnt_at is None else 0.0
        first, last = self.steps[0], self.steps[-1]
        done = last.step - first.step
        return (last.at - first.at) / done * last.steps if done > 0 else None

    def share(self, after: float | None, now: float) -> float:
        """The share of the whole job that is done, from 0 to 1.

        Args:
            after: seconds that follow the last step, where earlier runs tell.
            now: seconds since 1970.
        """
        training = self.seconds_of_training
        if training is None:
            return EARLY
        after = max(AFTER * training if after is None else after, 1.0)
        done = self.training_share * training
        if self.learnt_at is not None:
            done = training + min(now - self.learnt_at, after)
        return min(max(done / (training + after), EARLY), LATE)

    def seconds_left(self, after: float | None, now: float) -> float | None:
        """Seconds until the whole job is done; None: not known yet."""
        training = self.seconds_of_training
        if training is None:
            return None
        after = AFTER * training if after is None else after
        if self.learnt_at is not None:
            return max(after - (now - self.learnt_at), 0.0)
        return (1 - self.training_share) * training + after


def progress_of(events: Sequence[AnyEvent]) -> Progress:
    """Compute the progress of a run from its events, which are in order."""
    progress = Progress()
    for event in events:
        match event:
            case Running():
                progress.steps, progress.stage, progress.learnt_at = [], "", None
            case Stage(name=name):
                progress.stage = name
                if name not in BEFORE_THE_END_OF_STEPS and progress.learnt_at is None:
                    progress.learnt_at = event.at
            case Read(posts=posts):
                progress.posts_read = posts
            case Stepped():
                progress.steps.append(event)
            case Evaluated(point=point):
                progress.curve[point.step] = point
            case Sampled(samples=samples):
                progress.samples = samples
    return progress


def in_words(seconds: float) -> str:
    """A duration, as exact as an estimate is."""
    if seconds < 90:  # noqa: PLR2004 -- seconds, up to one and a half minutes
        return plural("about {count} second", "about {count} seconds", max(5, round(seconds / 5) * 5))
    minutes = round(seconds / 60)
    if minutes < 90:  # noqa: PLR2004 -- minutes
        return plural("about {count} minute", "about {count} minutes", minutes)
    return _("about {hours} hours").format(hours=number(round(minutes / 60, 1)))
