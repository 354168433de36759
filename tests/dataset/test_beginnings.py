"""How a person often begins a post, in any language, and what the samples of a model begin with."""

from __future__ import annotations

import pytest

from huggingtweets.dataset.beginnings import ENGLISH_PROMPTS, beginnings, prompts

GERMAN = ["Heute singt der Kessel", "Heute singt niemand mit", "Heute singt die Uhr", "Was soll das hier"]


@pytest.mark.parametrize(
    ("texts", "beginning"),
    [
        (GERMAN, "Heute singt"),
        (["Сегодня чайник поёт", "Сегодня чайник молчит", "Сегодня чайник кипит"], "Сегодня чайник"),
        (["今日はとても天気がいい", "今日はまた電車が遅れた", "今日は何もしない"], "今日は"),
        (["आज केतली गाती है", "आज केतली चुप है", "आज केतली उबलती है"], "आज केतली"),
        (["It's not me", "It's not you", "It's not fair"], "It's not"),
    ],
)
def test_a_beginning_is_what_several_posts_share(texts, beginning):
    """Two words, or three letters of scripts without spaces, that three posts begin with."""
    assert beginnings(texts) == [beginning]


@pytest.mark.parametrize(
    "texts",
    [
        ["@anna du hast recht"] * 3,
        ["#kessel singt wieder"] * 3,
        ['"; rm -rf ~ `x` y'] * 3,
        ["2024 wird ein Jahr"] * 3,
        ["Heute singt"] * 3,
        GERMAN[:2],
        [],
    ],
)
def test_nobodys_name_sign_or_whole_post_is_a_beginning(texts):
    """Mentions, hashtags, signs and numbers begin nothing, neither do whole posts or what only two share."""
    assert beginnings(texts) == []


def test_samples_begin_as_the_person_does_in_their_language():
    """Cards in English keep the prompts that all cards have; others get own beginnings, or none."""
    assert prompts(GERMAN, ["en"])[0] == "My dream is"
    assert prompts(GERMAN, [""]) == prompts(GERMAN, []) == prompts(GERMAN, ["de", "en"]) == ENGLISH_PROMPTS
    assert prompts(GERMAN, ["de"]) == ("Heute singt",)
    assert prompts(GERMAN[:2], ["de"]) == ("",)
