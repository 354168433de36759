"""Training with the tokens that the posts have, and the commonest; the others are sampled for each softmax.

The posts of one person have some 2,000 to 5,000 of SmolLM2's 49,152 tokens. The others are never the next
token: all that they learn is to be less likely. The commonest of them are often likely, so they are trained
as usual. The rest share one vector that is added to all their rows, and a step computes the logits of a
sample of them. In the softmax each of the sample counts for as many as there are in the rest for one in the
sample, so that the sum is right in the mean (Jean et al. 2015, "On using very large target vocabulary for
neural machine translation", section 3). docs/log.md has what this saves and costs.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from .batches import IGNORE_INDEX, Batch

COMMONEST = 8192  # the lowest numbers: byte pair encoding gives them in the order in which it merges
_SHIFT = "unused_tokens_shift"  # the parameter of the model that is added to the rows of unused tokens


class SampledVocabulary:
    """The embedding table of a model in training, without the rows of rare tokens that no post has."""

    def __init__(self, model: Any, used: Collection[int], sampled: int, dtype: torch.dtype) -> None:
        """Leave the model the rows of the used tokens only, and a vector that moves the others.

        Args:
            model: a causal language model whose output matrix is its embedding table; changed in place.
            used: tokens that keep their rows: those of the posts, special ones included, and others.
            sampled: how many of the others are in each step's softmax.
            dtype: what the model computes in.
        """
        self._inputs, self._outputs = model.get_input_embeddings(), model.get_output_embeddings()
        whole = self._inputs.weight.detach()
        is_used = torch.zeros(len(whole), dtype=torch.bool)
        is_used[list(used)] = True
        self._model, self._padding_idx = model, self._inputs.padding_idx
        self._used, self._unused = is_used.nonzero().squeeze(1), (~is_used).nonzero().squeeze(1)
        self._numbers = is_used.cumsum(0) - 1
        self._rows = whole[self._unused].to(dtype)
        self._table, self._shift = (
            nn.Parameter(whole[self._used]),
            nn.Parameter(whole.new_zeros(whole.shape[1])),
        )
        self._sampled = min(sampled, len(self._unused))
        weights = whole.new_zeros(len(self._used) + self._sampled, dtype=dtype)
        weights[len(self._used) :] = math.log(len(self._unused) / self._sampled)
        self._log_weights = weights
        model.register_parameter(_SHIFT, self._shift)
        self._set_table(self._table, self._number(self._padding_idx))

    def renumber(self, batch: Batch) -> Batch:
        """The batch with the numbers that its tokens have in the smaller table."""
        targets = self._numbers[batch.targets.clamp(min=0)].masked_fill(
            batch.targets == IGNORE_INDEX, IGNORE_INDEX
        )
        return dataclasses.replace(batch, inputs=self._numbers[batch.inputs], targets=targets)

    def sample(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The output matrix of a step, (used and sampled tokens, width), and what is added to its logits."""
        drawn = torch.randperm(len(self._unused))[: self._sampled].to(self._rows.device)
        return torch.cat([self._table, self._rows[drawn] + self._shift]), self._log_weights

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Within this context the model has the rows of all tokens."""
        self._set_table(nn.Parameter(self._whole_table(), requires_grad=False), self._padding_idx)
        try:
            yield
        finally:
            self._set_table(self._table, self._number(self._padding_idx))

    def restore(self) -> None:
        """Give the model the rows of all tokens again, where its weights are now."""
        self._set_table(nn.Parameter(self._whole_table()), self._padding_idx)
        delattr(self._model, _SHIFT)

    def _whole_table(self) -> torch.Tensor:
        table = self._table.detach()
        whole = table.new_empty(len(self._numbers), table.shape[1])
        whole[self._used] = table
        whole[self._unused] = (self._rows.to(table.device).float() + self._shift.detach().float()).to(
            table.dtype
        )
        return whole

    def _set_table(self, table: nn.Parameter, padding_idx: int | None) -> None:
        self._inputs.weight = self._outputs.weight = table
        self._inputs.num_embeddings = self._outputs.out_features = len(table)
        self._inputs.padding_idx = padding_idx

    def _number(self, token: int | None) -> int | None:
        """The number of a token in the smaller table; None where it has none."""
        return int(self._numbers[token]) if token is not None and token in self._used else None
