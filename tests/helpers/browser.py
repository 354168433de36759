"""A real browser for tests: the system's Chromium, driven by Playwright, without access to other machines.

tests/app/conftest.py starts it once. Pages that are opened one after the other share its cache, which spares
them seconds, and nothing else: cookies, storage and permissions of a page are gone when it is closed.

with browser.page_of(chromium, "http://127.0.0.1:7860/") as (page, seen): ...
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request

PHONE = (390, 844)  # pixels
DESKTOP = (1440, 900)
TIMEOUT = 180_000  # milliseconds that a page may take for anything on a busy machine
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
LOCAL_HOSTS = ("127.0.0.1", "localhost", "")


@dataclass
class Seen:
    """Errors and requests of a page."""

    errors: list[str] = field(default_factory=list)  # console errors and uncaught exceptions
    outside: list[str] = field(default_factory=list)  # addresses on other machines that it requested


@contextmanager
def started() -> Iterator[Browser]:
    """Start the browser; skip, with the reason, where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium on this machine (Debian: apt install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_of(
    browser: Browser,
    url: str,
    size: tuple[int, int] = DESKTOP,
    *,
    dark: bool = False,
    locale: str = "en-US",
) -> Iterator[tuple[Page, Seen]]:
    """Open a page with cookies and storage of its own; yield it with its errors and requests.

    Requests to other machines fail.

    Args:
        browser: the browser.
        url: address of the page.
        size: width and height in pixels.
        dark: whether the visitor prefers dark colours.
        locale: the language that the browser asks for.
    """
    seen, origins = Seen(), set[str]()

    def note(request: Request) -> None:
        parts = urlsplit(request.url)
        if (parts.hostname or "") not in LOCAL_HOSTS:
            seen.outside.append(request.url)
        if request.is_navigation_request():
            origins.add(f"{parts.scheme}://{parts.netloc}")

    with _context_of(browser, locale, origins) as context:
        context.on("request", note)
        page = context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        page.on("console", lambda told: seen.errors.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.goto(url)
        yield page, seen
        context.remove_listener("request", note)


_free: WeakKeyDictionary[Browser, list[tuple[str, BrowserContext]]] = WeakKeyDictionary()


@contextmanager
def _context_of(browser: Browser, locale: str, origins: Iterable[str]) -> Iterator[BrowserContext]:
    """A context that nobody uses and whose pages were cleared away, or a new one.

    A test that fails may leave anything behind, so that its context is closed.

    Args:
        browser: the browser.
        locale: the language that the browser asks for.
        origins: of the pages that are opened meanwhile, whose storage is deleted.
    """
    free = _free.setdefault(browser, [])
    usable = next((each for each in free if each[0] == locale), None)
    if usable:
        free.remove(usable)
    context = usable[1] if usable else browser.new_context(locale=locale, accept_downloads=True)
    context.set_default_timeout(TIMEOUT)
    try:
        yield context
        _clear(context, origins)
    except BaseException:
        context.close()
        raise
    free.append((locale, context))


def _clear(context: BrowserContext, origins: Iterable[str]) -> None:
    """Close the pages, and delete what they stored."""
    blank = context.new_page()
    for page in context.pages:
        if page != blank:
            page.close()
    devtools = context.new_cdp_session(blank)
    for origin in origins:
        devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    blank.close()
    context.clear_cookies()
    context.clear_permissions()


def until(condition: Callable[[], object], seconds: float = 180.0) -> None:
    """Wait for a condition that Playwright cannot wait for by itself."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def take_sample(tab: Page) -> None:
    """Take the sample's posts, when the page has loaded, in place of what earlier visits chose."""
    until(lambda: "One moment" not in tab.locator("#found").inner_text())
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()
    tab.click("#try-sample")
    tab.get_by_text("Of 697 posts, 633").wait_for()


def shown_pair(tab: Page) -> Locator:
    """What the game tab shows, when it does: a pair of posts, or none and that posts can be dealt."""
    pair = tab.locator(".ht-pair:visible")
    pair.or_(tab.locator("#deal:not([disabled]):visible")).first.wait_for()
    return pair


def drop(tab: Page, target: Locator, path: Path) -> None:
    """Drop a file or a folder as a mouse does; Playwright's own events cannot hold a folder."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}  # 1: a copy
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    devtools = tab.context.new_cdp_session(tab)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "data": data, **at})


def write_five(tab: Page, press: Callable[[], None] | None = None) -> list[str]:
    """Let the model that is open write five posts, which replace those that are shown; return their texts.

    Args:
        tab: the page.
        press: asks for them; by default a click does.
    """

    def ids() -> set[str]:
        buttons = tab.locator("#posts [data-action=copy]")
        return set(buttons.evaluate_all("all => all.map((button) => button.dataset.item)"))

    write = tab.locator("#write:not([disabled])")
    write.wait_for()  # the posts from before are shown with it
    before = ids()
    (press or write.click)()

    def are_new() -> bool:
        shown = ids()  # read once, since posts that are begun in between have none
        return bool(shown) and not shown & before

    until(are_new)
    return tab.locator("#posts .ht-post-text").all_text_contents()
