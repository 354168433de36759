"""Does it sound like the person?

A classifier learns to tell real posts of the person from real posts of others, and from imitations: posts
that an n-gram model of the person writes. Without these, posts with the right runs of letters and no sense
pass for the person's. Then it reads episodes of 16 posts (Rivera-Soto et al. 2021, "Learning universal
authorship representations"), whose score is the mean log-odds of their posts. The person's held-out posts
set the ceiling, other people's the floor.

A second classifier sees style without topic, as far as that is cheap: every word but the most frequent ones
that both sides use is masked letter by letter, its case kept (text distortion, Stamatatos 2017). Wegmann et
al. (2022) show why that matters. It is never perfect: what a person writes about is part of how they write,
and people from another network are told apart by that network's habits.

Episodes are easy: `auc` is near 1 for almost everything that is not other people's. `closeness` and
`auc_own` are what tell models apart. Above 1, and above 0.5, a model is more typical of the person than
their later posts are. It need not exaggerate: people change, and training posts that the classifier has not
learnt from (`earlier`) are above 1, too.

Blind to: copying, and good posts repeated for ever. The order of words is hardly seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import ClassVar

from msgspec import field
from msgspec.structs import replace

from ...results import BASE, OTHERS, OWN, Answer, Figure, Row
from ...results.drawings import Grade, Headline, Label, Method, Panel, ReportContext, Section
from ...results.wording import floors, inconclusive, listed, of_100, percent
from ...text.counting import counted
from ..episodes import EPISODE
from ..masking import masker, shared_words
from ..material import IMITATIONS, Material, equal_parts
from ..reference import MANY
from ..voice import Sides, Voice, held_back, unmeasured, voice

ORDER = 20
LEAST, MOST = 100, IMITATIONS  # posts of each side that a classifier learns from
VISIBLE_WORDS = 100  # that the style classifier sees
AXIS = (0.0, 1.0)  # values that every chart holds


class Authorship(Answer, frozen=True, kw_only=True):
    """How much posts sound like the person: with all words, and with only frequent ones visible."""

    title: ClassVar[str] = "Does it sound like the person?"
    labels: ClassVar[Mapping[str, Label]] = {
        "whole.closeness": Label("closeness, all words", short="sounds like the person (1 is the person)"),
        "whole.auc": Label("AUC against other people, all words"),
        "whole.auc_own": Label("AUC against the person, all words"),
        "style.closeness": Label("closeness, topic hidden"),
        "style.auc": Label("AUC against other people, topic hidden"),
        "style.auc_own": Label("AUC against the person, topic hidden"),
    }

    whole: Voice
    style: Voice
    others: dict[str, int] = field(default_factory=dict)  # whose posts the classifier knows, and how many
    imitations: int = 0  # posts of the n-gram model that the classifier has learnt to refuse
    kept_words: tuple[str, ...] = ()  # that the style classifier sees

    def headline(self, context: ReportContext) -> Headline:
        """Whether it sounds like the person, with all words."""
        return Headline(
            f"Does it sound like {context.who}?",
            *_likeness(self.whole, context.who),
        )

    def sections(self, context: ReportContext) -> list[Section]:
        """Closeness to the person, with and without topic, and comparisons of episodes."""
        who, whole = context.who, self.whole
        (*_, of_whole), (*_, of_style) = _likeness(whole, who), _likeness(self.style, who)
        return [
            Section(
                name="voice",
                order=10,
                link="Voice",
                title=f"Does it sound like {who}?",
                intro=f"A classifier has learnt to tell {who} from other people. It "
                "then scores posts that it has not seen.",
                blocks=[
                    Panel("With all words", of_whole, "whole.closeness", AXIS),
                    Panel("With the topic hidden", of_style, "style.closeness", AXIS),
                    Panel("Beside other people", _auc_sentence(whole.auc, who), "whole.auc", AXIS),
                    Panel(f"Beside {who}", _own_auc_sentence(whole.auc_own, who), "whole.auc_own", AXIS),
                ],
            )
        ]

    def methods(self, context: ReportContext) -> list[Method]:
        """What closeness and AUC are, whom the classifier knows, and which words it sees."""
        who, visible = context.who, ", ".join(self.kept_words)
        return [
            Method(20, "Closeness", self._closeness_method(who)),
            Method(
                20,
                "AUC",
                "The chance that the classifier scores a batch of the one side higher than a batch of "
                f"the other: 50 % is a coin’s. Posts are read in batches of {EPISODE} (Rivera-Soto et al. "  # noqa: RUF001
                "2021). Batches are easy to tell apart, so this is near 100 % for much that is not other "
                "people’s.",  # noqa: RUF001
            ),
            Method(
                20,
                "Topic hidden",
                f"The same with every word masked letter by letter, but for the {len(self.kept_words)} that "
                "both sides use most (text distortion, Stamatatos 2017; Wegmann et al. 2022, arXiv "
                "2204.04907, on why). It is never perfect: what people write about is part of how they "
                "write.",
                more=("The words left", visible) if visible else None,
            ),
        ]

    def _closeness_method(self, who: str) -> str:
        earlier = self.whole.earlier
        known = (
            f" It knows {self._known_posts()}. Where these write in another place or time, that alone makes "
            f"{who} easier to tell."
            if self.others
            else ""
        )
        change = (
            f" People change: on this scale earlier posts by {who}, which it had not seen either, "
            f"come to {100 * earlier.value:.0f} %, so more than 100 % need not be overdone."
            if earlier
            else ""
        )
        refused = (
            f" It has also learnt to refuse {self.imitations:,} posts of an n-gram model, which have "
            f"{who}'s runs of letters and no sense."
            if self.imitations
            else ""
        )
        return (
            f"A classifier learns to tell {who} from other people by runs of 3 to 5 characters (TF-IDF and "
            "logistic regression; Stamatatos 2009). Its mean log-odds are put on a scale where other "
            f"people’s posts are 0 % and unseen posts by {who} are 100 %.{known}{refused} "  # noqa: RUF001
            f"Broken or shuffled sentences with the right words can still come close.{change}"
        )

    def _known_posts(self) -> str:
        """Whose posts the classifier knows, and how many."""
        many = [f"{count:,} posts of {MANY}" for name, count in self.others.items() if name == MANY]
        people = [f"{count:,} posts of {name}" for name, count in self.others.items() if name != MANY]
        return listed([*many, *people])


ANSWER = Authorship


def measure(material: Material, *, seed: int) -> Authorship:
    """How much each group sounds like the person."""
    groups, known = material.groups, equal_parts(material.reference, MOST)
    mine, theirs = list(material.typical[-MOST:]), list(chain.from_iterable(known.values()))
    reason = _too_little(mine, theirs, material)
    if reason:
        return Authorship(whole=unmeasured(reason), style=unmeasured(reason))
    visible = shared_words(mine, theirs, VISIBLE_WORDS)
    mask = masker(visible)
    masked = {name: [mask(text) for text in posts] for name, posts in groups.items()}
    sides = _sides(mine, theirs, material, seed)
    return Authorship(
        whole=voice(sides, groups, seed),
        style=voice(_masked(sides, mask), masked, seed),
        imitations=len(material.imitations),
        others={name: len(posts) for name, posts in known.items()},
        kept_words=tuple(sorted(visible)),
    )


def _sides(mine: Sequence[str], theirs: Sequence[str], material: Material, seed: int) -> Sides:
    """The person's posts on one side, other people's and imitations on the other."""
    apart = held_back(len(mine), seed)
    rest = [text for text, is_apart in zip(mine, apart, strict=True) if not is_apart]
    return Sides(
        mine=mine,
        refused=[*theirs, *material.imitations],
        held_back=apart,
        refused_by_rest=[*theirs, *material.imitations_of(rest)],
    )


def _masked(sides: Sides, mask: Callable[[str], str]) -> Sides:
    """The same posts with their topic hidden."""
    return replace(
        sides,
        mine=[mask(text) for text in sides.mine],
        refused=[mask(text) for text in sides.refused],
        refused_by_rest=[mask(text) for text in sides.refused_by_rest],
    )


def _too_little(mine: Sequence[str], others: Sequence[str], material: Material) -> str:
    """Why nothing can be measured; "" if it can."""
    if len(mine) < LEAST:
        return f"{counted(len(mine), 'training post')}; {LEAST} are needed to learn the difference"
    if len(others) < LEAST:
        return material.too_few_others(len(others), LEAST)
    needed = {OWN: "unseen posts of the person", OTHERS: "posts of other people"}
    absent = [words for name, words in needed.items() if name not in material.groups]
    return f"too few {listed(absent)} to compare with" if absent else ""


def _likeness(voice: Voice, who: str) -> tuple[str, Grade, str]:
    """The answer, its grade, and where the model stands between other people and the person."""
    row = voice.closeness
    model, own = row.model, row.ceiling
    if model is None or own is None:
        return "Unknown", "unknown", inconclusive(row)
    scale = f"From other people (0 %) to {who}'s own unseen posts (100 %)"
    start = f"{scale}, the model comes to {percent(model.value)}"
    level = floors(name for name, floor in row.floors.items() if not model.above(floor))
    doubt = f", not clearly more than {level}" if level else ""
    beside = f"not clearly closer than {level}" if level else "closer than all else"
    if model.above(own):
        answer, grade, excess = _excess(voice, model, own, who)
        sentence = f"{start}{doubt}: {excess}."
    elif own.above(model):
        answer, grade = "Partly", "fair"
        sentence = f"{start}: short of {who}'s own, and {beside}."
    else:
        answer, grade = "Yes", "good"
        sentence = f"{start}: as near as {who}'s own, as far as can be told, and {beside}."
    return ("Not for sure", "bad", sentence) if level else (answer, grade, sentence)


def _excess(voice: Voice, model: Figure, own: Figure, who: str) -> tuple[str, Grade, str]:
    """What it says that a model is more typical of the person than their later posts are."""
    if voice.earlier is not None and not model.above(voice.earlier):
        learnt = f"as {who}'s earlier posts are, from which it learnt ({percent(voice.earlier.value)})"
        return "Yes", "good", f"more typical of {who} than {who}'s later posts, {learnt}"
    floor_figures = voice.closeness.floors.items()
    nearer = [name for name, floor in floor_figures if model.above(floor) and not own.above(floor)]
    come = "come" if len(nearer) > 1 or OTHERS in nearer else "comes"
    beside = f"; {floors(nearer)} {come} nearer" if nearer else ""
    overdone = f"it overdoes the voice, more typical of {who} than {who}'s own later posts are{beside}"
    return "Yes, too much", "fair", overdone


def _auc_sentence(row: Row, who: str) -> str:
    """How often a classifier takes a batch of the model's posts for the person's, beside other people's."""
    if row.model is None:
        return inconclusive(row)
    also = f", the base's in {of_100(row.floors[BASE].value)}" if BASE in row.floors else ""
    also += f", {who}'s own unseen posts in {of_100(row.ceiling.value)}" if row.ceiling else ""
    return (
        f"Given a batch of the model's posts and one of other people's, a classifier takes the model's "
        f"for {who}'s in {of_100(row.model.value)} of 100 cases{also}. 50 would be guessing."
    )


def _own_auc_sentence(row: Row, who: str) -> str:
    """How often a classifier finds the model's posts more typical than the person's."""
    if row.model is None:
        return inconclusive(row)
    return (
        f"Given a batch of the model's posts and one of {who}'s own, the same classifier finds the model's "
        f"more like {who} in {of_100(row.model.value)} of 100 cases. 50 would be as good as {who}, more is "
        "overdone."
    )
