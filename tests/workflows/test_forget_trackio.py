"""What `forget` finds in trackio, whatever project and model are called; records of others stay."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from huggingtweets import load_recipe, tracking
from huggingtweets.types import Stage
from huggingtweets.workflows._tracked import train_settings
from huggingtweets.workflows.forget import find_traces, forget, trackio
from tests.helpers.recorded_models import record_model


class Clock(datetime):
    """It stands still."""

    @classmethod
    def now(cls, tz=None):
        """The same each time."""
        return cls(2024, 1, 1, tzinfo=tz)


def record_training(project, group, handle, digests, **settings):
    """The runs and artifacts of a training, as `train` records them; each file names the person."""
    dataset_digest, model_digest = digests
    tracker = tracking.open_tracker("trackio", project=project)

    def save(run, kind, digest=""):
        file = Path(f"{kind}.txt")
        file.write_text(f"{kind} of {handle}", "utf-8")
        metadata = {"digest": digest} if digest else {}
        return run.save(f"{group}-{kind}", kind=kind, files={file.name: file}, metadata=metadata)

    with tracker.run(Stage.READ, group=group, config={}) as run:
        last = save(run, "raw-dataset")
    with tracker.run(Stage.PREPROCESS, group=group, config={}) as run:
        run.use(last)
        last = save(run, "train-dataset", dataset_digest)
    config = train_settings(replace(load_recipe("starter"), **settings))
    with tracker.run(Stage.TRAIN, group=group, config=config) as run:
        run.use(last)
        run.use(run.save("pretrained-model", kind="pretrained-model", metadata={"name": "starter"}))
        last = save(run, "finetuned-model", model_digest)
    with tracker.run(Stage.EVALUATE, group=group, config={}) as run:
        run.use(last)
        last = save(run, "report")
    with tracker.run(Stage.REPORT, group=group, config={}) as run:
        run.use(last)
        save(run, "card")


def stored_files(project):
    """The words in the files that a project stores."""
    folder = Path(os.environ["TRACKIO_DIR"], "artifacts", project)
    files = sorted(path.read_text("utf-8") for path in folder.rglob("*") if path.is_file())
    return [text for text in files if " of " in text]


def groups(project):
    """The group of each run of a project."""
    with sqlite3.connect(Path(os.environ["TRACKIO_DIR"], f"{project}.db")) as db:
        return [json.loads(config)["_Group"] for (config,) in db.execute("SELECT config FROM configs")]


ADAS, BOBS = ("a" * 64, "b" * 64), ("c" * 64, "d" * 64)
OF_BOB = [f"{kind} of bob" for kind in ("card", "finetuned-model", "raw-dataset", "report", "train-dataset")]


@pytest.mark.parametrize(("project", "group"), [("lab", "ada"), ("named", "My bot")])
def test_report_and_card_go_from_any_project_under_any_name(project, group, tmp_path, monkeypatch):
    """No digest is in them; artifacts lead there from the training, though that model may be gone.

    Somebody else's model has the same name, and was trained in the same second: its runs are called the same.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingtweets.tracking.trackio.datetime", Clock)
    record_training(project, group, "ada", ADAS)
    record_training(project, group, "bob", BOBS)
    record_model(Path("models", "adas"), "ada", digests=ADAS, name="another")
    forget(find_traces("ada"))
    assert stored_files(project) == OF_BOB
    assert groups(project) == [group] * 5


def test_runs_by_settings_that_were_searched_on_a_persons_posts_stay(tmp_path, monkeypatch):
    """They are of another person's posts, and so is what they made."""
    monkeypatch.chdir(tmp_path)
    record_model(Path("models/ada"), "ada", digests=ADAS)
    record_model(Path("models/bob"), "bob", digests=BOBS)
    record_training("searched", "ada", "ada", ADAS)
    record_training("searched", "bob", "bob", BOBS, tuned_on=ADAS[:1])
    forget(find_traces("ada"))
    assert stored_files("searched") == OF_BOB
    assert set(groups("searched")) == {"bob"}


def test_what_no_artifact_links_goes_by_the_name_of_the_model(tmp_path, monkeypatch):
    """An evaluation with another tracker than the training's says no more; the group is the model's name."""
    monkeypatch.chdir(tmp_path)
    for name in ("my bot", "our bot"):
        tracker = tracking.open_tracker("trackio", project="evaluations")
        with tracker.run(Stage.EVALUATE, group=name, config={}) as run:
            Path("report.txt").write_text(f"report of {name}", "utf-8")
            run.save(f"{name}-report", kind="report", files={"report": Path("report.txt")})
    record_model(Path("models", "adas"), "ada", digests=ADAS, name="my bot")
    assert not [trace for trace in find_traces("ada").local if trace.path.stem == "evaluations"]
    monkeypatch.setenv("TRACKIO_PROJECT", "evaluations")
    record_model(Path("models", "bobs"), "bob", digests=BOBS, name="my bot")
    assert not [trace for trace in find_traces("ada").local if trace.path.stem == "evaluations"], "whose?"
    Path("models", "bobs", "run.json").unlink()
    forget(find_traces("ada"))
    assert stored_files("evaluations") == ["report of our bot"]


@pytest.mark.skipif(os.name == "nt", reason="the file would be one of its user")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_archive_that_was_read_is_named_on_windows(tmp_path, monkeypatch):
    """Its address begins with a slash before the drive, which is no part of the path."""
    nturl2path = pytest.importorskip("nturl2path")
    monkeypatch.setattr(trackio, "url2pathname", nturl2path.url2pathname)
    monkeypatch.chdir(tmp_path)
    archive = Path(r"C:\Users\ada\my posts.zip")  # here a name in the current folder
    archive.write_bytes(b"")
    manifest = [{"path": "posts.zip", "ref": "file:///C:/Users/ada/my%20posts.zip"}]
    assert trackio._user_files({1}, {1: json.dumps(manifest)}) == {archive}
