"""The rules of cleaning: what a user can drop, and whether a text is short."""

from __future__ import annotations

import re
from datetime import date

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ..errors import UserError
from ..text import UNSPACED
from ..text.languages import language_code, nearest_code
from ..types import Post
from .languages import LANGUAGES
from .text import LINK, MENTION

NOT_A_WORD = re.compile(r"^\W*[@#\uff03]")
_MENTION = re.compile(MENTION)
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
LETTER = re.compile(r"\w")
MIN_WORDS = 3


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
    exclude: frozenset[str] | UnsetType = UNSET  # ids, or handle/id, as two people may have the same ids
    exclude_matching: str | UnsetType = UNSET  # a regular expression; case counts

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise UserError(f"there is no day from {self.since} until {self.until}; swap the two")
        if self.lang is not None and self.lang not in LANGUAGES:
            near = (language_code(self.lang), nearest_code(self.lang))
            meant = next((code for code in near if code in LANGUAGES), "")
            raise UserError(
                f"language {self.lang!r} is not known; give its code (ISO 639-1), like en or ja"
                + (f"; did you mean {meant!r}?" if meant else "")
            )
        try:
            re.compile(self.exclude_matching or "")
        except re.error as error:
            raise UserError(
                f"{self.exclude_matching!r} is no regular expression ({error}); put \\ before signs "
                "that mean themselves"
            ) from error

    def recorded(self) -> dict[str, bool | str | None]:
        """The rules for records and trackers, without what was taken out by hand, which is private."""
        fields: dict[str, bool | str | None] = msgspec.to_builtins(self)
        return {name: value for name, value in fields.items() if not name.startswith("exclude")}

    def excludes(self, post: Post) -> bool:
        """Whether a post is taken out by hand."""
        return self.excludes_by_id(post) or bool(
            self.exclude_matching and re.search(self.exclude_matching, post.text)
        )

    def excludes_by_id(self, post: Post) -> bool:
        """Whether a post is taken out by its id, alone or with the handle."""
        return bool(self.ids_given(post))

    def ids_given(self, post: Post) -> frozenset[str]:
        """Those of the ids to take out that a post has, alone or with the handle."""
        return self.exclude & {post.id, qualified_id(post)} if self.exclude else frozenset()


def qualified_id(post: Post) -> str:
    """The id of a post among those of several people, whose tables may give the same ids."""
    return f"{post.author}/{post.id}"


def is_short(text: str) -> bool:
    """Whether a text has fewer than three words, without links, mentions and hashtags (the rule of 2020)."""
    beginning = text.split(None, MIN_WORDS)[:MIN_WORDS]
    if len(beginning) == MIN_WORDS and all(map(str.isalnum, beginning)):
        return False  # as most texts begin
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
