"""Training without the lower layers: less memory and time, for a somewhat worse fit (docs/log.md)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..errors import RecipeError
from ..types import Recipe
from .cross_entropy import backbone


def freeze_lower_layers(model: Any, recipe: Recipe) -> None:
    """Keep the weights of the lowest `recipe.frozen_layers` layers as they are; the others are trained.

    The tokens' embeddings learn as outputs, not as inputs, so that no gradient goes through the frozen
    layers; where they are not tied to the outputs, the inputs are frozen, too. New tokens of speakers are
    only ever inputs: with them the embeddings learn as both, and less time is saved.

    Args:
        model: a causal language model of transformers; changed in place.
        recipe: how many layers.

    Raises:
        RecipeError: the model has no more layers than are to be frozen.
    """
    layers, count = _layers(model), recipe.frozen_layers or 0
    if count >= len(layers):
        raise RecipeError(
            f"frozen_layers={count} leaves nothing to train: the base has {len(layers)} "
            "layers; choose a lower number"
        )
    layers[:count].requires_grad_(requires_grad=False)
    if not recipe.speakers:
        _freeze_inputs(model)


def _freeze_inputs(model: Any) -> None:
    """No embedding learns as an input: neither the tokens' nor that of positions."""
    outputs = model.get_output_embeddings().weight
    model.get_input_embeddings().register_forward_hook(_detach)
    for module in backbone(model).modules():
        if isinstance(module, nn.Embedding):
            module.weight.requires_grad_(module.weight is outputs)


def _layers(model: Any) -> nn.ModuleList:
    """The layers from the input to the output, as every architecture of transformers keeps them."""
    count = model.config.get_text_config().num_hidden_layers
    lists = (child for child in backbone(model).modules() if isinstance(child, nn.ModuleList))
    return next(child for child in lists if len(child) == count)


def _detach(_: nn.Module, __: tuple[Any, ...], embeddings: torch.Tensor) -> torch.Tensor:
    return embeddings.detach()
