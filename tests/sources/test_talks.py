# ruff: noqa: RUF001 -- in many scripts
"""A talk of two people is refused by what its fields do, though neither their names nor words are known."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError, SeveralAuthors
from huggingtweets.sources import ReadOptions

MINE, THEIRS = "my own words", "words of another"
TALK = [0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1]  # who writes, in a talk of two
TURNS = [0, 1] * 10
ALONE = [0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0]  # what one person's posts are like
START = datetime(2024, 1, 2, 9, 30, 5)  # noqa: DTZ001 -- as tables have it


def records(field, values, order, *, minutes=None, **more):
    """Return records that have one of two values in a field, and when they were written."""
    gap = timedelta(minutes=minutes or 0)
    dates = [{"date": str(START + number * gap)} if minutes else {} for number in range(len(order))]
    return [
        {**more, **date, field: values[side], "text": f"{(MINE, THEIRS)[side]} {number}"}
        for number, (side, date) in enumerate(zip(order, dates, strict=True))
    ]


def read(tmp_path, rows, form="json", **options):
    path = tmp_path / f"posts.{form}"
    if form == "json":
        path.write_text(json.dumps(rows))
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    return [post.text for post in sources.read(str(path), ReadOptions(**options)).posts]


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize(
    ("field", "values"),
    [
        *(
            ("type", ("prompt", "response")),
            ("role", (0, 1)),
            ("message_type", ("q", "a")),
            ("src", ("h", "m")),
        ),
        *(("类型", ("甲", "乙")), ("тип", ("ф", "б")), ("प्रकार", ("क", "ख")), ("model", ("", "gpt-4"))),
    ],
)
def test_what_takes_turns_is_a_talk(tmp_path, form, field, values):
    """Two values of which each follows the other are two voices, whatever they are."""
    with pytest.raises(LocationError, match=rf"looks like a talk: '{field}' goes back and forth.*\(10\)"):
        read(tmp_path, records(field, values, TURNS), form, name="Ada")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("label", ("spk_0", "spk_1")),
        ("channel", (0, 1)),
        ("h", ("d41d8cd9", "90015098")),
        ("ip", ("::1", "::2")),
    ],
)
def test_what_goes_back_and_forth_within_minutes_is_a_talk(tmp_path, field, values):
    """In a table with no author, written as fast as people talk, few values that recur are two voices."""
    with pytest.raises(LocationError, match="looks like a talk"):
        read(tmp_path, records(field, values, TALK, minutes=1), name="Ada")
    assert len(read(tmp_path, records(field, values, ALONE, minutes=900), name="Ada")) == len(ALONE)


@pytest.mark.parametrize("field", ["call_id", "Gespräch", "звонок", "会话", "session"])
def test_what_goes_back_and_forth_in_a_conversation_is_a_talk(tmp_path, field):
    """Where many records are of one conversation, as the name of a field says, its sides are two voices."""
    with pytest.raises(LocationError, match="'label' goes back and forth"):
        read(tmp_path, records("label", ("L1", "L2"), TALK, **{field: 7}), name="Ada")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        *(("Utilisateur source", ("ada", "bob")), ("origin_user", ("ada", "bob")), ("sender_number", (0, 1))),
        *(
            ("user_location", ("Leeds", "Porto")),
            ("author_group", ("x1", "x2")),
            ("avatar", ("a.png", "b.png")),
        ),
    ],
)
def test_what_describes_a_writer_does_not_change_to_and_fro(tmp_path, field, values):
    """A field about the writer with few values that recur tells two people; one person moves only once."""
    with pytest.raises(LocationError, match="looks like a talk"):
        read(tmp_path, records(field, values, TALK), name="Grace")
    assert len(read(tmp_path, records(field, values, sorted(ALONE)), name="Grace")) == len(ALONE)


@pytest.mark.parametrize(
    "values",
    [
        ("prompt", "response"),
        ("question", "réponse"),
        ("вопрос", "ответ"),
        ("質問", "回答"),
        ("सवाल", "जवाब"),
    ],
)
def test_words_for_asking_and_answering_are_two_voices(tmp_path, values):
    """Also where there are few records, in any order; a question alone is one person's."""
    with pytest.raises(LocationError, match="looks like a talk"):
        read(tmp_path, records("kind", values, ALONE[:8]), name="Ada")
    assert len(read(tmp_path, records("kind", (values[0], "tip"), ALONE[:8]), name="Ada")) == len(ALONE[:8])


def test_sides_in_an_object_are_found(tmp_path):
    """A field inside of an object is named with it; `--handle` cannot choose there, and is not offered."""
    rows = [
        {"text": row["text"], "meta": {"side": row["side"]}} for row in records("side", ("l", "r"), TURNS)
    ]
    with pytest.raises(
        LocationError, match=r"'meta\.side' goes back and forth.*; keep only your own"
    ) as refused:
        read(tmp_path, rows, name="Ada")
    assert not isinstance(refused.value, SeveralAuthors)


@pytest.mark.parametrize("values", [("A", "B"), ("S", "R"), (0, 1)])
def test_few_records_that_take_strict_turns_within_minutes_are_a_talk(tmp_path, values):
    """Eight records are enough where each value follows the other."""
    with pytest.raises(LocationError, match="looks like a talk: 'code'"):
        read(tmp_path, records("code", values, TURNS[:8], minutes=1), name="Ada")


@pytest.mark.parametrize(
    "field",
    ["is_recruiter", "from_seller", "by_landlord", "is_match_reply", "is_topic_starter", "from_patient"],
)
@pytest.mark.parametrize("values", [(True, False), ("no", "yes")])
def test_a_flag_of_who_one_is_to_another_tells_two_people(tmp_path, field, values):
    """However few the records are, and however long after one another; a constant flag says nothing."""
    with pytest.raises(LocationError, match=f"looks like a talk: '{field}'"):
        read(tmp_path, records(field, values, [0, 1, 0, 1], minutes=9999), name="Ada")
    assert len(read(tmp_path, records(field, values, [0] * 4), name="Ada")) == 4


@pytest.mark.parametrize("field", ["is_match", "is_newsletter", "is_expert_tip", "has_date", "is_spoiler"])
def test_flags_of_what_a_post_is_tell_nobody(tmp_path, field):
    """A flag may go to and fro in one person's posts."""
    assert len(read(tmp_path, records(field, (True, False), ALONE, minutes=9999), name="Ada")) == len(ALONE)


def test_one_voice_of_a_talk_can_be_chosen(tmp_path):
    """The message counts the voices, and `--handle` takes one."""
    rows = records("role", (0, 1), TURNS)
    with pytest.raises(SeveralAuthors, match=r"0 \(10\), 1 \(10\); choose with --handle") as refused:
        read(tmp_path, rows, name="Ada")
    assert refused.value.authors == {"0": 10, "1": 10}
    assert read(tmp_path, rows, handle="0") == [row["text"] for row in rows[::2]]


@pytest.mark.parametrize(
    "row",
    [{"author": ("ada", "eve")}, {"role": (0, 1)}, {"meta": ({"side": "l"}, {"side": "r"})}],
    ids=["authors", "sides", "sides in an object"],
)
def test_who_wrote_all_rows_of_a_table_can_say_so(tmp_path, row):
    """The refusal names `--one-author`, and it is believed, whatever the fields seem to say."""
    [(field, values)] = row.items()
    rows = records(field, values, TURNS)
    with pytest.raises(LocationError, match="add --one-author if"):
        read(tmp_path, rows, name="Ada")
    assert read(tmp_path, rows, name="Ada", one_author=True) == [row["text"] for row in rows]
    with pytest.raises(LocationError, match="say it with --name"):
        read(tmp_path, rows, one_author=True)


@pytest.mark.parametrize(
    ("field", "wide", "narrow"),
    [
        ("visibility", "public", "private"),
        ("status", "published", "draft"),
        ("is_direct_message", False, True),
    ],
)
def test_who_wrote_all_rows_does_not_make_them_public(tmp_path, field, wide, narrow):
    """Drafts, messages and what few could read are left out all the same."""
    rows = [
        {"author": author, "text": f"number {n} by {author}", field: narrow if n % 3 else wide}
        for n, author in enumerate(["ada", "eve"] * 10)
    ]
    expected = [row["text"] for row in rows if row[field] == wide]
    assert read(tmp_path, rows, name="Ada", one_author=True) == expected


def test_a_talk_under_one_name_is_refused_unless_it_is_chosen(tmp_path):
    """A column with the name of whose log it is does not hide two voices; saying that name takes all."""
    rows = records("type", ("prompt", "response"), TURNS, user="ada")
    with pytest.raises(SeveralAuthors, match="say --handle ada if all are theirs"):
        read(tmp_path, rows)
    assert len(read(tmp_path, rows, handle="ada")) == len(rows)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        *(
            ("type", ("tweet", "retweet")),
            ("type", ("haiku", "essay")),
            ("kind", ("text", "photo")),
            ("x", (0, 1)),
        ),
        *(("source", ("Buffer", "Zapier")), ("lang", ("en", "de")), ("category", ("tea", "travel"))),
        *(("sentiment", (0, 1)), ("label", (0, 1)), ("тип", ("твит", "ретвит")), ("类型", ("原创", "转发"))),
        *(("प्रकार", ("फोटो", "पाठ")), ("annotator", ("ann1", "ann2")), ("user_agent", ("Chrome", "Firefox"))),
    ],
)
def test_other_fields_of_one_person_refuse_nothing(tmp_path, field, values):
    """What a post is about, how it was made and what kind it is of change as they like."""
    assert len(read(tmp_path, records(field, values, ALONE, minutes=900), name="Ada")) == len(ALONE)


@pytest.mark.parametrize(
    ("field", "values"),
    [("type", ("tweet", "reply")), ("source", ("Tusky", "Ivory")), ("mood", ("calm", "loud"))],
)
def test_a_thread_of_one_person_is_no_talk(tmp_path, field, values):
    """Posts within minutes, or of one conversation, may differ in what is known to be of posts."""
    assert len(read(tmp_path, records(field, values, ALONE, minutes=1), name="Ada")) == len(ALONE)
    rows = records(field, values, ALONE, conversation_id=7)
    assert len(read(tmp_path, rows, name="Ada")) == len(ALONE)
    rows = [{**row, "position": number % 5} for number, row in enumerate(rows)]
    assert len(read(tmp_path, rows, name="Ada")) == len(ALONE)
