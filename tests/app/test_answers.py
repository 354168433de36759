"""What the server answers reaches the page, however slow the way is."""

from __future__ import annotations

import shutil

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from tests.helpers import browser
from tests.helpers.app_server import served

NUMBER = '{"event_id"'  # begins the answer that tells the page the number of an event
CLOSING = '"close_stream"'  # ends the stream of answers


@pytest.fixture
def place(_ngram_place, tmp_path):
    """A folder of its own, with a model."""
    for part in ("home", "models"):
        shutil.copytree(_ngram_place / part, tmp_path / part)
    return tmp_path


@pytest.mark.parametrize("late", [NUMBER, CLOSING])
def test_nothing_is_lost_on_a_slow_way(chromium, place, late):
    """The model opens, and Write can be pressed, where numbers or ends of answers come late."""
    with (
        served(place, late=late) as page,
        browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen),
    ):
        for _ in range(3):
            tab.locator("#write:not([disabled])").wait_for(timeout=30_000)
            tab.locator("#face style").wait_for(state="attached")
            tab.reload()
        assert len(browser.write_five(tab)) == 5
        assert not seen.outside
