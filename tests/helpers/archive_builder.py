"""Builds small archives of X in the exact layout of real ones.

Every private file has the word `PRIVATE`, which must not appear in anything that is read.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

PRIVATE = "xyzzyprivate"
AVATAR = b"\x89PNG\r\n\x1a\n a picture"
HANDLE = "ada_tests"
PRIVATE_FILES = (
    "direct-messages",
    "deleted-tweets",
    "deleted-note-tweet",
    "twitter-circle-tweet",
    "grok-chat-item",
)


def javascript(name: str, content: object) -> str:
    """Return a file's text as X writes it: an assignment, two spaces of indentation, spaces around colons."""
    return f"window.{name} = " + json.dumps(content, indent=2, separators=(",", " : "), ensure_ascii=False)


def tweet(
    number: int, full_text: str, *, entities: dict[str, Any] | None = None, **fields: object
) -> dict[str, Any]:
    """Return a record of tweets.js with all fields of real ones; numbers are strings."""
    return {
        "tweet": {
            "edit_info": {"initial": {"editTweetIds": [str(number)], "editsRemaining": "5"}},
            "retweeted": False,
            "source": '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
            "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": [], **(entities or {})},
            "display_text_range": ["0", str(len(full_text))],
            "favorite_count": "3",
            "id_str": str(number),
            "truncated": False,
            "retweet_count": "0",
            "id": str(number),
            "created_at": "Wed Oct 10 20:19:24 +0000 2018",
            "favorited": False,
            "full_text": full_text,
            "lang": "en",
            **fields,
        }
    }


def link(text: str, short: str, expanded: str) -> dict[str, Any]:
    """Return the entity of the link `short` in `text`."""
    begin = text.index(short)
    return {"url": short, "expanded_url": expanded, "indices": [str(begin), str(begin + len(short))]}


def mention(text: str, handle: str) -> dict[str, Any]:
    """Return the entity of an @-mention in `text`."""
    begin = text.index(f"@{handle}")
    return {"screen_name": handle, "id_str": "7", "indices": [str(begin), str(begin + len(handle) + 1)]}


def note(created_at: str, text: str, urls: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a record of note-tweet.js."""
    core = {"text": text, "urls": urls or [], "mentions": [], "hashtags": []}
    return {"noteTweet": {"noteTweetId": "1", "createdAt": created_at, "updatedAt": created_at, "core": core}}


def write_folder(
    folder: Path,
    tweets: list[dict[str, Any]],
    *,
    parts: int = 1,
    notes: list[dict[str, Any]] | None = None,
    manifest: bool = True,
    handle: str = HANDLE,
) -> Path:
    """Write an archive's folder, private files included; `tweets` are spread over `parts` files."""
    data = folder / "data"
    (data / "profile_media").mkdir(parents=True)
    names = ["tweets.js", *(f"tweets-part{n}.js" for n in range(1, parts))]
    size = -(-len(tweets) // parts)
    shares = [tweets[n * size : (n + 1) * size] for n in range(parts)]
    for n, (name, share) in enumerate(zip(names, shares, strict=True)):
        (data / name).write_text(javascript(f"YTD.tweets.part{n}", share), encoding="utf-8")
    owner = {
        "email": f"{PRIVATE}@example.org",
        "username": handle,
        "accountId": "42",
        "createdAt": "2010-01-01T00:00:00.000Z",
        "accountDisplayName": "Ada (a test)",
    }
    profile = {
        "description": {"bio": "Made up for tests", "website": "", "location": ""},
        "avatarMediaUrl": "https://pbs.twimg.com/profile_images/1/face.png",
    }
    _write(data, "account", [{"account": owner}])
    _write(data, "profile", [{"profile": profile}])
    (data / "profile_media" / "42-face.png").write_bytes(AVATAR)
    if notes is not None:
        _write(data, "note-tweet", notes)
    for name in PRIVATE_FILES:
        _write(data, name, [{"tweet": tweet(999, PRIVATE)["tweet"]}])
    if manifest:
        files = [
            {"fileName": f"data/{name}", "globalName": f"YTD.tweets.part{n}", "count": str(len(share))}
            for n, (name, share) in enumerate(zip(names, shares, strict=True))
        ]
        config = {"userInfo": {"userName": handle}, "dataTypes": {"tweets": {"files": files}}}
        (data / "manifest.js").write_text(javascript("__THAR_CONFIG", config), encoding="utf-8")
    return folder


def zip_folder(folder: Path, target: Path, *, inside: str = "") -> Path:
    """Zip the files in `folder`; in the zip their names begin with `inside`."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, inside + path.relative_to(folder).as_posix())
    return target


def write_zip(target: Path, tweets: list[dict[str, Any]], **options: Any) -> Path:
    """Write an archive as a zip, as X sends it; `options` are those of `write_folder`."""
    folder = write_folder(target.with_suffix(".folder"), tweets, **options)
    zip_folder(folder, target)
    shutil.rmtree(folder)
    return target


def _write(data: Path, name: str, content: list[dict[str, Any]]) -> None:
    text = javascript(f"YTD.{name.replace('-', '_')}.part0", content)
    (data / f"{name}.js").write_text(text, encoding="utf-8")
