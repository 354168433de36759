# ruff: noqa: RUF001 -- dates and texts are in many scripts
"""Code pages, dates and signs of reposts as people of many countries and times write them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from huggingtweets import sources
from huggingtweets.model_folder import folder_name
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats.dates import read_date
from huggingtweets.types import PostKind
from huggingtweets.workflows.fleet.config import Name

TEXTS = {
    "iso8859_2": ["Dziś czajnik znów śpiewa swoją pieśń", "Pociąg jak zwykle się spóźnia, źle"],
    "cp1250": ["Dnes konvice zase zpívá svou píseň", "Vlak má jako vždy zpoždění, ťažké"],
    "cp1254": ["Bugün çaydanlık yine şarkı söylüyor", "Tren her zamanki gibi gecikti işte"],
    "mac_cyrillic": ["Сегодня чайник снова поёт свою песню", "Поезд опять опаздывает, как всегда"],
    "cp850": ["Heute singt der Kessel schöne Lieder für mich", "Der Zug verspätet sich über alle Maßen"],
    "iso2022_jp": ["今日はとても天気がいいので散歩に行きます", "電車がまた遅れている"],
    "cp1252": ["Heute singt der Kessel schöne Lieder für mich", "Der Zug verspätet sich über alle Maßen"],
}


def read(tmp_path, texts, codec="utf-8"):
    path = tmp_path / "posts.csv"
    path.write_bytes(("user,text\n" + "".join(f'ada,"{text}"\n' for text in texts)).encode(codec))
    return list(sources.read(str(path), ReadOptions(name="Ada")).posts)


@pytest.mark.parametrize("codec", TEXTS)
def test_few_lines_are_enough_for_a_code_page(tmp_path, codec):
    """A table of two posts in the code page of its country is read without mojibake."""
    assert [post.text for post in read(tmp_path, TEXTS[codec], codec)] == TEXTS[codec]


@pytest.mark.parametrize(
    ("date", "hour"),
    [
        ("13 มกราคม 2567", 0),
        ("13 ม.ค. 2567", 0),
        ("13 जनवरी 2024", 0),
        ("13 בינואר 2024", 0),
        ("13 Januari 2024 22.00", 22),
        ("2024-01-13 22.00.05", 22),
        ("13/1/2024 10:00 p. m.", 22),
        ("20240113220000", 22),
        ("/Date(1705183200000)/", 22),
        ("Sat 13.01.24", 0),
    ],
)
def test_dates_of_more_countries(date, hour):
    """Months have their names with vowel signs and prefixes; a clock may have dots, or no signs at all."""
    moment = read_date(date)
    assert moment is not None
    assert moment.replace(minute=0, second=0) == datetime(2024, 1, 13, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "RT “@bob: xyzzy”",
        "MT @bob: xyzzy",
        "rt @bob xyzzy",
        "RT\xa0@bob: xyzzy",
        "RT by @bob: xyzzy",
        "ＲＴ @bob xyzzy",
        "RT｜@bob：xyzzy",
        "Retweeted Bob Tests (@bob): xyzzy",
        "Reblogged from @bob@example.social: xyzzy",
        "via @bob: xyzzy",
        "转发 @bob: xyzzy",
        "🔁 @bob: xyzzy",
        "“@bob: xyzzy” so true",
        "♻ @bob: x",
    ],
)
def test_others_words_behind_old_signs_are_reposts(tmp_path, text):
    """What apps and people put before the words of another, before there was a button, makes a repost."""
    assert [post.kind for post in read(tmp_path, [text])] == [PostKind.REPOST]


@pytest.mark.parametrize("text", ["via @bob I found a kettle", "Reposted my own words", "RP is a fine word"])
def test_own_words_that_begin_like_a_repost_stay(tmp_path, text):
    """Without a colon behind a handle it is only a word."""
    assert [post.kind for post in read(tmp_path, [text])] == [PostKind.ORIGINAL]


def test_a_chain_of_reposts_ends_the_own_words(tmp_path):
    """Weibo writes whose words follow behind `//@`; only what is before them is the person's."""
    assert [post.text for post in read(tmp_path, ["说得对//@小明: 别人的话//@小红: 更多"])] == ["说得对"]


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("สมชาย ใจดี", "สมชาย_ใจดี"),
        ("दीपिका शर्मा", "दीपिका_शर्मा"),
        ("தமிழ்ச்செல்வி", "தமிழ்ச்செல்வி"),
        ("မောင်မောင်", "မောင်မောင်"),
        ("علي 🎉 \u200fحسن", "علي_حسن"),
        ("1\ufe0f\u20e3 Ada \u2764\ufe0f", "1_Ada_"),
    ],
)
def test_a_name_keeps_its_vowel_signs(tmp_path, name, handle):
    """In a handle and in the name of a model's folder a name is spelt as its owner spells it."""
    path = tmp_path / "posts.csv"
    path.write_text(f"author,text\n{name},The kettle sings again\n{name},The train is late again\n", "utf-8")
    timeline = sources.read(str(path))
    assert timeline.account.handle == handle
    assert folder_name(timeline.account.handle) == handle.strip("_")
    msgspec.convert(folder_name(handle), Name)
