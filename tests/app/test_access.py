"""Who may open the page of one's own machine."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys

import httpx
import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from huggingtweets.app import access as page_access
from huggingtweets.app.access import Access, load_token
from huggingtweets.app.limits import ON_THE_INTERNET, Limits
from huggingtweets.app.request_filter import RequestFilter
from tests.helpers.app_server import free_port

PORT = 7860
TOKEN = "t" * 32


def _visitor(access: Access | None, limits: Limits | None = None) -> TestClient:
    """A visitor of a page, with a cookie jar of their own."""
    app = RequestFilter(PlainTextResponse("the page"), limits=limits or Limits(), access=access)
    return TestClient(app, base_url=f"http://127.0.0.1:{PORT}")


@pytest.fixture
def access() -> Access:
    """The access to a page with a token."""
    return Access(TOKEN, PORT)


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=wrong", f"?token={TOKEN}x", "?token=%ff", "?Token=x"]
)
def test_nobody_gets_in_without_the_token(access, query):
    """Another user of the machine, who can reach the page, gets nothing of it but what is asked for."""
    visitor = _visitor(access)
    for path in ("/", "/config", "/gradio_api/file=/etc/passwd", "/report/x"):
        refused = visitor.get(path + query, follow_redirects=False)
        assert refused.status_code == 403
        assert "address that the terminal printed" in refused.text
        assert "set-cookie" not in refused.headers
    assert visitor.post(f"/gradio_api/queue/join{query}", json={}).status_code == 403


def test_the_token_opens_once_and_the_cookie_from_then_on(access):
    """The address with the token leads to the same place without it, with a cookie."""
    visitor = _visitor(access)
    opened = visitor.get(f"/?tab=play&token={TOKEN}&model=a%26b", follow_redirects=False)
    assert opened.status_code == 303
    assert opened.headers["location"] == "/?tab=play&model=a%26b"
    assert TOKEN not in opened.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax"} <= set(opened.headers["set-cookie"].split("; "))
    assert visitor.get("/").text == "the page"
    assert visitor.get("/?tab=play").text == "the page"
    assert _visitor(access).get("/").status_code == 403


def test_a_cookie_is_good_after_a_restart(access):
    """Who was let in before the server was restarted still is; another token's cookie opens nothing."""
    visitor = _visitor(access)
    cookies = dict(visitor.get(f"/?token={TOKEN}", follow_redirects=False).cookies)
    restarted, changed = _visitor(Access(TOKEN, PORT)), _visitor(Access("u" * 32, PORT))
    restarted.cookies.update(cookies)
    changed.cookies.update(cookies)
    assert restarted.get("/").text == "the page"
    assert changed.get("/").status_code == 403
    changed.cookies.update({f"huggingtweets-{PORT}": 'broken="; \x01'})
    assert changed.get("/").status_code == 403


@pytest.mark.parametrize("other", ['prefs={"a":1}', "name=Jane Doe", "flag", "list[0]=1", 'half="', "=x"])
def test_cookies_of_other_programs_of_the_machine_keep_nobody_out(access, other):
    """All ports share their cookies; what browsers take as one, such as JSON, stands beside the page's."""
    opened = _visitor(access).get(f"/?token={TOKEN}", follow_redirects=False)
    own, _, _ = opened.headers["set-cookie"].partition(";")
    for cookies in (f"{other}; {own}", f"{own}; {other}"):
        assert _visitor(access).get("/", headers={"cookie": cookies}).text == "the page"


def test_a_code_is_good_for_one_visit(access, monkeypatch):
    """The browser is opened with a code that others may see: it opens once, and not for long."""
    code = access.code()
    assert _visitor(access).get(f"/?token={code}", follow_redirects=False).status_code == 303
    assert _visitor(access).get(f"/?token={code}", follow_redirects=False).status_code == 403
    monkeypatch.setattr(page_access, "CODE_SECONDS", -1.0)
    assert _visitor(access).get(f"/?token={access.code()}", follow_redirects=False).status_code == 403


def test_the_token_is_the_owner_s_file(tmp_path):
    """It is the same after a restart, and no other user may read it, whatever the umask."""
    before = os.umask(0)
    try:
        token = load_token(tmp_path / "home" / "page-token")
    finally:
        os.umask(before)
    assert len(token) >= 32
    assert load_token(tmp_path / "home" / "page-token") == token
    assert stat.S_IMODE((tmp_path / "home" / "page-token").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "192.0.2.1",
        "127.0.0.1.evil.example",
        "evil@localhost",
        "localhost:x",
        "10.0.0.1",
        "[::]",
    ],
)
def test_only_names_of_this_machine_are_answered(host):
    """A name or address of another host that leads here, as in DNS rebinding, is refused."""
    assert _visitor(None).get("/", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:9000", "LOCALHOST", "[::1]:7860"])
def test_names_of_this_machine_are_answered(host):
    """The page is answered under each name of this machine, and through a tunnel from another port."""
    assert _visitor(None).get("/", headers={"Host": host}).text == "the page"


def test_no_page_elsewhere_can_frame_it(access):
    """One's own page is shown in no frame; a public one only in that of a Space."""

    def policy(visitor: TestClient) -> str:
        return visitor.get("/").headers["content-security-policy"]

    assert policy(_visitor(None)).endswith("frame-ancestors 'none'")
    assert policy(_visitor(access)).endswith("frame-ancestors 'none'")
    public = policy(_visitor(None, ON_THE_INTERNET))
    assert public.endswith("frame-ancestors 'self' https://huggingface.co")


@pytest.mark.slow
def test_the_command_prints_the_address_that_opens(tmp_path):
    """`huggingtweets app` prints an address with a token, which opens the page; without it nobody gets in."""
    port = str(free_port())
    process = subprocess.Popen(
        [sys.executable, "-m", "huggingtweets", "app", "--no-browser", "--port", port],
        cwd=tmp_path,
        env={**os.environ, "HUGGINGTWEETS_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout
        printed = process.stdout.readline()
        address = re.search(rf"http://127\.0\.0\.1:{port}/\?token=[\w-]+", printed)
        assert address, printed
        with httpx.Client(timeout=60) as visitor:
            assert visitor.get(f"http://127.0.0.1:{port}/config").status_code == 403
            assert visitor.get(address[0], follow_redirects=True).status_code == 200
            assert visitor.get(f"http://127.0.0.1:{port}/config").json()["title"] == "huggingtweets"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
