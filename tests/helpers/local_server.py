"""A real web server on this machine, which can be made to fail as real ones do.

    with LocalServer(answer) as server:
        server.next(Reply(503), Reply(429, headers={"Retry-After": "1"}))
        ...

`answer` gets a request and returns the reply; replies given to `next` are sent first.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """A request that the server received."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]  # by lower-case names


@dataclass(frozen=True)
class Reply:
    """A reply. A `body` that is not bytes is sent as JSON."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    sent: int | None = None  # bytes of the body after which the connection is dropped
    pause: float = 0.0  # seconds before each piece of the body
    piece: int = 1 << 16  # bytes sent at once

    def content(self) -> bytes:
        """The body's bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class LocalServer:
    """A server on 127.0.0.1 that runs in a thread inside its `with`; `requests` are those it received."""

    def __init__(self, answer: Callable[[Request], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.stopped = threading.Event()  # ends the pauses of replies that no client waits for any more
        self._answer = answer
        self._next: list[Reply] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"

    def next(self, *replies: Reply) -> None:
        """Send these replies to the next requests, one each."""
        self._next += replies

    def paths(self) -> list[str]:
        """Return the paths of all requests, in order."""
        return [request.path for request in self.requests]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        local = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(url.path, dict(parse_qsl(url.query)), headers)
                local.requests.append(request)
                reply = local._next.pop(0) if local._next else local._answer(request)
                with contextlib.suppress(OSError):  # the client has gone, as it does in some tests
                    self._send(reply)

            do_HEAD = do_GET  # noqa: N815 -- the name that the server looks for

            def _send(self, reply: Reply) -> None:
                content = reply.content()
                self.send_response(reply.status)
                for name, value in ({"Content-Length": str(len(content))} | reply.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                sent = content[: reply.sent]
                for begin in range(0, 0 if self.command == "HEAD" else len(sent), reply.piece):
                    local.stopped.wait(reply.pause)
                    self.wfile.write(sent[begin : begin + reply.piece])
                    self.wfile.flush()
                self.close_connection = self.close_connection or len(sent) < len(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
