"""What an answer puts on the report, as plain data. `reporting` draws it, and knows no question by name.

Groups of posts go by their names in `results`: `MODEL`, `OWN` and the others. Shares are between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

Scale = Literal["share", "number"]  # a share of 1 is written "100.0 %", a number of 1 "1.000"
Grade = Literal["good", "fair", "bad", "unknown"]
Points = Sequence[tuple[float, float]]  # epoch and value


class Label(NamedTuple):
    """What a row is called, and how its figures are written."""

    text: str  # {} stands for the part of the path that the star matched
    scale: Scale = "share"
    heading: str = ""  # the question that tables list it under; "" for the title of its answer
    short: str = ""  # what the library of the page calls it; "" if it is not shown there


class ReportContext(NamedTuple):
    """What sentences and charts need to know besides the answer."""

    who: str  # the person or people as the report names them, "@ada and @bob"
    hours: Sequence[int] = ()  # training posts in each hour of the day (UTC); empty if unknown
    bits_per_byte: Points = ()  # of held-out posts, measured during training
    copied: Points = ()  # share of samples with a copied run, measured during training
    counted: Sequence[int] = ()  # samples behind each of these shares; 0 where that is not known


class Headline(NamedTuple):
    """A short answer, how good it is, and the sentence that it rests on."""

    question: str
    answer: str  # "Yes"
    grade: Grade
    sentence: str


class Panel(NamedTuple):
    """A row of the answer on an axis: the model between its floors and its ceiling."""

    title: str
    sentence: str
    path: str = ""  # of the row inside the answer; "" if the answer is the row
    holding: tuple[float, ...] = ()  # values that the axis must hold


class Columns(NamedTuple):
    """A column chart: for each label the share of each group."""

    name: str  # unique on the page
    title: str
    sentence: str  # "" for none
    caption: str  # what the chart shows
    description: str  # what is to be seen in it, for those who do not see it
    labels: Sequence[str]
    shares: Mapping[str, Sequence[float]]  # by group, one for each label
    axis: str  # what the labels are
    ticks: slice = slice(None)  # the labels that are written below the columns
    cut: int = 0  # number of the label before which a line stands, 0 for none
    unit: str = ""  # heading of the labels in a table of the same shares; "" for no table
    wide: bool = False


class Pairs(NamedTuple):
    """A table with bars: for each label the share of each group. Labels that no group has are left out."""

    title: str  # "" for none
    sentence: str  # "" for none
    caption: str
    unit: str  # heading of the labels
    rows: Sequence[tuple[str, Mapping[str, float]]]  # label, and shares by group
    wide: bool = False


class Curve(NamedTuple):
    """A measure during training, by epoch."""

    name: str  # unique on the page
    title: str
    sentence: str
    caption: str  # what the chart shows
    points: Points
    scale: Scale = "number"
    level: tuple[float, str] | None = None  # a value to compare with, and its name
    mark: tuple[float, str] | None = None  # the epoch of a point that stands out, and what to say of it


Block = Panel | Columns | Pairs | Curve


class Section(NamedTuple):
    """A part of the report's page."""

    name: str  # anchor on the page
    order: int  # sections with a lower one come first; samples have 60
    link: str  # in the table of contents
    title: str
    blocks: Sequence[Block]
    intro: str = ""
    summary: str = ""  # the main result in one sentence, in larger letters


class Method(NamedTuple):
    """How something was measured, with references."""

    order: int  # methods with a lower one come first
    term: str
    text: str
    more: tuple[str, str] | None = None  # a title, and a long text that opens below it
