"""Text generation with a model of transformers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self, cast

import torch
from transformers import PreTrainedTokenizerBase

from ..bases.pretrained import (
    load_adapted,
    load_config,
    load_generation_config,
    load_model,
    load_tokenizer,
    require_fit,
)
from ..bases.shared import load_beside, named_base
from ..errors import MissingExtra, ModelError, first_line
from ..model_folder import ADAPTER_CONFIG, CONFIG, GENERATION_CONFIG, TOKENIZER
from ..progress import quiet_transformers
from ..types import Sampling
from .batch import GroupedBatch, SamplingRequest, TextBatch
from .continuous import ContinuousBatch
from .decoder import Decoder
from .decoder_weights import DecoderWeights, is_half_fast
from .module_decoder import autocast, open_decoder
from .module_weights import decoder_weights
from .row_decoder import RowDecoder
from .sampler import RandomNumbers
from .settings import as_sampling
from .text_tokens import TextTokenizer, TextTokens
from .token_generator import TokenGenerator

UNKNOWN_CONTEXT = 1024  # tokens that a model sees whose config does not say


class TransformersGenerator(TokenGenerator):
    """A causal language model in memory, and its tokenizer."""

    def __init__(
        self, model: Any, tokenizer: PreTrainedTokenizerBase, dtype: torch.dtype | None = None
    ) -> None:
        """Write with a model in memory.

        Args:
            model: a causal language model of transformers.
            tokenizer: one that puts the BOS token of a post before every prompt.
            dtype: what matrices are multiplied in where that is faster; None for that of the model.
        """
        self.model, self.tokenizer = model, tokenizer
        self.model.eval()
        self._dtype = dtype
        context = getattr(model.config, "max_position_embeddings", None) or UNKNOWN_CONTEXT
        ends = model.generation_config.eos_token_id
        known = cast("TextTokenizer", tokenizer)  # transformers types its methods more widely
        rows = model.get_input_embeddings().weight.shape[0]
        self._tokens = TextTokens(known, rows, context, ends if isinstance(ends, list) else [ends])
        self.sampling = _sampling(model.generation_config.to_dict())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load a model folder.

        Raises:
            ModelError: the folder holds no model that transformers can load.
        """
        adapter = (folder / ADAPTER_CONFIG).is_file()
        if not (adapter or (folder / CONFIG).is_file()):
            raise ModelError(f"{folder} holds no model; expected a folder made by huggingtweets train")
        if not (adapter or (folder / TOKENIZER).is_file()):  # that of a named base is the base's
            raise ModelError(
                f"the model in {folder} cannot be loaded ({TOKENIZER} is missing); train it again"
            )
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

    def batch(self) -> TextBatch:
        """What samples texts for many requests; see `TextGenerator`."""
        if self._weights is None:
            return GroupedBatch(self.sampler, self._tokens.count)
        return ContinuousBatch(RowDecoder(self._weights), self._tokens)

    @cached_property
    def _weights(self) -> DecoderWeights | None:
        """Read when the first text is written: a model that only predicts needs no copy of its weights."""
        return decoder_weights(self.model, self._dtype)

    @cached_property
    def _half_weights(self) -> DecoderWeights | None:
        """float16 weights for a single text, whose time is that of reading them; None if these are slower."""
        return decoder_weights(self.model, torch.float16) if is_half_fast() else None

    def decoder(self, rows: int) -> Decoder:
        """See `TokenGenerator`."""
        half = self._half_weights if rows == 1 else None
        return open_decoder(self.model, self._weights, half, self._dtype)

    def _stream(
        self, inputs: torch.Tensor, request: SamplingRequest, random: RandomNumbers
    ) -> Iterator[list[list[int]]]:
        """The new tokens of each row, after each step where the model uses transformers' own cache."""
        inputs = inputs.to(self.model.device)
        if self.model._supports_default_dynamic_cache():  # noqa: SLF001 -- there is no other way to know
            yield from super()._stream(inputs, request, random)
        else:
            seed = int(torch.randint(1 << 62, (), generator=random.on(torch.device("cpu"))))
            with torch.random.fork_rng():  # transformers takes no generator
                torch.manual_seed(seed)
                rows = self._generate(inputs, self._limited(request.sampling, inputs))
            ends = set(self._tokens.ends)
            request.ended([row for row, new in enumerate(rows) if ends.intersection(new)])
            yield rows

    def _generate(self, inputs: torch.Tensor, sampling: Sampling) -> list[list[int]]:
        """The new tokens of each row, as transformers samples them."""
        with autocast(self.model, self._dtype):
            rows = self.model.generate(
                inputs,
                attention_mask=torch.ones_like(inputs),
                do_sample=True,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                top_k=0,
                repetition_penalty=sampling.repetition_penalty or 1.0,
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
        model, of_base = load_beside(named, folder)
        has_own = (folder / TOKENIZER).is_file()
        tokenizer = load_tokenizer(folder, local_files_only=True) if has_own else of_base
    else:
        try:
            model = load_adapted(folder, local_files_only=True, dtype="float32")
        except OSError:
            model = load_adapted(folder, local_files_only=False, dtype="float32")
        tokenizer = load_tokenizer(folder, local_files_only=True)
    model.generation_config = load_generation_config(folder)  # transformers takes the base's
    return model, tokenizer


def sample_in_training(
    model: Any, tokenizer: PreTrainedTokenizerBase, count: int, sampling: Sampling, seed: int
) -> tuple[str, ...]:
    """Posts of a model during its training, whose random numbers and mode stay as they were.

    Args:
        model: a causal language model of transformers.
        tokenizer: with a BOS token, see `tokenization.prefix`.
        count: how many posts.
        sampling: how they are sampled.
        seed: of the random numbers.
    """
    was_training = model.training
    written = TransformersGenerator(model, tokenizer).generate(count=count, sampling=sampling, seed=seed)
    model.train(was_training)
    return tuple(sample.text for sample in written.samples)


def _sampling(generation_config: Mapping[str, object]) -> Sampling:
    try:
        return as_sampling(generation_config)
    except ValueError as error:
        raise ValueError(f"{GENERATION_CONFIG}: {error}") from error
