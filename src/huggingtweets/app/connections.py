"""An end to connections that ask for nothing, and to those that are too many.

uvicorn, which serves the page, waits without end for the rest of a request's headers. A few hundred
connections that never send it would take all that the system allows, and lock everybody else out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, ClassVar

from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from .limits import Limits
from .visitors import counted_as


def close_idle_connections(limits: Limits) -> None:
    """Let the servers that start from now on close such connections.

    Gradio starts uvicorn without a setting for it; uvicorn finds the class of its connections by this name.
    """
    TimedProtocol.limits = limits
    HTTP_PROTOCOLS["auto"] = f"{__name__}:{TimedProtocol.__name__}"


class TimedProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type] # which of two classes depends on the machine
    """A connection that is closed where a request's headers take too long, or too many others are open."""

    limits: ClassVar[Limits] = Limits()
    open: ClassVar[Counter[str]] = Counter()  # connections by address

    def __init__(self, *args: Any, **keywords: Any) -> None:
        """Begin with no request."""
        super().__init__(*args, **keywords)
        self._timer: asyncio.TimerHandle | None = None
        self._address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for the headers of the first request."""
        super().connection_made(transport)
        self._address = counted_as(self.client[0] if self.client else "")
        self.open[self._address] += 1
        if len(self.connections) > self.limits.connections or self._has_too_many():
            transport.abort()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Read on; wait no more where the headers are complete, and else not longer than before."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._timer is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        self.open[self._address] -= 1
        if not self.open[self._address]:
            del self.open[self._address]
        super().connection_lost(exc)

    def _has_too_many(self) -> bool:
        """Whether the address has too many; a proxy that tells whose each request is may have any number."""
        most = self.limits.own_connections
        if most is None or self.open[self._address] <= most:
            return False
        proxies = ProxyHeadersMiddleware(self.app, self.config.forwarded_allow_ips).trusted_hosts
        return self._address not in proxies

    def _wait(self) -> None:
        self._timer = self.loop.call_later(self.limits.headers, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
