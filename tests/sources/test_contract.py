"""What holds for every place that posts are read from, and for finding the place."""

from __future__ import annotations

import gc
import inspect
import subprocess
import sys
import tracemalloc

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError, UnknownPlace
from huggingtweets.sources import ReadOptions
from huggingtweets.types import Post, Timeline
from tests.helpers import export_builder, network_exports
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
}
LIVE = {"bluesky", "community_archive", "mastodon", "x_api"}  # read from servers: their own files test them
ON_DISK = sorted(set(sources.names()) - LIVE)


def other_forms(folder, count):
    """The further forms in which the places come, which must stream just the same."""
    text = [f"post number {n} {'and more words ' * 20}" for n in range(count)]
    (folder / "posts.txt").write_text("\n".join(text))
    (folder / "posts.jsonl").write_text("\n".join(f'{{"text": "{line}"}}' for line in text))
    (folder / "posts.json").write_text("[" + ",".join(f'{{"text": "{line}"}}' for line in text) + "]")
    write_folder(folder / "archive", [tweet(n, line) for n, line in enumerate(text)])
    return {name: folder / name for name in ("posts.txt", "posts.jsonl", "posts.json", "archive")}


def test_there_are_sources_and_each_has_a_fixture():
    """The registry finds places, and none escapes the tests of this file."""
    assert {"table", "x_archive"} <= set(sources.names())
    assert set(FIXTURES) == set(ON_DISK)
    assert set(sources.names()) > LIVE


@pytest.mark.parametrize("name", sources.names())
def test_a_source_keeps_the_contract(name):
    """Every source says in one line what it reads and how a location looks, and has both functions."""
    source = sources.load(name)
    assert source.SUMMARY
    assert source.EXAMPLE
    assert "\n" not in source.SUMMARY + source.EXAMPLE
    assert list(inspect.signature(source.recognises).parameters) == ["location"]
    assert list(inspect.signature(source.read).parameters) == ["location", "options"]


@pytest.mark.parametrize("name", ON_DISK)
def test_a_source_reads_what_it_recognises(tmp_path, name):
    """Its own location is recognised as its own; account, digest, order and number of posts are right."""
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
    """Bytes that reading needs at most, above what was there before."""
    gc.collect()
    tracemalloc.start()
    for _ in sources.read(str(location), NAMED).posts:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("name", ON_DISK)
def test_memory_does_not_grow_with_the_posts(tmp_path, name):
    """Fifty times as many posts need hardly more memory: they are never all there at once."""
    (tmp_path / "small").mkdir()
    small = peak_memory(FIXTURES[name](tmp_path / "small", POSTS))
    large = peak_memory(FIXTURES[name](tmp_path, 50 * POSTS))
    assert large < small + (4 << 20)


@pytest.mark.parametrize("form", ["posts.txt", "posts.jsonl", "posts.json", "archive"])
def test_memory_does_not_grow_in_the_other_forms(tmp_path, form):
    """The same holds for each form that a place's posts come in."""
    (tmp_path / "small").mkdir()
    small = peak_memory(other_forms(tmp_path / "small", POSTS)[form])
    large = peak_memory(other_forms(tmp_path, 50 * POSTS)[form])
    assert large < small + (4 << 20)


def test_parquet_is_read_in_batches(tmp_path):
    """Of a parquet file of many row groups only a part is in Arrow's memory at once."""
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
    """What cannot be a location of anything is unknown, whatever it is, and nothing crashes over it."""
    with pytest.raises(UnknownPlace):
        sources.recognise(location)


@pytest.mark.parametrize("name", ON_DISK)
@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"{}", b"[]", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_of_no_use_is_refused_in_one_line(tmp_path, name, content):
    """Files that hold nothing of a source give an error that names them, never an empty timeline."""
    path = tmp_path / FIXTURES[name](tmp_path, 1).name
    path.write_bytes(content)
    with pytest.raises(LocationError) as caught:
        list(sources.read(str(path), NAMED, source=name).posts)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ON_DISK)
def test_a_location_that_is_not_there_is_refused(tmp_path, name):
    """Insisting on a source does not make the file exist."""
    location = str(tmp_path / FIXTURES[name](tmp_path, 1).name) + "-not.zip"
    with pytest.raises(LocationError):
        list(sources.read(location, NAMED, source=name).posts)


def test_a_folder_that_is_no_archive_is_unknown(tmp_path):
    """The message says what was given, and what can be read, with an example of each."""
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(UnknownPlace) as caught:
        sources.read(str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert all(sources.load(name).EXAMPLE in str(caught.value) for name in sources.names())


def test_nothing_at_all_is_told_apart_from_nothing_known(tmp_path):
    """A wrong path is called a wrong path."""
    with pytest.raises(UnknownPlace, match="no such file or folder"):
        sources.recognise(str(tmp_path / "missing.zip"))


def test_an_unknown_source_is_told_with_those_there_are(tmp_path):
    """A mistyped source lists the right names."""
    with pytest.raises(UnknownPlace, match=r"'x-archive'; choose one of: .*x_archive"):
        sources.read(str(tmp_path), source="x-archive")


def test_an_archive_without_posts_is_told(tmp_path):
    """No posts is an error of its own, even where all files are in order."""
    with pytest.raises(LocationError, match="holds no posts"):
        list(sources.read(str(write_zip(tmp_path / "archive.zip", []))).posts)


def test_a_file_that_may_not_be_read_is_told(tmp_path):
    """What the system refuses is told as one line, too: here, a folder where a file should be."""
    folder = tmp_path / "archive"
    write_folder(folder, [tweet(1, "a b c")], manifest=False)
    (folder / "data" / "tweets-part1.js").symlink_to(folder / "data" / "tweets-part1.js")
    (folder / "data" / "account.js").unlink()
    (folder / "data" / "account.js").symlink_to(folder / "data" / "nothing.js")
    with pytest.raises(LocationError):
        list(sources.read(str(folder)).posts)


def test_asking_for_sources_loads_nothing_heavy():
    """Neither torch nor pyarrow are needed to find out which place a location is of."""
    code = (
        "import sys; from huggingtweets import sources; [sources.load(n) for n in sources.names()]; "
        "print(sorted({'torch', 'transformers', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_posts_without_an_id_are_told_apart(tmp_path):
    """A post whose id is missing gets its number for one: threads are found, and kept together, by ids."""
    archive = write_zip(tmp_path / "archive.zip", [tweet(1, "one"), tweet(2, "two"), tweet(3, "three")])
    table = tmp_path / "tweets.csv"
    rows = "".join(f'"{n}","","2013-03-13 08:52:14 +0000","web","post {n or 2}",""\n' for n in ("1", "", ""))
    table.write_text(
        f'"tweet_id","in_reply_to_status_id","timestamp","source","text","retweeted_status_id"\n{rows}'
    )
    posts = [*sources.read(str(archive)).posts, *sources.read(str(table), NAMED).posts]
    assert [post.id for post in posts] == ["1", "2", "3", "1", "number-2", "number-3"]
