"""Links that send a post to a network, with the words that it is a bot's."""

from __future__ import annotations

import re
from urllib.parse import quote

from ..errors import UserError
from ..reporting.picture import plain
from ..types import Record, Sample

X, BLUESKY, MASTODON = 280, 300, 500  # characters that fit in a post
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
SERVER = "mastodon.social"


def links(sample: Sample, record: Record, server: str = SERVER) -> list[tuple[str, str]]:
    """Networks, and where their window for a new post opens.

    Raises:
        UserError: the Mastodon server is no host.
    """
    host = server.strip().lower().removeprefix("https://").rstrip("/") or SERVER
    if not HOST.fullmatch(host):
        raise UserError(f"{server} is no server of Mastodon; expected one like {SERVER}")
    return [
        ("X", f"https://x.com/intent/post?text={quote(text(sample, record, X), safe='')}"),
        ("Bluesky", f"https://bsky.app/intent/compose?text={quote(text(sample, record, BLUESKY), safe='')}"),
        ("Mastodon", f"https://{host}/share?text={quote(text(sample, record, MASTODON), safe='')}"),
    ]


def text(sample: Sample, record: Record, longest: int) -> str:
    """The post and the words that it is a bot's, cut so that the words always have room."""
    who = " + ".join(plain(author.account.name) for author in record.authors)
    show_errors = (
        f"\n\n🤖 Not a person: a language model taught with posts of {_cut(who, longest // 3)} wrote this."
    )
    return _cut(plain(sample.text), longest - len(show_errors)) + show_errors


def _cut(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"
