"""How a run is interrupted: signals that ask to stop raise KeyboardInterrupt, or are noted first.

Python ignores what is raised while a finalizer runs (`__del__`, a callback of weakref), so such a signal is
sent again a moment later.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

STOPPING = tuple(  # signals that ask to stop; not all systems have each
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
AGAIN_AFTER = 0.02  # seconds, in which a finalizer mostly ends
_on_its_way = _thread.allocate_lock()  # held while a signal waits to be sent again: one stops a run


@dataclass
class Noted:
    """The signal that asked to stop; 0 where none has."""

    number: int = 0


@contextmanager
def first_signal_noted() -> Iterator[Noted]:
    """Inside, the first signal that asks to stop is noted; a second one, of whatever kind, acts as before.

    Outside of the main thread, which alone gets signals, none is noted. Neither is one that is ignored, or
    left to the system.
    """
    noted = Noted()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = {number: handler for number in STOPPING if callable(handler := signal.getsignal(number))}

    def note(number: int, _: FrameType | None) -> None:
        noted.number = number
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, note)
    try:
        yield noted
    finally:
        restore()


def raise_interrupts(numbers: Iterable[int]) -> None:
    """Let signals raise KeyboardInterrupt with their number, and send again those that Python ignores."""
    for number in numbers:
        signal.signal(number, interrupt)
    ignored = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            number = next(iter(unraisable.exc_value.args), signal.SIGINT)
            if _on_its_way.acquire(blocking=False):
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
    _on_its_way.release()
    interrupt_main(number)
