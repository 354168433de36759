"""The forward pass of generation by the modules of transformers, for any model and any device."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from inspect import signature
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer
from transformers.masking_utils import create_causal_mask

from .decoder import Decoder, StaticDecoder
from .decoder_weights import DecoderWeights

_CACHE = (  # what models call their cache: until transformers 5.24, and since
    "cache" if "cache" in signature(create_causal_mask).parameters else "past_key_values"
)


def open_decoder(
    model: Any,
    weights: DecoderWeights | None,
    half: DecoderWeights | None = None,
    dtype: torch.dtype | None = None,
) -> Decoder:
    """What continues one batch of prompts.

    Args:
        model: a causal language model of transformers that uses a key-value cache.
        weights: what `decoder_weights` returned for it.
        half: what it returned for float16, to be used until a number is too large for it.
        dtype: what matrices are multiplied in where it returned nothing; None for that of the model.
    """
    return StaticDecoder(weights, half) if weights else ModuleDecoder(model, dtype)


def autocast(model: Any, dtype: torch.dtype | None) -> AbstractContextManager[object]:
    """A context in which a model multiplies its matrices in bfloat16, if that is `dtype`."""
    is_narrow = dtype == torch.bfloat16
    return torch.autocast(model.device.type, torch.bfloat16) if is_narrow else nullcontext()


class ModuleDecoder:
    """Any model of transformers that uses a key-value cache, by its modules; see `Decoder`."""

    def __init__(self, model: Any, dtype: torch.dtype | None = None) -> None:
        self._model, self._dtype = model, dtype
        self._cache = DynamicCache(config=model.config)
        layers = self._cache.layers
        self._is_recurrent = any(hasattr(layer, "update_conv_state") for layer in layers)  # as Mamba is
        self.can_select = not self._is_recurrent and all(isinstance(layer, DynamicLayer) for layer in layers)

    def read(self, prompts: torch.Tensor, new_tokens: int) -> torch.Tensor:  # noqa: ARG002 -- the cache grows
        """See `Decoder`; equal prompts are computed once where the cache can be repeated."""
        equal = not self._is_recurrent and bool((prompts == prompts[:1]).all())
        logits = self._logits(prompts[:1] if equal else prompts)
        if equal and len(prompts) > 1:
            self._cache.batch_repeat_interleave(len(prompts))
            logits = logits.expand(len(prompts), -1)
        return logits

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """See `Decoder`."""
        return self._logits(tokens[:, None])

    def _logits(self, tokens: torch.Tensor) -> torch.Tensor:
        with autocast(self._model, self._dtype):
            output = self._model(tokens, use_cache=True, **{_CACHE: self._cache})
        logits: torch.Tensor = output.logits[:, -1]
        return logits

    def select(self, rows: torch.Tensor) -> None:
        """See `Decoder`."""
        self._cache.batch_select_indices(rows)
