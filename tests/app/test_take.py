"""The last step: what an evaluation shows belongs to the model that is evaluated."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

import gradio as gr

from huggingtweets.app.reports import Reports
from huggingtweets.app.sessions import Session
from huggingtweets.app.tabs import take
from huggingtweets.app.tabs.take import TakeTab
from huggingtweets.app.window import Window
from huggingtweets.errors import UserError
from huggingtweets.model_folder import ModelFolder

EVALUATING, NOT_EVALUATED = "It writes posts and evaluates them", "This model was not evaluated."


@pytest.fixture
def evaluate(ngram_model, tmp_path, monkeypatch):
    """Evaluates the model "me" in a window, while something else happens; returns the answers."""
    session = Session(tmp_path / "session", tmp_path / "models", None)
    model = ModelFolder(shutil.copytree(ngram_model, session.models / "me"))
    model.report_page.unlink(missing_ok=True)
    tab, window = object.__new__(TakeTab), Window()
    tab._shared = SimpleNamespace(session=lambda _: session, server=SimpleNamespace(reports=Reports()))
    tab._in_evaluation = set()
    window.show("me")

    def press(meanwhile):
        monkeypatch.setattr(take, "evaluate", lambda *_, **__: meanwhile(tab, window))
        return tab._on_evaluate(window, "key", "me")

    return press


def _shown(answers):
    """What the answers show in the place of the report."""
    return [report for report, *_ in answers if report != gr.skip()]


def test_an_evaluation_shows_nothing_in_the_place_of_another_model(evaluate):
    """Its report is there when its model is opened again."""
    [shown] = _shown(evaluate(lambda _, window: window.show("other")))
    assert EVALUATING in shown


def test_a_model_that_is_being_evaluated_says_so_when_it_is_opened_again(evaluate):
    """It offers no second evaluation meanwhile, and shows how the first one ended."""
    opened = []

    def come_back(tab, window):
        window.show("other")
        opened.append(tab._on_model(window, "key", "me"))

    before, after = _shown(evaluate(come_back))
    [(_, _, _, report, button, *_)] = opened
    assert before == report
    assert EVALUATING in report
    assert button["visible"] is False
    assert NOT_EVALUATED in after


def test_a_second_window_sees_that_an_evaluation_has_ended(evaluate):
    """It says so while the model is evaluated, looks again and again, and then shows the report."""
    second, ticks, opened = Window(), [], []

    def look(tab, _):
        *_, timer = tab._on_model(second, "key", "me")
        opened.append(timer.active)
        ticks.append(list(tab._on_tick(second, "key", "me")))
        ticks.append(lambda: list(tab._on_tick(second, "key", "me")))

    list(evaluate(look))
    assert opened == [True]
    meanwhile, after = ticks
    assert meanwhile == [(gr.skip(),) * 4]
    (report, _, _, timer), nothing = after()
    assert NOT_EVALUATED in report
    assert timer.active is False
    assert nothing == (gr.skip(),) * 4


def test_an_evaluation_that_failed_can_be_begun_again(evaluate):
    """The error is told, and the button is there again."""

    def fail(*_):
        raise UserError("too few posts")

    answers = evaluate(fail)
    next(answers)
    (_, button, _) = next(answers)
    assert button["visible"] is True
    with pytest.raises(UserError, match="too few posts"):
        list(answers)
