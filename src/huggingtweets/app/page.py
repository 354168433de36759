"""The page: its head, its tabs, and the server that serves it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import gradio as gr
import msgspec
from gradio.context import Context
from msgspec import Struct
from starlette.middleware import Middleware

from ..connections import bound_connections
from ..errors import UserError
from ..files.home_folder import DATASETS, FETCHED, home
from . import language
from .access import Access
from .browsing import Browsing
from .event_queue import EventQueue
from .games import Games
from .language import N_, LanguageMiddleware, _
from .limits import Limits
from .loaded_models import LoadedModels
from .queue import Queue
from .reports import Reports
from .request_filter import RequestFilter
from .server import Server, Shared
from .sessions import Sessions
from .streams import MOST_STREAMS, bound_streams
from .tabs.forget import ForgetTab
from .tabs.game import GameTab
from .tabs.header import Header
from .tabs.library import LibraryTab
from .tabs.play import PlayTab
from .tabs.posts import PostsTab
from .tabs.publish import PublishTab
from .tabs.take import TakeTab
from .tabs.train import TrainTab
from .theme import css, script, theme
from .uploads import kept_apart

TITLE = "huggingtweets"
PORTS = range(7860, 7880)  # as Gradio and trackio choose theirs
TABS = (
    ("posts", N_("1 Posts")),
    ("train", N_("2 Train")),
    ("play", N_("3 Play")),
    ("game", N_("4 Real or bot?")),
    ("take", N_("5 Take it")),
    ("library", N_("Library")),
)
NO_PROXY = ("no_proxy", "NO_PROXY")  # environment variables
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DOWNLOAD_SECONDS = 3600  # that a packed model can be downloaded


class TranslatedPage(gr.Blocks):
    """A page whose components are described in the language of the request that asks for them."""

    def __init__(self, limits: Limits, **options: Any) -> None:
        """Begin with one language."""
        self.components_in: dict[str, Any] = {}
        self._limits = limits
        super().__init__(**options)
        self.api_open = False

    def queue(self, *_: Any, **__: Any) -> Self:
        """Begin with our queue. Gradio's own method also makes an application, which `launch` makes anew."""
        self._queue = EventQueue(self, self._limits)
        return self

    @property
    def config(self) -> Any:
        """What Gradio sends to the browser of the page."""
        components = self.components_in.get(language.current())
        return {**self._config, "components": components} if components else self._config

    @config.setter
    def config(self, config: Any) -> None:
        self._config = config


def build(server: Server) -> Any:
    """Lay out the page, and register its events.

    The page of each language is laid out alone, with the same numbers for the same components. One of them is
    served; of the others it takes how the components are described.
    """
    first, components_in = Context.id, {}
    for each in reversed(language.NAMES):
        Context.id = first
        with language.speaking(each):
            page = _build(server)
        components_in[each] = page.get_config_file()["components"]
    page.components_in = components_in
    return page


def _build(server: Server) -> Any:
    """Lay out the page in the current language."""
    options = {"title": TITLE, "analytics_enabled": False, "delete_cache": (600, DOWNLOAD_SECONDS)}
    with TranslatedPage(server.limits, **options) as page:
        header = Header(server, page)
        with gr.Tabs(selected="posts", elem_classes="ht-steps", overflow_behavior="wrap") as tabs:
            containers = {  # drawn at once, hidden: an update of what is not yet drawn can be lost
                name: gr.Tab(_(label), id=name, elem_id=f"tab-{name}", render_children=True)
                for name, label in TABS
            }
        shared = header.share(tabs, containers)
        laid_out = _lay_out(shared)
        header.connect(shared)
        for tab in laid_out:
            tab.connect()
    return page


def _lay_out(shared: Shared) -> list[Any]:
    containers = shared.containers
    with containers["posts"]:
        posts = PostsTab(shared)
    with containers["train"]:
        train = TrainTab(shared, posts.summary, posts.shown_digest)
    with containers["play"]:
        play = PlayTab(shared)
    with containers["game"]:
        game = GameTab(shared)
    with containers["take"]:
        take, publish = TakeTab(shared), PublishTab(shared)
    with containers["library"]:
        library, forget = LibraryTab(shared), ForgetTab(shared)
    return [posts, train, play, game, take, publish, library, forget]


@contextmanager
def running(
    limits: Limits, *, port: int, host: str = "127.0.0.1", access: Access | None = None
) -> Iterator[str]:
    """Serve the page while the `with` block runs; yield its URL.

    Args:
        limits: what a visitor may do.
        port: port to listen on, from `free_port`.
        host: address to listen on.
        access: lets in who may open the page; None: whoever can reach it.
    """
    incoming = home().resolve() / "incoming"
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["GRADIO_TEMP_DIR"] = str(incoming)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    describe_types(Struct)
    browsing = Browsing()
    sessions = Sessions(limits, on_delete=browsing.drop)
    sessions.delete_idle()
    queue = Queue(sessions, limits)
    reports = Reports(public=limits.public)
    page = build(Server(limits, sessions, queue, LoadedModels(), incoming, Games(), reports, browsing))
    bound_connections(limits)
    bound_streams()
    try:
        with _without_proxy(host):
            _, url, _ = page.launch(
                server_name=f"[{host}]" if ":" in host else host,
                server_port=port,
                app_kwargs=_app_settings(limits, access, reports),
                **_settings(limits),
            )
        with kept_apart(incoming):
            yield url
    finally:
        queue.close()
        page.close(verbose=False)


@contextmanager
def _without_proxy(host: str) -> Iterator[None]:
    """In a `with` of this, what Gradio asks of the page itself goes through no proxy.

    Not for longer: on macOS and Windows such a variable takes the place of what the system says of proxies.
    """
    before = {name: os.environ.get(name) for name in NO_PROXY}
    hosts = ",".join(filter(None, [*before.values(), *LOOPBACK, host]))
    os.environ.update(dict.fromkeys(NO_PROXY, hosts))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _settings(limits: Limits) -> dict[str, Any]:
    """How Gradio serves the page; a page that is only mounted lets visitors name files of the server."""
    return {
        "share": False,
        "_frontend": False,  # else a machine that answers the page's own first request late has no page
        "prevent_thread_lock": True,
        "quiet": True,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": False,
        "max_file_size": limits.upload,
        "state_session_capacity": MOST_STREAMS,
        "allowed_paths": [],
        "blocked_paths": [str(home() / part) for part in ("app", "visitors", DATASETS, FETCHED)],
        "theme": theme(),
        "css": css(),
        "head": script(),
    }


def _app_settings(limits: Limits, access: Access | None, reports: Reports) -> dict[str, Any]:
    """What the application below Gradio gets: filters of requests, the route of reports, and no API pages."""
    return {
        "middleware": [
            Middleware(RequestFilter, limits=limits, access=access),
            Middleware(LanguageMiddleware),
        ],
        "routes": [reports.route],
        "docs_url": None,
        "redoc_url": None,
        "openapi_url": None,
    }


def free_port(host: str, ports: Sequence[int]) -> int:
    """The first of some ports that nothing listens on.

    Raises:
        UserError: all are taken.
    """
    for port in ports:
        try:
            _bind(host, port)
        except OSError as error:
            reason = error.strerror
        else:
            return port
    raise UserError(f"{host}:{ports[-1]} cannot be used ({reason}); choose another with --port or --host")


def _bind(host: str, port: int) -> None:
    """Listen for a moment."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if os.name == "posix":  # elsewhere the option lets two programs listen on one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def describe_types(base: type[Struct]) -> None:
    """Let msgspec find out now how all our types that are loaded are decoded.

    It does so at their first use, and crashes (0.22) where a second thread uses one meanwhile.
    """
    for subclass in base.__subclasses__():
        if subclass.__module__.startswith("huggingtweets."):
            msgspec.json.Decoder(subclass)
        describe_types(subclass)
