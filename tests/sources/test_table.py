"""Tables of every form are read by the names of their columns, and damage is repaired."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import parquet

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError, SeveralAuthors, UnknownPlace
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind

ROWS = [
    {"created_at": "2020-01-02 03:04:05", "text": "one, with a comma", "user": "ada", "id": "11"},
    {"created_at": "2020-01-03 03:04:05", "text": 'two "quoted"', "user": "ada", "id": "12"},
    {"created_at": "2020-01-04 03:04:05", "text": "three\nlines é", "user": "ada", "id": "13"},
]
FORMS = ["csv", "tsv", "json", "jsonl", "ndjson", "parquet"]


def write(path, rows):
    """Write rows in the form of the file's suffix."""
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    elif path.suffix in (".jsonl", ".ndjson"):
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        mark = "\t" if path.suffix == ".tsv" else ","
        quoted = [['"' + str(value).replace('"', '""') + '"' for value in row.values()] for row in rows]
        lines = [list(rows[0]), *quoted]
        path.write_text("\n".join(mark.join(line) for line in lines), encoding="utf-8")
    return path


def read_all(path, **options):
    return list(sources.read(str(path), ReadOptions(**options)).posts)


def read_csv(tmp_path, content, **options):
    path = tmp_path / "posts.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_all(path, **options)


def read_row(tmp_path, **row):
    [post] = read_all(write(tmp_path / "posts.json", [{"user": "ada", **row}]))
    return post


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_posts(tmp_path, form):
    """CSV, TSV, JSON, JSONL and parquet of the same rows give the same timeline."""
    timeline = sources.read(str(write(tmp_path / f"posts.{form}", ROWS)))
    posts = list(timeline.posts)
    assert (timeline.account.handle, timeline.account.source) == ("ada", "table")
    assert [post.text for post in posts] == [row["text"] for row in ROWS]
    assert [post.id for post in posts] == ["11", "12", "13"]
    assert posts[0].created_at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_plain_text_has_one_post_a_line(tmp_path):
    """In plain text each line is a post, empty lines are skipped, and the user gives the name."""
    path = tmp_path / "posts.txt"
    path.write_text("first post\n\n  second post \nthird post")
    timeline = sources.read(str(path), ReadOptions(name="Ada L."))
    assert (timeline.account.handle, timeline.account.name) == ("ada_l", "Ada L.")
    assert [(post.id, post.text) for post in timeline.posts] == [
        ("row-1", "first post"),
        ("row-3", "second post"),
        ("row-4", "third post"),
    ]
    with pytest.raises(LocationError, match="--name"):
        read_all(path)


@pytest.mark.parametrize(
    "column", ["text", "Text", "full_text", "tweet", "content", "status", "body", "Full Text"]
)
def test_the_text_column_is_found_by_name(tmp_path, column):
    """The usual names of a column of text are found, in upper or lower case."""
    assert read_csv(tmp_path, f"user,{column}\nada,hello there")[0].text == "hello there"


@pytest.mark.parametrize(
    "column",
    ["Post Body", "clean_text", "Texto del tweet", "Текст поста", "推文内容", "投稿内容", "ข้อความ", "treść"],
)
def test_the_text_column_is_found_by_the_parts_of_its_name(tmp_path, column):
    """Where no column has a usual name, one whose name has a word for texts is the one."""
    assert read_csv(tmp_path, f"user,post_id,{column}\nada,7,hello there")[0].text == "hello there"


@pytest.mark.parametrize(
    "column", ["Posted on", "Veröffentlicht am", "When", "Дата публикации", "発信日", "zzz"]
)
def test_a_column_of_dates_is_found_by_what_is_in_it(tmp_path, column):
    """Where no column of dates has a usual name; a column of other dates than the post's is not taken."""
    content = f"joined,last_edited,{column},text\n2001-01-01,2022-02-02,2020-01-02 03:04,hello"
    assert read_csv(tmp_path, content, name="Ada")[0].created_at == datetime(2020, 1, 2, 3, 4, tzinfo=UTC)


def test_a_number_is_no_date_unless_its_column_says_so(tmp_path):
    """Seconds of Unix time count in a column of times, and not in one of other numbers."""
    for column, expected in (("epoch", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)), ("followers", None)):
        [post] = read_csv(tmp_path, f"{column},text\n1700000000,hello", name="Ada")
        assert post.created_at == expected


def test_another_text_column_can_be_named(tmp_path):
    """--text-column overrides the usual names; a missing column is reported with the existing ones."""
    content = "user,text,words\nada,no,yes"
    assert read_csv(tmp_path, content, text_column="words")[0].text == "yes"
    with pytest.raises(LocationError, match=r"no column 'wrds', only 'user', 'text', 'words'"):
        read_csv(tmp_path, content, text_column="wrds")


def test_a_table_without_text_tells_its_columns(tmp_path):
    """Without a known column the message lists all columns and names the option."""
    with pytest.raises(LocationError, match=r"only 'a', 'b'; .* --text-column"):
        read_csv(tmp_path, "a,b\n1,2")


def test_all_that_a_table_can_tell_is_read(tmp_path):
    """Id, date, language, link and answered post are found under many names."""
    post = read_row(
        tmp_path,
        Tweet="I agree",
        tweet_id=12,
        Date="1/2/20 3:04",
        language="en",
        permalink="https://x.com/ada/status/12",
        in_reply_to_status_id=5,
    )
    assert (post.id, post.lang, post.reply_to, post.kind) == ("12", "en", "5", PostKind.REPLY)
    assert post.url == "https://x.com/ada/status/12"
    assert post.created_at == datetime(2020, 1, 2, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"text": "RT @bob: his words"}, PostKind.REPOST),
        ({"text": "RT if you like"}, PostKind.ORIGINAL),
        ({"text": "his words", "isRetweet": True}, PostKind.REPOST),
        ({"text": "his words", "is_retweet": "t"}, PostKind.REPOST),
        ({"text": "my words", "is_retweet": "f"}, PostKind.ORIGINAL),
        ({"text": "my words", "is_retweet": 0, "retweets": 17}, PostKind.ORIGINAL),
        ({"text": "his words", "retweeted_status": {"id": 1}}, PostKind.REPOST),
        ({"text": "@bob yes"}, PostKind.REPLY),
        ({"text": "yes", "in_reply_to_screen_name": "bob"}, PostKind.REPLY),
        ({"text": "yes", "in_reply_to_status_id": float("nan")}, PostKind.ORIGINAL),
        ({"text": "yes", "in_reply_to_status_id": None}, PostKind.ORIGINAL),
    ],
)
def test_the_kind_follows_from_text_and_flags(tmp_path, row, kind):
    """Retweets and replies are recognised by their text or by a column."""
    path = tmp_path / "posts.parquet"
    parquet.write_table(pa.Table.from_pylist([{"user": "ada", **row}]), path)
    assert read_all(path)[0].kind is kind


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("R&amp;D &lt;3 &#39;s &quot;q&quot; caf&eacute;", 'R&D <3 \'s "q" café'),
        ("https://example.org/?a=1&copy=2&lt=3", "https://example.org/?a=1&copy=2&lt=3"),
        ("lookpic.twitter.com/abc", "look pic.twitter.com/abc"),
        ("a wordhttps://t.co/x and…https://t.co/y", "a word https://t.co/x and… https://t.co/y"),
        ("🎥https://t.co/x", "🎥 https://t.co/x"),
        ('(https://t.co/x) "https://t.co/y"', '(https://t.co/x) "https://t.co/y"'),
        ("https://archive.example/https://t.co/x", "https://archive.example/https://t.co/x"),
        ("two\r\nlines\rthree", "two\nlines\nthree"),
    ],
)
def test_text_is_what_was_typed(tmp_path, raw, text):
    """Escapes are undone, links are separated from words, and line ends are normalised."""
    assert read_row(tmp_path, text=raw).text == text


@pytest.mark.parametrize("ruined", ["2.91094E+17", "2.91e17", 2.91094e17, "291094000000000000", "", None])
def test_ids_ruined_by_spreadsheets_become_the_rows_own(tmp_path, ruined):
    """A rounded id is replaced by the id in the link, or by the number of the row."""
    rows = [{"user": "ada", "text": f"post {n}", "id": ruined, "url": ""} for n in range(2)]
    rows.append({"user": "ada", "text": "linked", "id": ruined, "url": "https://x.com/ada/status/77"})
    assert [post.id for post in read_all(write(tmp_path / "posts.json", rows))] == ["row-1", "row-2", "77"]


def test_several_people_in_one_table_need_a_choice(tmp_path):
    """If there are several authors, the most frequent are listed, and the user chooses one."""
    rows = [{"user": user, "text": f"by {user}"} for user in ["ada"] * 3 + ["Bob"] * 5 + ["eve"]]
    path = write(tmp_path / "posts.csv", rows)
    with pytest.raises(LocationError, match=r"Bob \(5\), ada \(3\), eve \(1\); choose with --handle"):
        read_all(path)
    assert [post.text for post in read_all(path, handle="@bob")] == ["by Bob"] * 5
    with pytest.raises(LocationError, match=r"no posts of @zoe, but of Bob \(5\)"):
        read_all(path, handle="zoe")


def test_rows_of_nobody_are_not_taken_for_the_chosen_persons(tmp_path):
    """Rows without an author are skipped if the user chose one of several."""
    rows = [{"user": user, "text": f"by {user}"} for user in ["ada", "", "bob"]]
    assert [post.text for post in read_all(write(tmp_path / "posts.csv", rows), handle="ada")] == ["by ada"]


def test_an_author_may_be_a_whole_profile(tmp_path):
    """The author may be an object, as `user` in X's API."""
    assert read_row(tmp_path, user={"screen_name": "ada", "name": "Ada"}, full_text="hi").author == "ada"


OPEN = {
    "visibility": "public",
    "privacy": "Everyone",
    "status": "publish",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
}


@pytest.mark.parametrize(
    "closed",
    [
        {"visibility": "followers"},
        {"visibility": "a word that nobody knows"},
        {"privacy": "Friends"},
        {"is_draft": "True"},
        {"status": "draft"},
        {"deleted_at": "2024-01-01"},
        {"type": "direct_message"},
        {"to": ["https://e.example/users/ada/followers"], "cc": []},
        {"user": {"screen_name": "ada", "protected": True}},
        {"subtype": "channel_join"},
    ],
)
def test_what_was_not_for_everyone_is_never_read(tmp_path, closed):
    """A record that says in any of many ways that it is private, a draft, deleted or no post is left out."""
    known = {name: OPEN[name] for name in closed if name in OPEN}
    rows = [{"user": "ada", "text": "for all", **known}, {"user": "ada", "text": "secret", **closed}]
    assert [post.text for post in read_all(write(tmp_path / "posts.json", rows))] == ["for all"]
    with pytest.raises(LocationError, match="no posts that everyone could read"):
        read_all(write(tmp_path / "posts.json", [rows[1]] * 2))


def test_what_only_later_records_say_counts_too(tmp_path):
    """Fields that the first thousand records lack are honoured where they come."""
    rows = [{"user": "ada", "text": f"post {n}"} for n in range(1500)]
    rows += [{"user": "ada", "text": "secret", "visibility": "direct"}]
    rows += [{"user": "ada", "text": "theirs", "reblog": {"id": 1}}]
    posts = read_all(write(tmp_path / "posts.json", rows))
    assert [post.text for post in posts if post.kind is not PostKind.REPOST] == [
        f"post {n}" for n in range(1500)
    ]


@pytest.mark.parametrize(
    "column",
    [
        "author.name",
        "From-User",
        "author_id",
        "account.acct",
        "Verfasser",
        "作者",
        "Message Sender",
        "nickname",
    ],
)
def test_authors_are_found_whatever_their_columns_name(tmp_path, column):
    """A column of several authors is never overlooked: the people are named, and one can be chosen."""
    rows = [{column: person, "text": f"by {person}"} for person in ("ada", "bob", "ada")]
    path = write(tmp_path / "posts.csv", rows)
    with pytest.raises(LocationError, match=r"several people: ada \(2\), bob \(1\)"):
        read_all(path, name="Ada")
    assert [post.text for post in read_all(path, handle="bob")] == ["by bob"]


def test_a_display_name_chooses_a_person_but_no_handle_does(tmp_path):
    """--name chooses among display names; where the table has handles only, it may be a name to give."""
    rows = [
        {"author": {"name": who, "nickname": who.title()}, "content": f"by {who}"} for who in ("ada", "bob")
    ]
    path = write(tmp_path / "posts.json", rows)
    assert [post.text for post in read_all(path, name="Ada")] == ["by ada"]
    with pytest.raises(LocationError, match="several people"):
        read_all(path, name="Grace")


def test_a_json_object_around_the_list_is_looked_into(tmp_path):
    """A JSON object with one list of objects is read; one with several lists is refused."""
    path = tmp_path / "posts.json"
    path.write_text(json.dumps({"meta": {"count": 3}, "data": ROWS}))
    assert len(read_all(path)) == 3
    path.write_text(json.dumps({"a": ROWS, "b": ROWS}))
    with pytest.raises(LocationError, match="one list of objects, not 2"):
        read_all(path)


@pytest.mark.parametrize("mark", [";", "|", "\t"])
def test_the_delimiter_is_found(tmp_path, mark):
    """The delimiter is found, as spreadsheets of many countries do not write commas."""
    assert read_csv(tmp_path, f"user{mark}text\nada{mark}one, two, three")[0].text == "one, two, three"


def test_rows_may_end_early(tmp_path):
    """Rows may lack fields at their end."""
    assert [post.text for post in read_csv(tmp_path, "user,text,lang,url\nada,one\nada,two,en\n\n")] == [
        "one",
        "two",
    ]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_tables_from_other_systems_are_read(tmp_path, end):
    """Tables with the line ends of Windows and of Excel for Mac are read."""
    assert [post.text for post in read_csv(tmp_path, f'user,text{end}ada,"o{end}ne"{end}ada,two{end}')] == [
        "o\nne",
        "two",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("user,text\nada,one,and,more", "line 2: 4 fields where the header has 2"),
        ('user,text\nada,"one\nada,two\n', "line 3: unexpected end of data"),
        ('user,text\nada,"one"x\n', "line 2: .* expected after"),
        ('user,text\nada,"' + ("x" * 1_000 + "\n") * 17_000 + '"', r"field larger than field limit"),
        ("user,text\nada,o\0ne", "not text in line 2"),
    ],
)
def test_a_broken_csv_is_reported_with_its_line(tmp_path, content, reason):
    """Too many fields, open quotes, huge fields and zero bytes are refused in one line that says where."""
    with pytest.raises(BrokenArchive, match=reason):
        read_csv(tmp_path, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("posts.jsonl", b'{"text": "one"}\n{"text": '),
        ("posts.jsonl", b'{"text": "one"}\n["two"]'),
        ("posts.json", b'[{"text": "one"}, {"text'),
        ("posts.json", b'{"data": [{"text": "one"}'),
        ("posts.json", b'{"data": "\xff"'),
        ("posts.json", b'[["one"], 2]'),
        ("posts.json", b"\x1f\x8b"),
        ("posts.parquet", b"PAR1 and no more"),
    ],
)
def test_other_broken_tables_are_reported(tmp_path, name, content):
    """JSON and parquet that are cut or hold something else are refused."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BrokenArchive, match=name):
        read_all(path, name="Ada")


@pytest.mark.parametrize("form", [*FORMS, "txt"])
def test_a_table_without_posts_is_reported(tmp_path, form):
    """An empty table, or one with only a header, is an error."""
    path = tmp_path / f"posts.{form}"
    content = {"csv": "user,text\n", "tsv": "user\ttext\n", "json": "[]"}.get(form, "")
    path.write_text(content)
    if form == "parquet":
        parquet.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    with pytest.raises(LocationError, match="no posts"):
        read_all(path, name="Ada")


def test_a_table_whose_texts_are_all_empty_holds_no_posts(tmp_path):
    """A table whose texts are all empty is an error."""
    with pytest.raises(LocationError, match="no posts"):
        read_csv(tmp_path, "user,text\nada,\nada,  \n")


def test_a_file_of_another_kind_is_not_taken_for_a_table(tmp_path):
    """A file without the suffix of a table is refused, even with `source`."""
    path = tmp_path / "posts.docx"
    path.write_bytes(b"PK")
    with pytest.raises(UnknownPlace):
        sources.read(str(path))
    with pytest.raises(LocationError, match="is no table"):
        sources.read(str(path), source="table")


@pytest.mark.parametrize(
    ("handle", "count", "reposts"),
    [("realDonaldTrump", 3232, 435), pytest.param("BarackObama", 3207, 351, marks=pytest.mark.slow)],
)
def test_real_timelines_are_read_whole(persona, handle, count, reposts):
    """Two real tables: every row is a post with its own id, a date and a kind."""
    timeline = sources.read(persona(handle))
    posts = list(timeline.posts)
    assert timeline.account.handle == handle
    assert len(posts) == len({post.id for post in posts}) == count
    assert sum(post.kind is PostKind.REPOST for post in posts) == reposts
    assert all(post.created_at and 2012 <= post.created_at.year <= 2017 for post in posts)
    assert all(post.id.isdigit() and post.id in post.url for post in posts)


def test_two_people_with_one_handle_are_told_apart(tmp_path):
    """Names that differ in signs alone are two people: the one who is named is read, and a guess never is."""
    (tmp_path / "two.csv").write_text("author,text\nAnna \u2600,sun\nAnna \u2601,cloud\n", "utf-8")
    place = str(tmp_path / "two.csv")
    with pytest.raises(SeveralAuthors, match="choose with --handle") as several:
        list(sources.read(place, ReadOptions()).posts)
    assert several.value.authors == {"Anna \u2600": 1, "Anna \u2601": 1}
    for name, text in (("Anna \u2601", "cloud"), ("@anna \u2600", "sun")):
        assert [post.text for post in sources.read(place, ReadOptions(handle=name)).posts] == [text]
    with pytest.raises(LocationError, match="no posts of @Anna_"):
        list(sources.read(place, ReadOptions(handle="Anna_")).posts)


@pytest.mark.parametrize("name", ["é" * 120_000, "a." * 60_000, "@a" * 60_000])
def test_a_name_of_any_length_is_read_in_one_pass(tmp_path, name):
    """A cell that a damaged file has made endless is still a name, and searched once."""
    assert [post.text for post in read_csv(tmp_path, f"user,text\n{name},one\n")] == ["one"]


BARE = ["Today I went to the sea, alone again", "And back", "text", 'They said "no", twice', "One\nmore line"]


def column(path, *values):
    """Write a table of one column, as spreadsheets do."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[value] for value in values])
    return str(path)


def test_one_column_without_a_name_has_a_post_a_row(tmp_path, caplog):
    """The first one, too; whoever reads it is told so. A row that is a usual name of a column is none."""
    place = column(tmp_path / "posts.csv", *BARE)
    posts = sources.read(place, ReadOptions(name="Ada")).posts
    assert [post.text for post in posts] == [text for text in BARE if text != "text"]
    assert "posts.csv has no name above its one column" in caplog.text


def test_a_column_without_a_name_needs_no_quotes(tmp_path):
    """Commas are those of the posts."""
    lines = ["Today I went to the sea alone", "Yes, again", "And, as always, late; so what"]
    (tmp_path / "posts.csv").write_text("\n".join(lines))
    posts = sources.read(str(tmp_path / "posts.csv"), ReadOptions(name="Ada")).posts
    assert [post.text for post in posts] == lines


@pytest.mark.parametrize(
    "header", ["text", "Tweet", "Beitrag", "the text of my old tweets", "Text of each tweet!", "投稿内容"]
)
def test_the_name_of_the_only_column_is_no_post(tmp_path, header, caplog):
    """A usual name, or one that says that it is a text, in a few words."""
    posts = list(sources.read(column(tmp_path / "p.csv", header, *BARE[:2]), ReadOptions(name="Ada")).posts)
    assert [post.text for post in posts] == BARE[:2]
    assert not caplog.text


@pytest.mark.parametrize("first", ["good morning", "followers", "Ada Lovelace", "12345678901234567"])
def test_what_may_be_a_name_or_a_post_is_asked_for(tmp_path, first):
    """A few words above one column can be both; neither is guessed."""
    with pytest.raises(LocationError, match=r"text above it|such as: text"):
        sources.read(column(tmp_path / "posts.csv", first, *BARE), ReadOptions(name="Ada"))


def test_a_chat_in_one_column_is_no_posts(tmp_path):
    """It is refused as in a text, unless the user says that all lines are one person's."""
    lines = [f"{('Ada', 'Bob')[n % 2]}: I think, and that is what I say, {n}" for n in range(20)]
    place = column(tmp_path / "chat.csv", *lines)
    with pytest.raises(LocationError, match="looks like a chat"):
        list(sources.read(place, ReadOptions(name="Ada")).posts)
    posts = sources.read(place, ReadOptions(name="Ada", one_author=True)).posts
    assert len(list(posts)) == 20


def test_a_title_above_a_table_is_no_post(tmp_path):
    """Rows of several fields are those of a table, whatever stands above them."""
    (tmp_path / "t.csv").write_text(
        "All that I wrote in 2020.\nday,words\n2020-01-01,hello\n2020-01-02,bye\n"
    )
    with pytest.raises(LocationError):
        sources.read(str(tmp_path / "t.csv"), ReadOptions(name="Ada"))
    (tmp_path / "t.csv").write_text(
        "All that I wrote in 2020.\ndate,text\n2020-01-01,hello\n2020-01-02,bye\n"
    )
    posts = sources.read(str(tmp_path / "t.csv"), ReadOptions(name="Ada")).posts
    assert [post.text for post in posts] == ["hello", "bye"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_backslash_at_the_end_of_a_field_hides_no_quote(tmp_path, mark, end):
    """Only a quote that goes on after a backslash shows that quotes are escaped so."""
    texts = ["first, ok", "C:\\, really\\", "third; ok", "C:\\", "fifth\tok"]
    lines = [f'"{text}"{mark}"{text}"' for text in texts]
    content = end.join([f"text{mark}tag", *lines, ""])
    assert [post.text for post in read_csv(tmp_path, content, name="Ada")] == texts
    escaped = end.join([f"text{mark}tag", f'"say \\"hi\\"{mark} then go"{mark}"x"', ""])
    assert [post.text for post in read_csv(tmp_path, escaped, name="Ada")] == [f'say "hi"{mark} then go']


def test_a_first_post_with_the_name_of_a_column_is_no_header(tmp_path):
    """A header below a title has short names; a sentence of words in quotes is none."""
    rows = [["ID", "Words"], ["1", "so, post, then, sleep"], ["2", "more"]]
    with (tmp_path / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    posts = read_all(tmp_path / "t.csv", name="Ada", text_column="Words")
    assert [post.text for post in posts] == ["so, post, then, sleep", "more"]


def test_parquet_of_other_programs_is_read(tmp_path):
    """Numbers of databases, UUIDs, texts without a note that they are, and dates as pandas writes them."""
    moments = [1_700_000_000_123_456_789, None]
    columns = {
        "id": pa.array([Decimal(10**19 + 1), Decimal(10**19 + 2)], pa.decimal128(38, 0)),
        "user": pa.array([b"ada", b"ada"], pa.binary()),
        "text": pa.array(["caf\u00e9".encode(), b"more"], pa.large_binary()),
        "picture": pa.array([b"\xff\xd8", None], pa.binary()),
        "created_at": pa.array(moments, pa.timestamp("ns", tz="Europe/Paris")),
        "run": pa.array([b"0" * 16] * 2, pa.uuid()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "posts.parquet")
    timeline = sources.read(str(tmp_path / "posts.parquet"))
    first, second = timeline.posts
    assert (timeline.account.handle, first.id, second.id) == ("ada", str(10**19 + 1), str(10**19 + 2))
    assert (first.text, second.text) == ("caf\u00e9", "more")
    assert first.created_at == datetime(2023, 11, 14, 22, 13, 20, 123_456, UTC)
    assert type(first.created_at) is datetime, "a subclass, as pandas has, cannot be written down"
    assert second.created_at is None


def test_a_long_cell_leaves_a_table_readable(tmp_path):
    """A cell may be as long as a line of any text."""
    path = tmp_path / "posts.csv"
    path.write_text(f"text,note\none,a\ntwo,{'x' * 200_000}\nthree,c\n")
    assert [post.text for post in sources.read(str(path), ReadOptions(name="Ada")).posts] == [
        "one",
        "two",
        "three",
    ]
