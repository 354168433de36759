"""run.json: all that is known of a model, beside it in its folder."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from .errors import ModelError, OutputExists
from .files import home
from .types import Dataset, Recipe, Record

FILE = "run.json"
MODELS = Path("models")  # where model folders are made and looked for, below the current folder
DEPTH = 3  # folders below the one asked, in which models are looked for


@dataclass(frozen=True)
class Trained:
    """A model folder and what is known of it."""

    folder: Path
    record: Record


def unfinished(data: Dataset, recipe: Recipe) -> Path:
    """Where a run that teaches these posts by this recipe is kept until it is finished.

    Its name begins with the digest of the posts, so that whose it is can be found out.
    """
    key = hashlib.sha256(data.digest.encode() + msgspec.json.encode(recipe, order="sorted"))
    return home() / "unfinished" / f"{data.digest[:16]}-{key.hexdigest()[:16]}"


def folder_name(name: str) -> str:
    """A model's name as a folder's name: nothing in it can climb, hide or surprise a shell."""
    return re.sub(r"[^\w.+-]+", "_", name.replace(" + ", "+")).strip("._") or "model"


def target(name: str, out: Path | None, *, overwrite: bool) -> Path:
    """Where a model goes: `out`, or models/ and its name. Asked before any work is done.

    Raises:
        OutputExists: something is there already.
    """
    folder = out or MODELS / folder_name(name)
    if folder.exists() and not overwrite:
        raise OutputExists(
            f"{folder} exists already; choose another with --out, or replace it with --overwrite"
        )
    return folder


def save(record: Record, folder: Path) -> None:
    """Write run.json."""
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(record)) + b"\n")


def load(folder: Path) -> Record:
    """Read run.json.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(
            f"{folder} holds no model of huggingtweets ({error}); expected a folder with {FILE}"
        ) from error


def find(folder: Path = MODELS) -> list[Trained]:
    """Every model below `folder`, newest first; damaged ones are passed over."""
    found = []
    for depth in range(DEPTH + 1):
        for path in folder.glob("/".join([*["[!.]*"] * depth, FILE])):
            try:
                found.append(Trained(path.parent, load(path.parent)))
            except ModelError:
                continue
    return sorted(found, key=lambda trained: trained.record.created_at, reverse=True)


def place(model: str | Path) -> Path:
    """The folder meant by a path, or by a model's name below models/."""
    return Path(model) if Path(model).is_dir() else MODELS / folder_name(str(model))
