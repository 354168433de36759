"""Takes out of a text what it quotes: by the marks of Markdown, of forums, and of Weibo."""

from __future__ import annotations

import re

from .mail_messages import cut_attribution

_FORUM = re.compile(  # the innermost of quotations in one another
    r"\[quote\b(?:=\"[^\"\n]{0,200}\")?+[^\[\]\n]{0,200}\]"
    r"(?:(?!\[/?quote\b).)*+"
    r"\[/quote\b[^\[\]\n]{0,40}\]",
    re.IGNORECASE | re.DOTALL,
)
_DEEPEST = 20  # quotations around a quotation
_MARKED = re.compile(r"[ \t]{0,3}>(?:[ \t>]|$)")
_COLONS = (":", "\uff1a")
_CHAIN = re.compile(  # Weibo: //@who: the words of others
    r"\s*//\s?[@\uff20][^\s:\uff1a/]{1,40}\s?[:\uff1a].*", re.DOTALL
)


def without_quotations(text: str) -> str:
    """Return a text without what it quotes from others.

    Lines after `>` are a quotation where they begin the text or a paragraph, or follow a colon, and the
    writer's own words are behind them; otherwise a person may have written them so.
    """
    if "[/" in text:
        text = _without_forum_quotations(text)
    if ">" in text and "\n" in text:
        text = _without_marked_lines(text)
    return _CHAIN.sub("", text) if "//" in text else text


def _without_forum_quotations(text: str) -> str:
    for _ in range(_DEEPEST):
        text, count = _FORUM.subn("\n", text)
        if not count:
            break
    return text


def _without_marked_lines(text: str) -> str:
    lines = text.split("\n")
    is_marked = [_MARKED.match(line) is not None for line in lines]
    last_own = max(
        (number for number, line in enumerate(lines) if line.strip() and not is_marked[number]), default=-1
    )
    own: list[str] = []
    is_quoted = False
    for number, line in enumerate(lines):
        is_quoted = is_marked[number] and (is_quoted or _may_be_quoted(own, is_last=number > last_own))
        if not is_quoted:
            own.append(line)
        elif not is_marked[number - 1] or number == 0:
            cut_attribution(own)
    return "\n".join(own).strip()


def _may_be_quoted(above: list[str], *, is_last: bool) -> bool:
    """Whether a marked line below others is a quotation; `is_last`: no own words are behind it."""
    said = next((line for line in reversed(above) if line.strip()), "")
    return said.rstrip().endswith(_COLONS) or (not is_last and not (above and above[-1].strip()))
