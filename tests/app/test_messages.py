"""Errors on the page are what was given and what to do, in words that the page has."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from huggingtweets.app.events import Failed
from huggingtweets.app.language import speaking
from huggingtweets.app.limits import Limits
from huggingtweets.app.messages import hide_paths, shown_error, without_commands
from huggingtweets.app.run_progress import progress_of
from huggingtweets.app.selection import Selection, with_typed
from huggingtweets.app.tabs import train_view
from huggingtweets.dataset.sufficiency import HELP
from huggingtweets.errors import UserError
from huggingtweets.model_folder import ModelFolder
from huggingtweets.sources import account


def test_full_stops_stay():
    """An account has no folder, and the names of its server keep their dots; the folder of a file goes."""
    message = "public.api.bsky.app does not answer; is bsky:jane.bsky.social right?"
    names = [("bsky:jane.bsky.social", "jane.bsky.social"), ("posts.csv", "posts.csv")]
    assert hide_paths(message, names) == "public.api.bsky.app does not answer; is jane.bsky.social right?"
    file = "/home/visitors/ab/uploads/cd/v1.2.zip"
    assert hide_paths(f"{file} is damaged, 3 of 4.", [(file, "v1.2.zip")]) == "v1.2.zip is damaged, 3 of 4."


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("x.zip does not say whose it is; say it with --name 'Their Name'", "write whose they are"),
        ("x.zip does not say whose it is; give the handle with --handle", "write whose they are"),
        ("nothing that can be read is in x; huggingtweets sources lists what can be read", "is in x"),
        ("no file is at x; did you mean y? Else, huggingtweets sources lists it", "did you mean y?"),
        ("x costs 3 dollars; agree with --yes", "x costs 3 dollars"),
        ("too many; run huggingtweets on your own machine", "run huggingtweets on your own machine"),
        (HELP, "from other networks as further locations."),
    ],
)
def test_nothing_is_said_of_the_command_line(message, shown):
    """Options are called what the page calls them; what the page has not is left out."""
    said = without_commands(message)
    assert shown in said
    assert "--" not in said
    assert "huggingtweets sources" not in said


def test_a_file_of_one_s_own_folder_is_found(tmp_path, monkeypatch):
    """`~` is what a shell makes of it, as nothing else on the page does; it is shown as it was typed."""
    monkeypatch.setattr(Path, "expanduser", lambda path: tmp_path.joinpath(*path.parts[1:]))
    [place] = with_typed(Selection(), "~/Downloads/x.zip", Limits()).places
    assert (place.location, place.shown) == (str(tmp_path / "Downloads" / "x.zip"), "~/Downloads/x.zip")


def test_a_visitor_reads_no_path_of_the_machine(home):
    """Neither in the corner nor where a run failed: of a path below the home folder the name is left."""
    file = home / "visitors" / "ab12" / "models" / "me"
    message = f"something was put at {file} meanwhile; what was made is in {file}-2, below {home}."
    shown = f"something was put at me meanwhile; what was made is in me-2, below {home.name}."
    assert shown_error(UserError(message))[0] == shown
    failed = str(train_view._state_line(Failed(message=message), progress_of([]), None))
    assert shown in failed


@pytest.mark.parametrize(
    ("right", "words", "asked"),
    [
        ("given", " ", "sag, wer wann und wie zugestimmt hat"),
        ("author", "", "mit „Auch die Beiträge veröffentlichen“"),
        ("public-figure", "", "not yours to publish"),
    ],
)
def test_what_publishing_asks_for_is_on_the_page(right, words, asked, ngram_model):
    """The errors name the fields of the page, in the visitor's language, and no option."""
    publish = pytest.importorskip("huggingtweets.app.tabs.publish", reason="gradio is not installed")
    tab, session = object.__new__(publish.PublishTab), MagicMock()
    session.model.return_value = ModelFolder(ngram_model)
    tab._shared = SimpleNamespace(session=lambda _: session, server=SimpleNamespace(limits=Limits()))
    with speaking("de"), pytest.raises(UserError) as refused:
        tab._plan("key", "me", right, words, "me/bot", "hf_token", False, False)
    message, _ = shown_error(refused.value)
    assert asked in message
    assert "--" not in message


@pytest.mark.parametrize(
    ("typed", "location"),
    [
        ("jane.bsky.social", "bsky:jane.bsky.social"),
        ("@jane.org", "bsky:jane.org"),
        ("@jane@example.social", "mastodon:jane@example.social"),
        ("jane@example.social", "mastodon:jane@example.social"),
        ("https://example.org/feed.xml", "https://example.org/feed.xml"),
        ("mastodon:jane@example.social", "mastodon:jane@example.social"),
    ],
)
def test_bare_handles_are_accounts(typed, location):
    """What people call an account by is enough; the page goes on calling it that."""
    [place] = with_typed(Selection(), typed, Limits()).places
    assert (place.location, place.shown) == (location, typed)
    assert account(location) == ""
