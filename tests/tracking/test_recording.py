"""What is recorded of a job is still shown to whoever watches it."""

from __future__ import annotations

import inspect

import pytest

from huggingtweets.progress import Silence, Watcher
from huggingtweets.tracking import Artifacts, RecordedWatcher
from huggingtweets.tracking.none import NullRun, NullTracker
from huggingtweets.types import CurvePoint

EVENTS = sorted(
    name for name, member in vars(Watcher).items() if inspect.isfunction(member) and name[0] != "_"
)
VALUES = {
    "point": CurvePoint(step=1, epoch=1.0, bits_per_byte=2.0),
    "samples": ("a post",),
    "message": "note this",
    "name": "train",
}


class Events(Silence):
    """A watcher that keeps the names of the events it is told of."""

    def __init__(self):
        self.names = []
        for name in EVENTS:
            setattr(self, name, lambda *_, name=name: self.names.append(name))


@pytest.mark.parametrize("event", EVENTS)
def test_a_recorded_job_shows_every_event(event):
    """Stages, counts and notes reach the watcher behind the one that records, whichever they are."""
    events = Events()
    parameters = inspect.signature(getattr(Watcher, event)).parameters
    values = [VALUES.get(name, 1) for name in parameters if name != "self"]
    getattr(RecordedWatcher(events, NullRun()), event)(*values)
    assert events.names == [event]


def test_archives_of_the_same_name_are_all_recorded(tmp_path):
    """Each file has a reference of its own, also where two folders hold one of the same name."""
    files = [tmp_path / name for name in ("a/archive.zip", "b/archive.zip", "archive-2.zip", "c/archive.zip")]
    saved = {}

    class Run(NullRun):
        def save(self, name, **content):
            saved[name] = content
            return name

    Artifacts("ada", NullTracker()).raw_dataset(Run(), {}, files)
    references = saved["ada-raw-dataset"]["references"]
    assert list(references) == ["archive.zip", "archive-2.zip", "archive-2-2.zip", "archive-3.zip"]
    assert list(references.values()) == [file.resolve().as_uri() for file in files]
