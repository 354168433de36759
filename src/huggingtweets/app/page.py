"""The page: its head, its steps, and the server behind it."""

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
from .server import AT_ONCE, Server, Shared, names
from .sessions import Sessions
from .tabs.game import GameStep
from .tabs.library import LibraryStep
from .tabs.play import PlayStep
from .tabs.posts import PostsStep
from .tabs.publish import PublishStep
from .tabs.take import TakeStep
from .tabs.teach import TeachStep
from .theme import css, theme

TITLE = "huggingtweets"
HEAD = Markup(
    '<div class="ht-head"><h1>hugging<b>tweets</b></h1>'
    "<p>Posts in, a bot that writes like them out. It says that it is one.</p></div>"
)
STEPS = (
    ("posts", "1 Posts"),
    ("teach", "2 Teach"),
    ("play", "3 Play"),
    ("game", "4 Real or bot?"),
    ("take", "5 Take it"),
    ("library", "Library"),
)
NEW_KEY = r"""(held) => {
  const drawn = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24)));
  return /^[\w-]{32}$/.test(held) ? held : btoa(drawn).replaceAll("+", "-").replaceAll("/", "_");
}"""  # made in the browser, kept there, and sent with all that is asked
KEPT_FILES = 3600  # seconds that a packed model can be downloaded
WAITING = 100  # events of all visitors that may wait for a free hand


def build(server: Server) -> Any:
    """Lay the page out, and connect its parts."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(600, KEPT_FILES)) as page:
        key = gr.BrowserState("", storage_key="huggingtweets-room", secret="not-a-secret")  # noqa: S106 -- it only mixes what the browser keeps
        with gr.Row(elem_classes="ht-top"):
            gr.HTML(HEAD)
            model = names("The model that is open", "model")
        entered = page.load(None, key, key, js=NEW_KEY, **AT_ONCE)
        with gr.Tabs(selected="posts", elem_classes="ht-steps", overflow_behavior="wrap") as tabs:
            opened = {name: gr.Tab(label, id=name) for name, label in STEPS}
        shared = Shared(server, key, model, tabs, entered, opened["library"], opened["take"])
        for step in _steps(shared, opened):
            step.connect()
    page.queue(api_open=False, max_size=WAITING, default_concurrency_limit=8)
    return page


def _steps(shared: Shared, opened: dict[str, gr.Tab]) -> list[Any]:
    with opened["posts"]:
        posts = PostsStep(shared)
    with opened["teach"]:
        teach = TeachStep(shared, posts.ready)
    with opened["play"]:
        play = PlayStep(shared)
    with opened["game"]:
        game = GameStep(shared)
    with opened["take"]:
        take, publish = TakeStep(shared), PublishStep(shared)
    with opened["library"]:
        library = LibraryStep(shared)
    return [posts, library, teach, play, game, take, publish]


@contextmanager
def running(
    limits: Limits, *, host: str = "127.0.0.1", port: int = 7860, browser: bool = False
) -> Iterator[str]:
    """The page's address, while it is served.

    Raises:
        UserError: the port is taken.
    """
    _require_free(host, port)
    incoming = home() / "incoming"
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["GRADIO_TEMP_DIR"] = str(incoming.resolve())
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    sessions = Sessions(limits)
    sessions.clear()
    queue = Queue(sessions, limits)
    page = build(Server(limits, sessions, queue, LoadedModels(), incoming.resolve()))
    guard = Middleware(
        RequestFilter, hosts=None if limits.public else ("localhost", host), upload=limits.upload
    )
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
            app_kwargs={"middleware": [guard], "docs_url": None, "redoc_url": None, "openapi_url": None},
        )
        yield url
    finally:
        queue.close()
        page.close(verbose=False)


def _require_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind((host, port))
        except OSError as error:
            raise UserError(
                f"{host}:{port} cannot be used ({error.strerror}); choose another with --port or --host"
            ) from error
