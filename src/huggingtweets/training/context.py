"""What the parts of a training run share: its options, and the model made ready for it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.activations import GELUTanh, NewGELUActivation

from ..files import CheckpointConfig
from ..machine.device import Device, keep_freed_memory, return_freed_memory
from ..progress import MemorizationProbe, Silence, Watcher
from .batches import Batch
from .compatibility import can_pack, use_short_rows_where_equal
from .cross_entropy import find_lm_head
from .loss import summed_loss
from .process_group import ProcessGroup, join_process_group
from .sampled_vocabulary import SampledVocabulary
from .weights import Weights

ProbeMemorization = Callable[[PreTrainedModel, PreTrainedTokenizerBase], MemorizationProbe]


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """How a run is carried out. What is learnt, and how, the recipe says."""

    device: Device
    checkpoints: CheckpointConfig | None = None  # of the unfinished run; None keeps none
    probe_memorization: ProbeMemorization | None = None  # samples posts at evaluations, and counts copies
    watcher: Watcher = field(default_factory=Silence)  # gets every step and evaluation
    process_group: ProcessGroup = field(default_factory=join_process_group)


@dataclass(frozen=True, kw_only=True)
class TrainContext(TrainOptions):
    """The options of a run, and its model made ready for training."""

    model: Any  # a causal language model of transformers
    tokenizer: PreTrainedTokenizerBase
    weights: Weights
    has_plain_head: bool  # whether logits are the last layer's output times a matrix, and nothing more
    packed: bool  # whether a row may hold several posts
    vocabulary: SampledVocabulary | None  # None: all tokens are in each step's softmax

    @classmethod
    def prepare(
        cls,
        model: Any,
        tokenizer: PreTrainedTokenizerBase,
        options: TrainOptions,
        *,
        used_tokens: Collection[int] = (),
        sampled_tokens: int = 0,
    ) -> TrainContext:
        """Put the model on the device and into the form in which it trains fastest; it is changed in place.

        Only the main process has a watcher and samples posts.

        Args:
            model: a causal language model.
            tokenizer: its own.
            options: where it computes, who watches.
            used_tokens: of the posts, special ones included, and others that learn for themselves.
            sampled_tokens: how many of the others are in each step's softmax; 0: all. All are, too, where
                the sample would be no smaller, or the model's output matrix is not its embedding table.

        Raises:
            BaseError: the model is of an architecture that cannot be trained here.
        """
        if not options.process_group.is_main:
            options = replace(options, watcher=Silence(), probe_memorization=None)
        device = options.device
        dtype = torch.bfloat16 if device.bf16 else torch.float32
        packed = can_pack(model)
        if packed and device.kind == "cpu":
            use_short_rows_where_equal(model)
        has_plain_head = find_lm_head(model) is not None
        _cast_frozen(model, dtype)  # before it is moved: a GPU need not hold them in float32
        model.to(torch.device(device.kind))
        if device.kind == "cpu":
            keep_freed_memory()
            _make_embedding_gradients_sparse(model)
        _fuse_activations(model)
        vocabulary = None
        if has_plain_head and _can_sample(model, used_tokens, sampled_tokens):
            vocabulary = SampledVocabulary(model, used_tokens, sampled_tokens, dtype)
        weights = Weights(model, dtype)
        return_freed_memory()
        return cls(
            **vars(options),
            model=model,
            tokenizer=tokenizer,
            weights=weights,
            has_plain_head=has_plain_head,
            packed=packed,
            vocabulary=vocabulary,
        )

    @property
    def lm_head(self) -> torch.Tensor | None:
        """The output matrix; None where the model does more with its last layer."""
        return self.model.get_output_embeddings().weight if self.has_plain_head else None

    def loss(self, batch: Batch, scale: float = 1.0) -> torch.Tensor:
        """Cross-entropy in nats, summed over the batch's targets, times `scale`: a scalar in float32.

        The gradient of `lm_head` is added by this call, and the others by `backward` of what it returns.
        With a sampled vocabulary the cross-entropy is an estimate, and all gradients are added by `backward`.
        """
        if self.vocabulary is None:
            return summed_loss(self.model, batch, self.device, self.lm_head, scale)
        lm_head, log_weights = self.vocabulary.sample()
        return summed_loss(
            self.model, self.vocabulary.renumber(batch), self.device, lm_head, scale, log_weights
        )

    def finish(self, weights: torch.Tensor) -> None:
        """Leave the model with these weights, in float32, in the machine's memory and ready for inference."""
        self.weights.unflatten(weights.cpu())
        if self.vocabulary is not None:
            self.vocabulary.restore()
        self.model.cpu().eval()


def _can_sample(model: Any, used_tokens: Collection[int], sampled_tokens: int) -> bool:
    """Whether the output matrix is the embedding table, and a sample smaller than what it stands for."""
    table = model.get_input_embeddings().weight
    is_tied = table is model.get_output_embeddings().weight
    return is_tied and 0 < sampled_tokens < len(table) - len(used_tokens)


def _cast_frozen(model: nn.Module, dtype: torch.dtype) -> None:
    """Cast what is not trained, but for the model's buffers: rotary angles are wrong in bfloat16."""
    for parameter in model.parameters():
        if not parameter.requires_grad:
            parameter.data = parameter.data.to(dtype)


def _fuse_activations(model: nn.Module) -> None:
    """Replace GPT-2's activation, eight operations, by the same function of torch, which is one."""
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, NewGELUActivation):
                setattr(module, name, GELUTanh())


def _make_embedding_gradients_sparse(model: nn.Module) -> None:
    """Add to a table's gradient only the rows that a batch reads, in place of a table of zeros and these.

    The gradient itself stays dense, since it exists before. A GPU would add them in an order that varies.
    """
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            module.sparse = True
