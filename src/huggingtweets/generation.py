"""From a checkpoint to text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from .errors import ModelError, UserError
from .quiet import quiet
from .types import Sample, Sampling


class Generator:
    """A trained model, loaded once, that writes as often as asked."""

    def __init__(self, folder: Path, *, device: str = "cpu") -> None:
        """Load the model folder.

        Raises:
            ModelError: the folder holds no model that transformers can load.
        """
        if not (folder / "config.json").is_file():
            raise ModelError(f"{folder} holds no model; expected a folder made by huggingtweets train")
        try:
            with quiet():
                self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
                self._model: Any = AutoModelForCausalLM.from_pretrained(
                    folder, local_files_only=True, use_safetensors=True, dtype="float32"
                )
            self._model.to(torch.device(device))  # type: ignore[arg-type] # its decorator hides self
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            first = str(error).strip().splitlines()[0]
            raise ModelError(f"the model in {folder} cannot be loaded ({first}); train it again") from error
        self._model.eval()
        self.positions: int = getattr(self._model.config, "max_position_embeddings", None) or 1024
        self.sampling = _sampling(self._model.generation_config)

    @torch.inference_mode()
    def generate(
        self, prompt: str = "", *, count: int = 5, sampling: Sampling | None = None, seed: int | None = None
    ) -> list[Sample]:
        """Continue `prompt` `count` times, each as one post from its beginning to its end.

        Args:
            prompt: how each post begins; white space at its end is taken off, since tokens begin with it.
            count: how many to write, all in one batch.
            sampling: how to draw; None takes the model's own settings.
            seed: the same seed on the same machine gives the same text; None draws anew.

        Raises:
            UserError: the prompt fills all that the model can see.
        """
        sampling = sampling or self.sampling
        prompt = prompt.rstrip()
        inputs = self._tokenizer(prompt, return_tensors="pt").to(self._model.device)
        length = inputs["input_ids"].shape[1]
        room = self.positions - length
        if room < 1:
            raise UserError(
                f"the prompt has {length} tokens; this model sees {self.positions}: give a shorter one"
            )
        if seed is not None:
            torch.manual_seed(seed)
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
        return [Sample(prompt=prompt, text=prompt + text) for text in written]


def _sampling(config: GenerationConfig) -> Sampling:
    default = Sampling()
    return Sampling(
        temperature=config.temperature or default.temperature,
        top_p=config.top_p or default.top_p,
        max_new_tokens=config.max_new_tokens or default.max_new_tokens,
    )
