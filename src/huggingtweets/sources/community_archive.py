"""The Community Archive, live: archives of X that people have published for everybody.

The posts come from its database, a thousand at a time, with the key that the project publishes and the user
sets. Its bulk files are not used: they were withdrawn, because not everybody in them had agreed.

The database has a post's text as X's archive does, escaped and with short links, but without line breaks. The
addresses behind the short links are in a table of their own. A short link that this table lacks is a
picture's.

Documentation: github.com/TheExGenesis/community-archive, docs/api-doc.md and docs/agents.md; postgrest.org.
According to others who use it, this access was to be closed in November 2026 in favour of one that is not
documented. If that has happened, the error says what the service answers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any, Self, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ..errors import LocationError, MissingSecret, Unreachable
from ..types import Account, Post, PostKind, Timeline
from ._contract import Match, ReadOptions
from ._formats.authors import same_handle, to_handle
from ._formats.http import Http, Refused
from ._formats.page_cache import Page, PageCache
from ._formats.x_posts import Entities, Link, Tweet, to_post

NAME = "Community Archive"
SUMMARY = "an account in the Community Archive, live, with its key in COMMUNITY_ARCHIVE_KEY"
EXAMPLE = "community:jane"

T = TypeVar("T")

_LOCATION = re.compile(r"community:@?(\w{1,15})", re.ASCII)
_SECRET = "COMMUNITY_ARCHIVE_KEY"  # noqa: S105 -- where the key is, not what it is
_SERVER = "https://fabxmporizzqflnftavs.supabase.co/rest/v1"
_ROWS = 1000  # the largest page
_SHORT_LINK = re.compile(r"https?://t\.co/\w+")
_KEY_REFUSED = {401, 403}
_COLUMNS = (
    "tweet_id,created_at,full_text,reply_to_tweet_id,reply_to_user_id,reply_to_username,quoted_tweet_id,"
    "tweet_urls(url,expanded_url)"
)


class _Account(Struct):
    account_id: str
    username: str
    account_display_name: str | None = None
    num_tweets: int | None = None


class _Profile(Struct):
    bio: str | None = None
    avatar_media_url: str | None = None


class _Url(Struct):
    url: str
    expanded_url: str | None = None


class _Row(Struct):
    tweet_id: str
    created_at: str
    full_text: str
    reply_to_tweet_id: str | None = None
    reply_to_user_id: str | None = None
    reply_to_username: str | None = None
    quoted_tweet_id: str | None = None
    tweet_urls: list[_Url] = []


def recognises(location: str) -> Match:
    """Whether the location has the form of an account of the archive. Sends no request."""
    return Match.CONTENT if _LOCATION.fullmatch(location) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Fetch the profile, and open the posts, newest first.

    Raises:
        MissingSecret: There is no key.
    """
    match = _LOCATION.fullmatch(location)
    if not match:
        raise LocationError(f"{location} names no account of the Community Archive; give it like {EXAMPLE}")
    with _Database(options) as database:
        row = _account(database, match[1])
        profile = _profile(database, row.account_id)
        handle = to_handle(row.username)
        account = Account(
            handle=handle,
            name=options.name or row.account_display_name or handle,
            source="community_archive",
            bio=profile.bio or "",
            url=f"https://x.com/{handle}",
            avatar=database.picture(profile.avatar_media_url),
        )
    posts = _posts(account, row.account_id, options)
    return Timeline(account=account, posts=posts, expected=row.num_tweets)


class _Database:
    """A client of the database, to use in a `with`."""

    def __init__(self, options: ReadOptions) -> None:
        key = os.environ.get(_SECRET, "").strip()
        if not key:
            raise MissingSecret(
                f"the Community Archive needs its public key in the environment variable {_SECRET}; "
                "it stands in the project's docs/api-doc.md"
            )
        self.server = (options.server or _SERVER).rstrip("/")
        self._secrets = {"apikey": key, "Authorization": f"Bearer {key}"}
        self._http = Http(allow_private=options.allow_private)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def rows(self, table: str, kind: type[list[T]], params: dict[str, Any]) -> list[T]:
        """Fetch the rows of a table that match `params`, a query of PostgREST."""
        try:
            return self._http.json(f"{self.server}/{table}", kind, params=params, secrets=self._secrets)
        except Refused as error:
            if error.status in _KEY_REFUSED:
                raise Unreachable(
                    f"the Community Archive does not accept the key in {_SECRET}; copy it anew from the "
                    "project's docs/api-doc.md"
                ) from error
            raise

    def picture(self, address: str | None) -> bytes | None:
        """Fetch an avatar; None if it cannot be read."""
        return self._http.picture(address)


def _account(database: _Database, handle: str) -> _Account:
    pattern = handle.replace("_", r"\_")  # an unescaped `_` stands for any character
    params = {"select": ",".join(_Account.__struct_fields__), "username": f"ilike.{pattern}"}
    accounts = database.rows("all_account", list[_Account], params)
    account = next((account for account in accounts if same_handle(account.username, handle)), None)
    if not account:
        raise Unreachable(f"@{handle} is not in the Community Archive; its people are listed on its site")
    return account


def _profile(database: _Database, identity: str) -> _Profile:
    """Fetch the profile in the latest archive that the person has uploaded."""
    params = {"select": "bio,avatar_media_url", "order": "archive_upload_id.desc", "limit": 1}
    profiles = database.rows("all_profile", list[_Profile], params | {"account_id": f"eq.{identity}"})
    return profiles[0] if profiles else _Profile()


def _posts(account: Account, identity: str, options: ReadOptions) -> Iterator[Post]:
    params = {
        "select": _COLUMNS,
        "account_id": f"eq.{identity}",
        "order": "created_at.desc,tweet_id.desc",
        "limit": _ROWS,
    }

    def fetch(cursor: str | None, _: str | None) -> Page:
        """Fetch a page of posts up to a moment; the cache drops posts of that moment that come twice."""
        until = {"created_at": f"lte.{cursor}"} if cursor else {}
        rows = database.rows("enriched_tweets", list[_Row], params | until)
        last = rows[-1].created_at if len(rows) == _ROWS else None
        return Page([_post(row, account.handle) for row in rows], last)

    with (
        _Database(options) as database,
        PageCache("community_archive", f"{account.handle} {identity} {database.server}") as cache,
    ):
        yield from cache.walk(fetch)


def _post(row: _Row, handle: str) -> Post:
    addresses = {url.url: url.expanded_url for url in row.tweet_urls}
    links = [
        Link(match.span(), match[0], addresses.get(match[0])) for match in _SHORT_LINK.finditer(row.full_text)
    ]
    tweet = Tweet(
        id_str=row.tweet_id,
        created_at=row.created_at,
        full_text=row.full_text,
        entities=Entities(
            urls=tuple(link for link in links if link.expanded_url),
            media=tuple(link for link in links if not link.expanded_url),
        ),
        in_reply_to_status_id_str=row.reply_to_tweet_id,
        in_reply_to_user_id_str=row.reply_to_user_id,
        in_reply_to_screen_name=row.reply_to_username,
    )
    post = to_post(tweet, handle)
    is_quote = row.quoted_tweet_id and post.kind is PostKind.ORIGINAL
    return replace(post, kind=PostKind.QUOTE) if is_quote else post
