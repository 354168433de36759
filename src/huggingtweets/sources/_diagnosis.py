"""Says what a file is that no source reads, and what to do, in one short line."""

from __future__ import annotations

from pathlib import Path

from ..errors import BrokenArchive
from ._formats.archive_files import ArchiveFiles, open_archive
from ._formats.table_rows import is_table

_HEAD = 4096  # bytes
_LISTED = 3  # files named in messages
_EXCEL = "is a workbook of Excel; save it as CSV UTF-8, and give that"
_PAGES = "is an export as HTML, which is not read; ask for it again as JSON, and give that"
_BY_FIRST_BYTES = {
    b"\x1f\x8b": "is compressed; unpack it (gunzip), and give the file inside",
    b"BZh": "is compressed; unpack it (bunzip2), and give the file inside",
    b"7z\xbc\xaf": "is compressed; unpack it, and give the file or folder inside",
    b"Rar!": "is compressed; unpack it, and give the file or folder inside",
    b"\xd0\xcf\x11\xe0": _EXCEL,
    b"SQLite format 3": "is a database, as of iMessage or Signal, which is not read; export your own posts",
    b"%PDF": "is a PDF, which is not read; ask for the export as JSON or CSV",
}


def diagnosis(location: str) -> str:
    """Return what a file or folder is, as the rest of a sentence; "" if that is not known either."""
    path = Path(location)
    try:
        if path.is_dir():
            return _contents(path)
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if head.startswith(b"PK"):
            return _contents(path)
    except (OSError, BrokenArchive):
        return ""
    if b"<html" in head.lower() or b"<!doctype html" in head.lower():
        return _PAGES
    return next((text for first, text in _BY_FIRST_BYTES.items() if head.startswith(first)), "")


def _contents(path: Path) -> str:
    with open_archive(path) as files:
        names = [root + name for root in files.roots() for name in files.names(root)]
        if any(name.startswith("xl/") for name in names):
            return _EXCEL
        if any(name.endswith(".html") for name in names + _deep_names(files)):
            return _PAGES
    tables = [name for name in names if is_table(Path(name))]
    if not tables:
        return ""
    listed = ", ".join(tables[:_LISTED])
    return f"is the export of no place that is known; if {listed} has the posts, give that file alone"


def _deep_names(files: ArchiveFiles) -> list[str]:
    """Return the files one level below the folders in which an export may begin."""
    return [
        name
        for root in files.roots()
        for folder in files.folders(root)
        for name in files.names(f"{root}{folder}/")
    ]
