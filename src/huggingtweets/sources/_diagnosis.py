"""Says what a file is that no source reads, and what to do, in one short line."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from ..errors import BrokenArchive
from ..model_folder import NGRAM_WEIGHTS, WHOLE_WEIGHTS
from ._formats.archive_files import ArchiveFiles, open_archive
from ._formats.fields import names, parts
from ._formats.table_rows import is_table

_HEAD = 4096  # bytes
_LISTED = 3  # files named in messages
_ZIP = ".zip"
_EXCEL = "is a workbook of Excel; save it as CSV UTF-8, and give that"
_SHEETS = "is a spreadsheet; save it as CSV UTF-8, and give that"
_PAGES = "is an export as HTML, which is not read; ask for it again as JSON, and give that"
_NO_PAGES = {"archive_browser.html"}  # what Google puts into all of its exports
_BESIDE_PAGES = {".js", ".txt"}
_OF_X = re.compile(r"(?:^|/)(?:data/manifest\.js|Your archive\.html)$")
_TWEETS = re.compile(r"(?:^|/)tweets?\.js$")
_PART_OF_X = "is a part of X's archive, without posts; unpack all parts into one folder, and give that"
_WRITTEN = "is a document of a word processor; save it as text, one post a line, and give that"
_MODEL = "is a model; give the posts that one is to be trained on"
_COMPRESSED = "is compressed; unpack it, and give the file or folder inside"
_MAIL = "is e-mail that is not read; give what you sent as one mbox, like Sent.mbox"
_DATABASE = "is a database, but no whole chat.db of iMessage; copy it again, or export your own posts"
_ONE_OF_META = "is one file of an export; give the whole one, which says whether the account is public"
_OF_META = re.compile(  # posts_1.json and posts.json of Instagram, threads_and_replies.json; of Facebook
    # comments.json, other_people's_posts_to_your_timeline.json and your_posts_1.json
    rb'\s*(?:\{\s*"text_post_app_text_posts"\s*:\s*)?\[\s*\{\s*"media"\s*:\s*\['
    rb'|\s*\{\s*"(?:comments|group_comments|group_posts(?:_joined)?|posts_in_groups)_v\d"\s*:'
    rb'|\s*\{\s*"wall_posts_sent_to_you(?:_v\d)?"\s*:'
    rb'|\s*\[\s*\{\s*"timestamp"\s*:\s*\d+\s*,\s*'
    rb'(?:"attachments"\s*:\s*\[\s*\{\s*"data"|"data"\s*:\s*\[\s*\{\s*"(?:post|\w*timestamp)"'
    rb'|"tags"\s*:\s*\[\s*\{\s*"name"'
    rb'|(?:"title"\s*:\s*"(?:[^"\\]|\\.)*"\s*,\s*)?"media"\s*:\s*\[.*?"label_values")\s*:',
    re.DOTALL,
)
_TEXT = "is text; let its name end with .txt if it has one post a line, with .csv or .json if it is that"
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LONGEST_CHARACTER = 4  # bytes in UTF-8
_BY_FIRST_BYTES = {
    b"\x1f\x8b": "is compressed; unpack it (gunzip), and give the file inside",
    b"BZh": "is compressed; unpack it (bunzip2), and give the file inside",
    b"\xfd7zXZ": "is compressed; unpack it (unxz), and give the file inside",
    b"\x28\xb5\x2f\xfd": "is compressed; unpack it (unzstd), and give the file inside",
    b"7z\xbc\xaf": _COMPRESSED,
    b"Rar!": _COMPRESSED,
    b"\xd0\xcf\x11\xe0": _EXCEL,
    b"SQLite format 3": _DATABASE,
    b"%PDF": "is a PDF, which is not read; ask for the export as JSON or CSV",
    b"{\\rtf": _WRITTEN,
    b"ARROW1": "is a Feather or Arrow file; save it as parquet or CSV, and give that",
    b"\x89PNG": "is a picture; give the export that has the posts",
    b"\xff\xd8\xff": "is a picture; give the export that has the posts",
    b"!BDN": _MAIL,
    b"From ": _MAIL,
}
_MAIL_HEADER = re.compile(
    rb"(?:(?:From|To|Subject|Date|Message-ID|Received|Return-Path|MIME-Version|Delivered-To|X-[\w-]+): "
    rb".*\r?\n"
    rb"(?:[ \t].*\r?\n)*){2}"
)
_BY_FILE_INSIDE = {
    "xl/": _EXCEL,
    "word/": _WRITTEN,
    "content.xml": _SHEETS,
    "Index/": _SHEETS,
    WHOLE_WEIGHTS: _MODEL,
    NGRAM_WEIGHTS: _MODEL,
}


def diagnosis(location: str) -> str:
    """Return what a file or folder is, as the rest of a sentence; "" if that is not known either."""
    path = Path(location)
    try:
        if path.is_dir() or _head(path).startswith(b"PK"):
            return _contents(path)
        what = is_no_table(path) or (_PAGES if b"<html" in _head(path).lower() else "")
        return what or (_TEXT if _is_text(_head(path)) else "")
    except (OSError, BrokenArchive):
        return ""


def is_no_table(path: Path) -> str:
    """Return what a file is that is no table of posts, as the rest of a sentence; else ""."""
    head = _head(path)
    if head.lstrip().lower().startswith((b"<html", b"<!doctype html")):
        return _PAGES
    if _MAIL_HEADER.match(head):
        return _MAIL
    if _OF_META.match(head):
        return _ONE_OF_META
    if head.startswith(b"PK\3\4"):
        return _contents(path)
    mail = head.startswith(b"From ") and b"\nFrom: " not in head  # a post may begin so, too
    first_bytes = (text for first, text in _BY_FIRST_BYTES.items() if head.startswith(first))
    return "" if mail else next(first_bytes, "")


def word_for_others(path: Path) -> str:
    """Return the word in a file's name that says that others wrote its posts, or few read them; else ""."""
    words, known = parts(path.name.partition(".")[0]), names("files")
    said = [word for word in words if word in {*known["others"], *known["closed"]}]
    pairs = ["".join(pair) for pair in pairwise(words)]
    said += [pair for pair in pairs if pair in known["closed"]]
    others = {*known["others"], *known["closed"], *known["around"]}
    return said[0] if said and others.issuperset(words) else ""


def _is_text(head: bytes) -> bool:
    """Whether the first bytes are text in UTF-8, whose last character may be cut, and no markup."""
    text = head.decode("utf-8", "ignore")
    is_whole = len(text.encode()) > len(head) - _LONGEST_CHARACTER
    return is_whole and bool(text.strip()) and not text.lstrip().startswith("<") and not _CONTROL.search(head)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _contents(path: Path) -> str:
    with open_archive(path) as files:
        top = [root + name for root in files.roots() for name in files.names(root)]
        folders = [f"{name}/" for name in files.folders("")]
        inside = [text for first, text in _BY_FILE_INSIDE.items() if first in {*folders, *top}]
        if inside:
            return inside[0]
        inner = list(dict.fromkeys([*top, *_deep_names(files)]))
    if any(map(_OF_X.search, inner)) and not any(map(_TWEETS.search, inner)):
        return _PART_OF_X
    return _unknown_contents(path, top, inner)


def _unknown_contents(path: Path, top: list[str], inner: list[str]) -> str:
    """Return what an archive is by its files: those where an export may begin, and those one level below."""
    tables = sorted(filter(_is_table_of_posts, map(Path, inner)), key=_is_named_otherwise)
    if not tables and any(name.endswith(".html") and Path(name).name not in _NO_PAGES for name in inner):
        return _PAGES
    if zips := [name for name in top if name.lower().endswith(_ZIP)]:
        listed = ", ".join(zips[:_LISTED])
        return f"is the export of no place that is known, but holds {listed}; give the zip that has the posts"
    if path.is_file() and path.suffix.lower() != _ZIP:
        return "is a zip whose name does not say so; let it end with .zip"
    tables = tables or [name for name in map(Path, top) if is_table(name)]
    if not tables:
        return ""
    listed = ", ".join(name.as_posix() for name in tables[:_LISTED])
    return f"is the export of no place that is known; if {listed} has the posts, give that file alone"


def _is_table_of_posts(name: Path) -> bool:
    """Whether a file may have posts, and is none of those that pages need beside them."""
    return is_table(name) and name.suffix.lower() not in _BESIDE_PAGES


def _is_named_otherwise(name: Path) -> bool:
    """Whether a file's name has no word for posts."""
    return not {*names("files")["posts"]} & {*parts(name.stem)}


def _deep_names(files: ArchiveFiles) -> list[str]:
    """Return the files one level below the folders in which an export may begin."""
    return [
        f"{root}{folder}/{name}"
        for root in files.roots()
        for folder in files.folders(root)
        for name in files.names(f"{root}{folder}/")
    ]
