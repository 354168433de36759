"""The process of a run."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import SimpleNamespace

import pytest

from huggingtweets import ReadOptions, load_recipe
from huggingtweets.app import events, queue, training_request, worker
from huggingtweets.app.limits import Limits
from huggingtweets.app.queue import Queue
from huggingtweets.app.sessions import Session, Sessions
from huggingtweets.app.tabs import train_view
from huggingtweets.cleaning import CleaningRules
from huggingtweets.errors import UserError
from huggingtweets.staging import one_at_a_time
from huggingtweets.workflows.data import sample_archive
from tests.helpers.app_server import wait_for
from tests.helpers.commands import call, forked


def request_in(tmp_path, **limits):
    """The folder of a run of the sample's posts."""
    request = training_request.TrainingRequest(
        title="me",
        locations=(sample_archive(),),
        options=ReadOptions(),
        rules=CleaningRules(),
        recipe=load_recipe("starter"),
        out=str(tmp_path / "models" / "me"),
        name="me",
        **limits,
    )
    return training_request.save(request, Session(tmp_path, tmp_path / "models", None))


def test_a_run_whose_time_is_up_stops(tmp_path):
    """A run whose time is up ends as if it was stopped, says why, and leaves no model."""
    folder = request_in(tmp_path, seconds=1.0)
    assert call(worker.main, folder).returncode == 0
    state = events.state(events.load(folder))
    assert isinstance(state, events.Stopped)
    run = training_request.load(folder)
    assert "its time on this page is up" in train_view.run(
        run, None, Session(tmp_path, tmp_path / "models", None)
    )
    assert not (tmp_path / "models" / "me").exists()


def test_a_run_that_waited_replaces_no_model(tmp_path, monkeypatch):
    """A model that the command line made meanwhile stays as it is; the run's gets a name that is free."""
    model = tmp_path / "models" / "me"
    model.mkdir(parents=True)
    configs = []
    monkeypatch.setattr(worker, "train", lambda config, _: configs.append(config))
    monkeypatch.setattr(worker, "raise_interrupts", lambda _: None)
    monkeypatch.setattr(worker, "_watch", lambda *_: None)
    monkeypatch.setattr(worker, "NICE", 0)
    folder = request_in(tmp_path)
    worker.main(folder)
    [config] = configs
    assert config.out == model.with_name("me-2")
    assert not config.overwrite  # another may come while it is trained
    run = training_request.load(folder)
    assert (run.request.name, run.state.model, run.request.out) == ("me-2", "me-2", str(config.out))


@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_run_that_the_system_stops_says_so(tmp_path, name):
    """A machine that shuts down ends a run as Stop does; it can be resumed, and is no failure."""
    folder = request_in(tmp_path)
    process = forked(worker.main, folder)
    wait_for(lambda: isinstance(events.state(events.load(folder)), events.Running))
    os.kill(process.pid, getattr(signal, name))
    process.join(120)
    assert process.exitcode == 0
    assert isinstance(events.state(events.load(folder)), events.Stopped)
    assert not (tmp_path / "models").exists() or not list((tmp_path / "models").iterdir())


def _work_as_on_windows(folder):
    del signal.pthread_kill
    worker.main(folder)


@pytest.mark.parametrize(
    "work",
    [
        lambda folder: queue._start(folder, own_home=False).wait(),
        pytest.param(lambda folder: call(_work_as_on_windows, folder).returncode, marks=pytest.mark.slow),
    ],
    ids=["as the page starts it", "as on Windows"],
)
def test_a_run_is_stopped_without_signals_between_processes(work, tmp_path):
    """A file asks for it, since Windows would kill what it sends SIGINT to; the run says that it stopped."""
    folder = request_in(tmp_path)
    events.ask_to_stop(folder)
    assert work(folder) == 0
    state = events.state(events.load(folder))
    assert isinstance(state, events.Stopped)
    assert state.message == ""
    assert not (tmp_path / "models" / "me").exists()


def test_a_run_that_goes_on_is_not_stopped_by_an_earlier_request(tmp_path):
    """The file that stopped it is gone when it is queued again."""
    folder = request_in(tmp_path)
    events.append(folder, events.Stopped())
    events.ask_to_stop(folder)
    queue = Queue(Sessions(Limits()), Limits())
    with queue._changed:
        queue._closing = True  # nothing is started
        queue._append(folder)
    assert not events.stop_file(folder).exists()


def test_a_run_whose_process_cannot_be_started_failed(tmp_path, monkeypatch):
    """Where the system starts no process, a run does not wait for ever: it can be tried again."""

    def refuse(*_, **__):
        raise OSError("too many processes")

    monkeypatch.setattr(queue, "_start", refuse)
    folder = request_in(tmp_path)
    events.append(folder, events.Queued())
    with pytest.raises(OSError, match="too many"):
        queue._run(folder, own_home=False)
    assert isinstance(events.state(events.load(folder)), events.Failed)


def test_two_pages_start_a_run_once(tmp_path, monkeypatch):
    """Two pages of one machine have the same runs in their queues; the one awaits what the other starts."""
    started, ended = [], []

    def start(folder, **_):
        started.append(folder)

        def wait():
            time.sleep(0.5)
            events.append(folder, events.Done(model="me"))

        return SimpleNamespace(wait=wait)

    def run():
        queue._run(folder, own_home=False)
        ended.append(type(events.state(events.load(folder))))

    monkeypatch.setattr(queue, "_start", start)
    folder = request_in(tmp_path)
    events.append(folder, events.Queued())
    pages = [threading.Thread(target=run) for _ in range(2)]
    for page in pages:
        page.start()
    for page in pages:
        page.join()
    assert (started, ended) == ([folder], [events.Done] * 2)


def test_a_page_that_closes_stops_no_run_of_another(tmp_path, monkeypatch):
    """Its own is asked to stop, as is one whose page is gone; it does not wait for one of another page."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    [session] = Sessions(Limits()).all()
    folder = training_request.save(training_request.load(request_in(tmp_path)).request, session)
    monkeypatch.setattr(events, "alive", lambda _: not events.stop_file(folder).exists())
    events.append(folder, events.Running(pid=1, since=0.0))
    with one_at_a_time(folder):
        beside = Queue(Sessions(Limits()), Limits())
        assert beside.order() == [folder]
        time.sleep(0.2)
        beside.close()
        assert not events.stop_file(folder).exists()
    own = Queue(Sessions(Limits()), Limits())
    wait_for(lambda: own._has_turn)
    own.close()
    assert events.stop_file(folder).exists()


def test_a_run_that_was_deleted_leaves_no_folder(tmp_path):
    """Its turn comes when it is gone: nothing of it is made anew."""
    with pytest.raises(UserError):
        queue._run(tmp_path / "gone", own_home=False)
    assert not (tmp_path / "gone").exists()
