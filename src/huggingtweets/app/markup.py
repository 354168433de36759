"""Pieces of HTML. Text from posts, names and files is inserted with `Markup.format`, which escapes it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

from markupsafe import Markup

_EMPTY = Markup('<div class="ht-empty"><p class="ht-big">{}</p><p>{}</p></div>')
_PROBLEM = Markup('<div class="ht-problem" role="alert"><p class="ht-big">{}</p><p>{}</p></div>')


def joined(parts: Iterable[Markup]) -> Markup:
    """Concatenate the parts."""
    return Markup("").join(parts)


def empty(title: str, text: str) -> Markup:
    """A placeholder, shown until there is something to show."""
    return _EMPTY.format(title, text)


def problem(message: str, title: str = "That did not work") -> Markup:
    """An error."""
    return _PROBLEM.format(title, message)


def note(text: str) -> Markup:
    """A remark, which screen readers read out when it changes."""
    return Markup('<p class="ht-note" role="status">{}</p>').format(text)


def picture(png: bytes, description: str, *, file: str = "") -> Markup:
    """A picture as part of the HTML, with a link to download it where `file` names the download."""
    data = "data:image/png;base64," + b64encode(png).decode()
    image = Markup('<img class="ht-picture" src="{}" alt="{}">').format(data, description)
    if not file:
        return image
    return image + Markup('<a class="ht-link" download="{}" href="{}">Download the picture</a>').format(
        file, data
    )


def document(html: str, title: str) -> Markup:
    """An HTML document in a sandboxed frame, which runs no scripts."""
    return Markup('<iframe class="ht-frame" sandbox title="{}" srcdoc="{}"></iframe>').format(title, html)
