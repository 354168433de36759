"""A real web server on this machine, which misbehaves as real ones do when it is told to.

    with LocalServer(answer) as server:
        server.next(Reply(503), Reply(429, headers={"Retry-After": "1"}))
        ...

`answer` gets what was asked and returns what to answer; what `next` holds is answered first.
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
class Asked:
    """A request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in small letters


@dataclass(frozen=True)
class Reply:
    """An answer. `body` that is not bytes is sent as JSON."""

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
    """Answers on 127.0.0.1 from a thread, as long as its `with` lasts. `asked` is all that was asked."""

    def __init__(self, answer: Callable[[Asked], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.stopped = threading.Event()  # ends the pauses of answers that nobody waits for any more
        self._answer = answer
        self._next: list[Reply] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"

    def next(self, *replies: Reply) -> None:
        """Answer with these first, one request each."""
        self._next += replies

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked]

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
                asked = Asked(url.path, dict(parse_qsl(url.query)), headers)
                local.asked.append(asked)
                reply = local._next.pop(0) if local._next else local._answer(asked)
                with contextlib.suppress(OSError):  # the client went away, as in some tests it should
                    self._send(reply)

            def _send(self, reply: Reply) -> None:
                content = reply.content()
                self.send_response(reply.status)
                for name, value in ({"Content-Length": str(len(content))} | reply.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                whole = content[: reply.sent]
                for begin in range(0, len(whole), reply.piece):
                    local.stopped.wait(reply.pause)
                    self.wfile.write(whole[begin : begin + reply.piece])
                    self.wfile.flush()
                self.close_connection = self.close_connection or len(whole) < len(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
