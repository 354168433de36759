"""LoRA: only small matrices beside the layers of the base are trained (Hu et al. 2021, "LoRA").

peft puts the adapters into the layers of the base, so code that works with the base works with the adapted
model, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from safetensors.torch import save_file
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from ..bases import is_named
from ..errors import BaseError, MissingExtra
from ..model_folder import ADAPTER_WEIGHTS
from ..types import Base, Recipe

if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel


def adapt(model: PreTrainedModel, recipe: Recipe, base: Base) -> PeftModel:
    """Put adapters beside all linear layers of `model` but its head; only they are trainable from now on.

    Args:
        model: changed in place.
        recipe: rank, alpha, dropout and seed.
        base: what the model is; the saved adapter names it.

    Returns:
        The same model as a model of peft, for `save` and `merge`.

    Raises:
        MissingExtra: peft is not installed.
        BaseError: the adapter is to be saved alone, and the base is called otherwise elsewhere.
    """
    named = bool(recipe.adapter_only) and not base.revision
    if named and not is_named(recipe.base):
        raise BaseError(
            f"base {recipe.base}: an adapter alone would name a place of this machine; take one of the Hub, "
            "one of huggingtweets bases, or leave adapter_only out"
        )
    try:
        from peft import LoraConfig, get_peft_model
    except ModuleNotFoundError as error:
        raise MissingExtra("peft, which LoRA needs,", "lora") from error

    torch.manual_seed(recipe.seed)
    transposed = any(isinstance(module, Conv1D) for module in model.modules())
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=recipe.lora_rank,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=recipe.dropout,
        target_modules="all-linear",
        fan_in_fan_out=transposed,  # the matrices of GPT-2 are (inputs, outputs)
        revision=base.digest if named else base.revision or None,
    )
    adapted = get_peft_model(model, config)
    if named:
        config.base_model_name_or_path = recipe.base
    return adapted


def save(adapted: PeftModel, folder: Path, dtype: torch.dtype | None = None) -> Path:
    """Write the adapters in the files of peft; return the file of their weights.

    Args:
        adapted: a model with adapters.
        folder: where they go.
        dtype: in which they are written; None: their own.
    """
    from peft import get_peft_model_state_dict

    config = cast("LoraConfig", adapted.peft_config[adapted.active_adapter])
    config.inference_mode = True
    config.target_modules = sorted(config.target_modules or ())  # a set is in another order each time
    tensors = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    save_file(
        {name: tensor.to(dtype or tensor.dtype).contiguous() for name, tensor in tensors.items()},
        folder / ADAPTER_WEIGHTS,
        {"format": "pt"},
    )
    config.save_pretrained(str(folder))
    return folder / ADAPTER_WEIGHTS


def merge(adapted: PeftModel) -> None:
    """Add the adapters to the weights of the base in place, which makes it an ordinary model again."""
    adapted.merge_and_unload()
