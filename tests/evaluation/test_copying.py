"""Copies are found exactly, and by the index without the posts."""

from __future__ import annotations

import itertools
import random
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from huggingtweets.errors import ModelError
from huggingtweets.evaluation import intervals
from huggingtweets.evaluation.copies import (
    LONGEST,
    SAMPLE_WORDS,
    SHORTEST,
    Originals,
    as_long_as_samples,
    copied,
    more_by_chance,
    near,
    own_run,
    watch,
)
from huggingtweets.evaluation.questions import copying
from huggingtweets.files.tensors import save_tensors
from huggingtweets.generation.copy_index import FORMAT, CopyIndex, people_of
from huggingtweets.results import COPIED_RUN, MODEL, OWN
from huggingtweets.results.drawings import ReportContext
from huggingtweets.text import REPEATED, normalized, words
from tests.helpers.measuring import material
from tests.helpers.people import sample, shuffled, timeline

POSTS = st.lists(st.lists(st.sampled_from("abc"), max_size=9).map(" ".join), min_size=1, max_size=5)


def longest_run(text, originals):
    """By trying every part of the text in every post."""
    asked = words(text)
    parts = [asked[i:j] for i in range(len(asked)) for j in range(i + 1, len(asked) + 1)]
    learnt = [words(post) for post in originals]
    return max((len(p) for p in parts if any(within(p, post) for post in learnt)), default=0)


def within(part, post):
    return any(post[i : i + len(part)] == part for i in range(len(post)))


def jaccard(a, b):
    left, right = ({t[i : i + 5] for i in range(max(1, len(t) - 4))} for t in (normalized(a), normalized(b)))
    return len(left & right) / len(left | right)


@given(POSTS, POSTS)
@settings(max_examples=150, deadline=None)
def test_the_longest_run_is_exact(train, texts):
    """Lengthening shared runs finds what trying every part finds; no run crosses from post to post."""
    assert Originals(train).longest_runs(texts).tolist() == [longest_run(text, train) for text in texts]


def test_case_punctuation_and_apostrophes_hide_no_copy():
    """A copy with other marks is a copy."""
    originals = Originals(["Well, I don't know -- what do YOU think of this?"])
    assert originals.longest_runs(["well i don\u2019t know... what do you think of this!"]) == [10]


def test_scripts_without_spaces_have_words_to_count():
    """Each Chinese or Japanese letter counts as a word."""
    assert Originals(["今日はとても良い天気ですね"]).longest_runs(["今日はとても寒い"]) == [6]


def test_nearest_is_the_true_jaccard_similarity():
    """Every pair is compared as sets of character 5-grams would compare it."""
    train, held_out = sample()
    texts = [*held_out[:20], train[3] + " again", "", "😀", train[5].upper()]
    originals = Originals(train[:80])
    for text, match in zip(texts, originals.nearest(texts), strict=True):
        expected = [jaccard(text, post) for post in train[:80]]
        assert match.similarity == pytest.approx(max(expected))
        assert expected[match.position] == pytest.approx(max(expected))


@pytest.mark.parametrize("threshold", [0.7, 0.8, 0.95])
def test_near_posts_are_those_that_a_comparison_with_all_finds(threshold):
    """Though few are compared: also of texts that have unknown shingles, or hardly any."""
    train, held_out = sample()
    changed = [
        text[: len(text) * cut // 20] + "qqq" * (cut % 3) for cut in range(13, 21) for text in train[:40]
    ]
    texts = [*changed, *held_out[:200], "", "😀", train[5].upper()]
    originals = Originals(train)
    near_posts = originals.near(texts, threshold).tolist()
    assert near_posts == [match.similarity >= threshold for match in originals.nearest(texts)]
    assert 20 < sum(near_posts) < len(texts) - 50
    assert Originals([]).near(["some words here"]).tolist() == [False]


def test_few_pairs_of_posts_are_compared_where_all_share_their_rarest_parts():
    """Posts of other lengths, or with little in common, are no candidates, however often parts recur."""
    words = ["kumo", "hana", "tori", "yama", "kawa", "mizu", "kaze", "yuki"]
    posts = [" ".join(order[:length]) for order in itertools.permutations(words) for length in (3, 8)][::200]
    originals = Originals(posts)
    texts = posts[:60]
    text, post = originals._candidates(*originals._held(texts), 0.8)
    alike = {(i, j) for i, a in enumerate(texts) for j, b in enumerate(posts) if jaccard(a, b) >= 0.8}
    assert alike <= set(zip(text.tolist(), post.tolist(), strict=True))
    assert len(text) < 0.1 * len(texts) * len(posts)


def test_a_model_that_copies_is_seen_and_one_that_shuffles_is_not():
    """Shares of copied posts are 1 and 0; the person's own rate lies between."""
    train, held_out = sample()
    originals = Originals(train)
    long = [text for text in train if len(words(text)) >= COPIED_RUN]
    assert copied(originals, long).value == 1
    assert near(originals, train).value == 1
    assert copied(originals, shuffled(long)).value < 0.01
    assert 0 < copied(originals, held_out).value < 0.1


def test_copying_begins_where_the_interval_leaves_the_persons_own():
    """A rate a little above the person's is no news, a rate far above is."""
    own = intervals.share(3, 200)
    assert more_by_chance(intervals.share(5, 200), own) > 0.05
    assert more_by_chance(intervals.share(30, 200), own) < 0.001


def test_a_watch_says_when_copying_begins():
    """Beside what the person repeats by themselves, copies are a sign, and their own posts are none."""
    train = [f"day {i} was like this and so on it went until the evening of day {i}" for i in range(100)]
    held_out = [f"thought number {i} that was never before put in words here" for i in range(60)]
    sign = watch(train, held_out)
    assert sign(train[:64]).begun
    assert sign(train[:64]).rate.value == 1
    assert not sign(held_out).begun
    assert sign(held_out).own == sign(train[:64]).own
    assert not watch(train, [])(train[:64]).begun  # nothing says how much is natural


def long_posts(count, seed):
    """Posts of 600 words, each with a habit of the person's of 10 words somewhere."""
    rng = random.Random(seed)
    for _ in range(count):
        filler = [f"w{rng.randrange(10**9)}" for _ in range(590)]
        at = rng.randrange(len(filler))
        yield " ".join([*filler[:at], "as I always say to those who will hear it", *filler[at:]])


def test_posts_longer_than_samples_hide_no_copies():
    """A model of long posts that copies in half of its short samples is seen: as much of posts is read."""
    train, held_out = list(long_posts(150, seed=0)), list(long_posts(150, seed=1))
    copies = [" ".join(text.split()[:48]) for text in train[:32]]
    samples = [*copies, *(f"something new {number}" for number in range(32))]
    assert copied(Originals(train), held_out).value == 1
    assert watch(train, held_out, longest=64)(samples).begun
    answer = copying.measure(material(train, {MODEL: samples, OWN: held_out}), seed=0)
    assert answer.copied.ceiling.value < 0.3
    assert answer.copied.model.above(answer.copied.ceiling)
    assert answer.own_run == own_run(Originals(train), held_out)
    short = [text for post in held_out for text in (" ".join(post.split()[:SAMPLE_WORDS]), "Just, this! 😀")]
    assert as_long_as_samples(short) == short


def test_more_by_chance_is_the_share_of_all_ways_to_deal_the_copies():
    """It is counted out: the share of deals of the copies to both groups that give the model as many."""
    posts = [True] * 3 + [False] * 5  # the first four are the model's
    dealt = [sum(posts[i] for i in places) for places in itertools.combinations(range(8), 4)]
    expected = sum(hits >= 2 for hits in dealt) / len(dealt)
    assert more_by_chance(intervals.share(2, 4), intervals.share(1, 4)) == pytest.approx(expected)
    assert more_by_chance(intervals.share(1, 32), intervals.share(0, 280)) == pytest.approx(32 / 312)


@pytest.mark.parametrize("runs", [150, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "rate",
    [pytest.param(rate, marks=() if rate == 0.02 else pytest.mark.slow) for rate in (0.004, 0.02, 0.05, 0.2)],
)
def test_a_model_that_copies_as_the_person_does_is_hardly_ever_stopped(rate, runs):
    """Over all looks of a run, copying is found by chance in at most one of twenty runs."""
    rng, looks = random.Random(0), 5
    post = "one two three four five six seven eight nine"

    def posts(count):
        return [post if rng.random() < rate else f"something else {n}" for n in range(count)]

    def stops():
        sign = watch([post], posts(280), looks=looks)
        for _ in range(looks):
            few = posts(32)
            if sign(few).suspected and sign([*few, *posts(128)]).begun:
                return True
        return False

    assert sum(stops() for _ in range(runs)) <= 0.05 * runs


@pytest.mark.parametrize(("held_out", "expected"), [([], COPIED_RUN), (["nothing of the kind"], SHORTEST)])
def test_the_guarded_run_without_repetition(held_out, expected):
    """No posts to tell by give the usual run; a person who never repeats themselves the shortest."""
    assert own_run(Originals(["a b c d e f g h i j k l m n o p q"]), held_out) == expected


def test_the_guarded_run_is_what_the_person_hardly_repeats():
    """The run is the first that at most 1 in 100 held-out posts shares, and never longer than 15."""
    post = "a b c d e f g h i j k l m n o p q"
    assert own_run(Originals([post]), [post] * 100) == LONGEST
    train, held_out = sample()
    held_out = held_out * 2  # 1 in 100 of fewer is none
    runs = Originals(train).longest_runs(held_out)
    run = own_run(Originals(train), held_out)
    assert (runs >= run).mean() <= 0.01 < (runs >= run - 1).mean()


def test_one_of_few_held_out_posts_does_not_loosen_the_run():
    """Of 40 posts one that repeats an earlier one says nothing of 1 in 100; of 100 posts it is allowed."""
    originals = Originals(["a b c d e f g h i j k l m n o p q"])
    repeated, other = "a b c d e f g h i j k l m n", "something else altogether"
    assert own_run(originals, [repeated, *[other] * 39]) == COPIED_RUN
    assert own_run(originals, [repeated, *[other] * 99]) == SHORTEST
    assert own_run(originals, [other] * 40) == SHORTEST


@given(POSTS, POSTS, st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_the_index_finds_every_copied_run_and_nothing_else(train, texts, run):
    """What it finds in a text is what is made of runs from the posts, word for word."""
    index = CopyIndex.build(train, run)
    for text in texts:
        asked = text.split()
        hits = {
            i
            for i in range(len(asked) - run + 1)
            if any(within(asked[i : i + run], p.split()) for p in train)
        }
        copies = index.find(text)
        assert {i for part in copies for i in starts(text, part, run)} == hits
        assert all(part.words == len(text[part.start : part.end].split()) for part in copies)


def starts(text, part, run):
    first = len(text[: part.start].split())
    return range(first, first + part.words - run + 1)


def test_the_index_says_where_the_copy_is():
    """Places are those of the text as written, so that it can be shown or cut."""
    index = CopyIndex.build(["Mind the gap between the doors, please."], 4)
    text = "Oh! Always MIND THE GAP; between lifts"
    (copy,) = index.find(text)
    assert text[copy.start : copy.end] == "MIND THE GAP; between"
    assert copy.words == 4


def test_near_copies_are_known_without_the_posts():
    """The estimate is near the true similarity, 1 for the post itself, low for what is new."""
    train, held_out = sample()
    index = CopyIndex.build(train, COPIED_RUN)
    assert all(index.similarity(text) == 1 for text in train[:50])
    changed = [text[: len(text) * 9 // 10] for text in train[:100]]
    for text, true in zip(changed, Originals(train).nearest(changed), strict=True):
        assert index.similarity(text) == pytest.approx(true.similarity, abs=0.15)
    assert not any(index.is_near_copy(text) for text in held_out)
    assert index.is_near_copy(train[7].upper() + "!!")


def test_the_file_holds_hashes_and_no_text(tmp_path):
    """No word of the posts is in the file, and equal posts hash differently under another key."""
    train, _ = sample()
    CopyIndex.build(train, COPIED_RUN).save(tmp_path / "one")
    CopyIndex.build([*train, "one more post"], COPIED_RUN).save(tmp_path / "two")
    content = (tmp_path / "one").read_bytes().lower()
    long = {word for text in train for word in words(text) if len(word) >= 6}
    assert len(long) > 100
    assert not [word for word in long if word.encode() in content]
    one, two = load_file(tmp_path / "one"), load_file(tmp_path / "two")
    assert not np.isin(one["runs"], two["runs"]).any()
    assert {name: tensor.dtype.name for name, tensor in one.items()} == {
        "runs": "uint64",
        "signatures": "uint64",
    }


def test_the_bits_of_a_signature_tell_no_shingle():
    """A shingle that is in a post agrees with the post's bits hardly more than one that is not."""
    train, _ = sample()
    index = CopyIndex.build(train, COPIED_RUN)
    post = max(train, key=len)

    def bits(text):
        return np.unpackbits(index._all_signatures([text]).view(np.uint8))

    rng = random.Random(0)
    inside = [normalized(post)[i : i + 5] for i in rng.sample(range(len(normalized(post)) - 5), 50)]
    outside = ["".join(rng.choice("etaoinshrdlu ") for _ in range(5)) for _ in range(50)]
    agreed = [
        np.mean([(bits(shingle) == bits(post)).mean() for shingle in side]) for side in (inside, outside)
    ]
    assert agreed == pytest.approx([0.5, 0.5], abs=0.02)


def test_the_index_is_the_same_each_time_and_after_loading(tmp_path):
    """The same posts give the same bytes; a loaded index answers as the built one."""
    train, held_out = sample()
    for name in ("one", "two"):
        CopyIndex.build(train, 9).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    loaded, built = CopyIndex.load(tmp_path / "one"), CopyIndex.build(train, 9)
    assert loaded.run == 9
    for text in (*held_out, *train[:20]):
        assert loaded.find(text) == built.find(text)
        assert loaded.similarity(text) == built.similarity(text)


@pytest.mark.parametrize("content", [None, b"", b"no tensors here", b"\x80\x04K\x01."])
def test_a_damaged_index_is_one_clear_error(tmp_path, content):
    """Absent, empty, foreign files and pickles are refused, with what to do."""
    if content is not None:
        (tmp_path / "index").write_bytes(content)
    with pytest.raises(ModelError, match="train the model again"):
        CopyIndex.load(tmp_path / "index")


def test_an_index_of_another_version_is_refused(tmp_path):
    """What a later version wrote is not misread."""
    save_tensors(tmp_path / "index", "huggingtweets copy index 99", {}, {"runs": np.zeros(1)})
    with pytest.raises(ModelError, match="index 99"):
        CopyIndex.load(tmp_path / "index")


def test_whose_an_index_is_is_said_without_reading_it_all(tmp_path):
    """What forgets somebody asks every index of this machine."""
    large = {"hashes": np.zeros(2_000_000, np.uint64)}
    save_tensors(tmp_path / "index", FORMAT, {"people": "ada"}, large)
    assert people_of(tmp_path / "index") == "ada"
    tracemalloc.start()
    people_of(tmp_path / "index")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("train", [[], [""], ["😀"], ["one"]])
def test_little_to_copy_from_is_no_error(train):
    """Posts without words, or none: nothing is copied, and only the post itself is near."""
    originals, index = Originals(train), CopyIndex.build(train, 8)
    assert originals.longest_runs(["some words here", ""]).tolist() == [0, 0]
    assert len(originals.nearest(["some words here", ""])) == 2
    assert index.find("some words here and some more of them") == []
    assert index.similarity("some words here and some more of them") < 0.3


def test_measuring_keeps_no_text():
    """The figures of copying name lengths and shares, never what was copied."""
    train, held_out = sample()
    answer = copying.measure(material(train, {MODEL: train[:20], OWN: held_out}), seed=0)
    assert answer.longest["model"] == max(len(words(text)) for text in train[:20])
    assert answer.copied.model.value > answer.copied.ceiling.value
    assert answer.shares["own"][COPIED_RUN] == answer.copied.ceiling.value
    assert not any(text in repr(answer) for text in train)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("handle", "share", "run"), [("BarackObama", 0.054, 11), ("realDonaldTrump", 0.0148, 9)]
)
def test_people_repeat_themselves_as_much_as_was_measured(persona, handle, share, run):
    """The ceilings of the two real timelines are those that were reported."""
    train, held_out = timeline(persona(handle))
    originals = Originals(train)
    assert copied(originals, held_out).value == pytest.approx(share, abs=0.0005)
    assert own_run(originals, held_out) == run


def test_what_the_person_repeats_is_counted_before_repeats_are_dropped():
    """Held-out posts hold no repeats, since cleaning dropped them: the funnel says how many there were."""
    train, held_out = sample()
    known = material(train, {MODEL: train[:40], OWN: held_out})
    answer = copying.measure(replace(known, repeats=(30, 300)), seed=0)
    assert answer.near.ceiling == intervals.share(30, 300)
    assert "of all that @ada wrote, before repeats were dropped, 10 in 100 do" in answer._near_sentence(
        "@ada"
    )
    unknown = copying.measure(known, seed=0)
    assert unknown.near.ceiling == near(known.originals, held_out, REPEATED)


def test_whole_posts_are_counted_by_the_threshold_of_cleaning():
    """A post that cleaning would not have dropped as a repeat is none of the model's either."""
    train, held_out = sample()
    originals = Originals(train)
    cuts = [post[: len(post) * share // 100] for post in train for share in (72, 75, 78, 85, 95)]
    texts = [text for text, is_near in zip(cuts, originals.near(cuts), strict=True) if is_near]
    between = [one.similarity < REPEATED for one in originals.nearest(texts)]
    assert 0 < sum(between) < len(texts)
    answer = copying.measure(material(train, {MODEL: texts, OWN: held_out}), seed=0)
    assert answer.near.model.value == pytest.approx(1 - sum(between) / len(texts))
    [method] = answer.methods(ReportContext(who="@ada"))
    assert f"similarity of {REPEATED} or more, from which on cleaning drops one of two posts" in method.text


PRIVATE = [
    "Call me on 020 7946 0958 before you come to the harbour with the long ladder",
    "The gull on the rail has eaten my letter and the stamp that was on it today",
    "Short post of mine",
]


def test_a_published_index_finds_long_copies_only():
    """It finds a run of eight words; short runs, numbers and whole posts cannot be asked for."""
    exact, published = CopyIndex.build(PRIVATE, 6), CopyIndex.publish(PRIVATE, 6)
    assert [part.words for part in published.find(f"so {PRIVATE[1]}!")] == [17]
    assert exact.find("Short post of mine") == published.find("Short post of mine") == []
    assert exact.find("eaten my letter and the stamp")
    assert not published.find("eaten my letter and the stamp")
    assert exact.similarity(PRIVATE[1]) == pytest.approx(1.0)
    assert published.similarity(PRIVATE[1]) == 0


def test_a_number_cannot_be_tried_out():
    """The words around a phone number do not lead to it: the right one looks like all others."""
    exact, published = CopyIndex.build(PRIVATE, 6), CopyIndex.publish(PRIVATE, 6)
    right = "Call me on 020 7946 0958 before you come"
    assert exact.find(right)
    assert not published.find(right)


def test_a_published_index_says_yes_to_some_wrong_guesses():
    """One wrong guess of some hundreds is taken for a copy, so that a yes proves nothing."""
    rng = random.Random(0)
    known, other = (
        ["".join(rng.choices(letters, k=6)) for _ in range(500)] for letters in ("abcde", "fghij")
    )
    posts = [" ".join(rng.choice(known) for _ in range(30)) for _ in range(200)]
    guesses = [" ".join(rng.choice(other) for _ in range(8)) for _ in range(20_000)]
    index = CopyIndex.publish(posts, 8)
    taken = sum(bool(index.find(guess)) for guess in guesses)
    assert 20_000 / 1024 < taken < 20_000 / 128
    exact = CopyIndex.build(posts, 8)
    assert not any(exact.find(guess) for guess in guesses)


def test_both_kinds_are_read_again(tmp_path):
    """What was saved finds the same, and the published file has no signature of a post."""
    for index in (CopyIndex.build(PRIVATE, 6), CopyIndex.publish(PRIVATE, 6)):
        index.save(tmp_path / "index")
        loaded = CopyIndex.load(tmp_path / "index")
        assert loaded.exact == index.exact
        assert loaded.find(PRIVATE[1]) == index.find(PRIVATE[1]) != []
    assert set(load_file(tmp_path / "index")) == {"runs"}
