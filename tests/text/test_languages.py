"""Languages by their codes and names."""

from __future__ import annotations

import pytest

from huggingtweets.text.languages import language_name


@pytest.mark.parametrize(("code", "name"), [("am", "Amharic"), ("lo", "Laotian"), ("ja", "Japanese")])
def test_languages_that_are_guessed_have_a_name(code, name):
    """Messages, cards and reports name a language as people do."""
    assert language_name(code) == name


def test_a_language_without_a_name_is_its_code():
    """`Gcf` looks like a name, and is none."""
    assert language_name("gcf") == "gcf"
