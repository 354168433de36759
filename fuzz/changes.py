"""Damages inputs: their bytes, JSON, tables, texts, and the archives around them.

Every choice comes from one `random.Random`. So a seed reproduces an input, Hypothesis can make it smaller,
and Atheris can make the choices by the code that they reach.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from random import Random

from fuzz import archives
from fuzz.inputs import Content, Form
from fuzz.json_changes import TEXTS, chance, change_document, few
from fuzz.marked_changes import marked_input

_NUMBER = re.compile(rb"\d+")
_LARGE = 2 << 20  # bytes
_SIZES = (0, 1, 2, 7, 127, 128, 255, 256, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
_MARKUP = (
    b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;&b;">]>',
    b'<?xml version="1.0" encoding="utf-16"?>',
    b'<?xml version="1.0" encoding="x-nothing"?>',
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd">',
    b"<item>" * 300,
    b"<div>" * 3000,
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\x00" * 40,
    b"\xff" * 8,
)


def change_input(form: Form, random: Random) -> Content:
    """Return the input of a form, damaged in one way or several."""
    content = form.content
    if form.kind == "marked":
        return marked_input(form.file_name, random)
    if isinstance(content, dict):
        files = dict(content)
        for _ in range(few(random)):
            _change_one(files, random)
        return files
    if form.kind in archives.KINDS and chance(random, 0.75):
        return archives.change_archive(form.kind, content, random, change_file)
    return change_file(form.file_name, content, random)


def change_file(name: str, content: bytes, random: Random) -> bytes:
    """Damage a file according to its suffix, or just in its bytes."""
    ways = _WAYS.get(PurePosixPath(name).suffix, _change_bytes), _change_bytes
    for _ in range(few(random)):
        if len(content) < _LARGE:  # some changes double the content, several times
            content = random.choice(ways)(content, random)
    return content


def _change_one(files: dict[str, bytes], random: Random) -> None:
    """Damage one file of a folder, or remove it, or overwrite another file with it."""
    name = random.choice(sorted(files))
    if chance(random, 0.9) or len(files) == 1:
        files[name] = change_file(name, files[name], random)
        return
    content = files.pop(name)
    if chance(random, 0.5):
        files[random.choice(sorted(files))] = content


def _change_lines_of_json(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    place = random.randrange(len(lines))
    lines[place] = change_document(lines[place], random)
    if chance(random, 0.2):
        lines.insert(random.randrange(len(lines)), random.choice(TEXTS).encode())
    return b"\n".join(lines)


def _change_table(content: bytes, random: Random) -> bytes:
    """Change cells, rows, quotes, delimiters or the encoding of a CSV file."""
    text = content.decode("utf-8", "replace").replace("\0", "")
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row] or [[""]]
    except csv.Error:
        return _change_bytes(content, random)
    row = random.choice(rows)
    at = random.randrange(len(row))
    random.choice(_CELL_WAYS)(row, at, random)
    if chance(random, 0.2):
        rows += random.sample(rows, random.randrange(len(rows) + 1))
    written = io.StringIO()
    ends = random.choice(("\n", "\r\n", "\r"))
    csv.writer(written, delimiter=random.choice(",,,;\t|"), lineterminator=ends).writerows(rows)
    text = written.getvalue()
    if chance(random, 0.3):  # unmatched quotes and the like
        place = random.randrange(len(text) + 1)
        text = text[:place] + random.choice(('"', '""', '"\n', "\0", "\\", "\r")) + text[place:]
    codecs = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "mac_roman")
    return text.encode(random.choice(codecs), "replace")


def _drop_cell(row: list[str], at: int, _: Random) -> None:
    del row[at]


def _add_cells(row: list[str], at: int, random: Random) -> None:
    row[at:at] = [random.choice(TEXTS)] * random.choice((1, 3, 200))


def _enlarge_cell(row: list[str], at: int, random: Random) -> None:
    row[at] = random.choice(("a", '"', "é")) * random.choice((1000, 140_000))


def _fill_cell(row: list[str], at: int, random: Random) -> None:
    row[at] = random.choice((*TEXTS, *map(str, _SIZES)))


_CELL_WAYS = (_drop_cell, _add_cells, _enlarge_cell, _fill_cell, _fill_cell, _fill_cell)


def _change_text(content: bytes, random: Random) -> bytes:
    """Move, repeat or remove a line of a text, or change or insert something in it."""
    lines = content.split(b"\n")
    random.choice(_LINE_WAYS)(lines, random.randrange(len(lines)), random)
    return b"\n".join(lines)


def _move_line(lines: list[bytes], at: int, random: Random) -> None:
    lines.insert(random.randrange(len(lines)), lines.pop(at))


def _repeat_lines(lines: list[bytes], at: int, random: Random) -> None:
    lines[at:at] = lines[at : at + 20] * random.choice((1, 20))


def _drop_line(lines: list[bytes], at: int, _: Random) -> None:
    del lines[at]


def _change_numbers(lines: list[bytes], at: int, random: Random) -> None:
    numbers = (0, 7, 13, 32, 99, 2024, 10**9)
    lines[at] = _NUMBER.sub(lambda _: str(random.choice(numbers)).encode(), lines[at])


def _insert_into_line(lines: list[bytes], at: int, random: Random) -> None:
    place = random.randrange(len(lines[at]) + 1)
    lines[at] = lines[at][:place] + _token(random) + lines[at][place:]


_LINE_WAYS = (_move_line, _repeat_lines, _drop_line, _change_numbers, _insert_into_line, _insert_into_line)


def _change_bytes(content: bytes, random: Random) -> bytes:
    """Flip, cut, repeat or move bytes, or overwrite them with sizes and tokens."""
    at = random.randrange(len(content) + 1)
    end = min(len(content), at + random.choice((1, 2, 4, 16, 100, 4096)))
    return random.choice(_BYTE_WAYS)(content, at, end, random)


def _flip(content: bytes, at: int, end: int, random: Random) -> bytes:
    bit = 1 << random.randrange(8)
    return content[:at] + bytes(byte ^ bit for byte in content[at : min(end, at + 1)]) + content[at + 1 :]


def _cut_off(content: bytes, at: int, _: int, __: Random) -> bytes:
    return content[:at]


def _cut_out(content: bytes, at: int, end: int, _: Random) -> bytes:
    return content[:at] + content[end:]


def _splice(content: bytes, at: int, end: int, random: Random) -> bytes:
    place = random.randrange(len(content) + 1)
    return content[:place] + content[at:end] * random.choice((1, 2, 30)) + content[place:]


def _overwrite_size(content: bytes, at: int, _: int, random: Random) -> bytes:
    width = random.choice((1, 2, 4, 8))
    size = random.choice(_SIZES) % (1 << 8 * width)
    return content[:at] + size.to_bytes(width, random.choice(("little", "big"))) + content[at + width :]


def _rewrite_number(content: bytes, at: int, _: int, random: Random) -> bytes:
    size = str(random.choice(_SIZES)).encode()
    return content[:at] + _NUMBER.sub(size, content[at:], count=1)


def _insert_into_bytes(content: bytes, at: int, end: int, random: Random) -> bytes:
    return content[:at] + _token(random) + content[random.choice((at, end)) :]


_BYTE_WAYS = (_flip, _flip, _cut_off, _cut_out, _splice, _overwrite_size, _rewrite_number, _insert_into_bytes)


def _token(random: Random) -> bytes:
    return random.choice((*(text.encode("utf-8", "replace") for text in TEXTS), *_MARKUP))


_WAYS: dict[str, Callable[[bytes, Random], bytes]] = {
    ".js": change_document,
    ".json": change_document,
    ".jsonl": _change_lines_of_json,
    ".csv": _change_table,
    ".txt": _change_text,
    ".md": _change_text,
    ".xml": _change_text,
    ".atom": _change_text,
    ".html": _change_text,
}
