"""The search space: ranges of a recipe's settings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from optuna.trial import BaseTrial

from ...errors import RecipeError
from ...registry import suggestion
from ...types import Recipe

NOT_SEARCHED = ("seed", "evaluations", "patience")  # they change how a trial is measured, not the training


class Range(Struct, frozen=True):
    """The range of one setting, `low` and `high` included.

    With `log`, values are sampled evenly on a logarithmic scale.
    """

    name: str
    low: float
    high: float
    whole: bool = False  # whether only whole numbers are sampled
    log: bool = False

    def sample(self, trial: BaseTrial) -> int | float:
        """The value that the trial's sampler suggests."""
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return rounded(trial.suggest_float(self.name, self.low, self.high, log=self.log))


def default_ranges(recipe: Recipe) -> list[Range]:
    """The ranges that are searched unless the user gives others.

    The learning rate from a quarter to four times the recipe's, and the tokens of a batch from half to four
    times, both on a logarithmic scale; up to twice as many epochs; warm-up, weight decay and dropout in their
    usual ranges.

    Raises:
        RecipeError: an n-gram model has no settings to search.
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


def parse_ranges(recipe: Recipe, texts: Sequence[str]) -> list[Range]:
    """The ranges that the user gives, or the default ones.

    Args:
        recipe: the recipe whose settings they are.
        texts: one "name=low:high" or "name=low:high:log" for each setting; empty for the default ranges.

    Raises:
        RecipeError: a range cannot be parsed, its ends are not valid in a recipe, or there is nothing to
            search.
    """
    default = default_ranges(recipe)
    ranges = [_parse_range(recipe, text) for text in texts]
    if len({one.name for one in ranges}) < len(ranges):
        raise RecipeError(f"--space {' '.join(texts)}: give each setting once")
    return ranges or default


def sample_recipe(recipe: Recipe, ranges: Sequence[Range], trial: BaseTrial) -> Recipe:
    """The recipe with the settings that are sampled for a trial."""
    return replace(recipe, **{one.name: one.sample(trial) for one in ranges})


def recipe_settings(recipe: Recipe, ranges: Sequence[Range]) -> dict[str, int | float] | None:
    """The recipe's own values of the searched settings; None if one of them is outside of its range."""
    values = {one.name: getattr(recipe, one.name) for one in ranges}
    return values if all(one.low <= values[one.name] <= one.high for one in ranges) else None


def rounded(value: float) -> int | float:
    """A sampled value as it is used and written: a whole number, or a float with four significant digits."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


def _searchable(recipe: Recipe) -> list[str]:
    """The settings that are numbers, mean something in this recipe, and change the training."""
    names = [name for name in recipe.fields_in_use() if type(getattr(recipe, name)) in {int, float}]
    return [name for name in names if name not in NOT_SEARCHED]


def _parse_range(recipe: Recipe, text: str) -> Range:
    names = _searchable(recipe)
    name, _, ends = text.partition("=")
    parts = ends.split(":")
    expected = (
        f"--space {text}: expected NAME=LOW:HIGH or NAME=LOW:HIGH:log, like learning_rate=1e-4:1e-2:log, "
        f"with a name of {', '.join(names)}"
    )
    if name not in names or parts[2:] not in ([], ["log"]):
        raise RecipeError(f"{expected}{'' if name in names else suggestion(name, names)}")
    whole = isinstance(getattr(recipe, name), int)
    try:
        low, high = (int(part) if whole else float(part) for part in parts[:2])
        for end in (low, high):
            msgspec.convert(msgspec.to_builtins(replace(recipe, **{name: end})), Recipe)
    except ValueError as error:  # of int, float, or msgspec
        raise RecipeError(f"{expected}, and two numbers that a recipe takes ({error})") from error
    if not -math.inf < low < high < math.inf or (low <= 0 and parts[2:]):
        raise RecipeError(f"{expected}, the lower number first, and above 0 where log is asked for")
    return Range(name, low, high, whole, log=bool(parts[2:]))
