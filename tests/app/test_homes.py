"""On a public page, what a visitor does is kept in the visitor's home, never in that of the machine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets import files
from huggingtweets.app.limits import ON_THE_INTERNET
from huggingtweets.app.sessions import Session
from huggingtweets.app.tabs import publish
from huggingtweets.app.tabs.publish import PublishTab


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
    monkeypatch.setattr(Session, "model", lambda *_: SimpleNamespace(path=session.models / "me"))
    tab = object.__new__(PublishTab)
    tab._shared = SimpleNamespace(session=lambda _: session, server=SimpleNamespace(limits=ON_THE_INTERNET))
    tab._on_publish("key", "me", "author", "", "me/bot", "hf_token", False, False)
    assert homes == [session.own_home] * 2
