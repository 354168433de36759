"""Finding and loading the pretrained model that a run starts from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.errors import HTTPError as HubError  # type: ignore[attr-defined] # re-exported untyped
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from ..errors import BaseError
from ..files import sha256
from ..progress import quiet_transformers
from ..types import Base

EMBEDDED = ("starter",)
HUB_SECONDS = 10.0  # to wait for the Hub's word that it is there
_DROPOUTS = ("attn_pdrop", "embd_pdrop", "resid_pdrop", "attention_dropout", "hidden_dropout", "dropout")


@dataclass(frozen=True)
class LoadedBase:
    """A causal language model in float32, its tokenizer, and what they are called."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    base: Base


def load_base(name: str, *, dropout: float = 0.0) -> LoadedBase:
    """Load a base by name: an embedded one, a folder, or a Hub id. Only safetensors, no remote code.

    Args:
        name: "starter", a path, or a Hub id such as "gpt2" or "org/name@revision".
        dropout: probability for every dropout that the architecture has.

    Raises:
        BaseError: it cannot be reached, read, or is no causal language model.
    """
    place, revision = _place(name)
    with _one_line(name), quiet_transformers():
        given = {
            "revision": revision,
            "local_files_only": Path(place).is_dir() or _hub_is_away(place, revision),
        }
        tokenizer = AutoTokenizer.from_pretrained(place, **given)
        dropouts = _dropout(AutoConfig.from_pretrained(place, **given), dropout)
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            place, dtype="float32", use_safetensors=True, output_loading_info=True, **dropouts, **given
        )
        model, loading = loaded
        if loading["missing_keys"]:
            raise ValueError(f"its file lacks weights, {min(loading['missing_keys'])} among them")
        weights = _weights_digest(place, model)
    if tokenizer.eos_token_id is None:
        raise BaseError(
            f"base {name}: its tokenizer has no end token, so a post could never end; choose another base"
        )
    return LoadedBase(
        model=model,
        tokenizer=tokenizer,
        base=Base(
            name=name if name in EMBEDDED or not Path(name).exists() else Path(name).resolve().name,
            digest=weights,
            revision=_commit(place, revision),
            parameters=model.num_parameters(),
            architecture=type(model).__name__,
        ),
    )


def _place(name: str) -> tuple[str, str | None]:
    """Where transformers finds the base, and the revision to take."""
    if name in EMBEDDED:
        return str(files("huggingtweets") / "data" / "bases" / name), None
    if Path(name).is_dir():
        return name, None
    hub_id, _, revision = name.partition("@")
    return hub_id, revision or None


def _hub_is_away(hub_id: str, revision: str | None) -> bool:
    """Ask the Hub once, briefly; when it is away, only what was fetched before can be used.

    Loading itself would ask again and again, for minutes.

    Raises:
        RepositoryNotFoundError: the Hub answers, and has no such model.
    """
    try:
        HfApi().model_info(hub_id, revision=revision, timeout=HUB_SECONDS)
    except (RepositoryNotFoundError, RevisionNotFoundError):
        raise
    except (OSError, HubError):
        return True
    return False


def _commit(place: str, revision: str | None) -> str:
    """The Hub's commit of what was loaded, "" for a folder; the cache has a folder for each."""
    found = None if Path(place).is_dir() else try_to_load_from_cache(place, "config.json", revision=revision)
    return Path(found).parent.name if isinstance(found, str) else ""


def _dropout(config: PreTrainedConfig, dropout: float) -> dict[str, float]:
    return {name: dropout for name in _DROPOUTS if hasattr(config, name)}


@contextmanager
def _one_line(name: str) -> Iterator[None]:
    """Turn the many ways in which loading can fail into one line that says what else could be used."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError, HFValidationError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BaseError(
            f"base {name!r} cannot be loaded ({first.rstrip('.')}). Expected a folder with config.json, "
            "tokenizer and model.safetensors of a causal language model, or the id of one on the "
            "Hugging Face Hub. Without a network use what ships with the package: --recipe starter"
        ) from error


def _weights_digest(place: str, model: PreTrainedModel) -> str:
    """sha256 of the weights' file, or over the tensors where they lie in several or on the Hub."""
    single = Path(place) / "model.safetensors"
    if single.is_file():
        return sha256(single)
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()
