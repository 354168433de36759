# ruff: noqa: RUF001 -- text in many scripts is what is tested
"""Scripts other than Latin: words, links, mentions and short posts."""

from __future__ import annotations

import json

import pytest

from huggingtweets import DataConfig, inspect
from huggingtweets.cleaning.rules import is_short
from huggingtweets.cleaning.text import without_invisible, without_leading_mentions, without_links
from huggingtweets.text import MENTION, words


@pytest.mark.parametrize(
    "text",
    [
        "ဒီမနက်မိုးရွာနေပြီး",
        "ព្រឹកនេះមេឃស្រឡះ",
        "དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག",
        "ｷｮｳﾊｱﾒｶﾞﾌｯﾃｲﾙ",
        "ꦲꦤꦕꦫꦏꦢꦠꦱꦮꦭ",
        "나는오늘아침에학교에갔다가왔다",
        "@adaสวัสดีตอนเช้าครับ",
        "https://t.co/abcวันนี้กาน้ำร้องเพลง",
    ],
)
def test_posts_without_spaces_are_not_short(text):
    """A sentence of a script without spaces is no short post; hashtags alone are one in every script."""
    assert not is_short(text)
    assert is_short("#東京散歩日和 ＃猫のいる生活")
    assert is_short("네 알겠습니다")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("आज सुबह हल्की बारिश है", ["आज", "सुबह", "हल्की", "बारिश", "है"]),
        ("کتاب\u200cها را می\u200cخوانم", ["کتاب\u200cها", "را", "می\u200cخوانم"]),
        ("নতুন বই", ["নতুন", "বই"]),
        ("இன்று மழை", ["இன்று", "மழை"]),
        ("นี้", ["นี้"]),
        ("猫です", ["猫", "で", "す"]),
    ],
)
def test_words_keep_their_vowel_signs(text, found):
    """Vowel signs and joiners belong to their word."""
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("これhttps://t.co/xすごく", "これ すごく"),
        ("看完了https://t.co/a1，你们", "看完了 ，你们"),
        ("재밌다https://t.co/ab진짜", "재밌다 진짜"),
        ("ดูhttps://t.co/ab สนุก", "ดู  สนุก"),
        ("https://ja.wikipedia.org/wiki/猫 です", "  です"),
        ("https://de.wikipedia.org/wiki/Köln ist", "  ist"),
        ("https://hi.wikipedia.org/wiki/हिन्दी है", "  है"),
        ("https://t.co/abc😂😂 ja", " 😂😂 ja"),
        ("https://t.co/abc\u2014was ja", " \u2014was ja"),
        ("看→https://x.y/z←看", "看→ ←看"),
        ("https://t.co/ab…ja https://t.co/ab\xa0… ja", " ja   ja"),
        ("「https://a.b/」です", " です"),
        ("https://ja.wikipedia.org/wiki/猫_(動物) です", "  です"),
        ("これhttps://t.co/ab(笑)です", "これ (笑)です"),
        ("https://ja.wikipedia.org/wiki/アニメ！ です", "  です"),
        ("https://ja.wikipedia.org/wiki/けいおん！_(曲) です", "  です"),
        ("https://ja.wikipedia.org/wiki/猫！すごい", " ！すごい"),
        ("https://ja.wikipedia.org/wiki/猫、すごい", " 、すごい"),
        ("https://a.b/?q=(猫) です", "  です"),
        ("https://en.wikipedia.org/wiki/Bose–Einstein_condensate is", "  is"),
        ("https://en.wikipedia.org/wiki/It’s_on and https://fr.wikipedia.org/wiki/L’Oréal is", "  and   is"),
        ("https://a.b/c–すごい", " –すごい"),
        ("https://example.com’s page, https://example.com/page’s end", "’s page,’s end"),
        ("https://example.com–und https://t.co/abc–und", " –und  –und"),
        ("https://example.com/🔥/abc is, https://example.com/🔥🔥", "  is,  🔥🔥"),
    ],
)
def test_text_behind_a_link_stays(text, left):
    """Text without spaces behind a link is not part of it, unless the address has it."""
    assert without_links(text) == left


@pytest.mark.parametrize(
    "link",
    [
        *(
            "https://例え.jp",
            "https://例え.jp/x",
            "https://www.例え.jp/猫",
            "www.例え.jp",
            "HTTPS://例え.JP/x?y=1",
        ),
        *(
            "https://例え.co.jp:8080/x",
            "https://例え.jp?q=猫",
            "https://例え.jp/x_(y)",
            "https://例え.テスト",
        ),
        *("https://한국.한국/위키", "https://ไทย.ไทย/x", "https://中国.cn", "https://blog.例え.jp/x"),
        *("https://💩.la/abc", "https://www.💩.la", "https://i❤.ws/x", "https://❤️.la/", "https://👨‍👩‍👧.ws"),
    ],
)
def test_links_with_domains_of_other_letters_and_pictures_go_whole(link):
    """They are links as others are, also within brackets, and right behind other text."""
    assert without_links(f"見て {link} です") == "見て   です"
    assert without_links(f"「{link}」です") == " です"
    assert without_links(f"{link}\nです") == " \nです"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://例え.jpすごい。", " すごい。"),
        ("見てhttps://日本.jpを見て", "見て を見て"),
        ("https://例え.jp、すごい", " 、すごい"),
        ("https://한국.한국。すごい", " 。すごい"),
        ("https://example.jpすごい.", " すごい."),
        ("https://example.com😂.Then", " 😂.Then"),
        ("https:// だ。https://だ。", "https:// だ。https://だ。"),
        ("https://😂 ja", "https://😂 ja"),
    ],
)
def test_text_behind_such_a_domain_stays(text, left):
    """A domain ends where its last letters do, and what is none is no link."""
    assert without_links(text) == left


def test_mentions_end_where_handles_end():
    """A mention is ASCII; the text that is glued to it is the person's."""
    assert MENTION.findall("@ada今日は @bob") == ["@ada", "@bob"]
    assert without_leading_mentions("@ada今日は 雨") == "@ada今日は 雨"
    assert without_leading_mentions("@ada 今日は雨") == " 今日は雨"


def test_a_zero_width_space_is_a_border_of_words():
    """U+200B stays in scripts without spaces, and goes elsewhere."""
    assert without_invisible("មេឃ\u200bស្រឡះ a\u200bb") == "មេឃ\u200bស្រឡះ ab"


@pytest.mark.parametrize(
    "text",
    [
        "\u2067@bob שלום לכולם היום\u2069",
        "\u200f@bob \u202bשלום לכולם היום\u202c",
        "\u061c@bob שלום לכולם היום",
    ],
)
def test_marks_of_direction_hide_no_mention(text, tmp_path):
    """They go, and with them the mention that the network put before an answer."""
    path = tmp_path / "posts.json"
    path.write_text(json.dumps([{"author": "ada", "text": text}]), encoding="utf-8")
    [inspection] = inspect(DataConfig(locations=(str(path),)))
    assert inspection.author.texts == ["שלום לכולם היום"]
