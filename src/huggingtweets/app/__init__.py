"""The page: from a file to a bot in three clicks. Gradio draws it; this room arranges and calls the pipeline.

| step | laid out and connected in | shown by |
|---|---|---|
| posts | posts_step.py | posts_shown.py |
| teach | teach_step.py | teach_shown.py |
| play | play_step.py | play_shown.py |
| real or bot? | game_step.py | game_shown.py |
| take it | take_step.py, publish_step.py | markup.py |
| library | library_step.py | library_shown.py |

A run is a process of its own (worker.py) that writes events (events.py); one runs, others wait (waiting.py).
Each stranger has a room (rooms.py); what they may do is in limits.py; guard.py stands before everything.
"""

from __future__ import annotations

import sys
import threading

from .limits import ON_THE_INTERNET, Limits

__all__ = ["serve"]


def serve(*, host: str = "127.0.0.1", port: int = 7860, public: bool = False, browser: bool = False) -> None:
    """Serve the page until Ctrl-C.

    Raises:
        UserError: the port is taken.
        MissingExtra: Gradio is not installed.
    """
    from .page import running  # noqa: PLC0415 -- with Gradio, which takes a second

    with running(ON_THE_INTERNET if public else Limits(), host=host, port=port, browser=browser) as url:
        sys.stdout.write(f"The page is at {url} (Ctrl-C ends it; a model that is learning is kept)\n")
        sys.stdout.flush()
        threading.Event().wait()
