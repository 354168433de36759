"""What all steps of the page share: limits, rooms, the queue of runs, and how errors are told."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency
from markupsafe import escape

from ..errors import HuggingtweetsError
from ..reporting.picture import plain
from .limits import Limits
from .loaded_models import LoadedModels
from .queue import Queue
from .sessions import Session, Sessions

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Server:
    """The machinery behind one page, for all of its visitors."""

    limits: Limits
    sessions: Sessions
    queue: Queue
    loaded_models: LoadedModels
    incoming: Path  # where Gradio puts what is dropped on the page


@dataclass(frozen=True)
class Shared:
    """What the steps need: the server, the visitor's key, and the model that is open."""

    server: Server
    key: gr.BrowserState
    model: gr.Dropdown
    tabs: gr.Tabs
    entered: Dependency  # the visitor has a key; what was there before the reload can be shown
    library: gr.Tab
    taking: gr.Tab

    def session(self, key: object) -> Session:
        """The visitor's room."""
        return self.server.sessions.of(key)


def words(error: BaseException) -> str:
    """An error in words for a visitor; one that is ours is logged and not shown."""
    if isinstance(error, HuggingtweetsError):
        return str(error)
    _LOG.error("unexpected", exc_info=error)
    return "Something unexpected happened. This is our mistake; the terminal of the page tells more."


def show_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of an event show its errors as words in a corner of the page."""
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def steps(*args: Any) -> Iterator[Any]:
            try:
                yield from function(*args)
            except Exception as error:  # noqa: BLE001 -- all are told, and ours are logged
                raise _shown(error) from None

        return steps

    @functools.wraps(function)
    def step(*args: Any) -> Any:
        try:
            return function(*args)
        except Exception as error:  # noqa: BLE001 -- all are told, and ours are logged
            raise _shown(error) from None

    return step


def _shown(error: Exception) -> gr.Error:
    if isinstance(error, gr.Error):
        return error
    return gr.Error(str(escape(words(error))), duration=20, print_exception=False, title="That did not work")


def event_options(work: str, together: int = 4, progress: str = "minimal") -> dict[str, Any]:
    """What every event has: it is no API for others, and so many of its kind are worked on together."""
    return {
        "api_visibility": "private",
        "concurrency_id": work,
        "concurrency_limit": together,
        "show_progress": progress,
    }


AT_ONCE: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}


def names(label: str, elem_id: str) -> gr.Dropdown:
    """A list whose choice is looked up in the visitor's room, whatever this session was shown before.

    Gradio's own refuses what it did not show itself, and so everything after the server was started anew.
    """
    made = gr.Dropdown([], label=label, visible=False, filterable=False, elem_id=elem_id)
    made.preprocess = lambda payload: payload  # type: ignore[method-assign] # a subclass would write stubs
    return made


def model_list(session: Session, selected: object = None) -> Any:
    """The library as the list of models; the newest is open where `selected` is not there."""
    found = [(f"{plain(name)}, {folder.record.recipe.name}", name) for name, folder in session.library()]
    names = [name for _, name in found]
    selection = selected if selected in names else next(iter(names), None)
    return gr.update(choices=found, value=selection, visible=bool(found))
