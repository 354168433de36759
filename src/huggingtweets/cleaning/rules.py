"""The rules of cleaning: what a user can drop, and the tests for days, length and language of a post."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ..errors import UserError
from ..text import UNSPACED
from ..types import Post
from .text import LINK, MENTION

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SUBTAG = re.compile(r"[-_ (]|(?<=[a-z])(?=[A-Z])")  # en-US, en_US, zhCn
NOT_A_WORD = re.compile(r"^\W*[@#\uff03]")
_MENTION = re.compile(MENTION)
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
LETTER = re.compile(r"\w")
MIN_WORDS = 3
SAMPLE = 200  # posts whose language is guessed
CERTAIN = 0.9  # the least probability with which a guessed language counts


class CleaningRules(Struct, frozen=True, kw_only=True):
    """What to drop.

    `lang` is an ISO 639-1 code; `since` and `until` are days in UTC, both included. Posts are taken out by
    hand by their ids, or by a regular expression that is looked for in their texts as they were published.
    """

    keep_replies: bool = True
    lang: str | None = None
    keep_line_breaks: bool = False
    since: date | None = None
    until: date | None = None
    exclude: frozenset[str] | UnsetType = UNSET  # ids
    exclude_matching: str | UnsetType = UNSET  # a regular expression; case counts

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise UserError(f"no day is between {self.since} and {self.until}; exchange the two")
        if self.lang is not None and self.lang not in languages():
            known = ", ".join(languages())
            raise UserError(f"language {self.lang!r} is not known; expected one of: {known}")
        try:
            re.compile(self.exclude_matching or "")
        except re.error as error:
            raise UserError(
                f"{self.exclude_matching!r} is no regular expression ({error}); put \\ before signs "
                "that mean themselves"
            ) from error

    def recorded(self) -> dict[str, bool | str | None]:
        """The rules as records and trackers have them: what was taken out by hand is nobody's business."""
        fields: dict[str, bool | str | None] = msgspec.to_builtins(self)
        return {name: value for name, value in fields.items() if not name.startswith("exclude")}

    def excludes(self, post: Post) -> bool:
        """Whether a post is taken out by hand."""
        named = self.exclude is not UNSET and post.id in self.exclude
        return named or bool(self.exclude_matching and re.search(self.exclude_matching, post.text))


def is_short(text: str) -> bool:
    """Whether a text has fewer than three words, without links, mentions and hashtags (the rule of 2020)."""
    words = 0
    for part in text.split():
        words += part.isalnum() or _is_word(part)
        if words == MIN_WORDS:
            return False
    return not _is_dense(text)


def _is_word(part: str) -> bool:
    """Whether a part between spaces is a word: no link, mention or hashtag, and not only punctuation."""
    return not NOT_A_WORD.match(part) and not LINK.search(part) and LETTER.search(part) is not None


def _is_dense(text: str) -> bool:
    """Whether a text has six letters of scripts without spaces, which have no words to count.

    Of Hangul, which may be written without spaces, twelve.
    """
    apart = _MENTION.sub(" ", LINK.sub(" ", text))  # text may be glued to them
    own = "".join(part for part in apart.split() if not NOT_A_WORD.match(part))
    return len(_UNSPACED.findall(own)) + len(_HANGUL.findall(own)) // 2 >= 2 * MIN_WORDS


def is_in_language(text: str, declared: str | None, lang: str) -> bool:
    """Whether a post is in a language.

    Args:
        text: The text of the post.
        declared: The language that the place declares, if any. Without it the language is guessed from the
            text, and an uncertain guess counts as the right language.
        lang: The language, ISO 639-1.
    """
    if declared:
        return language_code(declared) == lang.lower()
    guess, probability = _identifier().classify(text)
    return bool(guess == lang.lower() or probability < CERTAIN)


def language_code(name: str) -> str:
    """Return the code (ISO 639-1) of a language: `en_US`, `zhCn`, `eng` and `English` have one, too."""
    first = _SUBTAG.split(name.strip(), maxsplit=1)[0].casefold()
    return _language_names().get(first, first)


@cache
def _language_names() -> dict[str, str]:
    content = tomllib.loads((files(__package__) / "languages.toml").read_text("utf-8"))
    return {name: code for code, names in content.items() for name in names.split()}


def main_language(posts: Sequence[Post]) -> str:
    """Return the language of most posts, ISO 639-1: as the place declares it, or guessed from a sample."""
    counts: Counter[str] = Counter()
    for code, count in Counter(post.lang for post in posts).items():
        if code:
            counts[language_code(code)] += count
    if not counts:
        sample = posts[:: max(1, len(posts) // SAMPLE)]
        counts = Counter(_identifier().classify(post.text)[0] for post in sample)
    return counts.most_common(1)[0][0] if counts else ""


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 -- 0.1 s, seldom needed

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def languages() -> tuple[str, ...]:
    """Return the codes of all languages that can be recognised, ISO 639-1."""
    return tuple(sorted(str(label) for label in _identifier().labels))
