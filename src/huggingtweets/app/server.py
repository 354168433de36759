"""What all tabs of the page share: the server's state, the components above the tabs, and event options."""

from __future__ import annotations

import contextlib
import functools
import inspect
from abc import ABCMeta
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency
from markupsafe import escape

from ..reporting.picture import plain
from .browsing import Browsing
from .games import Games
from .language import _, negotiate, speaking
from .limits import Limits
from .loaded_models import LoadedModels
from .messages import shown_error
from .queue import Queue
from .reports import Reports
from .sessions import Session, Sessions

READING = "reading"  # the group of events that read or change posts and models: a visitor's are in order
UNQUEUED: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}


@dataclass(frozen=True)
class Server:
    """The state of the server, shared by all visitors."""

    limits: Limits
    sessions: Sessions
    queue: Queue
    loaded_models: LoadedModels
    incoming: Path  # where Gradio puts uploaded files
    games: Games
    reports: Reports
    browsing: Browsing


@dataclass(frozen=True)
class Shared:
    """What every tab needs."""

    server: Server
    key: gr.BrowserState  # opens the visitor's session
    model: gr.Dropdown  # the name of the open model
    tabs: gr.Tabs
    loaded: Dependency  # the event that sets the key when the page is loaded; tabs then show their session
    containers: Mapping[str, gr.Tab]  # by name
    strip: gr.HTML  # what is learning, shown above all tabs
    timer: gr.Timer  # ticks while something is learning

    def session(self, key: object) -> Session:
        """The visitor's session.

        Raises:
            UserError: it is no key, or there are too many sessions.
        """
        return self.server.sessions.of(key)


def show_errors(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an event handler, a function or a generator.

    It answers in the visitor's language, and a corner of the page shows its errors.
    """
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def generate(request: gr.Request, *args: Any) -> Iterator[Any]:
            updates = handler(*args)
            with contextlib.closing(updates), contextlib.suppress(StopIteration):
                while True:  # each step may run in another context, with a language of its own
                    yield _handle(functools.partial(next, updates), request)

        return _with_request(generate)

    @functools.wraps(handler)
    def handle(request: gr.Request, *args: Any) -> Any:
        return _handle(functools.partial(handler, *args), request)

    return _with_request(handle)


def _handle(handler: Callable[[], Any], request: gr.Request) -> Any:
    """What a handler returns, in the language of the request; its errors as those of Gradio."""
    with speaking(negotiate(dict(request.headers))):
        try:
            return handler()
        except StopIteration:
            raise
        except Exception as error:  # noqa: BLE001 -- all are shown, and the unexpected ones logged
            raise _gradio_error(error) from None


def _with_request(wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """The wrapper of a handler, declared such that Gradio gives it the request before the inputs."""
    parameter = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
    signature = inspect.signature(wrapper)
    wrapper.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[parameter, *signature.parameters.values()]
    )
    wrapper.__annotations__ = {"request": gr.Request, **wrapper.__annotations__}
    return wrapper


def _gradio_error(error: Exception) -> gr.Error:
    if isinstance(error, gr.Error):
        return error
    message = str(escape(shown_error(error)[0]))
    return gr.Error(message, duration=20, print_exception=False, title=_("That did not work"))


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


# Made without Gradio's own way of making classes, which would write stubs beside this file. Each update of a
# component makes another of its class, so that it does not suffice to change the component.
_UncheckedDropdown = ABCMeta.__new__(
    type(gr.Dropdown), "Dropdown", (gr.Dropdown,), {"preprocess": lambda _, payload: payload}
)


def unchecked_dropdown(label: str, elem_id: str) -> gr.Dropdown:
    """A dropdown that passes any value on; the handlers look it up in the session.

    Gradio accepts only choices that the server sent in the same connection. After a restart of the server, or
    where another window has deleted a model, it would refuse the choice that an open page still shows.
    """
    return _UncheckedDropdown([], label=label, visible=False, filterable=False, elem_id=elem_id)


def accordion(label: str, *, visible: bool = True) -> gr.Accordion:
    """A closed accordion with inputs, which are drawn with the tab.

    Where `open` is `False`, Gradio draws the content of an accordion when that is first opened, and only then
    gives it the values that it got meanwhile: what is typed at once would be lost.
    """
    return gr.Accordion(label, open=0, visible=visible)  # type: ignore[arg-type] # closed, but not `False`


def model_choices(session: Session, selected: object = None) -> Any:
    """An update of the list of models; the newest is open where there is no model named `selected`."""
    choices = _choices(session)
    names = [name for _, name in choices]
    value = selected if selected in names else next(iter(names), None)
    return gr.update(choices=choices, value=value, visible=bool(choices))


def more_choices(session: Session) -> Any:
    """An update of the list of models that opens none; it is hidden until one is open."""
    return gr.update(choices=_choices(session))


def _choices(session: Session) -> list[tuple[str, str]]:
    return [(f"{plain(name)}, {folder.record.recipe.name}", name) for name, folder in session.library()]
