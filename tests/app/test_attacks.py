"""Attacks on the public page, made without a browser."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import time
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets.app import events
from huggingtweets.app.limits import ON_THE_INTERNET, Limits
from huggingtweets.app.sessions import Sessions
from huggingtweets.errors import UserError
from tests.helpers.app_server import Client, Served, served, wait_for
from tests.helpers.local_server import LocalServer, Reply
from tests.helpers.tiny import varied_texts

DROP = "Your archive: zip, CAR, CSV …"
FILTERS = (True, "", "", "", "")  # of what to leave out, as the page sends them before anything is typed
WORDS = "the owl of the cellar keeps the blue ledger"
FEED = (
    b"<rss version='2.0'><channel><title>x</title><item><title>inside news of today</title></item>"
    b"</channel></rss>"
)


@dataclass
class Victim:
    """A visitor who has uploaded posts and trained a model."""

    client: Client
    model: str
    run: str
    upload: str  # path on the server, as Gradio answered


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with served(
        tmp_path_factory.mktemp("public"), Limits(public=True, upload=3_000_000, reading=60.0, idle=3600.0)
    ) as page:
        yield page


@pytest.fixture(scope="module")
def victim(page):
    texts = varied_texts(200, seed=3)
    rows = [f'{i},victim,"{text} {WORDS if i % 3 == 0 else text[::-1]}"' for i, text in enumerate(texts)]
    with Client(page.url) as client:
        (path,) = client.upload("posts.csv", "\n".join(["id,author,text", *rows]).encode()).json()
        result = client.call(client.of(DROP, "upload"), [client.key, [_file(path)], *FILTERS])
        assert "victim" in json.dumps(result["output"])
        digest = result["output"]["data"][3]
        result = client.call(client.of("begin", "click"), [client.key, "ngram", digest])
        run = next(
            part["value"] for part in result["output"]["data"] if isinstance(part, dict) and "choices" in part
        )
        [folder] = page.home.rglob(run)  # a page that is shown again and again would keep the run waiting
        done = wait_for(lambda: _ended(folder), 240, pause=0.5)
        assert isinstance(done, events.Done), done
        shown = client.call(client.of("runs", "input"), [client.key, run])
        assert "It is ready" in json.dumps(shown["output"])
        yield Victim(client, "victim", run, path)


@pytest.fixture
def attacker(page):
    with Client(page.url) as client:
        yield client


def _ended(folder: Path) -> events.State | None:
    """How a run ended, or None."""
    state = events.state(events.load(folder))
    return None if isinstance(state, events.Queued | events.Running) else state


def _file(path: str) -> dict[str, object]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": path.rsplit("/", 1)[-1]}


def _look(client: Client, text: str) -> str:
    """What the page shows when this is typed in place of an account."""
    shown = client.call(client.of("Or an account", "submit"), [client.key, text, *FILTERS])
    return json.dumps(shown["output"])


@pytest.mark.parametrize(
    "typed",
    [
        "/etc/passwd",
        "../../etc/passwd",
        "file:///etc/passwd",
        "~/.bashrc",
        ".",
        "C:\\Windows",
        "tests/conftest.py",
    ],
)
def test_no_path_of_the_server_can_be_read(attacker, typed):
    """Whatever is typed, a stranger never makes the server read a file of its own."""
    assert "cannot be read here" in _look(attacker, typed)


def test_a_path_and_an_account_together_are_refused_together(attacker):
    """A path cannot hide behind an account on the line above it."""
    assert "cannot be read here" in _look(attacker, "bsky:jane.bsky.social\n/etc/passwd")


def test_no_private_address_is_asked(attacker):
    """The server fetches nothing from its own network, however the address is written."""
    hosts = ("127.0.0.1", "localhost", "[::1]", "2130706433", "127.1")
    with LocalServer(lambda _: Reply(body=FEED)) as inside:
        addresses = [f"http://{host}:{inside.port}/feed.xml" for host in hosts]
        shown = _look(attacker, "\n".join(addresses))
        assert [address for address in addresses if f"Not read: {address}" not in shown] == []
        assert "cannot be read here" not in shown, "it is an address as far as the page can see"
        assert not inside.requests


def test_no_account_leads_to_a_private_server(attacker):
    """A handle's server is as public as an address has to be."""
    with LocalServer(lambda _: Reply(body=FEED)) as inside:
        for typed in (f"mastodon:jane@127.0.0.1:{inside.port}", f"@jane@127.0.0.1:{inside.port}"):
            shown = _look(attacker, typed)
            assert "Not read" in shown or "cannot be read here" in shown
        assert not inside.requests


def test_a_public_page_asks_for_no_account_that_costs(attacker):
    """Nobody's token or money can be spent by typing an account of X or of the Community Archive."""
    assert "cannot be read here" in _look(attacker, "x:jane")
    assert "cannot be read here" in _look(attacker, "community:jane")


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=/etc/passwd",
        "gradio_api/file=../../../../etc/passwd",
        "gradio_api/file/etc/passwd",
        "gradio_api/file=%2Fetc%2Fpasswd",
        "gradio_api/proxy=http://127.0.0.1:1/",
        "gradio_api/call/anything",
        "gradio_api/deep_link",
        "gradio_api/vibe-code/",
        "gradio_api/component_server",
        "gradio_api/openapi.json",
        "gradio_api/runs",
        "monitoring/summary",
        "openapi.json",
        "docs",
        "static/../../../../etc/passwd",
        "assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_what_the_page_does_not_need_is_not_answered(attacker, path):
    """No file of the server, no other host and no side door of Gradio can be reached."""
    answer = attacker.http.get(path)
    assert answer.status_code in {403, 404}
    assert "root:" not in answer.text


def test_the_server_fetches_no_address_for_a_visitor(attacker):
    """Neither the route for files nor a file that names an address makes the server ask for it."""
    with LocalServer(lambda _: Reply(body=FEED)) as inside:
        address = f"http://127.0.0.1:{inside.port}/x.csv"
        assert attacker.http.get(f"gradio_api/file={address}").status_code == 404
        drop = attacker.of(DROP, "upload")
        for given in ({**_file("x"), "path": address}, {**_file("x.csv"), "url": address}):
            assert not attacker.call(drop, [attacker.key, [given], *FILTERS])["success"]
        assert not inside.requests


def test_a_file_that_was_not_dropped_cannot_be_used(attacker, page, victim):
    """Naming a path in place of an uploaded file gives neither the server's files nor another visitor's."""
    drop = attacker.of(DROP, "upload")
    inside = [str(path) for path in (page.home / "visitors").rglob("*.csv")]
    assert inside, "the victim's file is in their session"
    for path in ["/etc/passwd", victim.upload, *inside, str(page.home / "incoming" / ".." / "x.csv")]:
        shown = attacker.call(drop, [attacker.key, [_file(path)], *FILTERS])
        assert not shown["success"]
        assert "victim" not in json.dumps(shown["output"])


def test_files_of_a_session_cannot_be_fetched(attacker, page, victim):
    """An uploaded file, and what was made of it, is served to nobody by its path."""
    assert attacker.http.get(f"gradio_api/file={victim.upload}").status_code in {403, 404}
    for path in (page.home / "visitors").rglob("*"):
        if path.is_file():
            assert attacker.http.get(f"gradio_api/file={path}").status_code in {403, 404}


def test_nothing_of_another_visitor_is_shown(attacker, victim):
    """Another visitor's model, run and posts are not there for somebody with another key."""
    model, run = victim.model, victim.run
    calls = [
        (attacker.of("write", "click"), [attacker.key, model, "I", "wild", 50, "mastodon.social"]),
        (attacker.of("deal", "click"), [attacker.key, model]),
        (attacker.of("evaluate", "click"), [attacker.key, model]),
        (attacker.of("model", "change"), [attacker.key, model]),
        (attacker.of("pack", "click"), [attacker.key, model]),
        (attacker.of("stop", "click"), [attacker.key, run]),
        (attacker.of("go-on", "click"), [attacker.key, run]),
        (attacker.of("sure", "click"), [attacker.key, [model], model]),
    ]
    for function, data in calls:
        assert not attacker.call(function, data)["success"]
    library = attacker.call(attacker.of("runs", "input"), [attacker.key, run])
    assert "victim" not in json.dumps(library["output"])
    assert victim.client.call(victim.client.of("deal", "click"), [victim.client.key, model])["success"]


def test_a_gradio_session_of_another_visitor_opens_nothing(attacker, victim):
    """Knowing the id of a visitor's Gradio session is not enough: the key of their session is needed, too."""
    theirs = victim.client
    dealt = theirs.call(theirs.of("deal", "click"), [theirs.key, victim.model])
    assert dealt["success"]
    answer = attacker.call(
        attacker.of("game", "click"),
        [attacker.key, victim.model],
        session=theirs.session,
        clicked=("answer", "0-left"),
    )
    assert not answer["success"]
    assert WORDS not in json.dumps(answer)


@pytest.mark.parametrize("key", ["", None, "short", "../../etc", "a" * 31, "/" * 32, 5, {"a": 1}, ["x"] * 32])
def test_without_a_key_there_is_no_session(attacker, key):
    """A key that no browser made opens nothing, and the error shows no path."""
    shown = attacker.call(attacker.of("try-sample", "click"), [key, *FILTERS])
    assert not shown["success"]
    assert "visitors" not in json.dumps(shown)


@pytest.mark.parametrize("name", ["../../x", "/etc", "..", "victim/../victim", "", None, {"a": 1}])
def test_a_model_s_name_is_no_path(victim, name):
    """Names of models and of runs are looked up, never opened."""
    client = victim.client
    for function, data in (
        (client.of("pack", "click"), [client.key, name]),
        (client.of("sure", "click"), [client.key, [name], victim.model]),
        (client.of("stop", "click"), [client.key, name]),
    ):
        assert not client.call(function, data)["success"]


def test_only_the_offered_recipes_can_be_run(victim):
    """A path, or a base that would be fetched, is no recipe for strangers."""
    client = victim.client
    shown = client.call(client.of("try-sample", "click"), [client.key, *FILTERS])
    digest = shown["output"]["data"][2]
    for recipe in ("/srv/evil.toml", "gpt2", "../recipes/gpt2", None, ["starter"]):
        assert not client.call(client.of("begin", "click"), [client.key, recipe, digest])["success"]


def test_a_stranger_never_publishes_with_the_server_s_token(victim):
    """Without a token of one's own nothing goes to the Hub, whatever token the server has."""
    client = victim.client
    given = ["author", "", "somebody/else", "", False, False]
    for button in ("plan", "publish"):
        said = client.call(client.of(button, "click"), [client.key, victim.model, *given])
        assert not said["success"]
        assert "needs a token of yours" in json.dumps(said["output"])


def test_no_token_is_kept(victim, page):
    """A token that was typed is found in no file of the server afterwards, whether it worked or not."""
    client = victim.client
    token = "hf_" + "tellnobody" * 3
    given = ["author", "", "somebody/bot", token, False, False]
    client.call(client.of("plan", "click"), [client.key, victim.model, *given])
    kept = [path for path in page.folder.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert not kept


def test_a_file_that_is_too_large_is_refused(page):
    """The limit holds for what is announced, and for what is sent without a word before."""
    url = httpx.URL(page.url)
    with socket.create_connection((url.host, url.port), timeout=30) as announced:
        announced.sendall(b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
        assert announced.recv(100).startswith(b"HTTP/1.1 413")

    def pieces():
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="x.csv"\r\n\r\n'
        for _ in range(60):
            yield b"x" * 100_000
        yield b"\r\n--b--\r\n"

    with httpx.Client(base_url=page.url, timeout=60) as http:
        large = http.post("gradio_api/upload", files={"files": ("x.csv", b"x" * 3_500_000)})
        assert large.status_code == 413
        try:
            headers = {"Content-Type": "multipart/form-data; boundary=b"}
            assert http.post("gradio_api/upload", content=pieces(), headers=headers).status_code >= 400
        except httpx.TransportError:
            pass  # the connection was closed, which is a refusal too
    left = [path for path in (page.home / "incoming").rglob("*") if path.is_file()]
    assert not [path for path in left if path.stat().st_size > 3_000_000]


def test_a_request_that_uploads_nothing_is_short(attacker):
    """Megabytes of text in the place of a prompt are refused before they are read."""
    answer = attacker.http.post("gradio_api/queue/join", json={"data": ["x" * 2_000_000], "fn_index": 3})
    assert answer.status_code == 413


def test_functions_are_no_api(attacker):
    """Nothing is documented for programs, and no function that queues can be called past the queue."""
    assert attacker.http.get("gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}
    body = {"data": [attacker.key], "fn_index": attacker.of("try-sample", "click"), "session_hash": "x"}
    assert attacker.http.post("gradio_api/run/predict", json=body).status_code == 404


def test_errors_show_no_path(attacker, page):
    """A broken archive is named as the visitor named it, without the folders of the server."""
    (path,) = attacker.upload("broken.zip", b"PK\x03\x04 this is no archive").json()
    drop = attacker.of(DROP, "upload")
    shown = json.dumps(attacker.call(drop, [attacker.key, [_file(path)], *FILTERS])["output"])
    assert "Not read: broken.zip" in shown
    assert str(page.home) not in shown
    assert "visitors" not in shown


def test_sessions_are_private_on_disk(page, victim):
    """Other users of the machine cannot read a session."""
    del victim
    folders = list((page.home / "visitors").iterdir())
    assert folders
    assert all(stat.S_IMODE(folder.stat().st_mode) == 0o700 for folder in folders)


def test_an_idle_session_is_deleted(home):
    """A session is deleted when nobody has used it for the time of the limit; one with a run stays."""
    sessions = Sessions(Limits(public=True, idle=-1.0))
    idle, busy = sessions.of("a" * 32), sessions.of("b" * 32)
    idle.make()
    busy.make()
    (idle.root / "posts.csv").write_text(WORDS, "utf-8")
    assert sessions.delete_idle(busy=(busy.runs / "run",)) == 1
    assert not idle.root.exists()
    assert busy.root.exists()
    assert list((home / "visitors").iterdir()) == [busy.root]


def test_a_session_with_one_event_only_stays(home):
    """Who dropped a file and did nothing else keeps what was made of it for the time of the limit."""
    sessions = Sessions(Limits(public=True, idle=3600.0))
    session = sessions.of("a" * 32)
    session.make()
    assert sessions.delete_idle() == 0
    old = time.time() - 3700
    os.utime(session.root, (old, old))
    sessions.of("a" * 32)  # another event
    assert sessions.delete_idle() == 0
    for path in (session.root, session.root / "seen"):
        os.utime(path, (old, old))
    assert sessions.delete_idle() == 1
    assert not list((home / "visitors").iterdir())


def test_the_number_of_sessions_is_limited(home):
    """However many visitors come, their sessions do not fill the disk."""
    del home
    sessions = Sessions(Limits(public=True, sessions=2))
    for letter in "ab":
        sessions.of(letter * 32).make()
    with pytest.raises(UserError, match="too many people"):
        sessions.of("c" * 32).make()
    sessions.of("a" * 32).make()


def test_a_made_up_key_takes_no_room(page, attacker):
    """However many keys are made up, a session exists only once something is kept in it."""
    folders = page.home / "visitors"
    before = set(folders.iterdir()) if folders.is_dir() else set()
    for number in range(6):
        key = f"{number:032}"
        attacker.call(attacker.of("model", "change"), [key, "x"])
        attacker.call(attacker.of("runs", "input"), [key, "x"])
        attacker.call(attacker.of("Or an account", "submit"), [key, "/etc/passwd", *FILTERS])
    assert set(folders.iterdir() if folders.is_dir() else ()) == before


def test_one_address_does_not_take_all_rooms(home):
    """The sessions of one address are limited; a session that was cleared counts no more."""
    del home
    limits = Limits(public=True, sessions=10, own_sessions=2)
    sessions = Sessions(limits)
    first, second, third = (replace(sessions.of(letter * 32), address="192.0.2.1") for letter in "abc")
    first.make()
    second.make()
    with pytest.raises(UserError, match="too many people"):
        third.make()
    replace(sessions.of("d" * 32), address="192.0.2.2").make()
    shutil.rmtree(first.root)
    third.make()


def test_the_limits_of_the_internet_are_set():
    """On a public page every limit is set."""
    assert ON_THE_INTERNET.public
    assert all(getattr(ON_THE_INTERNET, name) for name in ("upload", "posts", "reading", "training", "idle"))
    assert ON_THE_INTERNET.recipes() == ("starter", "ngram")


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Served:
    with served(tmp_path_factory.mktemp("own")) as page:
        yield page


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:7860"},
    ],
)
def test_another_website_cannot_use_the_page_of_one_s_own_machine(own, headers):
    """Neither a foreign page (CSRF) nor a foreign name for this machine (DNS rebinding) is answered."""
    with httpx.Client(base_url=own.url) as http:
        assert http.get("", headers=headers).status_code == 403
        sent = http.post("gradio_api/queue/join", json={"data": [""], "fn_index": 1}, headers=headers)
        assert sent.status_code == 403


def test_one_s_own_page_listens_on_loopback_only(own):
    """Nobody else on the network can reach it."""
    port = httpx.URL(own.url).port
    table = Path("/proc/net/tcp")
    if not table.is_file():
        pytest.skip("this system does not list its sockets in a file")
    places = [line.split()[1] for line in table.read_text("ascii").splitlines()]
    mine = [place for place in places if place.endswith(f":{port:04X}")]
    assert mine
    assert all(address.startswith("0100007F") for address in mine)
