"""The guide to adding a source works: its example, installed as another package, reads posts."""

from __future__ import annotations

import re
import sys

import pytest

from huggingtweets import DataConfig, inspect, sources
from huggingtweets.errors import BrokenArchive
from huggingtweets.sources import Match
from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "add-a-source.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def diary(tmp_path, monkeypatch):
    """Install the guide's example with the guide's entry point."""
    [code], [entry] = blocks("python"), blocks("toml")
    name, module = re.search(r'^(\w+) = "(\w+)"$', entry, re.MULTILINE).groups()
    site = tmp_path / "site"
    installed = site / f"{module}-1.0.dist-info"
    installed.mkdir(parents=True)
    (site / f"{module}.py").write_text(code, encoding="utf-8")
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(f"[huggingtweets.sources]\n{name} = {module}\n")
    monkeypatch.syspath_prepend(str(site))
    yield name
    sys.modules.pop(module, None)


def test_the_example_is_found_and_reads_posts(tmp_path, diary):
    """The example is listed and recognised, and its posts are cleaned like all others."""
    path = tmp_path / "jane.diary"
    path.write_text(
        "diary of Jane Doe\n2024-05-01 nothing happened today at all\n2024-05-02 again nothing happened\n"
    )
    assert diary in sources.names()
    assert sources.recognise(str(path)) == diary
    [inspection] = inspect(DataConfig(locations=(str(path),)))
    assert (inspection.author.account.handle, inspection.author.account.source) == ("jane_doe", diary)
    assert [post.created_at.day for post in inspection.author.cleaned.posts] == [1, 2]


def test_the_example_refuses_what_is_no_diary(tmp_path, diary):
    """The example refuses a broken diary in one line, and does not recognise another file."""
    path = tmp_path / "jane.diary"
    path.write_text("diary of Jane\nyesterday nothing happened\n")
    with pytest.raises(BrokenArchive, match="no date in line 2"):
        list(sources.read(str(path)).posts)
    path.write_text("something else\n")
    assert sources.load(diary).recognises(str(path)) is Match.NO


def test_the_guide_names_what_there_is():
    """Every module, function and test file that the guide names exists."""
    here = ROOT / "src" / "huggingtweets" / "sources"
    modules = set(re.findall(r"`_formats/(\w+)`", GUIDE))
    assert modules >= {"http", "page_cache", "archive_files"}
    assert [name for name in sorted(modules) if not (here / "_formats" / f"{name}.py").exists()] == []
    files = re.findall(r"`((?:tests|fuzz|docs)/[\w./-]+)`", GUIDE)
    assert "docs/places.md" in files
    assert [name for name in files if "NAME" not in name and not (ROOT / name).exists()] == []
    examples = re.findall(r"`(\w+\.py)`", GUIDE)
    assert examples
    assert [name for name in examples if name != "errors.py" and not (here / name).exists()] == []
    functions = re.findall(r"\(`(\w+)`\)", GUIDE)
    code = "".join(path.read_text("utf-8") for path in here.rglob("*.py"))
    assert [name for name in functions if f"def {name}(" not in code] == []
