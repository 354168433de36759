"""Neural networks: pretrained causal language models that are fine-tuned."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from transformers import PreTrainedTokenizerBase

from .. import training
from ..bases import loading
from ..errors import BaseChanged
from ..evaluation.copies import CopySign, watch
from ..files import CheckpointConfig
from ..generation.transformers_generator import TransformersGenerator, sample_in_training
from ..machine.device import choose_device, environment, return_freed_memory
from ..model_folder import FinetunedModel
from ..progress import MemorizationProbe, Watcher
from ..tokenization.prefix import set_opening, with_bos_token
from ..tokenization.speakers import keep_speakers
from ..types import Base, Dataset, Recipe
from .without_transformers import precision

HOLDS_POSTS = False
PROBE_SAMPLES = 32  # posts sampled at each evaluation of a training
MORE_SAMPLES = 128  # sampled beside them where those look copied
PROBE_TOKENS = 64  # of each, at most: enough to show a copied run


class NeuralModel(TransformersGenerator):
    """A causal language model of transformers, on the fastest device."""

    def __init__(self, model: Any, tokenizer: PreTrainedTokenizerBase) -> None:
        """Write and predict with a model in memory; see `TransformersGenerator`."""
        device = choose_device()
        self._predictor = training.Predictor(model, tokenizer, device)
        training.narrow_matrices(model, device)
        return_freed_memory()
        super().__init__(model.to(device.kind), tokenizer, precision(device))

    def bits(self, texts: Sequence[str], authors: Sequence[str] = ()) -> list[float]:
        """The negative log-likelihood of each text in bits, its end counted."""
        return self._predictor.bits(texts, authors)


def train(
    data: Dataset,
    recipe: Recipe,
    folder: Path,
    watcher: Watcher,
    checkpoints: CheckpointConfig | None,
    dtype: str | None,
) -> tuple[FinetunedModel, dict[str, str]]:
    """Train the recipe's base; see `models.train`."""
    device = choose_device()
    base = loading.load_base(recipe.base, dropout=recipe.dropout, progress=watcher.fetched)
    if dtype:
        base = dataclasses.replace(base, base=replace(base.base, dtype=dtype))
    options = training.TrainOptions(
        device=device,
        checkpoints=checkpoints,
        probe_memorization=_MemorizationProber(data, recipe),
        watcher=watcher,
    )
    trained = training.train(data, recipe, base, folder, options)
    del base
    return_freed_memory()  # the model will be loaded again, to be evaluated
    packages = ("peft",) if recipe.method == "lora" else ()
    return trained, environment(device, options.process_group.world_size, packages)


class _MemorizationProber:
    """Samples posts from a model during its training, and measures how many of them are copied."""

    def __init__(self, data: Dataset, recipe: Recipe) -> None:
        train, held_out = ([post.text for post in posts] for posts in (data.train, data.held_out))
        longest = min(recipe.sampling.max_new_tokens, PROBE_TOKENS)
        self._measure = watch(train, held_out, looks=recipe.evaluations, longest=longest)
        self._seed = recipe.seed
        self._with_bos_token = lru_cache(maxsize=1)(with_bos_token)  # made once a run
        self._sampling = replace(recipe.sampling, max_new_tokens=longest)

    def __call__(self, model: Any, tokenizer: PreTrainedTokenizerBase) -> MemorizationProbe:
        texts = self._samples(model, tokenizer, PROBE_SAMPLES, self._seed)
        sign = self._measure(texts)
        if not sign.suspected:
            return MemorizationProbe(samples=texts, copied=sign.rate.value, counted=sign.rate.count)
        sign = self._measure((*texts, *self._samples(model, tokenizer, MORE_SAMPLES, self._seed + 1)))
        return MemorizationProbe(
            samples=texts,
            copied=sign.rate.value,
            counted=sign.rate.count,
            memorizes=_reason(sign) if sign.begun else "",
        )

    def _samples(
        self, model: Any, tokenizer: PreTrainedTokenizerBase, count: int, seed: int
    ) -> tuple[str, ...]:
        return sample_in_training(model, self._with_bos_token(tokenizer), count, self._sampling, seed)


def _reason(sign: CopySign) -> str:
    own = f"{sign.own.value:.0%}" if sign.own else "unknown"
    return f"{sign.rate.value:.0%} of its posts copy a training post (the person's own: {own})"


def load(folder: Path) -> NeuralModel:
    """Load a model folder.

    Raises:
        ModelError: transformers cannot load it.
    """
    return_freed_memory()  # of the model that was used before
    return NeuralModel.load(folder)


def load_base(recipe: Recipe, base: Base | None) -> NeuralModel:
    """Load the base that the recipe names; see `ModelKind`."""
    return_freed_memory()  # of the model that was used before
    loaded = loading.load_base(recipe.base)
    if base and base.revision and loaded.base.revision != base.revision:
        del loaded
        loaded = loading.load_base(f"{base.name.partition('@')[0]}@{base.revision}")
    elif base and not base.revision and loaded.base.digest != base.digest:
        raise BaseChanged(
            f"base {base.name} has other weights now than when the model was trained from it; train the "
            "model again, or put the earlier ones back"
        )
    tokenizer = keep_speakers(loaded.tokenizer, ())  # a base was not trained on this model's authors
    if recipe.opening:
        set_opening(tokenizer, recipe.opening)
    return NeuralModel(loaded.model, with_bos_token(tokenizer))
