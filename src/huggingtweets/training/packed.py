"""A corpus as packed rows of tokens on disk, for pre-training: packed once, and read in any order.

The rows are those of `batches`: several whole posts each. Token 0 begins and ends every post, and pads. So a
row needs nothing beside it to tell where posts begin, and which targets are padding.
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

from .batches import IGNORE_INDEX, MIN_WIDTH, Batch, Row, pack

EOS_ID = 0
CHUNK = 20_000  # posts packed together
_SHUFFLE = 0x7073  # makes the order of rows independent of other random numbers of the same seed

Tokens = NDArray[np.uint16]


def write_rows(posts: Iterable[str], tokenizer: Tokenizer, max_length: int, folder: Path) -> Iterator[int]:
    """Pack posts into files in `folder`, which exists.

    Posts of more than `max_length` tokens are cut there, and their rest is dropped: it would begin in the
    middle of a sentence.

    Yields:
        After each chunk, how many posts are packed.
    """
    count, remaining = 0, iter(posts)
    widths = [MIN_WIDTH] if max_length <= MIN_WIDTH else [MIN_WIDTH, max_length]
    files = {width: (folder / f"rows-{width}.u16").open("wb") for width in widths}
    try:
        while chunk := list(islice(remaining, CHUNK)):
            encoded = tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
            rows: list[Row] = [(EOS_ID, *encoding.ids[: max_length - 1], EOS_ID) for encoding in encoded]
            for width in widths:
                narrower = max((w for w in widths if w < width), default=0)
                fitting = [(0, row) for row in rows if narrower < len(row) - 1 <= width]
                files[width].write(_padded(pack(fitting, width), width).tobytes())
            count += len(chunk)
            yield count
    finally:
        for file in files.values():
            file.close()


def _padded(packed: Iterable[list[tuple[int, Row]]], width: int) -> Tokens:
    """Rows of width + 1 tokens: the inputs are the first `width` of them, the targets the last."""
    rows = [[token for _, row in members for token in row[:-1]] for members in packed]
    padded = np.full((len(rows), width + 1), EOS_ID, np.uint16)
    for target, row in zip(padded, rows, strict=True):
        target[: len(row)] = row
    return padded


class PackedRows(Sequence[Batch]):
    """The batches of a run over packed rows, read when needed; every pass shuffles them anew."""

    def __init__(self, folder: Path, batch_tokens: int, seed: int, batches: int) -> None:
        """Open what `write_rows` wrote.

        Args:
            folder: where it is.
            batch_tokens: positions in a batch, padding counted.
            seed: of the order.
            batches: how many the run has, in as many passes over the corpus as it takes.
        """
        self._parts = [_open(path) for path in sorted(folder.glob("rows-*.u16"))]  # one a width
        self._batch_rows = [max(1, batch_tokens // (part.shape[1] - 1)) for part in self._parts]
        self._seed, self._batches = seed, batches
        self._epoch, self._batch_order, self._row_orders = -1, np.empty(0, np.int64), [np.empty(0, np.int64)]

    @property
    def batches_per_epoch(self) -> int:
        """How many batches one pass over the corpus has."""
        return sum(self._batch_counts())

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
        epoch, place = divmod(index, self.batches_per_epoch)
        self._shuffle(epoch)
        part, start = self._locate(int(self._batch_order[place]))
        rows = self._row_orders[part][start : start + self._batch_rows[part]]
        return to_batch(self._parts[part][np.sort(rows)])

    def _batch_counts(self) -> list[int]:
        return [-(-len(part) // rows) for part, rows in zip(self._parts, self._batch_rows, strict=True)]

    def _shuffle(self, epoch: int) -> None:
        """Put rows and batches into the order of an epoch."""
        if epoch != self._epoch:
            rng = np.random.default_rng([_SHUFFLE, self._seed, epoch])
            self._row_orders = [rng.permutation(len(part)) for part in self._parts]
            self._batch_order = rng.permutation(self.batches_per_epoch)
            self._epoch = epoch

    def _locate(self, number: int) -> tuple[int, int]:
        """The part that a batch is taken from, and its first row there."""
        part = 0
        for count in self._batch_counts():
            if number < count:
                break
            number, part = number - count, part + 1
        return part, number * self._batch_rows[part]


def _open(path: Path) -> Tokens:
    width = int(path.stem.removeprefix("rows-")) + 1
    if path.stat().st_size == 0:  # which cannot be mapped
        return np.empty((0, width), np.uint16)
    return np.memmap(path, np.uint16, "r").reshape(-1, width)


def to_batch(rows: NDArray[Any]) -> Batch:
    """The batch of some packed rows, (rows, width + 1)."""
    tokens = torch.from_numpy(rows.astype(np.int64))
    inputs, targets = tokens[:, :-1], tokens[:, 1:].clone()
    places, begins = torch.arange(inputs.shape[1]), inputs == EOS_ID
    targets[begins & (targets == EOS_ID)] = IGNORE_INDEX
    text_starts = torch.where(begins, places, 0).cummax(1).values
    return Batch(
        inputs.contiguous(),
        targets,
        position_ids=places - text_starts,
        text_ids=torch.zeros_like(inputs),
        tokens=int((targets != IGNORE_INDEX).sum()),
    )
