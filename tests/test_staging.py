"""Staging folders: nothing that a run did not make is deleted, and nothing that it made is left."""

from __future__ import annotations

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from huggingtweets import staging
from huggingtweets.errors import OutputExists
from huggingtweets.files import temporary_folder, whole_file, whole_folder
from huggingtweets.files.tensors import save_tensors
from huggingtweets.model_folder import ModelFolder
from tests.helpers.killed import hold_file, hold_folder


@pytest.fixture(params=["posix", "windows"])
def system(request, monkeypatch):
    """The locks of a system; those of Windows, on files, work everywhere."""
    if request.param == "windows":
        pytest.importorskip("filelock")
        monkeypatch.setattr(staging, "fcntl", None)
    elif staging.fcntl is None:
        pytest.skip("this system has no locks on folders")
    return request.param


def write(target, *, replace=False, meanwhile=lambda: None):
    with whole_folder(target, replace=replace) as folder:
        (folder / "model").write_text("new")
        meanwhile()


def test_one_at_a_time(system, tmp_path):
    """Who comes while somebody is in the block waits; nothing is left where folders have locks."""
    inside, most = [], []

    def work():
        with staging.one_at_a_time(tmp_path / "cache"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    assert most == [1, 1, 1, 1]
    assert not [path for path in (tmp_path / "cache").iterdir() if system == "posix"]


def test_what_was_left_on_a_disk_goes_when_the_disk_is_there_again(tmp_path):
    """While it is not connected, no run forgets what a killed one left or moved aside there."""
    disk, home = tmp_path / "disk", tmp_path / "home"
    left = disk / ".huggingtweets-0123abcd"
    left.mkdir(parents=True)
    (disk / f"{left.name}-{staging.ASIDE}" / staging.ASIDE).mkdir(parents=True)
    (home / staging.NOTES).mkdir(parents=True)
    (home / staging.NOTES / left.name).write_text(f"{left}\n{disk / 'ada'}")
    disk.rename(tmp_path / "elsewhere")
    staging.clear(home)
    (tmp_path / "elsewhere").rename(disk)
    staging.clear(home)
    assert [path.name for path in disk.iterdir()] == ["ada"]
    assert not list((home / staging.NOTES).iterdir())


def _save_bytes(path, more=0):
    whole_file(path, b"x" * (10 + more))


def _save_tensors(path, more=0):
    save_tensors(path, "test 1", {"more": more}, {"numbers": np.zeros(10 + more)})


@pytest.mark.parametrize("replace", [False, True])
def test_a_folder_that_appears_while_a_run_goes_on_is_not_touched(tmp_path, replace):
    """A thesis at the target stays; what the run made is kept beside it, and the error says where."""

    def thesis():
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.txt").write_text("years of work")

    with pytest.raises(OutputExists, match=r"what this run made is in .*out-2"):
        write(tmp_path / "out", replace=replace, meanwhile=thesis)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "years of work"
    assert (tmp_path / "out-2" / "model").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out-2"]


def test_a_file_that_appears_is_not_touched(tmp_path):
    """A file is as much somebody's as a folder."""
    with pytest.raises(OutputExists, match="out-2"):
        write(tmp_path / "out", meanwhile=lambda: (tmp_path / "out").write_text("mine"))
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
@pytest.mark.parametrize("replace", [False, True])
def test_a_link_that_leads_nowhere_is_not_touched(tmp_path, replace):
    """A disk that is not connected is behind it, perhaps; what the run made is kept beside it."""

    def link():
        for name in ("out", "out-2"):
            (tmp_path / name).symlink_to(tmp_path / "disk" / "out")

    with pytest.raises(OutputExists, match="out-3"):
        write(tmp_path / "out", replace=replace, meanwhile=link)
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "out-3" / "model").read_text() == "new"
    with pytest.raises(OutputExists, match="exists already"):
        write(tmp_path / "out")
    with pytest.raises(OutputExists, match="exists already"):
        ModelFolder.target("me", tmp_path / "out", overwrite=False)


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
def test_a_link_that_leads_nowhere_is_refused_before_the_work(tmp_path):
    """With --overwrite, too; nothing is written beside it."""
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "out")
    with pytest.raises(OutputExists, match="a link that leads nowhere; remove it"):
        ModelFolder.target("me", tmp_path / "out", overwrite=True)
    with pytest.raises(OutputExists, match="a link that leads nowhere; remove it"):
        write(tmp_path / "out", replace=True, meanwhile=pytest.fail)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
def test_a_folder_that_a_link_leads_to_is_replaced_where_it_is(tmp_path):
    """A model on a larger disk stays there; of the earlier one nothing is left behind the link."""
    (tmp_path / "disk" / "model").mkdir(parents=True)
    (tmp_path / "disk" / "model" / "old").write_text("old")
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "model")
    write(tmp_path / "out", replace=True)
    assert (tmp_path / "out").is_symlink()
    assert [path.name for path in (tmp_path / "disk" / "model").iterdir()] == ["model"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "out"]
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["model"]


def test_an_empty_folder_that_appears_is_not_touched(tmp_path):
    """Somebody has made it for something, and perhaps for certain people."""
    with pytest.raises(OutputExists, match="out-2"):
        write(tmp_path / "out", meanwhile=(tmp_path / "out").mkdir)
    assert not list((tmp_path / "out").iterdir())


def test_of_two_runs_that_replace_one_folder_the_second_keeps_its_own_beside(tmp_path):
    """It replaces what was there when it began, and no other run's model."""
    write(tmp_path / "out")
    with pytest.raises(OutputExists, match="out-2"):
        write(tmp_path / "out", replace=True, meanwhile=lambda: write(tmp_path / "out", replace=True))
    assert (tmp_path / "out" / "model").exists()
    assert (tmp_path / "out-2" / "model").exists()


@pytest.mark.usefixtures("system")
def test_a_folder_is_replaced_where_that_was_asked_for(tmp_path):
    """Then nothing of the earlier one is left."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("old")
    write(tmp_path / "out", replace=True)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def end(process):
    process.kill()
    process.communicate()


def test_the_next_run_clears_what_a_killed_one_left(tmp_path, home, system):
    """Wherever that was; what a living run works on stays."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    killed, living = (hold_folder(tmp_path / name / "out", system) for name in ("a", "b"))
    end(killed)
    write(tmp_path / "elsewhere")
    assert list((tmp_path / "a").iterdir()) == []
    assert len(list((tmp_path / "b").iterdir())) == 1
    end(living)
    write(tmp_path / "elsewhere", replace=True)
    assert list((tmp_path / "b").iterdir()) == []
    assert not list((home / "half-made").iterdir())


def test_the_next_run_clears_a_file_that_a_killed_one_was_writing(tmp_path, home):
    """The earlier file stays, and so does what a living run writes; the rest of the killed one goes."""
    for name in ("a", "b"):
        whole_file(tmp_path / name / "report", b"earlier")
    killed, living = (hold_file(tmp_path / name / "report") for name in ("a", "b"))
    end(killed)
    assert b"private" in {path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    whole_file(tmp_path / "elsewhere", b"")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["report"]
    assert len(list((tmp_path / "b").iterdir())) == 2
    end(living)
    whole_file(tmp_path / "elsewhere", b"")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["report"]
    assert {(tmp_path / name / "report").read_bytes() for name in ("a", "b")} == {b"earlier"}
    assert not list((home / "half-made").iterdir())


@pytest.mark.usefixtures("system")
def test_a_home_that_cannot_be_written_keeps_nobody_from_writing_elsewhere(tmp_path, monkeypatch):
    """Nothing can be noted then; what is written appears whole all the same."""
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    write(tmp_path / "out")
    whole_file(tmp_path / "report", b"whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out", "report"]


def test_what_a_run_was_about_to_replace_comes_back(tmp_path, system):
    """Killed between moving the old folder aside and putting the new one in its place, nothing is lost."""
    end(hold_folder(tmp_path / "out", system))
    (folder,) = tmp_path.iterdir()
    aside = folder.with_name(f"{folder.name}-replaced")
    (aside / "replaced").mkdir(parents=True)
    (aside / "replaced" / "old").write_text("precious")
    with temporary_folder():
        assert (tmp_path / "out" / "old").read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_note_about_another_folder_deletes_nothing(tmp_path, home):
    """A damaged or planted note names what no run made; it is passed over."""
    (tmp_path / "thesis").mkdir()
    notes = home / "half-made"
    notes.mkdir(parents=True)
    (notes / "thesis").write_text(f"{tmp_path / 'thesis'}\n{tmp_path / 'out'}")
    (notes / ".huggingtweets-12345678").write_text(f"{tmp_path / 'thesis'}\n{tmp_path / 'out'}")
    (notes / ".huggingtweets-abcdef12").write_bytes(b"\xff\0")
    write(tmp_path / "out")
    assert (tmp_path / "thesis").is_dir()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.EIO, "the disk is damaged")])
def test_what_is_replaced_comes_back_where_the_move_is_stopped(tmp_path, home, monkeypatch, error):
    """A signal or an error between the two moves costs the new folder, and never the one that was there."""
    write(tmp_path / "out")
    (tmp_path / "out" / "model").write_text("old")
    rename = Path.rename

    def stopped(path, target):
        if staging.NAME.fullmatch(path.name):
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises((KeyboardInterrupt, OutputExists)):
        write(tmp_path / "out", replace=True)
    assert (tmp_path / "out" / "model").read_text() == "old"
    assert [path for path in tmp_path.iterdir() if path != home] == [tmp_path / "out"]
    assert not list((home / "half-made").iterdir())


@pytest.mark.parametrize("save", [_save_bytes, _save_tensors])
def test_a_file_that_was_there_stays_where_writing_it_is_stopped(tmp_path, monkeypatch, save):
    """Ctrl-C while a file is written leaves the earlier one as it was, and nothing beside it."""
    save(tmp_path / "report")
    before = (tmp_path / "report").read_bytes()

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "report", more=1)
    assert (tmp_path / "report").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["report"]


def test_a_folder_with_what_is_still_needed_is_never_replaced(tmp_path, monkeypatch):
    """Neither the one that somebody works in, nor one that holds what the new content is made of."""
    (tmp_path / "posts").mkdir()
    archive = tmp_path / "posts" / "archive.zip"
    archive.write_text("years of posts")
    with pytest.raises(OutputExists, match=r"holds .*archive\.zip"):
        ModelFolder.target("me", archive.parent, overwrite=True, inputs=["bsky:ada.example", archive])
    monkeypatch.chdir(archive.parent)
    for folder in (Path(), Path(".."), tmp_path):
        with pytest.raises(OutputExists, match="choose another with --out"):
            write(folder, replace=True)
        with pytest.raises(OutputExists, match="would be deleted"):
            ModelFolder.target("me", folder, overwrite=True)
    assert archive.read_text() == "years of posts"
    assert ModelFolder.target("me", Path("new"), overwrite=True, inputs=[archive]).path == Path("new")
