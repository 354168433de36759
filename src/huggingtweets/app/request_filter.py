"""ASGI middleware that answers only the HTTP requests that the page itself makes.

Gradio can do more than this page needs: fetch addresses, act as a proxy, be called as an API. All of that is
refused. On the owner's machine, requests that another website makes the browser send are refused, too.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..connections.addresses import counted_as
from .access import Access
from .limits import Limits
from .reports import PREFIX as REPORTS
from .reports import PUBLIC_FRAMES
from .streams import asking
from .uploads import UploadedBytes

API = "/gradio_api"
UPLOAD = f"{API}/upload"
STARTUP = f"{API}/startup-events"
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
    STARTUP,
    f"{API}/theme.css",
    f"{API}/upload_progress",
)
POST = (
    f"{API}/cancel",
    f"{API}/queue/join",
    f"{API}/reset",
    f"{API}/run/predict",
    UPLOAD,
)
MAX_BYTES = 1_000_000  # of a request that uploads no file
SLOW_BYTES = 600_000  # of a body, for which its sender has the seconds of the limits once more
SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self' data:; object-src 'none'; form-action 'self'; base-uri 'self'"
)
OWN_HOSTS = ("localhost", "127.0.0.1", "[::1]")  # names of one's own machine
OWN_FRAMES = "; frame-ancestors 'none'"
_HOST = re.compile(r"([\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE)


class RequestFilter:
    """Middleware that refuses requests which the page never makes."""

    def __init__(self, app: ASGIApp, *, limits: Limits, access: Access | None = None) -> None:
        """Filter the requests to `app`.

        Args:
            app: the application that answers.
            limits: of the page.
            access: lets in who may open a page of one's own machine; None: everybody may.
        """
        self._app, self._limits, self._access = app, limits, access
        self._uploaded = UploadedBytes(limits.own_uploads)
        self._open: Counter[str] = Counter()  # requests that are being answered, by address
        self._policy = SECURITY_POLICY + (PUBLIC_FRAMES if limits.public else OWN_FRAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the application, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        address = counted_as(scope["client"][0] if scope["client"] else "")
        most = self._limits.own_connections
        if most is not None and self._open[address] >= most:
            app: ASGIApp = PlainTextResponse("Too many requests at the same time", status_code=429)
        else:
            app = self._answer(scope, Headers(scope=scope)) or self._app

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                response_headers = MutableHeaders(scope=message)
                response_headers.setdefault("Content-Security-Policy", self._policy)
                response_headers["X-Content-Type-Options"] = "nosniff"
                response_headers["Referrer-Policy"] = "no-referrer"
            await send(message)

        self._open[address] += 1
        asking.set(address)
        try:
            await app(scope, self._limited(scope, receive, address), send_secured)
        except ClientDisconnect:  # while its body came
            await PlainTextResponse("The request did not come whole", status_code=408)(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    def _answer(self, scope: Scope, headers: Headers) -> Response | None:
        """What is answered in place of the page; None where the page answers."""
        refusal = self._refusal(scope["method"], scope["path"], headers)
        if refusal:
            status, message = refusal
            return PlainTextResponse(message, status_code=status)
        asks_itself = (
            scope["method"] == "HEAD" or scope["path"] == STARTUP
        )  # as Gradio does; it tells nothing
        if self._access and not (asks_itself or self._access.has_cookie(headers.get("cookie", ""))):
            return self._access.answer(scope["query_string"].decode("latin-1"))
        return None

    def _refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        """Status and message of the refusal; None where the page makes such requests."""
        if not _is_used(method, path):
            return 404, "Not found"
        if not self._limits.public and not _is_same_origin(headers):
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
        if path.startswith(UPLOAD):
            return None if self._limits.upload is None else self._limits.upload + MAX_BYTES
        return MAX_BYTES

    def _limited(self, scope: Scope, receive: Receive, address: str) -> Receive:
        """Receive a request; end it where its body is too long or too slow, whatever Content-Length says."""
        limit, received, is_whole = self._max_bytes(scope["path"]), 0, False
        waited = 0.0  # seconds

        async def receive_limited() -> Message:
            nonlocal received, is_whole, waited
            longest, started = self._limits.body_seconds * (1 + received / SLOW_BYTES), time.monotonic()
            try:
                message = await asyncio.wait_for(receive(), None if is_whole else longest - waited)
            except TimeoutError:
                return {"type": "http.disconnect"}
            waited += time.monotonic() - started
            size = len(message.get("body", b""))
            received, is_whole = received + size, not message.get("more_body", False)
            too_many = limit is not None and received > limit
            if too_many or (scope["path"].startswith(UPLOAD) and not self._uploaded.add(address, size)):
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


def _is_same_origin(headers: Headers) -> bool:
    """Whether the request is addressed to a name of this machine, and sent by a page of the same origin."""
    host = headers.get("host", "")
    name = _HOST.fullmatch(host)
    if name is None or name[1].lower() not in OWN_HOSTS:
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host
