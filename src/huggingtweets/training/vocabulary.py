"""Giving a model another vocabulary: what both have keeps its vector, the rest begins as a mean of parts.

After Gee et al. 2022, "Fast Vocabulary Transfer for Language Model Compression".
"""

from __future__ import annotations

from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..errors import BaseError


@torch.no_grad()
def change_vocabulary(model: PreTrainedModel, old: PreTrainedTokenizerBase, new: Tokenizer, end: int) -> None:
    """Make the model read and write the tokens of `new` in place; both are byte-level, as GPT-2's is.

    Args:
        model: one whose input and output tokens share their vectors.
        old: its tokenizer so far.
        new: the one to come.
        end: the new token that begins, ends and pads; it gets the vector of the old end.

    Raises:
        BaseError: the model has other vectors for what it writes than for what it reads.
    """
    table: Any = model.get_input_embeddings()
    head: Any = model.get_output_embeddings()
    if head.weight is not table.weight:
        raise BaseError("the base reads and writes with different vectors; choose one that shares them")
    known, before = old.get_vocab(), table.weight.detach().clone()
    vectors = torch.empty(new.get_vocab_size(), before.shape[1])
    for token, number in new.get_vocab().items():
        vectors[number] = before[_parts(token, known)].mean(0)
    vectors[end] = before[old.eos_token_id]
    model.resize_token_embeddings(len(vectors), mean_resizing=False)
    resized: Any = model.get_input_embeddings()
    resized.weight.copy_(vectors)


def _parts(token: str, known: dict[str, int]) -> list[int]:
    """The known tokens that make up a new one, the longest first; every byte is known to a byte-level one."""
    found = []
    while token:
        length = next((n for n in range(len(token), 0, -1) if token[:n] in known), 1)
        found.append(known.get(token[:length], 0))
        token = token[length:]
    return found
