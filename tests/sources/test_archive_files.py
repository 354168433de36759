"""Zips and folders are opened safely: damaged and hostile ones are refused in one line that says why."""

from __future__ import annotations

import stat
import zipfile

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive
from huggingtweets.sources._formats import archive_files
from huggingtweets.sources._formats.archive_files import open_archive
from tests.helpers.archive_builder import tweet, write_folder, write_zip


@pytest.fixture
def archive(tmp_path):
    """A small archive of X, zipped."""
    return write_zip(tmp_path / "archive.zip", [tweet(n, f"post number {n}") for n in range(200)])


def read_all(path):
    return list(sources.read(str(path)).posts)


def refused(path, reason):
    """Check that reading `path` fails with `reason`, in one line that names the file."""
    with pytest.raises(BrokenArchive, match=reason) as caught:
        read_all(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def add_member(path, name, content=b"x", mode=None):
    with zipfile.ZipFile(path, "a") as archive:
        member = zipfile.ZipInfo(name)
        if mode is not None:
            member.external_attr = mode << 16
        archive.writestr(member, content)


def change_member(path, name, **fields):
    """Change a field of a member in the zip's directory."""
    with zipfile.ZipFile(path, "a") as archive:
        for field, value in fields.items():
            setattr(archive.getinfo(name), field, value)
        archive.comment = b"rewritten"


def test_the_genuine_archive_is_read(archive):
    """The archive that the other tests damage can be read."""
    assert len(read_all(archive)) == 200


@pytest.mark.parametrize(
    "name",
    [
        "../up.js",
        "data/../../up.js",
        "/etc/up.js",
        "C:\\up.js",
        "c:up.js",
        "..\\up.js",
        "data\\..\\..\\up.js",
        "..",
    ],
)
def test_a_path_that_climbs_out_is_refused(archive, name):
    """No member may have a name that leads out of the archive, on any system."""
    add_member(archive, name)
    refused(archive, "climbs out")


def test_names_that_only_look_like_climbing_are_fine(archive):
    """Dots inside a name are allowed."""
    add_member(archive, "data/profile_media/42-a..b...js")
    assert len(read_all(archive)) == 200


def test_a_password_is_reported(archive):
    """An encrypted member is refused, and the message says to unpack the zip."""
    change_member(archive, "data/tweets.js", flag_bits=0x1)
    refused(archive, "encrypted.*password")


@pytest.mark.parametrize("length", [0, 10, 1000, -1, -30])
def test_a_truncated_zip_is_reported(archive, length):
    """A zip that is cut anywhere is refused."""
    archive.write_bytes(archive.read_bytes()[:length])
    refused(archive, "not a whole zip file")


def test_a_file_that_is_no_zip_is_reported(tmp_path):
    """A file with the suffix of a zip that is no zip is refused."""
    path = tmp_path / "archive.zip"
    path.write_text("<html>Please log in</html>")
    refused(path, "not a whole zip file")


def test_damaged_bytes_are_reported(archive):
    """Changed bytes are found by the zip's checksum."""
    content = bytearray(archive.read_bytes())
    at = content.index(b"data/tweets.js") + 500
    content[at : at + 20] = bytes(20)
    archive.write_bytes(content)
    refused(archive, r"tweets\.js is damaged")


def test_a_declared_size_that_explodes_is_refused(archive):
    """A member that claims an implausible size is refused before it is decompressed."""
    change_member(archive, "data/tweets.js", file_size=5 << 30)
    refused(archive, "would grow")


def test_real_bytes_that_explode_are_refused(tmp_path, archive):
    """A zip bomb is refused: megabytes of one byte in a few kilobytes."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target, zipfile.ZipFile(archive) as origin:
        for member in origin.infolist():
            content = origin.read(member) if member.filename != "data/tweets.js" else b" " * (65 << 20)
            target.writestr(member.filename, content)
    refused(bomb, "would grow")


def test_a_size_declared_too_small_is_reported(archive):
    """A member that is larger than it claims is refused, and no more than the claimed size is read."""
    change_member(archive, "data/tweets.js", file_size=1000)
    refused(archive, r"tweets\.js")


def test_a_large_archive_that_compresses_well_is_read(archive, monkeypatch):
    """An archive that compresses forty to one, as JSON of posts can, is within the limits."""
    monkeypatch.setattr(archive_files, "RATIO_MATTERS_FROM", 0)
    with zipfile.ZipFile(archive) as opened:
        member = opened.getinfo("data/tweets.js")
    assert member.file_size > 20 * member.compress_size
    assert len(read_all(archive)) == 200


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(archive):
    """Two members of the same name are refused."""
    add_member(archive, "data/tweets.js", b"window.YTD.tweets.part0 = []")
    refused(archive, "more than once")


def test_a_link_in_a_zip_is_refused(tmp_path):
    """A member that is a link is refused."""
    path = tmp_path / "archive.zip"
    for name in ("data/account.js", "data/tweets.js"):
        add_member(path, name, b"/etc/passwd", stat.S_IFLNK | 0o777)
    refused(path, "is a link")


def test_a_link_out_of_a_folder_is_refused(tmp_path):
    """A link in a folder is followed only to files inside the folder."""
    folder = write_folder(tmp_path / "archive", [tweet(1, "a b c")])
    tweets = folder / "data" / "tweets.js"
    moved = tweets.rename(tmp_path / "elsewhere.js")
    tweets.symlink_to(moved)
    refused(folder, "links to a file outside")


def test_what_a_mac_adds_to_a_zip_is_skipped(archive):
    """Files below __MACOSX are not listed."""
    add_member(archive, "__MACOSX/data/._tweets.js", b"\x00\x05\x16\x07")
    with open_archive(archive) as files:
        assert not any("__MACOSX" in folder for folder in files.folders())
    assert len(read_all(archive)) == 200


def test_a_member_larger_than_asked_for_is_refused(archive):
    """`read` refuses a file that is larger than its limit."""
    with open_archive(archive) as files, pytest.raises(BrokenArchive, match="larger than 10 bytes"):
        files.read("data/account.js", 10)


def test_nothing_is_extracted(tmp_path, archive):
    """Reading a zip writes no file."""
    before = sorted(tmp_path.rglob("*"))
    read_all(archive)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_member_without_a_name_does_no_harm(archive):
    """A member without a name is ignored, and the others are read."""
    add_member(archive, "")
    assert len(read_all(archive)) == 200


def test_a_zip_with_backslashes_between_folders_is_read(archive):
    """As older programs on Windows write zips, Compress-Archive among them."""
    renamed = archive.with_name("renamed.zip")
    with zipfile.ZipFile(archive) as before, zipfile.ZipFile(renamed, "w") as after:
        for name in before.namelist():
            after.writestr(name.replace("/", "\\"), before.read(name))
    assert len(read_all(renamed)) == 200


def test_backslashes_hide_no_second_member_and_no_depth(archive):
    """A name is the same with either sign, and folders count with either."""
    add_member(archive, "data\\tweets.js", b"window.YTD.tweets.part0 = []")
    refused(archive, "more than once")
    deep = archive.with_name("deep.zip")
    add_member(deep, "a\\" * 200 + "tweets.js")
    refused(deep, "more than 100 folders")
