"""What is recorded of a job is still shown to whoever watches it."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import pytest

from huggingtweets.model_folder import ModelFolder
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


class KeptRun(NullRun):
    """A run that keeps what it is given."""

    def __init__(self):
        self.samples, self.files = [], {}

    def log_samples(self, samples, step):
        """Keep them."""
        self.samples.append((step, [sample.text for sample in samples]))

    def save(self, name, *, files, **_):
        """Keep the names of the files."""
        self.files[name] = set(files)
        return name


@pytest.mark.parametrize(
    ("remote", "shared", "sees"), [(True, False, False), (True, True, True), (False, False, True)]
)
def test_a_tracker_elsewhere_gets_no_samples_that_no_filter_has_seen(tmp_path, remote, shared, sees):
    """Samples that are drawn to find copies may be posts, and so may those of the report's page."""
    run, tracker = KeptRun(), SimpleNamespace(remote=remote)
    artifacts = Artifacts("ada", tracker, share_data=shared)
    watcher = artifacts.watcher(Silence(), run)
    watcher.sampled(["a post that somebody wrote"])
    watcher.evaluated(CurvePoint(step=3, epoch=1.0, bits_per_byte=1.5))
    artifacts.report(run, ModelFolder(tmp_path))
    assert bool(run.samples) is sees
    assert run.files["ada-report"] == ({"report.json", "report.html"} if sees else {"report.json"})


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


@pytest.mark.parametrize("share_data", [False, True])
def test_a_tracker_elsewhere_is_not_told_where_archives_are(tmp_path, share_data):
    """A path has the name of its user, and of folders that are nobody's business."""
    saved = {}

    class Run(NullRun):
        def save(self, name, **content):
            saved[name] = content
            return name

    elsewhere = SimpleNamespace(remote=True)
    Artifacts("ada", elsewhere, share_data=share_data).raw_dataset(Run(), {}, [tmp_path / "archive.zip"])
    assert str(tmp_path) not in str(saved)
