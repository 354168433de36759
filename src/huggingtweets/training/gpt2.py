"""The GPT-2 models that pre-training makes: their sizes, weights and tokenizers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from ..bases.loading import LoadedBase
from ..errors import BaseError
from .packed import EOS_ID
from .vocabulary import change_vocabulary

HEAD_WIDTH = 64  # of a head of attention
_SHAPE = ("model_type", "n_layer", "n_embd", "n_head", "n_positions")


@dataclass(frozen=True)
class Size:
    """A shape of GPT-2 (Radford et al. 2019), and the batch size that it is trained with.

    Checkpoints of pre-training hold its `repr`: after a change of its names no earlier run goes on.
    """

    layers: int
    width: int
    vocabulary: int
    batch_tokens: int  # positions in one step
    positions: int = 256  # tokens of the longest post


SIZES = {
    "nano": Size(layers=6, width=256, vocabulary=8192, batch_tokens=4096),
    "micro": Size(layers=8, width=384, vocabulary=8192, batch_tokens=8192),
    "mini": Size(layers=8, width=512, vocabulary=16384, batch_tokens=16384),
}


def new_model(
    size: Size, tokenizer: Tokenizer, seed: int, base: LoadedBase | None = None
) -> tuple[Any, PreTrainedTokenizerFast]:
    """A model and its tokenizer, as transformers has them.

    Args:
        size: of the model.
        tokenizer: the vocabulary.
        seed: of random weights.
        base: its weights are taken instead of random ones; it is changed.

    Raises:
        BaseError: the base has another shape.
    """
    torch.manual_seed(seed)
    config, fast = _config(size, tokenizer), _as_transformers(tokenizer, size)
    if base is None:
        return GPT2LMHeadModel(config), fast
    base_config = base.model.config
    if any(getattr(base_config, name, None) != getattr(config, name) for name in _SHAPE):
        raise BaseError(
            f"base {base.base.name} is no GPT-2 of {size.layers} layers, {size.width} wide, with "
            f"{size.positions} positions; choose its --size, or another base"
        )
    change_vocabulary(base.model, base.tokenizer, tokenizer, EOS_ID)
    base_config.bos_token_id = base_config.eos_token_id = EOS_ID
    base_config.pad_token_id = None  # what begins every post pads, too: transformers would warn of each post
    return base.model, fast


def base_vocabulary(base: LoadedBase) -> Tokenizer:
    """The tokenizer of a base whose vocabulary is kept.

    Raises:
        BaseError: it is no byte-level BPE whose token 0 is the end, as that of a base made here is.
    """
    tokenizer: Tokenizer = Tokenizer.from_str(base.tokenizer.backend_tokenizer.to_str())
    byte_level = isinstance(tokenizer.model, models.BPE) and isinstance(tokenizer.decoder, decoders.ByteLevel)
    if not byte_level or base.tokenizer.eos_token_id != EOS_ID:
        raise BaseError(
            f"the vocabulary of base {base.base.name} cannot be kept: it is no byte-level BPE whose token "
            f"{EOS_ID} is the end; leave --keep-vocabulary out, and the corpus gets one of its own"
        )
    return tokenizer


def _config(size: Size, tokenizer: Tokenizer) -> GPT2Config:
    return GPT2Config(
        vocab_size=tokenizer.get_vocab_size(),
        n_positions=size.positions,
        n_embd=size.width,
        n_layer=size.layers,
        n_head=size.width // HEAD_WIDTH,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=EOS_ID,
        eos_token_id=EOS_ID,
    )


def _as_transformers(tokenizer: Tokenizer, size: Size) -> PreTrainedTokenizerFast:
    end = tokenizer.id_to_token(EOS_ID)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=end,
        eos_token=end,
        pad_token=end,
        model_max_length=size.positions,
        clean_up_tokenization_spaces=False,
    )
