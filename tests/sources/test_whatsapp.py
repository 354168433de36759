# ruff: noqa: RUF001 -- dates in many scripts are what is tested
"""Chats exported from WhatsApp, made by hand as open parsers and their tests describe them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError, UnknownPlace
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats.skipped import NO_POST, count_skipped
from huggingtweets.types import Visibility
from tests.helpers.export_builder import NAME, PRIVATE, write_export

LRM, NARROW, NO_BREAK = "\u200e", "\u202f", "\u00a0"
ANDROID = "14/11/2023, 22:13 - {}\n"
IPHONE = "[14.11.23, 22:13:20] {}\n"


def write(tmp_path, text, name="WhatsApp Chat with Bob.txt"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def read_chat(tmp_path, text, **options):
    timeline = sources.read(str(write(tmp_path, text)), ReadOptions(**options))
    return timeline, list(timeline.posts)


def texts(tmp_path, text, **options):
    return [post.text for post in read_chat(tmp_path, text, **options)[1]]


def test_text_zip_and_folder_are_read_alike(tmp_path):
    """A text, an iPhone's zip and its folder give the same timeline."""
    text = IPHONE.format(f"{NAME}: one é 😀") + IPHONE.format(f"{NAME}: two")
    files = {"_chat.txt": text, "00000012-PHOTO-2023.jpg": b"x"}
    locations = [
        write(tmp_path, text),
        write_export(tmp_path / "chat.zip", files),
        write_export(tmp_path / "folder", files),
    ]
    seen = []
    for location in map(str, locations):
        assert sources.recognise(location) == "whatsapp"
        timeline = sources.read(location)
        seen.append((timeline.account, timeline.digest, list(timeline.posts)))
    assert seen[0] == seen[1] == seen[2]
    account, _, posts = seen[0]
    assert (account.handle, account.name) == ("Ada_Tests", NAME)
    assert [(post.text, post.visibility) for post in posts] == [
        ("one é 😀", Visibility.UNLISTED),
        ("two", Visibility.UNLISTED),
    ]


AFTERNOON = datetime(2025, 3, 14, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "form",
    [
        "[14/03/25, 14:05:00] {}",
        "[14.03.25, 14:05:00] {}",
        f"[3/14/25, 2:05:00{NARROW}PM] {{}}",
        f"{LRM}[14/03/2025, 14:05:00] {{}}",
        "[2025/03/14, 14:05:00] {}",
        "[14-03-25 14:05:00] {}",
        "14/03/2025, 14:05 - {}",
        f"3/14/25, 2:05{NARROW}PM - {{}}",
        "3/14/25, 2:05 pm - {}",
        "14/3/25, 2:05 p.m. - {}",
        f"14/3/2025, 2:05 p.{NO_BREAK}m. - {{}}",
        "14.3.2025 klo 14.05 - {}",
        "14/03/2025 à 14:05 - {}",
        "14. 3. 2025. 14:05:00 {}",
        "14.03.25 14.05.00: {}",
        "2025-03-14, 14:05 - {}",
        "14-03-2025 14:05 - {}",
        "2025/3/14 下午2:05 - {}",
        "14/3/2568 14:05 น. - {}",
        "14/3/68, 14:05 - {}",
        "১৪/০৩/২০২৫, ২:০৫ PM - {}",
        "۱۴۰۳/۱۲/۲۴،\u200f ۱۴:۰۵ - {}",
        "14\u200f/9\u200f/1446 هـ، 2:05 م - {}",
        "14/03/25, 2:05 अपराह्न - {}",
        "14.03.25 г., 14:05 ч. - {}",
        "2025. 3. 14. 오후 2:05:00 {}",
        "[2025. 3. 14. 오후 2:05:00] {}",
        "2025년 3월 14일 오후 2:05 - {}",
        "14 de mar. de 2025, 14:05 - {}",
        "Mar 14, 2025, 2:05 PM - {}",
        "14 März 2025 14:05 - {}",
    ],
)
def test_every_form_of_a_date_is_read(tmp_path, form):
    """Dates of many countries are read, with 24 or 12 hours, with and without invisible marks."""
    chat = "\n".join(form.format(f"{NAME}: {text}") for text in ("one", "two: three"))
    _, posts = read_chat(tmp_path, chat)
    assert [(post.text, post.created_at) for post in posts] == [("one", AFTERNOON), ("two: three", AFTERNOON)]


@pytest.mark.parametrize(
    ("clock", "hour"),
    [("12:05 AM", 0), ("1:05 am", 1), ("12:05 PM", 12), ("11:05 p. m.", 23), ("上午9:05", 9), ("23:05", 23)],
)
def test_midnight_and_noon_are_in_their_halves_of_the_day(tmp_path, clock, hour):
    """12 AM is midnight and 12 PM is noon."""
    _, [post] = read_chat(tmp_path, f"14/11/2023 {clock} - {NAME}: x")
    assert post.created_at == datetime(2023, 11, 14, hour, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dates", "month"),
    [
        (["3/4/25", "13/4/25"], 4),  # no month 13
        (["3/4/25", "3/14/25"], 3),
        (["1/4/25", "2/4/25", "1/5/25"], 4),  # the first of May, else it would go back to January
        (["4/1/25", "4/2/25", "5/1/25"], 4),
        (["3/4/25"], 4),  # nothing tells: the day is first nearly everywhere
    ],
)
def test_the_order_of_day_and_month_follows_from_all_dates(tmp_path, dates, month):
    """The order of day and month follows from all dates: months end at 12, and time goes forward."""
    chat = "".join(f"{date}, 14:05 - {NAME}: x\n" for date in dates)
    _, posts = read_chat(tmp_path, chat)
    assert posts[0].created_at.month == month


def test_a_message_goes_on_until_the_next_date(tmp_path):
    """A message includes empty lines and typed dates of another style, up to the next date."""
    chat = (
        ANDROID.format(f"{NAME}: list:") + "- a\n\n[14.11.23, 22:13:20] Bob: no date of this chat\n"
        "12/12/2023 10:30 dentist\n"
        + ANDROID.format("Bob: his")
        + "his, too\n"
        + ANDROID.format(f"{NAME}: end")
    )
    assert texts(tmp_path, chat, name=NAME) == [
        "list:\n- a\n\n[14.11.23, 22:13:20] Bob: no date of this chat\n12/12/2023 10:30 dentist",
        "end",
    ]


def test_only_the_one_named_is_read(tmp_path):
    """If there are several authors, they are listed with counts; only the chosen one is read."""
    lines = [f"{NAME}: mine", f"Bob: {PRIVATE}", f"{NAME}: my own", f"~{NARROW}Eve: {PRIVATE}"]
    chat = "".join(map(ANDROID.format, lines))
    with pytest.raises(LocationError, match=r"'Ada Tests' \(2\), 'Bob' \(1\), 'Eve' \(1\); say .* --name"):
        read_chat(tmp_path, chat)
    timeline, posts = read_chat(tmp_path, chat, name="ada tests")
    assert [post.text for post in posts] == ["mine", "my own"]
    assert PRIVATE not in repr((timeline.account, posts))
    with pytest.raises(LocationError, match="nobody called 'Zoe', but 'Ada Tests'"):
        read_chat(tmp_path, chat, name="Zoe")


def test_the_handle_that_messages_show_chooses_its_author(tmp_path):
    """A handle is made of a name; it chooses nobody whose name only looks alike, or has other signs."""
    chat = "".join(
        map(ANDROID.format, [f"{NAME}: mine", f"Anna \u2600: {PRIVATE}", f"Jos\u0065\u0301: {PRIVATE}"])
    )
    timeline, posts = read_chat(tmp_path, chat, handle="@ada_tests")
    assert (timeline.account.handle, [post.text for post in posts]) == ("Ada_Tests", ["mine"])
    timeline, _ = read_chat(tmp_path, chat, handle="Jos\u00e9")
    assert timeline.account.handle == "Jos\u00e9"
    with pytest.raises(LocationError, match="nobody called"):
        read_chat(tmp_path, chat, handle="Anna \u2601")


@pytest.mark.parametrize(
    "line",
    [
        "Messages and calls are end-to-end encrypted. Tap to learn more.",
        'Bob created group "Test Club"',
        f"{LRM}Bob added {NAME}",
        f"Test Club: {LRM}Messages and calls are end-to-end encrypted.",
        f"{NAME}: {LRM}You added Bob.",
        f"{NAME}: {LRM}image omitted",
        f"{NAME}: {LRM}<attached: 00000012-PHOTO.jpg>",
        f"{NAME}: <Media omitted>",
        f"{NAME}: <Medien ausgeschlossen>",
        f"{NAME}: <Médias omis>",
        f"{NAME}: <Multimedia omitido>",
        f"{NAME}: IMG-20250304-WA0003.jpg (file attached)",
        f"{NAME}: Bob the Plumber.vcf (Datei angehängt)",
        f"{NAME}: This message was deleted",
        f"{NAME}: Diese Nachricht wurde gelöscht.",
        f"{NAME}: null",
        f"{NAME}: location: https://maps.google.com/?q=52.5,13.4",
        f"{NAME}: POLL:\nWhich?\nOPTION: this (2 votes)",
        f"{NAME}: UMFRAGE:\nWohin?\nOPTION: Park (2 Stimmen)\nOPTION: Kino (1 Stimme)",
        f"{NAME}: ",
    ],
)
def test_what_the_program_says_is_nobodys(tmp_path, line):
    """Messages of the app, omitted media, attachments, deleted messages, places and polls are skipped."""
    chat = IPHONE.format(f"{NAME}: mine") + IPHONE.format(line) + IPHONE.format(f"{NAME}: end")
    assert texts(tmp_path, chat) == ["mine", "end"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<Media omitted>\na caption", "a caption"),
        ("<Medien ausgeschlossen>\n4Bit Adder.mod", None),
        ("IMG-20250304-WA0003.jpg (file attached)\nlook: a cat", "look: a cat"),
        (f"moved to 3 {LRM}<This message was edited>", "moved to 3"),
        ("besser so <Diese Nachricht wurde bearbeitet.>", "besser so"),
        ("I <3 you", "I <3 you"),
        ("@\u2068Bob\u2069 hi", "@Bob hi"),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
    ],
)
def test_text_is_what_was_typed(tmp_path, body, text):
    """Captions and joined emoji stay; marks of media, edits and direction are removed."""
    chat = ANDROID.format(f"{NAME}: mine") + ANDROID.format(f"{NAME}: {body}")
    assert texts(tmp_path, chat) == ["mine", *([text] if text else [])]


def test_unknown_halves_of_the_day_follow_from_their_order(tmp_path):
    """Of two unknown words beside the clock, the one that is later on the same day is the afternoon."""
    chat = "".join(f"3/3/23, {clock} - {NAME}: {clock}\n" for clock in ("9:05 xa", "2:05 xb", "3:05 xb"))
    assert [post.created_at.hour for post in read_chat(tmp_path, chat)[1]] == [9, 14, 15]


@pytest.mark.parametrize("notice", ["Se ha borrado el mensaje.", "تم حذف هذه الرسالة", "此訊息已被刪除了呢"])
def test_what_recurs_word_for_word_is_read_once(tmp_path, notice):
    """Of notices of deleted messages one is left; marks of edited ones at their end are the app's."""
    lines = [f"{NAME}: mine", *[f"{NAME}: {notice}"] * 3, *(f"{NAME}: text {n} <{notice}>" for n in range(2))]
    assert texts(tmp_path, "".join(map(ANDROID.format, lines))) == ["mine", notice, "text 0", "text 1"]


def test_what_a_person_says_every_day_is_kept_once(tmp_path):
    """The first of the same messages is a post, and the others are counted as none."""
    lines = [f"{NAME}: Good morning everyone", f"{NAME}: On my way home", f"{NAME}: <Media omitted>"] * 4
    with count_skipped() as skipped:
        assert texts(tmp_path, "".join(map(ANDROID.format, lines))) == [
            "Good morning everyone",
            "On my way home",
        ]
    assert skipped == {NO_POST: 6}


OTHER_CHATS = {
    "KakaoTalk": "2025년 3월 {n}일 오후 2:05, {name} : {text}",
    "KakaoTalk of a PC": "[{name}] [오후 2:0{n}] {text}",
    "LINE": "14:0{n}\t{name}\t{text}",
    "IRC": "[14:0{n}] <{name}> {text}",
    "Telegram, copied": "{name}, [0{n}.03.23 14:05]\n{text}",
    "WeChat": "{name} 2023-03-0{n} 14:05:11\n{text}",
    "Discord, copied": "{name} — 03/0{n}/2023 2:05 PM\n{text}",
    "a log": "2023-03-0{n}T14:05:00Z {name}: {text}",
    "a dialogue": "{name}: {text}",
}


@pytest.mark.parametrize("form", OTHER_CHATS)
def test_chats_of_other_programs_are_refused(tmp_path, form):
    """A text whose lines begin with dates, times or names is no text with one post a line."""
    lines = [
        OTHER_CHATS[form].format(n=n, name=("Ada", "Bob")[n % 2], text=f"words {n}") for n in range(1, 9)
    ]
    with pytest.raises(LocationError, match="a chat or a log of several people"):
        read_chat(tmp_path, "\n".join(lines), name="Ada")


def test_lines_with_the_ends_of_windows_are_read(tmp_path):
    """Line ends of Windows leave no carriage return."""
    chat = (ANDROID.format(f"{NAME}: one\ntwo") + ANDROID.format(f"{NAME}: three")).replace("\n", "\r\n")
    assert texts(tmp_path, chat) == ["one\ntwo", "three"]


@pytest.mark.parametrize(
    "text", ["first post\nsecond post", "", "2024 was good: yes", "99/99/99, 99:99 - A: b"]
)
def test_other_texts_are_not_taken_for_chats(tmp_path, text):
    """A text with one post a line is a table; with `source` the message says that it has no messages."""
    path = str(write(tmp_path, text))
    assert sources.recognise(path) == "table"
    with pytest.raises(LocationError, match="no lines of anybody"):
        sources.read(path, source="whatsapp")
    with pytest.raises(UnknownPlace):
        sources.recognise(str(write_export(tmp_path / "chat.zip", {"_chat.txt": text})))
