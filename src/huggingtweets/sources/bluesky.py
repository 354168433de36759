"""A Bluesky account, live, without a key.

The posts are listed from the account's repository on the server that holds it (its PDS), rather than from the
feed on Bluesky's own server. The repository is complete, lists its pages in an order that does not change,
and has nobody else's posts. Likes and reposts are not fetched. Bluesky's own server says who the person is,
and whether they want to be shown at all.

Documentation: docs.bsky.app, app.bsky.actor.getProfile and com.atproto.repo.listRecords; web.plc.directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from ..errors import LocationError, Unreachable
from ..types import Account, Post, Timeline
from ._contract import Match, ReadOptions
from ._formats.authors import to_handle
from ._formats.bluesky_posts import POSTS, SIGNED_IN_ONLY, to_post
from ._formats.http import Http, Refused
from ._formats.page_cache import Page, PageCache
from ._formats.skipped import NO_POST, skip

NAME = "Bluesky"
SUMMARY = "a Bluesky account, live: its handle, profile link or DID"
EXAMPLE = "bsky:jane.bsky.social"

_LOCATION = re.compile(r"(?:bsky:@?|https?://(?:www\.)?bsky\.app/profile/|(?=did:))([^/?#\s]*)(?:[/?#].*)?")
_ACTOR = re.compile(r"did:(?:plc|web):[\w.%-]+|(?:[a-z\d-]+\.)+[a-z][a-z\d-]*", re.IGNORECASE)
_APP = "https://public.api.bsky.app"  # answers without a key what Bluesky's app shows
_DIRECTORY = "https://plc.directory"
_NO_HANDLE = "handle.invalid"  # stands for a handle that no longer leads to the account
_PAGE = 100  # records
_TID = re.compile(r"[2-7a-j][2-7a-z]{12}")  # a key that grows with time, atproto.com/specs/tid
_GONE = {
    "AccountTakedown": "was taken down",
    "RepoTakendown": "was taken down",
    "RepoSuspended": "is suspended",
    "AccountDeactivated": "was deactivated by its owner",
    "RepoDeactivated": "was deactivated by its owner",
}


class _Label(Struct):
    val: str
    neg: bool = False  # whether it takes an earlier label back


class _Profile(Struct, rename="camel"):
    did: str
    handle: str
    display_name: str | None = None
    description: str | None = None
    avatar: str | None = None
    posts_count: int | None = None
    labels: list[_Label] = []


class _Service(Struct, rename="camel"):
    id: str
    service_endpoint: Any = None


class _DidDocument(Struct):
    service: list[_Service] = []


class _Record(Struct):
    uri: str
    value: dict[str, Any]


class _Listing(Struct):
    records: list[_Record]
    cursor: str | None = None


class _Problem(Struct):
    error: str = ""


def recognises(location: str) -> Match:
    """Whether the location has the form of an account's address. Sends no request."""
    return Match.CONTENT if _LOCATION.fullmatch(location) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Fetch the profile and find the server of the posts, and open the posts, newest first."""
    actor = _actor(location)
    with Http(allow_private=options.allow_private) as http:
        profile = _profile(http, actor, (options.server or _APP).rstrip("/"))
        server = _repository_server(http, profile.did, (options.server or _DIRECTORY).rstrip("/"))
        who = profile.did if profile.handle == _NO_HANDLE else profile.handle
        account = Account(
            handle=to_handle(who),
            name=options.name or profile.display_name or who,
            source="bluesky",
            bio=profile.description or "",
            url=f"https://bsky.app/profile/{who}",
            avatar=http.picture(profile.avatar),
        )
    posts = _posts(account, profile.did, server, options)
    return Timeline(account=account, posts=posts, expected=profile.posts_count)


def _actor(location: str) -> str:
    match = _LOCATION.fullmatch(location)
    actor = unquote(match[1]) if match else ""
    if not _ACTOR.fullmatch(actor):
        raise LocationError(f"{location} names no account of Bluesky; give it like {EXAMPLE}, whole")
    return actor


def _profile(http: Http, actor: str, app: str) -> _Profile:
    address = f"{app}/xrpc/app.bsky.actor.getProfile"
    try:
        profile = http.json(address, _Profile, params={"actor": actor})
    except Refused as error:
        raise _explain(actor, error) from error
    if any(label.val == SIGNED_IN_ONLY and not label.neg for label in profile.labels):
        raise Unreachable(
            f"{actor} asks to be shown only to people who are signed in, so the posts are not read; "
            "if they are yours, download the repository in Bluesky's settings and give that file"
        )
    return profile


def _repository_server(http: Http, did: str, directory: str) -> str:
    """Return the server that holds a repository, as the document of its DID says."""
    host = unquote(did.removeprefix("did:web:"))
    address = f"https://{host}/.well-known/did.json" if host != did else f"{directory}/{did}"
    for service in http.json(address, _DidDocument).service:
        if service.id.endswith("#atproto_pds") and isinstance(service.service_endpoint, str):
            return service.service_endpoint.rstrip("/")
    raise Unreachable(f"{did} has no server that holds its posts; check whether the account still exists")


def _posts(account: Account, did: str, server: str, options: ReadOptions) -> Iterator[Post]:
    address = f"{server}/xrpc/com.atproto.repo.listRecords"
    own = f"at://{did}/{POSTS}/"

    def fetch(cursor: str | None, _: str | None) -> Page:
        params = {"repo": did, "collection": POSTS, "limit": _PAGE} | ({"cursor": cursor} if cursor else {})
        try:
            listing = http.json(address, _Listing, params=params)
        except Refused as error:
            raise _explain(account.handle, error) from error
        records = [record for record in listing.records if _is_post(record, own)]
        posts = (to_post(record.uri, record.value, account.handle, account.url) for record in records)
        return Page([post for post in posts if post], listing.cursor if listing.records else None)

    with (
        Http(allow_private=options.allow_private) as http,
        PageCache("bluesky", f"{account.handle} {did} {server}") as cache,
    ):
        yield from cache.walk(fetch)


def _is_post(record: _Record, own: str) -> bool:
    """Whether a record is a post of the account, under a key as the lexicon demands.

    Pages are in the order of the keys. Under another key a post would stand among those of another time, and
    the cache would take what follows for known.
    """
    is_own = record.uri.startswith(own)
    is_in_order = is_own and _TID.fullmatch(record.uri.removeprefix(own)) is not None
    if is_own and not is_in_order:
        skip(NO_POST)
    return is_in_order


def _explain(actor: str, error: Refused) -> Unreachable:
    """Turn Bluesky's refusal into an error that says what happened to the account."""
    try:
        problem = msgspec.json.decode(error.content, type=_Problem).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = ""
    if problem in _GONE:
        return Unreachable(f"the account {actor} {_GONE[problem]}; its posts are not read")
    if error.status in {400, 404}:
        return Unreachable(f"there is no account {actor} on Bluesky; check the spelling")
    return error
