"""Words of posts, to compare these by."""

from __future__ import annotations

import re
from string import punctuation

from hypothesis import given
from hypothesis import strategies as st

from huggingtweets.text import normalized, signs, words


@given(st.text("aB9_'#@ -.\n", max_size=60) | st.text(st.characters(codec="ascii"), max_size=60))
def test_words_in_ascii_are_those_of_all_scripts(text):
    """The faster way finds the same: a word of another script behind them changes none of these."""
    assert words(text) == words(f"{text} \u00e9")[:-1]
    assert signs(text) == signs(f"{text} \u00e9")[:-1]


@given(st.text("aB9_'#@ -.\n\x1c", max_size=60) | st.text(max_size=60))
def test_normalized_texts_differ_in_more_than_case_punctuation_and_white_space(text):
    """Both ways, that for ASCII and that for all else, give what a single pattern replaces."""
    plain = re.sub(rf"[\s{re.escape(punctuation)}]+", " ", text.casefold()).strip()
    assert normalized(text) == (plain or text)
    assert normalized(f"\u00e9 {text}") == f"\u00e9 {plain}".strip()


def test_words_are_folded():
    """Case and the kind of apostrophe make no difference, in ASCII or not."""
    assert words("It's RAINING_again, isn't it?") == ["it's", "raining_again", "isn't", "it"]
    assert words("It\u2019s GRO\u00df") == ["it's", "gross"]
