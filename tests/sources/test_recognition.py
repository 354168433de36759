"""Every source recognises its own exports only."""

from __future__ import annotations

import os
import shutil
import zipfile

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError, UnknownPlace
from huggingtweets.sources import Match, recognise
from tests.helpers.archive_builder import tweet, write_zip
from tests.helpers.export_builder import FIXTURES, write_export


def sure(location):
    """Return the sources that recognise the content."""
    return [name for name in sources.names() if sources.load(name).recognises(str(location)) is Match.CONTENT]


@pytest.mark.parametrize("place", sorted(FIXTURES))
def test_no_other_source_recognises_an_export(tmp_path, place):
    """No other source recognises a fixture's content, as a file or unpacked."""
    location = FIXTURES[place](tmp_path, 3)
    assert sources.recognise(str(location)) == place
    assert set(sure(location)) <= {place}
    if location.suffix == ".zip":
        with zipfile.ZipFile(location) as archive:
            archive.extractall(tmp_path / "folder")
        assert sure(tmp_path / "folder") == [place]


def test_an_archive_of_x_stays_one(tmp_path):
    """No other source recognises an archive of X."""
    assert sure(write_zip(tmp_path / "archive.zip", [tweet(1, "a b c")])) == ["x_archive"]


@pytest.mark.parametrize("name", ["x.zip", "x.json", "x.jsonl", "x.txt", "x.xml", "x.arrow", "folder"])
def test_no_source_recognises_noise(tmp_path, name):
    """No source recognises empty files, empty folders or noise."""
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
        (path / "result.json").write_bytes(b"\xff\0")
        (path / "posts.csv").write_bytes(b"\xff\0")
        (path / "_chat.txt").write_bytes(b"\xff\0")
    else:
        path.write_bytes(b"\xff\0")
    assert sure(path) == []


def test_a_zip_is_opened_once_by_all_sources(tmp_path, monkeypatch):
    """All sources together open a zip only once."""
    location = FIXTURES["reddit_export"](tmp_path, 3)
    opened = []

    class Counted(zipfile.ZipFile):
        def __init__(self, *args, **options):
            opened.append(args)
            super().__init__(*args, **options)

    monkeypatch.setattr(zipfile, "ZipFile", Counted)
    assert sources.recognise(str(location)) == "reddit_export"
    assert len(opened) == 1
    assert opened[0][0] == location


@pytest.mark.parametrize(
    ("location", "meant"),
    [
        ("@ada", "x:ada"),
        ("ada@example.social", "mastodon:ada@example.social"),
        ("@ada@example.social", "mastodon:ada@example.social"),
        ("ada.bsky.social", "bsky:ada.bsky.social"),
        ("twiter-2024.zip", "twitter-2024.zip"),
    ],
)
def test_a_slip_gets_the_likely_location(location, meant, tmp_path, monkeypatch):
    """A bare handle and a mistyped path are told in one short line what was most likely meant."""
    (tmp_path / "twitter-2024.zip").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownPlace) as told:
        recognise(location)
    assert f"did you mean {meant}?" in str(told.value)
    assert len(str(told.value)) < 200


def test_a_bare_domain_is_told_how_an_account_is_written():
    """A domain can be a handle of Bluesky, which the line says; a path cannot, and is told nothing of it."""
    with pytest.raises(UnknownPlace, match="an account is written like @"):
        recognise("jane.example")
    with pytest.raises(UnknownPlace) as told:
        recognise("gone/jane.example")
    assert "account" not in str(told.value)


def test_what_is_like_nothing_is_told_where_the_list_is(tmp_path):
    """The line names the command that lists all places, and no place by guess."""
    with pytest.raises(UnknownPlace, match="huggingtweets sources") as told:
        recognise(str(tmp_path / "gone" / "posts.csv"))
    assert "did you mean" not in str(told.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    """Nobody may ever write into it; a device may never end."""
    os.mkfifo(tmp_path / "pipe")
    for place in (str(tmp_path / "pipe"), "/dev/zero", "/dev/null"):
        for ask in (sources.recognise, sources.read):
            with pytest.raises(UnknownPlace, match="is a pipe or a device"):
                ask(place)


@pytest.mark.skipif(os.name != "posix", reason="needs links")
@pytest.mark.parametrize("target", ["link", "nowhere"])
def test_a_link_that_leads_nowhere_is_called_so(tmp_path, target):
    """The message does not ask whether the link itself was meant."""
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(UnknownPlace, match="is a link that leads nowhere; give the file"):
        sources.recognise(str(tmp_path / "link"))


def test_a_zip_is_named_where_it_is_not_what_was_given(tmp_path):
    """Where a zip or a folder holds it, where its name does not say so, and where a tar has its files."""
    archive = write_zip(tmp_path / "x.zip", [tweet(1, "a b c")])
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as outer:
        outer.write(archive, "twitter.zip")
    (tmp_path / "plain").write_bytes(archive.read_bytes())
    (tmp_path / "folder").mkdir()
    archive.rename(tmp_path / "folder" / "x.zip")
    shutil.make_archive(str(tmp_path / "x"), "gztar", tmp_path / "folder")
    for name, words in {
        "outer.zip": r"holds twitter\.zip; give the zip that has the posts",
        "folder": r"holds x\.zip; give the zip",
        "plain": r"is a zip whose name does not say so; let it end with \.zip",
        "x.tar.gz": "of another place, unpack it and give the folder",
    }.items():
        with pytest.raises(LocationError, match=words):
            sources.read(str(tmp_path / name))


TAKEOUT = "Takeout/YouTube and YouTube Music/"
COMMENTS = "Comment ID,Comment Text\n1,x\n"
ARCHIVES = {
    "the page that Google adds is no export as HTML": (
        {
            "Takeout/archive_browser.html": "<html>",
            f"{TAKEOUT}channels/channel.csv": "Channel ID\nUC1\n",
            f"{TAKEOUT}channels/channel URL configs.csv": "Channel ID\nUC1\n",
            f"{TAKEOUT}channels/page settings.csv": "Channel ID\nUC1\n",
            f"{TAKEOUT}comments/comments.csv": COMMENTS,
            f"{TAKEOUT}history/watch-history.html": "<html>",
        },
        rf"if {TAKEOUT}comments/comments\.csv, .* has the posts, give that file alone",
    ),
    "an export as HTML": (
        {"index.html": "<html>", "posts/your_posts.html": "<html>", "js/script.js": "x", "posts/no.txt": "x"},
        "is an export as HTML, which is not read; ask for it again as JSON",
    ),
    "no table": (
        {"Takeout/archive_browser.html": "<html>", "Takeout/Drive/a.pdf": "x"},
        r"^(?!.*HTML)",
    ),
    "a part of X's archive": (
        {"data/manifest.js": "window.__THAR_CONFIG = {}", "data/direct-messages.js": "x"},
        "is a part of X's archive, without posts; unpack all parts into one folder",
    ),
    "a part of X's archive in a folder": (
        {"twitter/Your archive.html": "<html>", "twitter/data/tweets_media/1.jpg": "x"},
        "is a part of X's archive, without posts; unpack all parts into one folder",
    ),
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_an_archive_that_no_source_reads_is_named(tmp_path, what):
    """A page beside the tables of an export is not all there is of it, and X's archive may have parts."""
    files, words = ARCHIVES[what]
    location = str(write_export(tmp_path / "export.zip", files))
    with pytest.raises(UnknownPlace, match=words):
        sources.read(location)
