"""On a public page no visitor takes what the others need: sessions, disk, connections, readings, memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import socket
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

import gradio as gr
from gradio import queueing
from starlette.responses import PlainTextResponse

from huggingtweets.app.event_queue import EventQueue
from huggingtweets.app.limits import ON_THE_INTERNET, Limits
from huggingtweets.app.reader import Reader
from huggingtweets.app.request_filter import RequestFilter
from huggingtweets.app.sessions import Sessions
from huggingtweets.app.streams import Streams
from huggingtweets.app.uploads import UploadedBytes, delete_unused
from huggingtweets.app.visitors import Visitors
from huggingtweets.connections.addresses import counted_as
from huggingtweets.errors import LocationError, NoTextColumn, SeveralAuthors, UserError
from huggingtweets.workflows.data import DataConfig, sample_archive
from tests.helpers.app_server import Client, served, wait_for
from tests.helpers.tiny import varied_texts

DROP = "Your archive: zip, CAR, CSV …"
FILTERS = (True, "", "", "", "")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    limits = Limits(
        public=True,
        upload=1_000_000,
        own_uploads=2_500_000,
        reading=60.0,
        connections=40,
        own_events=8,
        own_connections=30,
        headers=2.0,
        body_seconds=2.0,
        idle=3600.0,
    )
    with served(tmp_path_factory.mktemp("strict"), limits) as page:
        yield page


def _slow(path: Path) -> Path:
    """A small file that takes a long time to read: objects in objects, which are not those of posts."""
    inner = ",".join(['{"a":{}}'] * 20_000)
    record = f'{{"text":"x","author":"ada","b":[{inner}]}}'
    path.write_text(f"[{','.join([record] * 200)}]", "ascii")
    return path


def _read(path: Path | str, limits: Limits):
    return Reader(limits, None).inspect(DataConfig(locations=(str(path),)))


def test_reading_that_takes_too_long_is_stopped(tmp_path):
    """A file that keeps its decoder busy is given up, in one line, and nothing of it goes on."""
    others = set(multiprocessing.active_children())  # servers of other tests
    with pytest.raises(LocationError, match="takes too long"):
        _read(_slow(tmp_path / "posts.json"), Limits(public=True, reading=0.5))
    assert set(multiprocessing.active_children()) <= others


def test_the_time_is_that_of_all_places_together(tmp_path):
    """Whoever names many slow places gets no more time than for one."""
    reader = Reader(Limits(public=True, reading=0.5), None)
    path = _slow(tmp_path / "posts.json")
    for _ in range(20):
        with pytest.raises(LocationError, match="takes too long"):
            reader.inspect(DataConfig(locations=(str(path),)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not bound the memory of a process")
def test_reading_that_takes_too_much_memory_is_stopped(tmp_path):
    """A file that needs more memory than is allowed is given up in one line."""
    path = tmp_path / "posts.jsonl"
    inner = "{}," * 2_000_000
    path.write_text(f'{{"text":"x","author":"ada","b":[{inner}{{}}]}}\n', "ascii")
    with pytest.raises(LocationError, match="too much memory"):
        _read(path, Limits(public=True, reading=300.0, memory=1))


def test_another_process_reads_the_same(tmp_path):
    """Posts, errors and questions come back from the other process as they are in this one."""
    own, other = Limits(), Limits(public=True, reading=300.0, memory=ON_THE_INTERNET.memory)
    [here], [there] = _read(sample_archive(), own), _read(sample_archive(), other)
    assert there.summary() == here.summary()
    (tmp_path / "two.csv").write_text("author,text\nada,hello\nbernard,hi\n", "utf-8")
    (tmp_path / "odd.csv").write_text("zzz,yyy\nada,hello\n", "utf-8")
    with pytest.raises(SeveralAuthors) as asked:
        _read(tmp_path / "two.csv", other)
    assert asked.value.authors == {"ada": 1, "bernard": 1}
    with pytest.raises(NoTextColumn) as asked:
        _read(tmp_path / "odd.csv", other)
    assert asked.value.columns == ("zzz", "yyy")
    with pytest.raises(LocationError, match="more than 100 posts"):
        _read(sample_archive(), Limits(public=True, reading=300.0, posts=100))


def test_an_address_reads_a_few_selections_at_once():
    """Readings of one address are counted; those of another do not wait for them."""
    visitors = Visitors(Limits(own_readings=2))
    with visitors.reading("192.0.2.1"), visitors.reading("192.0.2.1"):
        with pytest.raises(UserError, match="being read already"), visitors.reading("192.0.2.1"):
            pass
        with visitors.reading("192.0.2.2"):
            pass
    with visitors.reading("192.0.2.1"):
        pass
    assert ON_THE_INTERNET.own_readings < ON_THE_INTERNET.concurrent


def test_events_of_one_visitor_do_not_pile_up(home):
    """Of the events that wait for another one of the same visitor only a few take a thread of the page."""
    del home
    sessions = Sessions(Limits(public=True))
    session = sessions.of("a" * 32)
    lock, refused = sessions.lock(session), []

    def event():
        try:
            with sessions.lock(session):
                pass
        except UserError as error:
            refused.append(str(error))

    with lock:
        threads = [threading.Thread(target=event) for _ in range(10)]
        for thread in threads:
            thread.start()
        while sum(thread.is_alive() for thread in threads) > 2:
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert len(refused) == 8
    assert "wait a moment" in refused[0]
    with sessions.lock(replace(session)):
        pass


def _ask(client: Client, stream: str) -> int:
    """Send an event whose answer is not fetched; return the status."""
    event = {"data": [client.key, "x"], "fn_index": client.of("model", "change"), "session_hash": stream}
    return client.http.post("gradio_api/queue/join", json=event).status_code


def test_one_address_does_not_fill_the_queue_of_events(page):
    """Events of one address whose answers are not fetched are counted; those of another are answered."""
    with Client(page.url, address="192.0.2.1") as flood, Client(page.url, address="192.0.2.2") as other:
        statuses = [_ask(flood, "same") for _ in range(12)]
        assert statuses == [200] * 8 + [503] * 4
        assert (
            "wait a moment"
            in flood.http.post(
                "gradio_api/queue/join",
                json={
                    "data": [flood.key, "x"],
                    "fn_index": flood.of("model", "change"),
                    "session_hash": "same",
                },
                headers={"Accept-Language": "en"},
            ).text
        )
        result = other.call(other.of("Or an account", "submit"), [other.key, "/etc/passwd", *FILTERS])
        assert "cannot be read here" in json.dumps(result["output"])


def test_answers_of_one_address_push_out_no_answers_of_others(page):
    """An address that opens stream after stream loses its own oldest answers, and goes on."""
    with Client(page.url, address="192.0.2.3") as flood, Client(page.url, address="192.0.2.4") as other:
        assert _ask(other, "others") == 200
        for number in range(60):  # faster than they are answered, some have to be asked again
            wait_for(lambda stream=f"stream{number}": _ask(flood, stream) == 200)

        def fetched(client: Client, stream: str) -> str:
            with client.http.stream("GET", "gradio_api/queue/data", params={"session_hash": stream}) as lines:
                return next(line for line in lines.iter_lines() if "completed" in line or "error" in line)

        assert "process_completed" in fetched(other, "others")
        assert "process_completed" in fetched(flood, "stream59")
        assert "unexpected_error" in fetched(flood, "stream0")


def test_addresses_take_turns():
    """Of many events of one address and one of another, the latter is next; half of the places stay free."""
    with ThreadPoolExecutor() as thread:  # the main one may have a loop: that of a browser
        thread.submit(asyncio.run, _take_turns()).result()


async def _take_turns():
    queue = EventQueue(types.SimpleNamespace(max_threads=40), Limits(own_events=100))
    group = queueing.EventQueue("writing", 4)
    queue.event_queue_per_concurrency_id = {"writing": group}
    queue.active_jobs = [None] * 40

    def event(address: str) -> queueing.Event:
        request = types.SimpleNamespace(client=types.SimpleNamespace(host=address))
        return queueing.Event("stream", types.SimpleNamespace(concurrency_id="writing"), request, None)

    group.queue = [event("2001:db8::1"), *(event(f"2001:db8::{n}") for n in range(2, 9)), event("192.0.2.1")]
    order = []
    for place in range(4):
        taken = queue.get_events()
        if taken:
            [[one], _, _] = taken
            order.append(one.request.client.host)
            queue.active_jobs[place], group.current_concurrency = [one], place + 1
    assert order == ["2001:db8::1", "192.0.2.1", "2001:db8::2"]
    queue.active_jobs[0] = None
    [[one], _, _] = queue.get_events()
    assert one.request.client.host == "2001:db8::3"
    assert len(group.queue) == 5


def test_connections_and_requests_of_one_address_are_counted(page):
    """Whoever opens many connections, or many requests that never end, keeps no other visitor out."""
    url = httpx.URL(page.url)
    opened = [
        socket.create_connection((url.host, url.port), timeout=60, source_address=("127.0.0.2", 0))
        for _ in range(45)
    ]
    try:
        assert httpx.get(page.url, timeout=60).status_code == 200
    finally:
        for connection in opened:
            connection.close()
    with contextlib.ExitStack() as streams, httpx.Client(base_url=page.url, timeout=60) as http:
        beats = [
            streams.enter_context(
                http.stream("GET", f"gradio_api/heartbeat/{n}", headers={"X-Forwarded-For": "192.0.2.5"})
            ).status_code
            for n in range(32)
        ]
        assert beats == [200] * 30 + [429] * 2
        assert http.get("", headers={"X-Forwarded-For": "192.0.2.6"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_all_addresses_of_one_network_of_ipv6_are_one(host, counted):
    """A visitor of IPv6 has 2^64 addresses; they count as one."""
    assert counted_as(host) == counted


@pytest.mark.slow
def test_half_open_connections_are_closed(page):
    """Connections that never end their request's headers, or its body, are closed; others are answered."""
    url = httpx.URL(page.url)
    beginnings = [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n",
        b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    ]
    connections = [socket.create_connection((url.host, url.port), timeout=120) for _ in range(60)]
    for number, connection in enumerate(connections):
        try:
            connection.sendall(beginnings[number % len(beginnings)])
        except OSError:
            assert number >= 40
    for connection in connections:
        with connection:
            try:
                while connection.recv(4096):
                    pass
            except ConnectionError:
                pass
    assert httpx.get(page.url, timeout=60).status_code == 200


def test_a_body_that_trickles_is_ended(page):
    """A byte now and then does not keep a request open, of an event or of an upload."""
    url = httpx.URL(page.url)
    for path, kind in [("queue/join", "application/json"), ("upload", "multipart/form-data; boundary=b")]:
        head = f"POST /gradio_api/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
        with socket.create_connection((url.host, url.port), timeout=60) as connection:
            connection.sendall(f"{head}Content-Length: 9000\r\n\r\n".encode())
            connection.settimeout(0.2)
            for _ in range(300):
                connection.sendall(b" ")
                with contextlib.suppress(TimeoutError):
                    assert connection.recv(4096).startswith(b"HTTP/1.1 40")
                    break
            else:
                pytest.fail("the request was not ended")


def test_the_same_file_of_two_visitors_is_two_files(page):
    """Two visitors who drop the same file at the same time both keep theirs."""
    rows = "\n".join(f'{n},ada,"{text}"' for n, text in enumerate(varied_texts(30, seed=5)))
    content = f"id,author,text\n{rows}".encode()
    with Client(page.url) as first, Client(page.url) as second:
        paths = [client.upload("posts.csv", content).json()[0] for client in (first, second)]
        assert paths[0] != paths[1]
        for client, path in zip((first, second), paths, strict=True):
            file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "posts.csv"}
            result = client.call(client.of(DROP, "upload"), [client.key, [file], *FILTERS])
            assert "@ada" in json.dumps(result["output"])


def test_uploads_of_one_address_are_counted(page):
    """Files that are sent and never used do not fill the disk."""
    statuses = []
    with httpx.Client(base_url=page.url, timeout=60) as http:
        for number in range(5):
            try:
                sent = http.post("gradio_api/upload", files={"files": (f"{number}.csv", b"x" * 900_000)})
                statuses.append(sent.status_code)
            except httpx.TransportError:
                statuses.append(0)
    assert statuses[:1] == [200]
    assert 200 not in statuses[2:]
    left = [path for path in (page.home / "incoming").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in left) < 3_500_000


def test_uploads_are_summed_for_each_address_and_for_nobody_else(page):
    """Many small files count as one large one, from all of a network of IPv6; another address may go on."""
    content = b"x" * 700_000
    flood = [Client(page.url, address=f"2001:db8::{number}") for number in range(1, 5)]
    with contextlib.ExitStack() as stack:
        visitors = [stack.enter_context(client) for client in flood]
        other = stack.enter_context(Client(page.url, address="2001:db8:0:1::1"))
        assert [_sent(client, content) for client in visitors] == [True, True, True, False]
        assert not _sent(visitors[0], b"x")
        assert _sent(other, content)
        assert _ask(visitors[0], "uploaded") == 200


def _sent(client: Client, content: bytes) -> bool:
    """Whether the page takes a file."""
    try:
        return client.upload("posts.csv", content).status_code == 200
    except httpx.TransportError:  # the connection was closed, which is a refusal too
        return False


def test_the_count_of_uploads_is_that_of_each_address(monkeypatch):
    """An address that has uploaded too much does not keep others from it, and may again after a while."""
    uploaded = UploadedBytes(100)
    assert uploaded.add("192.0.2.1", 60)
    assert not uploaded.add("192.0.2.1", 60)
    assert uploaded.add("192.0.2.2", 60)
    monkeypatch.setattr("huggingtweets.app.uploads.UNUSED_SECONDS", 0.0)
    assert uploaded.add("192.0.2.1", 60)
    assert UploadedBytes(None).add("192.0.2.1", 10**12)


def test_uploads_that_nobody_uses_are_deleted(tmp_path):
    """An upload that no event has moved is deleted after a while, with its folder; a new one stays."""
    for name in ("upload-old", "upload-new", "a-download"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "posts.csv").write_text("x", "ascii")
    (tmp_path / "tmp-part").write_text("x", "ascii")
    for name in ("upload-old", "a-download", "tmp-part"):
        os.utime(tmp_path / name, (0, 0))
    delete_unused(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"upload-new", "a-download"}
    delete_unused(tmp_path / "nowhere")


def test_made_up_streams_of_an_address_take_no_memory_and_no_state_of_others(monkeypatch):
    """Of the streams of one address a few are kept, the last used; those of others stay."""
    monkeypatch.setattr("huggingtweets.app.streams.MOST_OWN_STREAMS", 3)
    streams = Streams()

    async def page(scope, receive, send):
        streams[scope["query_string"].decode()]
        await PlainTextResponse("")(scope, receive, send)

    async def ask(address: str, *names: str) -> None:
        transport = httpx.ASGITransport(RequestFilter(page, limits=ON_THE_INTERNET), client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            for name in names:
                assert (await http.get(f"/?{name}")).status_code == 200

    async def ask_all() -> None:
        streams.set_blocks(gr.Blocks())
        await ask("192.0.2.2", "theirs")
        await ask("2001:db8::1", "open", *(f"made-up-{number}" for number in range(20)))
        await ask("2001:db8::2", "made-up-17", "made-up-20")

    with ThreadPoolExecutor() as thread:  # the main one may have a loop: that of a browser
        thread.submit(asyncio.run, ask_all()).result()
    assert list(streams.session_data) == ["theirs", "made-up-19", "made-up-17", "made-up-20"]
    assert streams.time_last_used.keys() == streams.session_data.keys()
