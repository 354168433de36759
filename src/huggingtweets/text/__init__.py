"""The text of a post: its words, and the private details that it may hold."""

from .words import (
    EMOJI,
    HASHTAG,
    MARKS,
    MENTION,
    NAME,
    NEAR,
    SHINGLE,
    UNSPACED,
    WORD,
    Word,
    folded,
    normalized,
    printable,
    signs,
    spans,
    words,
)

__all__ = [
    "EMOJI",
    "HASHTAG",
    "MARKS",
    "MENTION",
    "NAME",
    "NEAR",
    "SHINGLE",
    "UNSPACED",
    "WORD",
    "Word",
    "folded",
    "normalized",
    "printable",
    "signs",
    "spans",
    "words",
]
