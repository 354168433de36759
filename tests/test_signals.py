"""A signal ends a run wherever it comes, also where Python ignores what is raised."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

BEGIN = """
import gc, os, signal, sys, time, weakref
from huggingtweets.cli._errors import set_signals, show_error
set_signals()
def ask():
    os.kill(os.getpid(), signal.{name})
    for _ in range(1000):  # the handler runs at one of these moments
        pass
class Asks:
    def __del__(self):
        ask()
class Plain:
    pass
class Cycle:
    def __init__(self):
        self.me, self.asks = self, Asks()
def many(times):
    for _ in range(times):
        Asks()
try:
    {moment}
    time.sleep(100)
except KeyboardInterrupt as error:
    sys.exit(show_error(error))
"""
MOMENTS = {
    "finalizer": "Asks()",
    "callback of a weak reference": "plain = Plain(); seen = weakref.ref(plain, lambda _: ask()); del plain",
    "garbage collection": "Cycle(); gc.collect()",
    "finalizers again and again": "many(50)",
}
CASES = [  # one handler serves all three signals: the slow cases are the other combinations
    pytest.param(name, moment, marks=() if name == "SIGINT" or moment == "finalizer" else pytest.mark.slow)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    for moment in MOMENTS
]


@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
@pytest.mark.parametrize(("name", "moment"), CASES)
def test_a_signal_in_a_finalizer_is_not_lost(name, moment):
    """It ends the run a moment later, with its own code, and nothing is said of an ignored exception."""
    script = BEGIN.format(name=name, moment=MOMENTS[moment])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 128 + getattr(signal, name), done.stderr
    assert done.stderr == "stopped; nothing half-made was left behind\n"


def test_other_errors_of_finalizers_are_told_as_ever():
    """What is no signal is told on standard error, and the run goes on."""
    script = """
from huggingtweets.cli._errors import set_signals
set_signals()
class Fails:
    def __del__(self):
        raise ValueError("seen")
Fails()
print("on")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "on\n"
    assert "Exception ignored" in done.stderr
    assert "seen" in done.stderr
