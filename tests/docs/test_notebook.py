"""notebooks/huggingtweets.ipynb is a notebook without traces of a run, and its cells work in their order."""

from __future__ import annotations

import ast
import json

import pytest

import huggingtweets
from tests.conftest import ROOT

FILE = ROOT / "notebooks" / "huggingtweets.ipynb"
NOTEBOOK = json.loads(FILE.read_text("utf-8"))
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def test_it_holds_no_trace_of_a_run():
    """No output, no count: what a reader sees is what they run."""
    assert (NOTEBOOK["nbformat"], NOTEBOOK["metadata"]["kernelspec"]["name"]) == (4, "python3")
    assert [cell["outputs"] for cell in CODE if cell["outputs"] or cell["execution_count"]] == []
    ids = [cell["id"] for cell in NOTEBOOK["cells"]]
    assert len(ids) == len(set(ids))


def test_it_takes_what_the_package_offers():
    """Every cell but the installation is Python, and imports names that are public."""
    trees = [ast.parse("".join(cell["source"])) for cell in CODE if "install" not in tags(cell)]
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = [alias.name for node in imports if node.module == "huggingtweets" for alias in node.names]
    assert {"train", "generate"} <= set(names) <= set(huggingtweets.__all__)


@pytest.mark.slow
def test_its_cells_work(tmp_path, monkeypatch):
    """Run from top to bottom in a kernel, on the posts that ship, with the base that ships."""
    nbformat = pytest.importorskip("nbformat", reason="nbclient and ipykernel are not installed")
    client = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    notebook = nbformat.read(FILE, as_version=4)
    nbformat.validate(notebook)
    notebook.cells = [cell for cell in notebook.cells if "install" not in tags(cell)]
    for cell in notebook.cells:
        if "parameters" in tags(cell):
            cell.source += '\nrecipe = "starter"'
    client.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "My dream is" in printed
    assert "dithering_lift" in printed
    assert (tmp_path / "bot.zip").stat().st_size > 1_000_000


def tags(cell) -> list[str]:
    return cell["metadata"].get("tags", [])
