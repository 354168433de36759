"""From posts to batches of tokens.

A post begins and ends with special tokens of the tokenizer, and attends to nothing but itself. Several short
posts are packed into one row: the attention mask keeps them apart, and each has positions from 0 on, so the
model computes what it would compute with one post a row (Krell et al. 2021, "Efficient sequence packing
without cross-contamination"). So there is little padding, batches mix posts of all lengths, and batches have
only a few shapes, for each of which the matrix library plans once.

Not every architecture can tell packed posts apart (see `compatibility`); then each post has a row of its own.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..tokenization.opening import opening
from ..tokenization.speakers import speakers

IGNORE_INDEX = -100  # target of a padding position, torch's convention
NO_TEXT = -1  # text of a padding position
MIN_WIDTH = 128  # tokens of the narrowest packed row; nine of ten posts are shorter
MIN_WIDTH_ALONE = 16  # of the narrowest row of one post
MAX_LENGTH = 1024  # tokens of a row: no micro-batch divides one, and memory grows with its square
OPEN_ROWS = 64  # rows that are filled at the same time

# token ids of a text, or of a part of a long one, BOS and EOS included; an id that is read but not predicted,
# as of an opening, is stored as ~id, which is negative
Row = tuple[int, ...]
TextRow = tuple[int, Row]  # with the index of its text


@dataclass(frozen=True)
class Batch:
    """Rows of texts. The four tensors are (rows, tokens) int64."""

    inputs: torch.Tensor
    targets: torch.Tensor  # the token after each input; `IGNORE_INDEX` for padding
    position_ids: torch.Tensor  # from the beginning of each text
    text_ids: torch.Tensor  # the index of the text that each token belongs to; `NO_TEXT` for padding
    tokens: int  # targets that are no padding
    packed: bool = True  # whether a row may hold several texts

    def model_inputs(self, dtype: torch.dtype) -> dict[str, Any]:
        """What a causal language model of transformers that computes in `dtype` is called with.

        A row of one text needs neither a mask nor positions: nothing sees the padding that comes after it.
        """
        inputs: dict[str, Any] = {"input_ids": self.inputs, "use_cache": False}
        if self.packed:
            inputs |= {"position_ids": self.position_ids, "attention_mask": self.attention_mask(dtype)}
        return inputs

    def attention_mask(self, dtype: torch.dtype) -> torch.Tensor:
        """What is added to attention scores: (rows, 1, tokens, tokens).

        It is 0 for a token itself and the earlier tokens of its row of the same text, and the lowest number
        of `dtype` for all others. Padding attends to itself, since the softmax of nothing is not a number.
        """
        width = self.inputs.shape[1]
        begins = torch.arange(width, device=self.position_ids.device) - self.position_ids
        same = begins[:, :, None] == begins[:, None, :]
        past = torch.ones(width, width, dtype=torch.bool, device=same.device).tril()
        lowest = torch.finfo(dtype).min
        return torch.zeros((), dtype=dtype, device=same.device).masked_fill(~(same & past), lowest)[:, None]

    def to(self, device: str) -> Batch:
        """The same batch on a device."""
        inputs, targets, position_ids, text_ids = (
            tensor.to(device) for tensor in (self.inputs, self.targets, self.position_ids, self.text_ids)
        )
        return Batch(inputs, targets, position_ids, text_ids, self.tokens, self.packed)

    def split(self, parts: int) -> list[Batch]:
        """The rows in `parts` batches of about the same size; in fewer where there are not so many rows."""
        return [self._rows(slice(n, None, parts)) for n in range(min(parts, len(self.inputs)))]

    def _rows(self, rows: slice) -> Batch:
        targets = self.targets[rows]
        tokens = int((targets != IGNORE_INDEX).sum())
        return Batch(
            self.inputs[rows], targets, self.position_ids[rows], self.text_ids[rows], tokens, self.packed
        )


def row_length(model: PreTrainedModel) -> int:
    """How many tokens a row has at most: what the model can attend to, and no more than `MAX_LENGTH`."""
    config = model.config
    limits = (getattr(config, name, None) for name in ("max_position_embeddings", "sliding_window"))
    return min(MAX_LENGTH, min((limit for limit in limits if limit), default=MAX_LENGTH))


def encode(
    texts: Sequence[str],
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    authors: Sequence[str] = (),
) -> list[list[Row]]:
    """The token rows of each text; a long text has several.

    The rows of one text overlap by one token, so that every token but the first is predicted exactly once;
    one that stands between the BOS token and the text is not predicted either.

    Args:
        texts: posts.
        tokenizer: its BOS token (or else its EOS token) opens a text, its EOS token closes it.
        max_length: from `row_length`; a row is at most one token longer, its last target.
        authors: of each text; a text of an author who has a token of their own begins with it.
    """
    end = tokenizer.eos_token_id
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else end
    encoded = tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False, verbose=False)[
        "input_ids"
    ]
    author_tokens = speakers(tokenizer)
    begins = [author_tokens.get(author, begin) for author in authors] or [begin] * len(encoded)
    given = [~token for token in opening(tokenizer)]
    whole = ((first, *given, *ids, end) for first, ids in zip(begins, encoded, strict=True))
    return [[row[i : i + max_length + 1] for i in range(0, len(row) - 1, max_length)] for row in whole]


@dataclass(frozen=True)
class _Rows:
    """The rows of a batch, before they are tensors."""

    texts: list[list[TextRow]]  # of each row
    width: int  # tokens

    def batch(self, padding: int, *, packed: bool) -> Batch:
        shape = (len(self.texts), self.width)
        inputs, targets = torch.full(shape, padding), torch.full(shape, IGNORE_INDEX)
        position_ids, text_ids = torch.zeros(shape, dtype=torch.int64), torch.full(shape, NO_TEXT)
        for i, members in enumerate(self.texts):
            start = 0
            for text_id, row in members:
                ids, place = torch.tensor(row), slice(start, start + len(row) - 1)
                inputs[i, place] = torch.where(ids < 0, ~ids, ids)[:-1]
                targets[i, place] = ids.masked_fill(ids < 0, IGNORE_INDEX)[1:]
                position_ids[i, place], text_ids[i, place] = torch.arange(len(row) - 1), text_id
                start = place.stop
        tokens = int((targets != IGNORE_INDEX).sum())
        return Batch(inputs, targets, position_ids, text_ids, tokens, packed)


class Batches(Sequence[Batch]):
    """Batches of at most so many positions, padding counted, and at least one row each.

    Which text goes where is settled at once; the tensors of a batch are made when it is asked for.
    """

    def __init__(
        self,
        epochs: Iterable[Sequence[Sequence[Row]]],
        batch_tokens: int,
        padding: int,
        shuffle: random.Random | None,
        *,
        packed: bool = True,
    ) -> None:
        """Distribute texts over batches.

        Args:
            epochs: the rows of each text, from `encode`, for each pass over the texts.
            batch_tokens: positions in a batch.
            padding: token that fills rows.
            shuffle: puts rows and batches in random order; None keeps the order of the texts.
            packed: whether a row may hold several texts.
        """
        self._padding, self._packed = padding, packed
        self._batches = [
            rows for texts in epochs for rows in _distribute(texts, batch_tokens, shuffle, packed=packed)
        ]

    def __add__(self, others: Batches) -> Batches:
        """These batches, and then those of `others`, which have the same padding."""
        both = copy.copy(self)
        both._batches = self._batches + others._batches
        return both

    def __len__(self) -> int:
        return len(self._batches)

    @overload
    def __getitem__(self, index: int) -> Batch: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Batch]: ...
    def __getitem__(self, index: int | slice) -> Batch | Sequence[Batch]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        return self._batches[index].batch(self._padding, packed=self._packed)


def batches(
    texts: Sequence[Sequence[Row]],
    batch_tokens: int,
    padding: int,
    shuffle: random.Random | None,
    *,
    packed: bool = True,
) -> Batches:
    """The batches of one pass over the texts; arguments as for `Batches`."""
    return Batches([texts], batch_tokens, padding, shuffle, packed=packed)


def _distribute(
    texts: Sequence[Sequence[Row]], batch_tokens: int, shuffle: random.Random | None, *, packed: bool
) -> list[_Rows]:
    """The rows of each batch of one pass over the texts."""
    rows = [(text_id, row) for text_id, text_rows in enumerate(texts) for row in text_rows]
    if shuffle:
        shuffle.shuffle(rows)
    by_width: dict[int, list[TextRow]] = {}
    for text_id, row in rows:
        by_width.setdefault(_width(row, packed=packed), []).append((text_id, row))
    result = []
    for width, members in sorted(by_width.items()):
        filled = list(pack(members, width)) if packed else [[member] for member in members]
        size = max(1, batch_tokens // width)
        result += [_Rows(filled[i : i + size], width) for i in range(0, len(filled), size)]
    if shuffle:
        shuffle.shuffle(result)
    return result


def _width(row: Row, *, packed: bool) -> int:
    """The width of the rows that a row goes into: the narrowest, or the next power of two."""
    return max(MIN_WIDTH if packed else MIN_WIDTH_ALONE, 1 << (len(row) - 2).bit_length())


def pack(rows: Sequence[TextRow], width: int) -> Iterator[list[TextRow]]:
    """Pack rows by first fit, in their order: each goes into the first open packed row that has room."""
    opened: list[tuple[int, list[TextRow]]] = []  # free positions, and members
    for text_id, row in rows:
        length = len(row) - 1
        at = next((i for i, (free, _) in enumerate(opened) if free >= length), len(opened))
        if at == OPEN_ROWS:
            fullest = min(range(OPEN_ROWS), key=lambda i: opened[i][0])
            yield opened.pop(fullest)[1]
            at = len(opened)
        if at == len(opened):
            opened.append((width, []))
        free, members = opened[at]
        opened[at] = (free - length, [*members, (text_id, row)])
    yield from (members for _, members in opened)
