"""What a visitor of a public page does is kept in the home of their session, and goes with it."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets import files, load_recipe
from huggingtweets.app import browsing, loaded_models, queue
from huggingtweets.app.browsing import Browsing, ReadPosts
from huggingtweets.app.limits import ON_THE_INTERNET, Limits
from huggingtweets.app.loaded_models import LoadedModels
from huggingtweets.app.selection import Selection
from huggingtweets.app.sessions import Session, Sessions
from huggingtweets.app.tabs import publish
from huggingtweets.app.tabs.forget import ForgetTab
from huggingtweets.app.tabs.play import PlayTab
from huggingtweets.app.tabs.publish import PublishTab
from huggingtweets.app.tabs.second_model import SecondModel
from huggingtweets.app.writing import Settings
from huggingtweets.app.written import WrittenPost


@pytest.fixture
def session(tmp_path):
    """The session of a visitor, with its own home."""
    root = tmp_path / "visitor"
    return Session(root, root / "models", root / "home")


def test_a_publication_is_recorded_in_the_visitor_s_home(session, monkeypatch):
    """The upload notes handles and the words of the permission: the machine's owner keeps none of them."""
    homes = []

    def note_home(*_, **__):
        homes.append(files.home())
        return SimpleNamespace(url="https://huggingface.co/me/bot")

    monkeypatch.setattr(publish, "plan_publishing", note_home)
    monkeypatch.setattr(publish, "publish", note_home)
    record = SimpleNamespace(recipe=load_recipe("starter"))
    model = SimpleNamespace(path=session.models / "me", record=record)
    monkeypatch.setattr(Session, "model", lambda *_: model)
    tab = object.__new__(PublishTab)
    tab._shared = SimpleNamespace(session=lambda _: session, server=SimpleNamespace(limits=ON_THE_INTERNET))
    tab._on_publish("key", "me", "author", "", "me/bot", "hf_token", False, False)
    assert homes == [session.own_home] * 2


def _load(tab, _, model):
    tab._load("key", model.path.name)


def _write(tab, session, model):
    next(tab._write_own(session, model, "", "", Settings(max_tokens=20)))


def _rewrite(tab, session, model):
    next(tab._rewrite(session, model, WrittenPost(prompt="", text="a"), Settings(max_tokens=20), ""))


def _write_beside(tab, session, model):
    next(tab._second_model.write(session, model, model.path.name, "", Settings(max_tokens=20), 1))


@pytest.mark.parametrize("act", [_load, _write, _rewrite, _write_beside])
def test_a_model_is_filtered_with_the_index_of_its_session(act, session, ngram_model, monkeypatch):
    """Training put the exact index of copies into the visitor's home; the published one knows fewer."""
    homes, load_filters = [], loaded_models.load_filters
    monkeypatch.setattr(
        loaded_models, "load_filters", lambda folder: homes.append(files.home()) or load_filters(folder)
    )
    shutil.copytree(ngram_model, session.models / "me")
    tab, beside = object.__new__(PlayTab), object.__new__(SecondModel)
    server = SimpleNamespace(loaded_models=LoadedModels())
    tab._shared = beside._shared = SimpleNamespace(session=lambda _: session, server=server)
    tab._second_model = beside
    act(tab, session, session.model("me"))
    assert homes == [session.own_home]


def test_what_a_visitor_deletes_leaves_memory(home, monkeypatch):
    """The posts that were looked through are read again, if the visitor comes with the same ones."""
    del home
    read = []
    monkeypatch.setattr(browsing, "_read", lambda *_: read.append(1) or ReadPosts([], {}, {}))
    limits = Limits(public=True)
    tab, sessions, key, shown = object.__new__(ForgetTab), Sessions(limits), "a" * 32, Browsing()
    server = SimpleNamespace(limits=limits, sessions=sessions, browsing=shown)
    tab._shared = SimpleNamespace(session=sessions.of, server=server)
    sessions.of(key).make()
    for _ in range(2):
        shown.listing(Selection(), sessions.of(key), limits, "kept", "")
    assert len(read) == 1
    tab._on_forget(key, "", "")
    shown.listing(Selection(), sessions.of(key), limits, "kept", "")
    assert len(read) == 2


@pytest.mark.usefixtures("home")
def test_a_visitor_of_whom_nothing_is_kept_can_delete_everything():
    """There is no folder yet, and that is no mistake."""
    limits = Limits(public=True)
    tab, sessions = object.__new__(ForgetTab), Sessions(limits)
    server = SimpleNamespace(limits=limits, sessions=sessions, browsing=Browsing())
    tab._shared = SimpleNamespace(session=sessions.of, server=server)
    assert tab._on_forget("a" * 32, "", "")[-1] == "yes"


def test_a_home_is_named_from_the_current_folder(tmp_path, monkeypatch):
    """The process of a visitor's run, which works in another folder, finds the run and its own home."""
    started = []
    monkeypatch.setattr(
        queue.subprocess, "Popen", lambda command, **options: started.append((command, options))
    )
    monkeypatch.setenv("HUGGINGTWEETS_HOME", "here")
    monkeypatch.chdir(tmp_path)
    session = Sessions(ON_THE_INTERNET).of("a" * 32)
    queue._start(session.runs / "1", own_home=True)
    [(command, options)] = started
    assert session.own_home.is_relative_to(tmp_path / "here")
    assert Path(command[-1]).is_absolute()
    assert Path(options["env"]["HUGGINGTWEETS_HOME"]) == session.own_home
