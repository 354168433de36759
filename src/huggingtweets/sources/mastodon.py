"""A Mastodon account, live, without a key; also accounts on software with Mastodon's API.

WebFinger finds the account's own server, as everywhere in the fediverse. From there the public and unlisted
posts are fetched, without boosts. Accounts are refused if they do not want to be found by machines: if they
are not discoverable, keep search engines out, or say so in their profile (#nobot, #noindex, #noai). Accounts
that approve followers by hand ("locked") have public posts too, and the server lists only these.

Documentation: docs.joinmastodon.org/methods/accounts, /entities/Account, /entities/Status; RFC 7033.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from ..errors import LocationError, Unreachable
from ..types import Account, Post, PostKind, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.audience import visibility
from ._formats.authors import to_handle
from ._formats.dates import read_date
from ._formats.http import Http, Refused
from ._formats.markup import Mention, activity_text
from ._formats.page_cache import Page, PageCache

NAME = "Mastodon"
SUMMARY = "a Mastodon account, live: its address or profile link"
EXAMPLE = "mastodon:jane@mastodon.social"

_SERVER = r"(?P<server>[\w-]+(?:\.[\w-]+)+)"
_ADDRESS = re.compile(rf"mastodon:@?(?P<user>[\w.-]+)@{_SERVER}")
_LINK = re.compile(rf"https?://{_SERVER}/(?:web/)?@(?P<user>\w+)(?:@(?P<home>[\w.-]+\.\w+))?/?")
_OTHER_SITES = re.compile(r"(?:^|\.)(?:youtube|medium|tiktok|threads|substack|vk|t)\.(?:com|net|me)$")
_PAGE = 40  # posts; Mastodon's largest page
_OPT_OUT = re.compile(r"#no(?:bots?|index|archive|ai)\b", re.IGNORECASE)
_FORBIDDEN = {401, 403}


class _Link(Struct):
    rel: str
    href: str | None = None


class _WebFinger(Struct):
    subject: str = ""
    links: list[_Link] = []


class _Field(Struct):
    name: str | None = None
    value: str | None = None  # HTML


class _Account(Struct):
    id: str
    username: str
    display_name: str | None = None
    note: str | None = None  # HTML
    fields: list[_Field] | None = None  # of a table below the note
    url: str | None = None
    avatar: str | None = None
    statuses_count: int | None = None
    discoverable: bool | None = None
    noindex: bool | None = None
    suspended: bool | None = None


class _Author(Struct):
    id: str


class _Mention(Struct):
    acct: str
    url: str | None = None


class _Status(Struct):
    id: str
    account: _Author
    visibility: str
    content: str | None = None  # HTML
    created_at: str | None = None
    url: str | None = None
    language: str | None = None
    in_reply_to_id: str | None = None
    mentions: list[_Mention] | None = None
    reblog: Any = None
    quote: Any = None


def recognises(location: str) -> Match:
    """Whether the location has the form of an account's address or profile link. Sends no request."""
    return Match.CONTENT if _user_and_server(location) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Fetch the profile, check that it may be read, and open the posts, newest first."""
    match = _user_and_server(location)
    if not match:
        raise LocationError(f"{location} names no account of Mastodon; give it like {EXAMPLE}")
    with Http(allow_private=options.allow_private) as http:
        address, server = _find_home(http, *match, options.server)
        profile = _profile(http, address, server)
        account = Account(
            handle=to_handle(address),
            name=options.name or profile.display_name or profile.username,
            source="mastodon",
            bio=activity_text(profile.note or ""),
            url=profile.url or f"{server}/@{profile.username}",
            avatar=http.picture(profile.avatar),
        )
    posts = _posts(account, profile.id, server, options)
    return Timeline(account=account, posts=posts, expected=profile.statuses_count)


def _user_and_server(location: str) -> tuple[str, str] | None:
    match = _ADDRESS.fullmatch(location) or _LINK.fullmatch(location)
    if not match or _OTHER_SITES.search(match["server"]):
        return None
    return match["user"], match.groupdict().get("home") or match["server"]


def _find_home(http: Http, user: str, server: str, override: str | None) -> tuple[str, str]:
    """Return the account's true address, `user@server`, and the URL of its server, whose host may differ."""
    base = (override or f"https://{server}").rstrip("/")
    resource = {"resource": f"acct:{user}@{server}"}
    try:
        answer = http.json(f"{base}/.well-known/webfinger", _WebFinger, params=resource)
    except Refused as error:
        raise _explain(f"{user}@{server}", error) from error
    link = urlsplit(next((link.href or "" for link in answer.links if link.rel == "self"), ""))
    if link.scheme != urlsplit(base).scheme or not link.netloc:
        raise Unreachable(f"{server} does not say where {user}@{server} is; give the link to the profile")
    return answer.subject.removeprefix("acct:") or f"{user}@{server}", f"{link.scheme}://{link.netloc}"


def _profile(http: Http, address: str, server: str) -> _Account:
    user = address.partition("@")[0]
    try:
        profile = http.json(f"{server}/api/v1/accounts/lookup", _Account, params={"acct": user})
    except Refused as error:
        raise _explain(address, error) from error
    if profile.suspended:
        raise Unreachable(f"the account {address} is suspended; its posts are not read")
    if profile.discoverable is False or profile.noindex or _OPT_OUT.search(_about(profile)):
        raise Unreachable(
            f"{address} does not want to be found by machines, so the posts are not read; "
            "if they are yours, ask for your archive in Mastodon's settings and give that file"
        )
    return profile


def _about(profile: _Account) -> str:
    """Return all that the person says in the profile."""
    fields = [text for field in profile.fields or () for text in (field.name, field.value)]
    return "\n".join(activity_text(text) for text in (profile.note, *fields) if text)


def _posts(account: Account, identity: str, server: str, options: ReadOptions) -> Iterator[Post]:
    address = f"{server}/api/v1/accounts/{identity}/statuses"

    def fetch(cursor: str | None, newest: str | None) -> Page:
        params: dict[str, Any] = {"limit": _PAGE, "exclude_reblogs": "true"}
        params |= {"max_id": cursor} if cursor else {}
        params |= {"since_id": newest} if newest else {}
        try:
            statuses = http.json(address, list[_Status], params=params)
        except Refused as error:
            raise _explain(account.handle, error) from error
        own = [s for s in statuses if s.account.id == identity and visibility(s.visibility) and not s.reblog]
        return Page([_post(status, account.handle) for status in own], statuses[-1].id if statuses else None)

    with (
        Http(allow_private=options.allow_private) as http,
        PageCache("mastodon", f"{account.handle} {identity} {server}") as cache,
    ):
        yield from cache.walk(fetch)


def _post(status: _Status, handle: str) -> Post:
    mentions = [Mention(f"@{person.acct}", person.url or "") for person in status.mentions or ()]
    return Post(
        id=status.id,
        author=handle,
        text=activity_text(status.content or "", mentions),
        created_at=read_date(status.created_at or ""),
        kind=_kind(status),
        reply_to=status.in_reply_to_id,
        lang=status.language,
        url=status.url or "",
        visibility=visibility(status.visibility) or Visibility.UNLISTED,
    )


def _kind(status: _Status) -> PostKind:
    if status.in_reply_to_id:
        return PostKind.REPLY
    return PostKind.QUOTE if status.quote else PostKind.ORIGINAL


def _explain(address: str, error: Refused) -> Unreachable:
    if error.status in _FORBIDDEN:
        return Unreachable(f"the server of {address} shows posts only to people who are signed in")
    if error.status in {404, 410}:
        return Unreachable(f"there is no account {address}, or no longer; check the spelling")
    return error
