"""Connections that take too long, or are too many, are ended, whoever is behind them; others are answered."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

pytest.importorskip("uvicorn", reason="no server is installed")

import uvicorn

from huggingtweets.connections import BoundedProtocol, bound_connections
from huggingtweets.serving.limits import Limits
from tests.helpers.app_server import wait_for

PIECES = 400  # of 64 KB, of which an answer consists: more than the system keeps for a client
MIDDLE = 40_000  # bytes of an answer that is more than the system keeps here, and less than asyncio would
SECONDS = 0.5  # that headers or a piece of an answer may take
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
WEBSOCKET = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
KINDS = {  # what is sent first, and what then a byte at a time
    "nothing": (b"", ""),
    "headers a byte at a time": (HEAD + b"X: ", "sent"),
    "a body a byte at a time": (
        HEAD.replace(b"GET /", b"POST /small") + b"Content-Length: 9999\r\n\r\n",
        "sent",
    ),
    "an answer that is not read": (HEAD + b"\r\n", ""),
    "an answer read a byte at a time": (HEAD + b"\r\n", "read"),
    "a short answer that is not read": (HEAD.replace(b"GET /", b"GET /middle") + b"\r\n", ""),
    "an answer that is not read to its end": (HEAD + b"Connection: close\r\n\r\n", ""),
    "request upon request": ((HEAD + b"\r\n") * 500, ""),
    "a WebSocket": (HEAD + WEBSOCKET + b"Sec-WebSocket-Version: 13\r\n\r\n", ""),
}


asked: list[str] = []  # paths of the requests that reached the application


async def _answer(scope, receive, send):
    """Answer with many bytes, without looking at the body of the request."""
    del receive
    if scope["type"] != "http":
        return
    asked.append(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/middle":
        await send({"type": "http.response.body", "body": b"x" * MIDDLE, "more_body": True})
    for _ in range(PIECES if scope["path"] == "/" else 0):
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server with narrow limits."""
    bound_connections(Limits(connections=50, own_connections=40, headers=SECONDS, answer=SECONDS))
    server = uvicorn.Server(uvicorn.Config(_answer, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # so that little of an answer is kept
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        wait_for(lambda: server.started)
        yield bound.getsockname()[1]
        server.should_exit = True
        thread.join(60)


@pytest.mark.parametrize("kind", KINDS)
def test_connections_that_take_too_long_are_ended(port, kind):
    """Twenty that send or read a byte at a time, or nothing, are ended, and are not counted any more."""
    first, then = KINDS[kind]
    connections = [_connect(port, first) for _ in range(20)]
    for _ in range(600):
        if not BoundedProtocol.open:
            break
        time.sleep(0.1)
        for connection in connections:
            with suppress(OSError):  # it has been ended, or nothing is there to be read
                if then == "sent":
                    connection.send(b"a")
                elif then == "read":
                    connection.recv(1)
    assert not BoundedProtocol.open
    for connection in connections:
        connection.close()
    assert httpx.get(f"http://127.0.0.1:{port}/small", timeout=60).status_code == 200


@pytest.mark.parametrize("requests", [2, 3, 500])
def test_who_asks_again_before_the_answer_is_complete_is_cut_off(port, requests):
    """No second request of such a connection is carried out, and it ends at once: no browser does that."""
    asked.clear()
    connection = _connect(port, (HEAD + b"\r\n") * requests)
    connection.settimeout(60)
    with connection, suppress(ConnectionError):
        while connection.recv(65_536):
            pass
    wait_for(lambda: not BoundedProtocol.open)
    assert asked in ([], ["/"])


def test_who_asks_again_after_the_answer_is_answered(port):
    """A connection may be used for one request after the other."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        assert [http.get("/small").status_code for _ in range(3)] == [200] * 3


def _connect(port: int, first: bytes) -> socket.socket:
    """A connection to this machine that keeps little of an answer, after its first bytes."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", port))
    with suppress(ConnectionError):  # it may be ended before all is sent
        connection.sendall(first)
    connection.setblocking(False)
    return connection
