"""Authentication: clients need a key; a server without keys answers to this machine only."""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import UserError
from .answers import error_response

SHORTEST_KEY = 16  # characters; shorter ones can be guessed
OPEN = ("/health",)  # what needs no key


class Access:
    """ASGI middleware that refuses requests without a key, or addressed to a name that is not this machine's.

    The second keeps out web pages whose own name was made to point here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, *, keys: Sequence[str], hosts: Sequence[str] | None) -> None:
        """Refuse requests to `app`.

        Args:
            app: the application that answers.
            keys: one of them has to be sent; none: no key is asked for.
            hosts: names that a request may be addressed to; None: any.
        """
        self._app, self._hosts = app, hosts
        self._keys = [key.encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if not self._is_addressed_here(headers):
                response = error_response(403, "this server answers to localhost only", "forbidden")
                return await response(scope, receive, send)
            if scope["path"] not in OPEN and not self._has_key(headers):
                response = error_response(
                    401, "no such key; send Authorization: Bearer KEY", "invalid_api_key"
                )
                return await response(scope, receive, send)
        return await self._app(scope, receive, send)

    def _is_addressed_here(self, headers: Headers) -> bool:
        if self._hosts is None:
            return True
        try:
            return urlsplit(f"//{headers.get('host', '')}").hostname in self._hosts
        except ValueError:
            return False

    def _has_key(self, headers: Headers) -> bool:
        kind, _, sent = headers.get("authorization", "").partition(" ")
        given = sent.strip(" \t")  # each byte of the header as the character of its number
        encoded = (given.encode("latin-1"), given.encode())  # where it was sent as UTF-8, or as Latin-1
        pairs = itertools.product(encoded, self._keys)
        matches = [hmac.compare_digest(*pair) for pair in pairs]  # all, so that time tells nothing
        return not self._keys or (kind.lower() == "bearer" and any(matches))


def read_keys(path: Path) -> tuple[str, ...]:
    """The keys of a file, one a line.

    Raises:
        UserError: it cannot be read, or holds none, or one that can be guessed.
    """
    try:
        keys = tuple(line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UserError(f"--api-key-file {path} cannot be read ({reason})") from error
    if not keys or min(map(len, keys)) < SHORTEST_KEY:
        raise UserError(
            f"--api-key-file {path}: expected one key a line, each of at least {SHORTEST_KEY} characters"
        )
    return keys
