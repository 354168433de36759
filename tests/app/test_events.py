"""The events of a run, as its process writes them and the page reads them."""

from __future__ import annotations

import re

import psutil
import pytest

from huggingtweets.app import events
from huggingtweets.app.run_progress import Duration, Progress, expected, progress_of
from huggingtweets.app.tabs import train_view
from huggingtweets.model_folder import ModelFolder
from huggingtweets.types import CurvePoint


def test_a_run_without_its_process_was_stopped(tmp_path):
    """A run whose process is gone can be resumed; another process with the same id is not taken for it."""
    process = psutil.Process()
    events.append(tmp_path, events.Running(pid=process.pid, since=process.create_time()))
    assert isinstance(events.state(events.load(tmp_path)), events.Running)
    events.append(tmp_path, events.Running(pid=process.pid, since=process.create_time() - 100))
    assert isinstance(events.state(events.load(tmp_path)), events.Stopped)


def test_the_first_estimate_is_no_lower_than_what_a_run_takes():
    """The sample account with the usual recipe, on two cores: what docs/log.md of 2026-11-29 measured."""
    duration = expected([], "smollm2-135m", 633)
    assert not duration.here
    assert 209 / 2 <= duration.training + duration.after <= 209 / 2 + 20


def test_the_first_estimate_knows_that_short_runs_are_repeated():
    """A hundred posts take as many runs as their steps allow, and 633 posts take one."""
    once, often = (expected([], "smollm2-135m", posts).training / posts for posts in (633, 100))
    assert often == pytest.approx(5 * once)


def test_an_unfinished_line_is_not_read(tmp_path):
    """The page may read while the process writes."""
    events.append(tmp_path, events.Stepped(step=1, steps=2, loss=3.0))
    with (tmp_path / events.FILE).open("ab") as file:
        file.write(b'{"type":"Stepped","st')
    assert len(events.load(tmp_path)) == 1


def test_a_full_disk_loses_one_event(tmp_path):
    """Half a line is left of it; the next event stands on a line of its own, and the run stays."""
    events.append(tmp_path, events.Stepped(step=1, steps=2, loss=3.0))
    with (tmp_path / events.FILE).open("ab") as file:
        file.write(b'{"type":"Stepped","st')
    events.append(tmp_path, events.Done(model="me"))
    assert [type(event) for event in events.load(tmp_path)] == [events.Stepped, events.Done]


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


def test_the_bar_is_that_of_the_whole_job():
    """After the last step, what follows is still to come; the bar is full at no time before the end."""
    steps = [events.Stepped(at=float(n), step=n, steps=80, loss=1.0) for n in range(1, 81)]
    begin = [events.Running(at=0.0, pid=1, since=0.0), events.Stage(at=0.5, name="train"), *steps]
    learnt = progress_of([*begin, events.Stage(at=80.0, name="evaluate")])
    assert progress_of(begin[:42]).share(20.0, 40.0) == pytest.approx(0.4)
    assert learnt.share(20.0, 80.0) == pytest.approx(0.8)
    assert learnt.share(20.0, 90.0) == pytest.approx(0.9)
    assert learnt.share(20.0, 500.0) < 1
    assert learnt.seconds_left(20.0, 90.0) == pytest.approx(10.0)


def test_the_curve_ends_where_the_run_is():
    """Its axis leads to the last step, so that a fifth of the steps is a fifth of the width."""
    evaluated = [
        events.Evaluated(point=CurvePoint(step=step, epoch=step / 50, bits_per_byte=2 - step / 50))
        for step in (0, 20)
    ]
    progress = progress_of([*evaluated, events.Stepped(step=20, steps=100, loss=1.0)])
    line = re.search(r'polyline points="([^"]+)"', train_view._curve(progress))[1]
    assert float(line.split()[-1].split(",")[0]) == pytest.approx(train_view.WIDTH / 5, abs=0.1)


def test_a_stopped_run_says_where():
    """It names the step that it reached."""
    progress = progress_of([events.Stepped(step=20, steps=80, loss=1.0)])
    assert "step 20 of 80, 25%" in train_view._state_line(events.Stopped(), progress, None)


def test_counting_twice_as_many_posts_takes_twice_as_long(ngram_model):
    """An n-gram model has no epochs, whatever its recipe has."""
    model = ModelFolder(ngram_model)
    posts = sum(author.train for author in model.record.authors)
    model.record.seconds.update({"train": 3.0, "evaluate": 5.0, "report": 1.0})
    assert expected([model], model.record.recipe.name, 2 * posts) == Duration(training=6.0, after=6.0)


def test_a_reproduction_tells_nothing_of_an_evaluation(ngram_model):
    """It was not evaluated, so what follows the steps of a usual run is not known from it."""
    model = ModelFolder(ngram_model)
    model.record.seconds.clear()
    model.record.seconds["train"] = 3.0
    duration = expected([model], model.record.recipe.name, 100)
    assert not duration.here
    assert duration.after > 0


def test_a_base_that_is_fetched_is_no_evaluation():
    """While a base is downloaded, the page says so."""
    assert "Fetching the base model" in train_view._progress_bar(Progress(stage="fetch"), None)
