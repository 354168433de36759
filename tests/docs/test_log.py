"""The log of experiments keeps its form: dated entries, newest last, each with a verdict."""

from __future__ import annotations

import re

from tests.conftest import ROOT

_, *ENTRIES = re.split(r"^## ", (ROOT / "docs" / "log.md").read_text("utf-8"), flags=re.MULTILINE)


def test_entries_are_dated_newest_last():
    """Each begins with its day and a claim."""
    headings = [entry.splitlines()[0] for entry in ENTRIES]
    assert len(headings) > 60
    assert [heading for heading in headings if not re.match(r"\d{4}-\d\d-\d\d: \S", heading)] == []
    days = [heading[:10] for heading in headings]
    assert days == sorted(days)


def test_every_entry_has_one_verdict():
    """What was concluded stands at the end of each."""
    assert [entry.splitlines()[0] for entry in ENTRIES if entry.count("\n**Verdict.** ") != 1] == []
