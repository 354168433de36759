"""From a checkpoint to text."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import torch
from msgspec.structs import replace
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, PreTrainedTokenizerBase

from ..bases.speakers import find, speakers
from ..errors import MissingExtra, ModelError, UserError
from ..model_folder import ADAPTER_CONFIG, CONFIG
from ..progress import quiet_transformers
from ..types import Sampling
from .sampler import decode
from .writer import Draw, SamplingRequest, Writer


class Generator(Writer):
    """A trained model, loaded once, that writes as often as asked."""

    def __init__(self, model: Any, tokenizer: PreTrainedTokenizerBase) -> None:
        """Write with a model in memory.

        Args:
            model: a causal language model of transformers.
            tokenizer: one that begins every prompt like a post.
        """
        self.model, self.tokenizer = model, tokenizer
        self.model.eval()
        self.positions: int = getattr(model.config, "max_position_embeddings", None) or 1024
        self.sampling = _sampling(model.generation_config)
        self._speakers = speakers(tokenizer)

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
                tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
                model = _with_adapter(folder) if adapter else _whole(folder)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            first = str(error).strip().splitlines()[0]
            raise ModelError(f"the model in {folder} cannot be loaded ({first}); train it again") from error
        return cls(model, tokenizer)

    def drawing(self, request: SamplingRequest) -> Draw:
        """What draws texts, each beginning with one of the voices, where there are any; see `Writer`."""
        if request.seed is not None:
            torch.manual_seed(request.seed)
        known, prompt = self._speakers, request.prompt
        voices = [find(known, request.speaker)] if request.speaker else list(known.values())

        def draw(count: int) -> Iterator[tuple[list[str], bool]]:
            shown = time.monotonic()
            ids: list[list[int]] = []
            for ids in self._decode(self._inputs(prompt, count, voices), request.sampling):
                if time.monotonic() - shown > request.every:
                    yield self._texts(prompt, ids), False
                    shown = time.monotonic()
            yield self._texts(prompt, ids), True

        return draw

    def _inputs(self, prompt: str, count: int, voices: Sequence[int]) -> torch.Tensor:
        """The beginning of each text: (count, tokens)."""
        ids = self.tokenizer(prompt)["input_ids"]
        if not voices:
            return torch.tensor([ids]).repeat(count, 1)
        drawn_by = torch.randint(len(voices), (count,)).tolist()
        return torch.tensor([[voices[who], *ids] for who in drawn_by])

    def _texts(self, prompt: str, ids: list[list[int]]) -> list[str]:
        """What the tokens say; bytes that make no character, as of half an emoji, are left out."""
        written = self.tokenizer.batch_decode(ids, skip_special_tokens=True)
        return [prompt + text.replace("\N{REPLACEMENT CHARACTER}", "") for text in written]

    def _decode(self, inputs: torch.Tensor, sampling: Sampling) -> Iterator[list[list[int]]]:
        """New tokens of each row; a model with a memory of its own kind is asked through transformers."""
        inputs, length = inputs.to(self.model.device), inputs.shape[1]
        room = self.positions - length
        if room < 1:
            raise UserError(
                f"the prompt has {length} tokens; this model sees {self.positions}: give a shorter one"
            )
        longest, never = min(sampling.max_new_tokens, room), list(self._speakers.values())
        if self.model._supports_default_dynamic_cache():  # noqa: SLF001 -- there is no other way to know
            ends = self.model.generation_config.eos_token_id
            ends = ends if isinstance(ends, list) else [ends]
            yield from decode(self.model, inputs, replace(sampling, max_new_tokens=longest), ends, never)
            return
        drawn = self.model.generate(
            inputs,
            attention_mask=torch.ones_like(inputs),
            do_sample=True,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=0,
            max_new_tokens=longest,
            suppress_tokens=never or None,
        )
        yield drawn[:, length:].tolist()


def _whole(folder: Path, *, local: bool = True) -> Any:
    return AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=local, use_safetensors=True, dtype="float32"
    )


def _with_adapter(folder: Path) -> Any:
    """The base that the adapter names, with the adapter in it; fetched where this machine lacks it."""
    if find_spec("peft") is None:
        raise MissingExtra("peft, which this model's adapter needs,", "lora")
    try:
        model = _whole(folder)
    except OSError:
        model = _whole(folder, local=False)
    model.generation_config = GenerationConfig.from_pretrained(folder)  # transformers takes the base's
    return model


def _sampling(config: GenerationConfig) -> Sampling:
    default = Sampling()
    return Sampling(
        temperature=config.temperature or default.temperature,
        top_p=config.top_p or default.top_p,
        max_new_tokens=config.max_new_tokens or default.max_new_tokens,
    )
