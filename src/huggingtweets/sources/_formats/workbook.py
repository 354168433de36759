"""The rows of a workbook of Excel or a spreadsheet of LibreOffice, read by calamine (extra `excel`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import BrokenArchive
from .archive_files import open_archive
from .fields import names, plain
from .record_shapes import Row

SUFFIXES = {".xlsx", ".xlsm", ".ods", ".xls"}
_LARGEST = 512 << 20  # bytes of all parts of a workbook, unpacked: a sheet is held in memory
_OLD = b"\xd0\xcf\x11\xe0"  # first bytes of a workbook of before 2007
_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")  # of a workbook: one of these
_EXACT = 2**53  # integers from which on floating-point numbers have gaps


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook, by what is in it."""
    with path.open("rb") as file:
        head = file.read(len(_OLD))
    if not head.startswith(b"PK"):
        return head == _OLD
    try:
        with open_archive(path) as files:
            return any(map(files.has, _PARTS))
    except BrokenArchive:
        return False


def workbook_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of the first visible sheet that has a column of text.

    Raises:
        BrokenArchive: The file is no workbook, is damaged or too large, or calamine is not installed.
    """
    _require_harmless(path)
    sheets = list(_sheets(path))
    with_text = (sheet for sheet in sheets if _header(sheet) is not None)
    for sheet in [next(with_text, sheets[0] if sheets else [])]:
        first = _header(sheet) or 0
        header = [str(name).strip() for name in sheet[first]] if sheet else []
        yield from (dict(zip(header, map(_plain_value, row), strict=False)) for row in sheet[first + 1 :])


def _require_harmless(path: Path) -> None:
    """Refuse what grows without end when it is unpacked."""
    size = path.stat().st_size
    if size > _LARGEST:
        raise _too_large(path)
    with path.open("rb") as file:
        if file.read(len(_OLD)) == _OLD:  # which is not compressed
            return
    with open_archive(path) as files:
        for name in files.all_names():
            for chunk in files.chunks(name):
                size += len(chunk)
                if size > _LARGEST:
                    raise _too_large(path)


def _too_large(path: Path) -> BrokenArchive:
    return BrokenArchive(f"{path} is too large for a workbook; save it as CSV UTF-8, and give that")


def _sheets(path: Path) -> Iterator[list[list[Any]]]:
    try:
        from python_calamine import CalamineWorkbook, SheetVisibleEnum  # noqa: PLC0415 -- an extra
    except ImportError:
        raise BrokenArchive(
            f"{path} is a workbook of Excel; pip install 'huggingtweets[excel]' reads it, or save it as CSV"
        ) from None
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
            visible = [s.name for s in workbook.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
            for name in visible:
                yield workbook.get_sheet_by_name(name).to_python(skip_empty_area=True)
    except BaseException as error:  # calamine has errors for each form, and panics past `Exception`
        if isinstance(error, GeneratorExit | KeyboardInterrupt | SystemExit):
            raise
        reason = str(error).partition("\n")[0]
        raise BrokenArchive(
            f"{path} is no whole workbook of Excel ({reason}); save it again, or as CSV"
        ) from error


def _header(sheet: list[list[Any]]) -> int | None:
    """Return the number of the row that names a column of text; None if none of the first ones does."""
    texts = {*names("columns")["text"]}
    rows = enumerate(sheet[:10])
    return next((number for number, row in rows if not texts.isdisjoint(map(plain, row))), None)


def _plain_value(value: Any) -> Any:
    """Return whole numbers as such; workbooks have floating-point numbers only."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT else value
