"""Damages archives from the inside: unpacks a zip, tar or CAR file, changes it, and packs it again."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import re
import stat
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from random import Random

import libipld

from fuzz.inputs import bluesky_records, car_writer
from fuzz.json_changes import chance, change_json

KINDS = ("zip", "tar", "car")
ChangeFile = Callable[[str, bytes, Random], bytes]

_MEBIBYTE = 1 << 20
_CID = 36  # bytes
_NAMES = (
    *("../../etc/passwd", "/etc/passwd", "C:\\boot.ini", "a\\..\\..\\b", "..", ".", "", "a//b", "data/../x"),
    *(
        "a" * 60_000,
        "a/" * 2000 + "b",
        "data/\ud800.js",
        "data/\0tweets.js",
        "data/tweets.js/",
        "\u202egnp.js",
    ),
    *("__MACOSX/data/tweets.js", "DATA/TWEETS.JS", "data/tweets-part1.js", "data/tweet.js", "x/outbox.json"),
    *("messages/c1/channel.json", "data/js/tweet_index.js", "aux", "data/note-tweet-part1.js", "e\u0301.js"),
)
_FIELDS = {  # of a zip's records: signature -> offsets and widths of its numbers, in bytes
    b"PK\x01\x02": ((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (38, 4), (42, 4)),
    b"PK\x03\x04": ((6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    b"PK\x05\x06": ((4, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}
_NUMBERS = (0, 1, 2, 8, 9, 12, 14, 64, 99, 255, 65_535, 2**31 - 1, 2**31, 2**32 - 1)
_METHODS = (zipfile.ZIP_DEFLATED,) * 4 + (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_BOMBS = (b"\0", b" ", b"[", b"{", b'"', b'{"tweet":', b"a,", b"\n", b'{"a":[', b"\\", b"1 ")
_TYPES = (
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.FIFOTYPE,
    tarfile.CHRTYPE,
    tarfile.DIRTYPE,
    b"S",
    b"Z",
    b"\0",
)


def change_archive(kind: str, content: bytes, random: Random, change_file: ChangeFile) -> bytes:
    """Damage an archive; `change_file` damages a file in it."""
    if kind == "car":
        return random.choice((_change_records, _change_block))(content, random)
    members = list((_unzip if kind == "zip" else _untar)(content).items())
    for _ in range(random.choice((1, 1, 2, 3))):
        _change_member(members, random, change_file)
    packed = _zip(members, random) if kind == "zip" else _tar(members, random)
    return _change_numbers(packed, random) if kind == "zip" and chance(random, 0.3) else packed


def _unzip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _untar(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isreg()}  # type: ignore[union-attr]


def _change_member(members: list[tuple[str, bytes]], random: Random, change_file: ChangeFile) -> None:
    """Change the content of a file; or rename, repeat or remove it; or rarely make it huge."""
    place = random.randrange(len(members))
    name, content = members[place]
    if chance(random, 0.75):
        members[place] = name, change_file(name, content, random)
    elif chance(random, 0.02):
        size, unit = random.choice((1, 1, 1, 20, 70)) * _MEBIBYTE, random.choice(_BOMBS)
        members[place] = name, content[: random.randrange(len(content) + 1)] + unit * (size // len(unit))
    elif chance(random, 0.4):  # a new name, in place of the old one or beside it
        members[place : place + random.choice((0, 1))] = [(random.choice(_NAMES), content)]
    elif chance(random, 0.5) or len(members) == 1:  # one name for two files
        members.append((name, random.choice(members)[1]))
    else:
        del members[place]


def _zip(members: list[tuple[str, bytes]], random: Random) -> bytes:
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")  # the same name twice is intended
        for name, content in members:
            info = zipfile.ZipInfo(name.encode("utf-8", "replace").decode())
            info.compress_type = random.choice(_METHODS if len(content) < _MEBIBYTE else _METHODS[:1])
            if chance(random, 0.02):
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, content, compresslevel=1)
        archive.comment = random.choice((b"", b"", b"", b"PK\x05\x06" + b"\0" * 18, b"x" * 65_535))
    return packed.getvalue()


def _change_numbers(packed: bytes, random: Random) -> bytes:
    """Overwrite sizes, methods, flags and offsets in the headers of a zip."""
    content = bytearray(packed)
    for _ in range(random.choice((1, 1, 2, 5))):
        signature = random.choice(sorted(_FIELDS))
        places = [match.start() for match in re.finditer(re.escape(signature), packed)]
        if places:
            offset, width = random.choice(_FIELDS[signature])
            at = random.choice(places) + offset
            content[at : at + width] = (random.choice(_NUMBERS) % (1 << 8 * width)).to_bytes(width, "little")
    return bytes(content)


def _tar(members: list[tuple[str, bytes]], random: Random) -> bytes:
    packed = io.BytesIO()
    form = random.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT))
    with tarfile.open(fileobj=packed, mode="w", format=form) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name[:90] if form == tarfile.USTAR_FORMAT else name)
            info.size = len(content)
            if chance(random, 0.1):
                info.type, info.linkname = random.choice(_TYPES), random.choice(_NAMES)[:90]
            if form == tarfile.PAX_FORMAT and chance(random, 0.2):
                keys = ("size", "path", "GNU.sparse.map", "GNU.sparse.major", "GNU.sparse.size", "hdrcharset")
                info.pax_headers = {
                    random.choice(keys): random.choice(("-1", "9" * 30, "0,1,2", "1", "x", ""))
                }
            try:
                tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
            except (ValueError, OSError, UnicodeError):
                continue  # Python refuses to write it
    written = bytearray(packed.getvalue())
    if chance(random, 0.3) and written:
        at = 512 * random.randrange(max(1, len(written) // 512))
        begin, width = random.choice(
            ((124, 12), (136, 12), (156, 1), (157, 100), (0, 100), (345, 155), (482, 30))
        )
        written[at + begin : at + begin + width] = (
            random.choice((b"\xff", b"7", b"\0", b"-", b"\x80", b"a")) * width
        )
        written[at + 148 : at + 156] = b" " * 8
        written[at + 148 : at + 156] = b"%06o\0 " % (sum(written[at : at + 512]) & 0o777777)
    packers: list[Callable[[bytes], bytes]] = [bytes, bytes, _gzip, bz2.compress, lzma.compress]
    return random.choice(packers if len(written) < _MEBIBYTE else packers[:3])(bytes(written))


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 1, mtime=0)


def _change_records(_: bytes, random: Random) -> bytes:
    """Build a repository with a damaged record; its tree and hashes are right."""
    records = bluesky_records()
    key = random.choice(sorted(records))
    records[key] = change_json(records[key], random)
    writer = car_writer()
    try:
        tree = writer.add_tree(records)
    except (ValueError, TypeError, OverflowError, RecursionError):
        records[key] = random.choice((None, 5, "x", [], {"text": 3}))
        tree = writer.add_tree(records)
    content: bytes = writer.content(writer.commit(tree), reverse=chance(random, 0.5))
    return content


def _change_block(content: bytes, random: Random) -> bytes:
    """Change one block, of a record or of the tree, and update the hashes of all blocks above it."""
    sections = _sections(content)
    root = libipld.decode_dag_cbor(sections[0])["roots"][0]
    blocks = {section[:_CID]: section[_CID:] for section in sections[1:]}
    target = random.choice(sorted(blocks))
    try:
        new = libipld.encode_dag_cbor(change_json(libipld.decode_dag_cbor(blocks[target]), random))
    except (ValueError, TypeError, OverflowError, RecursionError):
        new = random.choice((b"", b"\xa0", b"\x80", b"\xff", b"\x9f" * 5000, b"\x81" * 100_000 + b"\x01"))
    following: bytes | None = target
    while following:  # up to the root
        old, cid = following, following[:4] + hashlib.sha256(new).digest()
        del blocks[old]
        blocks[cid] = new
        root = cid if root == old else root
        following = next((other for other, block in blocks.items() if old in block), None)
        new = blocks[following].replace(old, cid) if following else b""
    head = libipld.encode_dag_cbor({"roots": [root], "version": random.choice((1, 1, 1, 1, 2))})
    parts = [head, *(cid + block for cid, block in blocks.items())]
    return b"".join(_varint(len(part)) + part for part in parts)


def _sections(content: bytes) -> list[bytes]:
    sections, place = [], 0
    while place < len(content):
        length = shift = 0
        while True:
            byte = content[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        sections.append(content[place : place + length])
        place += length
    return sections


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:  # noqa: PLR2004 -- seven bits a byte
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])
