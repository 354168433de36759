"""One way to ask web services, for all live sources: patient, bounded, and discreet.

What can pass is tried again: connections that fail or break off, answers that are cut or are no JSON, and
the statuses that say "later". Waits double from try to try, with jitter, unless the service says when to
come back: `Retry-After`, or the moment at which a rate limit is reset. Redirects are followed by hand, and
each step goes through the same check of addresses (see `_checked_network`). Secrets go to the host they
were meant for and to no other, and are in no message.
"""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

import httpcore
import httpx
import msgspec
from msgspec import Struct

from ...errors import Unreachable
from ...progress import tell
from .checked_network import CheckedTransport
from .rate_limits import seconds_to_wait

T = TypeVar("T")
Strings = Mapping[str, str]

TRIES = 6
FIRST_WAIT = 1.0  # seconds; the tries of one request take half a minute at most, unless told to wait
LONGEST_WAIT = 16 * 60  # seconds; the longest window of a rate limit known is X's, 15 minutes
TIMEOUT = httpx.Timeout(30.0, connect=10.0)  # seconds without a byte
LARGEST_ANSWER = 16 << 20  # bytes, decompressed
LARGEST_PICTURE = 8 << 20  # bytes
REDIRECTS = 5
USER_AGENT = "huggingtweets (reads public posts to train a personal language model)"
_LATER = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
_LIMITED = {429, 503}
_REDIRECT = {301, 302, 303, 307, 308}
_FOUND = {200, 304}
_NETWORK = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)
_GZIP = 32 + zlib.MAX_WBITS  # of gzip or zlib, whichever it is


class Refused(Unreachable):
    """A service answered, and the answer is no. `content` is what it says, never shown as it is."""

    def __init__(self, message: str, status: int, content: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.content = content


class Answer(Struct, frozen=True):
    """What a service answered: 200, or 304 where the request was conditional."""

    url: str  # where it came from in the end, without what may be secret in it
    status: int
    headers: Strings  # names in small letters
    content: bytes


class _Later(Exception):  # noqa: N818 -- no error yet
    """The same request may succeed later; `wait` is how many seconds the service asks to wait."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class Http:
    """A client to use in a `with`.

    Args:
        allow_private: Whether loopback and private addresses may be asked.
        sleep: Waits for a number of seconds.
        say: Told in one line how long it waits, and why; whoever watches, unless given.
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
        """Ask for JSON and decode it as `kind`; arguments and errors are those of `get`."""

        def decode(answer: Answer) -> T:
            try:
                return msgspec.json.decode(answer.content, type=kind)
            except msgspec.ValidationError as error:
                raise Unreachable(
                    f"{answer.url} answers in a form that was not expected: {str(error).lower()}"
                ) from error
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise _Later("its answer is no whole JSON") from error

        return self._patiently(url, decode, params, headers, secrets, LARGEST_ANSWER)

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Strings | None = None,
        secrets: Strings | None = None,
        limit: int = LARGEST_ANSWER,
    ) -> Answer:
        """Ask for bytes.

        Args:
            url: An http or https address.
            params: Added to the address.
            headers: Sent along, to wherever a redirect leads.
            secrets: Headers sent only to the host of `url`, for example `Authorization`.
            limit: The most bytes that an answer may have.

        Raises:
            Refused: The service says no, with a status from 400 on that no later try would change.
            Unreachable: It does not answer, or not usefully, after all tries; or its address is private.
        """
        return self._patiently(url, lambda answer: answer, params, headers, secrets, limit)

    def picture(self, url: str | None) -> bytes | None:
        """An avatar, which nothing depends on: None where there is none, or none can be had."""
        try:
            return self.get(url, limit=LARGEST_PICTURE).content if url else None
        except Unreachable:
            return None

    def _patiently(
        self,
        url: str,
        use: Callable[[Answer], T],
        params: Mapping[str, Any] | None,
        headers: Strings | None,
        secrets: Strings | None,
        limit: int,
    ) -> T:
        _check_headers(secrets or {})
        target = _parsed(url)
        target = target.copy_merge_params(params) if params else target
        for number in range(1, TRIES + 1):
            try:
                return use(self._follow(target, headers or {}, secrets or {}, limit))
            except _Later as later:
                self._wait(target, later, number)
        raise AssertionError  # unreachable: the last wait raises

    def _wait(self, url: httpx.URL, later: _Later, number: int) -> None:
        """Sleep until the next try; `Unreachable` where there is none, or it is too far away."""
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
        """Ask, and follow redirects; secrets stay behind where these lead to another host."""
        origin = _origin(url)
        for _ in range(REDIRECTS + 1):
            own = {**headers, **secrets} if _origin(url) == origin else headers
            answer = self._ask(url, own, limit)
            if answer.status not in _REDIRECT:
                return answer
            target = _parsed(answer.headers.get("location", ""), url)
            if url.scheme == "https" and target.scheme == "http":
                raise Unreachable(f"{shown(url)} leads to {shown(target)}, which is not encrypted")
            url = target
        raise Unreachable(f"{shown(url)} leads from one address to the next and to no answer")

    def _ask(self, url: httpx.URL, headers: Strings, limit: int) -> Answer:
        try:
            with self._client.stream("GET", url, headers=dict(headers), follow_redirects=False) as response:
                _check_status(url, response, limit)
                content = b"" if response.status_code in _REDIRECT else _content(url, response, limit)
                return Answer(shown(url), response.status_code, _headers(response), content)
        except _NETWORK as error:
            raise _Later(_said(error)) from error


def shown(url: httpx.URL | str) -> str:
    """An address as messages may have it: without user, password and query."""
    return str(httpx.URL(url).copy_with(userinfo=b"", query=None, fragment=None))


def _check_headers(secrets: Strings) -> None:
    for name, value in secrets.items():
        if not (value.isascii() and value.isprintable()):
            raise Unreachable(f"what is to be sent as {name} holds characters that it cannot have; check it")


def _parsed(url: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        parsed = base.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise Unreachable(f"{url[:200]!r} is no address of the web") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise Unreachable(f"{shown(parsed)[:200]!r} is no address that begins with https:// or http://")
    return parsed


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _said(error: Exception) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return "no answer in time"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate cannot be trusted"
    if isinstance(error, httpcore.ConnectError):
        return "no connection"
    return "the answer breaks off or is damaged"


def _check_status(url: httpx.URL, response: httpx.Response, limit: int) -> None:
    """Raise for what is neither found nor a redirect."""
    status = response.status_code
    if status in _LATER:
        wait = seconds_to_wait(response.headers) if status in _LIMITED else 0.0
        reason = "too many requests" if status == 429 else f"it is out of order (status {status})"  # noqa: PLR2004 -- HTTP's number
        raise _Later(reason, wait)
    if status not in _FOUND | _REDIRECT:
        content = _content(url, response, limit)
        raise Refused(f"{shown(url)} refuses to answer (status {status})", status, content)


def _content(url: httpx.URL, response: httpx.Response, limit: int) -> bytes:
    """The body. It is decompressed here, so that a small one cannot become a huge one in one step."""
    unzip = zlib.decompressobj(_GZIP) if response.headers.get("content-encoding") else None
    content = bytearray()
    try:
        for piece in response.iter_raw():
            content += unzip.decompress(piece, limit + 1 - len(content)) if unzip else piece
            if len(content) > limit:
                raise Unreachable(f"{shown(url)} answers with more than {limit:,} bytes, which is too much")
    except zlib.error as error:
        raise _Later("the answer is damaged") from error
    if unzip and not unzip.eof:
        raise _Later("the answer breaks off")
    return bytes(content)
