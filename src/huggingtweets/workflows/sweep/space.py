"""What a search may change: ranges of a recipe's settings."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import fields, replace
from optuna.trial import BaseTrial

from ...errors import RecipeError
from ...types import Recipe

FIXED = ("seed", "evaluations", "patience")  # numbers, but how a trial is measured, and not what it does
OF_LORA = ("lora_rank", "lora_alpha")


class Range(Struct, frozen=True):
    """One setting, from `low` to `high`; `log` spreads the draws evenly over the orders of magnitude."""

    name: str
    low: float
    high: float
    whole: bool = False  # whether only whole numbers are meant
    log: bool = False

    def draw(self, trial: BaseTrial) -> int | float:
        """A value for this trial."""
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return tidy(trial.suggest_float(self.name, self.low, self.high, log=self.log))


def default(recipe: Recipe) -> list[Range]:
    """What is searched where nothing is asked for: around the recipe's own settings.

    The learning rate from a quarter to four times the recipe's, tokens a batch from half to four times, both
    by order of magnitude; up to twice its epochs; and warm-up, weight decay and dropout as they are usual.

    Raises:
        RecipeError: there is nothing to search.
    """
    if recipe.method == "ngram":
        raise RecipeError(f"recipe {recipe.name} only counts, so there is nothing to search; choose another")
    ranges = [
        Range("learning_rate", recipe.learning_rate / 4, recipe.learning_rate * 4, log=True),
        Range("epochs", 1, 2 * recipe.epochs, whole=True),
        Range(
            "batch_tokens", max(recipe.batch_tokens // 2, 1), recipe.batch_tokens * 4, whole=True, log=True
        ),
        Range("warmup", 0, 0.3),
        Range("weight_decay", 0, 0.1),
        Range("dropout", 0, 0.2),
    ]
    return [*ranges, Range("lora_rank", 4, 64, whole=True, log=True)] if recipe.method == "lora" else ranges


def parsed(recipe: Recipe, given: Sequence[str]) -> list[Range]:
    """The ranges that a user asks for; where nothing is given, the default ones.

    Args:
        recipe: whose settings they are.
        given: "name=low:high" or "name=low:high:log", one each.

    Raises:
        RecipeError: a range cannot be understood, or the recipe does not take its ends.
    """
    usual = default(recipe)
    ranges = [_parsed(recipe, text) for text in given]
    if len({one.name for one in ranges}) < len(ranges):
        raise RecipeError(f"--space {' '.join(given)}: give each setting once")
    return ranges or usual


def applied(recipe: Recipe, ranges: Sequence[Range], trial: BaseTrial) -> Recipe:
    """The recipe with settings drawn for a trial."""
    return replace(recipe, **{one.name: one.draw(trial) for one in ranges})


def own(recipe: Recipe, ranges: Sequence[Range]) -> dict[str, int | float] | None:
    """The recipe's own settings, where all lie in the ranges."""
    values = {one.name: getattr(recipe, one.name) for one in ranges}
    return values if all(one.low <= values[one.name] <= one.high for one in ranges) else None


def tidy(value: float) -> int | float:
    """A drawn value as it is tried and written: whole, or with four digits."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


def _known(recipe: Recipe) -> list[str]:
    """The settings that are numbers and do something."""
    without = FIXED if recipe.method == "lora" else (*FIXED, *OF_LORA)
    names = [field.name for field in fields(recipe) if type(getattr(recipe, field.name)) in {int, float}]
    return [name for name in names if name not in without]


def _parsed(recipe: Recipe, text: str) -> Range:
    known = _known(recipe)
    name, _, ends = text.partition("=")
    parts = ends.split(":")
    expected = (
        f"--space {text}: expected NAME=LOW:HIGH or NAME=LOW:HIGH:log, like learning_rate=1e-4:1e-2:log, "
        f"with a name of {', '.join(known)}"
    )
    if name not in known or parts[2:] not in ([], ["log"]):
        raise RecipeError(expected)
    whole = isinstance(getattr(recipe, name), int)
    try:
        low, high = (int(part) if whole else float(part) for part in parts[:2])
        for end in (low, high):
            msgspec.convert(msgspec.to_builtins(replace(recipe, **{name: end})), Recipe)
    except ValueError as error:  # msgspec's is one
        raise RecipeError(f"{expected}, and two numbers that a recipe takes ({error})") from error
    if not low < high or (low <= 0 and parts[2:]):
        raise RecipeError(f"{expected}, the lower number first, and above 0 where log is asked for")
    return Range(name, low, high, whole, log=bool(parts[2:]))
