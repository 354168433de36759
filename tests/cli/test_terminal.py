"""Progress as people see it: a bar on a terminal, plain lines elsewhere, and how long the rest takes."""

from __future__ import annotations

import pytest

from huggingtweets.cli import _terminal
from huggingtweets.cli._terminal import Pace, Terminal, duration


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = [100.0]
    monkeypatch.setattr(_terminal.time, "monotonic", lambda: now[0])
    return now


def test_the_pace_is_that_since_the_first_look(clock):
    """A run that goes on at step 50 is not ten times as fast; nothing is said of the first seconds."""
    pace = Pace()
    assert pace.seconds_left(50, 150) is None
    clock[0] += 1
    assert pace.seconds_left(60, 150) is None
    clock[0] += 9
    assert pace.seconds_left(70, 150) == pytest.approx(40)
    assert pace.seconds_left(70, None) is None


def test_plain_lines_say_how_long(clock, capsys):
    """Without a terminal it is said once how long a stage takes, and in each line how long the rest does."""
    with Terminal() as terminal:
        terminal.stage("train", "a recipe")
        for step in range(1, 31):
            clock[0] += 2
            terminal.stepped(step, 100, 2.5, 300.0)
    shown = capsys.readouterr().err
    assert shown.count("to go, as fast as so far") == 1
    assert "about 3 min to go" in shown
    assert ", 2 min to go" in shown.splitlines()[-1]


def test_writing_posts_says_how_long(clock, capsys):
    """Posts that are written to be measured are counted, and it is said when they will be done."""
    with Terminal() as terminal:
        terminal.stage("write", "64 by each model")
        for done in (0, 64):
            terminal.written(done, 128)
            clock[0] += 20
    assert "about 20 s to go" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "1 s"), (40, "40 s"), (99, "99 s"), (150, "2 min"), (3600, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_times_are_said_as_people_say_them(seconds, expected):
    """Seconds, minutes or hours."""
    assert duration(seconds) == expected
