"""A whole training run: what is trained, on which batches, from where, and how far."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import torch
from torch import nn
from transformers.activations import GELUTanh, NewGELUActivation

from ..bases.loading import LoadedBase
from ..errors import InternalError
from ..files import CheckpointConfig
from ..progress import MemorizationProbe, Watcher
from ..types import Dataset, Post, Recipe
from .attention import use_short_rows
from .backward import Backward
from .batches import Batch, Row, batches, encode, positions
from .checkpoint import RunCheckpoint
from .cross_entropy import find_lm_head
from .device import Device, keep_freed_memory, return_freed_memory
from .loop import HeldOutResult, Loop, TrainState
from .loss import bits_per_byte, nll, summed_loss
from .mixture import by_author, epoch, shares
from .optimizer import Optimizer
from .process_group import ProcessGroup
from .weights import Weights

PROBE_FROM = 1.0  # epochs: before it has seen every post once, a model copies none


def fit(
    base: LoadedBase,
    dataset: Dataset,
    recipe: Recipe,
    *,
    device: Device,
    process_group: ProcessGroup,
    checkpoints: CheckpointConfig | None,
    probe_memorization: Callable[[Any, Any], MemorizationProbe] | None,
    watcher: Watcher,
) -> TrainState:
    """Train the base in place and leave it with the weights of the best evaluation, in float32."""
    torch.manual_seed(recipe.seed)
    model = base.model
    lm_head, weights = prepare_model(model, device)
    probe_memorization = probe_memorization if process_group.first else None
    loop = Loop(
        model=model,
        weights=weights,
        optimizer=Optimizer(weights, recipe),
        recipe=recipe,
        epochs=recipe.epochs,
        plan=_plan(_rows_by_author(dataset.train, base), recipe, base.tokenizer.eos_token_id),
        backward=Backward(
            weights, lambda batch: summed_loss(model, batch, device, lm_head), process_group, watcher
        ),
        measure=_measure(base, dataset.held_out, device, lm_head, process_group, probe_memorization, watcher),
        watcher=watcher,
    )
    state = TrainState(best=weights.compute_weights.clone())
    if checkpoints is None:
        loop.run(state, keep=lambda _: None)
    else:
        run_kept(loop, state, checkpoints, fingerprint(base.base.digest, device), process_group)
    if state.stopped:
        watcher.note(f"training stopped early: {state.stopped}")
    before, after = state.curve[0].bits_per_byte, min(p.bits_per_byte for p in state.curve[1:])
    if after >= before:
        watcher.note(
            f"the held-out posts are predicted no better than before ({after:.3f} bits per byte, the base "
            f"{before:.3f}): they differ from those that were learnt from; more posts would help"
        )
    del loop  # the optimizer's moments are most of the memory
    weights.settle(state.best)
    model.eval()
    return state


def prepare_model(model: Any, device: Device) -> tuple[torch.Tensor | None, Weights]:
    """Put the model on the device, in its fastest form; return its lm_head and what will move."""
    model.to(torch.device(device.kind))
    plain = find_lm_head(model) is not None
    if device.kind == "cpu":
        keep_freed_memory()
        use_short_rows(model)
    _fuse_activations(model)
    weights = Weights(model, torch.bfloat16 if device.bf16 else torch.float32)
    return_freed_memory()
    return model.get_output_embeddings().weight if plain else None, weights


def _rows_by_author(posts: Sequence[Post], base: LoadedBase) -> dict[str, list[list[Row]]]:
    """The rows of each author's posts."""
    return {
        author: encode(texts, base.tokenizer, positions(base.model), [author] * len(texts))
        for author, texts in by_author(posts).items()
    }


def _measure(
    base: LoadedBase,
    held_out: Sequence[Post],
    device: Device,
    lm_head: torch.Tensor | None,
    process_group: ProcessGroup,
    probe_memorization: Callable[[Any, Any], MemorizationProbe] | None,
    watcher: Watcher,
) -> Callable[[float], HeldOutResult]:
    """Make the function that evaluates the model as it is, after so many epochs."""
    model, tokenizer = base.model, base.tokenizer
    texts = [post.text for post in held_out]
    rows = encode(texts, tokenizer, positions(model), [post.author for post in held_out])

    def measure(epochs: float) -> HeldOutResult:
        bits = bits_per_byte(nll(model, rows, tokenizer.eos_token_id, device, lm_head), texts)
        probe = probe_memorization(model, tokenizer) if probe_memorization and epochs >= PROBE_FROM else None
        if probe:
            watcher.sampled(probe.samples)
        memorizes = process_group.same(bool(probe and probe.memorizes))
        return HeldOutResult(
            bits_per_byte=process_group.same(bits),
            copied=probe.copied if probe else None,
            memorizes=(probe.memorizes if probe else "it copies") if memorizes else "",
        )

    return measure


def run_kept(
    loop: Loop,
    state: TrainState,
    checkpoints: CheckpointConfig,
    origin: Mapping[str, str],
    process_group: ProcessGroup,
) -> None:
    """Go on from what is kept, if anything is, and keep the run while it goes."""
    saved = RunCheckpoint(checkpoints, loop.weights, loop.optimizer, fingerprint=origin)
    if saved.restore(state):
        loop.watcher.note(f"going on from step {state.step:,} of {len(loop.plan):,} of an unfinished run")
    if process_group.same(state.step) != state.step:
        raise InternalError("the join_process_group of this run do not share the folder of its checkpoints")
    with saved.interruptible():
        loop.run(state, saved.keep if process_group.first else lambda _: None)
    if process_group.first:
        saved.save(state)


def _plan(rows_by_author: Mapping[str, Sequence[list[Row]]], recipe: Recipe, padding: int) -> list[Batch]:
    """Every batch of the run, in order: each epoch mixes the posts anew."""
    shuffle = random.Random(recipe.seed)  # noqa: S311 -- no secret hangs on the order of posts
    weights = shares(list(rows_by_author), recipe.mix)
    return [
        batch
        for _ in range(recipe.epochs)
        for batch in batches(epoch(rows_by_author, weights, shuffle), recipe.batch_tokens, padding, shuffle)
    ]


def fingerprint(base: str, device: Device) -> dict[str, str]:
    """What has to be the same for an unfinished run to go on bit for bit."""
    return {
        "base": base,
        "device": device.name,
        "threads": str(torch.get_num_threads()),
        **{package: version(package) for package in ("huggingtweets", "torch", "transformers")},
    }


def _fuse_activations(model: nn.Module) -> None:
    """GPT-2's activation is written as eight operations; torch has the same one as one."""
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, NewGELUActivation):
                setattr(module, name, GELUTanh())
