"""The language of the page: texts are in English in the code, and in catalogues of gettext in languages/.

`_` and its kin translate where a text is used, not where it is defined, into the language of the visitor
whose request is answered: the one chosen on the page, in a cookie, or else what the browser asks for.
scripts/update_languages.py collects the texts of the code.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

from babel import Locale
from babel.dates import format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

ENGLISH = "en"
NAMES = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "ja": "日本語"}  # each in itself
COOKIE = "huggingtweets-language"

_CURRENT: ContextVar[str] = ContextVar("language", default=ENGLISH)


def current() -> str:
    """The code of the language in which texts are given now, ISO 639-1."""
    return _CURRENT.get()


def _(text: str) -> str:
    """The text in the current language."""
    return _catalogue(current()).gettext(text)


def N_(text: str) -> str:  # noqa: N802 -- gettext's own name
    """The text as it is: marks one that is translated later, where it is shown."""
    return text


def plural(one: str, many: str, count: int) -> str:
    """The text for a count, with the count in the place of `{count}`."""
    return _catalogue(current()).ngettext(one, many, count).format(count=number(count))


def html(text: str) -> Markup:
    """The text in the current language, as HTML; what is filled in with `format` is escaped."""
    return Markup(_(text))  # noqa: S704 -- of the code or of a catalogue


def number(value: float) -> str:
    """A number as the current language writes it."""
    return str(format_decimal(value, locale=current()))


def percent(share: float) -> str:
    """A share from 0 to 1 in whole per cent."""
    return str(format_percent(share, locale=current()))


def day_and_time(at: datetime) -> str:
    """A time in UTC as the current language writes it."""
    day, time = (format_skeleton(fields, at, locale=current()) for fields in ("yMMMd", "Hm"))
    both = Locale.parse(current()).datetime_formats["medium"].format(time, day)
    return f"{both} UTC"


def sentences(*texts: str) -> str:
    """Sentences after each other; Japanese sets no space between them."""
    return ("" if current() == "ja" else " ").join(texts)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """In a `with` of this, texts are given in a language."""
    token = _CURRENT.set(language)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def negotiate(headers: Mapping[str, str]) -> str:
    """The language of a request: the one in its cookie, or the first of Accept-Language that there is."""
    kept = cookie_parser(headers.get("cookie", "")).get(COOKIE)
    if kept in NAMES:
        return kept
    wanted = map(_weighed, headers.get("accept-language", "").split(","))
    ordered = sorted(wanted, key=lambda pair: -pair[0])
    return next((language for weight, language in ordered if weight and language in NAMES), ENGLISH)


def _weighed(part: str) -> tuple[float, str]:
    """The weight and the language of a part of Accept-Language, such as `de-AT;q=0.8` (RFC 9110, 12.5.4)."""
    tag, _, weight = part.partition(";")
    try:
        value = float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        value = 0.0
    return value, tag.strip().split("-")[0].lower()


class LanguageMiddleware:
    """ASGI middleware that answers a request in its language."""

    def __init__(self, app: ASGIApp) -> None:
        """Answer with `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        language = negotiate(Headers(scope=scope)) if scope["type"] == "http" else ENGLISH
        with speaking(language):
            await self._app(scope, receive, send)


@cache
def _catalogue(language: str) -> NullTranslations:
    """The catalogue of a language; one without texts for English."""
    if language == ENGLISH:
        return NullTranslations()
    compiled = io.BytesIO()
    with (files(__package__) / "languages" / f"{language}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
