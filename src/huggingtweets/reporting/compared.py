"""Samples beside the training posts that they are most like, with the words that both share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup, escape
from msgspec import Struct

from ..text import WORD
from .picture import plain

RUN = 3  # words in a row that are marked if both posts have them


class Compared(Struct, frozen=True, kw_only=True):
    """A generated post as it came, and the training post that it is most like."""

    text: str
    similarity: float  # Jaccard similarity of both, 0 to 1
    run: int  # words of the longest run that the sample shares with any training post
    nearest: str = ""  # the training post; "" if training posts must not be shown
    prompt: str = ""  # with which the text begins


def lines(text: str) -> str:
    """`text` without control characters and those that turn its direction; line breaks stay."""
    return "\n".join(filter(None, map(plain, text.splitlines())))


def marked(text: str, other: str) -> Markup:
    """`text` as HTML, with a <mark> around each run of three or more words that `other` has, too."""
    words = list(WORD.finditer(text))
    other_runs = set(_runs(WORD.findall(other)))
    begins = [place for place, run in enumerate(_runs([word[0] for word in words])) if run in other_runs]
    html, end = Markup(), 0
    for first, last in _blocks({place + step for place in begins for step in range(RUN)}):
        start, stop = words[first].start(), words[last].end()
        html += escape(text[end:start]) + Markup("<mark>{}</mark>").format(text[start:stop])
        end = stop
    return html + escape(text[end:])


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Every run of `RUN` words; case and the kind of apostrophe make no difference."""
    folded = [word.casefold().replace("\u2019", "'") for word in words]
    return zip(*(folded[step:] for step in range(RUN)), strict=False)


def _blocks(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch of whole numbers without a gap."""
    rest = sorted(places)
    while rest:
        length = next((n for n in range(1, len(rest)) if rest[n] != rest[0] + n), len(rest))
        yield rest[0], rest[length - 1]
        rest = rest[length:]
