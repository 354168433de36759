"""An X account, live, through X's own API and with the user's token. X charges for every post.

X lists the newest 3,200 posts. Retweets and replies are fetched too, because X lists fewer posts if replies
are excluded. Long posts have their whole text in a field of their own. X has two dialects of field names; it
accepts unknown names in silence and charges all the same. So the older dialect, which X's guide describes, is
tried first, and the newer one if the answer lacks the fields. X charges once for a post that is fetched twice
on one day (UTC).

Documentation: docs.x.com, x-api/users/get-posts, x-api/fundamentals/fields, x-api/getting-started/pricing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..errors import ConsentNeeded, LocationError, MissingSecret, Unreachable
from ..types import Account, Post, PostKind, Timeline
from ._contract import Match, ReadOptions
from ._formats.authors import to_handle
from ._formats.http import Http, Refused
from ._formats.page_cache import DAY, Page, PageCache
from ._formats.x_posts import Entities, Link, Mention, Tweet, superseded, to_post

NAME = "X"
SUMMARY = "an X account, live, with a token in X_BEARER_TOKEN: X charges for each post"
EXAMPLE = "x:jane"

MOST = 3200  # posts
POST_PRICE, PROFILE_PRICE = 0.005, 0.01  # US dollars

_LOCATION = re.compile(
    r"(?:x:@?|https?://(?:(?:www|mobile)\.)?(?:x|twitter)\.com/)(\w{1,15})(?:/?(?:[?#].*)?)", re.ASCII
)
_PAGES_OF_X = {"compose", "explore", "home", "i", "intent", "login", "messages", "notifications", "search"}
_SECRET = "X_BEARER_TOKEN"  # noqa: S105 -- where the token is, not what it is
_SERVER = "https://api.x.com"
_PAGE = 100  # posts; X's largest page
_USER_FIELDS = "description,profile_image_url,protected,public_metrics"
_FIELDS = "created_at,entities,in_reply_to_user_id,lang"
_DIALECTS = (
    {"tweet.fields": f"{_FIELDS},edit_history_tweet_ids,note_tweet,referenced_tweets"},
    {"post.fields": f"{_FIELDS},edit_history_post_ids,note_post,referenced_posts"},
)
_UNKNOWN_FIELD = 400
_REASONS = {
    401: f"does not accept the token in {_SECRET}; make a new one in X's developer console",
    402: "wants to be paid first; buy credits in X's developer console, what was fetched so far is kept",
    403: "does not let this token read posts; see what it may do in X's developer console",
    404: "knows no such account; check the spelling",
}


class _Metrics(Struct, frozen=True):
    tweet_count: int | None = None


class _User(Struct, frozen=True):
    id: str
    username: str
    name: str = ""
    description: str = ""
    profile_image_url: str | None = None
    protected: bool = False
    public_metrics: _Metrics = _Metrics()


class _UserAnswer(Struct, frozen=True):
    data: _User | None = None  # missing, with status 200, if there is no such account


class _Span(Struct, frozen=True):
    start: int
    end: int
    url: str = ""
    expanded_url: str | None = None


class _Entities(Struct, frozen=True):
    urls: tuple[_Span, ...] = ()
    mentions: tuple[_Span, ...] = ()


class _Note(Struct, frozen=True):
    text: str
    entities: _Entities = _Entities()


class _Referenced(Struct, frozen=True):
    type: str = ""
    id: str = ""


class _Record(Struct, frozen=True):
    """A post, in either dialect."""

    id: str
    text: str
    created_at: str = ""
    lang: str | None = None
    entities: _Entities = _Entities()
    in_reply_to_user_id: str | None = None
    note_tweet: _Note | None = None
    note_post: _Note | None = None
    referenced_tweets: tuple[_Referenced, ...] = ()
    referenced_posts: tuple[_Referenced, ...] = ()
    edit_history_tweet_ids: tuple[str, ...] = ()
    edit_history_post_ids: tuple[str, ...] = ()

    @property
    def is_superseded(self) -> bool:
        """Whether the post was edited later."""
        return self.id in superseded(self.edit_history_tweet_ids or self.edit_history_post_ids)


class _Meta(Struct, frozen=True):
    next_token: str | None = None


class _Listing(Struct, frozen=True):
    data: tuple[_Record, ...] = ()
    meta: _Meta = _Meta()


def recognises(location: str) -> Match:
    """Whether the location has the form of an account of X or of a link to one. Sends no request."""
    return Match.CONTENT if _handle(location) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Fetch the profile, and open the posts, newest first.

    Raises:
        MissingSecret: There is no token.
        ConsentNeeded: The user has not agreed to the price that the message names. No request was sent.
    """
    handle = _handle(location)
    if not handle:
        raise LocationError(f"{location} names no account of X; give it like {EXAMPLE}")
    token = _token()
    if not options.agreed:
        raise ConsentNeeded(_price(handle))
    with Http(allow_private=options.allow_private) as http:
        user = _user(http, handle, token, options)
        account = Account(
            handle=to_handle(user.username),
            name=options.name or user.name or user.username,
            source="x_api",
            bio=user.description,
            url=f"https://x.com/{user.username}",
            avatar=http.picture((user.profile_image_url or "").replace("_normal.", "_400x400.")),
        )
    count = user.public_metrics.tweet_count
    expected = None if count is None else min(count, MOST)
    return Timeline(account=account, posts=_posts(account, user.id, token, options), expected=expected)


def _handle(location: str) -> str | None:
    match = _LOCATION.fullmatch(location)
    return match[1] if match and match[1].lower() not in _PAGES_OF_X else None


def _token() -> dict[str, str]:
    token = os.environ.get(_SECRET, "").strip()
    if not token:
        raise MissingSecret(
            f"reading X live needs a bearer token in the environment variable {_SECRET}; make one in X's "
            "developer console, or ask X for your archive, which costs nothing, and give that file"
        )
    return {"Authorization": f"Bearer {token}"}


def _price(handle: str) -> str:
    return (
        f"X charges about ${POST_PRICE:.3f} for each post of @{handle} that is read, the newest {MOST:,} at "
        f"most, and ${PROFILE_PRICE:.2f} for the profile: ${MOST * POST_PRICE + PROFILE_PRICE:.2f} at most, "
        "less for what was fetched within a day; agree with --yes"
    )


def _user(http: Http, handle: str, token: dict[str, str], options: ReadOptions) -> _User:
    address = f"{_server(options)}/2/users/by/username/{handle}"
    try:
        user = http.json(address, _UserAnswer, params={"user.fields": _USER_FIELDS}, secrets=token).data
    except Refused as error:
        raise _explain(error) from error
    if user is None:
        raise Unreachable(f"there is no account @{handle} on X, or it is suspended; check the spelling")
    if user.protected:
        raise Unreachable(f"@{handle} shows posts to followers only, so they are not read")
    return user


def _server(options: ReadOptions) -> str:
    return (options.server or _SERVER).rstrip("/")


def _posts(account: Account, identity: str, token: dict[str, str], options: ReadOptions) -> Iterator[Post]:
    address = f"{_server(options)}/2/users/{identity}/tweets"
    dialects = list(_DIALECTS)

    def fetch(cursor: str | None, newest: str | None) -> Page:
        params: dict[str, Any] = {"max_results": _PAGE}
        params |= {"pagination_token": cursor} if cursor else {}
        params |= {"since_id": newest} if newest else {}
        listing = _listing(http, address, params, token, dialects)
        posts = [_post(record, account.handle) for record in listing.data if not record.is_superseded]
        return Page(posts, listing.meta.next_token)

    with (
        Http(allow_private=options.allow_private) as http,
        PageCache("x_api", f"{account.handle} {identity} {_server(options)}", max_age=DAY) as cache,
    ):
        yield from cache.walk(fetch)


def _listing(
    http: Http, address: str, params: dict[str, Any], token: dict[str, str], dialects: list[dict[str, str]]
) -> _Listing:
    """Fetch a page in the first of `dialects` that X understands; remove those that it does not."""
    while True:
        try:
            listing = http.json(address, _Listing, params=params | dialects[0], secrets=token)
        except Refused as error:
            if error.status != _UNKNOWN_FIELD or len(dialects) == 1:
                raise _explain(error) from error
        else:
            if len(dialects) == 1 or not listing.data or any(record.created_at for record in listing.data):
                return listing
        del dialects[0]


def _post(record: _Record, handle: str) -> Post:
    note = record.note_tweet or record.note_post
    text, entities = (note.text, note.entities) if note else (record.text, record.entities)
    related = {other.type: other.id for other in (*record.referenced_tweets, *record.referenced_posts)}
    links = tuple(Link((link.start, link.end), link.url, link.expanded_url) for link in entities.urls)
    mentions = tuple(Mention((mention.start, mention.end)) for mention in entities.mentions)
    tweet = Tweet(
        id_str=record.id,
        created_at=record.created_at,
        full_text=text,
        lang=record.lang,
        entities=Entities(urls=links, user_mentions=mentions),
        in_reply_to_status_id_str=related.get("replied_to"),
        in_reply_to_user_id_str=record.in_reply_to_user_id,
    )
    post = to_post(tweet, handle)
    if "retweeted" in related:
        return replace(post, kind=PostKind.REPOST)
    is_quote = "quoted" in related and post.kind is PostKind.ORIGINAL
    return replace(post, kind=PostKind.QUOTE) if is_quote else post


def _explain(error: Refused) -> Unreachable:
    reason = _REASONS.get(error.status)
    return Unreachable(f"X {reason}") if reason else error
