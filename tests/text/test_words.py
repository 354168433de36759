"""Words of posts, to compare these by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from huggingtweets.text import signs, words


@given(st.text("aB9_'#@ -.\n", max_size=60) | st.text(st.characters(codec="ascii"), max_size=60))
def test_words_in_ascii_are_those_of_all_scripts(text):
    """The faster way finds the same: a word of another script behind them changes none of these."""
    assert words(text) == words(f"{text} \u00e9")[:-1]
    assert signs(text) == signs(f"{text} \u00e9")[:-1]


def test_words_are_folded():
    """Case and the kind of apostrophe make no difference, in ASCII or not."""
    assert words("It's RAINING_again, isn't it?") == ["it's", "raining_again", "isn't", "it"]
    assert words("It\u2019s GRO\u00df") == ["it's", "gross"]
