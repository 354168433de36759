"""The installed package as a wheel, so that a folder can install the very version that wrote it.

The format is that of the binary distribution specification (PEP 427): a zip of the package and of a folder
with its metadata, whose RECORD lists every file with its digest.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

PACKAGE = "huggingtweets"
METADATA = ("METADATA", "entry_points.txt")
WHEEL = "Wheel-Version: 1.0\nGenerator: huggingtweets\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_wheel(folder: Path) -> str:
    """Write the wheel; return its file name."""
    installed = distribution(PACKAGE)
    name = f"{PACKAGE}-{installed.version}"
    info = f"{name}.dist-info"
    contents = _code() | _metadata(installed, info)
    record = io.StringIO()
    lines = csv.writer(record, lineterminator="\n")
    lines.writerows([path, _digest(content), len(content)] for path, content in contents.items())
    lines.writerow([f"{info}/RECORD", "", ""])
    file = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
        for path, content in (contents | {f"{info}/RECORD": record.getvalue().encode()}).items():
            wheel.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED, 1)
    return file.name


def _code() -> dict[str, bytes]:
    """The files of the package, by their paths in the wheel."""
    root = Path(__file__).parents[1]
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {f"{PACKAGE}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in files}


def _metadata(installed: Distribution, info: str) -> dict[str, bytes]:
    texts = {name: installed.read_text(name) or "" for name in METADATA} | {"WHEEL": WHEEL}
    return {f"{info}/{name}": text.encode() for name, text in texts.items()}


def _digest(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
