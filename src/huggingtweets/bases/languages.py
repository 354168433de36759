"""The languages that a base was trained on, and what to say where posts are in none of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec
from msgspec import Struct

from ..model_folder import PRETRAINED
from ..text.languages import language_name
from ..types import NO_BASE
from . import named
from ._files import names

MANY = "many"  # stands for more than ten languages


class _Pretrained(Struct):
    """What of pretrained.json says the languages."""

    languages: tuple[str, ...] = ()


def languages_of(base: str) -> tuple[str, ...]:
    """The languages of a base (ISO 639-1), or `MANY`; nothing where nobody says them.

    Args:
        base: as the recipe gives it: a named base, its id on the Hub, or a folder that `pretrain` wrote.
    """
    hub_id = base.partition("@")[0]
    described = {name: named.describe(name) for name in names()}
    known = (found.languages for name, found in described.items() if base == name or hub_id == found.hub)
    return next(known, ()) or _of_pretrained(Path(base) / PRETRAINED)


def language_warning(base: str, known: Collection[str], languages: Collection[str]) -> str:
    """What to say where posts are in a language that a base was not trained on; "" where there is nothing.

    Args:
        base: as the recipe gives it.
        known: the languages that it was trained on, as `languages_of` gives them.
        languages: those of the posts, ISO 639-1.
    """
    unknown = sorted({language for language in languages if language} - {*known})
    if not known or MANY in known or base == NO_BASE or not unknown:
        return ""
    posts, only = (" and ".join(map(language_name, codes)) for codes in (unknown, sorted(known)))
    return (
        f"most posts are in {posts}, and the base {base} was trained on {only} only, so it will write worse "
        "than in its own languages; --recipe qwen3-0.6b has a base of many languages, --recipe ngram none"
    )


def _of_pretrained(file: Path) -> tuple[str, ...]:
    """The languages that `pretrain` found in its corpus."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Pretrained).languages
    except (OSError, ValueError):
        return ()
