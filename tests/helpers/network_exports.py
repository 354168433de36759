"""Builds exports of Bluesky and Mastodon from their documentation.

Bluesky: a CAR file with a commit, whose signature is not valid, and a Merkle search tree, as in
atproto.com/specs/repository. Mastodon: outbox.json and actor.json, as in
docs.joinmastodon.org/spec/activitypub.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import libipld

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTOR = "https://example.social/users/ada"
_TID = "234567abcdefghijklmnopqrstuvwxyz"  # digits of record keys, which sort as time does


def record_key(number: int) -> str:
    """Return a timestamp key of Bluesky's form; a larger number gives a later key."""
    digits = [_TID[number >> 5 * place & 31] for place in range(12)]
    return "3" + "".join(reversed(digits))


def bluesky_post(text: str, number: int = 0, **fields: Any) -> dict[str, Any]:
    """Return a record of the form app.bsky.feed.post."""
    when = datetime(2023, 7, 1, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "$type": "app.bsky.feed.post",
        "text": text,
        "createdAt": when.isoformat().replace("+00:00", ".123Z"),
        "langs": ["en"],
        **fields,
    }


class CarWriter:
    """Collects the blocks of a repository, and writes them in either order."""

    def __init__(self) -> None:
        self.blocks: dict[bytes, bytes] = {}

    def add(self, value: Any) -> bytes:
        """Add a block, and return its CID."""
        content = libipld.encode_dag_cbor(value)
        cid = b"\x01\x71\x12\x20" + hashlib.sha256(content).digest()
        self.blocks[cid] = content
        return cid

    def add_tree(self, records: dict[str, Any]) -> bytes:
        """Add records and the tree over their keys, and return the CID of its root."""
        items = [(key.encode(), self.add(value)) for key, value in sorted(records.items())]
        highest = max((_layer(key) for key, _ in items), default=0)
        return self._node(items, highest) or self.add({"e": [], "l": None})

    def _node(self, items: list[tuple[bytes, bytes]], layer: int) -> bytes | None:
        if not items:
            return None
        here = [index for index, (key, _) in enumerate(items) if _layer(key) == layer]
        ends = [*here, len(items)]
        left = self._node(items[: ends[0]], layer - 1)
        entries, before = [], b""
        for index, end in zip(here, ends[1:], strict=True):
            key, value = items[index]
            shared = _shared(before, key)
            subtree = self._node(items[index + 1 : end], layer - 1)
            entries.append({"p": shared, "k": key[shared:], "v": value, "t": subtree})
            before = key
        return self.add({"e": entries, "l": left})

    def commit(self, tree: bytes) -> bytes:
        """Add a commit of a tree, and return its CID."""
        return self.add(
            {"did": DID, "rev": record_key(1), "sig": b"none", "data": tree, "prev": None, "version": 3}
        )

    def content(self, root: bytes, *, reverse: bool = False) -> bytes:
        """Return the file's bytes."""
        parts = [_section(libipld.encode_dag_cbor({"roots": [root], "version": 1}))]
        blocks = [_section(cid + content) for cid, content in self.blocks.items()]
        return b"".join(parts + (blocks[::-1] if reverse else blocks))


def write_car(path: Path, records: dict[str, Any]) -> Path:
    """Write a repository; `records` are by `collection/key`."""
    writer = CarWriter()
    path.write_bytes(writer.content(writer.commit(writer.add_tree(records))))
    return path


def bluesky_repo(folder: Path, count: int) -> Path:
    """Write a repository with the posts "post number 0", "post number 1" and so on."""
    posts = {
        f"app.bsky.feed.post/{record_key(n)}": bluesky_post(f"post number {n} and more", n)
        for n in range(count)
    }
    return write_car(folder / "repo.car", posts)


def note(number: int, html: str, **fields: Any) -> dict[str, Any]:
    """Return an activity of Mastodon's outbox that published a note."""
    identity = f"{ACTOR}/statuses/{number + 1000}"
    addressed: dict[str, Any] = {"to": [PUBLIC], "cc": [f"{ACTOR}/followers"]}
    addressed |= {key: fields.pop(key) for key in ("to", "cc") if key in fields}
    return {
        "id": f"{identity}/activity",
        "type": "Create",
        "actor": ACTOR,
        "published": "2024-05-01T12:00:00Z",
        **addressed,
        "object": {
            "id": identity,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": "2024-05-01T12:00:00Z",
            "url": f"https://example.social/@ada/{number + 1000}",
            "attributedTo": ACTOR,
            **addressed,
            "sensitive": False,
            "content": html,
            "contentMap": {"en": html},
            "attachment": [],
            "tag": [],
            **fields,
        },
    }


def mastodon_files(activities: list[dict[str, Any]], **actor: Any) -> dict[str, bytes]:
    """Return the files of an archive by name."""
    outbox = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "outbox.json",
        "type": "OrderedCollection",
        "totalItems": len(activities) + 1,  # wrong, as in real archives
        "orderedItems": activities,
    }
    person = {
        "@context": ["https://www.w3.org/ns/activitystreams"],
        "id": ACTOR,
        "type": "Person",
        "preferredUsername": "ada",
        "name": "Ada Tests",
        "summary": "<p>counts</p>",
        "url": "https://example.social/@ada",
        "icon": {"type": "Image", "mediaType": "image/png", "url": "avatar.png"},
        **actor,
    }
    return {
        "outbox.json": json.dumps(outbox, separators=(",", ":")).encode(),
        "likes.json": b'{"orderedItems":["https://example.social/secret-like"]}',
        "actor.json": json.dumps(person).encode(),
        "avatar.png": b"\x89PNG picture",
    }


def write_files(path: Path, files: dict[str, bytes]) -> Path:
    """Write files as a zip, as a tar (gzipped or not), or as a folder, according to the path's suffix."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    elif ".tar" in path.suffixes:
        with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    else:
        for name, content in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
    return path


def mastodon_export(folder: Path, count: int) -> Path:
    """Write an archive with the posts "post number 0", "post number 1" and so on."""
    activities = [note(n, f"<p>post number {n} and more</p>") for n in range(count)]
    return write_files(folder / "archive.zip", mastodon_files(activities))


def _layer(key: bytes) -> int:
    """Return how many pairs of zeros the hash of a key begins with."""
    bits = f"{int.from_bytes(hashlib.sha256(key).digest()):0256b}"
    return (len(bits) - len(bits.lstrip("0"))) // 2


def _shared(one: bytes, other: bytes) -> int:
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _section(content: bytes) -> bytes:
    length, digits = len(content), bytearray()
    while length > 0x7F:
        digits.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*digits, length]) + content
