"""docs/places.md is true: it has all sources, their tests, and what these are based on."""

from __future__ import annotations

import re

import pytest

from fuzz.inputs import forms
from huggingtweets import sources
from tests.conftest import ROOT

CONFTEST = (ROOT / "tests" / "conftest.py").read_text("utf-8")
PAGE = (ROOT / "docs" / "places.md").read_text("utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `") and (cells := [cell.strip() for cell in line.strip("|").split("|")])
}


def test_every_place_has_its_row():
    """The table has a row for every source, with the source's own summary."""
    assert sorted(ROWS) == list(ROWS) == list(sources.names())
    assert {name: cells[0] for name, cells in ROWS.items()} == {
        name: sources.load(name).SUMMARY for name in sources.names()
    }


@pytest.mark.parametrize("name", ROWS)
def test_a_row_names_tests_of_its_place(name):
    """A row names an existing test file of its source, and a test on real files only if there is one."""
    _, tested_on, _, tests = ROWS[name]
    path = ROOT / re.match(r"`(tests/[\w/]+\.py)`", tests)[1]
    code = path.read_text("utf-8")
    assert name in code or name in path.stem
    named = re.findall(r"`(test_\w+)`", tests)
    assert set(tested_on.split(", ")) <= {"real", "recorded", "made by hand"}
    assert ("real" in tested_on) == bool(named)
    assert all(f"def {test}(" in code and "needs the real" in code + CONFTEST for test in named)


def test_all_tests_on_real_files_are_in_the_table():
    """All tests on real files are in the table."""
    tested = {
        path.name
        for path in (ROOT / "tests" / "sources").glob("test_*.py")
        if path.stem.removeprefix("test_") not in {"encoding", "fuzz"}
        and re.search(r"def test_real_\w+s_are_read", path.read_text("utf-8"))
    }
    listed = {
        re.search(r"tests/sources/(\w+\.py)", cells[3])[1] for cells in ROWS.values() if "real" in cells[1]
    }
    assert tested == listed


def test_every_place_with_files_is_fuzzed():
    """Every source of files has a form that is fuzzed."""
    live = {name for name, cells in ROWS.items() if ", live" in cells[0]}
    assert {form.source for form in forms()} == set(ROWS) - live
