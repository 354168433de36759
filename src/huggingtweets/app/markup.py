"""Pieces of HTML. Text from posts, names and files is inserted with `Markup.format`, which escapes it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

from markupsafe import Markup

_EMPTY = Markup('<div class="ht-empty"><p class="ht-big">{}</p><p>{} {}</p></div>')
_PROBLEM = Markup('<div class="ht-problem" role="alert"><p class="ht-big">{}</p><p>{}</p></div>')


def joined(parts: Iterable[Markup]) -> Markup:
    """Concatenate the parts."""
    return Markup("").join(parts)


def empty(title: str, text: str, way: Markup = Markup("")) -> Markup:  # noqa: B008 -- it cannot change
    """A placeholder, shown until there is something to show; `way` leads to the step that is missing."""
    return _EMPTY.format(title, text, way)


def problem(message: str, title: str = "That did not work") -> Markup:
    """An error."""
    return _PROBLEM.format(title, message)


def note(text: str) -> Markup:
    """A remark, which screen readers read out when it changes."""
    return Markup('<p class="ht-note" role="status">{}</p>').format(text)


def data_url(png: bytes) -> str:
    """A picture as an address that holds it."""
    return "data:image/png;base64," + b64encode(png).decode()


def picture(png: bytes, description: str, *, file: str = "") -> Markup:
    """A picture as part of the HTML, with a link to download it where `file` names the download."""
    data = data_url(png)
    image = Markup('<img class="ht-picture" src="{}" alt="{}">').format(data, description)
    if not file:
        return image
    return image + Markup('<a class="ht-link" download="{}" href="{}">Download the picture</a>').format(
        file, data
    )


def document(address: str, title: str) -> Markup:
    """An HTML document in a sandboxed frame, which runs no scripts; on a phone only the link to it."""
    return Markup(
        '<a class="ht-link" href="{0}" target="_blank" rel="noopener">Open the full page</a>'
        '<iframe class="ht-frame" sandbox="allow-popups" loading="lazy" title="{1}" src="{0}"></iframe>'
    ).format(address, title)
