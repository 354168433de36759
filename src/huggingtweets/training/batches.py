"""From posts to batches of token rows.

One post is one row, begun and ended by the tokenizer's own tokens. Rows are padded on the right, which
needs no attention mask: the mask is causal, so no real token sees the padding, and padding gets no loss.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerBase

IGNORED = -100  # target of a padding position, torch's convention
POOL = 16  # batches whose rows are sorted by length together: less padding, still random lengths in a row

Row = tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """`inputs` and `targets` are (rows, tokens) int64; `tokens` counts the targets that are no padding."""

    inputs: torch.Tensor
    targets: torch.Tensor
    tokens: int


def encode(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, positions: int) -> list[Row]:
    """Token rows of the texts, in order; a text longer than the model sees is cut into several rows.

    Rows of one text overlap by one token, so that every token but the first is predicted exactly once.

    Args:
        texts: posts.
        tokenizer: its begin token (or else its end token) opens a row, its end token closes it.
        positions: how many tokens the model can see; rows are at most one longer, for the last target.
    """
    end = tokenizer.eos_token_id
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else end
    encoded = tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False, verbose=False)[
        "input_ids"
    ]
    whole = ((begin, *ids, end) for ids in encoded)
    return [row[i : i + positions + 1] for row in whole for i in range(0, len(row) - 1, positions)]


def batches(
    rows: Sequence[Row], batch_tokens: int, padding: int, shuffle: random.Random | None
) -> Iterator[Batch]:
    """Batches of at most `batch_tokens` positions, padding counted, and at least one row.

    With `shuffle`, rows are drawn in random order, sorted by length within pools of some batches, and the
    batches come in random order. Without it all are sorted by length, which is fastest.
    """
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    if shuffle is None:
        groups = _fill([rows[i] for i in order], batch_tokens)
    else:
        shuffle.shuffle(order)
        groups = []
        for pool in _pools([rows[i] for i in order], POOL * batch_tokens):
            groups += _fill(sorted(pool, key=len), batch_tokens)
        shuffle.shuffle(groups)
    for group in groups:
        yield _batch(group, padding)


def _pools(rows: Sequence[Row], tokens: int) -> Iterator[list[Row]]:
    pool: list[Row] = []
    held = 0
    for row in rows:
        pool.append(row)
        held += len(row)
        if held >= tokens:
            yield pool
            pool, held = [], 0
    if pool:
        yield pool


def _fill(rows: Sequence[Row], batch_tokens: int) -> list[list[Row]]:
    """Cut rows sorted by length into groups whose padded size fits."""
    groups: list[list[Row]] = []
    for row in rows:
        fits = groups and (len(groups[-1]) + 1) * (len(row) - 1) <= batch_tokens
        if fits:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _batch(rows: Sequence[Row], padding: int) -> Batch:
    width = max(len(row) for row in rows) - 1
    inputs = torch.full((len(rows), width), padding)
    targets = torch.full((len(rows), width), IGNORED)
    for i, row in enumerate(rows):
        ids = torch.tensor(row)
        inputs[i, : len(row) - 1] = ids[:-1]
        targets[i, : len(row) - 1] = ids[1:]
    return Batch(inputs, targets, tokens=sum(len(row) - 1 for row in rows))
