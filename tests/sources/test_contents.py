"""Content decides what a file is: JSON of any shape and encoding, whatever its name."""

from __future__ import annotations

import csv
import json

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions, count_skipped
from tests.helpers.export_builder import facebook_post

TEXTS = ["the kettle sings again", "nobody broke the spoon", "tea is at four"]
RECORDS = [{"text": text, "user": "ada"} for text in TEXTS]
LINES = "\n".join(map(json.dumps, RECORDS))
TABLE = "user,text\n" + "".join(f"ada,{text}\n" for text in TEXTS)
RUSSIAN = ["Сегодня чайник снова поёт", "Поезд опять опаздывает", "Никто не сломал ложку"]


def read(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [post.text for post in sources.read(str(path), ReadOptions(name="ada")).posts]


SHAPES = {
    "texts.json": json.dumps(TEXTS),
    "texts-inside.json": json.dumps({"posts": TEXTS}),
    "numbered.json": json.dumps({str(n): record for n, record in enumerate(RECORDS)}),
    "numbered-texts.json": json.dumps(dict(enumerate(TEXTS))),
    "columns.json": json.dumps({"text": TEXTS, "id": [1, 2, 3]}),
    "pandas.json": json.dumps({"text": dict(enumerate(TEXTS)), "id": dict(enumerate("abc"))}),
    "split.json": json.dumps({"columns": ["text"], "index": [0], "data": [[text] for text in TEXTS]}),
    "concatenated.json": "".join(map(json.dumps, RECORDS)),
    "indented.json": "\n".join(json.dumps(record, indent=2) for record in RECORDS),
    "commas.json": "".join(json.dumps(record) + ",\n" for record in RECORDS),
    "comma-at-end.json": json.dumps(RECORDS)[:-1] + ",\n]\n",
    "sequence.jsonl": "".join(f"\x1e{json.dumps(record)}\n" for record in RECORDS),
    "list.jsonl": json.dumps(RECORDS),
    "list-of-lines.ndjson": "[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]\n",
    "lines.txt": LINES,
    "lines.csv": LINES,
    "list.txt": json.dumps(RECORDS),
    "table.txt": TABLE,
    "table.json": TABLE,
}


@pytest.mark.parametrize("name", SHAPES)
def test_json_and_tables_of_any_shape_and_name_are_read(tmp_path, name):
    """Each shape in which programs write posts gives the same posts."""
    assert read(tmp_path, name, SHAPES[name]) == TEXTS


def test_one_record_is_a_post(tmp_path):
    """A file with a single object that has a text is one post."""
    assert read(tmp_path, "post.json", json.dumps(RECORDS[0])) == TEXTS[:1]


def test_odd_values_in_a_list_of_texts_are_counted(tmp_path):
    """What is no text in a list of texts is skipped, and counted once."""
    with count_skipped() as skipped:
        assert read(tmp_path, "texts.json", json.dumps([*TEXTS, None, 5])) == TEXTS
    assert skipped == {"damaged": 2}


@pytest.mark.parametrize(
    "codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "cp1251", "koi8-r"]
)
@pytest.mark.parametrize("name", ["posts.json", "posts.jsonl"])
def test_json_in_other_encodings_is_read(tmp_path, name, codec):
    """JSON that a program wrote in UTF-16 or in the code page of a country is read as what it says."""
    records = [{"text": text, "user": "ada"} for text in RUSSIAN]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    content = "\n".join(lines) if name.endswith("l") else f"[{', '.join(lines)}]"
    assert read(tmp_path, name, content.encode(codec)) == RUSSIAN


@pytest.mark.parametrize("form", ["list", "object", "texts"])
def test_one_bad_byte_costs_one_character(tmp_path, form):
    """A byte that is not UTF-8 becomes U+FFFD, and all other text stays as it is."""
    records = [{"text": text, "user": "ada"} for text in RUSSIAN]
    content = {"list": records, "object": {"posts": records}, "texts": RUSSIAN}[form]
    encoded = (
        json.dumps(content, ensure_ascii=False).encode().replace("ложку".encode(), "ложк".encode() + b"\xd1")
    )
    assert read(tmp_path, "posts.json", encoded) == [*RUSSIAN[:2], RUSSIAN[2].replace("ложку", "ложк\ufffd")]


@pytest.mark.parametrize(
    "content", [json.dumps({"likes": TEXTS}).encode(), b'{"data": "\xff"}', b"\x1f\x8b", b"// no\n[1]"]
)
def test_what_holds_no_posts_is_refused(tmp_path, content):
    """Texts under the name of what a person likes are not read, and neither is what is no JSON."""
    with pytest.raises(LocationError, match=r"likes\.json"):
        read(tmp_path, "likes.json", content)


ODD_TABLES = {
    "blank lines first": "\n\nuser,text\nada,{0}\nada,{1}\nada,{2}\n",
    "a title first": "Exported on 2024-01-01\nuser,text\nada,{0}\nada,{1}\nada,{2}\n",
    "a column twice": "user,text,text\nada,{0},\nada,{1},\nada,{2},\n",
    "a quote inside of a field": 'user,text\nada,{0}\nada,{1}\nada,"say "no" to it"\nada,{2}\n',
}


@pytest.mark.parametrize("oddity", ODD_TABLES)
def test_one_odd_line_costs_no_table(tmp_path, oddity):
    """Blank lines, a title, a name that stands twice or one quote that is not doubled refuse no table."""
    assert read(tmp_path, "posts.csv", ODD_TABLES[oddity].format(*TEXTS)) == TEXTS


def test_commas_in_the_only_column_belong_to_the_text(tmp_path):
    """A table of one column without quotes keeps its commas."""
    assert read(tmp_path, "posts.csv", "text\none, two\nthree\n") == ["one, two", "three"]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("posts.csv", b"\x1f\x8b\x08", "compressed"),
        ("posts.json.xz", b"\xfd7zXZ\0", "compressed"),
        ("posts.csv", b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        ("posts.txt", b"{\\rtf1 hello}", "word processor"),
        ("sent.mbox", b"From ada@example.org Sun Mar 05\nFrom: Ada\nTo: Bob\n\nhello\n", "e-mail"),
        ("mail.txt", b"From: Ada <a@example.org>\nTo: Bob\nSubject: tea\n\nhello\n", "e-mail"),
        ("posts.txt", b"<!DOCTYPE html><html><body>hello", "as HTML"),
        ("posts.csv", b"SQLite format 3\0", "database"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, name, content, what):
    """A file of another kind is refused with what it is, although its name is that of a table."""
    with pytest.raises(LocationError, match=what):
        read(tmp_path, name, content)


def test_comments_of_youtube_are_read_from_their_parts(tmp_path):
    """Google's export has a comment as JSON objects in a cell; answers name the comment above them."""
    path = tmp_path / "comments.csv"
    path.write_text(
        "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Video ID,Comment Text\n"
        '1,UC1,2024-01-01T10:00:00.0+00:00,0,,v,"{""text"":""the kettle""},{""text"":"" sings""}"\n'
        '2,UC1,2024-01-02T10:00:00.0+00:00,0,1,v,"{""text"":""yes it does""}"\n'
    )
    posts = list(sources.read(str(path), ReadOptions(name="Ada")).posts)
    assert [(post.id, post.text, post.reply_to) for post in posts] == [
        ("1", "the kettle sings", None),
        ("2", "yes it does", "1"),
    ]
    assert all(post.created_at for post in posts)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('{"takeoutSegments":[{"text":"the kettle sings"}]}', ["the kettle sings"]),
        (
            '{"takeoutSegments":[{"text":"see "},{"text":"https://a.org/","link":{"linkUrl":"https://a.org/"}}]}',
            ["see https://a.org/"],
        ),
        ('{"text":"https://a.org/","link":{"linkUrl":"https://a.org/"}}', ["https://a.org/"]),
        ('{"text":"@bob","mention":{"externalChannelId":"UC2"}},{"text":" thanks"}', ["@bob thanks"]),
        ('{"text":"one\ntwo"}', ["one\ntwo"]),
        ('{"text":""}', []),
        ('{"takeoutSegments":[]}', []),
    ],
)
@pytest.mark.parametrize("column", ["Comment Text", "Live Chat Text", "Kommentartext"])
def test_each_form_of_the_parts_is_opened(tmp_path, cell, text, column):
    """A comment of 2023 is in a list of parts, and one that is only a link, or a mention, is a text, too."""
    rows = [["Comment ID", "Channel ID", column], ["1", "UC1", cell], ["2", "UC1", '{"text":"other"}']]
    location = str(write_rows(tmp_path / "comments.csv", rows))
    posts = sources.read(location, ReadOptions(name="Ada", text_column=column)).posts
    assert [post.text for post in posts if post.text] == [*text, "other"]


YOUTUBE = {
    "de": "Kommentar-ID,Kanal-ID,Zeitstempel der Erstellung des Kommentars,Übergeordnete Kommentar-ID,"
    "Kommentartext",
    "nl": "Reactie-ID,Kanaal-ID,Aanmaaktijdstempel reactie,Parent Comment ID,Reactietekst",
    "pt": "Comment ID,ID do canal,Carimbo de data/hora em que o comentário foi criado,Parent Comment ID,"
    "Texto do comentário",
}


@pytest.mark.parametrize("language", YOUTUBE)
def test_comments_of_youtube_are_read_in_other_languages(tmp_path, language):
    """The export names its columns in the language of the account."""
    rows = [
        YOUTUBE[language].split(","),
        ["Ug1", "UC1", "2024-01-01T10:00:00.0+00:00", "", '{"text":"the kettle sings"}'],
        ["Ug2", "UC1", "2024-01-02T10:00:00.0+00:00", "Ug9", '{"text":"yes it does"}'],
    ]
    timeline = sources.read(str(write_rows(tmp_path / "comments.csv", rows)))
    assert timeline.account.handle == "UC1"
    posts = list(timeline.posts)
    assert [(post.id, post.text, post.reply_to) for post in posts] == [
        ("Ug1", "the kettle sings", None),
        ("Ug2", "yes it does", "Ug9"),
    ]
    assert all(post.created_at for post in posts)


def test_long_names_of_columns_are_names(tmp_path):
    """A header in a language that is not known is one, as dates and numbers below it show; posts are none."""
    long = "Komentári kommentin luomisajankohdan aikaleima"
    path = tmp_path / "posts.csv"
    write_rows(path, [["Kommentti", long, "Hinta"], ["aa", "2024-01-01 10:00", "0"]])
    with pytest.raises(LocationError, match=rf"no column of text, only 'Kommentti', '{long}'.*--text-column"):
        sources.read(str(path))
    write_rows(path, [["7", "the kettle sings in the kitchen, and so do I"], ["9", "so it goes"]])
    with pytest.raises(LocationError, match="has no names of columns; put them into its first line"):
        sources.read(str(path))
    write_rows(path, [["2024-01-01", "the kettle sings"], ["2024-01-02", "so it goes"]])
    with pytest.raises(LocationError, match="has no names of columns; put them into its first line"):
        sources.read(str(path))


def write_rows(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_feed_that_names_a_wrong_encoding_is_read(tmp_path):
    """A feed that says UTF-8 and is in a code page has no lost letters."""
    item = f"<item><title>{RUSSIAN[0]}</title></item>"
    feed = f"<rss version='2.0'><channel><title>K</title>{item}</channel></rss>"
    content = b'<?xml version="1.0" encoding="utf-8"?>' + feed.encode("cp1251")
    assert read(tmp_path, "feed.xml", content) == RUSSIAN[:1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("posts.csv", '"sep=,"\ndate,text\n2024-01-01,one\n2024-01-02,two\n'),
        ("posts.csv", "My posts,\ndate,text\n2024-01-01,one\n2024-01-02,two\n"),
        ("posts.txt", "one<|endoftext|>two<|endoftext|>"),
        ("posts.json", '[{"content": {"rendered": "<p>one</p>"}}, {"content": {"rendered": "<p>two</p>"}}]'),
        ("posts.json", '{"records": [{"uri": "a", "value": {"text": "one"}}, {"value": {"text": "two"}}]}'),
        ("posts.json", '{"hits": {"hits": [{"_source": {"text": "one"}}, {"_source": {"text": "two"}}]}}'),
    ],
)
def test_more_shapes_of_tables_are_read(tmp_path, name, content):
    """Quoted separators, titles with commas, marks behind texts, objects around texts and around records."""
    path = tmp_path / name
    path.write_text(content)
    assert [post.text for post in sources.read(str(path), ReadOptions(name="Ada")).posts] == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("posts.csv", "2024-01-01,the kettle sings\n2024-01-02,tea\n", "put them into its first line"),
        ("posts_1.json", '[{"media": [{"uri": "x.jpg", "title": "tea"}]}]', "give the whole one"),
        (
            "comments.json",
            '{"comments_v2": [{"data": [{"comment": {"comment": "tea"}}]}]}',
            "give the whole one",
        ),
        ("groups.json", '{ "group_posts_v2" : [{"data": [{"post": "tea"}]}]}', "give the whole one"),
        (
            "other_people's_posts_to_your_timeline.json",
            '{"wall_posts_sent_to_you": {"activity_log_data": [{"data": [{"post": "tea"}]}]}}',
            "give the whole one",
        ),
        ("your_posts_1.json", json.dumps([facebook_post("the kettle sings")]), "give the whole one"),
        ("your_posts_1.json", '[{"timestamp": 1, "data": [{"post": "tea"}]}]', "give the whole one"),
        ("posts.log", '{"text": "tea"}', "let its name end with"),
        ("posts", "the kettle sings\n", "let its name end with"),
    ],
)
def test_what_lacks_little_to_be_read_is_told_what(tmp_path, name, content, advice):
    """A table without names of columns, one file of an export, text whose name does not say what it is."""
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(LocationError, match=advice):
        sources.read(str(path), ReadOptions(name="Ada"))


def test_links_beyond_the_last_column_cost_no_post(tmp_path):
    """X's tweets.csv of 2012 has several links in its last column, without quotes around them."""
    path = tmp_path / "tweets.csv"
    path.write_text("text,expanded_urls\none,http://a.example\ntwo,http://a.example,https://b.example\n")
    with count_skipped() as skipped:
        posts = list(sources.read(str(path), ReadOptions(name="Ada")).posts)
    assert [post.text for post in posts] == ["one", "two"]
    assert not skipped
