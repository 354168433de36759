"""The guide to adding an exporter works: its example exports a model, as one new file alone."""

from __future__ import annotations

import re

import pytest
from safetensors import safe_open
from transformers import pipeline

from huggingtweets import exporters
from huggingtweets.errors import UserError
from huggingtweets.workflows.export import export
from tests.exporters.test_export import gpt2, saved
from tests.helpers.guides import Guide

GUIDE = Guide("add-an-exporter.md", exporters)


@pytest.fixture(params=["package", "file"])
def target(request, tmp_path, monkeypatch):
    """The name of the target, found one way or the other."""
    with GUIDE.added(request.param, tmp_path / "site", monkeypatch) as name:
        yield name


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
    asked = set(re.findall(r"^\| `(\w+)", GUIDE.text, re.MULTILINE)) - {"name"}
    assert {"SUMMARY", "DEFAULT_QUANT", "WARNING", "export"} <= asked
    assert len(exporters.names()) >= 3
    for name in exporters.names():
        assert all(hasattr(exporters.load(name), part) for part in asked)
