"""Builds archives of Twitter of 2012 to 2018, and imitates X's API and the Community Archive.

All of it is made up, in the shape of published archives and of the documentation of both services.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.helpers.archive_builder import PRIVATE, zip_folder
from tests.helpers.local_server import Reply, Request

HANDLE = "ada_tests"
NAME = "Ada (a test)"
TOKEN = "AAAAsecretBEARER"  # noqa: S105 -- made up; no output may show it
COLUMNS_2013 = (
    "tweet_id,in_reply_to_status_id,in_reply_to_user_id,retweeted_status_id,retweeted_status_user_id,"
    "timestamp,source,text,expanded_urls"
)
COLUMNS_2015 = (
    "tweet_id,in_reply_to_status_id,in_reply_to_user_id,timestamp,source,text,retweeted_status_id,"
    "retweeted_status_user_id,retweeted_status_timestamp,expanded_urls"
)


def old_tweet(
    number: int, text: str, *, entities: dict[str, Any] | None = None, **fields: object
) -> dict[str, Any]:
    """Return a record of a monthly file: ids are numbers as well as strings, and there is no language."""
    return {
        "source": '<a href="http://twitter.com" rel="nofollow">Twitter Web Client</a>',
        "entities": {"user_mentions": [], "media": [], "hashtags": [], "urls": [], **(entities or {})},
        "geo": {"type": "Point", "coordinates": [1.5, 2.5], "private": PRIVATE},
        "id_str": str(number),
        "text": text,
        "id": number,
        "created_at": "2012-01-31 13:29:01 +0000",
        "user": {"name": NAME, "screen_name": HANDLE, "protected": False, "id_str": "42", "id": 42},
        **fields,
    }


def old_link(text: str, short: str, expanded: str, shift: int = 0) -> dict[str, Any]:
    """Return the entity of the link `short` in `text`, moved by `shift` code points."""
    begin = text.index(short) + shift
    return {"url": short, "expanded_url": expanded, "indices": [begin, begin + len(short)]}


def javascript(name: str, content: object) -> str:
    """Return a file's text as Twitter wrote it: slashes and non-ASCII characters are escaped."""
    return f"{name} = \n " + json.dumps(content, indent=1, separators=(",", " : ")).replace("/", "\\/")


def write_old_archive(
    target: Path,
    months: dict[str, list[dict[str, Any]]],
    *,
    index: bool = True,
    table: str = "",
    details: bool = True,
) -> Path:
    """Write an archive, a zip if `target` ends with `.zip`; `months` have names like `2012_01`."""
    folder = target.with_suffix(".folder") if target.suffix == ".zip" else target
    data = folder / "data" / "js"
    (data / "tweets").mkdir(parents=True)
    for month, tweets in months.items():
        content = javascript(f"Grailbird.data.tweets_{month}", tweets)
        (data / "tweets" / f"{month}.js").write_text(content)
    if index:
        files = [
            {"file_name": f"data/js/tweets/{month}.js", "year": int(month[:4]), "tweet_count": len(tweets)}
            for month, tweets in months.items()
        ]
        (data / "tweet_index.js").write_text(javascript("var tweet_index", files))
    if details:
        owner = {"screen_name": HANDLE, "full_name": NAME, "bio": "Made up", "location": PRIVATE, "id": "42"}
        (data / "user_details.js").write_text(javascript("var user_details", owner))
    if table:
        (folder / "tweets.csv").write_text(table)
    return zip_folder(folder, target) if target.suffix == ".zip" else folder


def old_table(columns: str, *rows: dict[str, str]) -> str:
    """Return the text of a tweets.csv, with every field in quotes."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns.split(","), restval="", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def old_row(number: int, text: str, **fields: str) -> dict[str, str]:
    """Return a row of tweets.csv."""
    row = {"tweet_id": str(number), "timestamp": "2013-03-13 08:52:14 +0000", "source": "web", "text": text}
    return row | fields


class XService:
    """X's API with one account of `count` posts, 0 the oldest.

    `understands` is the parameter of fields that it knows. If a request lacks it, posts have only id and
    text; if `refuses` is true, the request is refused.
    """

    def __init__(self, count: int) -> None:
        self.posts = [api_post(number, f"post number {number}") for number in range(count)]
        self.user = {
            "id": "42",
            "username": HANDLE,
            "name": NAME,
            "description": "Made up",
            "protected": False,
            "public_metrics": {"tweet_count": count, "followers_count": 1},
        }
        self.url = ""
        self.understands = "tweet.fields"
        self.refuses = False

    def answer(self, request: Request) -> Reply:
        """Return the service's reply to a request."""
        if request.path == "/face_400x400.png":
            return Reply(body=b"picture")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"title": "Unauthorized", "detail": TOKEN})
        if request.path.lower() == f"/2/users/by/username/{HANDLE}":
            return Reply(body={"data": self.user | {"profile_image_url": f"{self.url}/face_normal.png"}})
        if request.path == "/2/users/42/tweets":
            return self._page(request.query)
        return Reply(body={"errors": [{"title": "Not Found Error", "detail": "Could not find user"}]})

    def _page(self, query: dict[str, str]) -> Reply:
        if self.understands not in query and self.refuses:
            return Reply(400, {"errors": [{"message": "The query parameter is not one of the allowed"}]})
        newest_first = [
            post for post in reversed(self.posts) if int(post["id"]) > int(query.get("since_id", 0))
        ]
        begin = int(query.get("pagination_token", "p0").removeprefix("p"))
        page = newest_first[begin : begin + int(query["max_results"])]
        if self.understands not in query:
            page = [{"id": post["id"], "text": post["text"]} for post in page]
        end = begin + len(page)
        following = {"next_token": f"p{end}"} if end < len(newest_first) else {}
        return Reply(
            body={"meta": {"result_count": len(page), **following}} | ({"data": page} if page else {})
        )


def api_post(number: int, text: str, **fields: object) -> dict[str, Any]:
    """Return a post as X's API sends it; larger numbers have larger ids."""
    id_ = str(1_500_000_000_000_000_000 + number)
    post = {"id": id_, "text": text, "created_at": "2021-01-06T18:40:40.000Z", "lang": "en"}
    return post | {"edit_history_tweet_ids": [id_]} | fields


def api_span(text: str, part: str, **fields: object) -> dict[str, Any]:
    """Return begin and end of `part` in `text`, in code points."""
    begin = text.index(part)
    return {"start": begin, "end": begin + len(part), **fields}


class CommunityService:
    """The Community Archive's database with one account of `count` posts, 0 the oldest."""

    def __init__(self, count: int) -> None:
        self.rows = [community_row(number, f"post number {number}") for number in range(count)]
        self.url = ""

    def answer(self, request: Request) -> Reply:
        """Return the service's reply to a request."""
        if request.path == "/face.png":
            return Reply(body=b"picture")
        keys = request.headers.get("apikey"), request.headers.get("authorization")
        if keys != (TOKEN, f"Bearer {TOKEN}"):
            return Reply(401, {"message": f"Invalid API key {TOKEN}"})
        tables = {"/all_account": self._accounts, "/all_profile": self._profiles}
        return Reply(body=tables.get(request.path, self._tweets)(request.query))

    def _accounts(self, query: dict[str, str]) -> list[dict[str, Any]]:
        assert query["username"].startswith("ilike.")
        handle = query["username"].removeprefix("ilike.").replace("\\_", "_").lower()
        account = {"account_id": "42", "username": HANDLE, "account_display_name": NAME, "num_tweets": 9}
        other = account | {"account_id": "7", "username": "adaxtests"}  # matches if `_` is any character
        return [other, account] if handle == HANDLE else []

    def _profiles(self, query: dict[str, str]) -> list[dict[str, Any]]:
        assert query["account_id"] == "eq.42"
        return [{"bio": "Made up", "avatar_media_url": f"{self.url}/face.png"}]

    def _tweets(self, query: dict[str, str]) -> list[dict[str, Any]]:
        assert query["account_id"] == "eq.42"
        until = query.get("created_at", "lte.9").removeprefix("lte.")
        rows = [row for row in self.rows if row["created_at"] <= until]
        rows.sort(key=lambda row: (row["created_at"], row["tweet_id"]), reverse=True)
        return rows[: int(query["limit"])]


def community_row(number: int, text: str, **fields: object) -> dict[str, Any]:
    """Return a row of enriched_tweets; there are three posts a second."""
    when = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=number // 3)
    row = {"tweet_id": str(10**18 + number), "created_at": when.isoformat(), "full_text": text}
    empty = ("reply_to_tweet_id", "reply_to_user_id", "reply_to_username", "quoted_tweet_id")
    return row | dict.fromkeys(empty) | {"tweet_urls": []} | fields
