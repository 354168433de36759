"""The page of a fleet: text stays text, one script runs, and it sorts the table."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode

import pytest

from huggingtweets.reporting.fleet import COLUMNS, fleet_html
from tests.helpers import browser

NASTY = "<script>alert(1)</script>"


def row(name: str, bits_per_byte: float | None, **fields: object) -> dict[str, object]:
    values = {column.key: None if column.form else "" for column in COLUMNS}
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
