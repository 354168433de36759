"""Sources of posts, one file per place. `read` finds out which source a location belongs to."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import cast

import msgspec

from ..errors import LocationError, UnknownPlace
from ..registry import Registry, suggestion
from ..text.private import without_private_details
from ..types import Account, Post, Timeline
from ._contract import Match, ReadOptions, Source
from ._diagnosis import diagnosis
from ._formats.archive_files import share_archives
from ._formats.authors import public_choice
from ._formats.compressed import only_table, unpacked
from ._formats.private_handles import public_handle
from ._formats.skipped import count_skipped
from ._rows_by_author import rows_by_author

__all__ = [
    "Match",
    "ReadOptions",
    "Source",
    "account",
    "count_skipped",
    "load",
    "names",
    "public_choice",
    "read",
    "recognise",
    "rows_by_author",
]

_LOG = logging.getLogger(__name__)
_REGISTRY = Registry("huggingtweets.sources")
_NO_OPTIONS = ReadOptions()
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
LIST = "huggingtweets sources lists what can be read"


def names() -> tuple[str, ...]:
    """Return the names of all sources, sorted."""
    return _REGISTRY.names()


def load(name: str) -> Source:
    """Return the source called `name`; raise `UnknownPlace` if there is none."""
    try:
        return cast("Source", _REGISTRY.load(name))
    except KeyError:
        raise UnknownPlace(
            f"no source is called {name!r}; choose one of: {', '.join(names())}{suggestion(name, names())}"
        ) from None


def recognise(location: str) -> str:
    """Return the name of the source that matches `location` best.

    Raises:
        UnknownPlace: No source matches it.
    """
    with _opened(location) as (_, name):
        if not name:
            raise _unknown(location)
        return name


def read(location: str, options: ReadOptions = _NO_OPTIONS, source: str | None = None) -> Timeline:
    """Read the account at `location`, and open its posts.

    Args:
        location: A file, a folder, an address, or whatever else a source recognises.
        options: What the user says about the location.
        source: Name of the source to use; `recognise` chooses it by default.

    Returns:
        A timeline whose posts are read one by one while they are iterated; each post has an id.

    Raises:
        LocationError: The location cannot be read, or has no posts. Raised now or while posts are iterated.
        MissingSecret: A live service needs a token that is not in the environment.
        ConsentNeeded: A live service costs money, and `options.agreed` is false.
    """
    with ExitStack() as stack:
        plain, name = stack.enter_context(_opened(location, source))
        with _named(location, plain):
            if not name:
                raise _unknown(plain)
            _LOG.info("%s is read as %s", location, name)
            timeline = load(name).read(plain, options)
        account = _without_private_details(timeline)
        posts = _checked_posts(location, plain, timeline, account.handle, stack.pop_all())
    return msgspec.structs.replace(timeline, account=account, posts=posts)


@contextmanager
def _opened(location: str, source: str | None = None) -> Iterator[tuple[str, str]]:
    """Give the location of what is in a compressed file, or alone in a zip, and its source; "" for none.

    Raises:
        UnknownPlace: It is a pipe or a device, which may never end.
    """
    if _exists(location) and not (Path(location).is_file() or Path(location).is_dir()):
        raise UnknownPlace(f"{location} is a pipe or a device; save what it gives as a file, and give that")
    with unpacked(location) as plain:
        if name := source or _best(plain):
            yield plain, name
            return
        with only_table(plain) as table:
            yield table or plain, _best(table) if table else ""


def _best(location: str) -> str:
    """Return the name of the source that matches a location best; "" if none does."""
    with share_archives():
        matches = {name: _match(name, location) for name in names()}
    best = max(matches, key=matches.__getitem__)
    return "" if matches[best] is Match.NO else best


@contextmanager
def _named(location: str, plain: str) -> Iterator[None]:
    """Raise errors with the location that the user gave, where another one, unpacked from it, was read."""
    try:
        yield
    except OSError as error:
        raise _unreadable(location, error) from error
    except LocationError as error:
        if plain != location:
            error.args = (error.problem.replace(plain, location),)
        raise


def _match(name: str, location: str) -> Match:
    try:
        return load(name).recognises(location)
    except OSError:
        return Match.NO


def _without_private_details(timeline: Timeline) -> Account:
    """The account without e-mail addresses, numbers and keys in what the person says of themselves."""
    account = timeline.account
    is_id = timeline.handle_is_id and account.handle.isdecimal()
    handle = account.handle if is_id else public_handle(account.handle)
    name = " ".join(without_private_details(account.name).split())
    if name == account.handle:
        name = handle
    return msgspec.structs.replace(
        account, handle=handle, name=name or handle, bio=without_private_details(account.bio).strip()
    )


def _checked_posts(
    location: str, plain: str, timeline: Timeline, handle: str, unpacking: ExitStack
) -> Iterator[Post]:
    """Yield the posts of an account, each with its public handle, and with an id, as ids tell posts apart.

    Raises:
        LocationError: there are none.
    """
    count = 0
    with unpacking, _named(location, plain):
        for count, post in enumerate(timeline.posts, start=1):
            if post.id and post.author == handle:
                yield post
            else:
                yield msgspec.structs.replace(post, author=handle, id=post.id or f"number-{count}")
    if not count:
        raise LocationError(f"{location} holds no posts of @{timeline.account.handle}; give another file")


def _unreadable(location: str, error: OSError) -> LocationError:
    return LocationError(
        f"cannot read {location}: {error.strerror or error}; check that it exists and is yours"
    )


def _exists(location: str) -> bool:
    try:
        return Path(location).exists()
    except OSError:
        return False


def _unknown(location: str) -> UnknownPlace:
    if not _exists(location) and _ADDRESS.match(location):
        return UnknownPlace(
            f"{location} is the address of no feed and no account that is known",
            advice=f"for the feed that a page links to, add --source feed; {LIST}",
        )
    return UnknownPlace(_nothing_there(location))


def _nothing_there(location: str) -> str:
    """Why a location that is no address cannot be read."""
    if _exists(location):
        known = diagnosis(location)
        return f"{location} {known}" if known else f"nothing that can be read is in {location}; {LIST}"
    if os.path.islink(location):  # noqa: PTH114 -- a name that is too long is no link, and no error
        return f"{location} is a link that leads nowhere; give the file that it should lead to"
    meant = account(location) or _nearest_file(location)
    if meant:
        hint = f"did you mean {meant}? Else, "
    else:
        hint = "an account is written like @jane.example.org; " if Path(location).name == location else ""
    return f"no file or folder is at {location}; {hint}{LIST}"


def account(location: str) -> str:
    """The location of the account that a bare handle most likely means; "" where it is no handle.

    `@jane@example.org` is one of Mastodon, `jane.bsky.social` and `@jane.org` of Bluesky, `@jane` of X.
    """
    if ":" in location:  # a location already
        return ""
    name, _, server = location.removeprefix("@").partition("@")
    if server and "/" not in location:
        return f"mastodon:{name}@{server}"
    if location.startswith("@"):
        return f"bsky:{name}" if "." in name else f"x:{name}"
    return f"bsky:{name}" if name.endswith(".bsky.social") else ""


def _nearest_file(location: str) -> str:
    """The file whose name is most like that of one that does not exist; "" for none."""
    path = Path(location)
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    match = next(iter(get_close_matches(path.name, names)), "")
    return str(path.with_name(match)) if match else ""
