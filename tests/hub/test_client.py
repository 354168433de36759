"""The client of the Hub: what it refuses before any request is sent."""

from __future__ import annotations

import pytest

from huggingtweets.errors import MissingSecret, PublishError
from huggingtweets.hub import client

TOKEN = "hf_planted"  # noqa: S105 -- of no Hub


@pytest.mark.parametrize("repo_id", ["ada", "ada/b--b", "ada/bots/me", "ada/ bot", ""])
def test_an_invalid_repository_name_is_refused(repo_id):
    """A name must be owner/name with the characters that the Hub allows."""
    with pytest.raises(PublishError, match="no name on the Hub"):
        client.require_name(repo_id)


def test_a_valid_repository_name_is_accepted():
    """owner/name is one."""
    client.require_name("ada/ada-bot")


def test_without_a_token_the_error_says_where_to_get_one(monkeypatch):
    """The message names HF_TOKEN and `hf auth login`."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(MissingSecret, match=r"HF_TOKEN.*hf auth login"):
        client.Hub()


def test_the_token_is_never_sent_without_encryption():
    """Only https, and servers on this machine, are accepted."""
    with pytest.raises(PublishError, match="not encrypted"):
        client.Hub(TOKEN, "http://hub.example")
    assert client.Hub(TOKEN, "http://127.0.0.1:9/").endpoint == "http://127.0.0.1:9"


def test_a_token_with_impossible_characters_is_not_shown():
    """The library would show it in its own error."""
    with pytest.raises(PublishError, match="characters that no token has") as error:
        client.Hub("hf_\x01planted")
    assert "planted" not in str(error.value)


@pytest.mark.parametrize(("kind", "url"), [("model", "/ada/bot"), ("dataset", "/datasets/ada/bot")])
def test_the_address_of_a_repository_depends_on_its_kind(kind, url):
    """Datasets have a prefix."""
    assert client.Hub(TOKEN, "https://hub.example").url("ada/bot", kind) == f"https://hub.example{url}"
