r"""Finds the encoding of a text file, and repairs text that a spreadsheet program damaged.

A file that is not UTF-8 is one of two things. Either it is in an older encoding (Windows's cp1252, or Mac
Roman), or it was UTF-8 that a spreadsheet program misread: it took each byte for a cp1252 character, and
wrote these characters in Mac Roman, with `_` for those that Mac Roman lacks. This round trip may have
happened more than once. It maps each byte to another (`_ROUND_TRIP`), so the possible originals of a byte are
the bytes that are mapped to it. Of all combinations of originals, UTF-8 allows hardly ever more than one.
There can be several only where a `_` stands for a lost byte. Then the character wins that is by far the most
frequent one in posts (`…`, not a double low quotation mark); if there is none, the text gets U+FFFD.

The encoding is chosen once, on the first lines that are not ASCII: each candidate is tried on them, and the
one with the least damage wins. A file in UTF-8 stays as it is, unless it is clearly full of text that was
decoded wrongly before it was saved; ftfy repairs that. What cannot be decoded becomes U+FFFD.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from encodings.aliases import aliases
from functools import partial
from pathlib import Path
from typing import NamedTuple

import ftfy
from ftfy.badness import badness

from ...errors import BrokenArchive, LocationError
from ...registry import suggestion
from .code_pages import guess, of_language
from .round_trips import undo_round_trips

LONGEST_LINE = 16 << 20  # characters
_SAMPLE = 256 << 10  # characters of lines that are not ASCII
_CLEARLY_BROKEN = 0.05  # damage for each character that is not ASCII
_MOSTLY = 0.4  # share of damaged lines up to which a text is UTF-8
_FEW = 8  # bytes that tell no encoding; they become U+FFFD
_SOME_LINES, _SOME = 2, 4  # lines, and bytes in them, from which on there is a second encoding
_WESTERN = 0.4  # damage per byte; below it nothing looks wrong, and most letters are Latin
_HEAD = 4096  # bytes
_JAPANESE = re.compile(rb"\x1b\$[@B]")  # where ISO-2022-JP begins Japanese characters
_UNKNOWN = "\ufffd"
_MISPLACED = re.compile(  # after a small letter: a capital, or a symbol before another small letter
    r"(?<=[a-zß-ÿ])(?:[À-ÖØ-ÞŒŠŸŽ]|[^\w\s\u2010-\u2027\x00-\x7f](?=[a-zß-ÿ]))"
)
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, as it begins with the mark of that
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Encoding(NamedTuple):
    """How bytes become text: a codec, then perhaps a function that repairs a line that is not ASCII."""

    codec: str
    repair: Callable[[str], str] | None = None
    errors: str = "replace"  # what becomes of bytes that the codec does not know

    def repaired(self, line: str) -> str:
        """Repair a line that the codec has decoded."""
        return line if self.repair is None or line.isascii() else self.repair(line)

    def damage(self, content: bytes) -> int:
        """Score how wrong a text looks in this encoding: by what nobody types, then by what is not ASCII."""
        text = self.repaired(content.decode(self.codec, "replace"))
        wrong = text.count(_UNKNOWN) + badness(text) + len(_MISPLACED.findall(text))
        return wrong * len(content) + _beyond_ascii(text)


def codec_of(encoding: str | None) -> str | None:
    """The codec of an encoding that the user names; None where none is named.

    Raises:
        LocationError: Python knows none of this name, or what it knows makes no text of bytes.
    """
    if not encoding:
        return None
    if codec := _text_codec(encoding):
        return codec
    known = (
        name.replace("_", "-") for name in dict.fromkeys((*aliases.values(), *aliases)) if _text_codec(name)
    )
    raise LocationError(
        f"encoding {encoding!r} is not known; give one such as cp1251 or gb18030{suggestion(encoding, known)}"
    )


def _text_codec(encoding: str) -> str:
    """The codec of an encoding that makes text of bytes; "" where there is none, as for base64."""
    try:
        b"a".decode(encoding, "replace")
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        return ""


def lines(path: Path, codec: str | None = None) -> Iterator[str]:
    """Yield the lines of a text file with their line ends; memory does not grow with the file.

    Args:
        path: The file.
        codec: The name of its encoding, where the user says it.

    Raises:
        BrokenArchive: The file is not text, or a line is too long, or its encoding is not known.
    """
    encoding = Encoding(codec) if codec else find_encoding(path)
    for number, line in enumerate(_raw_lines(path, encoding.codec, encoding.errors), start=1):
        if not line.strip("\0"):  # what a machine that went off leaves at the end
            continue
        if len(line) == LONGEST_LINE or "\0" in line:
            raise BrokenArchive(f"{path} is not text in line {number:,}; save it again as text in UTF-8")
        yield encoding.repaired(line)


def utf8_chunks(path: Path, codec: str | None = None) -> Iterator[bytes]:
    """Yield the bytes of a text file in pieces, in UTF-8 without a byte order mark, as JSON has to be.

    Args:
        path: The file.
        codec: The name of its encoding, where the user says it.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
        if codec is None and _is_utf8(head):
            yield head.removeprefix(codecs.BOM_UTF8)
            yield from iter(partial(file.read, _SAMPLE), b"")
            return
    with path.open(encoding=codec or find_encoding(path).codec, errors="replace", newline="") as text:
        yield from (chunk.encode() for chunk in iter(partial(text.read, _SAMPLE), ""))


def _is_utf8(head: bytes) -> bool:
    """Whether the beginning of a file, which may end inside a character, is UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head[:4]:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def find_encoding(path: Path) -> Encoding:
    """Choose a file's encoding by its byte order mark, or by its first lines that are not ASCII."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if marked := next((codec for mark, codec in _BYTE_ORDER_MARKS.items() if head.startswith(mark)), None):
        return Encoding(marked)
    if wide := _without_mark(head.rstrip(b"\0")):
        return Encoding(wide)
    sample = _sample(path)
    try:
        text = sample.decode()
    except UnicodeDecodeError:
        return _find_mixed(path, sample) or (
            Encoding("utf-8") if _is_mostly_utf8(sample) else _find_legacy(path, sample)
        )
    broken = badness(text) > _CLEARLY_BROKEN * _beyond_ascii(text)
    return Encoding("utf-8", ftfy.fix_encoding) if broken else Encoding("utf-8")


def _without_mark(head: bytes) -> str:
    """Return an encoding that shows in the first bytes without a mark: UTF-16 or ISO-2022-JP; else ""."""
    for codec in ("utf-16-le", "utf-16-be"):
        marks = {mark.encode(codec) for mark in "\n[{"}
        ends = [head[place : place + 2] in marks for place in range(0, len(head) - 1, 2)]
        newlines = head.count("\n".encode(codec))
        is_wide = 2 * newlines >= head.count(b"\n")  # a text may have a few NULs at the end of a line
        if b"\0" in head and is_wide and (any(ends[1:]) or ends[:1] == [True]):
            return codec
    return "iso2022_jp" if _JAPANESE.search(head) else ""


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether most lines or characters are UTF-8, which hardly any of another encoding is by chance."""
    damaged = sum(_UNKNOWN in line.decode("utf-8", "replace") for line in sample.splitlines())
    text = sample.decode("utf-8", "replace")
    wrong = text.count(_UNKNOWN)
    few = 5 * wrong <= _beyond_ascii(text)
    return few or damaged < _MOSTLY * len(sample.splitlines())


def _find_mixed(path: Path, sample: bytes) -> Encoding | None:
    """Choose the encoding of the other lines where some are UTF-8, as in tables that were put together.

    None where there are no such lines, or nothing makes sense of them; a bad byte between characters of UTF-8
    is damage, and no other encoding.
    """
    whole = [line for line in sample.splitlines() if not _is_damaged(line)]
    legacy = [line for line in sample.splitlines() if _is_other(line)]
    other = b"\n".join(legacy)
    if not whole or len(legacy) < _SOME_LINES or len(other) - len(other.decode("ascii", "ignore")) < _SOME:
        return None
    try:
        encoding = _find_legacy(path, other)
    except BrokenArchive:
        return None
    if encoding.codec == "latin-1":  # a damage of the whole file
        return None
    return Encoding("utf-8", partial(_line_by_line, encoding=encoding), "surrogateescape")


def _beyond_ascii(text: str) -> int:
    """Count the characters that are not ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def _is_damaged(line: bytes) -> bool:
    return _UNKNOWN in line.decode("utf-8", "replace")


def _is_other(line: bytes) -> bool:
    """Whether a line is not UTF-8, and has no character of it either."""
    return _is_damaged(line) and line.decode("utf-8", "ignore").isascii()


def _line_by_line(line: str, encoding: Encoding) -> str:
    """Return a line of UTF-8 in which surrogates stand for other bytes, or of another encoding."""
    content = line.encode("utf-8", "surrogateescape")
    if _is_other(content):
        return encoding.repaired(content.decode(encoding.codec, "replace"))
    return content.decode("utf-8", "replace")


def _find_legacy(path: Path, sample: bytes) -> Encoding:
    """Choose an encoding older than UTF-8, or a damage.

    Text in Latin letters that looks sane is in the encoding that leaves the least damage, or in the code page
    of its language; of other text the code page is guessed.
    """
    best = min(_ENCODINGS, key=lambda encoding: encoding.damage(sample))
    if best.repair:
        return best
    damage = best.damage(sample) / len(sample)
    if damage < _WESTERN:
        return _page(of_language(sample) or best.codec) if best.codec == "cp1252" else best
    page = guess(sample)
    if page is None and len(sample) - len(sample.decode("ascii", "ignore")) < _FEW:
        return Encoding("utf-8")
    if page is None:
        raise BrokenArchive(
            f"{path} is not UTF-8, and no other encoding makes sense of it",
            advice="say which it is, as in --encoding cp1251, or save it again as UTF-8",
        )
    return _page(page)


def _page(codec: str) -> Encoding:
    """Return a code page; that of Vietnam has tones apart from their letters."""
    return Encoding(codec, partial(unicodedata.normalize, "NFC") if codec == "cp1258" else None)


def _raw_lines(path: Path, codec: str, errors: str = "replace") -> Iterator[str]:
    with path.open(encoding=codec, errors=errors, newline="") as text:
        yield from iter(partial(text.readline, LONGEST_LINE), "")


def _sample(path: Path) -> bytes:
    sample, size = [], 0
    for line in _raw_lines(path, "latin-1"):
        if not line.isascii():
            sample.append(line[:_SAMPLE])
            size += len(sample[-1])
        if size >= _SAMPLE:
            break
    return "".join(sample).encode("latin-1")


_ENCODINGS = (  # if two leave the same damage, the first one wins
    Encoding("utf-8"),
    Encoding("cp1252"),
    Encoding("mac_roman"),
    Encoding("latin-1", partial(undo_round_trips, trips=1)),
    Encoding("latin-1", partial(undo_round_trips, trips=2)),
)
