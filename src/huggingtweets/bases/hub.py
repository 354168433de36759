"""Any causal language model of the Hugging Face Hub: org/name, or org/name@revision.

The client of the Hub is loaded where it is needed: what only looks at posts knows bases by name, and the
client takes longer to load than a usual archive to read.
"""

from __future__ import annotations

from pathlib import Path

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
    from huggingface_hub import HfApi  # noqa: PLC0415 -- see above
    from huggingface_hub.errors import (  # type: ignore[attr-defined] # noqa: PLC0415 -- re-exported untyped
        HTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        HfApi().model_info(hub_id, revision=revision, timeout=HUB_SECONDS)
    except (RepositoryNotFoundError, RevisionNotFoundError):
        raise
    except (OSError, HTTPError):
        return False
    return True


def fetch(hub_id: str, revision: str | None) -> None:
    """Fetch what a base needs into the Hub's own cache, with its own bar; it goes on where it was cut off."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415 -- see above

    snapshot_download(hub_id, revision=revision, allow_patterns=FILES)


def is_cached(hub_id: str) -> bool:
    """Whether the model was fetched from the Hub before."""
    return bool(cached_commit(hub_id, None))


def cached_commit(hub_id: str, revision: str | None) -> str:
    """The commit of what was loaded; the cache has a folder for each."""
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 -- see above

    path = try_to_load_from_cache(hub_id, "config.json", revision=revision)
    return Path(path).parent.name if isinstance(path, str) else ""
