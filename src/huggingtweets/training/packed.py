"""A corpus as rows of tokens on disk, packed once and read in any order: what pre-training learns from.

Rows are those of `batches`: several whole posts, each begun and ended by one and the same token 0, which also
pads. So a row says all by itself: where posts begin, and which targets are padding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .batches import IGNORED, WIDTH, Batch, Row, pack

END = 0
CHUNK = 20_000  # posts packed together
_SHUFFLE = 0x7073  # keeps the order of rows apart from other random numbers of the same seed

Tokens = NDArray[np.uint16]


def write_rows(posts: Iterable[str], tokenizer: Tokenizer, longest: int, folder: Path) -> Iterator[int]:
    """Pack posts into `folder`, which exists; yield after each chunk how many posts are in so far.

    Posts of more than `longest` tokens are cut there: their rest would begin in the middle of a sentence.
    """
    done, stream = 0, iter(posts)
    widths = [WIDTH] if longest <= WIDTH else [WIDTH, longest]
    files = {width: (folder / f"rows-{width}.u16").open("wb") for width in widths}
    try:
        while chunk := list(islice(stream, CHUNK)):
            encoded = tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
            rows: list[Row] = [(END, *found.ids[: longest - 1], END) for found in encoded]
            for width in widths:
                narrower = max((w for w in widths if w < width), default=0)
                fitting = [(0, row) for row in rows if narrower < len(row) - 1 <= width]
                files[width].write(_filled(pack(fitting, width), width).tobytes())
            done += len(chunk)
            yield done
    finally:
        for file in files.values():
            file.close()


def _filled(packed: Iterable[list[tuple[int, Row]]], width: int) -> Tokens:
    """Rows of width + 1 tokens: inputs, and the targets that are the same one further."""
    made = [[token for _, row in members for token in row[:-1]] for members in packed]
    filled = np.full((len(made), width + 1), END, np.uint16)
    for at, row in zip(filled, made, strict=True):
        at[: len(row)] = row
    return filled


class Rows(Sequence[Batch]):
    """The batches of a run over packed rows, made when they are asked for; each pass mixes the rows anew."""

    def __init__(self, folder: Path, batch_tokens: int, seed: int, batches: int) -> None:
        """Open what `write_rows` wrote.

        Args:
            folder: where it is.
            batch_tokens: positions in a batch, padding counted.
            seed: of the order.
            batches: how many the run has, passes over the corpus as needed.
        """
        self._parts = [_opened(path) for path in sorted(folder.glob("rows-*.u16"))]
        self._sizes = [max(1, batch_tokens // (part.shape[1] - 1)) for part in self._parts]
        self._seed, self._batches = seed, batches
        self._pass, self._order, self._rows = -1, np.empty(0, np.int64), [np.empty(0, np.int64)]

    @property
    def positions(self) -> int:
        """How many positions one pass over the corpus has, padding counted."""
        return sum(part.shape[0] * (part.shape[1] - 1) for part in self._parts)

    @property
    def a_pass(self) -> int:
        """How many batches make one pass over the corpus."""
        return sum(self._counts())

    def __len__(self) -> int:
        return self._batches

    @overload
    def __getitem__(self, index: int) -> Batch: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Batch]: ...
    def __getitem__(self, index: int | slice) -> Batch | Sequence[Batch]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        if not 0 <= index < self._batches:
            raise IndexError(index)
        number, at = divmod(index, self.a_pass)
        self._mix(number)
        part, start = self._place(int(self._order[at]))
        chosen = self._rows[part][start : start + self._sizes[part]]
        return batch(self._parts[part][np.sort(chosen)])

    def _counts(self) -> list[int]:
        return [-(-len(part) // size) for part, size in zip(self._parts, self._sizes, strict=True)]

    def _mix(self, number: int) -> None:
        """Put rows and batches of a pass in its order."""
        if number != self._pass:
            mixed = np.random.default_rng([_SHUFFLE, self._seed, number])
            self._rows = [mixed.permutation(len(part)) for part in self._parts]
            self._order = mixed.permutation(self.a_pass)
            self._pass = number

    def _place(self, number: int) -> tuple[int, int]:
        """The part a batch of the pass comes from, and its first row there."""
        part = 0
        for count in self._counts():
            if number < count:
                break
            number, part = number - count, part + 1
        return part, number * self._sizes[part]


def _opened(path: Path) -> Tokens:
    width = int(path.stem.removeprefix("rows-")) + 1
    if path.stat().st_size == 0:  # which cannot be mapped
        return np.empty((0, width), np.uint16)
    return np.memmap(path, np.uint16, "r").reshape(-1, width)


def batch(rows: NDArray[Any]) -> Batch:
    """The batch of some packed rows, (rows, width + 1)."""
    whole = torch.from_numpy(rows.astype(np.int64))
    inputs, targets = whole[:, :-1], whole[:, 1:].clone()
    places, begins = torch.arange(inputs.shape[1]), inputs == END
    targets[begins & (targets == END)] = IGNORED
    since = torch.where(begins, places, 0).cummax(1).values
    padding = targets == IGNORED
    return Batch(
        inputs.contiguous(), targets, places - since, torch.zeros_like(inputs), tokens=int((~padding).sum())
    )
