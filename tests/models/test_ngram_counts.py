"""The n-gram model: right probabilities, a choice that never sees held-out posts, text, and files."""

from __future__ import annotations

import math
from collections import Counter
from unicodedata import category

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from safetensors.numpy import load_file

from huggingtweets.errors import ModelError, NotEnoughPosts
from huggingtweets.files import sha256
from huggingtweets.files.tensors import save_tensors
from huggingtweets.models.context_tree import END, count_contexts
from huggingtweets.models.ngram_counts import (
    KNESER_NEY,
    MAX_ORDER,
    PLAIN,
    WITTEN_BELL,
    NgramModel,
    choose_order,
    smooth,
)
from tests.helpers.people import timeline

POSTS = [
    "the lamp was lit at seven",
    "the gull sat on the rail 🐦",
    "the lamp was out at nine, the gull was gone",
    "a letter for you, a letter for me",
    "née à Zürich — the lamp, again!",
    "seven letters and no lamp",
]


def model(texts, order, smoothing=KNESER_NEY):
    return NgramModel(smooth(count_contexts(texts, order), smoothing), smoothing)


def padded(texts, order):
    return [bytes([END]) * (order - 1) + text.encode() + bytes([END]) for text in texts]


def used_counts(texts, order, smoothing):
    """Counts of grams of each length; for Kneser-Ney, of the different bytes before the shorter ones."""
    raw = [Counter() for _ in range(order)]
    for post in padded(texts, order):
        for i in range(order - 1, len(post)):
            for k in range(order):
                raw[k][post[i - k : i + 1]] += 1
    if smoothing == WITTEN_BELL:
        return raw
    return [*(Counter(gram[1:] for gram in longer) for longer in raw[1:]), raw[-1]]


def discount(counts, count):
    n = [max(1, sum(c == j for c in counts.values())) for j in range(5)]
    y = n[1] / (n[1] + 2 * n[2])
    j = min(count, 3)
    return min(max(j - (j + 1) * y * n[j + 1] / n[j], 0.05), j - 0.05) if count else 0


def reference(texts, order, smoothing):
    """A slow second implementation from dictionaries: p(byte, context)."""
    used = used_counts(texts, order, smoothing)

    def p(byte, context):
        lower = p(byte, context[1:]) if context else 1 / 256
        counts = used[len(context)]
        after = {gram: count for gram, count in counts.items() if gram[:-1] == context}
        if not after:
            return lower
        total, count = sum(after.values()), after.get(context + bytes([byte]), 0)
        if smoothing == WITTEN_BELL:
            return (count + len(after) * lower) / (total + len(after))
        remainder = sum(discount(counts, count_after) for count_after in after.values())
        return (count - discount(counts, count) + remainder * lower) / total

    return p


@pytest.mark.parametrize("smoothing", [KNESER_NEY, WITTEN_BELL])
@pytest.mark.parametrize("order", [1, 2, 4])
def test_probabilities_are_those_of_a_second_implementation(order, smoothing):
    """Counts, continuation counts, discounts and interpolation are as published."""
    p = reference(POSTS, order, smoothing)
    for text in ["the lamp at sea", "🐦 é", ""]:
        (post,) = padded([text], order)
        expected = -sum(math.log2(p(post[i], post[i - order + 1 : i])) for i in range(order - 1, len(post)))
        assert model(POSTS, order, smoothing).bits([text])[0] == pytest.approx(expected, rel=1e-5)


def test_a_probability_computed_by_hand():
    """Modified Kneser-Ney of "ab", "ab", "ac", worked out on paper for b after a."""
    continuing = (1 - 0.6) / 5 + 0.4 / 256  # 1 of 5 bigram types end in b; D1 = 0.6; 2 of 5 are left over
    expected = (2 - 1.5) / 3 + (1.5 + 1 / 3) / 3 * continuing  # D2 = 1.5, D1 = 1/3
    after = model(["ab", "ab", "ac"], 2).next_bytes(np.array([[END, ord("a")]]))
    assert after[0, ord("b")] == pytest.approx(expected, rel=1e-5)


@given(st.binary(max_size=12).map(list), st.sampled_from([KNESER_NEY, WITTEN_BELL]), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_probabilities_sum_to_one_and_none_is_zero(before, smoothing, order):
    """After any bytes, known or not, something follows, and anything can."""
    latest = np.array([[END] * order + before])
    after = model(POSTS, order, smoothing).next_bytes(latest)
    assert after.sum() == pytest.approx(1, abs=1e-5)
    assert after.min() > 0


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_every_text_has_a_probability(texts):
    """Emoji, other scripts, empty posts: bits are finite, and above none."""
    bits = model(POSTS, 5).bits(texts)
    assert np.isfinite(bits).all()
    assert (bits > 0).all()


def test_what_it_draws_from_is_what_it_scores_by():
    """The bits of a text are those of its bytes drawn one after the other."""
    ngrams = model(POSTS, 4)
    post = bytes([END]) * 4 + b"the gull" + bytes([END])
    probabilities = [
        ngrams.next_bytes(np.array([list(post[i - 4 : i])]))[0, post[i]] for i in range(4, len(post))
    ]
    assert -np.log2(probabilities).sum() == pytest.approx(ngrams.bits(["the gull"])[0], rel=1e-5)


def test_bytes_are_counted_with_one_for_the_end():
    """A model that has learnt nothing gives 8 bits to each byte, and to the post's end."""
    assert NgramModel([], KNESER_NEY).bits(["abé", ""]).tolist() == [40, 8]


def test_order_and_smoothing_are_chosen_on_the_posts_given_for_it():
    """Posts that repeat the training posts want long contexts; others want short ones."""
    learn = [f"number {i} of the {i % 7} bells rings at {i % 5} again" for i in range(60)]
    assert choose_order(learn, learn[:10])[0] > choose_order(learn, ["zz qq ññ", "WHY NOT ???"])[0]


def test_learning_never_sees_more_than_the_training_posts():
    """A held-out post costs the same, whatever other held-out posts there are."""
    ngrams = NgramModel.fit(POSTS * 3)
    assert ngrams.bits([POSTS[0], "other"])[0] == ngrams.bits([POSTS[0]])[0]


def test_the_same_seed_writes_the_same_posts():
    """Posts begin with the prompt, another seed writes others, and sampling settings count."""
    ngrams = NgramModel.fit(POSTS * 5)
    first = ngrams.generate("the ", count=6, seed=1)
    assert first == ngrams.generate("the ", count=6, seed=1)
    assert first != ngrams.generate("the ", count=6, seed=2)
    assert all(text.startswith("the ") for text in first)
    assert len(set(ngrams.generate(count=20, seed=1, sampling=replace(PLAIN, temperature=0.05)))) < 5
    assert len(set(ngrams.generate(count=20, seed=1, sampling=replace(PLAIN, top_p=0.01)))) == 1


def test_no_control_character_is_written():
    """Every byte has a probability, but none that a post cannot have is drawn, however wild the model."""
    ngrams, wild = NgramModel.fit(POSTS * 5), replace(PLAIN, temperature=3.0, max_new_tokens=200)
    written = "".join(ngrams.generate(count=50, seed=1, sampling=wild))
    assert not {char for char in written if category(char) == "Cc" and ord(char) < 128} - {"\t", "\n"}
    assert ngrams.next_bytes(np.full((1, 12), END))[0].min() > 0


def test_it_writes_what_is_likely():
    """Frequencies of drawn first bytes are the probabilities."""
    ngrams = model(["ax", "ay", "bz", "cz"], 3)
    texts = ngrams.generate(count=4000, seed=0)
    p = ngrams.next_bytes(np.full((1, 3), END))[0, ord("a")]
    assert np.mean([text.startswith("a") for text in texts]) == pytest.approx(p, abs=0.03)


def test_a_saved_model_is_the_same_model(tmp_path):
    """Bits and texts are equal after loading, and the file is no pickle."""
    ngrams = NgramModel.fit(POSTS * 4)
    ngrams.save(tmp_path / "ngram.safetensors")
    loaded = NgramModel.load(tmp_path / "ngram.safetensors")
    assert loaded.bits(POSTS).tolist() == ngrams.bits(POSTS).tolist()
    assert loaded.generate(count=3, seed=4) == ngrams.generate(count=3, seed=4)
    assert (loaded.order, loaded.smoothing) == (ngrams.order, ngrams.smoothing)
    assert load_file(tmp_path / "ngram.safetensors")


def test_the_same_posts_make_the_same_file_as_ever(tmp_path):
    """To the byte, however the counting is made faster."""
    NgramModel.fit(POSTS * 3).save(tmp_path / "ngram.safetensors")
    digest = "45c28c41182ff9423778fa0823700228885964e3e1122eda046030d1fd9fdf21"
    assert sha256(tmp_path / "ngram.safetensors") == digest


@pytest.mark.parametrize("content", [None, b"", b"nonsense that is no tensor file", b"\x80\x04."])
def test_a_damaged_file_is_one_clear_error(tmp_path, content):
    """Absent, empty, cut or foreign files name the file and what to do."""
    path = tmp_path / "ngram.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="train it again"):
        NgramModel.load(path)


def test_a_file_of_another_version_is_refused(tmp_path):
    """What a later version wrote is not misread."""
    save_tensors(tmp_path / "m", "huggingtweets n-gram model 99", {}, {"x": np.zeros(1)})
    with pytest.raises(ModelError, match="99"):
        NgramModel.load(tmp_path / "m")


@pytest.mark.parametrize("texts", [[], ["only one"]])
def test_too_few_posts_are_refused(texts):
    """Nothing can be chosen without posts to choose by."""
    with pytest.raises(NotEnoughPosts):
        NgramModel.fit(texts)


@pytest.mark.parametrize("texts", [["same"] * 10, ["😀"] * 10, [""] * 3, ["a", "b"]])
def test_odd_posts_still_make_a_model(texts):
    """Identical, empty, emoji-only or two posts: probabilities still sum to one."""
    ngrams = NgramModel.fit(texts)
    assert ngrams.order <= MAX_ORDER
    assert ngrams.next_bytes(np.full((1, ngrams.order), END)).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("handle", "limit"), [("BarackObama", 1.7), pytest.param("realDonaldTrump", 2.1, marks=pytest.mark.slow)]
)
def test_it_is_a_baseline_worth_beating(persona, handle, limit):
    """On a real timeline it comes close to what was measured when it was made: 1.61 and 2.02."""
    train, held_out = timeline(persona(handle))
    ngrams = NgramModel.fit(train)
    bits = ngrams.bits(held_out).sum() / sum(len(text.encode()) + 1 for text in held_out)
    assert limit - 0.15 < bits < limit
