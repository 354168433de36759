"""The benchmarks can be started: what they import exists, and each explains itself."""

from __future__ import annotations

import ast
import importlib
import runpy
import sys

import pytest

from tests.conftest import ROOT

FILES = sorted((ROOT / "benchmarks").glob("*.py"))
PARTS = {"made_archive", "visitor"}  # which others import


def imports(path):
    """Every name that a file imports from the package, in functions too, with its module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("huggingtweets"):
            yield from ((node.module, alias.name) for alias in node.names)


def exists(module, name):
    try:
        return hasattr(importlib.import_module(module), name) or importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_exists(path):
    """Benchmarks are run rarely; a name that has gone is found here."""
    assert [pair for pair in imports(path) if not exists(*pair)] == []


@pytest.mark.parametrize("path", [p for p in FILES if p.stem not in PARTS], ids=lambda path: path.stem)
def test_a_benchmark_explains_itself(path, monkeypatch, capsys):
    """--help works, and the docstring shows the command."""
    monkeypatch.setattr(sys, "argv", [str(path), "--help"])
    monkeypatch.syspath_prepend(path.parent)
    with pytest.raises(SystemExit) as done:
        runpy.run_path(str(path), run_name="__main__")
    assert done.value.code in (0, None)
    assert "usage" in capsys.readouterr().out
    assert f"python benchmarks/{path.name}" in ast.get_docstring(ast.parse(path.read_text("utf-8")))
