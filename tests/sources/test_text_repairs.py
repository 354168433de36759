# ruff: noqa: RUF001 -- texts are in many languages, with their quotes
"""Texts that a program has damaged are repaired where all of a table show it, and right ones never change."""

from __future__ import annotations

import csv
import html
import json

import pytest

from huggingtweets import sources
from huggingtweets.sources import ReadOptions

WIDE = ["Das Café ist schön, nicht wahr?", "Ein Gruß aus München an alle", "so true 😀 it is"]
AMPERSANDS = ["Tea & trains are fine", "Bread & butter < all", 'He said "so" & left it']


def read(tmp_path, texts, form="json"):
    path = tmp_path / f"posts.{form}"
    records = [{"author": "ada", "text": text} for text in texts]
    if form == "csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["author", "text"])
            writer.writeheader()
            writer.writerows(records)
    else:
        path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    return [post.text for post in sources.read(str(path), ReadOptions()).posts]


def misread(text, times, codec):
    """Decode the bytes of a text wrongly, as browsers do: what cp1252 lacks becomes a control character."""
    for _ in range(times):
        bytes_of_text = text.encode()
        text = "".join(
            chr(byte) if byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else bytes([byte]).decode(codec)
            for byte in bytes_of_text
        )
    return text


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_json_that_was_decoded_wrongly_is_repaired(tmp_path, times, codec):
    """However often that happened."""
    assert read(tmp_path, [misread(text, times, codec) for text in WIDE]) == WIDE


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_ampersands_are_undone_as_often_as_they_were_escaped(tmp_path, times, form):
    """`&amp;amp;` in all texts is `&`."""
    escaped = AMPERSANDS
    for _ in range(times):
        escaped = list(map(html.escape, escaped))
    assert read(tmp_path, escaped, form) == AMPERSANDS


@pytest.mark.parametrize("form", ["json", "csv"])
def test_signs_that_are_written_as_their_codes_are_read(tmp_path, form):
    r"""`\u2019`, two halves of an emoji, `\n` and `\"`, where no text has such a sign itself."""
    texts = ["It’s a long way", 'so “true” it "is"\nthere', "tea 😀 and bread", "plain words only"]
    assert read(tmp_path, [json.dumps(text)[1:-1] for text in texts], form) == texts
    assert read(tmp_path, [r"It\u2019s so", "plain"], form) == ["It’s so", "plain"]
    assert read(tmp_path, [r"tea \U0001f600 \xe9", r"and \u2019 so"], form) == ["tea 😀 é", "and ’ so"]


@pytest.mark.parametrize(
    "texts",
    [
        [r"write \u2019 for ’ there", "it’s so"],
        [r"the code \u00e9 is one letter", "plain words"],
        [r"use \d+ and \u00e9 there", r"and \u00e8 too"],
        [r"\ud83d is half of a sign", r"and \ud83d is, too"],
        [r"look into C:\users\ada for it", r"so \u2019 it is, \u2019 again"],
        ["look, it writes cafÃ© today", *(f"schöne Grüße aus Köln, {n}-mal, für alle" for n in range(9))],
        ["Ã is a letter of Portuguese", "São João e a maçã", "NÃO É ASSIM"],
        ["« C’est ça »", "À bientôt… ça va ?"],
        ["Å, vilken dag", "Öl på ön"],
        ["Καλημέρα σε όλους", "Доброе утро всем"],
        ["½ cup ×2 ± a bit", "© 2024 ™ ®"],
    ],
)
def test_right_texts_stay_as_they_are(tmp_path, texts):
    """Somebody may write about codes and damage, or in letters that look damaged in another language."""
    assert read(tmp_path, texts) == texts


@pytest.mark.parametrize(
    ("texts", "right"),
    [
        (["write &amp;amp; there", "plain words"], ["write &amp; there", "plain words"]),
        (["&amp;amp; and", "&amp;lt; too", "I &lt;3 tea"], ["&amp; and", "&lt; too", "I <3 tea"]),
        (["&amp;amp; and", "&amp;amp; too", "Tea &amp; so"], ["&amp; and", "&amp; too", "Tea & so"]),
    ],
)
def test_what_somebody_writes_about_html_stays(tmp_path, texts, right):
    """One text, or others that were escaped once, leave `&amp;` as it was typed."""
    assert read(tmp_path, texts) == right
