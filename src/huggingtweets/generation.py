"""From a checkpoint to text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from msgspec import Struct
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, PreTrainedTokenizerBase

from .errors import ModelError, UserError
from .quiet import quiet
from .types import Sample, Sampling

BATCH = 64  # posts drawn at once
TRIES = 8  # drafts a post before a guard's objections are taken as the answer


class Guard(Protocol):
    """Looks at a text before it is shown."""

    def objection(self, text: str) -> str:
        """Why the text may not be shown; "" where it may."""


class Written(Struct, frozen=True, kw_only=True):
    """What was written, and how many drafts were refused for which reason."""

    samples: tuple[Sample, ...]
    refused: dict[str, int]


class Generator:
    """A trained model, loaded once, that writes as often as asked."""

    def __init__(self, model: Any, tokenizer: PreTrainedTokenizerBase) -> None:
        """Write with a model in memory.

        Args:
            model: a causal language model of transformers.
            tokenizer: one that begins every prompt like a post.
        """
        self._model, self._tokenizer = model, tokenizer
        self._model.eval()
        self.positions: int = getattr(model.config, "max_position_embeddings", None) or 1024
        self.sampling = _sampling(model.generation_config)

    @classmethod
    def load(cls, folder: Path, *, device: str = "cpu") -> Generator:
        """Load a model folder.

        Raises:
            ModelError: the folder holds no model that transformers can load.
        """
        if not (folder / "config.json").is_file():
            raise ModelError(f"{folder} holds no model; expected a folder made by huggingtweets train")
        try:
            with quiet():
                tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
                model: Any = AutoModelForCausalLM.from_pretrained(
                    folder, local_files_only=True, use_safetensors=True, dtype="float32"
                )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            first = str(error).strip().splitlines()[0]
            raise ModelError(f"the model in {folder} cannot be loaded ({first}); train it again") from error
        return cls(model.to(torch.device(device)), tokenizer)

    def generate(
        self,
        prompt: str = "",
        *,
        count: int = 5,
        sampling: Sampling | None = None,
        seed: int | None = None,
        guards: Sequence[Guard] = (),
    ) -> Written:
        """Continue `prompt` `count` times, each as one post from its beginning to its end.

        What a guard objects to is drawn anew, `TRIES` drafts a post at most; so fewer than `count` can come.

        Args:
            prompt: how each post begins; white space at its end is taken off, since tokens begin with it.
            count: how many to write.
            sampling: how to draw; None takes the model's own settings.
            seed: the same seed on the same machine gives the same text; None draws anew.
            guards: what looks at each text before it is shown.

        Raises:
            UserError: the prompt fills all that the model can see.
        """
        if seed is not None:
            torch.manual_seed(seed)
        prompt = prompt.rstrip()
        samples: list[Sample] = []
        refused: Counter[str] = Counter()
        while len(samples) < count and len(samples) + refused.total() < count * TRIES:
            for text in self._draw(prompt, min(BATCH, count - len(samples)), sampling or self.sampling):
                objection = next(filter(None, (guard.objection(text) for guard in guards)), "")
                if objection:
                    refused[objection] += 1
                else:
                    samples.append(Sample(prompt=prompt, text=text))
        return Written(samples=tuple(samples), refused=dict(refused))

    @torch.inference_mode()
    def _draw(self, prompt: str, count: int, sampling: Sampling) -> list[str]:
        """Texts of one batch, prompt included."""
        inputs = self._tokenizer(prompt, return_tensors="pt").to(self._model.device)
        length = inputs["input_ids"].shape[1]
        room = self.positions - length
        if room < 1:
            raise UserError(
                f"the prompt has {length} tokens; this model sees {self.positions}: give a shorter one"
            )
        drawn = self._model.generate(
            **inputs,
            do_sample=True,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=0,
            max_new_tokens=min(sampling.max_new_tokens, room),
            num_return_sequences=count,
        )
        written = self._tokenizer.batch_decode(drawn[:, length:], skip_special_tokens=True)
        return [prompt + text for text in written]


def _sampling(config: GenerationConfig) -> Sampling:
    default = Sampling()
    return Sampling(
        temperature=config.temperature or default.temperature,
        top_p=config.top_p or default.top_p,
        max_new_tokens=config.max_new_tokens or default.max_new_tokens,
    )
