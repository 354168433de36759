"""A folder as transformers writes it: config.json, a tokenizer, model.safetensors."""

from __future__ import annotations

from pathlib import Path

from ._files import BaseFiles, Progress


def recognises(name: str) -> bool:
    """Whether it is a folder."""
    return Path(name).is_dir()


def locate(name: str, _: Progress) -> BaseFiles:
    """The folder itself; records keep its last name alone, since a path says something about the user."""
    return BaseFiles(Path(name).resolve().name, name)
