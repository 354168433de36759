"""Recipes: which base is trained and how, one TOML file each.

The file's name is the recipe's name. Its fields are those of `types.Recipe`, which explains each. Users can
write recipe files of their own, and change any field with `--set key=value`. The memory in a summary was
measured (benchmarks/recipe_memory.py) and rounded up, unless the summary says that it was computed.

A file's table `[automatic]` lets `train` choose the recipe where no other is asked for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from ..errors import RecipeError, unfit
from ..registry import suggestion
from ..types import Recipe, Sampling

__all__ = ["Automatic", "automatic", "load", "names", "to_toml"]


class Automatic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[automatic]` of a recipe: when `train` chooses it by itself."""

    rank: int  # of all recipes that this machine can run, the one of the highest rank is chosen
    memory: float = 0.0  # gigabytes (1e9 bytes) that a run needs, of a GPU where there is one; 0: any do
    cores: int = 1  # of the processor, fewer are too slow
    gpu: bool = False  # whether it is too slow without a GPU


def names() -> tuple[str, ...]:
    """Return the names of the recipes in the package, sorted."""
    paths = (Path(entry.name) for entry in files(__name__).iterdir())
    return tuple(sorted(path.stem for path in paths if path.suffix == ".toml"))


def automatic(name: str) -> Automatic | None:
    """When `train` chooses a recipe of the package by itself; None: never."""
    table = msgspec.toml.decode(_of_package(name)).get("automatic")
    return msgspec.convert(table, Automatic) if table else None


def load(name: str, settings: Sequence[str] = ()) -> Recipe:
    """Load a recipe.

    Args:
        name: name of a recipe in the package, or path of a .toml file.
        settings: changes of fields, as "key=value"; fields of the sampling are "sampling.temperature=1".

    Raises:
        RecipeError: there is no such recipe, or a key or value is not valid.
    """
    path = Path(name)
    if path.suffix == ".toml":
        text, name = _text(path), path.stem
    elif name in names():
        text = _of_package(name)
    else:
        raise RecipeError(
            f"no recipe is called {name!r}; expected one of {', '.join(names())}, or a .toml file"
            f"{suggestion(name, names())}"
        )
    content: dict[str, object] = {}
    try:
        content = {"name": name, **msgspec.toml.decode(text)}
        content.pop("automatic", None)
        for setting in settings:
            _apply(content, setting)
        recipe = msgspec.convert(content, Recipe, strict=False)
    except RecursionError as error:
        raise RecipeError(f"recipe {name} cannot be read: it is nested too deeply") from error
    except msgspec.ValidationError as error:
        keys = f"; its keys are {', '.join(_keys())}" if "unknown field" in str(error) else ""
        raise RecipeError(f"recipe {name}: {unfit(error, content, Recipe)}{keys}") from error
    except msgspec.DecodeError as error:
        raise RecipeError(f"recipe {name}: {error}") from error
    _require_finite(recipe)
    return recipe


def to_toml(recipe: Recipe) -> str:
    """Return a recipe as a TOML file that `load` reads, without the fields that have their default value."""
    plain, tables = [], []
    for field in fields(Recipe):
        value = getattr(recipe, field.name)
        if field.name == "name" or value in (field.default, {}):
            continue
        if isinstance(value, Sampling | dict):
            tables.append(f"\n[{field.name}]\n{_lines(msgspec.to_builtins(value))}")
        else:
            plain.append(_lines({field.name: value}))
    return "".join(plain + tables)


def _lines(values: Mapping[str, object]) -> str:
    """Write keys and values. JSON's values are valid TOML, except for the character of code 127."""
    return "".join(
        f"{key if key.isidentifier() and key.isascii() else _quoted(key)} = {_quoted(value)}\n"
        for key, value in values.items()
    )


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _of_package(name: str) -> str:
    return files(__name__).joinpath(f"{name}.toml").read_text("utf-8")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise RecipeError(
            f"no recipe file is at {path}; huggingtweets recipes lists those that ship"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path} cannot be read: {error}") from error


def _apply(content: dict[str, object], setting: str) -> None:
    """Apply one setting, "key=value" or "sampling.key=value", to the decoded recipe."""
    key, equals, value = setting.partition("=")
    if not equals or key not in _keys():
        raise RecipeError(
            f"--set {setting}: expected key=value with a key of {', '.join(_keys())}"
            f"{suggestion(key, _keys())}"
        )
    outer, _, inner = key.partition(".")
    if inner:
        table = content.setdefault(outer, {})
        content[outer] = {**table, inner: value} if isinstance(table, dict) else {inner: value}
    else:
        content[outer] = value


def _require_finite(recipe: Recipe) -> None:
    """Check all numbers: JSON has no infinite ones, so that no record of such a training could be read.

    Raises:
        RecipeError: one is infinite or not a number.
    """
    for key, value in _numbers(msgspec.to_builtins(recipe)):
        if not math.isfinite(value):
            raise RecipeError(f"recipe {recipe.name}: {key} is {value}; expected a finite number")


def _numbers(values: Mapping[str, object], table: str = "") -> Iterator[tuple[str, float]]:
    """The fields that are floats, those of tables as "sampling.temperature"."""
    for key, value in values.items():
        if isinstance(value, float):
            yield table + key, value
        elif isinstance(value, dict):
            yield from _numbers(value, f"{table}{key}.")


def _keys() -> list[str]:
    keys = [f.name for f in fields(Recipe) if f.name not in {"name", "sampling"}]
    return [*keys, *(f"sampling.{f.name}" for f in fields(Sampling))]
