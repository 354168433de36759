"""The page: its head, its tabs, and the server that serves it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.context import Context
from starlette.middleware import Middleware

from ..errors import UserError
from ..files import home
from . import language
from .games import Games
from .language import N_, LanguageMiddleware, _
from .limits import Limits
from .loaded_models import LoadedModels
from .queue import Queue
from .reports import Reports
from .request_filter import RequestFilter
from .server import Server, Shared
from .sessions import Sessions
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

TITLE = "huggingtweets"
TABS = (
    ("posts", N_("1 Posts")),
    ("train", N_("2 Train")),
    ("play", N_("3 Play")),
    ("game", N_("4 Real or bot?")),
    ("take", N_("5 Take it")),
    ("library", N_("Library")),
)
DOWNLOAD_SECONDS = 3600  # that a packed model can be downloaded
MAX_QUEUED_EVENTS = 100  # of all visitors


class TranslatedPage(gr.Blocks):
    """A page whose components are described in the language of the request that asks for them."""

    def __init__(self, **options: Any) -> None:
        """Begin with one language."""
        self.components_in: dict[str, Any] = {}
        super().__init__(**options)

    @property
    def config(self) -> Any:
        """What the browser is told of the page."""
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
    page.queue(api_open=False, max_size=MAX_QUEUED_EVENTS, default_concurrency_limit=8)
    return page


def _build(server: Server) -> Any:
    """Lay out the page in the current language."""
    with TranslatedPage(title=TITLE, analytics_enabled=False, delete_cache=(600, DOWNLOAD_SECONDS)) as page:
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
    limits: Limits, *, host: str = "127.0.0.1", port: int = 7860, browser: bool = False
) -> Iterator[str]:
    """Serve the page while the `with` block runs; yield its URL.

    Raises:
        UserError: the port is taken.
    """
    _require_free(host, port)
    incoming = home() / "incoming"
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["GRADIO_TEMP_DIR"] = str(incoming.resolve())
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    sessions = Sessions(limits)
    sessions.delete_idle()
    queue = Queue(sessions, limits)
    reports = Reports()
    page = build(Server(limits, sessions, queue, LoadedModels(), incoming.resolve(), Games(), reports))
    hosts = None if limits.public else ("localhost", host)
    request_filter = Middleware(RequestFilter, hosts=hosts, upload=limits.upload)
    try:
        _, url, _ = page.launch(
            server_name=host,
            server_port=port,
            inbrowser=browser,
            share=False,
            prevent_thread_lock=True,
            quiet=True,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            max_file_size=limits.upload,
            allowed_paths=[],
            blocked_paths=[str(home() / part) for part in ("app", "visitors", "datasets", "fetched")],
            theme=theme(),
            css=css(),
            head=script(),
            app_kwargs={
                "middleware": [request_filter, Middleware(LanguageMiddleware)],
                "routes": [reports.route],
                "docs_url": None,
                "redoc_url": None,
                "openapi_url": None,
            },
        )
        yield url
    finally:
        queue.close()
        page.close(verbose=False)


def _require_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(
                f"{host}:{port} cannot be used ({error.strerror}); choose another with --port or --host"
            ) from error
