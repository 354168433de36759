"""Teaching a model everything it knows: from random weights, over a corpus of many people's posts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from msgspec.structs import replace
from tokenizers import Tokenizer, decoders, models
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from ..bases.loading import LoadedBase
from ..errors import BaseError, InternalError
from ..files import CheckpointConfig
from ..progress import Silence, Watcher
from ..types import Recipe
from .backward import Backward
from .batches import encode
from .checkpoint import RunCheckpoint
from .device import Device
from .loop import HeldOutResult, Loop, TrainState
from .loss import bits_per_byte, nll, summed_loss
from .optimizer import Optimizer, cooldown
from .packed import END, Rows
from .process_group import ProcessGroup
from .run import fingerprint, prepare_model
from .vocabulary import change_vocabulary

HEAD = 64  # width of a head of attention
_SHAPE = ("model_type", "n_layer", "n_embd", "n_head", "n_positions")
EVALUATIONS, OFTEN = 20, 100  # of a run, and the fewest steps between two of them
TRIED = 12  # steps that tell how fast a machine is


@dataclass(frozen=True)
class Size:
    """A shape of GPT-2 (Radford et al. 2019) and how it is best taught."""

    layers: int
    width: int
    vocabulary: int
    batch_tokens: int  # positions in one step
    positions: int = 256  # tokens of the longest post


SIZES = {
    "nano": Size(layers=6, width=256, vocabulary=8192, batch_tokens=4096),
    "micro": Size(layers=8, width=384, vocabulary=8192, batch_tokens=8192),
    "mini": Size(layers=8, width=512, vocabulary=16384, batch_tokens=16384),
}


def new_model(
    size: Size, tokenizer: Tokenizer, seed: int, base: LoadedBase | None = None
) -> tuple[Any, PreTrainedTokenizerFast]:
    """A model and its tokenizer, as transformers has them.

    Args:
        size: its shape.
        tokenizer: its vocabulary.
        seed: of random weights.
        base: what to take the weights from instead; it is changed.

    Raises:
        BaseError: the base has another shape.
    """
    torch.manual_seed(seed)
    fast = _as_transformers(tokenizer, size)
    if base is None:
        return GPT2LMHeadModel(_config(size, tokenizer)), fast
    wanted, has = _config(size, tokenizer), base.model.config
    if any(getattr(has, name, None) != getattr(wanted, name) for name in _SHAPE):
        raise BaseError(
            f"base {base.base.name} is no GPT-2 of {size.layers} layers, {size.width} wide, with "
            f"{size.positions} positions; choose its --size, or another base"
        )
    change_vocabulary(base.model, base.tokenizer, tokenizer, END)
    has.bos_token_id = has.eos_token_id = END
    has.pad_token_id = None  # what begins every post pads, too: transformers would warn of each post
    return base.model, fast


def vocabulary_of(base: LoadedBase) -> Tokenizer:
    """The tokens of a base, to be kept.

    Raises:
        BaseError: they are no byte-level BPE that begins with its end token, as those of such bases do.
    """
    tokenizer: Tokenizer = Tokenizer.from_str(base.tokenizer.backend_tokenizer.to_str())
    bytewise = isinstance(tokenizer.model, models.BPE) and isinstance(tokenizer.decoder, decoders.ByteLevel)
    if not bytewise or base.tokenizer.eos_token_id != END:
        raise BaseError(
            f"the vocabulary of base {base.base.name} cannot be kept: it is no byte-level BPE whose token "
            f"{END} is the end; leave --keep-vocabulary out, and the corpus gets one of its own"
        )
    return tokenizer


def _config(size: Size, tokenizer: Tokenizer) -> GPT2Config:
    return GPT2Config(
        vocab_size=tokenizer.get_vocab_size(),
        n_positions=size.positions,
        n_embd=size.width,
        n_layer=size.layers,
        n_head=size.width // HEAD,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=END,
        eos_token_id=END,
    )


def _as_transformers(tokenizer: Tokenizer, size: Size) -> PreTrainedTokenizerFast:
    end = tokenizer.id_to_token(END)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=end,
        eos_token=end,
        pad_token=end,
        model_max_length=size.positions,
        clean_up_tokenization_spaces=False,
    )


def recipe_for(size: Size, seed: int, *, going_on: bool = False) -> Recipe:
    """How a size is taught. The rates at width 256 are those that the starter base was taught with.

    A base that is gone on with is taught at half of them, so that less of what it knows is lost on the way.
    Nothing was searched here. Muon's rate does not depend on the width, since its steps change outputs alike
    (Bernstein and Newhouse 2024, "Old optimizer, new norm"); AdamW's, of the tables of tokens and positions,
    falls with its square root (as in karpathy/nanochat, base_train.py).
    """
    share = 0.5 if going_on else 1.0
    return Recipe(
        name="pretraining",
        base="none",
        optimizer="muon",
        matrix_rate=share * 0.02,
        learning_rate=share * 2e-3 * (256 / size.width) ** 0.5,
        beta2=0.95,
        warmup=0.01,
        cooldown=0.4,
        batch_tokens=size.batch_tokens,
        patience=1_000_000,  # it ends when its tokens do
        seed=seed,
    )


def pretrain(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    rows: Rows,
    held_out: Sequence[str],
    recipe: Recipe,
    *,
    origin: str,
    device: Device,
    process_group: ProcessGroup,
    checkpoints: CheckpointConfig,
    probe_memorization: Callable[[Any, Any], Sequence[str]],
    watcher: Watcher,
) -> TrainState:
    """Train the model in place over all batches of `rows`; it is left in float32.

    A run that was interrupted goes on where it stood. One that had ended, and is to have more batches now,
    goes on from where its learning rate began to fall.

    Args:
        model: from `new_model`.
        tokenizer: from there, too.
        rows: the batches.
        held_out: posts that are not among them.
        recipe: from `recipe_for`.
        origin: what the run is about, the same only for the same corpus and shape.
        device: where to compute.
        process_group: the join_process_group of the run.
        checkpoints: where the run is kept.
        probe_memorization: lets the model write some posts.
        watcher: told of every step and evaluation.
    """
    lm_head, weights = prepare_model(model, device)
    loop = Loop(
        model=model,
        weights=weights,
        optimizer=Optimizer(weights, recipe),
        recipe=replace(recipe, evaluations=max(2, min(EVALUATIONS, len(rows) // OFTEN))),
        epochs=len(rows) / rows.a_pass,
        plan=rows,
        backward=Backward(weights, lambda b: summed_loss(model, b, device, lm_head), process_group, watcher),
        measure=_measure(
            model, tokenizer, held_out, device, lm_head, process_group, probe_memorization, watcher
        ),
        watcher=watcher,
    )
    state = TrainState(best=weights.compute_weights.clone())
    _run_kept(loop, state, checkpoints, fingerprint(origin, device), process_group)
    del loop  # the optimizer's moments are most of the memory
    weights.settle(state.best)
    model.eval()
    return state


def _run_kept(
    loop: Loop,
    state: TrainState,
    checkpoints: CheckpointConfig,
    about: Mapping[str, str],
    process_group: ProcessGroup,
) -> None:
    """Go on from what is kept, first at the high learning rate, then while it falls; keep both."""
    weights, optimizer, steps = loop.weights, loop.optimizer, len(loop.plan)
    level = RunCheckpoint(
        CheckpointConfig(checkpoints.folder / "level", checkpoints.seconds),
        weights,
        optimizer,
        fingerprint=about,
    )
    falling = RunCheckpoint(checkpoints, weights, optimizer, fingerprint={**about, "steps": str(steps)})
    if falling.restore(state) or level.restore(state):
        loop.watcher.note(f"going on from step {state.step:,} of {steps:,}")
    if process_group.same(state.step) != state.step:
        raise InternalError("the join_process_group of this run do not share the folder of its checkpoints")
    for saved, until in ((level, cooldown(steps, loop.recipe)), (falling, steps)):
        if state.step < until:
            with saved.interruptible():
                loop.run(state, saved.keep if process_group.first else lambda _: None, until)
            if process_group.first:
                saved.save(state)


def positions_per_second(size: Size, tokenizer: Tokenizer, rows: Rows, seed: int, device: Device) -> float:
    """How fast this machine teaches such a model: some steps of one that is then forgotten."""
    model, _ = new_model(size, tokenizer, seed)
    lm_head, weights = prepare_model(model, device)
    optimizer = Optimizer(weights, recipe_for(size, seed))
    backward = Backward(weights, lambda b: summed_loss(model, b, device, lm_head), ProcessGroup(), Silence())
    seconds = []
    for step in range(min(TRIED, len(rows))):
        started = time.perf_counter()
        backward(rows[step])
        optimizer.step(1.0)
        seconds.append(time.perf_counter() - started)
    return size.batch_tokens / statistics.median(seconds)


def _measure(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    held_out: Sequence[str],
    device: Device,
    lm_head: torch.Tensor | None,
    process_group: ProcessGroup,
    probe_memorization: Callable[[Any, Any], Sequence[str]],
    watcher: Watcher,
) -> Callable[[float], HeldOutResult]:
    rows = encode(held_out, tokenizer, model.config.n_positions)

    def measure(passes: float) -> HeldOutResult:
        bits = bits_per_byte(nll(model, rows, END, device, lm_head), held_out)
        if process_group.first and passes > 0:
            watcher.sampled(probe_memorization(model, tokenizer))
        return HeldOutResult(bits_per_byte=process_group.same(bits))

    return measure
