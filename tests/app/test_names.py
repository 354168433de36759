"""Each run of the page has a name of its own, so that no model takes the place of another."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from msgspec.structs import replace

from huggingtweets import ReadOptions, load_recipe
from huggingtweets.app import events, training_request
from huggingtweets.app.limits import Limits
from huggingtweets.app.sessions import Session, Sessions
from huggingtweets.app.tabs import train, train_view
from huggingtweets.app.tabs.train import TrainTab
from huggingtweets.app.training_request import TrainingRequest
from huggingtweets.cleaning import CleaningRules

pytestmark = pytest.mark.usefixtures("home")
ENDS = [events.Failed(message="the disk is full"), events.Stopped()]


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path / "app", tmp_path / "models", None)


@pytest.fixture
def resume(session, monkeypatch):
    """Presses "Go on" of a run, and returns the run that was queued."""
    queued = []
    tab = object.__new__(TrainTab)
    server = SimpleNamespace(sessions=Sessions(Limits()))
    tab._shared = SimpleNamespace(session=lambda _: session, server=server)
    tab._queue = SimpleNamespace(resume=lambda run, _: queued.append(run))
    monkeypatch.setattr(TrainTab, "_update", lambda *_: ())

    def press(run_id):
        tab._on_resume("key", run_id)
        return queued.pop()

    return press


def _add_run(session, name, end):
    request = TrainingRequest(
        title="ada",
        locations=("ada.csv",),
        options=ReadOptions(),
        rules=CleaningRules(),
        recipe=load_recipe("ngram"),
        out=str(session.models / name),
        name=name,
    )
    folder = training_request.save(request, session)
    events.append(folder, end)
    return training_request.load(folder)


@pytest.mark.parametrize("end", ENDS)
def test_a_run_that_can_go_on_keeps_its_name(session, end):
    """A later run of the same posts gets another one."""
    _add_run(session, "ada", end)
    assert training_request.free_name(session, "ada") == "ada-2"


@pytest.mark.parametrize("end", ENDS)
def test_a_run_that_goes_on_replaces_no_other_model(session, resume, end):
    """Runs of earlier versions may share a name with a later one, or a model of the command line has it."""
    run = _add_run(session, "ada", end)
    (session.models / "ada").mkdir(parents=True)
    renamed = resume(run.id)
    assert renamed.id == run.id
    assert renamed.request == replace(run.request, name="ada-2", out=str(session.models / "ada-2"))
    assert training_request.find(session, run.id) == renamed


def test_of_two_runs_of_one_name_one_gets_another(session, resume):
    """Whichever goes on first, the two make two models."""
    first, second = (_add_run(session, "ada", end) for end in ENDS)
    assert resume(first.id).request.name == "ada-2"
    assert resume(second.id).request.name == "ada"


def test_a_run_of_its_own_name_goes_on_under_it(session, resume):
    """Nothing else has the name, so it stays."""
    run = _add_run(session, "ada", events.Stopped())
    assert resume(run.id) == run


@pytest.mark.parametrize("has_namesake", [False, True])
def test_a_model_of_another_folder_is_not_offered(session, tmp_path, monkeypatch, has_namesake):
    """A page started elsewhere has the runs and other models: it says where the run's is."""
    run = _add_run(session, "ada", events.Done(model="ada"))
    (session.models / "ada").mkdir(parents=True)
    assert "It is ready" in train_view.run(run, None, session)
    assert "ada is ready" in train_view.strip([run], None, session)
    elsewhere = Session(session.root, tmp_path / "elsewhere" / "models", None)
    if has_namesake:
        (elsewhere.models / "ada").mkdir(parents=True)
    shown = train_view.run(run, None, elsewhere)
    assert run.request.out in shown
    assert "It is ready" not in shown
    assert not train_view.strip([run], None, elsewhere)
    training_request.mark_opened(elsewhere, "ada")
    assert not run.was_opened
    tab = object.__new__(TrainTab)
    tab._queue = SimpleNamespace(order=list)
    monkeypatch.setattr(train, "_begin_button", lambda *_: None)
    assert [tab._update(each, run.id)[7]["visible"] for each in (session, elsewhere)] == [True, False]
