"""The guide to adding an exporter works: its example exports a model, as one new file alone."""

from __future__ import annotations

import importlib
import re
import sys

import pytest
from safetensors import safe_open
from transformers import pipeline

from huggingtweets import exporters
from huggingtweets.errors import UserError
from huggingtweets.workflows.export import export
from tests.conftest import ROOT
from tests.exporters.test_export import gpt2, saved

GUIDE = (ROOT / "docs" / "add-an-exporter.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def as_package(site, monkeypatch):
    """The guide's example, installed with the entry point that the guide gives."""
    [code], [entry] = blocks("python"), blocks("toml")
    [group] = re.findall(r'entry-points\."(.*)"', entry)
    name, module = re.search(r'^(\w+) = "(\w+)"$', entry, re.MULTILINE).groups()
    installed = site / f"{module}-1.0.dist-info"
    installed.mkdir(parents=True)
    (site / f"{module}.py").write_text(code, encoding="utf-8")
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
    monkeypatch.syspath_prepend(str(site))
    return name, module


def as_file(site, monkeypatch):
    """The guide's example as one more file in the folder of the exporters."""
    [code] = blocks("python")
    site.mkdir(parents=True)
    (site / "half.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(exporters, "__path__", [*exporters.__path__, str(site)])
    return "half", f"{exporters.__name__}.half"


@pytest.fixture(params=[as_package, as_file])
def target(request, tmp_path, monkeypatch):
    """The name of the target, found one way or the other."""
    name, module = request.param(tmp_path / "site", monkeypatch)
    importlib.invalidate_caches()
    yield name
    sys.modules.pop(module, None)


def test_the_example_exports_a_model(target, tmp_path):
    """The folder is what transformers loads, half as large, and what was checked and lost is told."""
    model = saved(tmp_path / "m", *gpt2(tmp_path))
    exported = export(model, to=target, out=tmp_path / "out")
    assert "no copy filter" in exported.warning
    assert [check.what for check in exported.checks] == ["next-token predictions"]
    with safe_open(tmp_path / "out" / "model.safetensors", "pt") as weights:
        assert weights.get_slice("transformer.wte.weight").get_dtype() == "BF16"
    assert pipeline("text-generation", model=str(tmp_path / "out"))("My dream is", max_new_tokens=3)
    with pytest.raises(UserError, match=target):
        export(model, to="nothing")


def test_the_contract_has_the_names_of_the_guide():
    """Every exporter that is found has what the guide asks for."""
    asked = set(re.findall(r"^\| `(\w+)", GUIDE, re.MULTILINE)) - {"name"}
    assert {"SUMMARY", "DEFAULT_QUANT", "WARNING", "export"} <= asked
    assert len(exporters.names()) >= 3
    for name in exporters.names():
        assert all(hasattr(exporters.load(name), part) for part in asked)
