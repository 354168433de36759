"""A folder as transformers writes it: config.json, a tokenizer, model.safetensors."""

from __future__ import annotations

from pathlib import Path

from ..errors import BaseError
from ..model_folder import CONFIG, TOKENIZER, WHOLE_WEIGHTS
from ._files import BaseFiles, Progress


def recognises(name: str) -> bool:
    """Whether it is a folder."""
    return Path(name).is_dir()


def locate(name: str, _: Progress) -> BaseFiles:
    """The folder itself; records keep its last name alone, since a path says something about the user.

    Raises:
        BaseError: it holds no model.
    """
    if not (Path(name) / CONFIG).is_file():
        raise BaseError(
            f"base {name}: the folder has no {CONFIG}; expected one with {CONFIG}, {TOKENIZER} and "
            f"{WHOLE_WEIGHTS} of a causal language model, or what ships with the package: --recipe starter"
        )
    return BaseFiles(Path(name).resolve().name, name)


def is_here(_: str) -> bool:
    """Always: nothing is fetched."""
    return True
