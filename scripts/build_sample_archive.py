"""Builds the sample archive of the package from the sources in sample/.

    python scripts/build_sample_archive.py          writes src/huggingtweets/data/sample-archive.zip
    python scripts/build_sample_archive.py --check  writes nothing, fails if the zip is out of date

The same sources give the same bytes. `--check` compares the files in the zip rather than its bytes, since
these also depend on the version of zlib.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sample_forms as forms
from sample_sources import SAMPLE, Draft, drafts, number, toml

TARGET = SAMPLE.parent / "src" / "huggingtweets" / "data" / "sample-archive.zip"

_README = """This archive is made up. The account {handle} does not exist: its posts were written for the
sample of huggingtweets, in the form of an archive that X gave in 2024. Nothing in it is about anybody.

data/manifest.js lists the files. Each of them is one JavaScript assignment whose right side is JSON.
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Your archive (made up)</title></head>
<body>
<h1>{name} (@{handle})</h1>
<p>A made-up account, the sample of huggingtweets. The posts are in data/tweets.js.</p>
</body>
</html>
"""


def main() -> int:
    """Write the archive, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description="Build the sample archive from the sources in sample/.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the zip is out of date"
    )
    members = archive()
    if parser.parse_args().check:
        return _check(members)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(_zip(members, toml("account")["downloaded"]))
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, {len(members)} files")
    return 0


def archive() -> dict[str, bytes]:
    """Return every file of the archive: its path and its content."""
    account = toml("account")
    owner = _person(
        account["handle"], account["name"], forms.snowflake(account["created"], account["handle"])
    )
    picture = f"{forms.code(8, account['handle'])}.png"
    tables = _tables(account, owner, picture, drafts())
    files = {f"data/{name}.js": _script(name, items) for name, items in tables.items()}
    files["data/README.txt"] = _README.format(**account).encode()
    files[f"data/profile_media/{owner['id']}-{picture}"] = (SAMPLE / "avatar.png").read_bytes()
    files["Your archive.html"] = _PAGE.format(**account).encode()
    files["data/manifest.js"] = _manifest(account, owner, tables, sum(map(len, files.values())))
    return dict(sorted(files.items()))


def _person(handle: str, name: str, account_id: str = "") -> forms.Json:
    account_id = account_id or str(number(handle) % 4_000_000_000 + 6_000_000_000)  # X never used such ids
    return {"name": name, "screen_name": handle, "id_str": account_id, "id": account_id}


def _tables(
    account: dict[str, Any], owner: forms.Json, picture: str, posts: list[Draft]
) -> dict[str, list[forms.Json]]:
    """Return the items of every data file by its name."""
    neighbours = {handle: _person(handle, name) for handle, name in toml("neighbours").items()}
    private = toml("private")
    newest_first = sorted(posts, key=_sort_key, reverse=True)
    return {
        "account": [{"account": _account(account, owner, private["account-email"])}],
        "profile": [{"profile": _profile(account, picture)}],
        "tweets": [{"tweet": forms.tweet(post, owner, neighbours)} for post in newest_first],
        "tweet-headers": [{"tweet": _header(post, owner)} for post in newest_first],
        "note-tweet": [{"noteTweet": forms.note(post)} for post in newest_first if post.is_note],
        **_private(private, owner, account["downloaded"]),
    }


def _sort_key(post: Draft) -> datetime:
    """Return a time that is off by up to two days, as real archives are not sorted strictly."""
    return post.at + timedelta(hours=number(post.text) % 48)


def _account(account: dict[str, Any], owner: forms.Json, email: str) -> forms.Json:
    return {
        "email": email,
        "createdVia": "web",
        "username": account["handle"],
        "accountId": owner["id"],
        "createdAt": forms.iso(account["created"]),
        "accountDisplayName": account["name"],
    }


def _profile(account: dict[str, Any], picture: str) -> forms.Json:
    return {
        "description": {key: account[key] for key in ("bio", "website", "location")},
        "avatarMediaUrl": f"https://pbs.twimg.com/profile_images/{number(picture)}/{picture}",
    }


def _header(post: Draft, owner: forms.Json) -> forms.Json:
    return {
        "tweet_id": forms.draft_id(post),
        "user_id": owner["id"],
        "created_at": forms.stamp(post.at),
    }


def _private(texts: dict[str, str], owner: forms.Json, downloaded: datetime) -> dict[str, list[forms.Json]]:
    """Return the files that must never be read; each has one item with its marker word."""
    at = downloaded - timedelta(days=3)
    deleted = {"deleted_at": forms.stamp(at + timedelta(minutes=9))}
    message_id = {"id": forms.snowflake(at, "message"), "createdAt": forms.iso(at)}
    message = {
        "recipientId": "1",
        "reactions": [],
        "urls": [],
        "text": texts["direct-messages"],
        "mediaUrls": [],
        "senderId": owner["id"],
        **message_id,
    }
    header = {
        "tweet_id": texts["deleted-tweet-headers"],
        "user_id": owner["id"],
        "created_at": forms.stamp(at),
    }
    return {
        "contact": [{"contact": {"id": "1", "emails": [texts["contact"]], "phoneNumbers": []}}],
        "deleted-note-tweet": [{"noteTweet": forms.note(Draft(texts["deleted-note-tweet"], at))}],
        "deleted-tweet-headers": [{"tweet": {**header, **deleted}}],
        "deleted-tweets": [{"tweet": forms.tweet(Draft(texts["deleted-tweets"], at), owner, {}) | deleted}],
        "direct-message-headers": [_conversation(texts["direct-message-headers"], message_id)],
        "direct-messages": [_conversation(f"{owner['id']}-1", message)],
        "ip-audit": [
            {"ipAudit": {"accountId": owner["id"], "createdAt": forms.iso(at), "loginIp": texts["ip-audit"]}}
        ],
        "phone-number": [{"device": {"phoneNumber": texts["phone-number"]}}],
        "twitter-circle-tweet": [{"tweet": forms.tweet(Draft(texts["twitter-circle-tweet"], at), owner, {})}],
    }


def _conversation(conversation: str, message: forms.Json) -> forms.Json:
    return {"dmConversation": {"conversationId": conversation, "messages": [{"messageCreate": message}]}}


def _manifest(
    account: dict[str, Any], owner: forms.Json, tables: dict[str, list[forms.Json]], size: int
) -> bytes:
    return _assignment(
        "__THAR_CONFIG",
        {
            "userInfo": {
                "accountId": owner["id"],
                "userName": account["handle"],
                "displayName": account["name"],
            },
            "archiveInfo": {
                "sizeBytes": str(size),
                "generationDate": forms.iso(account["downloaded"]),
                "isPartialArchive": False,
                "maxPartSizeBytes": "53687091200",
            },
            "readmeInfo": {"fileName": "data/README.txt", "directory": "data/", "name": "README.txt"},
            "dataTypes": {
                _camel(name): _data_type(name, len(items)) for name, items in sorted(tables.items())
            },
        },
    )


def _data_type(name: str, count: int) -> forms.Json:
    media = {"mediaDirectory": f"data/{name}_media"} if name in {"profile", "tweets"} else {}
    file = {"fileName": f"data/{name}.js", "globalName": _global(name), "count": str(count)}
    return {**media, "files": [file]}


def _camel(name: str) -> str:
    return re.sub(r"-(\w)", lambda match: match[1].upper(), name)


def _global(name: str) -> str:
    return f"YTD.{name.replace('-', '_')}.part0"


def _script(name: str, items: list[forms.Json]) -> bytes:
    return _assignment(_global(name), items)


def _assignment(name: str, value: object) -> bytes:
    """Write JSON as X does: two spaces, a space before colons, one inside empty brackets."""
    text = json.dumps(value, ensure_ascii=False, indent=2, separators=(",", " : "))
    text = re.sub(r"(\[|\{)(\]|\})(,?)$", r"\1 \2\3", text, flags=re.MULTILINE)
    return f"window.{name} = {text}".encode()


def _zip(members: dict[str, bytes], at: datetime) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
            member.create_system, member.external_attr = 3, 0o644 << 16  # the same on every system
            file.writestr(member, content, zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def _check(members: dict[str, bytes]) -> int:
    if TARGET.is_file() and _unzip(TARGET) == list(members.items()):
        return 0
    print(
        f"{TARGET.name} is not what sample/ makes; run: python scripts/{Path(__file__).name}", file=sys.stderr
    )
    return 1


def _unzip(path: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as file:
        return [(name, file.read(name)) for name in file.namelist()]


if __name__ == "__main__":
    sys.exit(main())
