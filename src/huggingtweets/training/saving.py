"""A trained model on disk, in the form that `transformers` loads and samples from as we do."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError
from tokenizers.processors import TemplateProcessing
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from ..bases.speakers import speakers
from ..errors import BaseError
from ..files import readable
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
) -> Path:
    """Write weights, config, tokenizer and generation settings into `folder`, which exists.

    `pipeline("text-generation", model=folder)` then begins every prompt like a post and samples by default.

    Args:
        model: a causal language model.
        tokenizer: its own.
        sampling: how it is to be sampled from by default.
        folder: where all goes.
        adapted: the model as peft sees it, where only its adapters are to be written.

    Returns:
        The file of the weights.
    """
    end = tokenizer.eos_token_id
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else end
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=0,
        max_new_tokens=sampling.max_new_tokens,
        bos_token_id=begin,
        eos_token_id=end,
        pad_token_id=end,
        suppress_tokens=list(speakers(tokenizer).values()) or None,
    )
    with quiet_transformers(), _as_os_error():
        if adapted is None:
            model.save_pretrained(folder)
            weights = folder / WHOLE_WEIGHTS
        else:
            model.generation_config.save_pretrained(folder)
            weights = adapters.save(adapted, folder)
        beginning(tokenizer).save_pretrained(folder)
    _name_the_class(folder / TOKENIZER_CONFIG)
    readable(weights)
    return weights


@contextmanager
def _as_os_error() -> Iterator[None]:
    """A full disk is one and the same error, whoever meets it; safetensors has an error of its own."""
    try:
        yield
    except SafetensorError as error:
        raise OSError(errno.ENOSPC if "os error 28" in str(error) else errno.EIO, str(error)) from error


def beginning(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerFast:
    """A copy of the tokenizer that puts the token with which posts begin before every prompt by itself.

    Where each author has one of their own, it puts none: whoever writes the prompt says who speaks.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise BaseError(f"{type(tokenizer).__name__} has no fast form; choose a base with a tokenizer.json")
    begin = tokenizer.bos_token or tokenizer.eos_token
    begin_id = tokenizer.convert_tokens_to_ids(begin)
    fast = type(backend).from_str(backend.to_str())
    first = "" if speakers(tokenizer) else f"{begin} "
    fast.post_processor = TemplateProcessing(
        single=f"{first}$A", pair=f"{first}$A $B", special_tokens=[(begin, begin_id)]
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


def _name_the_class(path: Path) -> None:
    """Name the class that every version of transformers knows; version 5 writes one that 4 does not."""
    config = json.loads(path.read_text("utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", "utf-8")
