"""What the page lists before it forgets a person: each thing once, in the visitor's language."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets.app import selection as selections
from huggingtweets.app.language import ENGLISH, NAMES, speaking
from huggingtweets.app.library_messages import translated
from huggingtweets.app.limits import Limits
from huggingtweets.app.selection import Place, Selection
from huggingtweets.app.sessions import Session
from huggingtweets.app.tabs.forget import ForgetTab
from huggingtweets.workflows.forget import folders


@pytest.mark.parametrize("selected", [{"title": "ada"}, {"person": "ada"}])
def test_the_selected_posts_are_listed_once(home, tmp_path, selected):
    """They have a line of their own, whether they were read or not, and no file of the page beside it."""
    session = Session(home / "app", tmp_path / "models", None)
    selections.save(Selection(places=(Place("posts.csv", "posts.csv"),), **selected), session)
    tab = object.__new__(ForgetTab)
    tab._shared = SimpleNamespace(
        session=lambda _: session, server=SimpleNamespace(limits=Limits(public=False))
    )
    shown, *_, listed = tab._on_show("", "ada")
    assert listed == "ada"
    assert "the posts that are chosen in the first step" in shown
    assert shown.count("<li>") - shown.split("Out of reach")[1].count("<li>") == 1
    assert selections.FILE not in shown


@pytest.mark.parametrize("language", [code for code in NAMES if code != ENGLISH])
def test_what_nobody_is_known_to_have_made_is_said_in_the_visitors_language(language):
    """What a deleted model left is explained to everybody."""
    with speaking(language):
        text, said_in = translated(folders.UNKNOWN_INDEX)
    assert said_in == language
    assert text != folders.UNKNOWN_INDEX
