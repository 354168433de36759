"""HTML of the guide in the Posts tab: how to get an archive, an accordion for each network."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from ..archives import Network, Picture, networks
from ..icons import CLOCK, FILE, MAIL, RIGHT
from ..language import ENGLISH, _
from ..markup import joined

_MARKS = (  # of Markdown, in the order in which they are looked for
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (
        re.compile(r"\[([^]]+)\]\((https://[^)]+)\)"),
        r'<a href="\2" target="_blank" rel="noopener noreferrer">\1</a>',
    ),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*]+)\*"), rf'<b lang="{ENGLISH}">\1</b>'),
)
_GUIDE = Markup('<div class="ht-guide"><p class="ht-note">{}</p>{}</div>')
_NETWORK = Markup('<details name="ht-guide"><summary>{}</summary>{}<ol>{}</ol></details>')
_STEP = Markup("<li>{}</li>")
_PICTURE = Markup('<div class="ht-way" aria-hidden="true" lang="en">{}</div>')
_MENUS = Markup('<span class="ht-menus">{}</span>')
_MENU = Markup("<span>{}</span>")
_FILE = Markup('<span class="ht-file">{}{}</span>')
_WAITS = {"mail": MAIL, "clock": CLOCK}


def guide() -> Markup:
    """The steps of every network."""
    remark = _("Menus are named in English here; yours may be in your language.")
    return _GUIDE.format(remark, joined(map(_network, networks())))


def _network(network: Network) -> Markup:
    steps = joined(_STEP.format(_html(_(step))) for step in network.steps)
    return _NETWORK.format(_(network.name), _picture(network.picture), steps)


def _picture(picture: Picture) -> Markup:
    """The menus, what is waited for, and the file, in a row; the steps say it in words."""
    parts = [_MENUS.format(joined(map(_MENU.format, picture.menus)))] if picture.menus else []
    if picture.wait:
        parts.append(_WAITS[picture.wait])
    parts.append(_FILE.format(FILE, picture.file))
    return _PICTURE.format(RIGHT.join(parts))


def _html(step: str) -> Markup:
    """A step with its marks as HTML; what menus say is in English."""
    html = str(escape(step))
    for mark, element in _MARKS:
        html = mark.sub(element, html)
    return Markup(html)  # noqa: S704 -- escaped above
