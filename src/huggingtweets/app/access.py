"""Authentication of the page on one's own machine: a token that only the owner can read.

The token is in the address that the terminal prints, as with Jupyter. The page answers it with a cookie and
leads to the address without it. Other users of the machine can see the addresses that programs are started
with; so the browser is opened with a code that is good for one visit, and for a short time.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response

TOKEN = "token"  # noqa: S105 -- the name of it in the address
COOKIE_SECONDS = 365 * 24 * 3600
CODE_SECONDS = 120.0  # that a code for one visit is good for
REFUSAL = "This page opens with the address that the terminal printed, which ends with a token."


def load_token(file: Path) -> str:
    """The token of this machine's page, the same after a restart; a new one where there is none.

    Args:
        file: where it is kept, readable for its owner only.
    """
    try:
        return file.read_text("ascii").strip() or _new_token(file)
    except OSError:
        return _new_token(file)


def _new_token(file: Path) -> str:
    token = secrets.token_urlsafe(24)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(token, "ascii")
    return token


class Access:
    """Lets in who has the token, or a cookie that the page gave for it."""

    def __init__(self, token: str, port: int) -> None:
        """Ask for this token.

        Args:
            token: in the address that opens.
            port: of the page: all ports of a machine share their cookies, so the cookie's name has it.
        """
        self._token = token
        self._cookie = f"huggingtweets-{port}"
        self._codes: dict[str, float] = {}  # codes for one visit, with the monotonic time of their end

    def code(self) -> str:
        """A code that opens the page once in place of the token."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = time.monotonic() + CODE_SECONDS
        return code

    def has_cookie(self, cookies: str) -> bool:
        """Whether the page gave this visitor a cookie; `cookies` are those of the request."""
        given = cookie_parser(cookies).get(self._cookie, "")
        return secrets.compare_digest(given.encode(), self._value().encode())

    def answer(self, query: str) -> Response:
        """What is answered without a cookie: a cookie and the way to the page for the token, or a refusal."""
        fields = parse_qsl(query, keep_blank_values=True)
        given = next((value for name, value in fields if name == TOKEN), "")
        if not self._opens(given):
            return PlainTextResponse(REFUSAL, 403)
        rest = urlencode([(name, value) for name, value in fields if name != TOKEN])
        response = RedirectResponse(f"/?{rest}" if rest else "/", 303)
        response.set_cookie(self._cookie, self._value(), COOKIE_SECONDS, httponly=True, samesite="lax")
        return response

    def _opens(self, given: str) -> bool:
        if secrets.compare_digest(given.encode(), self._token.encode()):
            return True
        return self._codes.pop(given, 0.0) > time.monotonic()

    def _value(self) -> str:
        """The cookie's value, which does not tell the token: other programs of the machine may see it."""
        return hashlib.sha256(f"cookie of {self._token}".encode()).hexdigest()
