"""How well held-out posts are predicted, during training and after it; and copies in samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..machine.device import Device
from ..progress import MemorizationProbe
from .batches import encode, row_length
from .compatibility import can_pack
from .context import TrainContext
from .cross_entropy import find_lm_head
from .loss import bits_per_byte, nll
from .plan import TrainPlan


class Predictor:
    """A model that predicts posts and is not trained any more."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, device: Device) -> None:
        """Find out how the model computes.

        Args:
            model: a causal language model in float32.
            tokenizer: its own.
            device: where the model is, or will be when it predicts.

        Raises:
            BaseError: it is of an architecture that is not understood.
        """
        self._model, self._tokenizer, self._device = model, tokenizer, device
        self._packed, self._lm_head = can_pack(model), find_lm_head(model)

    def bits(self, texts: Sequence[str], authors: Sequence[str] = ()) -> list[float]:
        """The negative log-likelihood of each text in bits, its EOS token counted.

        Args:
            texts: posts.
            authors: of each text; a model of several authors then knows who speaks.
        """
        rows = encode(texts, self._tokenizer, row_length(self._model), authors)
        end = self._tokenizer.eos_token_id
        costs = nll(self._model, rows, end, self._device, self._lm_head, packed=self._packed)
        return [cost / math.log(2) for cost in costs.tolist()]


@dataclass(frozen=True)
class HeldOutResult:
    """What an evaluation says of the model."""

    bits_per_byte: float  # of the held-out posts
    copied: float | None = None  # share of samples that copy a training post; None where it was not counted
    counted: int = 0  # samples behind that share
    memorizes: str = ""  # why that share is too high; "" where it is not


class HeldOutEvaluator:
    """Evaluates the model of a run as it is at the moment."""

    def __init__(self, context: TrainContext, plan: TrainPlan) -> None:
        """Encode the held-out posts of the plan."""
        self._context, self._texts, self._probe_from = context, plan.held_out, plan.probe_from
        length = row_length(context.model)
        self._rows = encode(plan.held_out, context.tokenizer, length, plan.held_out_authors)

    def evaluate(self, epochs: float) -> HeldOutResult:
        """Measure the held-out posts after so many epochs, and sample posts; all processes agree."""
        group, vocabulary = self._context.process_group, self._context.vocabulary
        with vocabulary.whole() if vocabulary else nullcontext():
            bits = self._bits_per_byte()
            probe = self._probe() if epochs > 0 and epochs >= self._probe_from else None
        memorizes = group.broadcast(bool(probe and probe.memorizes))
        return HeldOutResult(
            bits_per_byte=group.broadcast(bits),
            copied=probe.copied if probe else None,
            counted=probe.counted if probe else 0,
            memorizes=(probe.memorizes if probe else "it copies") if memorizes else "",
        )

    def _bits_per_byte(self) -> float:
        context = self._context
        padding = context.tokenizer.eos_token_id
        costs = nll(
            context.model, self._rows, padding, context.device, context.lm_head, packed=context.packed
        )
        return bits_per_byte(costs, self._texts)

    def _probe(self) -> MemorizationProbe | None:
        """Samples of the model, shown to the watcher; None in processes that sample nothing."""
        context = self._context
        if context.probe_memorization is None:
            return None
        probe = context.probe_memorization(context.model, context.tokenizer)
        context.watcher.sampled(probe.samples)
        return probe
