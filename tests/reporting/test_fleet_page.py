"""The page of a fleet: text stays text, one script runs, and it sorts the table."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from itertools import pairwise

import pytest

from huggingtweets.reporting.fleet import COLUMNS, fleet_html
from tests.helpers import browser

NASTY = "<script>alert(1)</script>"


def row(name: str, bits_per_byte: float | None, **fields: object) -> dict[str, object]:
    values = {column.key: None if column.form else "" for column in COLUMNS} | {"reason": ""}
    state = "done" if bits_per_byte is not None else "failed"
    numbers = {"posts": 60, "held_out": 6, "seconds": 1.5} if bits_per_byte else {"seconds": 0.1}
    return {**values, "name": name, "state": state, "bits_per_byte": bits_per_byte, **numbers, **fields}


ROWS = [
    row("ada", 1.5, base_bits_per_byte=2.0, copied=0.01),
    row("bob", 1.25, base_bits_per_byte=2.0, copied=0.0),
    row(NASTY, None, reason=f"no posts in {NASTY}", posts=0, held_out=0),
    row("eve", 10.0, base_bits_per_byte=9.0, copied=0.5),
]


def test_text_stays_text_and_one_script_may_run():
    """Names and reasons are escaped; the policy of the page names the digest of its only script."""
    page = fleet_html(ROWS, recipe="starter")
    assert NASTY not in page
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert not re.search(r"(?:src|href)=\"?(?:https?:)?//", page)
    assert "3 of 4 authors have a model" in page
    assert "37.5% below its base" in page


def test_a_fleet_of_which_nobody_ended_has_a_page_too():
    """Without models there is no distribution, and nothing fails."""
    page = fleet_html([row("ada", None, state="waiting", seconds=0.0)], recipe="ngram")
    assert "0 of 1 authors have a model" in page
    assert "distribution" not in page


@pytest.fixture(scope="module")
def chromium():
    with browser.started() as started:
        yield started


def test_a_click_sorts_the_table(chromium, tmp_path):
    """Numbers are sorted as numbers, down at the second click; who has none comes last."""
    (tmp_path / "results.html").write_text(fleet_html(ROWS, recipe="starter"), "utf-8")
    page = chromium.new_page()
    page.goto((tmp_path / "results.html").as_uri())
    head = page.locator("table.sortable button", has_text="bits per byte")

    def names() -> list[str]:
        return page.locator("table.sortable tbody td:first-child").all_inner_texts()

    head.click()
    assert names() == ["bob", "ada", "eve", NASTY]
    head.click()
    assert names() == ["eve", "ada", "bob", NASTY]
    assert head.locator("..").get_attribute("aria-sort") == "descending"
    page.close()


def test_a_phone_shows_figures_apart_and_rows_in_a_line(chromium, tmp_path):
    """On a narrow page no two figures of the axis touch, and a long reason stretches no row of the table."""
    authors = [row(f"author_{number}", 2.45 + 0.037 * number, recipe="ngram") for number in range(22)]
    failed = row("zoe", None, reason="too few posts are left to learn from; " * 12, posts=0, held_out=0)
    (tmp_path / "results.html").write_text(fleet_html([*authors, failed], recipe="ngram"), "utf-8")
    page = chromium.new_page(viewport={"width": 390, "height": 800})
    page.goto((tmp_path / "results.html").as_uri())
    assert "too few posts" in page.locator("#failed").inner_text()
    boxes = [text.bounding_box() for text in page.locator("#distribution text.x").all()]
    assert len(boxes) > 3
    assert all(one["x"] + one["width"] < other["x"] for one, other in pairwise(boxes))
    heights = {line.bounding_box()["height"] for line in page.locator("table.sortable tbody tr").all()}
    assert max(heights) < 1.5 * min(heights)
    page.close()
