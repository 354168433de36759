"""Links that share a post on a network, with a notice that a bot wrote it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from urllib.parse import quote

from ..reporting.picture import plain
from ..types import Record, Sample
from .language import _
from .messages import PageError

X, BLUESKY, MASTODON = 280, 300, 500  # characters that a post of the network may have
# as X counts (twitter-text, version 3): these are one character each, Japanese, emoji and all others two
SINGLE_ON_X = (range(4352), range(8192, 8206), range(8208, 8224), range(8242, 8248))
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
        ("X", f"https://x.com/intent/post?text={quote(share_text(sample, record, X, _on_x), safe='')}"),
        (
            "Bluesky",
            f"https://bsky.app/intent/compose?text={quote(share_text(sample, record, BLUESKY), safe='')}",
        ),
        ("Mastodon", f"https://{host}/share?text={quote(share_text(sample, record, MASTODON), safe='')}"),
    ]


def share_text(sample: Sample, record: Record, limit: int, count: Callable[[str], int] = lambda _: 1) -> str:
    """The post and the notice, at most `limit` characters: the post is cut so that the notice fits.

    Args:
        sample: the post.
        record: the model that wrote it.
        limit: of the network.
        count: as how many characters the network counts one.
    """
    notice = f"\n\n{_notice(record, limit // 3, count)}"
    return _cut(plain(sample.text), limit - sum(map(count, notice)), count) + notice


def file_text(texts: Sequence[str], record: Record) -> str:
    """The notice and all posts, for a text file; an empty line stands between them."""
    return "\n\n".join([_notice(record, X), *map(plain, texts)]) + "\n"


def _on_x(character: str) -> int:
    return 1 if any(ord(character) in single for single in SINGLE_ON_X) else 2


def _notice(record: Record, most: int, count: Callable[[str], int] = lambda _: 1) -> str:
    """What wrote a post, with the names of the people it learnt from in at most so many characters."""
    authors = " + ".join(plain(author.account.name) for author in record.authors)
    return f"🤖 Not a person: a language model trained on posts of {_cut(authors, most, count)} wrote this."


def _cut(text: str, limit: int, count: Callable[[str], int]) -> str:
    ends = list(accumulate(map(count, text)))
    if not ends or ends[-1] <= limit:
        return text
    return text[: bisect_right(ends, limit - count("…"))].rstrip() + "…"
