"""The web page: from an archive of posts to a bot in three clicks. Gradio draws it; this package lays it out.

| tab | layout and events | HTML |
|---|---|---|
| Posts | tabs/posts.py, tabs/browse.py | tabs/posts_view.py, tabs/browse_view.py, tabs/archives_view.py |
| Train | tabs/train.py | tabs/train_view.py |
| Play | tabs/play.py, tabs/second_model.py | tabs/*_view.py of both, tabs/post_view.py |
| Real or bot? | tabs/game.py | tabs/game_view.py |
| Take it | tabs/take.py, tabs/publish.py | markup.py |
| Library | tabs/library.py, tabs/forget.py | tabs/library_view.py |
| above all tabs | tabs/header.py | tabs/header_view.py |

page.py builds the page and serves it. server.py holds what all tabs share. page.js and folder.js are what the
browser does alone, and answers.js sees to it that no answer of the server is lost; actions.py is HTML whose
buttons are events.
Every visitor has a session, which is a set of folders (sessions.py), a selection of posts (selection.py),
which reading.py reads and browsing.py lists, the posts that models wrote (writing.py, written.py) and games
that are going on (games.py).
A training request (training_request.py) is added to the queue (queue.py), which runs one at a time, each in a
process of its own (worker.py). The process appends events to a file (events.py), which the page reads;
run_progress.py computes from them how far the run is.
language.py gives the texts of all of these in the visitor's language, from the catalogues in languages/;
library_messages.py translates errors of the library.
lru_cache.py keeps in memory what is slow to make: models (loaded_models.py) and posts that were read.
limits.py sets what a visitor may do, and visitors.py counts what each address does. request_filter.py refuses
HTTP requests that the page never makes, access.py those without the token of one's own page.
uploads.py keeps uploads apart, reader.py bounds what reading takes.
"""

from __future__ import annotations

import sys
import time
import webbrowser
from collections.abc import Callable

from ..errors import UserError
from ..files.home_folder import home
from .limits import ON_THE_INTERNET, Limits

__all__ = ["serve"]

TOKEN_FILE = "page-token"  # noqa: S105 -- the name of the file


def _announce(address: str) -> None:
    sys.stdout.write(f"The page is at {address} (Ctrl-C ends it; a model that is learning is kept)\n")


def serve(
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    public: bool = False,
    browser: bool = False,
    announce: Callable[[str], None] = _announce,
) -> None:
    """Serve the page until Ctrl-C.

    Args:
        host: address to listen on.
        port: port to listen on; None: the first from 7860 on that is free.
        public: apply the limits of a page that anybody can reach.
        browser: open the page in the user's browser.
        announce: prints the address of the page, when it is there.

    Raises:
        UserError: the port is taken, or the environment names a proxy of a kind that needs another package.
        MissingExtra: Gradio is not installed.
    """
    from .access import Access, load_token  # noqa: PLC0415 -- it imports Starlette, which takes a moment

    try:
        from .page import PORTS, free_port, running  # noqa: PLC0415 -- it imports Gradio, which takes a second
    except ImportError as error:  # Gradio makes clients at once, by what the environment says of proxies
        if "socksio" not in str(error):
            raise
        raise UserError(
            "the environment names a SOCKS proxy, for which a package is missing: pip install "
            "'httpx[socks]', or unset ALL_PROXY, HTTP_PROXY and HTTPS_PROXY for this command"
        ) from error

    limits = ON_THE_INTERNET if public else Limits()
    token = "" if public else load_token(home() / TOKEN_FILE)
    port = free_port(host, [port] if port else PORTS)
    access = Access(token, port) if token else None
    with running(limits, port=port, host=host, access=access) as url:
        announce(f"{url}?token={token}" if access else url)
        sys.stdout.flush()
        if browser:
            webbrowser.open(f"{url}?token={access.code()}" if access else url)
        while True:  # on Windows, Ctrl-C ends no wait that has no end
            time.sleep(1)
