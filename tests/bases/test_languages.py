"""Which languages a base was trained on, and what is said where posts are in another one."""

from __future__ import annotations

import pytest

from huggingtweets import bases
from huggingtweets.bases.languages import language_warning, languages_of
from huggingtweets.bases.loading import load_base
from huggingtweets.bases.named import names


def test_every_named_base_says_its_languages():
    """By its name and by its id on the Hub; of a folder or an unknown model nothing is claimed."""
    assert all(languages_of(name) for name in names())
    assert languages_of("starter") == languages_of("openai-community/gpt2@main") == ("en",)
    assert languages_of("somebody/something") == languages_of("./folder") == ()


def test_a_base_of_our_own_says_the_languages_of_its_corpus(tmp_path):
    """They are in pretrained.json; a damaged one says nothing."""
    (tmp_path / "pretrained.json").write_text('{"size": "nano", "languages": ["de"]}')
    assert languages_of(str(tmp_path)) == ("de",)
    (tmp_path / "pretrained.json").write_text('{"size"')
    assert languages_of(str(tmp_path)) == ()


def test_a_loaded_base_carries_its_languages():
    """So that the record and the card of each model say them."""
    assert load_base("starter").base.languages == ("en",)


def test_posts_in_another_language_are_warned_of():
    """The warning names both languages, and a recipe that fits."""
    warning = language_warning("starter", ["en"], ["de"])
    assert "German" in warning
    assert "English" in warning
    assert "--recipe qwen3-0.6b" in warning
    assert languages_of("qwen3-0.6b") == ("many",)
    assert bases.named.recognises("qwen3-0.6b")


@pytest.mark.parametrize(
    ("base", "known", "posts"),
    [
        ("starter", ["en"], ["en"]),
        ("starter", ["en"], [""]),
        ("qwen3-0.6b", ["many"], ["de"]),
        ("llama-3.2-1b", ["de", "en"], ["de"]),
        ("somebody/something", [], ["de"]),
        ("none", [], ["de"]),
    ],
)
def test_nothing_is_said_where_the_languages_fit_or_are_not_known(base, known, posts):
    """A warning that is not needed is not given."""
    assert language_warning(base, known, posts) == ""
