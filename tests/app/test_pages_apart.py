"""Pages that tests open in one browser share nothing but its cache, and reach no other machine."""

from __future__ import annotations

import pytest

from tests.helpers import browser
from tests.helpers.local_server import LocalServer, Reply

STORE = """async () => {
  document.cookie = "seen=yes; max-age=600";
  localStorage.seen = sessionStorage.seen = "yes";
  await (await caches.open("seen")).put("/seen", new Response("yes"));
}"""
STORED = """async () => [
  document.cookie, localStorage.length, sessionStorage.length, (await caches.keys()).length,
  (await navigator.permissions.query({name: "clipboard-read"})).state,
]"""
REACHED = "url => fetch(url, {mode: 'no-cors'}).then(() => true, () => false)"


@pytest.fixture
def site():
    with LocalServer(
        lambda _: Reply(body=b"<title>a page</title>", headers={"content-type": "text/html"})
    ) as site:
        yield f"http://127.0.0.1:{site.port}/"


def test_a_page_finds_nothing_of_an_earlier_one(chromium, site):
    """Cookies, storage, permissions, size and colours are its own; those of a page that is open stay."""
    empty = ["", 0, 0, 0, "prompt"]
    with browser.page_of(chromium, site, browser.PHONE, dark=True) as (first, _):
        first.context.grant_permissions(["clipboard-read"])
        first.evaluate(STORE)
        with browser.page_of(chromium, site) as (beside, _):
            assert beside.evaluate(STORED) == empty
        assert first.evaluate(STORED) == ["seen=yes", 1, 1, 1, "granted"]
    for _ in range(2):
        with browser.page_of(chromium, site) as (later, _):
            assert later.evaluate(STORED) == empty
            assert later.evaluate("innerWidth") == browser.DESKTOP[0]
            assert not later.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


@pytest.mark.parametrize("host", ["other.localhost", "192.0.2.1", "[2001:db8::1]"])
def test_no_page_reaches_another_machine(chromium, site, host):
    """By name or number: what a page asks for elsewhere fails, and is noted; the first host is this one."""
    elsewhere = site.replace("127.0.0.1", host)
    with browser.page_of(chromium, site) as (page, seen):
        assert page.evaluate(REACHED, site)
        assert not page.evaluate(REACHED, elsewhere)
        assert seen.outside == [elsewhere]
