"""How wild a model writes can be said in a word."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from huggingtweets import UserError, generate, load_recipe
from huggingtweets.cli import app
from huggingtweets.generation.wildness import FACTORS, HIGHEST, temperature


def test_the_words_stand_for_temperatures_in_order():
    """Balanced is the model's own temperature; no word leads above 1.2, where the model itself is not."""
    for own in (0.004, 0.008, 0.03, 0.12, 0.5, 0.85, 0.875, 1.0, 1.125, 1.5):
        careful, balanced, wild = (temperature(word, own) for word in FACTORS)
        assert careful < balanced == own <= wild <= max(own, HIGHEST)


def test_recipes_draw_where_their_posts_make_sense():
    """The recipes sample as was measured."""
    for recipe, temperature_of_it in (("starter", 0.75), ("smollm2-135m", 0.7)):
        sampling = load_recipe(recipe).sampling
        assert (sampling.temperature, sampling.repetition_penalty) == (temperature_of_it, 1.1)


def test_the_command_line_takes_the_words(ngram_model):
    """A word changes what is drawn; another word, or a number beside it, is an error in one line."""
    runs = [
        CliRunner().invoke(app, ["generate", str(ngram_model), "--seed", "1", "--no-filters", *options])
        for options in ([], ["--wildness", "balanced"], ["--wildness", "careful"])
    ]
    assert [run.exit_code for run in runs] == [0, 0, 0]
    assert runs[0].stdout == runs[1].stdout != runs[2].stdout
    refused = CliRunner().invoke(app, ["generate", str(ngram_model), "--wildness", "mad"])
    assert refused.exit_code == 2
    assert "choose one of careful, balanced, wild" in refused.output
    with pytest.raises(UserError, match="give one of them"):
        generate(ngram_model, wildness="wild", sampling={"temperature": 0.5})


def test_an_n_gram_model_refuses_a_repetition_penalty(ngram_model):
    """It would change nothing, without a word; 1 is none."""
    assert generate(ngram_model, count=1, sampling={"repetition_penalty": 1.0}).samples
    refused = CliRunner().invoke(app, ["generate", str(ngram_model), "--repetition-penalty", "1.1"])
    assert refused.exit_code == 2
    assert "has no repetition penalty" in refused.output
