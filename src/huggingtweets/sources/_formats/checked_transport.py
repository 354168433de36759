"""A transport for httpx that connects to public addresses only, as a defence against SSRF.

A host is resolved once, each of its addresses is checked, and the connection goes to the address that was
checked. So a name that changes its address in between (DNS rebinding) changes nothing. Only the step that
opens the socket is replaced, so the host's name stays in the `Host` header, in TLS's SNI and in the check of
the certificate. No proxy is used, since a proxy would resolve the name again.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from ...errors import Unreachable

LONGEST_ANSWER = 600.0  # seconds from the end of the request to the end of the response
_CONNECT_TIMEOUT = 10.0  # seconds for each of a host's addresses
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # IPv4 addresses in networks without IPv4 (RFC 6052)

_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # variables that name other certificates than the usual

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: str) -> bool:
    """Whether an IP address is public; an IPv6 address that stands for an IPv4 address is judged by that."""
    return _is_public(_unwrapped(ipaddress.ip_address(address)))


def _unwrapped(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    ipv4 = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    if address in _NAT64:
        ipv4 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return ipv4 or address


def _is_public(address: _Address) -> bool:
    special = address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local
    site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not special and not site_local


class CheckedTransport(httpx.BaseTransport):
    """A transport for `httpx.Client`; it refuses private addresses unless `allow_private` is true."""

    def __init__(self, *, allow_private: bool) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_ssl_context(*map(os.environ.get, _AUTHORITIES)),
            network_backend=_CheckedNetwork(allow_private),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; raise `Unreachable` if the address is refused, else the errors of httpcore."""
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


@lru_cache(maxsize=4)
def _ssl_context(*authorities: str | None) -> ssl.SSLContext:
    """One for all clients of the process, since it reads the certificates of every authority."""
    del authorities  # httpx finds the variables itself
    return httpx.create_ssl_context()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


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
                    address, port, timeout or _CONNECT_TIMEOUT, local_address, socket_options
                )
                return _TimedStream(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem or httpcore.ConnectError("the host has no address")

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise httpcore.ConnectError(f"the name {host} could not be looked up") from error
            raise Unreachable(
                f"there is no host called {host}; check the spelling, and that you are online"
            ) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
        if self._allow_private:
            return addresses
        if refused := [address for address in addresses if not is_public(address)]:
            raise Unreachable(
                f"{host} is {refused[0]}, an address inside of a private network, which is not asked; "
                "give a public host, or allow private addresses"
            )
        return addresses


class _TimedStream(httpcore.NetworkStream):
    """A connection with a deadline for the whole response, beside the timeout for each piece."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._deadline = time.monotonic() + LONGEST_ANSWER

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise httpcore.ReadTimeout("the answer takes too long")
        return self._stream.read(max_bytes, min(remaining, timeout or remaining))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._deadline = time.monotonic() + LONGEST_ANSWER
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(*args, **kwargs))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
