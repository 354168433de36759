"""Links that share a post say that a bot wrote it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from huggingtweets import ModelFolder
from huggingtweets.app import sharing
from huggingtweets.errors import UserError
from huggingtweets.types import Sample


@pytest.mark.parametrize("text", ["short", "x" * 900, "<b>&?#%\n" * 50, "🌍" * 300])
def test_a_share_link_holds_the_post_and_the_notice(ngram_model, text):
    """A link holds the post, whole or cut, and always the notice that no person wrote it."""
    record = ModelFolder(ngram_model).record
    for (_, link), longest in zip(
        sharing.links(Sample(prompt="", text=text), record), (280, 300, 500), strict=True
    ):
        (shared,) = parse_qs(urlsplit(link).query)["text"]
        assert len(shared) <= longest
        assert "Not a person" in shared
        assert shared[:4] == text[:4]


@pytest.mark.parametrize("server", ["javascript:alert(1)", "a b", "evil.example/x?y=", "127.0.0.1", "x"])
def test_a_mastodon_server_is_a_host_name(ngram_model, server):
    """Nothing but a host name is put into a share link."""
    with pytest.raises(UserError, match="not a Mastodon server"):
        sharing.links(Sample(prompt="", text="x"), ModelFolder(ngram_model).record, server)


@pytest.mark.parametrize("text", ["今日はいい天気" * 60, "🌍 " * 200])
def test_a_post_for_x_is_as_long_as_x_counts(ngram_model, text):
    """X counts Japanese and emoji twice; what is too long there could only be sent without the notice."""
    record = ModelFolder(ngram_model).record
    (_, link), *_ = sharing.links(Sample(prompt="", text=text), record)
    (shared,) = parse_qs(urlsplit(link).query)["text"]
    twice = sum(ord(character) > 0x10FF for character in shared)
    assert 270 < len(shared) + twice <= 280
    assert shared.endswith(" wrote this.")
