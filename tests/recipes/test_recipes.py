"""Recipes: found by name or file, changed by settings, and refused in one line if they are wrong."""

from __future__ import annotations

import re

import pytest

from huggingtweets import load_recipe, recipe_names
from huggingtweets.errors import RecipeError


def test_every_recipe_that_ships_loads():
    """Each recipe of the package has its file's name, a base and a summary."""
    assert {"starter", "gpt2"} <= set(recipe_names())
    for name in recipe_names():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.base
        assert recipe.summary


def test_recipes_of_the_hub_say_what_they_need():
    """Each recipe whose base is on the Hub says how much memory it takes; the largest ones use LoRA."""
    offline = {"starter", "starter-lora", "ngram"}
    assert len(set(recipe_names()) - offline) >= 8
    for name in set(recipe_names()) - offline:
        assert re.search(r"Needs about \d+ GB of memory", load_recipe(name).summary)
    assert {load_recipe(name).method for name in ("qwen3-0.6b", "llama-3.2-1b")} == {"lora"}


def test_gpt2_has_the_settings_of_2020():
    """The recipe named gpt2-2020 trains as the program of 2020 did."""
    recipe = load_recipe("gpt2-2020")
    assert (recipe.base, recipe.learning_rate, recipe.epochs, recipe.warmup, recipe.dropout) == (
        "gpt2",
        1.372e-4,
        4,
        0.0,
        0.1,
    )
    assert (recipe.sampling.temperature, recipe.sampling.top_p, recipe.sampling.max_new_tokens) == (
        1.0,
        0.95,
        160,
    )


def test_settings_change_any_field():
    """--set changes fields of the recipe and of its sampling."""
    recipe = load_recipe("starter", ["epochs=2", "learning_rate=5e-4", "base=gpt2", "sampling.top_p=0.5"])
    assert (recipe.epochs, recipe.learning_rate, recipe.base, recipe.sampling.top_p) == (2, 5e-4, "gpt2", 0.5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_is_a_recipe(tmp_path, encoding):
    """A user's TOML file works like those of the package, also as programs of Windows save it."""
    path = tmp_path / "mine.toml"
    path.write_text('base = "starter"\nepochs = 1\n[sampling]\ntemperature = 0.7\n', encoding)
    recipe = load_recipe(str(path))
    assert (recipe.name, recipe.epochs, recipe.sampling.temperature) == ("mine", 1, 0.7)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["speed=1"], "expected key=value with a key of base"),
        (["epochs"], "expected key=value"),
        (["epochs=many"], "epochs = many; expected a whole number$"),
        (["epochs=0"], "epochs = 0; expected a whole number from 1 on$"),
        (["learning_rate=-1"], "learning_rate = -1; expected a number above 0$"),
        (["sampling.top_p=2"], r"sampling\.top_p = 2; expected a number up to 1$"),
        (["speakers=maybe"], "speakers = maybe; expected true or false$"),
        (["mix=3"], "mix = 3; expected a table$"),
        (["learning_rate=nan"], "learning_rate"),
        (["gradient_clip=inf"], "gradient_clip is inf; expected a finite number"),
        (["weight_decay=inf"], "weight_decay is inf"),
        (["method=magic"], "method = magic; expected full or lora or ngram$"),
        (["lora_rank=0"], "lora_rank = 0; expected a whole number from 1 on"),
    ],
)
def test_a_wrong_setting_says_what_is_right(settings, message):
    """An unknown key, a wrong type and a value out of range are errors of one line."""
    with pytest.raises(RecipeError, match=message) as caught:
        load_recipe("starter", settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("base = ", "mine"),
        ('bases = "x"', "bases"),
        ("epochs = 3", "base"),
        ('base = "starter"\n[mix]\nada = inf\n', "mix.ada is inf"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path, content, message):
    """Broken TOML, an unknown key, a missing key and a number that is infinite are refused."""
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(RecipeError, match=message):
        load_recipe(str(path))


def test_an_unknown_recipe_names_the_known_ones(tmp_path):
    """An unknown name and a missing file are errors that say what is expected."""
    with pytest.raises(RecipeError, match=f"expected one of {', '.join(recipe_names())}"):
        load_recipe("nonsense")
    with pytest.raises(RecipeError, match="no recipe file is at"):
        load_recipe(str(tmp_path / "gone.toml"))
