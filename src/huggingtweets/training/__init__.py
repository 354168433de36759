"""Fine-tuning a base on a person's posts: posts and a recipe in, a trained model on disk out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from ..bases.loading import LoadedBase
from ..files import sha256
from ..model_folder import FinetunedModel
from ..progress import Watcher
from ..tokenization.prefix import set_opening
from ..tokenization.speakers import add_speakers, keep_speakers
from ..types import Dataset, Recipe
from .adapters import adapt, merge
from .batches import encode, row_length
from .checkpoint import TrainState
from .context import TrainContext, TrainOptions
from .freezing import freeze_lower_layers
from .held_out import Predictor
from .loop import TrainingLoop
from .narrow import narrow_matrices
from .plan import fine_tuning_plan
from .process_group import ProcessGroup, join_process_group
from .sampled_vocabulary import COMMONEST
from .saving import save_model

__all__ = [
    "Predictor",
    "ProcessGroup",
    "TrainOptions",
    "join_process_group",
    "narrow_matrices",
    "train",
]


def train(
    dataset: Dataset, recipe: Recipe, base: LoadedBase, folder: Path, options: TrainOptions
) -> FinetunedModel:
    """Train `base` on the dataset, and write the weights of the best evaluation into `folder`.

    On the CPU the same dataset, recipe, base and machine give the same bytes, interrupted or not.

    Args:
        dataset: posts to learn from, and posts held out.
        recipe: how to train.
        base: what to start from; it is changed.
        folder: where the model goes; it exists.
        options: where it computes, where an unfinished run is kept, who watches.

    Raises:
        TrainingDiverged: the loss is no longer a number, or the model got worse and worse.
    """
    authors = [p.author for p in (*dataset.train, *dataset.held_out)] if recipe.speakers else []
    base = dataclasses.replace(base, tokenizer=keep_speakers(base.tokenizer, set(authors)))
    if authors:
        add_speakers(base.model, base.tokenizer, authors)
    if recipe.opening:
        set_opening(base.tokenizer, recipe.opening)
    adapted = adapt(base.model, recipe, base.base) if recipe.method == "lora" else None
    if recipe.frozen_layers:
        freeze_lower_layers(base.model, recipe)
    torch.manual_seed(recipe.seed + options.process_group.rank)  # each process drops out others
    sampled = recipe.sampled_tokens or 0
    used = _used_tokens(dataset, base) if sampled else ()
    context = TrainContext.prepare(
        base.model, base.tokenizer, options, used_tokens=used, sampled_tokens=sampled
    )
    plan = fine_tuning_plan(dataset, recipe, context, base.base.digest)
    if len(plan.runs) > 1:
        options.watcher.note(
            f"few posts: {len(plan.runs)} runs, each with the posts in another order; the model is their mean"
        )
    state = TrainingLoop(context, plan).run()  # the loop, with its optimizer, is freed before `finish`
    _note_outcome(state, context.watcher)
    context.finish(state.best)
    digest, is_merged = "", bool(adapted and _is_merged(recipe, base))
    if context.process_group.is_main:
        if adapted and is_merged:
            merge(adapted)
            adapted = None
        weights = save_model(
            base.model,
            base.tokenizer,
            recipe.sampling,
            folder,
            adapted=adapted,
            dtype=base.base.dtype,
            alone=bool(adapted and not base.base.revision),
        )
        digest = sha256(weights)
    return FinetunedModel(
        folder=folder,
        base=base.base,
        step=state.best_step,
        curve=tuple(state.curve),
        digest=digest,
        stopped=state.stopped,
        is_merged=is_merged,
    )


def _used_tokens(dataset: Dataset, base: LoadedBase) -> set[int]:
    """The tokens that batches of the training posts have, padding included, and the commonest of all."""
    texts, authors = [post.text for post in dataset.train], [post.author for post in dataset.train]
    encoded = encode(texts, base.tokenizer, row_length(base.model), authors)
    tokens = {max(token, ~token) for rows in encoded for row in rows for token in row}
    return tokens | {base.tokenizer.eos_token_id, *range(min(COMMONEST, len(base.tokenizer)))}


def _is_merged(recipe: Recipe, base: LoadedBase) -> bool:
    """Whether LoRA becomes a part of the base: an adapter alone must name a base that everybody can have."""
    return recipe.merge_adapter or base.is_part or not (base.base.revision or recipe.adapter_only)


def _note_outcome(state: TrainState, watcher: Watcher) -> None:
    """Note why training stopped early, and whether it made the prediction of other posts worse."""
    if state.stopped:
        watcher.note(f"training stopped early: {state.stopped}")
    before, after = state.curve[0].bits_per_byte, min(p.bits_per_byte for p in state.curve[1:])
    if after >= before:
        watcher.note(
            f"the held-out posts are predicted no better than before ({after:.3f} bits per byte, the base "
            f"{before:.3f}): they differ from those that were learnt from; more posts would help"
        )
