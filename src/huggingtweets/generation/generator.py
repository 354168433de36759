"""Writing posts with a model of transformers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import msgspec
import torch
from msgspec.structs import replace
from transformers import GenerationConfig, PreTrainedTokenizerBase

from ..bases.begin_token import with_begin_token
from ..bases.pretrained import (
    first_line,
    load_adapted,
    load_config,
    load_generation_config,
    load_model,
    load_tokenizer,
    require_fit,
)
from ..bases.shared import load_beside, named_base
from ..errors import MissingExtra, ModelError
from ..model_folder import ADAPTER_CONFIG, CONFIG, GENERATION_CONFIG
from ..progress import quiet_transformers
from ..types import Sampling
from .batch import GroupedBatch, Sampler, SamplingRequest, TextBatch
from .continuous import ContinuousBatch
from .decoder import open_decoder
from .decoder_weights import DecoderWeights, decoder_weights, is_half_fast
from .row_decoder import RowDecoder
from .sampler import stream_tokens
from .text_tokens import TextTokens
from .writer import Writer


class Generator(Writer):
    """A causal language model in memory, and its tokenizer."""

    def __init__(
        self, model: Any, tokenizer: PreTrainedTokenizerBase, dtype: torch.dtype | None = None
    ) -> None:
        """Write with a model in memory.

        Args:
            model: a causal language model of transformers.
            tokenizer: one that puts the begin token of a post before every prompt.
            dtype: what matrices are multiplied in where that is faster; None for that of the model.
        """
        self.model, self.tokenizer = model, tokenizer
        self.model.eval()
        self._dtype = dtype
        self._tokens = TextTokens(model, tokenizer)
        self.sampling = _sampling(model.generation_config)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load a model folder.

        Raises:
            ModelError: the folder holds no model that transformers can load.
        """
        adapter = (folder / ADAPTER_CONFIG).is_file()
        if not (adapter or (folder / CONFIG).is_file()):
            raise ModelError(f"{folder} holds no model; expected a folder made by huggingtweets train")
        try:
            with quiet_transformers():
                load_generation_config(folder)
                model, tokenizer = _with_adapter(folder) if adapter else _whole(folder)
                require_fit(model, tokenizer)
            return cls(model, tokenizer)
        except (OSError, ValueError, TypeError) as error:
            raise ModelError(
                f"the model in {folder} cannot be loaded ({first_line(error)}); train it again"
            ) from error

    def sampler(self, request: SamplingRequest) -> Sampler:
        """What samples texts for a request; see `Writer` and `TextTokens.begin`."""
        if request.seed is not None:
            torch.manual_seed(request.seed)
        self._tokens.begin(request.prompt, 0, request.speaker)  # refuses at once what cannot be sampled

        def sample(count: int) -> Iterator[tuple[list[str], bool]]:
            shown_at = time.monotonic()
            ids: list[list[int]] = []
            inputs = self._tokens.begin(request.prompt, count, request.speaker)
            for ids in self._stream(inputs, request):
                if time.monotonic() - shown_at > request.interval:
                    yield self._tokens.texts(request.prompt, ids), False
                    shown_at = time.monotonic()
            yield self._tokens.texts(request.prompt, ids), True

        return sample

    def batch(self) -> TextBatch:
        """What samples texts for many requests; see `Writer`."""
        if self._weights is None:
            return GroupedBatch(self.sampler, self._tokens.count)
        return ContinuousBatch(RowDecoder(self.model, self._weights), self._tokens)

    @cached_property
    def _weights(self) -> DecoderWeights | None:
        """Read when the first text is written: a model that only predicts needs no copy of its weights."""
        return decoder_weights(self.model, self._dtype)

    @cached_property
    def _half_weights(self) -> DecoderWeights | None:
        """What one text is written with alone: its time is that of reading the weights."""
        return decoder_weights(self.model, torch.float16) if is_half_fast() else None

    def _stream(self, inputs: torch.Tensor, request: SamplingRequest) -> Iterator[list[list[int]]]:
        """The new tokens of each row, after each step where the model uses transformers' own cache."""
        inputs = inputs.to(self.model.device)
        remaining = self._tokens.remaining(inputs.shape[1])
        most = min(request.sampling.max_new_tokens, remaining)
        sampling = replace(request.sampling, max_new_tokens=most)
        if self.model._supports_default_dynamic_cache():  # noqa: SLF001 -- there is no other way to know
            half = self._half_weights if len(inputs) == 1 else None
            decoder = open_decoder(self.model, self._weights, half)
            yield from stream_tokens(
                decoder,
                inputs,
                sampling,
                self._tokens.ends,
                self._tokens.suppressed,
                self._tokens.rarely_first(request.prompt),
                request.ended,
            )
        else:
            yield self._generate(inputs, sampling)

    def _generate(self, inputs: torch.Tensor, sampling: Sampling) -> list[list[int]]:
        """The new tokens of each row, as transformers samples them."""
        rows = self.model.generate(
            inputs,
            attention_mask=torch.ones_like(inputs),
            do_sample=True,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=0,
            max_new_tokens=sampling.max_new_tokens,
            suppress_tokens=self._tokens.suppressed or None,
        )
        tokens: list[list[int]] = rows[:, inputs.shape[1] :].tolist()
        return tokens


def _whole(folder: Path) -> tuple[Any, Any]:
    load_config(folder, local_files_only=True)
    model = load_model(folder, complete=True, local_files_only=True, dtype="float32")
    return model, load_tokenizer(folder, local_files_only=True)


def _with_adapter(folder: Path) -> tuple[Any, Any]:
    """The base that the adapter names, with the adapter; the base is downloaded where it is not cached."""
    if find_spec("peft") is None:
        raise MissingExtra("peft, which this model's adapter needs,", "lora")
    if named := named_base(folder):
        model, tokenizer = load_beside(named, folder)
        tokenizer = with_begin_token(tokenizer)
    else:
        try:
            model = load_adapted(folder, local_files_only=True, dtype="float32")
        except OSError:
            model = load_adapted(folder, local_files_only=False, dtype="float32")
        tokenizer = load_tokenizer(folder, local_files_only=True)
    model.generation_config = load_generation_config(folder)  # transformers takes the base's
    return model, tokenizer


def _sampling(config: GenerationConfig) -> Sampling:
    settings = {name: getattr(config, name) for name in Sampling.__struct_fields__}
    try:
        return msgspec.convert({name: value for name, value in settings.items() if value}, Sampling)
    except msgspec.ValidationError as error:
        raise ValueError(f"{GENERATION_CONFIG}: {error}") from error
