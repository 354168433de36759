"""The events of a run, as its process writes them and the page reads them."""

from __future__ import annotations

import psutil
import pytest

from huggingtweets.app import events
from huggingtweets.app.run_progress import progress_of


def test_a_run_without_its_process_was_stopped(tmp_path):
    """A run whose process is gone can be resumed; another process with the same id is not taken for it."""
    process = psutil.Process()
    events.append(tmp_path, events.Running(pid=process.pid, since=process.create_time()))
    assert isinstance(events.state(events.load(tmp_path)), events.Running)
    events.append(tmp_path, events.Running(pid=process.pid, since=process.create_time() - 100))
    assert isinstance(events.state(events.load(tmp_path)), events.Stopped)


def test_an_unfinished_line_is_not_read(tmp_path):
    """The page may read while the process writes."""
    events.append(tmp_path, events.Stepped(step=1, steps=2, loss=3.0))
    with (tmp_path / events.FILE).open("ab") as file:
        file.write(b'{"type":"Stepped","st')
    assert len(events.load(tmp_path)) == 1


def test_the_time_left_is_estimated_since_the_run_was_resumed():
    """A pause does not count: the estimate uses the speed since the run was resumed."""
    first = [
        events.Stepped(at=0.0, step=1, steps=100, loss=1.0),
        events.Stepped(at=50.0, step=2, steps=100, loss=1.0),
    ]
    resumed = [
        events.Running(at=9000.0, pid=1, since=0.0),
        events.Stage(at=9001.0, name="train"),
        events.Stepped(at=9010.0, step=50, steps=100, loss=1.0),
        events.Stepped(at=9020.0, step=60, steps=100, loss=1.0),
    ]
    progress = progress_of([*first, *resumed])
    assert progress.seconds_left(0.0, 9020.0) == pytest.approx(40.0)
    assert progress.seconds_left(30.0, 9020.0) == pytest.approx(70.0), "what follows the steps counts, too"
