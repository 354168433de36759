"""A way to the network that leads to public addresses only, whatever a name or a redirect says.

A host is resolved once, each of its addresses is checked, and the connection is made to the very address
that was checked: a name that changes its address in between (DNS rebinding) gains nothing. The host's name
stays in the `Host` header, in TLS's SNI and in the check of the certificate, because only the step that
opens the socket is replaced. No proxy is used, since a proxy would resolve the name again.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

from ...errors import Unreachable

LONGEST_ANSWER = 600.0  # seconds from the last byte asked to the last byte answered, however steady it drips
_CONNECT = 10.0  # seconds for each of a host's addresses
_IN_IPV6 = ipaddress.ip_network("64:ff9b::/96")  # where networks without IPv4 keep it (RFC 6052)

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet; an IPv4 address inside an IPv6 one counts."""
    return _is_public(_unwrapped(ipaddress.ip_address(address)))


def _unwrapped(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    if address in _IN_IPV6:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address


def _is_public(address: _Address) -> bool:
    narrow = address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local
    site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not narrow and not site_local


class CheckedTransport(httpx.BaseTransport):
    """What carries an `httpx.Client`'s requests. Without `allow_private` only public addresses are asked."""

    def __init__(self, *, allow_private: bool) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), network_backend=_CheckedNetwork(allow_private)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises `Unreachable` for an address that is refused, else httpcore's errors."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _CheckedNetwork(httpcore.NetworkBackend):
    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers."""
        problem: Exception | None = None
        for address in self._addresses(host, port):
            try:
                stream = self._network.connect_tcp(
                    address, port, timeout or _CONNECT, local_address, socket_options
                )
                return _Patient(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem or httpcore.ConnectError("the host has no address")

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise httpcore.ConnectError(f"the name {host} could not be looked up") from error
            raise Unreachable(
                f"there is no host called {host}; check the spelling, and that you are online"
            ) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if self._allow_private:
            return addresses
        if refused := [address for address in addresses if not is_public(address)]:
            raise Unreachable(
                f"{host} is {refused[0]}, an address inside of a private network, which is not asked; "
                "give a public host, or allow private addresses"
            )
        return addresses


class _Patient(httpcore.NetworkStream):
    """A connection that ends an answer which takes too long as a whole, though each piece be in time."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._deadline = time.monotonic() + LONGEST_ANSWER

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the answer takes too long")
        return self._stream.read(max_bytes, min(left, timeout or left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._deadline = time.monotonic() + LONGEST_ANSWER
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Patient(self._stream.start_tls(*args, **kwargs))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
