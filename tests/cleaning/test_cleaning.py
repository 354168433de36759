"""Cleaning: what is removed from a post, which posts are dropped, and that each of them is counted."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from huggingtweets.cleaning import CleaningRules, clean, clean_text, duplicates
from huggingtweets.cleaning.duplicates import repeats
from huggingtweets.cleaning.languages import is_in_language
from huggingtweets.cleaning.rules import is_short
from huggingtweets.cleaning.text import (
    _CLOSING,
    INVISIBLE,
    LINK,
    REST_OF_LINK,
    folded,
    without_invisible,
    without_leading_mentions,
    without_links,
)
from huggingtweets.errors import UserError
from huggingtweets.text import normalized
from huggingtweets.text.private import without_private_details
from huggingtweets.types import PostKind, Reason
from tests.conftest import post
from tests.helpers.tiny import varied_texts

ANY_POSTS = st.lists(
    st.tuples(st.text(), st.sampled_from(PostKind), st.none() | st.sampled_from(["en", "fr", "en-GB"])),
    max_size=30,
)
TRICKY = (
    *("https://t.co/a", "HTTP:", "://", "WWW.", "xwww.a", "Pic.Twitter.com/a", ".com/", "@", "a.b@c", ".org"),
    *("-", "word", "\u200b", "\x1f", "\x85", " ", "  ", "\n", "\u00a0", "é", "\u0130", "\U0001f642"),
)
ANY_TEXT = st.lists(st.sampled_from(TRICKY) | st.text(max_size=3), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://t.co/abc now", "see   now"),
        ("https://a.b/c?d=e#f", " "),
        ("two www.example.org/x links HTTP://X.Y", "two   links  "),
        ("pic.twitter.com/abc", " "),
        ("no link: http and www", "no link: http and www"),
        ("see [this kettle](https://a.b/k), it sings", "see this kettle, it sings"),
        ('![a cat](https://a.b/c_(d).png "my cat") sat', "a cat sat"),
        ("[one](https://a.b) and [two](http://c.d/e)", "one and two"),
        ("[https://a.b](https://a.b)", " "),
        ("I like it (https://a.b/c) a lot", "I like it  a lot"),
        ("(look https://a.b/c), it sings :)", "(look), it sings :)"),
        ("((https://a.b/c))", ""),
        ("up <https://a.b/c> last night", "up  last night"),
        ("[https://a.b/c] hi", " hi"),
        ('"https://…" ends', " ends"),
        ('"https://a.b/c", ~~https://a.b/c_d~~, `https://a.b` end', ", ,  end"),
        ("||https://a.b/c|| **https://a.b**, _https://a.b/c_d_ (*https://a.b*) end", " ,   end"),
        ("\u201chttps://a.b\u201d \u201ehttps://a.b\u201c \xabhttps://a.b\xbb end", "   end"),
        ("[see https://a.b] and {https://a.b/?x[]=1&y={z}}", "[see] and "),
        ('he said "look" https://a.b "so"', 'he said "look"   "so"'),
        ("one<https://a.b>two", "one two"),
        ("https://a.b/c(I think so) and https://a.b/c(d[e])", " (I think so) and  "),
        ("see [this](<https://a.b/c>), it sings", "see this, it sings"),
        ("(https://a.b)(https://c.d) two", " two"),
        ("(see https://a.b, https://c.d)https://e.f", "(see) "),
        ("https://en.example/wiki/Kettle_(song) sings", "  sings"),
        ("(see https://en.example/wiki/Kettle_(song))", "(see)"),
        ("[no](/r/link) but https://a.b", "[no](/r/link) but  "),
        ("[a list] (of https://a.b", "[a list] (of  "),
        ("https://a.b/?q=(one two", "  two"),
        ("https://a.b/?q=(one) https://a.b/x_[1 two", "    two"),
        ("https://a.b/c(I think so", " (I think so"),
        ("https://a.b/c(1234\u2026 two", "  two"),
    ],
)
def test_links_are_removed_and_nothing_else(text, expected):
    """A link is removed whole, words that only look like one stay, and no bracket of a link is left alone."""
    assert without_links(text) == expected


@given(ANY_TEXT)
def test_no_link_is_left_behind_a_bracket(text):
    """Whatever is given back of one link, no other one is in it."""
    assert not LINK.search(without_links(text.replace("word", "(https://t.co/a)")))


@pytest.mark.parametrize(
    "unit",
    [
        *("(", "[", "<", "*", "(https://a.b)", "<https://a.b> ", "https://a.b/c ", "https://a.b( "),
        *("https://a.b/?q=(", "www.\u3042.", "https://\u3042.a-", "https://a\u2764", "https://a.b/c\u2019"),
    ],
)
def test_long_texts_with_links_take_no_more_than_their_length(unit):
    """Links in many brackets, many links, and links of many brackets: it ends."""
    opened = unit * (200_000 // len(unit))
    without_links(f"{opened}https://a.b{opened}{')' * 200_000}")
    LINK.sub(" ", opened)


@given(ANY_TEXT)
def test_cheap_checks_change_nothing(text):
    """The cheap checks before each function do not change its result."""
    link = re.compile(r"(?:https?://|\bwww\.|\bpic\.twitter\.com/)" + REST_OF_LINK, re.IGNORECASE)
    if not set(text) & {*_CLOSING, *"([{"}:  # what closes a bracket is given back
        assert without_links(text) == link.sub(" ", text)
    assert without_invisible(text) == INVISIBLE.sub("", text)
    assert folded(text) == " ".join(text.split())
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert folded(text, keep_line_breaks=True) == "\n".join(filter(None, lines))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to a.b+c@mail.example.org now", "write to   now"),
        ("(me@example.org)", "( )"),
        ("ask @me@example.org, or @me, not me@home", "ask @me@example.org, or @me, not me@home"),
    ],
)
def test_addresses_are_removed_and_mentions_stay(text, expected):
    """E-mail addresses are removed; mentions on other servers, which look alike, stay."""
    assert without_private_details(text) == expected


def test_no_address_is_kept_or_shown_as_an_example():
    """Neither kept posts nor examples of dropped ones have e-mail addresses."""
    cleaned = clean(
        [post("you can write to me@example.org at any time", 1), post("me@example.org please", 2)]
    )
    assert "example.org" not in str(cleaned)
    assert [p.text for p in cleaned.posts] == ["you can write to at any time"]


def test_numbers_and_keys_are_removed_and_their_posts_counted():
    """A kept post loses what is private and is counted; an address in a link goes with the link."""
    cleaned = clean(
        [
            post("call me on 020 7946 0958 at any time", 1),
            post("my key is ghp_16C7e42F292c6912E7710c838347Ae178B4a, take it", 2),
            post("nothing to see here, in 2019-2020", 3),
            post("read all about it at https://example.org/16C7e42F292c6912E7710c838347Ae178B4a", 4),
        ]
    )
    assert [p.text for p in cleaned.posts] == [
        "call me on at any time",
        "my key is , take it",
        "nothing to see here, in 2019-2020",
        "read all about it at",
    ]
    assert cleaned.with_private_details == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@a @b_2 thank you @c", " thank you @c"),
        ("@me.bsky.social and @you@example.org", " and @you@example.org"),
        ("@you@example.org, yes", " yes"),
        ("thank you @a", "thank you @a"),
        ("@", "@"),
        ("@a's dog", "@a's dog"),
    ],
)
def test_only_leading_mentions_are_removed(text, expected):
    """Mentions at the beginning are removed; mentions inside a sentence stay."""
    assert without_leading_mentions(text) == expected


def test_only_replies_lose_leading_mentions():
    """Leading mentions are removed from replies only."""
    assert clean_text(post("@a is here today", kind=PostKind.ORIGINAL)) == "@a is here today"
    assert clean_text(post("@a is here today", kind=PostKind.REPLY)) == "is here today"


def test_white_space_is_folded_and_line_breaks_kept_on_request():
    """Any white space becomes one space; if line breaks are kept, empty lines are still removed."""
    text = " one\t two\u00a0\n\n  three \r\nfour "
    assert folded(text) == "one two three four"
    assert folded(text, keep_line_breaks=True) == "one two\nthree\nfour"


@pytest.mark.parametrize("blank", "\u115f\u1160\u2800\u3164\uffa0\ufffc")
def test_characters_that_look_like_spaces_become_spaces(blank):
    """A post of nothing else has no words, and a line of them is an empty line."""
    cleaned = clean(
        [post(f"{blank}my{blank}{blank} kettle sings{blank}", 1), post(f"{blank} {blank}" * 9, 2)]
    )
    assert [kept.text for kept in cleaned.posts] == ["my kettle sings"]
    assert clean_text(post(f"one\n{blank}\ntwo", 1), keep_line_breaks=True) == "one\ntwo"


@pytest.mark.parametrize("space", "\x0b\x0c\x1c\x1d\x1e\x1f\x85")
def test_control_characters_that_are_spaces_part_words(space):
    """As vertical tabs, which word processors write for a line break within a paragraph."""
    text = f"one{space}two three"
    assert clean_text(post(text)) == "one two three"
    assert clean_text(post(text), keep_line_breaks=True).split() == ["one", "two", "three"]


def test_emoji_stay_when_invisible_characters_are_removed():
    """Control characters are removed; the joiners and selectors of emoji stay."""
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f"
    assert without_invisible(f"\x07a\u200b{family}\ufeff") == f"a{family}"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("one two", True),
        ("one two three", False),
        ("one two #three @four https://five.six", True),
        ("wow ! ! ! ?", True),
        ("I am here", False),
        ("今日はとても良い天気", False),
        ("はい", True),
        ("", True),
    ],
)
def test_short_posts_are_those_of_fewer_than_three_words(text, short):
    """Links, mentions, hashtags and punctuation are no words; scripts without spaces count by letters."""
    assert is_short(text) is short


def test_language_follows_the_place_and_then_the_text():
    """The declared language decides; without it only a certain guess drops a post."""
    assert is_in_language("bonjour tout le monde", "en-GB", "en")
    assert not is_in_language("hello to all of you", "fr", "en")
    assert not is_in_language("Bonjour tout le monde, je suis très heureux d'être ici ce matin", None, "en")
    assert is_in_language("ok lol", None, "en")


def test_an_unknown_language_is_an_error():
    """An unknown language is refused in one short line, with the code of the one that was meant."""
    mistyped = {"englsh": "en", "enn": "en", "German": "de", "pt-BR": "pt", "ga_IE": "ga", "jpa": "ja"}
    for typed, meant in mistyped.items():
        with pytest.raises(UserError, match=f"^language '{typed}' is not known; .*did you mean '{meant}'\\?"):
            CleaningRules(lang=typed)
    with pytest.raises(UserError, match=r"^language 'xx' is not known; give its code [^;]+$"):
        CleaningRules(lang="xx")


def test_duplicates_are_found_by_their_words():
    """Posts that differ in case, spaces and punctuation are duplicates; another number is a new post."""
    assert repeats(["Good morning, all of you", "good  morning all of you!"]) == [None, Reason.DUPLICATE]
    assert repeats(["It is 7 o'clock now", "It is 8 o'clock now"]) == [None, None]


def test_near_duplicates_are_checked_and_not_only_hashed():
    """A post with one word changed is dropped; a post on the same subject in other words stays."""
    first = "the lighthouse lamp was lit at seven in the evening as it has been every evening since spring"
    changed = first.replace("seven", "eight")
    other = "at seven in the evening nobody lit the lamp of the lighthouse and the ships were cross about it"
    assert repeats([first, changed, other]) == [None, Reason.NEAR_DUPLICATE, None]


def test_no_near_duplicate_is_missed():
    """The near-duplicates are those that a comparison of all pairs finds."""
    words = [
        "sea",
        "lamp",
        "évening",
        "night",
        "of",
        "the",
        "and",
        "very",
        "ships",
        "🙂",
        "今日は",
        "2020",
        "a",
    ]
    rng = random.Random(0)
    texts = [" ".join(rng.choices(words, k=rng.randrange(1, 30))) for _ in range(250)]
    for text in list(texts):
        changed = text.split()
        changed[rng.randrange(len(changed))] = rng.choice(words)
        texts.append(" ".join(changed))
    near = {
        normalized(text)
        for text, reason in zip(texts, repeats(texts), strict=True)
        if reason is Reason.NEAR_DUPLICATE
    }
    assert near == _near_duplicates(texts)
    assert len(near) > 50


def _near_duplicates(texts):
    near, remaining = set(), []
    for text in dict.fromkeys(map(normalized, texts)):
        shingles = {text[i : i + 5] for i in range(max(1, len(text) - 4))}
        if any(len(shingles & other) >= 0.8 * len(shingles | other) for other in remaining):
            near.add(text)
        else:
            remaining.append(shingles)
    return near


def test_look_alikes_are_not_all_compared_with_each_other(monkeypatch):
    """Of a bot's posts from one template, each is compared with few others, and repeats are found still."""
    compared = []
    similarity = duplicates._similarity
    monkeypatch.setattr(duplicates, "_similarity", lambda *sets: compared.append(1) or similarity(*sets))
    rng = random.Random(0)
    words = ["".join(rng.choices("abdegiklmnorstu", k=5)) for _ in range(3000)]
    form = "Today my little watch counted {} steps and said {}, which is my report to all of you"
    texts = [form.format(rng.randrange(10**8, 10**9), rng.choice(words)) for _ in range(1500)]
    again = [text.replace("all of you", "all of them") for text in texts[::5]]
    found = repeats(texts + again)
    assert len(compared) <= 8 * len(found)
    assert found[:1500].count(None) > 1400, "look-alikes below the threshold are posts"
    assert found[1500:].count(None) < 0.05 * len(again)


def test_texts_without_a_partner_are_left_out_at_once(monkeypatch):
    """Whole signatures are taken of near-duplicates, what they repeat, and few others."""
    compared = []
    band_keys = duplicates._band_keys
    monkeypatch.setattr(duplicates, "_band_keys", lambda texts: compared.extend(texts) or band_keys(texts))
    rng = random.Random(1)
    words = ["".join(rng.choices("abdegiklmnorstu", k=rng.randrange(2, 9))) for _ in range(2000)]
    texts = [" ".join(rng.choices(words, k=rng.randrange(8, 25))) for _ in range(2500)]
    again = [f"{text} {rng.choice('abc')}" for text in texts[::25]]
    assert repeats(texts + again)[2500:] == [Reason.NEAR_DUPLICATE] * 100
    assert {*texts[::25], *again} <= {*compared}
    assert len(compared) < 2.5 * len(again)


def test_a_copy_of_a_near_duplicate_is_one_too():
    """A repeated near-duplicate is dropped for the same reason."""
    first = "the lighthouse lamp was lit at seven in the evening as it has been every evening since spring"
    changed = first.replace("seven", "eight")
    assert repeats([first, changed, changed.upper()]) == [None, *[Reason.NEAR_DUPLICATE] * 2]


def test_of_a_cut_post_the_whole_one_is_kept():
    """Two archives of one account may have both. A short beginning is no sign."""
    beginning = "what the kettle sang on the evening before the long storm came over the hills"
    whole = f"{beginning}, and what it did not sing, was told by nobody until the following spring"
    alone = "what the kettle sang on the evening of the feast, when all were there and nobody listened…"
    texts = [f"{beginning}… https://t.co/abc", whole, alone, "tea is nice…", "tea is nice on the hills"]
    cleaned = clean([post(text, n) for n, text in enumerate(texts)])
    assert [each.text for each in cleaned.posts] == texts[1:]
    assert cleaned.funnel.dropped == {Reason.NEAR_DUPLICATE: 1}


def test_the_spelling_of_accents_makes_no_other_post():
    """A Mac writes them apart in some files."""
    together = "caf\u00e9 und k\u00fchler Wein am Abend"
    assert repeats([together, normalize("NFD", together)]) == [None, Reason.DUPLICATE]


def test_the_earliest_of_several_is_kept():
    """Of two equal posts the older one stays, in whatever order they are read."""
    cleaned = clean([post("the very same words", 5), post("the very same words", 1)])
    assert [p.id for p in cleaned.posts] == ["1"]


@given(ANY_POSTS, st.booleans(), st.none() | st.just("en"))
def test_the_funnel_adds_up(entries, keep_replies, lang):
    """Kept and dropped posts add up to the posts read, and kept ones are in order of time."""
    posts = [post(text, i, kind=kind, lang=named) for i, (text, kind, named) in enumerate(entries)]
    cleaned = clean(posts, CleaningRules(keep_replies=keep_replies, lang=lang))
    assert cleaned.funnel.read == len(posts) == cleaned.funnel.kept + sum(cleaned.funnel.dropped.values())
    assert len(cleaned.posts) == cleaned.funnel.kept
    assert list(cleaned.posts) == sorted(cleaned.posts, key=lambda p: p.created_at)
    assert not any(p.kind is PostKind.REPOST for p in cleaned.posts)


def test_every_reason_is_counted_with_examples():
    """Each reason is counted and has examples."""
    posts = [
        post("long ago there was another day", 0, created_at=datetime(2009, 5, 1, tzinfo=UTC)),
        post("RT @a: their words and not mine", 1, kind=PostKind.REPOST),
        post("@a I do not think so", 2, kind=PostKind.REPLY),
        post("bien sûr que oui", 3, lang="fr"),
        post("too short", 4),
        post("these words are said twice", 5),
        post("These words are said twice!", 6),
        post("this one is kept because nothing speaks against it and it is long enough to be near", 7),
        post("this one is kept because nothing speaks against it and it is long enough to be nearer", 8),
        post("this one is taken out by hand", 9),
        post("so many posts are not needed at all", 10),
    ]
    rules = CleaningRules(keep_replies=False, lang="en", since=date(2009, 5, 2), exclude=frozenset("9"))
    cleaned = clean(posts, rules, most=2)
    assert cleaned.funnel.dropped == dict.fromkeys(Reason, 1)
    assert set(cleaned.examples) == set(Reason)
    assert len(cleaned.posts) == 2
    kept = [p.id for p in clean(posts, rules).posts]
    assert kept == ["5", "7", "10"]


@pytest.mark.parametrize(
    "caption",
    [
        "#Repost @bob with @get_repost \u30fb\u30fb\u30fb their kettle sings",
        "Posted @withregram \u2022 @bob their kettle sings",
        "Retweeted Bob Tests (@bob): their kettle sings",
    ],
)
@pytest.mark.parametrize("kind", sorted(set(PostKind) - {PostKind.REPOST}))
def test_a_post_that_says_that_it_repeats_anothers_is_dropped(caption, kind):
    """Apps of Instagram and Facebook say so in the caption alone."""
    cleaned = clean([replace(post(caption, 1), kind=kind), post("my kettle sings", 2)])
    assert [kept.text for kept in cleaned.posts] == ["my kettle sings"]
    assert cleaned.funnel.dropped == {Reason.REPOST: 1}


def test_of_many_posts_some_are_drawn_from_the_whole_time():
    """At most so many are kept, in order of time, the same ones each time; the funnel counts the rest."""
    posts = [post(text, i) for i, text in enumerate(varied_texts(200, seed=1))]
    cleaned = clean(posts, most=40)
    numbers = [int(p.id) for p in cleaned.posts]
    assert len(numbers) == 40
    assert numbers == sorted(numbers)
    assert numbers[0] < 30
    assert numbers[-1] > 170
    assert cleaned.funnel.dropped == {Reason.SAMPLED: 160}
    assert clean(posts, most=40).posts == cleaned.posts
    assert clean(posts, most=500).funnel.dropped == {}


def test_an_id_with_a_handle_is_that_of_one_person():
    """Tables number the posts of each person anew, so that an id alone may be that of two posts."""
    rules = CleaningRules(exclude=frozenset({"ada/row-6"}))
    posts = [post(f"the kettle of {author} is on", 0, author=author) for author in ("ada", "bob")]
    numbered = [replace(each, id="row-6") for each in posts]
    assert [rules.excludes(each) for each in numbered] == [True, False]
    assert all(CleaningRules(exclude=frozenset({"row-6"})).excludes(each) for each in numbered)


def test_a_post_that_is_taken_out_takes_its_repeats_along():
    """Neither the same text nor nearly the same stands in for a post that was taken out by hand."""
    text = "the lamp by the stairs of the old harbour was lit at seven in the evening"
    posts = [post(f"{text}{end}", number) for number, end in enumerate(("", "!", " https://example.org/7"))]
    others = [post("nobody has said anything about the gull today", 7)]
    cleaned = clean([*posts, *others], CleaningRules(exclude=frozenset("0")))
    assert [post.id for post in cleaned.posts] == ["7"]
    assert cleaned.funnel.dropped == {Reason.EXCLUDED: 1, Reason.DUPLICATE: 2}
    assert cleaned.funnel.kept + sum(cleaned.funnel.dropped.values()) == cleaned.funnel.read
