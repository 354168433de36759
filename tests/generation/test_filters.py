"""Text filters: what is copied or private is refused, what is the person's own way of writing is not."""

from __future__ import annotations

import hashlib
import json
import string
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets.errors import ModelError
from huggingtweets.generation.filters import (
    Handles,
    PrivacyFilter,
    filters_for,
    join_filters,
    load_filters,
    load_safety_filters,
)
from huggingtweets.generation.text_generator import Draft, write_drafts
from tests.helpers.measuring import write_filters
from tests.helpers.tiny import tiny_texts

POSTS = [
    f"{text} and that was post number {i} of the {i % 7}th kind" for i, text in enumerate(tiny_texts(300))
]
POSTS += [f"@often says good morning to all of the {i} sailors on deck" for i in range(9)]
POSTS += ["ask @once about the lantern that nobody wanted to buy at the fair"]


@pytest.fixture
def folder(tmp_path):
    later = [f"chapter {i} of something that was never said before by anybody here" for i in range(20)]
    write_filters(POSTS, later, tmp_path)
    return tmp_path


def test_a_copied_run_is_refused(folder):
    """A post from the training posts, whole, in part or with a word changed, is refused; a new one is not."""
    copies, *_ = load_filters(folder)
    copied = "ask @once about the lantern that nobody wanted to buy at the fair"
    assert copies.objection(copied) == "copies a training post"
    assert copies.objection("well then, " + copied.upper() + "!") == "copies a training post"
    assert copies.objection(copied.replace("lantern", "lanterns").replace("wanted", "wants")) != ""
    assert copies.objection("a wholly new sentence about harbours and the price of rope") == ""


@pytest.mark.parametrize(
    ("text", "objection"),
    [
        ("write to me at a.b@example.org", "holds an e-mail address"),
        ("call me on +44 20 7946 0958 today", "holds a phone number"),
        ("call (555) 010-9988-12", "holds a phone number"),
        ("it cost $1,234,567,890 in 2024", ""),
        ("1999 2004 2008 were good years", ""),
        ("hello @often how are you", ""),
        ("hello @OFTEN, how are you", ""),
        ("hello @once how are you", "names somebody's handle"),
        ("hello @nobody@example.org", "names somebody's handle"),
        ("nothing private in here at all", ""),
    ],
)
def test_private_details_are_refused(folder, text, objection):
    """Addresses, phone numbers and handles that are rare in the posts are refused; frequent ones are not."""
    assert load_filters(folder)[1].objection(text) == objection


def test_posts_that_repeat_themselves_are_drawn_again(folder):
    """They are not shown; they guard nobody, so they do not keep a model from being published."""
    text = "it is a voice that hums, it is a voice that hums, it is a voice that hums"
    assert [one.objection(text) for one in load_filters(folder) if one.objection(text)] == ["repeats itself"]
    assert not any(one.objection(text) for one in load_safety_filters(folder))


def test_a_post_that_ends_with_its_beginning_is_drawn_again(folder):
    """`My dream is`, and nothing behind it, is no post; nor is an empty one. A prompt may repeat itself."""
    for prompt, rest in (("My dream is", " a lamp"), ("", "a lamp"), ("ha ha ha ha ha ha ha ha", " ha")):
        drafts, filters = iter([f"{prompt} ", f"{prompt}{rest}"]), filters_for(load_filters(folder), prompt)
        *_, last = write_drafts(lambda _, drafts=drafts: [([next(drafts)], True)], 1, filters)
        assert last.places == (Draft(f"{prompt}{rest}", True),)
        assert last.refused == {"adds nothing to its beginning": 1}


def test_a_beginning_is_refused_only_where_all_posts_are(folder):
    """A whole copy or an address stays what it is, however the post goes on; a few words may go on anyhow."""
    copies, privacy = load_safety_filters(folder)
    post = POSTS[0].split()
    assert copies.objection_to_all(POSTS[0]) == copies.objection(POSTS[0]) == "copies a training post"
    assert privacy.objection_to_all("write to jane.doe@example.org") == "holds an e-mail address"
    assert copies.objection_to_all(" ".join(post[:3])) == ""


def test_a_handle_can_be_allowed(folder):
    """A handle that the user allows may be named, with or without its sign."""
    assert load_filters(folder, allowed=["@Once"])[1].objection("hello @once, how are you") == ""


def test_a_post_that_grows_shows_nothing_that_is_refused(folder):
    """An address is not shown letter by letter, a refused post begins again in its place, the others stay."""

    def sample(count):
        texts = ["write to jane@example.org today", "the sea is calm"] if count == 2 else ["write to nobody"]
        yield from (([text[:at] for text in texts], False) for at in range(40))
        yield texts, True

    shown = list(write_drafts(sample, 2, load_filters(folder)))
    assert not [look for look in shown if "jane" in look.places[0].text]
    assert {"", "write ", "write to "} <= {look.places[0].text for look in shown}
    assert shown[-1].places == (Draft("write to nobody", True), Draft("the sea is calm", True))
    assert shown[-1].refused == {"holds an e-mail address": 1}


def test_scripts_without_spaces_grow_too():
    """What holds no spaces is shown but for its end, which may still change."""
    text = "海は静かだった" * 20
    looks = write_drafts(lambda _: [([text], False), ([text], True)], 1, ())
    assert [look.places[0].text for look in looks] == ["", text[:-32], text]


def test_the_files_hold_no_words(folder):
    """Neither posts nor handles can be read in the files that the filters need."""
    for path in folder.iterdir():
        content = path.read_bytes()
        assert not [word for word in (b"lantern", b"sailors", b"often", b"once") if word in content], (
            path.name
        )


def test_the_same_posts_give_the_same_files(tmp_path):
    """Two models of the same posts have the same files of filters, byte for byte."""
    for name in "ab":
        (tmp_path / name).mkdir()
        write_filters(POSTS[:-20], POSTS[-20:], tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_missing_filters_are_an_error(tmp_path):
    """A model folder without the files of its filters is not used without them."""
    with pytest.raises(ModelError, match="train the model again"):
        load_filters(tmp_path)
    write_filters(POSTS[:50], POSTS[50:60], tmp_path)
    (tmp_path / "handles.json").unlink()
    with pytest.raises(ModelError, match="train the model again"):
        load_filters(tmp_path)


@pytest.mark.parametrize("gone", ["copies-2.safetensors", "handles-2.json"])
def test_a_merged_model_that_lacks_a_file_of_its_filters_is_not_used(folder, tmp_path, gone):
    """Of a folder that was copied in part, the posts of one parent would be filtered by nothing."""
    merged = tmp_path / "merged"
    merged.mkdir()
    join_filters([folder, folder], merged)
    (merged / gone).unlink()
    with pytest.raises(ModelError, match=gone):
        load_filters(merged)


@given(st.text())
def test_any_text_can_be_judged(text):
    """No text makes the filter of private details fail."""
    assert isinstance(PrivacyFilter([Handles(salt="0" * 32, hashes=frozenset())]).objection(text), str)


def test_asking_for_all_short_handles_tells_little():
    """Among all handles of three letters, most that the published set seems to know were never mentioned."""
    letters = string.ascii_lowercase + string.digits
    mentioned = {"qzx", "k7b"}
    known = Handles.familiar([f"good morning @{handle}, day {i}" for handle in mentioned for i in range(9)])
    told = {handle for handle in map("".join, product(letters, repeat=3)) if known.knows(handle)}
    assert mentioned < told
    assert 20 * len(mentioned) < len(told) < len(letters) ** 3 / 100


def test_handles_of_an_earlier_version_are_known(folder):
    """A set with whole hashes, as earlier versions wrote it, is still read."""
    salt = "0123456789abcdef0123456789abcdef"
    whole = hashlib.blake2b(b"ada", digest_size=8, key=salt.encode()).hexdigest()
    (folder / "handles.json").write_text(json.dumps({"salt": salt, "hashes": [whole]}), "utf-8")
    privacy = load_filters(folder)[1]
    assert privacy.objection("hello @ada, how are you") == ""
    assert privacy.objection("hello @eve, how are you") == "names somebody's handle"


@pytest.mark.parametrize("text", [".@once how are you", "hello \uff20once", "hello @on\u200dce"])
def test_a_handle_is_found_in_every_form(folder, text):
    """A dot before it, a full-width sign and invisible characters hide no handle."""
    assert load_filters(folder)[1].objection(text) == "names somebody's handle"


def test_text_glued_to_a_familiar_handle_is_no_part_of_it(folder):
    """Letters of scripts without spaces directly behind a handle do not make it an unknown one."""
    assert load_filters(folder)[1].objection("hello @oftenさん、おはよう") == ""
