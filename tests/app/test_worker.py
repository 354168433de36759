"""The process of a run."""

from __future__ import annotations

import subprocess
import sys

from huggingtweets import ReadOptions, load_recipe
from huggingtweets.app import events, training_request
from huggingtweets.app.sessions import Session
from huggingtweets.app.tabs import train_view
from huggingtweets.cleaning import CleaningRules
from huggingtweets.workflows.data import sample_archive


def test_a_run_whose_time_is_up_stops(tmp_path):
    """A run whose time is up ends as if it was stopped, says why, and leaves no model."""
    request = training_request.TrainingRequest(
        title="me",
        locations=(sample_archive(),),
        options=ReadOptions(),
        rules=CleaningRules(),
        recipe=load_recipe("starter"),
        out=str(tmp_path / "models" / "me"),
        name="me",
        seconds=1.0,
    )
    folder = training_request.save(request, Session(tmp_path, tmp_path / "models", None))
    subprocess.run([sys.executable, "-m", "huggingtweets.app.worker", folder], check=True)
    state = events.state(events.load(folder))
    assert isinstance(state, events.Stopped)
    assert "its time on this page is up" in train_view.run(training_request.load(folder), None)
    assert not (tmp_path / "models" / "me").exists()
