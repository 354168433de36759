"""What each section of a report shows, ready for the template.

The answers say what is drawn; this works out where the marks of the charts stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from ..results import BASE, COPIED_RUN, MODEL, NGRAM, OTHERS, OWN, SHUFFLED, TRAIN, Evaluation, Row
from ..results.drawings import (
    Block,
    Columns,
    Curve,
    Headline,
    Method,
    Pairs,
    Panel,
    ReportContext,
    Scale,
    Section,
)
from ..results.wording import percent
from . import charts
from .compared import Compared, lines, marked

SAMPLES_ORDER = 60  # sections with a higher one come after the samples

Chart = charts.Scale | charts.Columns | charts.Entries | charts.Line | None
ScaledRows = Mapping[str, tuple[Row, Scale]]  # rows by path, with how their figures are written


class Group(NamedTuple):
    """Whose posts are compared: a sign in the charts, a name, and what it is."""

    name: str
    label: str
    about: str
    posts: int


class DrawnBlock(NamedTuple):
    """A block of an answer, and where the marks of its chart stand."""

    kind: str  # the template's macro for it
    block: Block
    chart: Chart  # None if there is nothing to draw


class Grid(NamedTuple):
    """Blocks that stand beside each other."""

    layout: str  # "panels": rows of cells; "pieces": columns of text; "wide": one below the other
    blocks: list[DrawnBlock]


class DrawnSection(NamedTuple):
    """A section with its blocks in grids."""

    section: Section
    grids: list[Grid]


def labels(who: str) -> dict[str, str]:
    """What the charts call each group."""
    return {
        MODEL: "the model",
        OWN: f"{who}, unseen",
        TRAIN: who,
        NGRAM: "n-gram model",
        BASE: "base",
        OTHERS: "other people",
        SHUFFLED: f"{who}, words shuffled",
    }


def groups(evaluation: Evaluation, who: str) -> list[Group]:
    """Whose posts are compared: the groups that have enough."""
    about = {
        MODEL: "what it wrote, as it came",
        OWN: f"posts by {who} that were held back: as good as it can get",
        NGRAM: "a table of which letters follow which, the plainest imitation there is",
        BASE: f"the model before it learnt from {who}",
        OTHERS: "real posts by others",
    }
    named, counts = labels(who), evaluation.counts.groups
    return [Group(name, named[name], words, counts[name]) for name, words in about.items() if name in counts]


def headlines(evaluation: Evaluation, context: ReportContext) -> list[Headline]:
    """The short answers at the top of the report."""
    return [line for answer in evaluation.answers.values() if (line := answer.headline(context))]


def methods(evaluation: Evaluation, context: ReportContext) -> list[Method]:
    """How the figures were measured."""
    every = (method for answer in evaluation.answers.values() for method in answer.methods(context))
    return sorted(every, key=lambda method: method.order)


def sections(evaluation: Evaluation, context: ReportContext) -> list[DrawnSection]:
    """All sections in order. Those of the same name are one, with the title of the first."""
    merged: dict[str, tuple[Section, list[DrawnBlock]]] = {}
    labels = evaluation.labels()
    scaled_rows = {path: (row, labels[path].scale) for path, row in evaluation.rows().items()}
    for name, answer in evaluation.answers.items():
        for section in answer.sections(context):
            _, blocks = merged.setdefault(section.name, (section, []))
            blocks += _drawn(section.blocks, name, scaled_rows)
    ordered = sorted(merged.values(), key=lambda pair: pair[0].order)
    return [DrawnSection(section, _grids(blocks)) for section, blocks in ordered]


def sample(post: Compared) -> dict[str, object]:
    """A post as it came, and the training post that it is most like."""
    text, nearest = lines(post.text), lines(post.nearest)
    return {
        "prompt": post.prompt,
        "text": marked(text, nearest),
        "nearest": marked(nearest, text) if nearest else Markup(),
        "alike": percent(post.similarity),
        "run": post.run,
        "copied": post.run >= COPIED_RUN,
    }


def _drawn(blocks: Sequence[Block], question: str, scaled_rows: ScaledRows) -> Iterator[DrawnBlock]:
    """The blocks of a question with their charts; a block that would show nothing is left out."""
    for block in blocks:
        chart = _chart(block, question, scaled_rows)
        if chart or block.title or block.sentence:
            yield DrawnBlock(type(block).__name__.lower(), block, chart)


def _chart(block: Block, question: str, scaled_rows: ScaledRows) -> Chart:
    if isinstance(block, Panel):
        row, scale = scaled_rows[f"{question}.{block.path}".rstrip(".")]
        return charts.scale(row, scale, holding=block.holding)
    if isinstance(block, Columns):
        return charts.columns(block.labels, block.shares, cut=block.cut)
    if isinstance(block, Pairs):
        return charts.entries([(label, shares) for label, shares in block.rows if any(shares.values())])
    return (
        charts.line(block.points, block.scale, level=block.level, mark=block.mark) if block.points else None
    )


def _grids(blocks: Sequence[DrawnBlock]) -> list[Grid]:
    return [Grid(layout, list(each)) for layout, each in groupby(blocks, key=_layout)]


def _layout(drawn: DrawnBlock) -> str:
    if isinstance(drawn.block, Panel | Curve):
        return "panels"
    return "wide" if drawn.block.wide else "pieces"
