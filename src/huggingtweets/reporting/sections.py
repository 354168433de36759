"""What each section of a report shows: sentences, charts and tables, ready for the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from markupsafe import Markup

from ..results import BASE, MODEL, NGRAM, OTHERS, OWN, Copying, Evaluation, Giveaways, Row, Variety
from ..types import CurvePoint, Record
from . import charts, sentences
from .compared import Compared, lines, marked
from .measures import percent

TITLES = {"length": "Length in characters", "emoji": "Emoji in a post", "hashtags": "Hashtags in a post"}
TITLES |= {"mentions": "Mentions in a post", "capitals": "Capital letters among all letters"}
TRAIN = "train"  # the person's training posts, as distributions name them
SHOWN = (TRAIN, MODEL)  # groups that stand beside each other where there is room for two


class Group(NamedTuple):
    """Whose posts are compared: a sign in the charts, a name, and what it is."""

    name: str
    label: str
    about: str
    posts: int


class Panel(NamedTuple):
    """A figure between its floors and its ceiling."""

    title: str
    sentence: str
    scale: charts.Scale | None


class Pairs(NamedTuple):
    """A table with bars: for each label, the shares of some groups."""

    title: str
    sentence: str
    groups: list[str]
    rows: list[charts.Entry]


def labels(who: str) -> dict[str, str]:
    """What the charts call each group."""
    return {
        MODEL: "the model",
        OWN: f"{who}, unseen",
        TRAIN: who,
        NGRAM: "n-gram model",
        BASE: "base",
        OTHERS: "other people",
    }


def groups(evaluation: Evaluation, who: str) -> list[Group]:
    """Whose posts are compared, for those who have enough."""
    about = {
        MODEL: "what it wrote, as it came",
        OWN: f"posts by {who} that were held back: as good as it can get",
        NGRAM: "a table of which letters follow which, the plainest imitation there is",
        BASE: f"the model before it learnt from {who}",
        OTHERS: "real posts by others",
    }
    named, counts = labels(who), evaluation.counts.groups
    return [Group(name, named[name], said, counts[name]) for name, said in about.items() if name in counts]


def voice(evaluation: Evaluation, who: str) -> list[Panel]:
    """Does it sound like the person?"""
    whole, style = evaluation.authorship.whole, evaluation.authorship.style
    return [
        _panel(
            "With all words",
            sentences.closeness(whole.closeness, who, whole.earlier),
            whole.closeness,
            (0, 1),
        ),
        _panel(
            "With the topic hidden",
            sentences.closeness(style.closeness, who, style.earlier),
            style.closeness,
            (0, 1),
        ),
        _panel("Beside other people", sentences.told_from_others(whole.auc, who), whole.auc, (0, 1)),
        _panel(f"Beside {who}", sentences.before_own(whole.auc_own, who), whole.auc_own, (0, 1)),
        _panel(
            "Can a machine tell?",
            sentences.detection(evaluation.detection, who),
            evaluation.detection,
            (0, 1),
        ),
    ]


def copying(found: Copying, who: str) -> dict[str, object]:
    """Does it only repeat the person?"""
    series = {name: found.shares[name] for name in (OWN, MODEL) if name in found.shares}
    runs = sorted({n for shares in series.values() for n in shares if shares[n] or n <= found.run})
    return {
        "run": found.run,
        "longest": sentences.longest(found, who),
        "columns": charts.columns(
            [str(n) for n in runs],
            {name: [shares[n] for n in runs] for name, shares in series.items()},
            cut=runs.index(found.run) if found.run in runs else 0,
        )
        if runs
        else None,
        "table": [(n, [f"{100 * shares[n]:.1f} %" for shares in series.values()]) for n in runs],
        "panels": [
            _panel("Runs of words", sentences.copied(found.copied, found.run, who), found.copied, (0,)),
            _panel("Whole posts", sentences.near(found.near, who), found.near, (0,)),
        ],
    }


def variety(found: Variety, who: str) -> list[Panel]:
    """Is it varied?"""
    panels = [
        _panel(title, sentences.distinct(found.distinct[n], what, who), found.distinct[n], ())
        for n, title, what in ((1, "Words", "words"), (2, "Pairs of words", "pairs of words"))
        if n in found.distinct
    ]
    repeats = found.self_bleu
    return [
        *panels,
        _panel("Repeating itself", sentences.self_bleu(repeats, who), repeats, (0,), "number"),
    ]


def habits(evaluation: Evaluation, who: str) -> dict[str, object]:
    """Does it have the person's habits?"""
    return {
        "distributions": [
            _pairs(
                TITLES.get(name, name.capitalize()),
                sentences.habit(found, who),
                [
                    (label, {g: found.shares[g][place] for g in SHOWN if g in found.shares})
                    for place, label in enumerate(found.labels)
                ],
            )
            for name, found in evaluation.variety.distributions.items()
        ],
        "hours": _hours(evaluation.hours, who) if sum(evaluation.hours) else None,
    }


def _hours(counts: Sequence[int], who: str) -> tuple[str, charts.Columns]:
    shares = [count / sum(counts) for count in counts]
    return sentences.hours(counts, who), charts.columns(
        [str(hour) for hour in range(len(counts))], {TRAIN: shares}
    )


def words(found: Giveaways, who: str) -> Pairs:
    """Does it use the person's words?"""
    shown = [name for name in (OWN, MODEL, OTHERS) if all(name in word.shares for word in found.words)]
    rows = [(word.word, {name: word.shares[name] for name in shown}) for word in found.words]
    return _pairs("", sentences.giveaways(found, who), rows)


def sample(found: Compared, run: int) -> dict[str, object]:
    """A post as it came, and the training post that it is most like."""
    text, nearest = lines(found.text), lines(found.nearest)
    return {
        "prompt": found.prompt,
        "text": marked(text, nearest),
        "nearest": marked(nearest, text) if nearest else Markup(),
        "alike": percent(found.similarity),
        "run": found.run,
        "copied": found.run >= run,
    }


def learning(
    record: Record, evaluation: Evaluation, copied: Sequence[tuple[int, float]], who: str
) -> dict[str, object]:
    """Does it predict the person's next posts, and how did it come to that?"""
    curve = [point for point in record.curve if isfinite(point.bits_per_byte)]
    row = evaluation.prediction.bits_per_byte
    return {
        "sentence": sentences.learning(curve),
        "curve": _learning_curve(curve) if curve else None,
        "copied": _copying_curve(curve, copied, evaluation.copying, who) if copied and curve else None,
        "panel": _panel("Bits per byte", sentences.prediction(row, who), row, (), "number"),
    }


def _learning_curve(curve: Sequence[CurvePoint]) -> charts.Line:
    points = [(point.epoch, point.bits_per_byte) for point in curve]
    epoch, best = min(points, key=lambda point: point[1])
    before = points[0][1]
    told = (epoch, f"{best:.3f}") if best < before else None
    return charts.line(points, "number", level=(before, f"before training: {before:.3f}"), told=told)


def _copying_curve(
    curve: Sequence[CurvePoint], copied: Sequence[tuple[int, float]], found: Copying, who: str
) -> tuple[str, charts.Line]:
    """What to say of it, and the share of posts with a copied run by epoch."""
    passes = curve[-1].epoch / max(1, curve[-1].step)
    points, own = [(step * passes, share) for step, share in copied], found.copied.ceiling
    if own is None:
        return "The person has too few unseen posts to say how much copying is natural.", charts.line(
            points, "share"
        )
    begins = next((epoch for epoch, share in points if share > own.high), None)
    return sentences.copying_begins(begins, own, found.run, who), charts.line(
        points,
        "share",
        level=(own.value, f"the person's own: {100 * own.value:.1f} %"),
        told=None if begins is None else (begins, "copying begins"),
    )


def _panel(title: str, sentence: str, row: Row, holding: Sequence[float], kind: str = "share") -> Panel:
    return Panel(title, sentence, charts.scale(row, kind, holding=holding))


def _pairs(title: str, sentence: str, rows: Sequence[tuple[str, Mapping[str, float]]]) -> Pairs:
    """Labels that nobody's posts have are left out."""
    there = [(label, shares) for label, shares in rows if any(shares.values())]
    return Pairs(title, sentence, list(there[0][1]) if there else [], charts.entries(there))
