"""HTML of the guide in the Posts tab: how to get an archive, a fold for each network."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from ..archives import networks
from ..markup import joined

_MARKS = (  # of Markdown, in the order in which they are looked for
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*]+)\*"), r"<b>\1</b>"),
)
_GUIDE = Markup('<div class="ht-guide" lang="en">{}</div>')
_NETWORK = Markup('<details name="ht-guide"><summary>{}</summary><ol>{}</ol></details>')
_STEP = Markup("<li>{}</li>")


def guide() -> Markup:
    """The steps of every network."""
    return _GUIDE.format(
        joined(
            _NETWORK.format(network.name, joined(_STEP.format(_html(step)) for step in network.steps))
            for network in networks()
        )
    )


def _html(step: str) -> Markup:
    """A step with its marks as HTML."""
    html = str(escape(step))
    for mark, element in _MARKS:
        html = mark.sub(element, html)
    return Markup(html)  # noqa: S704 -- escaped above
