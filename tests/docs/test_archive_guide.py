"""The guide to archives is one text: what the page shows and what the document says are made from it."""

from __future__ import annotations

import re

import pytest

from huggingtweets.app.archives import networks
from huggingtweets.app.language import ENGLISH, NAMES, _, speaking
from huggingtweets.app.tabs.archives_view import guide
from scripts.write_archive_guide import PAGE, page


def test_the_document_is_up_to_date():
    """docs/get-your-archive.md is what scripts/write_archive_guide.py writes now."""
    assert PAGE.read_text("utf-8") == page(), "run: python scripts/write_archive_guide.py"


def test_the_page_shows_every_step():
    """Each network has a fold with its four steps, whose marks are elements and no signs any more."""
    html = guide()
    assert html.count("<details") == len(networks()) > 10
    assert html.count("<li>") == 4 * len(networks())
    text = re.sub(r"<[^>]+>", "", html)
    assert not re.search(r"[*`]|\]\(", text)
    assert "Data &amp; Privacy" in html


def test_a_picture_has_what_the_steps_say():
    """What the drawing of a network shows to be pressed is in its steps."""
    for network in networks():
        steps = re.sub(r"[*`]", "", " ".join(network.steps))
        assert all(menu in steps for menu in network.picture.menus), network.name


@pytest.mark.parametrize("code", [code for code in NAMES if code != ENGLISH])
def test_a_translated_guide_names_the_same_menus(code):
    """A step in another language has the menus and files of its English text, and marks menus as English."""
    marks = re.compile(r"\*+[^*]+\*+|`[^`]+`|\]\([^)]+\)")
    with speaking(code):
        for step in {step for network in networks() for step in network.steps}:
            assert sorted(marks.findall(_(step))) == sorted(marks.findall(step))
        assert '<b lang="en">Settings and privacy</b>' in guide()
        assert "Open " not in guide()
