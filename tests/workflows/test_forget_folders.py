"""What `forget` finds in folders: behind links, beside killed runs, and where W&B writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggingtweets.files import whole_file
from huggingtweets.workflows.forget import find_traces, forget
from tests.helpers.recorded_models import record_model

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty current folder."""
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


@pytest.mark.parametrize("has_successor", [False, True])
def test_a_model_that_a_killed_run_was_replacing_does_not_come_back(home, place, has_successor):
    """It was moved aside; the next run puts it back where nothing is in its place, after `forget`, too."""
    folder = place / "models" / ".huggingtweets-0123abcd"
    record_model(folder.with_name(f"{folder.name}-replaced") / "replaced", "ada")
    if has_successor:
        record_model(place / "models" / "ada", "ada", digests=("c" * 64, "d" * 64))
    (home / "half-made").mkdir(exist_ok=True)
    (home / "half-made" / folder.name).write_text(f"{folder}\n{place / 'models' / 'ada'}", "utf-8")
    forget(find_traces("ada"))
    whole_file(place / "written-later", b"")
    assert list((place / "models").iterdir()) == []
