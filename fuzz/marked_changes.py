"""Changes of inputs with marked words that leave whose a record is, and for whom, as it was."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from fuzz.inputs import timeless
from fuzz.json_changes import TEXTS, chance, change_json
from fuzz.marked import Record, Seed, chat, is_marked, seed
from huggingtweets.sources._formats.fields import names
from tests.helpers.workbooks import write_workbook

_ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16")
_LINE_ENDS = ("\n", "\n", "\r\n")
_SAID_TOO = ("public", "everyone", True, False, None, 0, 1, "no", "yes", "published", "")
_LONGEST = 2000  # characters of a cell


def marked_input(file_name: str, random: Random) -> bytes:
    """Return an input with marked words in a file of that name."""
    suffixes = Path(file_name).suffixes
    if suffixes == [".txt"]:
        return _text(chat(random), random)
    made = seed(random, is_whole=suffixes[0] == ".json")
    records = _changed(made, random)
    if suffixes[0] == ".json":
        return _encode(_json(made.around(records), random), random)
    if suffixes[0] == ".jsonl":
        content = _encode("\n".join(json.dumps(record, default=str) for record in records), random)
        return gzip.compress(content, 1, mtime=0) if len(suffixes) > 1 else content
    rows = _flat(records, random)
    if suffixes[0] == ".xlsx":
        return _workbook(rows)
    content = _encode(_csv(rows, random), random)
    return gzip.compress(content, 1, mtime=0) if len(suffixes) > 1 else content


def _changed(made: Seed, random: Random) -> list[Record]:
    """Damage own records, except for what says whose they are; give each record more fields; repeat them."""
    records = [
        record if is_marked(record) or chance(random, 0.6) else _damaged(record, made.guards, random)
        for record in made.records
    ]
    if chance(random, 0.5):
        closing = [*names("audience")["visibilities"], *names("audience")["closed"], "content", "title"]
        field = random.choice(closing)
        taken = {name.casefold() for record in records for name in record}
        if field not in taken:
            records = [{**record, field: random.choice(_SAID_TOO)} for record in records]
    if chance(random, 0.3):
        records = [dict(random.sample(list(record.items()), len(record))) for record in records]
    if chance(random, 0.3):
        records *= random.choice((2, 3, 250))
    return records


def _damaged(record: Record, guards: frozenset[str], random: Random) -> Record:
    kept = {name: value for name, value in record.items() if name in guards}
    rest = {name: value for name, value in record.items() if name not in guards}
    new = change_json(rest, random)
    return {**new, **kept} if isinstance(new, dict) else record


def _flat(records: list[Record], random: Random) -> list[list[object]]:
    """Return a table's rows, a header first; objects in cells become JSON, or what Python prints."""
    header = list(dict.fromkeys(name for record in records for name in record))
    write = random.choice((json.dumps, repr))

    def cell(value: object) -> object:
        if value is None:
            return ""
        text = write(value) if isinstance(value, dict | list) else str(value)
        return _plain(text)[:_LONGEST]

    names_of_columns: list[object] = [_plain(name)[:_LONGEST] for name in header]
    return [names_of_columns, *([cell(record.get(name)) for name in header] for record in records)]


def _plain(text: str) -> str:
    """Return a text without what spreadsheets and UTF-8 cannot hold."""
    return (
        "".join(sign for sign in text if sign.isprintable() or sign == "\n")
        .encode("utf-8", "ignore")
        .decode()
    )


def _csv(rows: list[list[object]], random: Random) -> str:
    written = io.StringIO()
    delimiter, ends = random.choice(",,;\t"), random.choice(_LINE_ENDS)
    csv.writer(written, delimiter=delimiter, lineterminator=ends, quoting=csv.QUOTE_ALL).writerows(rows)
    return written.getvalue()


def _workbook(rows: list[list[object]]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return timeless(write_workbook(Path(folder) / "posts.xlsx", posts=rows))


def _json(document: Any, random: Random) -> str:
    return json.dumps(
        document, indent=random.choice((None, 2)), ensure_ascii=chance(random, 0.5), default=str
    )


def _text(content: str, random: Random) -> bytes:
    """Put something into what is said, and blank lines between the lines, and encode it."""
    lines = content.splitlines()
    if chance(random, 0.3):
        at = random.randrange(len(lines))
        lines[at] += " " + random.choice([text for text in TEXTS if text.isprintable() and len(text) < 40])  # noqa: PLR2004
    if chance(random, 0.3):
        lines = [part for line in lines for part in (line, "")]
    if chance(random, 0.2):
        lines *= random.choice((2, 20))
    if chance(random, 0.2):
        lines.insert(0, random.choice(("", "Chat with Bob", "----", "Copied on 5 March 2023")))
    return _encode(random.choice(_LINE_ENDS).join(lines), random)


def _encode(text: str, random: Random) -> bytes:
    return text.encode(random.choice(_ENCODINGS), "replace")
