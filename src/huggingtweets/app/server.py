"""What all tabs of the page share: the server's state, the components above the tabs, and event options."""

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
UNQUEUED: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}


@dataclass(frozen=True)
class Server:
    """The state of the server, shared by all visitors."""

    limits: Limits
    sessions: Sessions
    queue: Queue
    loaded_models: LoadedModels
    incoming: Path  # where Gradio puts uploaded files


@dataclass(frozen=True)
class Shared:
    """What every tab needs."""

    server: Server
    key: gr.BrowserState  # opens the visitor's session
    model: gr.Dropdown  # the name of the open model
    tabs: gr.Tabs
    loaded: Dependency  # the event that sets the key when the page is loaded; tabs then show their session
    library_tab: gr.Tab
    take_tab: gr.Tab

    def session(self, key: object) -> Session:
        """The visitor's session.

        Raises:
            UserError: it is no key, or there are too many sessions.
        """
        return self.server.sessions.of(key)


def error_message(error: BaseException) -> str:
    """The message that a visitor reads. An unexpected error is logged, and its own message not shown."""
    if isinstance(error, HuggingtweetsError):
        return str(error)
    _LOG.error("unexpected", exc_info=error)
    return "Something unexpected happened. This is our mistake; the terminal of the page tells more."


def show_errors(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an event handler, a function or a generator, so that a corner of the page shows its errors."""
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def generate(*args: Any) -> Iterator[Any]:
            try:
                yield from handler(*args)
            except Exception as error:  # noqa: BLE001 -- all are shown, and the unexpected ones logged
                raise _gradio_error(error) from None

        return generate

    @functools.wraps(handler)
    def handle(*args: Any) -> Any:
        try:
            return handler(*args)
        except Exception as error:  # noqa: BLE001 -- all are shown, and the unexpected ones logged
            raise _gradio_error(error) from None

    return handle


def _gradio_error(error: Exception) -> gr.Error:
    if isinstance(error, gr.Error):
        return error
    message = str(escape(error_message(error)))
    return gr.Error(message, duration=20, print_exception=False, title="That did not work")


def event_options(group: str, concurrency: int = 4, progress: str = "minimal") -> dict[str, Any]:
    """Keyword arguments of an event listener.

    Args:
        group: name of the events that share a limit.
        concurrency: how many events of the group are handled at the same time.
        progress: how Gradio shows that an event is being handled.
    """
    return {
        "api_visibility": "private",
        "concurrency_id": group,
        "concurrency_limit": concurrency,
        "show_progress": progress,
    }


def unchecked_dropdown(label: str, elem_id: str) -> gr.Dropdown:
    """A dropdown that passes any value on; the handlers look it up in the session.

    Gradio accepts only choices that the server sent in the same connection. After a restart of the server it
    would refuse the choice that an open page still shows.
    """
    dropdown = gr.Dropdown([], label=label, visible=False, filterable=False, elem_id=elem_id)
    dropdown.preprocess = lambda payload: payload  # type: ignore[method-assign] # a subclass would write stubs
    return dropdown


def model_choices(session: Session, selected: object = None) -> Any:
    """An update of the list of models; the newest is open where there is no model named `selected`."""
    models = [(f"{plain(name)}, {folder.record.recipe.name}", name) for name, folder in session.library()]
    names = [name for _, name in models]
    value = selected if selected in names else next(iter(names), None)
    return gr.update(choices=models, value=value, visible=bool(models))
