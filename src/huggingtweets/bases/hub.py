"""Any causal language model of the Hugging Face Hub: org/name, or org/name@revision."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import HTTPError as HubError  # type: ignore[attr-defined] # re-exported untyped
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

from ._files import BaseFiles, Progress

FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
HUB_SECONDS = 10.0  # to wait for the Hub's word that it is there


def recognises(_: str) -> bool:
    """Every name can be one of the Hub's."""
    return True


def locate(name: str, _: Progress) -> BaseFiles:
    """The id and the revision. While the Hub is away only what was fetched before can be used."""
    hub_id, _separator, revision = name.partition("@")
    return BaseFiles(
        name, hub_id, revision=revision or None, offline=not is_reachable(hub_id, revision or None)
    )


def is_reachable(hub_id: str, revision: str | None) -> bool:
    """Ask the Hub once, briefly; loading itself would ask again and again, for minutes.

    Raises:
        RepositoryNotFoundError: the Hub answers, and has no such model.
    """
    try:
        HfApi().model_info(hub_id, revision=revision, timeout=HUB_SECONDS)
    except (RepositoryNotFoundError, RevisionNotFoundError):
        raise
    except (OSError, HubError):
        return False
    return True


def fetch(hub_id: str, revision: str | None) -> None:
    """Fetch what a base needs into the Hub's own cache, with its own bar; it goes on where it was cut off."""
    snapshot_download(hub_id, revision=revision, allow_patterns=FILES)


def is_cached(hub_id: str) -> bool:
    """Whether the model was fetched from the Hub before."""
    return isinstance(try_to_load_from_cache(hub_id, "config.json"), str)


def cached_commit(hub_id: str, revision: str | None) -> str:
    """The commit of what was loaded; the cache has a folder for each."""
    path = try_to_load_from_cache(hub_id, "config.json", revision=revision)
    return Path(path).parent.name if isinstance(path, str) else ""
