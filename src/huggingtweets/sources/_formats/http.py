"""The HTTP client of all live sources: it retries, waits for rate limits, and checks addresses.

Failures that may pass are retried: connections that fail or break off, answers that are cut or are not JSON,
and the statuses that mean "later". The wait doubles with each try, with jitter, unless the service says when
to come back: in `Retry-After`, or in the moment at which a rate limit is reset. The client follows redirects
itself, so that each address goes through the same check (see `checked_transport`). Secrets are sent only to
the host they are meant for, and appear in no message.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

import httpcore
import httpx
import msgspec

from ...errors import Unreachable
from ...progress import tell
from .checked_transport import CheckedTransport
from .http_responses import (
    REDIRECT,
    Answer,
    Refused,
    RetryLater,
    Strings,
    describe_failure,
    read_response,
    shown,
)

__all__ = ["Answer", "Http", "Refused", "shown"]

T = TypeVar("T")

TRIES = 6
FIRST_WAIT = 1.0  # seconds; all waits of a request add up to half a minute at most, unless told to wait
LONGEST_WAIT = 16 * 60  # seconds; the longest window of a rate limit known is X's, 15 minutes
TIMEOUT = httpx.Timeout(30.0, connect=10.0)  # seconds without a byte
LARGEST_ANSWER = 16 << 20  # bytes, decompressed
LARGEST_PICTURE = 8 << 20  # bytes
REDIRECTS = 5
USER_AGENT = "huggingtweets (reads public posts to train a personal language model)"
_NETWORK_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class Http:
    """A client for web services, to use in a `with`.

    Args:
        allow_private: Whether loopback and private addresses may be connected to.
        sleep: Waits for a number of seconds; `time.sleep` by default.
        say: Called with one line that says how long the client waits, and why.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        sleep: Callable[[float], None] | None = None,
        say: Callable[[str], None] = tell,
    ) -> None:
        self._client = httpx.Client(
            transport=CheckedTransport(allow_private=allow_private),
            timeout=TIMEOUT,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            trust_env=False,  # neither a proxy nor passwords in a .netrc
        )
        self._sleep = sleep or time.sleep
        self._say = say

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def json(
        self,
        url: str,
        kind: type[T],
        *,
        params: Mapping[str, Any] | None = None,
        headers: Strings | None = None,
        secrets: Strings | None = None,
    ) -> T:
        """Get JSON and decode it as `kind`; arguments and errors are those of `get`."""

        def decode(answer: Answer) -> T:
            try:
                return msgspec.json.decode(answer.content, type=kind)
            except msgspec.ValidationError as error:
                raise Unreachable(
                    f"{answer.url} answers in a form that was not expected: {str(error).lower()}"
                ) from error
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise RetryLater("its answer is no whole JSON") from error

        return self._retry(url, decode, params, headers, secrets, LARGEST_ANSWER)

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Strings | None = None,
        secrets: Strings | None = None,
        limit: int = LARGEST_ANSWER,
    ) -> Answer:
        """Get bytes.

        Args:
            url: An http or https address.
            params: Query parameters to add to the address.
            headers: Headers to send, also to the hosts that redirects lead to.
            secrets: Headers to send only to the host of `url`, for example `Authorization`.
            limit: How many bytes an answer may have, decompressed.

        Raises:
            Refused: The service refuses the request, with a status of 400 or more that is not retried.
            Unreachable: No usable answer came after all tries, or the address is private.
        """
        return self._retry(url, lambda answer: answer, params, headers, secrets, limit)

    def picture(self, url: str | None) -> bytes | None:
        """Get an avatar; None if there is no address, or the picture cannot be read."""
        try:
            return self.get(url, limit=LARGEST_PICTURE).content if url else None
        except Unreachable:
            return None

    def _retry(
        self,
        url: str,
        decode: Callable[[Answer], T],
        params: Mapping[str, Any] | None,
        headers: Strings | None,
        secrets: Strings | None,
        limit: int,
    ) -> T:
        """Send a request until an answer can be decoded, or all tries are used up."""
        _check_secrets(secrets or {})
        target = _parse(url)
        target = target.copy_merge_params(params) if params else target
        for number in range(1, TRIES + 1):
            try:
                return decode(self._follow(target, headers or {}, secrets or {}, limit))
            except RetryLater as later:
                self._wait(target, later, number)
        raise AssertionError  # unreachable: the last wait raises

    def _wait(self, url: httpx.URL, later: RetryLater, number: int) -> None:
        """Sleep until the next try; raise `Unreachable` if there is none, or if it is too far away."""
        if number == TRIES:
            raise Unreachable(
                f"{shown(url)} cannot be read: {later}, {TRIES} times; try again later, "
                "what was fetched so far is kept"
            ) from later
        wait = max(later.wait, FIRST_WAIT * 2 ** (number - 1) * random.uniform(0.5, 1))  # noqa: S311 -- no secret
        if wait > LONGEST_WAIT:
            raise Unreachable(
                f"{url.host} asks to wait for {wait / 60:,.0f} minutes; try again then, "
                "what was fetched so far is kept"
            ) from later
        self._say(f"{url.host}: {later}; next try in {wait:.0f} s")
        self._sleep(wait)

    def _follow(self, url: httpx.URL, headers: Strings, secrets: Strings, limit: int) -> Answer:
        """Send a request and follow redirects; secrets are not sent to another host."""
        origin = _origin(url)
        for _ in range(REDIRECTS + 1):
            sent = {**headers, **secrets} if _origin(url) == origin else headers
            answer = self._request(url, sent, limit)
            if answer.status not in REDIRECT:
                return answer
            target = _parse(answer.headers.get("location", ""), url)
            if url.scheme == "https" and target.scheme == "http":
                raise Unreachable(f"{shown(url)} leads to {shown(target)}, which is not encrypted")
            url = target
        raise Unreachable(f"{shown(url)} leads from one address to the next and to no answer")

    def _request(self, url: httpx.URL, headers: Strings, limit: int) -> Answer:
        try:
            with self._client.stream("GET", url, headers=dict(headers), follow_redirects=False) as response:
                return read_response(url, response, limit)
        except _NETWORK_ERRORS as error:
            raise RetryLater(describe_failure(error)) from error


def _check_secrets(secrets: Strings) -> None:
    for name, value in secrets.items():
        if not (value.isascii() and value.isprintable()):
            raise Unreachable(f"what is to be sent as {name} holds characters that it cannot have; check it")


def _parse(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Parse an address, relative to `base` if given; raise `Unreachable` unless it is http or https."""
    try:
        parsed = base.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise Unreachable(f"{url[:200]!r} is no address of the web") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise Unreachable(f"{shown(parsed)[:200]!r} is no address that begins with https:// or http://")
    return parsed


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
