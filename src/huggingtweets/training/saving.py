"""A trained model on disk, in the form that `transformers` loads and samples from as this program does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from ..files import readable
from ..files.tensors import tensor_errors
from ..model_folder import TOKENIZER_CONFIG, WHOLE_WEIGHTS
from ..progress import quiet_transformers
from ..tokenization.opening import opening
from ..tokenization.prefix import with_bos_token
from ..tokenization.special_tokens import suppressed_tokens
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
    alone: bool = False,
) -> Path:
    """Write weights, config, tokenizer and generation settings into `folder`, which exists.

    `pipeline("text-generation", model=folder)` then puts the BOS token before every prompt, and samples by
    default.

    Args:
        model: a causal language model.
        tokenizer: its own.
        sampling: the default settings of generation.
        folder: where the files go.
        adapted: the same model with the adapters of peft; then only the adapters are written.
        dtype: of a whole model's weights, such as "bfloat16"; `model` is changed to it. None: its own.
        alone: whether adapters are written in float16, and without the tokenizer where it is the base's.

    Returns:
        The file of the weights.
    """
    embeddings: Any = model.get_input_embeddings()
    model.generation_config = _generation_config(tokenizer, len(embeddings.weight), sampling)
    with quiet_transformers(), tensor_errors():
        if adapted is None:
            if dtype:
                nn.Module.to(model, getattr(torch, dtype))
            model.save_pretrained(folder)
            weights = folder / WHOLE_WEIGHTS
        else:
            model.generation_config.save_pretrained(folder)
            weights = adapters.save(adapted, folder, torch.float16 if alone else None)
        if not alone or opening(tokenizer):
            with_bos_token(tokenizer).save_pretrained(folder)
            _set_tokenizer_class(folder / TOKENIZER_CONFIG)
    readable(weights)
    return weights


def _generation_config(tokenizer: PreTrainedTokenizerBase, rows: int, sampling: Sampling) -> GenerationConfig:
    end = tokenizer.eos_token_id
    return GenerationConfig(
        do_sample=True,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=0,
        repetition_penalty=sampling.repetition_penalty or None,
        max_new_tokens=sampling.max_new_tokens,
        bos_token_id=tokenizer.bos_token_id if tokenizer.bos_token_id is not None else end,
        eos_token_id=end,
        pad_token_id=end,
        suppress_tokens=suppressed_tokens(tokenizer, rows) or None,
    )


def _set_tokenizer_class(path: Path) -> None:
    """Name the class that every version of transformers knows; version 5 writes one that 4 does not know."""
    config = json.loads(path.read_text("utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", "utf-8", newline="\n")
