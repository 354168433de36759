"""What the server answers reaches the page, however slow the way is."""

from __future__ import annotations

import os
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
        for _ in range(2):
            tab.locator("#write:not([disabled])").wait_for(timeout=30_000)
            tab.locator("#face style").wait_for(state="attached")
            tab.reload()
        assert len(browser.write_five(tab)) == 5
        assert not seen.outside


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_an_earlier_answer_replaces_no_posts(chromium, place):
    """Posts that are written while the model is still being opened stay when the opening is answered."""
    [metadata] = (place / "home" / "datasets").glob("*/dataset.json")
    content = metadata.read_bytes()
    metadata.unlink()
    os.mkfifo(metadata)  # whoever reads it waits until something is written to it
    with (
        served(place, late=NUMBER) as page,
        browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen),
    ):
        browser.until(lambda: "me, ngram" in tab.locator("#model input").input_value())
        for step in ("1 Posts", "3 Play"):
            tab.get_by_role("tab", name=step).click()
        posts = browser.write_five(tab)
        metadata.write_bytes(content)
        tab.locator("#beginnings button").first.wait_for()
        assert tab.locator("#posts .ht-post-text").all_text_contents() == posts
        assert not seen.errors
