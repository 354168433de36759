"""ASGI middleware that answers only the HTTP requests that the page itself makes.

Gradio can do more than this page needs: fetch addresses, act as a proxy, be called as an API. All of that is
refused. On the owner's machine, requests that another website makes the browser send are refused, too.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .reports import PREFIX as REPORTS

API = "/gradio_api"
GET_PREFIXES = (REPORTS, "/assets/", "/static/", f"{API}/heartbeat/", f"{API}/file=")
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
MAX_BYTES = 1_000_000  # of a request that uploads no file
SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self' data:; object-src 'none'; form-action 'self'"
)


class RequestFilter:
    """Middleware that refuses requests which the page never makes."""

    def __init__(self, app: ASGIApp, *, hosts: tuple[str, ...] | None, upload: int | None) -> None:
        """Filter the requests to `app`.

        Args:
            app: the application that answers.
            hosts: host names that a request may be addressed to, besides IP addresses; None: any.
            upload: bytes that an uploaded file may have; None: any number.
        """
        self._app, self._hosts, self._upload = app, hosts, upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the application, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], scope["path"], headers)
        if refusal:
            status, message = refusal
            await PlainTextResponse(message, status_code=status)(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                response_headers = MutableHeaders(scope=message)
                response_headers.setdefault("Content-Security-Policy", SECURITY_POLICY)
                response_headers["X-Content-Type-Options"] = "nosniff"
                response_headers["Referrer-Policy"] = "no-referrer"
            await send(message)

        await self._app(scope, self._limited(scope["path"], receive), send_secured)

    def _refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        """Status and message of the refusal; None where the page makes such requests."""
        if not _is_used(method, path):
            return 404, "Not found"
        if self._hosts is not None and not _is_same_origin(headers, self._hosts):
            return 403, "This page answers only to itself"
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError:
            return 400, "Content-Length is no number"
        limit = self._max_bytes(path)
        if limit is not None and length > limit:
            return 413, f"More than {limit:,} bytes are too many"
        return None

    def _max_bytes(self, path: str) -> int | None:
        if path.startswith(f"{API}/upload"):
            return None if self._upload is None else self._upload + MAX_BYTES
        return MAX_BYTES

    def _limited(self, path: str, receive: Receive) -> Receive:
        """Receive a request, and end it where its body is too long, whatever Content-Length says."""
        limit, received = self._max_bytes(path), 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if limit is not None and received > limit:
                return {"type": "http.disconnect"}
            return message

        return receive_limited


def _is_used(method: str, path: str) -> bool:
    """Whether the page uses this address."""
    plain = path.rstrip("/") or "/"
    if method in {"GET", "HEAD"}:
        if path.startswith(f"{API}/file="):
            return "://" not in path and not path.startswith(f"{API}/file=http")
        return plain in GET or path.startswith(GET_PREFIXES)
    return method == "POST" and plain in POST


def _is_same_origin(headers: Headers, hosts: tuple[str, ...]) -> bool:
    """Whether the request is addressed to one of the hosts or to an IP address, and sent by a page of it."""
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
