"""The page: its head, its tabs, and the server that serves it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from markupsafe import Markup
from starlette.middleware import Middleware

from ..errors import UserError
from ..files import home
from .limits import Limits
from .loaded_models import LoadedModels
from .queue import Queue
from .request_filter import RequestFilter
from .server import UNQUEUED, Server, Shared, unchecked_dropdown
from .sessions import Sessions
from .tabs.game import GameTab
from .tabs.library import LibraryTab
from .tabs.play import PlayTab
from .tabs.posts import PostsTab
from .tabs.publish import PublishTab
from .tabs.take import TakeTab
from .tabs.train import TrainTab
from .theme import css, theme

TITLE = "huggingtweets"
HEAD = Markup(
    '<div class="ht-head"><h1>hugging<b>tweets</b></h1>'
    "<p>Posts in, a bot that writes like them out. It says that it is one.</p></div>"
)
TABS = (
    ("posts", "1 Posts"),
    ("train", "2 Train"),
    ("play", "3 Play"),
    ("game", "4 Real or bot?"),
    ("take", "5 Take it"),
    ("library", "Library"),
)
SESSION_KEY = r"""(stored) => {
  const random = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24)));
  return /^[\w-]{32}$/.test(stored) ? stored : btoa(random).replaceAll("+", "-").replaceAll("/", "_");
}"""  # the browser makes the key, stores it, and sends it with every event
DOWNLOAD_SECONDS = 3600  # that a packed model can be downloaded
MAX_QUEUED_EVENTS = 100  # of all visitors


def build(server: Server) -> Any:
    """Lay out the page, and register its events."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(600, DOWNLOAD_SECONDS)) as page:
        key = gr.BrowserState("", storage_key="huggingtweets-room", secret="not-a-secret")  # noqa: S106 -- it encrypts what is stored in the visitor's own browser
        with gr.Row(elem_classes="ht-top"):
            gr.HTML(HEAD)
            model = unchecked_dropdown("The model that is open", "model")
        loaded = page.load(None, key, key, js=SESSION_KEY, **UNQUEUED)
        with gr.Tabs(selected="posts", elem_classes="ht-steps", overflow_behavior="wrap") as tabs:
            containers = {name: gr.Tab(label, id=name) for name, label in TABS}
        shared = Shared(server, key, model, tabs, loaded, containers["library"], containers["take"])
        for tab in _lay_out(shared, containers):
            tab.connect()
    page.queue(api_open=False, max_size=MAX_QUEUED_EVENTS, default_concurrency_limit=8)
    return page


def _lay_out(shared: Shared, containers: dict[str, gr.Tab]) -> list[Any]:
    with containers["posts"]:
        posts = PostsTab(shared)
    with containers["train"]:
        train = TrainTab(shared, posts.summary)
    with containers["play"]:
        play = PlayTab(shared)
    with containers["game"]:
        game = GameTab(shared)
    with containers["take"]:
        take, publish = TakeTab(shared), PublishTab(shared)
    with containers["library"]:
        library = LibraryTab(shared)
    return [posts, library, train, play, game, take, publish]


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
    page = build(Server(limits, sessions, queue, LoadedModels(), incoming.resolve()))
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
            app_kwargs={
                "middleware": [request_filter],
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
