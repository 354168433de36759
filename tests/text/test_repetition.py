"""Posts that repeat themselves are told from posts that say something twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets.text.repetition import is_repetitive


@pytest.mark.parametrize(
    "text",
    [
        "It is a voice. It is a voice that hums, it is a voice that hums, it is a voice that hums and",
        "I will be awesome, I will be awesome, I WILL be awesome",
        "Good day to you! Good day to you! Good day to you!",
        "Это очень хорошо, это очень хорошо, это очень хорошо, правда",
        "今日はいい天気今日はいい天気今日はいい天気ですね",
        "My dream is 3" + "0" * 100,
        "so funny " + "ha" * 16,
        "\U0001f602" * 20,
        "a line\n" + "-- -" * 16,
    ],
)
def test_a_post_that_says_the_same_again_and_again_repeats_itself(text):
    """In any script, whatever the case and the punctuation."""
    assert is_repetitive(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "NO NO NO NO NO NO NO NO",
        "G" + "O" * 15 + "AL" + "!" * 15,
        "hahahahahahahahahahahahahaha",
        "哈哈哈哈哈哈哈哈哈哈",
        "YES YES YES YES YES! It works, after all these years it finally works.",
        "I need you to stay involved, and all that I ask of everybody is that you stay awake.",
        "The needs of the few do not outweigh the needs of the many, which is what they told the few.",
        "First rule of the quiet coach: no calls in the quiet coach. The second rule is about the doors.",
    ],
)
def test_emphasis_and_figures_of_speech_do_not(text):
    """One word said again and again, and a phrase that stands twice in a sentence, are ways of writing."""
    assert not is_repetitive(text)


@given(st.text(), st.integers(4, 9))
def test_what_stands_often_enough_repeats_itself(text, times):
    """Any phrase of three different words and more does, once it is said often; any text is looked at."""
    assert is_repetitive("the lamp is dark " * times)
    is_repetitive(text * times)
