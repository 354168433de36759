"""Links that share a post on a network, with a notice that a bot wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from ..reporting.picture import plain
from ..types import Record, Sample
from .language import _
from .messages import PageError

X, BLUESKY, MASTODON = 280, 300, 500  # characters that a post of the network may have
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
SERVER = "mastodon.social"


def links(sample: Sample, record: Record, server: str = SERVER) -> list[tuple[str, str]]:
    """The name of each network, and the address that opens a new post there.

    Args:
        sample: the post.
        record: the model that wrote it.
        server: host name of the visitor's Mastodon server.

    Raises:
        UserError: the Mastodon server is no host name.
    """
    host = server.strip().lower().removeprefix("https://").rstrip("/") or SERVER
    if not HOST.fullmatch(host):
        raise PageError(
            _("{typed} is not a Mastodon server; expected one like {example}").format(
                typed=server, example=SERVER
            )
        )
    return [
        ("X", f"https://x.com/intent/post?text={quote(share_text(sample, record, X), safe='')}"),
        (
            "Bluesky",
            f"https://bsky.app/intent/compose?text={quote(share_text(sample, record, BLUESKY), safe='')}",
        ),
        ("Mastodon", f"https://{host}/share?text={quote(share_text(sample, record, MASTODON), safe='')}"),
    ]


def share_text(sample: Sample, record: Record, limit: int) -> str:
    """The post and the notice, at most `limit` characters: the post is cut so that the notice fits."""
    notice = f"\n\n{_notice(record, limit // 3)}"
    return _cut(plain(sample.text), limit - len(notice)) + notice


def file_text(texts: Sequence[str], record: Record) -> str:
    """The notice and all posts, for a text file; an empty line stands between them."""
    return "\n\n".join([_notice(record, X), *map(plain, texts)]) + "\n"


def _notice(record: Record, most: int) -> str:
    """What wrote a post, with the names of the people it learnt from in at most so many characters."""
    authors = " + ".join(plain(author.account.name) for author in record.authors)
    return f"🤖 Not a person: a language model trained on posts of {_cut(authors, most)} wrote this."


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
