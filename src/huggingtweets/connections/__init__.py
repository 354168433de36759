"""Connections of a server that are ended: those that ask for nothing, take no answer, or are too many.

uvicorn, which serves the page and the bots, waits without end for the rest of a request's headers, and for
a client to take its answer. A few hundred such connections would take all that the system allows, and lock
everybody else out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, ClassVar, Protocol

from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from .addresses import counted_as


class ConnectionLimits(Protocol):
    """How many connections there may be, and how long they may take."""

    @property
    def connections(self) -> int:
        """Connections at the same time."""

    @property
    def own_connections(self) -> int | None:
        """Connections of one address at the same time; None: as many as of all."""

    @property
    def headers(self) -> float:
        """Seconds that the headers of a request may take to arrive."""

    @property
    def answer(self) -> float:
        """Seconds that a client may take for each piece of an answer, which has 64 KB in a file."""


def bound_connections(limits: ConnectionLimits) -> None:
    """Let the servers that start from now on end the connections beyond the limits.

    Gradio starts uvicorn without a setting for it; uvicorn finds the class of its connections by this name.
    """
    BoundedProtocol.limits = limits
    HTTP_PROTOCOLS["auto"] = f"{__name__}:{BoundedProtocol.__name__}"


class BoundedProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type] # which of two classes depends on the machine
    """A connection that is ended where it takes too long, or too many others are open."""

    limits: ClassVar[ConnectionLimits]
    open: ClassVar[Counter[str]] = Counter()  # connections by address

    def __init__(self, *args: Any, **keywords: Any) -> None:
        """Begin with no request."""
        super().__init__(*args, **keywords)
        self.ws_protocol_class = None  # a WebSocket would leave this class, and its count behind
        self._address = ""
        self._asking: asyncio.TimerHandle | None = None  # runs while headers are to come
        self._taking: asyncio.TimerHandle | None = None  # runs while a piece of an answer is to be taken

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for the headers of the first request."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # writing pauses until the client has taken all
        self._address = counted_as(self.client[0] if self.client else "")
        self.open[self._address] += 1
        if len(self.connections) > self.limits.connections or self._has_too_many():
            transport.abort()
        else:
            self._asking = self._abort_after(self.limits.headers)

    def data_received(self, data: bytes) -> None:
        """Read on; wait no more where the headers are complete, and else not longer than before."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_asking()
        elif self._asking is None:
            self._asking = self._abort_after(self.limits.headers)

    def on_headers_complete(self) -> None:
        """Begin to answer; abort where a request comes before the last is answered, as no browser does."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()
        else:
            super().on_headers_complete()

    def pause_writing(self) -> None:
        """Begin to wait for the client to take what was written."""
        super().pause_writing()
        self._taking = self._abort_after(self.limits.answer)

    def resume_writing(self) -> None:
        """Wait no more; the client has taken it."""
        super().resume_writing()
        self._stop_taking()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_asking()
        self._stop_taking()
        self.open[self._address] -= 1
        if not self.open[self._address]:
            del self.open[self._address]
        super().connection_lost(exc)

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: requests for a WebSocket could fill the log."""

    def _has_too_many(self) -> bool:
        """Whether the address has too many; a proxy that tells whose each request is may have any number."""
        most = self.limits.own_connections
        if most is None or self.open[self._address] <= most:
            return False
        proxies = ProxyHeadersMiddleware(self.app, self.config.forwarded_allow_ips).trusted_hosts
        return self._address not in proxies

    def _abort_after(self, seconds: float) -> asyncio.TimerHandle:
        timer: asyncio.TimerHandle = self.loop.call_later(seconds, self.transport.abort)
        return timer

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _stop_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
