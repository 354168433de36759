"""Pieces of HTML. Text from posts, names and files is inserted with `Markup.format`, which escapes it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from io import BytesIO

from markupsafe import Markup
from PIL import Image

from .language import _, current

_EMPTY = Markup('<div class="ht-empty"><p class="ht-big">{}</p><p>{} {}</p></div>')
_PROBLEM = Markup('<div class="ht-problem" role="alert"><p class="ht-big">{}</p><p>{}</p></div>')


def joined(parts: Iterable[Markup]) -> Markup:
    """Concatenate the parts."""
    return Markup("").join(parts)


def heading(title: str, lead: str | Markup = "") -> Markup:
    """The heading of a tab, and a sentence on what it is for."""
    text = Markup('<p class="ht-lead">{}</p>').format(lead) if lead else Markup("")
    return Markup("<h2>{}</h2>{}").format(title, text)


def empty(title: str, text: str, way: Markup = Markup("")) -> Markup:  # noqa: B008 -- it cannot change
    """A placeholder, shown until there is something to show; `way` leads to the step that is missing."""
    return _EMPTY.format(title, text, way)


def problem(message: str, title: str = "", *, lang: str = "") -> Markup:
    """An error.

    Args:
        message: what is wrong, and what to do.
        title: "" for a usual one.
        lang: of the message, where that is not the current language.
    """
    return _PROBLEM.format(title or _("That did not work"), spoken(message, lang))


def spoken(text: str | Markup, lang: str) -> Markup:
    """A text with its language, where that is not the current one."""
    if lang in {"", current()}:
        return Markup("{}").format(text)
    return Markup('<span lang="{}">{}</span>').format(lang, text)


def note(text: str) -> Markup:
    """A remark, which screen readers read out when it changes."""
    return Markup('<p class="ht-note" role="status">{}</p>').format(text)


def busy(text: str) -> Markup:
    """A remark while something takes time."""
    return Markup('<p class="ht-note" role="status"><span class="ht-pulse"></span>{}</p>').format(text)


def data_url(png: bytes) -> str:
    """A picture as an address that holds it."""
    return "data:image/png;base64," + b64encode(png).decode()


def picture(png: bytes, description: str, *, file: str = "") -> Markup:
    """A picture as part of the HTML, with a link to download it where `file` names the download.

    Its size stands beside it, so that the browser keeps its place and nothing below moves when it appears.
    """
    data = data_url(png)
    image = Markup('<img class="ht-picture" src="{}" alt="{}"{}>').format(data, description, _size(png))
    if not file:
        return image
    return image + Markup('<a class="ht-link" download="{}" href="{}">{}</a>').format(
        file, data, _("Download the picture")
    )


def _size(png: bytes) -> Markup:
    """The attributes of a picture's size in pixels; none for what is no picture."""
    try:
        with Image.open(BytesIO(png)) as image:
            return Markup(' width="{}" height="{}"').format(*image.size)
    except (OSError, ValueError, Image.DecompressionBombError):
        return Markup("")


def document(address: str, title: str) -> Markup:
    """An HTML document in a sandboxed frame, which runs no scripts; on a phone only the link to it."""
    return Markup(
        '<a class="ht-link" href="{0}" target="_blank" rel="noopener">{2}</a>'
        '<iframe class="ht-frame" sandbox="allow-popups" loading="lazy" title="{1}" src="{0}"></iframe>'
    ).format(address, title, _("Open the full page"))
