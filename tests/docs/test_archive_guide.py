"""The guide to archives is one text: what the page shows and what the document says are made from it."""

from __future__ import annotations

import re

from huggingtweets.app.archives import networks
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
    assert not re.search(r"[*`]", text)
    assert "Data &amp; Privacy" in html
