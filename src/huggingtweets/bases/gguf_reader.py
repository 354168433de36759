"""Opening GGUF files for transformers and for us: several times as fast as the library gguf by itself.

Transformers opens a file for its config, its tokenizer and its weights, and goes through every token each
time. It finds both functions by their names in the library, and has no setting for them: ours stand there
while it loads one file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

import gguf
import numpy as np
from gguf import GGUFReader
from numpy.typing import NDArray

_opened: ContextVar[dict[Path, GGUFReader] | None] = ContextVar("opened", default=None)
_one_at_a_time = RLock()  # of the blocks that change the library, in all threads


class PlainReader(GGUFReader):
    """Looks at the file as a plain array: each piece of an `np.memmap` takes three times as long."""

    @property  # type: ignore[override] # it is only cut into pieces
    def data(self) -> NDArray[np.uint8]:
        """The bytes of the file."""
        return self._data

    @data.setter
    def data(self, mapped: NDArray[np.uint8]) -> None:
        self._data = np.asarray(mapped)

    def _get_field_parts(self, orig_offs: int, raw_type: int) -> Any:
        """A value of the metadata; past the end of the file numpy gives one without bytes, time after time.

        Raises:
            ValueError: the file ends before the value, as where the length of a list is damaged.
        """
        parts = super()._get_field_parts(orig_offs, raw_type)
        if not parts[0]:
            raise ValueError("it ends within its metadata")
        return parts


def open_gguf(path: str | Path) -> GGUFReader:
    """Open a GGUF file; inside `each_file_opened_once` it may be open already.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged.
    """
    opened, place = _opened.get(), Path(path).resolve()
    if opened is None:
        return PlainReader(place)
    if place not in opened:
        opened[place] = PlainReader(place)
    return opened[place]


@contextmanager
def each_file_opened_once() -> Iterator[None]:
    """In the `with` block, a file that was opened in it is not read again; none of them is changed there."""
    if _opened.get() is not None:
        yield
        return
    token = _opened.set({})
    try:
        yield
    finally:
        _opened.reset(token)


@contextmanager
def used_by_transformers() -> Iterator[None]:
    """In the `with` block, transformers opens files by `open_gguf`, and maps names of weights only once."""
    with _one_at_a_time:
        library = {name: getattr(gguf, name) for name in ("GGUFReader", "get_tensor_name_map")}
        gguf.GGUFReader = open_gguf  # type: ignore[misc,assignment] # it is only called
        gguf.get_tensor_name_map = cache(gguf.get_tensor_name_map)  # asked for again for every module
        try:
            yield
        finally:
            vars(gguf).update(library)
