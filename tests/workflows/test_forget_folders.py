"""What `forget` finds in folders: behind links, beside killed runs, and where W&B writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggingtweets.workflows.forget import find_traces, forget
from tests.helpers.recorded_models import record_model


@pytest.fixture(autouse=True)
def place(home, tmp_path, monkeypatch):
    """An empty current folder."""
    del home
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_model_behind_a_link_is_deleted_where_it_is(place):
    """The folder on the other disk goes, and the link; what lies beside it stays."""
    record_model(place / "disk" / "ada", "ada")
    record_model(place / "disk" / "bob", "bob", digests=("c" * 64, "d" * 64))
    Path("models").mkdir()
    Path("models", "mine").symlink_to(place / "disk" / "ada", target_is_directory=True)
    traces = find_traces("ada")
    size = sum(file.stat().st_size for file in (place / "disk" / "ada").iterdir())
    listed = [(trace.path, trace.size) for trace in traces.local]
    assert listed == [(place / "disk" / "ada", size), (Path("models", "mine"), 0)]
    forget(traces)
    assert [path.name for path in (place / "disk").iterdir()] == ["bob"]
    assert list(Path("models").iterdir()) == []
