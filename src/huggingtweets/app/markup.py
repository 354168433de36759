"""Pieces of HTML. Whatever comes from posts, names or files is put in by `format`, which escapes it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

from markupsafe import Markup

_EMPTY = Markup('<div class="ht-empty"><p class="ht-big">{}</p><p>{}</p></div>')
_PROBLEM = Markup('<div class="ht-problem" role="alert"><p class="ht-big">{}</p><p>{}</p></div>')


def joined(parts: Iterable[Markup]) -> Markup:
    """One after the other."""
    return Markup("").join(parts)


def empty(title: str, words: str) -> Markup:
    """What is shown where there is nothing yet."""
    return _EMPTY.format(title, words)


def problem(words: str, title: str = "That did not work") -> Markup:
    """What is shown where something went wrong."""
    return _PROBLEM.format(title, words)


def note(words: str) -> Markup:
    """A quiet remark, read out by screen readers when it changes."""
    return Markup('<p class="ht-note" role="status">{}</p>').format(words)


def picture(png: bytes, words: str, *, file: str = "") -> Markup:
    """A picture inside of the page, with a link to download it where it has a file's name."""
    data = "data:image/png;base64," + b64encode(png).decode()
    image = Markup('<img class="ht-picture" src="{}" alt="{}">').format(data, words)
    if not file:
        return image
    return image + Markup('<a class="ht-link" download="{}" href="{}">Download the picture</a>').format(
        file, data
    )


def document(html: str, words: str) -> Markup:
    """A whole page in a frame that runs nothing."""
    return Markup('<iframe class="ht-frame" sandbox title="{}" srcdoc="{}"></iframe>').format(words, html)
