"""HTML of a post that a model wrote: who it writes like, the badge of a bot, and the text."""

from __future__ import annotations

from markupsafe import Markup

from ...reporting.picture import plain
from ...types import Record
from ..language import N_, _

REFUSED_TEXT = N_(
    "All its drafts copied a post or named somebody, so none is shown. Try another beginning, or let it "
    "write wilder."
)
UNFINISHED = Markup('<article class="ht-post" id="{id}" aria-busy="true">{by}{text}</article>')

_TEXT = Markup('<p class="ht-post-text"><b>{prompt}</b>{rest}{caret}</p>')
_CARET = Markup('<span class="ht-caret"></span>')
_FACE = Markup('<span class="ht-small-face" aria-hidden="true"></span>')
_BY = Markup(
    '<header class="ht-by">{face}<span><b>{name}</b> '
    '<span class="ht-handle">{handle}</span></span> <span class="ht-badge">{bot}</span></header>'
)


def by(record: Record) -> Markup:
    """Who the model writes like, as networks show the author of a post."""
    accounts = [author.account for author in record.authors]
    name = " + ".join(plain(account.name) or plain(account.handle) for account in accounts)
    handle = f"@{plain(accounts[0].handle)}" if len(accounts) == 1 else ""
    return _BY.format(face=_FACE, name=name, handle=handle, bot=_("AI BOT"))


def by_base(name: str) -> Markup:
    """The name of a base, which writes like nobody."""
    return _BY.format(face="", name=name, handle="", bot=_("AI BOT"))


def text(prompt: str, text: str, *, caret: bool = False) -> Markup:
    """A post with its prompt set apart; while it is being written, with a caret."""
    if caret and len(text) <= len(prompt):
        text = prompt
    beginning, rest = _split(prompt, text)
    return _TEXT.format(prompt=beginning, rest=rest, caret=_CARET if caret else "")


def _split(prompt: str, text: str) -> tuple[str, str]:
    """A post, split into the prompt and what the model wrote."""
    prompt, text = plain(prompt), plain(text)
    length = len(prompt) if text.startswith(prompt) else 0
    return text[:length], text[length:]
