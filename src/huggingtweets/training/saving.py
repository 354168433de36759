"""A trained model on disk, in the form that `transformers` loads and samples from as this program does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from tokenizers.processors import TemplateProcessing
from torch import nn
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from ..bases.speakers import speakers
from ..bases.special_tokens import suppressed_tokens
from ..errors import BaseError
from ..files import readable, tensor_errors
from ..model_folder import TOKENIZER_CONFIG, WHOLE_WEIGHTS
from ..progress import quiet_transformers
from ..types import Sampling
from . import adapters

if TYPE_CHECKING:
    from peft import PeftModel


def save_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    sampling: Sampling,
    folder: Path,
    *,
    adapted: PeftModel | None = None,
    dtype: str | None = None,
) -> Path:
    """Write weights, config, tokenizer and generation settings into `folder`, which exists.

    `pipeline("text-generation", model=folder)` then puts the begin token before every prompt, and samples by
    default.

    Args:
        model: a causal language model.
        tokenizer: its own.
        sampling: the default settings of generation.
        folder: where the files go.
        adapted: the same model with the adapters of peft; then only the adapters are written.
        dtype: of a whole model's weights, such as "bfloat16"; `model` is changed to it. None: its own.

    Returns:
        The file of the weights.
    """
    model.generation_config = _generation_config(tokenizer, sampling)
    with quiet_transformers(), tensor_errors():
        if adapted is None:
            if dtype:
                nn.Module.to(model, getattr(torch, dtype))
            model.save_pretrained(folder)
            weights = folder / WHOLE_WEIGHTS
        else:
            model.generation_config.save_pretrained(folder)
            weights = adapters.save(adapted, folder)
        with_begin_token(tokenizer).save_pretrained(folder)
    _set_tokenizer_class(folder / TOKENIZER_CONFIG)
    readable(weights)
    return weights


def _generation_config(tokenizer: PreTrainedTokenizerBase, sampling: Sampling) -> GenerationConfig:
    end = tokenizer.eos_token_id
    return GenerationConfig(
        do_sample=True,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=0,
        max_new_tokens=sampling.max_new_tokens,
        bos_token_id=tokenizer.bos_token_id if tokenizer.bos_token_id is not None else end,
        eos_token_id=end,
        pad_token_id=end,
        suppress_tokens=suppressed_tokens(tokenizer) or None,
    )


def with_begin_token(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerFast:
    """A copy of the tokenizer that puts the begin token of a post before every prompt.

    It puts none where each author has a begin token of their own: the prompt then says who speaks.

    Raises:
        BaseError: the tokenizer has no fast form.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise BaseError(f"{type(tokenizer).__name__} has no fast form; choose a base with a tokenizer.json")
    begin = tokenizer.bos_token or tokenizer.eos_token
    begin_id = tokenizer.convert_tokens_to_ids(begin)
    fast = type(backend).from_str(backend.to_str())
    prefix = "" if speakers(tokenizer) else f"{begin} "
    fast.post_processor = TemplateProcessing(
        single=f"{prefix}$A", pair=f"{prefix}$A $B", special_tokens=[(begin, begin_id)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=fast,
        bos_token=begin,
        eos_token=tokenizer.eos_token,
        pad_token=tokenizer.pad_token or tokenizer.eos_token,
        model_max_length=tokenizer.model_max_length,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )


def _set_tokenizer_class(path: Path) -> None:
    """Name the class that every version of transformers knows; version 5 writes one that 4 does not know."""
    config = json.loads(path.read_text("utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", "utf-8", newline="\n")
