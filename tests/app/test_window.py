"""What a window of the page shows belongs to the model that is open in it."""

from __future__ import annotations

import copy
import threading

import gradio as gr
import pytest

from huggingtweets.app import window as window_module
from huggingtweets.app.window import Window

NOTHING = (gr.skip(), gr.skip())


@pytest.fixture
def window():
    """A window in which the model `a` is open."""
    opened = Window()
    opened.show("a")
    return opened


def test_the_last_answer_says_nothing(window):
    """Gradio sends it once more when it is done, maybe after the answer to a later event."""
    assert list(window.answers_about("a", iter([("1", ""), ("2", "")]))) == [("1", ""), ("2", ""), NOTHING]
    assert list(window.look("a", lambda: ("3", ""))) == [("3", ""), NOTHING]


def test_answers_about_a_model_end_where_another_is_opened(window):
    """What the first still answers changes nothing, the last time, too."""
    answers = window.answers_about("a", iter([("1", ""), ("2", ""), ("3", "")]))
    assert next(answers) == ("1", "")
    window.show("b")
    assert list(answers) == [NOTHING]


def test_a_press_that_waited_opens_no_model_again(window, monkeypatch):
    """It answers nothing, and the model that was opened meanwhile stays open."""
    monkeypatch.setattr(window_module, "OPENING", 0.01)
    window.show("b")
    assert list(window.answers_about("a", iter([("late", "")]))) == [NOTHING]
    assert next(window.look("b", lambda: ("b's", ""))) == ("b's", "")
    window.show("a")
    assert next(window.answers_about("a", iter([("again", "")]))) == ("again", "")


def test_a_press_may_be_taken_up_before_its_model_is_opened_again(window):
    """It waits for that, and is answered."""
    window.show("b")
    answered: list[object] = []
    press = threading.Thread(target=lambda: answered.extend(window.answers_about("a", iter([("1", "")]))))
    press.start()
    press.join(0.1)
    assert not answered
    window.show("a")
    press.join(5)
    assert answered == [("1", ""), NOTHING]


def test_a_press_may_be_taken_up_before_its_model_is_opened(window):
    """Events are handled side by side: what it answers is shown, and not what is said of the model before."""
    before = window.answers_about("a", iter([("1", ""), ("2", "")]))
    next(before)
    assert next(window.answers_about("b", iter([("b's", "")]))) == ("b's", "")
    assert list(before) == [NOTHING]


def test_a_look_at_a_model_that_is_not_open_shows_nothing(window):
    """A tab that was chosen before another model was opened may be answered after that."""
    assert list(window.look("b", lambda: ("other", ""))) == [NOTHING, NOTHING]
    assert next(Window().look("b", lambda: ("first", ""))) == ("first", "")


def test_a_look_waits_for_the_answer_that_is_being_sent(window):
    """What it finds is newer than what was sent before, so it is looked for after that."""
    posts = ["old"]
    answers = window.answers_about("a", iter([("unfinished", "")]))
    next(answers)
    looked: list[object] = []
    look = threading.Thread(target=lambda: looked.append(next(window.look("a", lambda: (posts[0], "")))))
    look.start()
    posts[0] = "new"
    assert not looked
    assert list(answers) == [NOTHING]
    look.join(5)
    assert looked == [("new", "")]


def test_presses_are_answered_in_their_order(window):
    """A second press waits for the first to be answered, and one about another model does not."""
    first = window.in_order("a", iter([("1", "")]))
    next(first)
    answered: list[object] = []
    press = threading.Thread(target=lambda: answered.extend(window.in_order("a", iter([("2", "")]))))
    press.start()
    press.join(0.1)
    assert not answered
    assert list(first) == [NOTHING]
    press.join(5)
    assert answered == [("2", ""), NOTHING]


def test_a_press_that_is_being_answered_holds_up_no_other_model(window):
    """Whoever opens another model meanwhile is answered about that one."""
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        begun.set()
        go_on.wait(5)
        yield "late", ""

    found: list[object] = []
    press = threading.Thread(target=lambda: found.extend(window.in_order("a", slow())))
    press.start()
    begun.wait(5)
    assert list(window.in_order("b", iter([("b", "")]))) == [("b", ""), NOTHING]
    assert not found
    go_on.set()
    press.join(5)
    assert found == [NOTHING]


def test_a_model_that_is_slow_holds_up_no_other(window):
    """Only an answer that is being sent is waited for, not one that is being made."""
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        begun.set()
        go_on.wait(5)
        yield "late", ""

    found: list[object] = []
    writer = threading.Thread(target=lambda: found.extend(window.answers_about("a", slow())))
    writer.start()
    begun.wait(5)
    window.show("b")
    assert next(window.look("b", lambda: ("b's", ""))) == ("b's", "")
    go_on.set()
    writer.join(5)
    assert found == [NOTHING]


def _writes(*answers):
    """Writes posts, and says so before the last answer, as the Play tab does."""

    def write(end):
        yield from answers[:-1]
        end()
        yield answers[-1]

    return write


def test_two_presses_write_once(window):
    """A model that writes is not asked for other posts; when it is done, it is again."""
    first = window.posts_of("a", _writes(("unfinished", ""), ("1", "")))
    next(first)
    assert list(window.posts_of("a", _writes(("2", "")))) == []
    assert list(first) == [("1", ""), NOTHING]
    assert next(window.posts_of("a", _writes(("3", "")))) == ("3", "")


def test_a_press_counts_as_soon_as_posts_are_seen_to_be_written(window):
    """It may come before the page has sent all that it says at the end, which leaves the later alone."""
    first = window.posts_of("a", _writes(("1", "")))
    assert [next(first), next(first)] == [("1", ""), NOTHING]
    second = window.posts_of("a", _writes(("unfinished", ""), ("2", "")))
    assert next(second) == ("unfinished", "")
    assert list(first) == []
    assert list(window.posts_of("a", _writes(("3", "")))) == []
    assert list(second) == [("2", ""), NOTHING]


def test_each_window_begins_with_no_model(window):
    """Gradio copies the first for each visitor; one's model is not another's."""
    assert next(copy.deepcopy(window).look("b", lambda: ("b's", ""))) == ("b's", "")
