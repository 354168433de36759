"""From posts to batches of tokens.

A post is begun and ended by the tokenizer's own tokens and seen alone. Several short ones share a row: a mask
keeps them apart and each counts its positions from its own beginning, so the model sees what it would see
with one post a row. Almost nothing is padding then, batches mix posts of all lengths, and all have the same
few shapes, for which the matrix library plans only once (packing without contamination: Krell et al. 2021,
"Efficient sequence packing without cross-contamination").
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..bases.speakers import speakers

IGNORED = -100  # target of a padding position, torch's convention
NOBODY = -1  # owner of a padding position
WIDTH = 128  # tokens of the narrowest row; nine of ten posts are shorter
OPEN = 64  # rows that are filled at the same time

Row = tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """All four are (rows, tokens) int64; `tokens` counts the targets that are no padding.

    `positions` count from each post's beginning; `owners` say whose token it is: its place among the texts.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    positions: torch.Tensor
    owners: torch.Tensor
    tokens: int

    def mask(self, dtype: torch.dtype) -> torch.Tensor:
        """What is added to the scores of attention, (rows, 1, tokens, tokens): 0 for the own past, else -inf.

        Two rows of one long post keep apart, too. Padding sees itself, since the softmax of nothing is not a
        number.
        """
        width = self.inputs.shape[1]
        begins = torch.arange(width, device=self.positions.device) - self.positions
        same = begins[:, :, None] == begins[:, None, :]
        past = torch.ones(width, width, dtype=torch.bool, device=same.device).tril()
        lowest = torch.finfo(dtype).min
        return torch.zeros((), dtype=dtype, device=same.device).masked_fill(~(same & past), lowest)[:, None]

    def to(self, device: str) -> Batch:
        """The same batch on a device."""
        inputs, targets, positions, owners = (
            part.to(device) for part in (self.inputs, self.targets, self.positions, self.owners)
        )
        return Batch(inputs, targets, positions, owners, self.tokens)

    def split(self, parts: int) -> list[Batch]:
        """In `parts` of about the same size; fewer where there are not so many rows."""
        return [self._rows(slice(n, None, parts)) for n in range(min(parts, len(self.inputs)))]

    def _rows(self, which: slice) -> Batch:
        targets = self.targets[which]
        tokens = int((targets != IGNORED).sum())
        return Batch(self.inputs[which], targets, self.positions[which], self.owners[which], tokens)


def positions(model: PreTrainedModel) -> int:
    """How many tokens the model can see at once."""
    config = model.config
    limits = (getattr(config, name, None) for name in ("max_position_embeddings", "sliding_window"))
    return min((limit for limit in limits if limit), default=1024)


def encode(
    texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, positions: int, authors: Sequence[str] = ()
) -> list[list[Row]]:
    """Token rows of each text; one longer than the model sees is cut into several rows.

    Rows of one text overlap by one token, so that every token but the first is predicted exactly once.

    Args:
        texts: posts.
        tokenizer: its begin token (or else its end token) opens a row, its end token closes it.
        positions: how many tokens the model can see; rows are at most one longer, for the last target.
        authors: of each text; one whom the tokenizer has a token for begins with that.
    """
    end = tokenizer.eos_token_id
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else end
    encoded = tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False, verbose=False)[
        "input_ids"
    ]
    known = speakers(tokenizer)
    begins = [known.get(author, begin) for author in authors] or [begin] * len(encoded)
    whole = ((first, *ids, end) for first, ids in zip(begins, encoded, strict=True))
    return [[row[i : i + positions + 1] for i in range(0, len(row) - 1, positions)] for row in whole]


def batches(
    texts: Sequence[Sequence[Row]], batch_tokens: int, padding: int, shuffle: random.Random | None
) -> list[Batch]:
    """Batches of at most `batch_tokens` positions, padding counted, and at least one row of them.

    Args:
        texts: rows of each text, from `encode`.
        batch_tokens: positions in a batch.
        padding: token that fills rows.
        shuffle: puts texts and batches in random order; None keeps that of the texts.
    """
    owned = [(owner, row) for owner, rows in enumerate(texts) for row in rows]
    if shuffle:
        shuffle.shuffle(owned)
    by_width: dict[int, list[Owned]] = {}
    for owner, row in owned:
        by_width.setdefault(_width(row), []).append((owner, row))
    made = []
    for width, members in sorted(by_width.items()):
        packed, size = list(pack(members, width)), max(1, batch_tokens // width)
        made += [_batch(packed[i : i + size], width, padding) for i in range(0, len(packed), size)]
    if shuffle:
        shuffle.shuffle(made)
    return made


Owned = tuple[int, Row]


def _width(row: Row) -> int:
    """The narrowest width that holds a row: `WIDTH`, or the next power of two."""
    return max(WIDTH, 1 << (len(row) - 2).bit_length())


def pack(rows: Sequence[Owned], width: int) -> Iterator[list[Owned]]:
    """First fit, in the order given: each row goes to the first open place that has room."""
    opened: list[tuple[int, list[Owned]]] = []  # what is free, and who is in
    for owner, row in rows:
        needed = len(row) - 1
        at = next((i for i, (free, _) in enumerate(opened) if free >= needed), len(opened))
        if at == OPEN:
            fullest = min(range(OPEN), key=lambda i: opened[i][0])
            yield opened.pop(fullest)[1]
            at = len(opened)
        if at == len(opened):
            opened.append((width, []))
        free, members = opened[at]
        opened[at] = (free - needed, [*members, (owner, row)])
    yield from (members for _, members in opened)


def _batch(rows: Sequence[Sequence[Owned]], width: int, padding: int) -> Batch:
    shape = (len(rows), width)
    inputs, targets = torch.full(shape, padding), torch.full(shape, IGNORED)
    places, owners = torch.zeros(shape, dtype=torch.int64), torch.full(shape, NOBODY)
    for i, members in enumerate(rows):
        start = 0
        for owner, row in members:
            ids, here = torch.tensor(row), slice(start, start + len(row) - 1)
            inputs[i, here], targets[i, here] = ids[:-1], ids[1:]
            places[i, here], owners[i, here] = torch.arange(len(row) - 1), owner
            start = here.stop
    return Batch(inputs, targets, places, owners, tokens=int((targets != IGNORED).sum()))
