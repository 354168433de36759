"""Posts that an untrained base writes: the same for all models that are trained from it, so written once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ..bases import named
from ..errors import UserError
from ..files import whole_file
from ..files.home_folder import home
from ..types import Base, Recipe, Record, Sampling

FOLDER = "base-posts"  # below home(), one file for each base and way to sample
LONGEST = 64  # tokens, some 250 characters of English


def cached_base_posts(
    record: Record, count: int, seed: int, write: Callable[[Sampling], Sequence[str]]
) -> Sequence[str]:
    """The posts of a model's base, read from an earlier evaluation on this machine where there was one.

    They are drawn as the model's are, and end after `LONGEST` tokens: an untrained base rarely ends one, so
    that its posts would be several times as long as a person's, and take most of an evaluation's time.

    Only those of named bases are kept: another base may itself have been trained on somebody's posts, which
    `forget` has to find.

    Args:
        record: of the model.
        count: how many posts.
        seed: of the sampling.
        write: generates them.
    """
    sampling = record.recipe.sampling
    sampling = replace(sampling, max_new_tokens=min(sampling.max_new_tokens, LONGEST))
    if not _is_named(record.base, record.recipe) or record.base.ancestors:
        return write(sampling)
    path = home() / FOLDER / f"{_digest(record, sampling, count, seed)}.json"
    posts = _read(path)
    if posts is None:
        posts = write(sampling)
        with suppress(OSError, UserError):  # what cannot be kept is generated again, and no work is lost
            path.parent.mkdir(parents=True, exist_ok=True)
            whole_file(path, msgspec.json.encode(posts))
    return posts


def _is_named(base: Base, recipe: Recipe) -> bool:
    """Whether a base was asked for by a name of ours: a folder may be called as one of them is.

    What came from the Hub is called by its id there.
    """
    if not named.recognises(recipe.base):
        return False
    return base.name in {recipe.base, named.describe(recipe.base).hub}


def _digest(record: Record, sampling: Sampling, count: int, seed: int) -> str:
    """Of all that the posts depend on."""
    from ..machine.device import choose_device, fingerprint  # noqa: PLC0415 -- imports torch

    origin = (
        record.base.digest,
        record.recipe.opening or "",
        sampling,
        count,
        seed,
        fingerprint(choose_device()),
    )
    return hashlib.sha256(msgspec.json.encode(origin, order="sorted")).hexdigest()[:32]


def _read(path: Path) -> Sequence[str] | None:
    """What the file holds; None where it cannot be read, or is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[str])
    except (OSError, ValueError):
        return None
