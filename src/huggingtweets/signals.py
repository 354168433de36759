"""Signals that end a run: they raise KeyboardInterrupt in the main thread, and are not lost there.

Python ignores what is raised while a finalizer runs (`__del__`, a callback of weakref), and with it the
KeyboardInterrupt of a signal. Such a signal is sent again a moment later, until it comes at another place.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterable
from types import FrameType

AGAIN_AFTER = 0.02  # seconds, in which a finalizer mostly ends


def raise_interrupts(numbers: Iterable[int]) -> None:
    """Let signals raise KeyboardInterrupt with their number, and send again those that Python ignores."""
    for number in numbers:
        signal.signal(number, interrupt)
    ignored = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            number = next(iter(unraisable.exc_value.args), signal.SIGINT)
            _thread.start_new_thread(_send_again, (number,))  # threading's own start takes locks
        else:
            ignored(unraisable)

    sys.unraisablehook = hook


def interrupt(number: int, _: FrameType | None) -> None:
    """Raise a signal as KeyboardInterrupt; the handler of `raise_interrupts`."""
    raise KeyboardInterrupt(number)


def interrupt_main(number: int = signal.SIGINT) -> None:
    """Send a signal to the main thread, which also wakes it where the system has such signals."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        _thread.interrupt_main(signal.Signals(number))


def _send_again(number: int) -> None:
    time.sleep(AGAIN_AFTER)
    interrupt_main(number)
