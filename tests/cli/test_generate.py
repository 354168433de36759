"""huggingtweets generate, as people call it who have not read its help."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from huggingtweets.cli import app
from huggingtweets.cli._results import print_refused
from tests.helpers.tiny import varied_texts


def test_a_prompt_needs_no_quotes(ngram_model):
    """Several words are one prompt, as with quotes."""
    options = ["--seed", "1", "--no-filters", "--json"]
    texts = [
        CliRunner().invoke(app, ["generate", str(ngram_model), *prompt, *options]).stdout
        for prompt in (["the lamp was"], ["the", "lamp", "was"])
    ]
    assert texts[0] == texts[1]
    assert {sample["prompt"] for sample in json.loads(texts[1])} == {"the lamp was"}


@pytest.mark.parametrize(
    ("prompt", "objection"),
    [
        ("Call me at +1 415 555 2671", "holds a phone number"),
        ("write to jane.doe@example.org and", "holds an e-mail address"),
        ("@somebody_else said", "names somebody's handle"),
        (varied_texts(300, seed=5)[0], "copies a training post"),
    ],
)
def test_a_prompt_that_no_post_may_have_is_said_at_once(prompt, objection, ngram_model):
    """Nothing is drawn in vain: one line says what of the prompt is not shown."""
    done = CliRunner().invoke(app, ["generate", str(ngram_model), prompt])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith(f"error: the prompt {objection}, and no such post")
    unfiltered = CliRunner().invoke(app, ["generate", str(ngram_model), prompt, "-n", "1", "--no-filters"])
    assert unfiltered.exit_code == 0


def test_the_old_name_of_the_filters_still_works(ngram_model):
    """`--no-guards`, as version 1.0 called it, is `--no-filters`; the help does not name it."""
    prompt = varied_texts(300, seed=5)[0]
    done = CliRunner().invoke(app, ["generate", str(ngram_model), prompt, "-n", "1", "--no-guards"])
    assert done.exit_code == 0
    assert "guards" not in CliRunner().invoke(app, ["generate", "--help"]).stdout


def test_a_setting_out_of_range_is_named(ngram_model):
    """The message names it as people typed it, without signs of a programming language's paths."""
    done = CliRunner().invoke(app, ["generate", str(ngram_model), "--temperature", "50"])
    assert done.exit_code == 2
    assert done.stderr.strip() == "error: temperature = 50.0; expected a number up to 10"


def test_where_no_name_is_like_it_the_models_are_named(ngram_model, monkeypatch):
    """Who forgot the model, or its name, reads which there are."""
    monkeypatch.chdir(ngram_model.parents[1])
    done = CliRunner().invoke(app, ["generate", "My dream is"])
    assert done.exit_code == 2
    assert done.stderr.strip().endswith(f"huggingtweets train; models has {ngram_model.name}")


def test_one_refused_draft_is_one(capsys):
    """One draft is "which", several are "each of which"."""
    print_refused({"repeats itself": 1, "copies a training post": 2}, missing=0)
    assert capsys.readouterr().err.splitlines() == [
        "refused: 1 draft, which repeats itself",
        "refused: 2 drafts, each of which copies a training post",
    ]
