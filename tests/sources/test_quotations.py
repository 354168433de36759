"""What a text quotes from others is not its writer's, however a place marks it."""

from __future__ import annotations

import json

import pytest

from huggingtweets import sources
from huggingtweets.sources import ReadOptions
from tests.helpers.export_builder import discord_files, discord_message, write_export

MINE, THEIRS = "my own words", "xyzzy their words"


def texts(path):
    return [post.text for post in sources.read(str(path), ReadOptions(handle="ada")).posts]


def read(tmp_path, text):
    path = tmp_path / "posts.json"
    path.write_text(json.dumps([{"author": "ada", "body": text}]), encoding="utf-8")
    return texts(path)


QUOTED = {
    "a forum": f"[quote=bob post_id=1 time=17 user_id=2]{THEIRS}[/quote]\n{MINE}",
    "a forum, in capitals": f"[QUOTE=Bob]{THEIRS}[/QUOTE]{MINE}",
    "a forum, in one another": f'[quote="bob":1a]{THEIRS} [quote]{THEIRS}[/quote][/quote:1a]{MINE}',
    "a forum, with brackets in a name": f'[quote="Bob, a [long] name"]{THEIRS}[/quote] {MINE}',
    "Discourse": f'[quote="bob, post:1, topic:2"]\n{THEIRS}\n[/quote]\n\n{MINE}',
    "Markdown": f"> {THEIRS}\n> {THEIRS}\n\n{MINE}",
    "Markdown, without an empty line": f"> {THEIRS}\n{MINE}",
    "Markdown, below a colon": f"{MINE}:\n> {THEIRS}",
    "Markdown, escaped": f"&gt; {THEIRS}\n\n{MINE}",
    "an answer by e-mail": f"On Mon, 1 May 2023 at 10:00, Bob <b@example.org> wrote:\n\n> {THEIRS}\n\n{MINE}",
    "HTML": f"<blockquote><p>{THEIRS}</p></blockquote><p>{MINE}</p>",
    "HTML of Discourse": f'<aside class="quote"><div>bob:</div><p>{THEIRS}</p></aside><p>{MINE}</p>',
    "Hacker News": f"&gt; {THEIRS}<p>{MINE}",
    "Weibo": f"{MINE} // @bob \uff1a{THEIRS}",
    "Weibo, with wide signs": f"{MINE}//\uff20bob:{THEIRS}",
}


@pytest.mark.parametrize("text", QUOTED.values(), ids=QUOTED)
def test_what_is_quoted_is_left_out(tmp_path, text):
    """Forums, Markdown, e-mail, HTML and Weibo mark it in ways of their own."""
    assert [post.rstrip(":") for post in read(tmp_path, text)] == [MINE]


def test_a_quotation_between_own_paragraphs_is_left_out(tmp_path):
    """What is before and behind it stays."""
    assert read(tmp_path, f"{MINE}\n\n> {THEIRS}\n>\n> {THEIRS}\n\nand more") == [f"{MINE}\n\nand more"]


@pytest.mark.parametrize(
    "text",
    ["Things I like\n> tea\n> bread", "> be me", ">be me\n>have tea", "[b]so[/b] true", "1 > 0\n2 > 1"],
)
def test_lines_of_ones_own_stay(tmp_path, text):
    """A person may write `>` before own lines, behind which nothing else is."""
    assert read(tmp_path, text) == [text]


def test_quotations_in_discord_are_left_out(tmp_path):
    """Answers there quoted in Markdown before there was a button for it."""
    files = discord_files({"0": [discord_message(1, f"> {THEIRS}\n{MINE}")]})
    assert texts(write_export(tmp_path / "package.zip", files)) == [MINE]


@pytest.mark.parametrize(
    "text", ["[quote" * 50_000, "[quote]" * 50_000 + "[/quote]" * 50_000, "> a\n\n" * 50_000]
)
def test_marks_without_end_are_read(tmp_path, text):
    """Damaged marks neither fail nor hide what follows."""
    assert read(tmp_path, f"{text}\n\n{MINE}")[0].endswith(MINE)
