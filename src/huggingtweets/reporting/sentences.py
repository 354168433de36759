"""What the figures of an evaluation mean: plain sentences that follow from them, and from nothing else.

Figures count as different only where their 95 % intervals do not meet, which is careful: far fewer than 5 in
100 such differences are chance. `who` is the person as the page names them, for example "@ada".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..results import BASE, MODEL, NGRAM, OTHERS, OWN, Copying, Distribution, Figure, Giveaways, Row
from ..types import CurvePoint
from .measures import percent

NOTABLE = 0.02  # of posts: a gap that is worth a word
WHOSE = {BASE: "the base", NGRAM: "the n-gram model", OTHERS: "other people"}


def in_100(share: float) -> str:
    """A share as a count that can be pictured, "12 in 100"."""
    count = round(100 * share)
    if count == 0 < share:
        return "fewer than 1 in 100"
    if share < 1 and count == 100:  # noqa: PLR2004 -- all of a hundred
        return "more than 99 in 100"
    return f"{count} in 100"


def of_100(share: float) -> str:
    """A share as a count of a hundred cases that the sentence has named, "12"."""
    return in_100(share).removesuffix(" in 100")


def listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them, "a, b and c"."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def above(a: Figure, b: Figure) -> bool:
    """Whether `a` is larger than `b` beyond doubt: their intervals do not meet."""
    return a.low > b.high


def silent(row: Row) -> str:
    """That nothing can be concluded, and why."""
    return f"Nothing can be concluded: {row.unknown}."


def _floors(names: Iterable[str]) -> str:
    """Floors as a sentence lists them, "" for none."""
    found = [WHOSE.get(name, name) for name in names]
    return listed(found) if found else ""


# Does it predict? ------------------------------------------------------------------------------------------


def learning(curve: Sequence[CurvePoint]) -> str:
    """What training did to the bits per byte of held-out posts."""
    if len(curve) < 2:  # noqa: PLR2004 -- before and after
        return "Nothing was measured while it learnt."
    before, best = curve[0].bits_per_byte, min(curve, key=lambda point: point.bits_per_byte)
    if best is curve[0]:
        return f"Training did not help: a byte of unseen posts still costs {before:.2f} bits."
    later = "" if best is curve[-1] else ", and further passes made it no better"
    return (
        f"Training cut the cost of a byte of unseen posts from {before:.2f} to {best.bits_per_byte:.2f} "
        f"bits; the best came after {best.epoch:.1f} of {curve[-1].epoch:.1f} passes over the posts{later}."
    )


def copying_begins(epoch: float | None, own: Figure, run: int, who: str) -> str:
    """From when on the model copied more than the person does, None for never."""
    usual = f"{who} does ({in_100(own.value)} posts)"
    if epoch is None:
        return f"At no time did it repeat {run} words in a row clearly more often than {usual}."
    return (
        f"After {epoch:.1f} passes copying begins: it repeats {run} words in a row more often than {usual}."
    )


def prediction(row: Row, who: str) -> str:
    """What a byte of the person's next posts costs, fewer bits being better."""
    if row.model is None:
        return silent(row)
    floors = "".join(f", {WHOSE.get(name, name)} {floor.value:.2f}" for name, floor in row.floors.items())
    better = _floors(name for name, floor in row.floors.items() if above(floor, row.model))
    level = _floors(name for name, floor in row.floors.items() if not above(floor, row.model))
    said = [f"it clearly beats {better}"] * bool(better) + [f"it does not clearly beat {level}"] * bool(level)
    return (
        f"To predict a byte of {who}'s next posts the model needs {row.model.value:.2f} bits{floors}. "
        f"Fewer is better{': ' if said else ''}{', but '.join(said)}."
    )


# Does it sound like the person? ----------------------------------------------------------------------------


def closeness(row: Row, who: str, earlier: Figure | None = None) -> str:
    """Where the model stands between other people and the person; `earlier` is where training posts do."""
    model, own = row.model, row.ceiling
    if model is None or own is None:
        return silent(row)
    scale = f"From other people (0 %) to {who}'s own unseen posts (100 %)"
    begun = f"{scale}, the model comes to {percent(model.value)}"
    if above(model, own) and earlier is not None and not above(model, earlier):
        return (
            f"{begun}: more typical of {who} than {who}'s later posts, as {who}'s earlier posts are, from "
            f"which it learnt ({percent(earlier.value)})."
        )
    if above(model, own):
        nearer = _floors(name for name, f in row.floors.items() if above(model, f) and not above(own, f))
        beside = f"; {nearer} comes nearer" if nearer else ""
        return (
            f"{begun}: it overdoes the voice, more typical of {who} than {who}'s own later posts are{beside}."
        )
    level = _floors(name for name, f in row.floors.items() if not above(model, f))
    if not above(own, model):
        return f"{begun}: as near as {who}'s own, as far as can be told."
    return f"{begun}: short of {who}'s own, and " + (
        f"not clearly closer than {level}." if level else "closer than all else."
    )


def told_from_others(row: Row, who: str) -> str:
    """How often a reader takes a batch of the model's posts for the person's, beside other people's."""
    if row.model is None:
        return silent(row)
    also = [f"the base's in {of_100(row.floors[BASE].value)}"] if BASE in row.floors else []
    also += [f"{who}'s own unseen posts in {of_100(row.ceiling.value)}"] if row.ceiling else []
    return (
        f"Given a batch of the model's posts and one of other people's, a trained reader takes the model's "
        f"for {who}'s in {of_100(row.model.value)} of 100 cases{''.join(f', {said}' for said in also)}. "
        "50 would be guessing."
    )


def before_own(row: Row, who: str) -> str:
    """How often a reader finds the model's posts more typical than the person's."""
    if row.model is None:
        return silent(row)
    return (
        f"Given a batch of the model's posts and one of {who}'s own, the same reader finds the model's "
        f"more like {who} in {of_100(row.model.value)} of 100 cases. 50 would be as good as {who}, more is "
        "overdone."
    )


def detection(row: Row, who: str) -> str:
    """How often a reader that is trained for it finds what a machine wrote."""
    if row.model is None:
        return silent(row)
    also = "".join(f", {WHOSE.get(name, name)} in {of_100(f.value)}" for name, f in row.floors.items())
    own = ""
    if row.ceiling:
        verdict = ": it can tell" if above(row.model, row.ceiling) else ", which is no clear difference"
        own = f"; {who}'s own posts come to {of_100(row.ceiling.value)}{verdict}"
    return (
        f"A reader trained for just that tells the model from {who} in {of_100(row.model.value)} of 100 "
        f"cases{also}. 50 is guessing{own}."
    )


# Does it copy? ---------------------------------------------------------------------------------------------


def copied(row: Row, run: int, who: str) -> str:
    """How often a run of words is taken over."""
    if row.model is None:
        return silent(row)
    begun = f"{_capital(in_100(row.model.value))} of its posts repeat {run} or more words in a row"
    return f"{begun} from a post it learnt from{_beside_own(row, who)}"


def near(row: Row, who: str) -> str:
    """How often a whole post is nearly taken over."""
    if row.model is None:
        return silent(row)
    begun = f"{_capital(in_100(row.model.value))} of its posts are, as a whole, nearly a post it learnt from"
    return f"{begun}{_beside_own(row, who)}"


def _beside_own(row: Row, who: str) -> str:
    if row.model is None or row.ceiling is None:
        return "."
    own = f"; of {who}'s own unseen posts {in_100(row.ceiling.value)} do, which is"
    return f"{own} {_beside(row, higher='clearly less', lower='clearly more', same='no clear difference')}."


def _beside(row: Row, *, higher: str, lower: str, same: str) -> str:
    """Words for where the model stands beside the person, where both are known."""
    if row.model and row.ceiling and above(row.model, row.ceiling):
        return higher
    if row.model and row.ceiling and above(row.ceiling, row.model):
        return lower
    return same


def longest(found: Copying, who: str) -> str:
    """How long the longest run is."""
    if MODEL not in found.longest:
        return ""
    own = (
        f"; the longest in {who}'s own unseen posts has {found.longest[OWN]}" if OWN in found.longest else ""
    )
    return f"The longest run that the model took over has {found.longest[MODEL]} words{own}."


# Is it varied, in the way the person is? -------------------------------------------------------------------


def distinct(row: Row, what: str, who: str) -> str:
    """How many runs of words are different ones."""
    if row.model is None:
        return silent(row)
    begun = f"{in_100(row.model.value)} of its {what} are different ones"
    if row.ceiling is None:
        return f"{_capital(begun)}."
    told = _beside(row, higher="more varied", lower="less varied", same="as varied, as far as can be told")
    return f"{_capital(begun)}, of {who}'s own {in_100(row.ceiling.value)}: it is {told}."


def self_bleu(row: Row, who: str) -> str:
    """How much posts repeat one another."""
    if row.model is None:
        return silent(row)
    begun = f"On a scale from 0 to 1, its posts repeat one another by {row.model.value:.2f}"
    if row.ceiling is None:
        return f"{begun}."
    told = _beside(
        row, higher="it repeats itself more", lower="it repeats itself less", same="no clear difference"
    )
    return f"{begun}, {who}'s own by {row.ceiling.value:.2f}: {told}."


def habit(found: Distribution, who: str) -> str:
    """Whether the model has a habit of the person, and where it is off most."""
    row, model, usual = found.distance, found.shares.get(MODEL), found.shares.get("train")
    if row.model is None or model is None or usual is None:
        return silent(row)
    gap, label, a, b = max(
        (abs(a - b), label, a, b) for label, a, b in zip(found.labels, model, usual, strict=True)
    )
    most = f" Furthest apart at “{label}”: {percent(a)} of the model's, {percent(b)} of {who}'s."
    shown = most if gap >= NOTABLE else ""
    if row.ceiling is None:
        return f"Beside what it learnt from.{shown}"
    if above(row.model, row.ceiling):
        return f"Clearly further from {who}'s habit than {who}'s own later posts.{shown}"
    return f"As near to {who}'s habit as {who}'s own later posts.{shown}"


def hours(counts: Sequence[int], who: str) -> str:
    """When the person posts; a model has no time of day."""
    top = max(range(len(counts)), key=counts.__getitem__)
    share = in_100(counts[top] / sum(counts))
    return (
        f"{who} posts most between {top}:00 and {(top + 1) % 24}:00 UTC, {share} posts. "
        "The model chooses no hour; this is only what it learnt from."
    )


# Does it use the person's words? ---------------------------------------------------------------------------


def giveaways(found: Giveaways, who: str) -> str:
    """How often words that tell the person from others are used, and how many of them."""
    row = found.used
    if row.model is None:
        return silent(row)
    used = sum(word.shares.get(MODEL, 0) > 0 for word in found.words)
    own = f", of {who}'s own unseen posts {in_100(row.ceiling.value)}" if row.ceiling else ""
    others = f", of other people's {in_100(row.floors[OTHERS].value)}" if OTHERS in row.floors else ""
    return (
        f"{_capital(in_100(row.model.value))} of its posts have a word that gives {who} away{own}{others}. "
        f"Of the {len(found.words)} such words it uses {used}."
    )


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
