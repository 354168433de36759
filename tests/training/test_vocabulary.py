"""The vocabulary of a pretrained base: every text comes back, and posts take few tokens."""

from __future__ import annotations

import pytest

from huggingtweets.training.vocabulary import EMOJI, EOS, extend_vocabulary, learn_vocabulary

POSTS = ["the lamp is lit", "a gull 🙂 on the rail", 'quotes "and" \\ marks', "último día"]


@pytest.fixture(scope="module")
def vocabulary():
    return learn_vocabulary((f"{post} number {i % 97}" for i in range(4000) for post in POSTS[:2]), 1500)


def test_the_end_is_token_zero(vocabulary):
    """And the size is at most what was asked for."""
    assert vocabulary.token_to_id(EOS) == 0
    assert vocabulary.get_vocab_size() <= 1500


def test_every_text_comes_back(vocabulary):
    """Whatever is written, seen before or not."""
    for text in (*POSTS, "新しい投稿 \t~~", EMOJI):
        assert vocabulary.decode(vocabulary.encode(text, add_special_tokens=False).ids) == text


def test_emoji_hashtags_and_mentions_are_cheap(vocabulary):
    """One token for a common emoji, which the corpus lacks; two for a known word after a sign."""
    tokens = [vocabulary.encode(sign, add_special_tokens=False).tokens for sign in ("😂", "👍", "❤️")]
    assert [len(pieces) for pieces in tokens] == [1, 1, 1]
    assert len(vocabulary.encode("#Lamp", add_special_tokens=False).tokens) == 2
    assert len(vocabulary.encode("@Lamp", add_special_tokens=False).tokens) == 2


def test_a_vocabulary_is_gone_on_with():
    """The old tokens keep their numbers, nothing costs more, and every text comes back."""
    first = learn_vocabulary((f"{post} number {i % 97}" for i in range(4000) for post in POSTS[:2]), 500)
    before = first.to_str()
    more = ["Penguins waddle towards the iceberg, 🐧 and penguins dive"] * 50
    extended = extend_vocabulary(first, more, 40)
    assert first.to_str() == before
    old, new = first.get_vocab(), extended.get_vocab()
    assert {token: new[token] for token in old} == old
    assert sorted(new.values()) == list(range(len(old) + 40))
    for text in (*POSTS, *more[:1], "新しい投稿 \t~~", EMOJI):
        ids = extended.encode(text, add_special_tokens=False).ids
        assert extended.decode(ids) == text
        assert len(ids) <= len(first.encode(text, add_special_tokens=False).ids)
    count = [len(which.encode(more[0], add_special_tokens=False).ids) for which in (first, extended)]
    assert count[1] < count[0] / 2


def test_a_vocabulary_gone_on_with_is_the_one_learnt_at_once():
    """Pairs are merged in the order in which the library merges them, but for those that are as common."""
    texts = [f"{post} number {i % 97}" for i in range(400) for post in POSTS[:2]]
    whole, part = learn_vocabulary(texts, 700), learn_vocabulary(texts, 500)
    extended = extend_vocabulary(part, texts, 200)
    same = set(extended.get_vocab()) & set(whole.get_vocab())
    assert len(same) > 0.95 * whole.get_vocab_size()
