"""The forward pass of generation for rows of different lengths, which come and go while others go on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch

from .decoder import Read, StaticDecoder, read_prompts, rotation
from .decoder_weights import DecoderWeights

BLOCK = 64  # positions by which the cache grows
PROMPTS = 8  # that are remembered
LONGEST = 256  # tokens of such a prompt: 12 MB of keys and values with SmolLM2-135M


class RowDecoder(StaticDecoder):
    """GPT-2 or Llama on a CPU, each row at a position of its own.

    The first rows of the key-value cache are in use. A row that leaves is replaced by the last one, so that
    nothing else is moved.
    """

    def __init__(self, weights: DecoderWeights) -> None:
        """Begin without rows."""
        super().__init__(weights)
        self._length = torch.empty(0, dtype=torch.long)  # filled positions of each row
        self._prompts: OrderedDict[tuple[int, ...], Read] = OrderedDict()

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._length)

    def append(self, prompt: Sequence[int], copies: int = 1) -> torch.Tensor:
        """Add rows that continue a prompt; return their logits, (copies, vocabulary)."""
        read = self._read(tuple(prompt))
        first, rows = len(self), len(self) + copies
        self._length = torch.cat([self._length, torch.full((copies,), len(prompt))])
        self._keys = self._keys or [layer[:0] for layer in read.keys]
        self._values = self._values or [layer[:0] for layer in read.values]
        self._reserve(rows)
        for caches, filled in ((self._keys, read.keys), (self._values, read.values)):
            for layer, positions in zip(caches, filled, strict=True):
                layer[first:rows, :, : len(prompt)] = positions
        return read.logits.expand(copies, -1)

    def _read(self, prompt: tuple[int, ...]) -> Read:
        """Read a prompt, or take it from the short ones that were read last: many texts begin alike."""
        read = self._prompts.pop(prompt, None)
        if read is None:
            logits, *filled = read_prompts(self._weights, torch.tensor([prompt]))
            read = Read(
                logits, *([layer.clone() for layer in layers] for layers in filled)
            )  # no views of more
        if len(prompt) <= LONGEST:
            self._prompts[prompt] = read
        while len(self._prompts) > PROMPTS:
            self._prompts.popitem(last=False)
        return read

    def remove(self, row: int) -> None:
        """Drop a row; the last one takes its number."""
        last = len(self) - 1
        for layer in (*self._keys, *self._values):
            layer[row] = layer[last]
        self._length[row] = self._length[last]
        self._length = self._length[:last].clone()
        if not last:
            self._keys, self._values = [], []  # memory that one long row needed is free again

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """The logits after one more token of each row, (rows, vocabulary)."""
        self._reserve(len(self))
        seen = torch.arange(int(self._length.max()) + 1)
        unseen = (seen > self._length[:, None])[:, None].repeat_interleave(self._weights.key_heads, 0)
        self._mask = torch.zeros(()).masked_fill(unseen, -torch.inf)  # (rows * heads, 1, positions)
        return super().step(tokens)

    def _with(self, cache: torch.Tensor, position: torch.Tensor) -> torch.Tensor:
        rows, positions = len(self), self._mask.shape[-1]
        cache[torch.arange(rows), :, self._length] = position
        return cache[:rows, :, :positions].flatten(0, 1)

    def _reserve(self, rows: int) -> None:
        """Make room for so many rows and one more position where there is none; free what is not needed."""
        had_rows, _, had_positions, _ = self._keys[0].shape
        needed = int(self._length.max()) + 1
        if rows <= had_rows and needed <= had_positions:
            return
        positions = -(-needed // BLOCK) * BLOCK
        for caches in (self._keys, self._values):
            for number, layer in enumerate(caches):
                caches[number] = _resized(layer, rows, positions)
        self._rotation = rotation(self._weights, positions)


def _resized(cache: torch.Tensor, rows: int, positions: int) -> torch.Tensor:
    """A cache of so many rows and positions; what is new is 0, since masks do not hide NaN."""
    resized = cache.new_zeros(rows, cache.shape[1], positions, cache.shape[3])
    kept = cache[:rows, :, :positions]
    resized[: kept.shape[0], :, : kept.shape[2]] = kept
    return resized
