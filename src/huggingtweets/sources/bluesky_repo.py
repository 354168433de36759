"""A Bluesky account's repository as one file, as its settings offer it for download (`repo.car`).

The file names the account only by its DID. All records in it are public. Posts, reposts and the profile are
read; likes, follows and blocks are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from ..errors import BrokenArchive
from ..files import sha256
from ..types import Account, Post, Timeline
from ._contract import Match, ReadOptions
from ._formats.atproto_tree import Commit, newest_commit, records
from ._formats.authors import to_handle
from ._formats.bluesky_posts import POSTS, REPOSTS, Profile, to_post, to_profile
from ._formats.car_blocks import CarBlocks

NAME = "Bluesky repository"
SUMMARY = "a Bluesky repository (CAR file)"
EXAMPLE = "repo.car"

_PROFILE = "app.bsky.actor.profile/self"
_HEADER_KEYS = (b"eroots", b"gversion")  # as CBOR writes them, in every CAR file's first bytes


def recognises(location: str) -> Match:
    """Whether a file begins as CAR files do, or has the suffix of one."""
    path = Path(location)
    if not path.is_file():
        return Match.NO
    with path.open("rb") as file:
        head = file.read(128)
    if all(key in head for key in _HEADER_KEYS):
        return Match.CONTENT
    return Match.SUFFIX if path.suffix.lower() == ".car" else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the posts, oldest first, then the reposts."""
    path = Path(location)
    with CarBlocks(path) as blocks:
        commit = newest_commit(blocks)
        profile = _profile(blocks, commit)
    name = options.handle or commit.did
    account = Account(
        handle=to_handle(name),
        name=options.name or profile.display_name or name,
        source="bluesky_repo",
        bio=profile.description or "",
        url=f"https://bsky.app/profile/{name}",
    )
    if not account.handle:
        raise BrokenArchive(f"{path} does not say whose it is", advice="give the handle with --handle")
    return Timeline(account=account, posts=_posts(path, account), digest=sha256(path))


def _profile(blocks: CarBlocks, commit: Commit) -> Profile:
    keys = takewhile(lambda record: record[0] <= _PROFILE, records(blocks, commit))
    cid = next((cid for key, cid in keys if key == _PROFILE), None)
    return to_profile(blocks.get(cid)) if cid else Profile()


def _posts(path: Path, account: Account) -> Iterator[Post]:
    with CarBlocks(path) as blocks:
        commit = newest_commit(blocks)
        for key, cid in records(blocks, commit):
            if key.startswith((f"{POSTS}/", f"{REPOSTS}/")):
                uri = f"at://{commit.did}/{key}"
                if post := to_post(uri, blocks.get(cid), account.handle, account.url):
                    yield post
