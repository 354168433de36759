"""A GGUF file, the form of llama.cpp; transformers reads it through the library gguf."""

from __future__ import annotations

from pathlib import Path

from ..errors import BaseError
from ._files import BaseFiles, Progress

SUFFIX = ".gguf"
MAGIC = b"GGUF"  # the first bytes of every such file (ggml's docs/gguf.md)


def recognises(name: str) -> bool:
    """Whether it is called like one, or is a file that begins like one."""
    path = Path(name)
    return path.suffix.lower() == SUFFIX or (path.is_file() and is_gguf(path))


def locate(name: str, _: Progress) -> BaseFiles:
    """The file in its folder.

    Raises:
        BaseError: there is no such file, or it is none.
    """
    path = Path(name)
    if not path.is_file():
        raise BaseError(f"base {name}: no such file; give the path of a GGUF file, or another base")
    if not is_gguf(path):
        raise BaseError(f"base {name} is no GGUF file; expected one that begins with {MAGIC.decode()}")
    return gguf_files(path, path.name)


def is_here(_: str) -> bool:
    """Always: nothing is fetched."""
    return True


def is_gguf(path: Path) -> bool:
    """Whether a file begins as GGUF does; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def gguf_files(path: Path, name: str, origin: str = "") -> BaseFiles:
    """A GGUF file as the files of a base called `name`."""
    return BaseFiles(
        name,
        str(path.parent),
        gguf_file=path.name,
        origin=origin,
        precision="as in the GGUF file",
        licence=_licence(path),
    )


def _licence(path: Path) -> str:
    """What the file says of its licence, "" where it says nothing."""
    from .gguf_reader import open_gguf  # noqa: PLC0415 -- with numpy

    try:
        field = open_gguf(path).get_field("general.license")
    except (ValueError, IndexError, OSError):
        return ""  # whoever loads it will say what is wrong
    return str(field.contents()) if field else ""
