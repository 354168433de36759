"""What stands before Gradio: only the addresses that the page itself uses are answered.

Gradio can do more than this page needs: fetch addresses, pass requests on, be called as an API. None of that
is reachable. On one's own machine, requests that another website makes a browser send are refused as well.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/gradio_api"
GETS = ("/assets/", "/static/", f"{API}/heartbeat/", f"{API}/file=")
GET = (
    "/",
    "/config",
    "/favicon.ico",
    "/manifest.json",
    "/robots.txt",
    "/theme.css",
    f"{API}/app_id",
    f"{API}/info",
    f"{API}/queue/data",
    f"{API}/startup-events",
    f"{API}/theme.css",
    f"{API}/upload_progress",
)
POST = (
    f"{API}/cancel",
    f"{API}/queue/join",
    f"{API}/reset",
    f"{API}/run/predict",
    f"{API}/upload",
)
LONGEST = 1_000_000  # bytes of a request that uploads nothing
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self' data:; object-src 'none'; form-action 'self'"
)


class RequestFilter:
    """Middleware that refuses what the page never asks for."""

    def __init__(self, app: ASGIApp, *, hosts: tuple[str, ...] | None, upload: int | None) -> None:
        """Stand before `app`.

        Args:
            app: what answers.
            hosts: names under which the page may be asked for, besides IP addresses; None: any.
            upload: bytes of a request that uploads a file; None: any number.
        """
        self._app, self._hosts, self._upload = app, hosts, upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._refused(scope["method"], scope["path"], headers)
        if refused:
            await PlainTextResponse(refused[1], status_code=refused[0])(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["Content-Security-Policy"] = POLICY
                answer["X-Content-Type-Options"] = "nosniff"
                answer["Referrer-Policy"] = "no-referrer"
            await send(message)

        await self._app(scope, self._bounded(scope["path"], receive), sent)

    def _refused(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        """Status and words, or None where the request is one of the page's."""
        if not _is_known(method, path):
            return 404, "Not found"
        if self._hosts is not None and not _is_ours(headers, self._hosts):
            return 403, "This page answers only to itself"
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError:
            return 400, "Content-Length is no number"
        most = self._most(path)
        if most is not None and length > most:
            return 413, f"More than {most:,} bytes are too many"
        return None

    def _most(self, path: str) -> int | None:
        if path.startswith(f"{API}/upload"):
            return None if self._upload is None else self._upload + LONGEST
        return LONGEST

    def _bounded(self, path: str, receive: Receive) -> Receive:
        """The same request, ended where it says less than it sends."""
        most, got = self._most(path), 0

        async def receive_bounded() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if most is not None and got > most:
                return {"type": "http.disconnect"}
            return message

        return receive_bounded


def _is_known(method: str, path: str) -> bool:
    plain = path.rstrip("/") or "/"
    if method in {"GET", "HEAD"}:
        if path.startswith(f"{API}/file="):
            return "://" not in path and not path.startswith(f"{API}/file=http")
        return plain in GET or path.startswith(GETS)
    return method == "POST" and plain in POST


def _is_ours(headers: Headers, hosts: tuple[str, ...]) -> bool:
    """Whether the request is made to this machine by its name or address, and by a page of this server."""
    host = headers.get("host", "")
    name = urlsplit(f"//{host}").hostname or ""
    if name not in hosts and not _is_address(name):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
