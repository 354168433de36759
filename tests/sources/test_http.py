"""The HTTP client: it retries, keeps secrets secret, and reaches no private address."""

from __future__ import annotations

import gzip
import logging
import shutil
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets import DataConfig, inspect
from huggingtweets.errors import Unreachable
from huggingtweets.progress import Silence
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats import checked_transport
from huggingtweets.sources._formats import http as http_module
from huggingtweets.sources._formats.checked_transport import is_public
from huggingtweets.sources._formats.http import Http, Refused, shown
from tests.helpers.local_server import LocalServer, Reply

TOKEN = "Bearer s3cr3t-t0k3n"  # noqa: S105 -- opens nothing
GOOD = Reply(body={"posts": ["one"]})


@pytest.fixture
def server():
    """A server that answers every request."""
    with LocalServer(lambda _: GOOD) as running:
        yield running


@pytest.fixture
def waits():
    """The seconds of each wait of the client."""
    return []


@pytest.fixture
def http(waits):
    """A client that may connect to this machine, and does not really sleep."""
    with Http(allow_private=True, sleep=waits.append) as client:
        yield client


def told(error):
    """Return an error's message, which is one line."""
    assert "\n" not in str(error.value)
    return str(error.value)


def test_json_comes_decoded(server, http):
    """JSON is decoded as the expected type, and parameters are sent."""
    assert http.json(f"{server.url}/a", dict[str, list[str]], params={"q": "ä b"}) == {"posts": ["one"]}
    assert server.requests[0].query == {"q": "ä b"}
    assert "huggingtweets" in server.requests[0].headers["user-agent"]


@pytest.mark.parametrize(
    "bad",
    [
        Reply(500),
        Reply(502, b"<html>"),
        Reply(503),
        Reply(504),
        Reply(408),
        Reply(429),
        Reply(522),
        Reply(body=b'{"posts": ["on'),
        Reply(body=b"<html>maintenance</html>"),
        Reply(body=b"\xff\xfe"),
        Reply(body={"posts": ["one" * 100]}, sent=50),
        Reply(body=b"not gzip at all", headers={"Content-Encoding": "gzip"}),
        Reply(body=gzip.compress(b'{"posts": ["one"]}')[:-9], headers={"Content-Encoding": "gzip"}),
        Reply(body=b"\x0b\x02\x80", headers={"Content-Encoding": "br"}),
        Reply(body=b"{}", headers={"Content-Length": "-1"}),
    ],
)
def test_passing_failures_are_retried(server, http, waits, bad):
    """Server errors, cut answers and pages instead of JSON are retried."""
    server.next(bad, bad)
    assert http.json(server.url, dict[str, list[str]]) == {"posts": ["one"]}
    assert len(waits) == 2


def test_json_nested_too_deep_is_reported(server, http, waits):
    """JSON that is nested too deep is an error of one line."""
    server.next(*[Reply(body=b"[" * 100_000)] * http_module.TRIES)
    with pytest.raises(Unreachable, match="no whole JSON"):
        http.json(server.url, object)
    assert len(waits) == http_module.TRIES - 1


def test_waits_double_and_never_coincide(server, http, waits):
    """The wait doubles from try to try, with jitter."""
    server.next(*[Reply(500)] * (http_module.TRIES - 1))
    http.get(server.url)
    assert len(waits) == http_module.TRIES - 1
    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits))
    assert len({wait / 2**n for n, wait in enumerate(waits)}) > 1


def test_after_all_tries_the_failure_is_reported(server, http, waits):
    """After all tries one line says which address failed, why, and what to do."""
    server.next(*[Reply(500)] * http_module.TRIES)
    with pytest.raises(Unreachable) as error:
        http.get(f"{server.url}/feed?key=hush")
    assert told(error).startswith(
        f"{server.url}/feed cannot be read: it is out of order (status 500), 6 times"
    )
    assert "hush" not in told(error)
    assert len(waits) == http_module.TRIES - 1
    server.next(*[Reply(body=b"<html>")] * http_module.TRIES)
    with pytest.raises(Unreachable, match="no whole JSON"):
        http.json(server.url, dict)


def test_a_missing_server_is_reported(http):
    """A port without a server is retried, and then reported."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(Unreachable, match="no connection, 6 times"):
            http.get(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_refusal_is_not_retried(server, http, waits, status):
    """A refusal is not retried; status and content are in the error."""
    server.next(Reply(status, {"error": "AccountTakedown"}))
    with pytest.raises(Refused, match=f"status {status}") as error:
        http.get(server.url)
    assert (error.value.status, error.value.content) == (status, b'{"error": "AccountTakedown"}')
    assert not waits


def test_json_of_another_form_is_reported(server, http, waits):
    """JSON of another form is reported at once."""
    with pytest.raises(Unreachable, match="form that was not expected"):
        http.json(server.url, dict[str, list[int]])
    assert not waits


def in_seconds(seconds):
    return datetime.fromtimestamp(time.time() + seconds, UTC)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Retry-After", lambda: "90"),
        ("Retry-After", lambda: format_datetime(in_seconds(90), usegmt=True)),
        ("x-rate-limit-reset", lambda: str(int(in_seconds(90).timestamp()))),  # X
        ("RateLimit-Reset", lambda: str(int(in_seconds(90).timestamp()))),  # Bluesky
        ("ratelimit-reset", lambda: "90"),  # the draft standard
        ("X-RateLimit-Reset", lambda: in_seconds(90).isoformat().replace("+00:00", "Z")),  # Mastodon
    ],
)
def test_a_rate_limit_is_obeyed(server, http, waits, status, name, value):
    """The client waits as long as the rate limit's headers say."""
    server.next(Reply(status, headers={name: value()}))
    http.get(server.url)
    assert waits[0] == pytest.approx(90, abs=2.5)


def test_the_services_clock_counts(http, waits):
    """A moment is compared to the service's own clock, here one that is an hour ahead."""
    headers = {"ratelimit-reset": str(int(in_seconds(3690).timestamp()))}
    with LocalServer(lambda _: GOOD) as other:
        other.next(Reply(429, headers=headers | {"Date": format_datetime(in_seconds(3600), usegmt=True)}))
        other._server.RequestHandlerClass.date_time_string = lambda *_: format_datetime(
            in_seconds(3600), usegmt=True
        )
        http.get(other.url)
    assert waits[0] == pytest.approx(90, abs=2.5)


def test_a_moment_in_the_past_leaves_the_usual_wait(server, http, waits):
    """A reset in the past, or an invalid header, leaves the usual wait."""
    values = ["0", "-5", "nan", "inf ago", "yesterday", "", "1000000001"]
    for value in values:
        server.next(Reply(429, headers={"Retry-After": value}))
        http.get(server.url)
    assert len(waits) == len(values)
    assert all(0.5 <= wait <= 1 for wait in waits)


def test_a_wait_of_hours_is_an_error(server, http, waits):
    """A wait of hours is an error instead of a wait."""
    for value in ("7200", "1e300", "inf"):
        server.next(Reply(429, headers={"Retry-After": value}))
        with pytest.raises(Unreachable, match=r"asks to wait for .* minutes") as error:
            http.get(server.url)
        assert told(error)
    assert not waits


def test_a_wait_is_announced(server, caplog):
    """Each wait is announced in one line."""
    caplog.set_level(logging.WARNING, "huggingtweets")
    server.next(Reply(429, headers={"Retry-After": "60"}))
    with Http(allow_private=True, sleep=lambda _: None) as client:
        client.get(server.url)
    assert "too many requests; next try in 60 s" in caplog.text
    said = []
    server.next(Reply(500))
    with Http(allow_private=True, sleep=lambda _: None, say=said.append) as client:
        client.get(server.url)
    assert said[0].startswith("127.0.0.1: it is out of order (status 500); next try in")


class Listener(Silence):
    """A watcher that records its notes."""

    def __init__(self):
        self.heard_of = []

    def note(self, message):
        """Record a note."""
        self.heard_of.append(message)


def test_the_watcher_sees_waits(server, monkeypatch):
    """Waits while posts are read are shown to the watcher, and only to that one."""
    feed = b"<rss><channel><title>Ada</title><item><title>words of a post</title></item></channel></rss>"
    monkeypatch.setattr(http_module, "FIRST_WAIT", 0.01)
    server.next(Reply(429), Reply(body=feed))
    watcher = Listener()
    options = ReadOptions(allow_private=True)
    [inspection] = inspect(
        DataConfig(locations=(f"{server.url}/feed.xml",), options=options), watcher=watcher
    )
    assert inspection.author.account.handle == "Ada"
    [heard] = watcher.heard_of
    assert heard.startswith("127.0.0.1: too many requests; next try in ")
    with Http(allow_private=True, sleep=lambda _: None) as client:
        server.next(Reply(500))
        client.get(server.url)
    assert watcher.heard_of == [heard]


def test_a_slow_answer_is_retried(server, http, waits, monkeypatch):
    """A request without a timely answer is retried."""
    monkeypatch.setattr(http._client, "timeout", httpx.Timeout(0.1))
    server.next(Reply(body=b"x", pause=30))
    assert http.get(server.url).status == 200
    assert len(waits) == 1


def test_a_dripping_answer_is_cut_off(server, http, waits, monkeypatch):
    """An answer that comes byte by byte without end is cut off."""
    monkeypatch.setattr(checked_transport, "LONGEST_ANSWER", 0.2)
    server.next(Reply(body=b"x" * 10_000, pause=0.05, piece=1))
    assert http.get(server.url).status == 200
    assert len(waits) == 1


def test_an_answer_without_end_is_cut(server, http):
    """Answers that are too large are refused, plain or compressed."""
    for reply in (
        Reply(body=b"x" * 2000),
        Reply(body=gzip.compress(b"x" * (64 << 20)), headers={"Content-Encoding": "gzip"}),
    ):
        server.next(reply)
        with pytest.raises(Unreachable, match="more than 1,000 bytes"):
            http.get(server.url, limit=1000)


def test_compressed_answers_are_read(server, http):
    """Compressed answers are decompressed."""
    assert not server.requests
    server.next(Reply(body=gzip.compress(b"abc" * 1000), headers={"Content-Encoding": "gzip"}))
    assert http.get(server.url).content == b"abc" * 1000
    assert server.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("status", "body", "encoding"),
    [(304, b"", "gzip"), (200, b"abc", "identity"), (200, b"abc", " Identity")],
)
def test_an_answer_that_only_names_an_encoding_is_read(server, http, status, body, encoding):
    """Caches answer that nothing has changed with the headers of what they hold, and no body."""
    server.next(Reply(status, body, headers={"Content-Encoding": encoding}))
    assert http.get(server.url).content == body
    assert len(server.requests) == 1


def test_redirects_are_followed(server, http):
    """Redirects are followed, relative ones and those to other servers; the answer has the final address."""
    with LocalServer(
        lambda request: Reply(302, headers={"Location": f"{server.url}{request.path}"})
    ) as first:
        server.next(Reply(301, headers={"Location": "../b?x=1"}))
        answer = http.get(f"{first.url}/deep/a")
    assert (server.paths(), server.requests[1].query) == (["/deep/a", "/b"], {"x": "1"})
    assert answer.url == f"{server.url}/b"


@pytest.mark.parametrize("target", ["/", "", "ftp://x/", "file:///etc/passwd", "http://", "http://[", "//"])
def test_redirects_to_nowhere_are_reported(http, target):
    """Circular, missing and impossible redirects are errors of one line."""
    with LocalServer(lambda _: Reply(302, headers={"Location": target})) as running:
        with pytest.raises(Unreachable) as error:
            http.get(running.url)
        assert len(running.requests) <= http_module.REDIRECTS + 1
    assert told(error)


def test_secrets_are_sent_to_no_other_host(server, http):
    """A redirect to another server sends ordinary headers along, and no secret."""
    with LocalServer(lambda _: Reply(302, headers={"Location": server.url})) as first:
        first.next(Reply(302, headers={"Location": "/again"}))
        http.get(first.url, headers={"Accept": "a/b"}, secrets={"Authorization": TOKEN})
    assert [request.headers.get("authorization") for request in first.requests] == [TOKEN, TOKEN]
    assert server.requests[0].headers["accept"] == "a/b"
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("token", ["Bearer one\ntwo", "Bearer ключ", "Bearer \r\nX: yes"])
def test_a_secret_that_cannot_be_sent_is_not_shown(server, http, token):
    """An invalid token is reported by the name of its header only, and nothing is sent."""
    with pytest.raises(Unreachable, match="Authorization holds characters") as error:
        http.get(server.url, secrets={"Authorization": token})
    assert token.split()[-1] not in told(error)
    assert not server.requests


def test_no_message_holds_a_secret(server, http):
    """No message has headers, passwords in addresses, or query parameters."""
    address = server.url.replace("://", "://user:hunter2@") + "/x?token=hush"
    for reply in (Reply(404), *[Reply(500)] * http_module.TRIES):
        server.next(reply)
    for _ in range(2):
        with pytest.raises(Unreachable) as error:
            http.get(address, secrets={"Authorization": TOKEN})
        assert not [word for word in ("hunter2", "hush", "s3cr3t") if word in told(error)]
    assert shown("https://a:b@c.org/d?e#f") == "https://c.org/d"


@pytest.mark.parametrize(
    "addresses",
    [
        "127.0.0.1 127.8.9.10 0.0.0.0 ::1 ::",  # this machine
        "10.1.2.3 172.16.0.1 192.168.1.1 100.64.0.1 fd00::1 fec0::1",  # private, and shared by a provider
        "169.254.169.254 fe80::1",  # link-local, where clouds keep their secrets
        "224.0.0.1 ff02::1 255.255.255.255",  # many at once
        "240.0.0.1 198.18.0.1 192.0.2.1 2001:db8::1",  # reserved, for tests, for documents
        "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1",  # IPv4 inside of IPv6
        "64:ff9b::7f00:1 64:ff9b::a00:1 2002:7f00:1:: 2002:a00:1::",  # the same, on other ways
    ],
)
def test_private_addresses_are_known(addresses):
    """Addresses outside of the public internet are private, also inside IPv6."""
    assert not [address for address in addresses.split() if is_public(address)]


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700::1111", "193.0.0.1"]
)
def test_public_addresses_are_known(address):
    """Addresses of the public internet are public, also those of networks that reach IPv4 through IPv6."""
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_ipv4_inside_ipv6_is_checked(address):
    """An IPv4 address inside an IPv6 address is as private as the plain one."""
    number = int(address)
    wrapped = [f"::ffff:{address}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"]
    assert {is_public(one) for one in wrapped} == {is_public(str(address))}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]", "0"]
)
def test_this_machine_is_not_asked(server, waits, host):
    """The address of this machine is refused in any spelling, without a retry."""
    with (
        Http(sleep=waits.append) as client,
        pytest.raises(Unreachable, match="inside of a private network") as error,
    ):
        client.get(f"http://{host}:{server.port}/")
    assert told(error)
    assert not server.requests
    assert not waits


def resolve(monkeypatch, names):
    """Make the name server return the given addresses; a list is used up one by one, as in DNS rebinding."""
    genuine = socket.getaddrinfo

    def look_up(host, *args, **kwargs):
        addresses = names.get(host, [host])
        return genuine(addresses.pop(0) if len(addresses) > 1 else addresses[0], *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_a_name_for_this_machine_is_not_asked(server, monkeypatch):
    """A name that leads to this machine is refused."""
    resolve(monkeypatch, {"innocent.example": ["127.0.0.1"]})
    with Http() as client, pytest.raises(Unreachable, match=r"innocent\.example is 127\.0\.0\.1"):
        client.get(f"http://innocent.example:{server.port}/")
    assert not server.requests


def test_a_redirect_to_this_machine_is_not_followed(server, monkeypatch):
    """A redirect to this machine is refused."""
    with LocalServer(lambda _: Reply(302, headers={"Location": f"{server.url}/metadata"})) as first:
        resolve(monkeypatch, {"first.example": ["127.0.0.1"]})
        monkeypatch.setattr(checked_transport, "is_public", lambda _: not first.requests)
        with Http() as client, pytest.raises(Unreachable, match="inside of a private network"):
            client.get(f"http://first.example:{first.port}/")
    assert first.requests
    assert not server.requests


def test_the_address_that_was_checked_is_the_one_asked(server, monkeypatch):
    """The connection goes to the address that was checked; the name is looked up once."""
    resolve(monkeypatch, {"rebinding.example": ["127.0.0.1", "127.0.0.2"]})
    checked = []
    monkeypatch.setattr(checked_transport, "is_public", lambda address: not checked.append(address))
    with Http() as client:
        client.get(f"http://rebinding.example:{server.port}/")
    assert checked == ["127.0.0.1"]
    assert server.requests[0].headers["host"] == f"rebinding.example:{server.port}"


def test_names_that_do_not_exist_are_reported(monkeypatch, waits):
    """An unknown host is reported at once; a name server without an answer is retried."""
    problems = {"no.example": socket.EAI_NONAME, "later.example": socket.EAI_AGAIN}

    def fail(host, *_, **__):
        raise socket.gaierror(problems[host], "x")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with Http(sleep=waits.append) as client:
        with pytest.raises(Unreachable, match=r"no host called no\.example"):
            client.get("https://no.example/")
        assert not waits
        with pytest.raises(Unreachable, match=r"later\.example/ cannot be read: no connection"):
            client.get("https://later.example/")
        assert len(waits) == http_module.TRIES - 1


@pytest.mark.parametrize(
    "address",
    ["", "bsky:jane", "ftp://a/b", "https://", "https:///x", "http://[::1", "\0", "http://a b/", "x" * 9999],
)
def test_what_is_no_address_is_reported(http, address):
    """An address that is not of the web is refused in one short line."""
    with pytest.raises(Unreachable) as error:
        http.get(address)
    assert len(told(error)) < 300


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate for secure.example with openssl."""
    if not shutil.which("openssl"):
        pytest.skip("needs the command openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=secure.example"
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    names = ["-addext", "subjectAltName=DNS:secure.example"]
    subprocess.run([*command.split(), *files, *names], check=True, capture_output=True)
    return folder


def test_tls_is_checked_against_the_name(certificate, monkeypatch, waits):
    """The certificate is checked against the host's name, though the connection goes to its address."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    resolve(monkeypatch, {"secure.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
    asked_for = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    tls.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    with LocalServer(lambda _: GOOD, tls) as server, Http(allow_private=True, sleep=waits.append) as client:
        assert client.get(f"https://secure.example:{server.port}/").status == 200
        assert asked_for == ["secure.example"]
        with pytest.raises(Unreachable, match="its certificate cannot be trusted"):
            client.get(f"https://other.example:{server.port}/")
        assert len(server.requests) == 1


def test_a_redirect_out_of_encryption_is_not_followed(certificate, monkeypatch, server):
    """A redirect from https to http is refused."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    resolve(monkeypatch, {"secure.example": ["127.0.0.1"]})
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with (
        LocalServer(lambda _: Reply(302, headers={"Location": server.url}), tls) as secure,
        Http(allow_private=True) as client,
        pytest.raises(Unreachable, match="not encrypted"),
    ):
        client.get(f"https://secure.example:{secure.port}/")
    assert not server.requests
