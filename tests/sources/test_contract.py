"""The contract of all sources, and the choice of a source for a location."""

from __future__ import annotations

import ast
import gc
import inspect
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from huggingtweets import errors, sources
from huggingtweets.errors import LocationError, UnknownPlace
from huggingtweets.sources import ReadOptions
from huggingtweets.types import Post, Timeline
from tests.helpers import export_builder, network_exports, private_exports
from tests.helpers.archive_builder import tweet, write_folder, write_zip
from tests.helpers.x_builder import old_tweet, write_old_archive

POSTS = 400
NAMED = ReadOptions(name="Ada Tests")


def x_archive(folder, count):
    return write_zip(folder / "archive.zip", [tweet(n, f"post number {n}") for n in range(count)])


def table(folder, count):
    path = folder / "posts.csv"
    rows = (f'{n},"post number {n} {"and more words " * 20}",ada\n' for n in range(count))
    path.write_text("id,text,user\n" + "".join(rows))
    return path


def x_grailbird(folder, count):
    months = {f"2012_{month:02}": [] for month in range(1, 13)}
    for n in range(count):
        months[f"2012_{1 + 12 * n // count:02}"].append(old_tweet(n, f"post number {n}"))
    return write_old_archive(
        folder / "archive.zip", {month: posts for month, posts in months.items() if posts}
    )


# How to make a location of each place with a number of posts: "post number 0", "post number 1" and so on.
FIXTURES = {
    "bluesky_repo": network_exports.bluesky_repo,
    "mastodon_export": network_exports.mastodon_export,
    "table": table,
    "x_archive": x_archive,
    "x_grailbird": x_grailbird,
    **export_builder.FIXTURES,
    **private_exports.FIXTURES,
}
LIVE = {"bluesky", "community_archive", "mastodon", "x_api"}  # read from servers: their own files test them
ON_DISK = sorted(set(sources.names()) - LIVE)
OFTEN_READ = {"table", "x_archive"}  # of which less is written for the measurement of memory
A_FILE_A_POST = {"medium"}  # whose list of files grows with the posts


def json_lines(text):
    return [f'{{"text": "{line}"}}' for line in text]


OTHER_FORMS = {  # of some sources, which must be read one by one too
    "posts.txt": lambda path, text: path.write_text("\n".join(text)),
    "posts.jsonl": lambda path, text: path.write_text("\n".join(json_lines(text))),
    "posts.json": lambda path, text: path.write_text(f"[{','.join(json_lines(text))}]"),
    "archive": lambda path, text: write_folder(path, [tweet(n, line) for n, line in enumerate(text)]),
}


def other_form(form, folder, count):
    """Write so many posts in a form; where they are."""
    OTHER_FORMS[form](folder / form, [f"post number {n} {'and more words ' * 20}" for n in range(count)])
    return folder / form


def test_there_are_sources_and_each_has_a_fixture():
    """The registry finds sources, and each of them is tested in this file."""
    assert {"table", "x_archive"} <= set(sources.names())
    assert set(FIXTURES) == set(ON_DISK)
    assert set(sources.names()) > LIVE


@pytest.mark.parametrize("name", sources.names())
def test_a_source_keeps_the_contract(name):
    """Every source has a name, a summary and an example of one line, and both functions."""
    source = sources.load(name)
    assert source.NAME
    assert "_" not in source.NAME
    assert source.SUMMARY
    assert source.EXAMPLE
    assert "\n" not in source.NAME + source.SUMMARY + source.EXAMPLE
    assert list(inspect.signature(source.recognises).parameters) == ["location"]
    assert list(inspect.signature(source.read).parameters) == ["location", "options"]


@pytest.mark.parametrize("name", ON_DISK)
def test_a_source_reads_what_it_recognises(tmp_path, name):
    """A source recognises its fixture; account, digest, order and number of posts are right."""
    location = str(FIXTURES[name](tmp_path, POSTS))
    assert sources.recognise(location) == name
    timeline = sources.read(location)
    posts = list(timeline.posts)
    assert isinstance(timeline, Timeline)
    assert (timeline.account.source, len(timeline.digest)) == (name, 64)
    assert [post.text.split(" and")[0] for post in posts] == [f"post number {n}" for n in range(POSTS)]
    assert all(isinstance(post, Post) and post.author == timeline.account.handle for post in posts)
    assert len({post.id for post in posts}) == POSTS
    assert timeline.expected in (None, POSTS)


@pytest.mark.parametrize("name", ON_DISK)
def test_the_digest_is_that_of_the_content(tmp_path, name):
    """The same content gives the same digest, and other content another."""
    folders = [tmp_path / letter for letter in "abc"]
    for folder in folders:
        folder.mkdir()
    same = FIXTURES[name](folders[0], 10)
    copy = folders[1] / same.name
    copy.write_bytes(same.read_bytes())
    other = FIXTURES[name](folders[2], 11)
    digests = [sources.read(str(location)).digest for location in (same, copy, other)]
    assert digests[0] == digests[1] != digests[2]


def peak_memory(location):
    """Return how many bytes reading needs at most."""
    gc.collect()
    tracemalloc.start()
    for _ in sources.read(str(location), NAMED).posts:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "x_archive" else pytest.mark.slow)
        for name in sorted({*ON_DISK} - A_FILE_A_POST)
    ],
)
def test_memory_does_not_grow_with_the_posts(tmp_path, name):
    """Twenty times as many posts need hardly more memory; with other sources fifty times as many."""
    times, more = (20, 2 << 20) if name in OFTEN_READ else (50, 4 << 20)
    (tmp_path / "small").mkdir()
    small = peak_memory(FIXTURES[name](tmp_path / "small", POSTS))
    large = peak_memory(FIXTURES[name](tmp_path, times * POSTS))
    assert large < small + more


TEXTS = ("posts.txt", "posts.jsonl", "posts.json")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["archive", *TEXTS])
def test_memory_does_not_grow_in_the_other_forms(tmp_path, form):
    """The same holds for the other forms of some sources."""
    (tmp_path / "small").mkdir()
    small = peak_memory(other_form(form, tmp_path / "small", POSTS))
    large = peak_memory(other_form(form, tmp_path, 50 * POSTS))
    assert large < small + (4 << 20)


def test_parquet_is_read_in_batches(tmp_path):
    """Only a part of a parquet file with many row groups is in Arrow's memory at once."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    texts = [f"post number {n} {'and more words ' * 20} {n * 7919}" for n in range(50 * POSTS)]
    path = tmp_path / "posts.parquet"
    parquet.write_table(pa.table({"text": texts}), path, row_group_size=POSTS, compression="none")
    del texts
    before = pa.total_allocated_bytes()
    most = max(pa.total_allocated_bytes() for _ in sources.read(str(path), NAMED).posts)
    assert most - before < path.stat().st_size / 4


@pytest.mark.parametrize("location", ["", "/", "no.zip", "\0", "x" * 5000 + ".csv"])
def test_recognising_never_fails(location):
    """Impossible locations are unknown, and no source fails on them."""
    with pytest.raises(UnknownPlace):
        sources.recognise(location)


@pytest.mark.parametrize("name", ON_DISK)
def test_files_of_no_source_are_refused_in_one_line(tmp_path, name):
    """Files without content of the source give an error that names them, never an empty timeline."""
    path = tmp_path / FIXTURES[name](tmp_path, 1).name
    for content in (b"", b"\0" * 100, b"{}", b"[]", b"PK\x05\x06" + b"\0" * 18):
        path.write_bytes(content)
        with pytest.raises(LocationError) as caught:
            list(sources.read(str(path), NAMED, source=name).posts)
        assert str(path) in str(caught.value), content
        assert "\n" not in str(caught.value), content


@pytest.mark.parametrize("name", ON_DISK)
def test_a_location_that_is_not_there_is_refused(tmp_path, name):
    """A file that does not exist is refused even with `source`."""
    location = str(tmp_path / FIXTURES[name](tmp_path, 1).name) + "-not.zip"
    with pytest.raises(LocationError):
        list(sources.read(location, NAMED, source=name).posts)


def test_a_folder_that_is_no_archive_is_unknown(tmp_path):
    """The message names the location, and the command that lists what can be read."""
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(UnknownPlace) as caught:
        sources.read(str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert "huggingtweets sources" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("posts.docx", b"PK", "huggingtweets sources"),
        ("posts.bin", b"\xd0\xcf\x11\xe0", "save it as CSV"),
        ("messages.html", b"<!DOCTYPE html><html>", "ask for it again as JSON"),
        ("tweets.jsonl.zst", b"\x28\xb5\x2f\xfd", "unpack it"),
        ("chat.db", b"SQLite format 3\0", "a database"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_do(tmp_path, name, content, advice):
    """The message says in one short line what a file is, and what to do."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnknownPlace, match=advice) as caught:
        sources.read(str(tmp_path / name))
    assert len(str(caught.value)) < 200 + len(str(tmp_path))


def test_a_path_that_does_not_exist_is_reported(tmp_path):
    """A path that does not exist is reported as such."""
    with pytest.raises(UnknownPlace, match="no file or folder is at"):
        sources.recognise(str(tmp_path / "missing.zip"))


@pytest.mark.parametrize("address", ["https://example.org/jane", "HTTP://example.org"])
def test_an_address_is_never_called_a_file(address):
    """The address of a page that is no feed is called so, with what helps where the page links to one."""
    with pytest.raises(UnknownPlace, match=r"^[^;]*no feed and no account.*--source feed") as caught:
        sources.recognise(address)
    assert "file" not in str(caught.value)


def test_an_unknown_source_is_reported_with_all_names(tmp_path):
    """An unknown source is reported with the names of all sources."""
    with pytest.raises(UnknownPlace, match=r"'x-archive'; choose one of: .*x_archive"):
        sources.read(str(tmp_path), source="x-archive")


def test_an_archive_without_posts_is_reported(tmp_path):
    """An archive without posts is an error, even if all its files are in order."""
    with pytest.raises(LocationError, match="holds no posts"):
        list(sources.read(str(write_zip(tmp_path / "archive.zip", []))).posts)


def test_a_file_that_may_not_be_read_is_reported(tmp_path):
    """An error of the system becomes one line: here, links that cannot be opened."""
    folder = tmp_path / "archive"
    write_folder(folder, [tweet(1, "a b c")], manifest=False)
    (folder / "data" / "tweets-part1.js").symlink_to(folder / "data" / "tweets-part1.js")
    (folder / "data" / "account.js").unlink()
    (folder / "data" / "account.js").symlink_to(folder / "data" / "nothing.js")
    with pytest.raises(LocationError):
        list(sources.read(str(folder)).posts)


def test_asking_for_sources_loads_nothing_heavy():
    """Recognising a location imports neither torch nor pyarrow."""
    code = (
        "import sys; from huggingtweets import sources; [sources.load(n) for n in sources.names()]; "
        "print(sorted({'torch', 'transformers', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_posts_without_an_id_are_told_apart(tmp_path):
    """A post without an id gets its number as its id, since ids hold threads together."""
    archive = write_zip(tmp_path / "archive.zip", [tweet(1, "one"), tweet(2, "two"), tweet(3, "three")])
    table = tmp_path / "tweets.csv"
    rows = "".join(f'"{n}","","2013-03-13 08:52:14 +0000","web","post {n or 2}",""\n' for n in ("1", "", ""))
    table.write_text(
        f'"tweet_id","in_reply_to_status_id","timestamp","source","text","retweeted_status_id"\n{rows}'
    )
    posts = [*sources.read(str(archive)).posts, *sources.read(str(table), NAMED).posts]
    assert [post.id for post in posts] == ["1", "2", "3", "1", "number-2", "number-3"]


def test_an_error_names_options_in_its_advice_alone():
    """So that a command without these options can leave the advice out."""
    modules = list(Path(sources.__file__).parent.rglob("*.py"))
    calls = [node for path in modules for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    problems = [ast.unparse(node.args[0]) for node in calls if _makes_location_error(node) and node.args]
    assert len(problems) > 100
    assert not [problem for problem in problems if " --" in problem]


def _makes_location_error(node):
    name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    kind = getattr(errors, name, None)
    return isinstance(kind, type) and issubclass(kind, LocationError)
