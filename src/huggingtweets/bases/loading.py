"""Loading a base: model, tokenizer, and what they are called. Only safetensors or GGUF, no remote code."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from ..errors import BaseError, RecipeError, first_line, is_out_of_memory
from ..files import sha256
from ..model_folder import WHOLE_WEIGHTS
from ..progress import quiet_transformers
from ..tokenization.added_tokens import drop_tokens_beyond
from ..tokenization.prefix import set_opening
from ..types import Base
from . import BaseFiles, Progress, locate
from ._files import no_progress
from ._gguf import read_gguf
from .ancestors import ancestors
from .base_cache import current_base_cache
from .gguf_reader import each_file_opened_once
from .hub import cached_commit
from .languages import languages_of
from .pretrained import load_config, load_model, load_tokenizer, require_fit

LANGUAGE_PART = {r"^language_model\.model": "model", r"^model\.language_model": "model"}
FLOAT32, BFLOAT16 = "float32", "bfloat16"
_DROPOUTS = ("attn_pdrop", "embd_pdrop", "resid_pdrop", "attention_dropout", "hidden_dropout", "dropout")
UNREADABLE = (OSError, ValueError, RuntimeError, LookupError, struct.error, ImportError)
MOST_LAYERS = 1000  # that are built to be counted: a damaged config may ask for any number
PLAIN_ENDS = ("<|endoftext|>", "<|end_of_text|>", "<eos>", "</s>")  # with which texts end in pre-training
CHAT_ENDS = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<end_of_turn>",
    "<|end|>",
    "<|eot|>",
)  # with which turns do
CHAT_STARTS = ("<|im_start|>", "<|start_header_id|>", "<|header_start|>", "<start_of_turn>", "<|user|>")


@dataclass(frozen=True)
class LoadedBase:
    """A causal language model in float32, its tokenizer, and what they are called."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    base: Base
    is_part: bool = (
        False  # of a model that reads pictures, too: an adapter for the part does not fit the whole
    )


def load_base(name: str, *, dropout: float = 0.0, progress: Progress = no_progress) -> LoadedBase:
    """Load a base by the name under which `bases` finds it.

    Args:
        name: a named base such as "smollm2-135m", a path, "ollama:name", or a Hub id ("org/name@revision").
        dropout: probability for every dropout that the architecture has.
        progress: called with bytes so far and bytes in all while something is fetched.

    Raises:
        BaseError: it cannot be reached, read, or is no causal language model.
    """
    cache = current_base_cache()
    if cache:
        copied: LoadedBase = cache.copy_of(name, dropout, lambda: _load(name, dropout, progress))
        return copied
    return _load(name, dropout, progress)


def _load(name: str, dropout: float, progress: Progress) -> LoadedBase:
    with _one_line(name), quiet_transformers(), each_file_opened_once():
        files = locate(name, progress)
        tokenizer = _load_tokenizer(files)
        config = load_config(files.place, **_given(files))
        model = _load_model(files, config, dropout)
        require_fit(model, tokenizer, files.gguf_file or WHOLE_WEIGHTS)
        tokenizer = drop_tokens_beyond(tokenizer, len(model.get_input_embeddings().weight))
        digest, made_of = _weights_digest(files, model), ancestors(files)
    if tokenizer.eos_token_id is None:
        raise BaseError(
            f"base {name}: its tokenizer has no EOS token, so a post could never end; choose another base"
        )
    model.generation_config.eos_token_id = tokenizer.eos_token_id  # a base that chats names the end of a turn
    return LoadedBase(
        model=model,
        tokenizer=tokenizer,
        base=Base(
            name=files.name,
            digest=digest,
            revision="" if Path(files.place).is_dir() else cached_commit(files.place, files.revision),
            parameters=model.num_parameters(),
            architecture=type(model).__name__,
            made_from=files.made_from,
            origin=files.origin,
            precision=files.precision,
            licence=files.licence,
            languages=languages_of(name),
            dtype=BFLOAT16 if str(config.dtype) == f"torch.{BFLOAT16}" else FLOAT32,
            ancestors=made_of,
        ),
        is_part=_is_part(config),
    )


def takes_opening(name: str, text: str) -> bool:
    """Whether the tokenizer of a base can have a text between the BOS token and each post.

    Raises:
        BaseError: it cannot be reached or read.
    """
    with _one_line(name), quiet_transformers(), each_file_opened_once():
        tokenizer = _load_tokenizer(locate(name))
    try:
        set_opening(tokenizer, text)
    except RecipeError:
        return False
    return True


def count_weights(name: str) -> int:
    """How many weights a base has, by its config: none is loaded. 0 where the config does not say so.

    Raises:
        BaseError: it cannot be found.
    """
    files = locate(name)
    with suppress(*UNREADABLE, TypeError, AttributeError), quiet_transformers(), each_file_opened_once():
        config = load_config(files.place, **_given(files)).get_text_config()
        if getattr(config, "num_hidden_layers", 0) > MOST_LAYERS:
            return 0
        with torch.device("meta"):
            return int(AutoModelForCausalLM.from_config(config).num_parameters())
    return 0


def _load_tokenizer(files: BaseFiles) -> PreTrainedTokenizerBase:
    tokenizer: PreTrainedTokenizerBase = load_tokenizer(files.place, **_given(files))
    _end_like_plain_text(tokenizer)
    return tokenizer


def _given(files: BaseFiles) -> dict[str, Any]:
    given: dict[str, Any] = {"revision": files.revision, "local_files_only": files.offline}
    return {**given, "gguf_file": files.gguf_file} if files.gguf_file else given


def _load_model(files: BaseFiles, config: PreTrainedConfig, dropout: float) -> Any:
    """The model in float32, with every weight from its file; of one that reads pictures, the language part.

    Raises:
        ValueError: the file lacks some.
    """
    settings = _settings(config.get_text_config(), dropout)
    if files.gguf_file:
        return read_gguf(files.place, files.gguf_file, dtype=FLOAT32, shape=config, **settings)
    part = _language_part(config, settings) if _is_part(config) else settings
    return load_model(files.place, dtype=FLOAT32, **part, **_given(files))


def _is_part(config: PreTrainedConfig) -> bool:
    return config.get_text_config() is not config


def _language_part(config: PreTrainedConfig, dropouts: dict[str, float]) -> dict[str, Any]:
    """What makes transformers load the language model alone, under the names that it has by itself."""
    language = config.get_text_config()
    language.update(dropouts)
    return {"config": language, "key_mapping": LANGUAGE_PART}


def _end_like_plain_text(tokenizer: PreTrainedTokenizerBase) -> None:
    """Begin, end and pad as in pre-training, where a base was fine-tuned to chat and ends turns otherwise."""
    if tokenizer.eos_token not in CHAT_ENDS:
        return
    special = {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()}
    plain = next((end for end in PLAIN_ENDS if end in special), None)
    if plain:
        tokenizer.eos_token = tokenizer.pad_token = plain
        if tokenizer.bos_token in (None, *CHAT_STARTS, *CHAT_ENDS):
            tokenizer.bos_token = plain


def _settings(config: PreTrainedConfig, dropout: float) -> dict[str, Any]:
    settings: dict[str, Any] = {name: dropout for name in _DROPOUTS if hasattr(config, name)}
    if hasattr(config, "rescale_every"):  # RWKV halves its own weights for float16 whenever it evaluates
        settings["rescale_every"] = 0
    return settings


@contextmanager
def _one_line(name: str) -> Iterator[None]:
    """Turn the many ways in which loading can fail into one line that says what else could be used."""
    try:
        yield
    except UNREADABLE as error:
        if is_out_of_memory(error):
            raise
        raise BaseError(
            f"base {name!r} cannot be loaded ({first_line(error)}). Expected a folder with config.json, "
            "tokenizer and model.safetensors of a causal language model, or the id of one on the "
            "Hugging Face Hub. Without a network use what ships with the package: --recipe starter"
        ) from error


def _weights_digest(files: BaseFiles, model: PreTrainedModel) -> str:
    """sha256 of the weights' file, or over the tensors where they lie in several or on the Hub."""
    single = Path(files.place) / (files.gguf_file or WHOLE_WEIGHTS)
    if single.is_file():
        return sha256(single)
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()
