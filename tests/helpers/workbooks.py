"""Writes workbooks of Excel, as ECMA-376 says."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

TYPES = "http://schemas.openxmlformats.org"


def cell(value: object) -> str:
    """Return a cell."""
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def sheet(rows: Sequence[Sequence[object]]) -> str:
    """Return a sheet."""
    inside = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    return f'<worksheet xmlns="{TYPES}/spreadsheetml/2006/main"><sheetData>{inside}</sheetData></worksheet>'


def write_workbook(path: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    """Write a workbook; a sheet whose name begins with `hidden` is hidden."""
    listed, related = "", ""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for number, (name, rows) in enumerate(sheets.items(), start=1):
            state = ' state="hidden"' if name.startswith("hidden") else ""
            listed += f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"{state}/>'
            kind = f"{TYPES}/officeDocument/2006/relationships/worksheet"
            related += f'<Relationship Id="r{number}" Type="{kind}" Target="worksheets/sheet{number}.xml"/>'
            file.writestr(f"xl/worksheets/sheet{number}.xml", sheet(rows))
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{TYPES}/spreadsheetml/2006/main" '
            f'xmlns:r="{TYPES}/officeDocument/2006/relationships"><sheets>{listed}</sheets></workbook>',
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{TYPES}/package/2006/relationships">{related}</Relationships>',
        )
        kind = f"{TYPES}/officeDocument/2006/relationships/officeDocument"
        root = f'<Relationship Id="r1" Type="{kind}" Target="xl/workbook.xml"/>'
        file.writestr(
            "_rels/.rels", f'<Relationships xmlns="{TYPES}/package/2006/relationships">{root}</Relationships>'
        )
        file.writestr("[Content_Types].xml", f'<Types xmlns="{TYPES}/package/2006/content-types"/>')
    return path
