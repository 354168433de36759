"""Models of the Ollama of this machine, read from its own store; no server is asked.

Ollama keeps a manifest for each model, which names its blobs by digest; the blob of the media type below is a
GGUF file (ollama/docs, `OLLAMA_MODELS`; manifests are those of OCI images).
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from ..errors import BaseError
from ..registry import suggestion
from ._files import BaseFiles, Progress
from .gguf_file import gguf_files, is_gguf

PREFIX = "ollama:"
MODEL = "application/vnd.ollama.image.model"
ADAPTER = "application/vnd.ollama.image.adapter"
REGISTRY, LIBRARY, LATEST = "registry.ollama.ai", "library", "latest"  # where a bare name is looked for
SYSTEM_STORE = Path("/usr/share/ollama/.ollama/models")  # of the Linux service


class _Layer(Struct, rename="camel"):
    media_type: str
    digest: str


class _Manifest(Struct):
    layers: list[_Layer]


def recognises(name: str) -> bool:
    """Whether it is called ollama:NAME."""
    return name.startswith(PREFIX)


def locate(name: str, _: Progress) -> BaseFiles:
    """The blob of the model's weights.

    Raises:
        BaseError: Ollama has no such model here, or its blob is no GGUF file, or not all of the model.
    """
    model = name.removeprefix(PREFIX)
    for store in stores():
        manifest = store / "manifests" / _manifest_path(model)
        if manifest.is_file():
            return gguf_files(_blob(store, manifest, name), name, f"the model {model} of a local Ollama")
    known = ", ".join(installed()) or "none"
    raise BaseError(
        f"base {name}: Ollama has no such model here; those that it has: {known}. "
        f"Get it with: ollama pull {model}{suggestion(name, installed())}"
    )


def is_here(_: str) -> bool:
    """Always: nothing is fetched."""
    return True


def installed() -> list[str]:
    """The models of every store, as `--base` takes them, sorted."""
    names = set()
    for store in stores():
        for manifest in (store / "manifests").glob("*/*/*/*"):
            registry, owner, model, tag = manifest.relative_to(store / "manifests").parts
            if not tag.startswith(".") and manifest.is_file():  # file managers leave notes of their own
                names.add(f"{PREFIX}{_short(registry, owner, model)}:{tag}")
    return sorted(names)


def _short(registry: str, owner: str, model: str) -> str:
    """The name of a model without what Ollama takes where a name lacks it."""
    if registry != REGISTRY:
        return f"{registry}/{owner}/{model}"
    return model if owner == LIBRARY else f"{owner}/{model}"


def stores() -> list[Path]:
    """The folders in which Ollama keeps models here."""
    named = os.environ.get("OLLAMA_MODELS")
    places = [Path(named)] if named else [Path.home() / ".ollama" / "models", SYSTEM_STORE]
    return [place for place in places if os.path.isdir(place)]  # noqa: PTH112 -- Path raises errors


def _manifest_path(model: str) -> Path:
    """Where the manifest of [registry/][owner/]name[:tag] is below `manifests`."""
    *path, last = model.split("/")  # a colon before the last part is that of a registry's port
    last, _, tag = last.partition(":")
    parts = [*path, last]
    if any(part in {"", ".", ".."} for part in (*parts, tag or LATEST)):
        raise BaseError(f"base {PREFIX}{model}: expected a model of Ollama, like {PREFIX}smollm2:135m")
    if len(parts) == 1:
        parts = [LIBRARY, *parts]
    if len(parts) == 2:  # noqa: PLR2004 -- owner and name
        parts = [REGISTRY, *parts]
    return Path(*parts, tag or LATEST)


def _blob(store: Path, manifest: Path, name: str) -> Path:
    try:
        layers = msgspec.json.decode(manifest.read_bytes(), type=_Manifest).layers
    except (OSError, ValueError) as error:
        raise BaseError(f"base {name}: its manifest {manifest} cannot be read ({error})") from error
    if any(layer.media_type == ADAPTER for layer in layers):
        raise BaseError(
            f"base {name}: this model is an adapter (LoRA) and what it adapts, which cannot be joined here; "
            "take the model that it adapts"
        )
    digest = next((layer.digest for layer in layers if layer.media_type == MODEL), "")
    blob = store / "blobs" / digest.replace(":", "-").replace("/", "")
    if not is_gguf(blob):
        raise BaseError(f"base {name}: its weights ({blob}) are no GGUF file; pull the model again")
    return blob
