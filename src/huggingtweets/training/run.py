"""A whole training run: what is trained, on which batches, from where, and how far."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import torch
from torch import nn
from transformers.activations import GELUTanh, NewGELUActivation

from ..errors import InternalError
from ..files import Keeping
from ..progress import Heard, Watcher
from ..types import Dataset, Post, Recipe
from .attention import use_short_rows
from .backward import Backward
from .base import LoadedBase
from .batches import Batch, Row, batches, encode, positions
from .cross_entropy import output_matrix
from .device import Device, keep_freed_memory, return_freed_memory
from .loop import Loop, Measured, Standing
from .loss import bits_per_byte, nats, summed_loss
from .mixture import by_author, epoch, shares
from .optimizer import Optimizer
from .processes import Processes
from .resume import Saved
from .weights import Weights

LISTEN_FROM = 1.0  # epochs: before it has seen every post once, a model copies none


def fit(
    base: LoadedBase,
    dataset: Dataset,
    recipe: Recipe,
    *,
    device: Device,
    together: Processes,
    keeping: Keeping | None,
    listen: Callable[[Any, Any], Heard] | None,
    watcher: Watcher,
) -> Standing:
    """Train the base in place and leave it with the weights of the best evaluation, in float32."""
    torch.manual_seed(recipe.seed)
    model = base.model
    matrix, weights = made_ready(model, device)
    listen = listen if together.first else None
    loop = Loop(
        model=model,
        weights=weights,
        optimizer=Optimizer(weights, recipe),
        recipe=recipe,
        epochs=recipe.epochs,
        plan=_plan(_voices(dataset.train, base), recipe, base.tokenizer.eos_token_id),
        backward=Backward(
            weights, lambda batch: summed_loss(model, batch, device, matrix), together, watcher
        ),
        measure=_measure(base, dataset.held_out, device, matrix, together, listen, watcher),
        watcher=watcher,
    )
    standing = Standing(best=weights.low.clone())
    if keeping is None:
        loop.run(standing, keep=lambda _: None)
    else:
        run_kept(loop, standing, keeping, made_of(base.base.digest, device), together)
    if standing.stopped:
        watcher.said(f"training stopped early: {standing.stopped}")
    before, after = standing.curve[0].bits_per_byte, min(p.bits_per_byte for p in standing.curve[1:])
    if after >= before:
        watcher.said(
            f"the held-out posts are predicted no better than before ({after:.3f} bits per byte, the base "
            f"{before:.3f}): they differ from those that were learnt from; more posts would help"
        )
    del loop  # the optimizer's moments are most of the memory
    weights.settle(standing.best)
    model.eval()
    return standing


def made_ready(model: Any, device: Device) -> tuple[torch.Tensor | None, Weights]:
    """Put the model on the device, in its fastest form; return its output matrix and what will move."""
    model.to(torch.device(device.kind))
    plain = output_matrix(model) is not None
    if device.kind == "cpu":
        keep_freed_memory()
        use_short_rows(model)
    _fuse_activations(model)
    weights = Weights(model, torch.bfloat16 if device.bf16 else torch.float32)
    return_freed_memory()
    return model.get_output_embeddings().weight if plain else None, weights


def _voices(posts: Sequence[Post], base: LoadedBase) -> dict[str, list[list[Row]]]:
    """The rows of each author's posts."""
    return {
        author: encode(texts, base.tokenizer, positions(base.model), [author] * len(texts))
        for author, texts in by_author(posts).items()
    }


def _measure(
    base: LoadedBase,
    held_out: Sequence[Post],
    device: Device,
    matrix: torch.Tensor | None,
    together: Processes,
    listen: Callable[[Any, Any], Heard] | None,
    watcher: Watcher,
) -> Callable[[float], Measured]:
    """Make the function that evaluates the model as it is, after so many epochs."""
    model, tokenizer = base.model, base.tokenizer
    texts = [post.text for post in held_out]
    rows = encode(texts, tokenizer, positions(model), [post.author for post in held_out])

    def measure(epochs: float) -> Measured:
        bits = bits_per_byte(nats(model, rows, tokenizer.eos_token_id, device, matrix), texts)
        heard = listen(model, tokenizer) if listen and epochs >= LISTEN_FROM else None
        if heard:
            watcher.heard(heard.samples)
        too_much = together.same(bool(heard and heard.too_much))
        return Measured(
            bits_per_byte=together.same(bits),
            copied=heard.copied if heard else None,
            too_much=(heard.too_much if heard else "it copies") if too_much else "",
        )

    return measure


def run_kept(
    loop: Loop, standing: Standing, keeping: Keeping, origin: Mapping[str, str], together: Processes
) -> None:
    """Go on from what is kept, if anything is, and keep the run while it goes."""
    saved = Saved(keeping, loop.weights, loop.optimizer, made_of=origin)
    if saved.restore(standing):
        loop.watcher.said(f"going on from step {standing.step:,} of {len(loop.plan):,} of an unfinished run")
    if together.same(standing.step) != standing.step:
        raise InternalError("the processes of this run do not share the folder of its checkpoints")
    with saved.interruptible():
        loop.run(standing, saved.keep if together.first else lambda _: None)
    if together.first:
        saved.save(standing)


def _plan(voices: Mapping[str, Sequence[list[Row]]], recipe: Recipe, padding: int) -> list[Batch]:
    """Every batch of the run, in order: each epoch mixes the posts anew."""
    shuffle = random.Random(recipe.seed)  # noqa: S311 -- no secret hangs on the order of posts
    weights = shares(list(voices), recipe.mix)
    return [
        batch
        for _ in range(recipe.epochs)
        for batch in batches(epoch(voices, weights, shuffle), recipe.batch_tokens, padding, shuffle)
    ]


def made_of(base: str, device: Device) -> dict[str, str]:
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
