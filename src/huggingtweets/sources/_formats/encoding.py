r"""Bytes to text, read rightly: which encoding a file is in, and what was done to it on the way.

A file that is not UTF-8 is one of two things. Either it is in an older encoding (Windows's cp1252, or Mac
Roman), or it was UTF-8 that a spreadsheet program mistook: it read each byte as a cp1252 character, and
wrote these characters in Mac Roman, with `_` for those that Mac Roman lacks. That round trip can have
happened more than once. It is a table of 256 bytes (`_TRIP`), so a byte's possible origins are the bytes
that the table maps to it, and the way back needs no further rules: of all combinations of origins, UTF-8
allows hardly ever more than one. Only where a `_` stands for a lost byte there can be several. Then the
character is taken that outweighs the others in posts by far (`…`, not a double low quotation mark), and
where none does, U+FFFD: nothing is made up.

The encoding is chosen once, on the first lines that are not ASCII: each is tried on them, and the one that
leaves the least damage wins. A file in UTF-8 is left alone, unless it is clearly full of text that was
decoded wrongly before it was saved, which ftfy undoes. What cannot be decoded becomes U+FFFD.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import ftfy
from ftfy.badness import badness

from ...errors import BrokenArchive

LONGEST_LINE = 16 << 20  # characters
_SAMPLE = 256 << 10  # characters of lines that are not ASCII
_CLEARLY = 0.05  # damage for each character that is not ASCII
_UNKNOWN = "\ufffd"
_LOST = ord("_")
_OUTWEIGHS = "…➡❤🎥🚨⚾√אבגדהוזחטיכלמנסעפצקרשתךםןףץ"
_TRAVELLED = re.compile("(?<!_)_*[\x80-\xff][_\x80-\xff]*")  # bytes, as latin-1 characters
_MISPLACED = re.compile(  # behind a small letter a capital, or a symbol before another small letter
    r"(?<=[a-zß-ÿ])(?:[À-ÖØ-ÞŒŠŸŽ]|[^\w\s\u2010-\u2027\x00-\x7f](?=[a-zß-ÿ]))"
)
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # looked for before UTF-16, with whose mark it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Encoding(NamedTuple):
    """How bytes become text: a codec, then what mends a line that is not ASCII."""

    codec: str
    mend: Callable[[str], str] | None = None

    def mended(self, line: str) -> str:
        """A line as the codec gave it, mended where there is anything to mend."""
        return line if self.mend is None or line.isascii() else self.mend(line)

    def damage(self, content: bytes) -> int:
        """How wrong a text looks, read in this encoding: what nobody typed, and then what is not ASCII."""
        text = self.mended(content.decode(self.codec, "replace"))
        wrong = text.count(_UNKNOWN) + badness(text) + len(_MISPLACED.findall(text))
        return wrong * len(content) + sum(not c.isascii() for c in text)


def lines(path: Path) -> Iterator[str]:
    """Lines of a text file with their ends, be they of any system; memory does not grow with the file.

    Raises:
        BrokenArchive: It is not text, or a line is longer than any text's.
    """
    encoding = find_encoding(path)
    for number, line in enumerate(_raw_lines(path, encoding.codec), start=1):
        if len(line) == LONGEST_LINE or "\0" in line:
            raise BrokenArchive(f"{path} is not text in line {number:,}; save it again as text in UTF-8")
        yield encoding.mended(line)


def find_encoding(path: Path) -> Encoding:
    """Choose a file's encoding by its first bytes, or else by its first lines that are not ASCII."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, codec in _MARKS.items():
        if head.startswith(mark):
            return Encoding(codec)
    sample = _sample(path)
    try:
        text = sample.decode()
    except UnicodeDecodeError:
        return min(_ENCODINGS, key=lambda encoding: encoding.damage(sample))
    broken = badness(text) > _CLEARLY * sum(not c.isascii() for c in text)
    return Encoding("utf-8", ftfy.fix_encoding) if broken else Encoding("utf-8")


def _raw_lines(path: Path, codec: str) -> Iterator[str]:
    with path.open(encoding=codec, errors="replace", newline="") as text:
        yield from iter(partial(text.readline, LONGEST_LINE), "")


def _sample(path: Path) -> bytes:
    found, size = [], 0
    for line in _raw_lines(path, "latin-1"):
        if not line.isascii():
            found.append(line[:_SAMPLE])
            size += len(found[-1])
        if size >= _SAMPLE:
            break
    return "".join(found).encode("latin-1")


def _trip(byte: int) -> int:
    """What becomes of a byte that is read as cp1252 and written as Mac Roman; unassigned ones stay."""
    try:
        character = bytes([byte]).decode("cp1252")
        return character.encode("mac_roman")[0]
    except UnicodeDecodeError:
        return byte
    except UnicodeEncodeError:
        return _LOST


_TRIP = bytes(map(_trip, range(256)))


@cache
def _origins(trips: int) -> tuple[bytes, ...]:
    """For each byte, the bytes that `trips` round trips turn into it."""
    after = bytes(range(256))
    for _ in range(trips):
        after = after.translate(_TRIP)
    return tuple(bytes(byte for byte in range(0x80, 0x100) if after[byte] == found) for found in range(256))


def _retraced(line: str, trips: int) -> str:
    """Undo `trips` round trips in a line that was decoded as latin-1."""
    return _TRAVELLED.sub(lambda run: _retraced_run(run[0].encode("latin-1"), trips), line)


def _retraced_run(run: bytes, trips: int) -> str:
    text, at = [], 0
    while at < len(run):
        length, character = _first_character(run[at : at + 4], trips)
        text.append(character)
        at += length
    return "".join(text)


@lru_cache(maxsize=1 << 14)
def _first_character(run: bytes, trips: int) -> tuple[int, str]:
    """How many bytes the first character of a run takes, and what it was."""
    for length in range(len(run), 1, -1):
        raw = run[:length]
        possible = _characters(raw, trips) if raw.strip(b"_") else ""
        if possible:
            outweighing = [character for character in _OUTWEIGHS if character in possible]
            return length, (outweighing or [possible if len(possible) == 1 else _UNKNOWN])[0]
    return 1, "_" if run[0] == _LOST else _UNKNOWN


def _characters(raw: bytes, trips: int) -> str:
    """The characters whose UTF-8 form can have become `raw`, without what is not seen in posts."""
    leads = {2: range(0xC2, 0xE0), 3: range(0xE0, 0xF0), 4: range(0xF0, 0xF5)}[len(raw)]
    first, *others = (_origins(trips)[byte] for byte in raw)
    ways = product(
        filter(leads.__contains__, first), *(filter(range(0x80, 0xC0).__contains__, o) for o in others)
    )
    return "".join(filter(_is_seen, "".join(bytes(way).decode("utf-8", "ignore") for way in ways)))


def _is_seen(character: str) -> bool:
    """False for what is not assigned, and for the ancient scripts and rare Han beyond U+FFFF."""
    rare = "\U00010000" <= character < "\U0001d400" or "\U00020000" <= character < "\U000e0000"
    return not rare and unicodedata.category(character) != "Cn"


_ENCODINGS = (  # where two leave the same damage, the first one wins
    Encoding("utf-8"),
    Encoding("cp1252"),
    Encoding("mac_roman"),
    Encoding("latin-1", partial(_retraced, trips=1)),
    Encoding("latin-1", partial(_retraced, trips=2)),
)
