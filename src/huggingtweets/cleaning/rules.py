"""CleaningRules that drop a post: pure functions, a post in, yes or no out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING

from ..types import Post
from .text import LINK

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

NO_WORD = re.compile(r"^\W*[@#]")
LETTER = re.compile(r"\w")
MIN_WORDS = 3
SAMPLE = 200  # posts whose language is guessed
CERTAIN = 0.9  # probability from which on a guessed language counts


def is_short(text: str) -> bool:
    """Whether fewer than three words are left besides links, mentions and hashtags (the rule of 2020)."""
    words = 0
    for part in text.split():
        words += part.isalnum() or _is_word(part)
        if words == MIN_WORDS:
            return False
    return not _is_dense(text)


def _is_word(part: str) -> bool:
    """Whether a part between spaces is neither link, mention nor hashtag, and not of punctuation alone."""
    return not NO_WORD.match(part) and not LINK.search(part) and LETTER.search(part) is not None


def _is_dense(text: str) -> bool:
    """Scripts written without spaces have no words to count: six of their letters make a post."""
    return len(re.findall(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]", text)) >= 2 * MIN_WORDS


def is_between(when: datetime | None, since: date | None, until: date | None) -> bool:
    """Whether a post is of these days, both ends within; one without a date is of none."""
    if since is None and until is None:
        return True
    return when is not None and (since or date.min) <= when.date() <= (until or date.max)


def is_in_language(text: str, named: str | None, wanted: str) -> bool:
    """Whether a post is in the `wanted` language (ISO 639-1).

    `named` is what the place says of the post; where it says nothing the text decides, and a text too
    short to be sure of stays in.
    """
    if named:
        return named.lower().split("-")[0] == wanted.lower()
    guess, probability = _identifier().classify(text)
    return bool(guess == wanted.lower() or probability < CERTAIN)


def main_language(posts: Sequence[Post]) -> str:
    """The language of most posts, ISO 639-1: as the place names it, or guessed from a sample of them."""
    named: Counter[str] = Counter()
    for code, count in Counter(post.lang for post in posts).items():
        if code:
            named[code.lower().split("-")[0]] += count
    if not named:
        sample = posts[:: max(1, len(posts) // SAMPLE)]
        named = Counter(_identifier().classify(post.text)[0] for post in sample)
    return named.most_common(1)[0][0] if named else ""


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 -- 0.1 s, seldom needed

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def languages() -> tuple[str, ...]:
    """The languages that can be asked for, as ISO 639-1 codes."""
    return tuple(sorted(str(label) for label in _identifier().labels))
