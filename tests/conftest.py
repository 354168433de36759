"""What several test files stand on: a home of their own, posts to learn from, and the real timelines."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from huggingtweets.types import Post

# Read when torch is imported, here and in the processes that tests start: tiny models gain nothing from
# threads, and lose much when the machine has other work.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TRACKIO_DIR"] = tempfile.mkdtemp(prefix="trackio-")  # read when trackio is imported
os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported; no test asks the real Hub

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """No test touches the user's own caches, trackers or network."""
    place = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(place))
    return place


@pytest.fixture
def persona():
    """A real timeline of 3,200 posts, by handle."""

    def find(handle: str) -> str:
        path = SHARED / "personas" / f"{handle}.csv"
        if not path.exists():
            pytest.skip(f"needs the real timeline {handle}.csv, which is not part of the repository")
        return str(path)

    return find


def post(text: str, number: int = 0, **fields: object) -> Post:
    """A post of one author, an hour after the one before it."""
    return Post(
        **{"id": str(number), "author": "me", "text": text, "created_at": START + timedelta(hours=number)}
        | fields
    )
