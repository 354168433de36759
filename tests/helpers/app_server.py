"""The page in a process of its own, and a client that calls its functions without a browser."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import msgspec
import pytest

from huggingtweets.app.limits import Limits
from tests.helpers.commands import forked
from tests.helpers.hub_server import use_hub

T = TypeVar("T")
TLS = httpx.create_ssl_context()  # made once: it reads the certificates of every authority
FRESH = "import json, sys; from tests.helpers.app_server import serve; serve(*json.loads(sys.argv[1]))"


class Forked:
    """A forked process, with what tests use of `Popen`."""

    def __init__(self, process: Any) -> None:
        self._process = process

    def send_signal(self, number: int) -> None:
        """Send a signal, if the process has not ended."""
        if self._process.is_alive():
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End it."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not, after so many seconds.
        """
        self._process.join(timeout)
        if timeout and self._process.is_alive():
            raise subprocess.TimeoutExpired("the server", timeout)


@dataclass
class Served:
    """A page that is served."""

    url: str
    home: Path
    folder: Path  # the server's current folder
    process: subprocess.Popen[bytes] | Forked


def free_port() -> int:
    """A port that no program uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def delay(late: str, seconds: float) -> None:
    """Let the server send a part of its answers later, as a busy network does: those with a text in them."""
    from huggingtweets.app.request_filter import RequestFilter  # noqa: PLC0415 -- imports Gradio

    answer = RequestFilter.__call__

    async def slowly(self: RequestFilter, scope: Any, receive: Any, send: Any) -> None:
        async def send_late(message: Any) -> None:
            if late and late.encode() in message.get("body", b""):
                await asyncio.sleep(seconds)
            await send(message)

        await answer(self, scope, receive, send_late)

    RequestFilter.__call__ = slowly  # type: ignore[method-assign]


def serve(limits: str, port: int, token: str, late: str, late_by: float, ready: str) -> None:
    """Serve the page until Ctrl-C.

    Args:
        limits: of the page, as JSON.
        port: of the page.
        token: see `served`.
        late: see `served`.
        late_by: see `served`.
        ready: a file that is made when the page is there.
    """
    from huggingtweets.app.access import Access  # noqa: PLC0415 -- imports Gradio
    from huggingtweets.app.page import running  # noqa: PLC0415 -- imports Gradio

    delay(late, late_by)
    decoded = msgspec.json.decode(limits, type=Limits)
    with (
        suppress(KeyboardInterrupt),
        running(decoded, port=port, access=Access(token, port) if token else None),
    ):
        Path(ready).touch()
        threading.Event().wait()


def serve_forked(folder: Path, environment: dict[str, str], hub: str, *arguments: Any) -> None:
    """Serve the page in a folder, with an environment, and in a session of its own, as `Popen` starts it."""
    from huggingtweets.app import queue  # noqa: PLC0415 -- in the new process only

    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    if hub:
        use_hub(hub, pytest.MonkeyPatch())
    start, start_run = queue._start, forked_runs()
    queue._start = lambda run, *, own_home: start(run, own_home=True) if own_home else start_run(run)  # type: ignore[assignment, return-value]
    serve(*arguments)


class ForkedRun:
    """The process of a run, with what the page uses of `Popen`."""

    def __init__(self, ended: Connection[Any, Any]) -> None:
        self._ended = ended

    def wait(self) -> int:
        """Wait for its end; return its exit code."""
        code: int = self._ended.recv()
        return code


def forked_runs() -> Callable[[Path], ForkedRun]:
    """What starts the processes of runs, one after the other, which need not import torch again.

    They are forked from a process that is forked here, while this one has no threads yet.
    """
    from huggingtweets.app import worker  # noqa: PLC0415 -- in the new process only

    here, there = Pipe()
    if os.fork():
        there.close()

        def start(folder: Path) -> ForkedRun:
            here.send(folder)
            return ForkedRun(here)

        return start
    here.close()
    with suppress(EOFError):  # the page has ended
        while True:
            folder = there.recv()
            process = get_context("fork").Process(target=worker.main, args=(folder,))
            process.start()
            process.join()
            there.send(process.exitcode)
    os._exit(0)


@contextmanager
def served(
    folder: Path,
    limits: Limits | None = None,
    token: str = "",
    late: str = "",
    late_by: float = 0.2,
    hub: str = "",
    **environment: str,
) -> Iterator[Served]:
    """Serve the page with its home and its models below a folder; end it as Ctrl-C does.

    The process is forked from one that has imported Gradio; it is a fresh one where it has variables of its
    own, since libraries read some when they are imported.

    Args:
        folder: of the home and the models.
        limits: of the page.
        token: that opens it; "": the page is open to whoever can reach it, as most tests need it.
        late: text in the answers that come late.
        late_by: how late they come, in seconds.
        hub: address of the server that is its Hub.
        environment: more of the process's environment.
    """
    home, port = folder / "home", free_port()
    home.mkdir(parents=True, exist_ok=True)
    encoded = msgspec.json.encode(limits or Limits()).decode()
    variables = {**os.environ, "HUGGINGTWEETS_HOME": str(home), **environment}
    if hub:
        variables |= {"HF_ENDPOINT": hub, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    with tempfile.TemporaryDirectory() as told:
        ready = Path(told, "ready")
        arguments = (encoded, port, token, late, late_by, str(ready))
        if environment or os.name == "nt":
            command = [sys.executable, "-c", FRESH, json.dumps(arguments)]
            process: subprocess.Popen[bytes] | Forked = subprocess.Popen(
                command, cwd=folder, env=variables, start_new_session=True
            )
        else:
            process = Forked(forked(serve_forked, folder, variables, hub, *arguments))
        try:
            wait_for(ready.exists, 180)
            yield Served(f"http://127.0.0.1:{port}/", home, folder, process)
        finally:
            end(process)


def end(process: subprocess.Popen[Any] | Forked) -> None:
    """End a server as Ctrl-C does.

    Raises:
        subprocess.TimeoutExpired: Ctrl-C has not ended it within three minutes, so that it was killed.
    """
    process.send_signal(signal.SIGINT)
    try:
        process.wait(180)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


@dataclass
class Client:
    """A visitor without a browser."""

    url: str
    key: str = ""  # of the visitor's session; random where none is given
    address: str = ""  # where the visitor comes from, as a proxy on this machine tells it
    session: str = field(default_factory=lambda: os.urandom(8).hex())

    def __post_init__(self) -> None:
        headers = {"X-Forwarded-For": self.address} if self.address else {}
        self.http = httpx.Client(base_url=self.url, timeout=60, headers=headers, verify=TLS)
        self.config = self.http.get("config").json()
        self.key = self.key or secrets.token_urlsafe(24)  # as the browser makes it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def upload(self, name: str, content: bytes) -> httpx.Response:
        """Send a file, as dropping it does."""
        return self.http.post("gradio_api/upload", files={"files": (name, content)})

    def of(self, component: str, event: str) -> int:
        """The number of the server's function for an event of the component with this id or label."""
        ids = {
            part["id"]
            for part in self.config["components"]
            if component in [part["props"].get(name) for name in ("elem_id", "label", "value")]
        }
        for function in self.config["dependencies"]:
            handles = any(target == event and id_ in ids for id_, target in function["targets"])
            if handles and function["backend_fn"]:
                number: int = function["id"]
                return number
        raise AssertionError(f"{component} has no {event}")

    def call(
        self, function: int, data: Sequence[object], session: str = "", clicked: tuple[str, str] | None = None
    ) -> dict[str, object]:
        """Call a function of the page; return whether it succeeded, and its output.

        Args:
            function: its number.
            data: the values of its inputs.
            session: id of the Gradio session; empty: the client's own.
            clicked: action and item of the button in HTML that was clicked.
        """
        session = session or self.session
        joined = self._join(function, data, session, clicked)
        if joined.status_code != 200:
            return {"success": False, "status": joined.status_code, "output": joined.text}
        event_id = joined.json()["event_id"]
        with self.http.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if message.get("msg") == "process_completed" and message.get("event_id") == event_id:
                    return {"success": message["success"], "output": message["output"]}
        return {"success": False, "output": "the stream ended without an output"}

    def send(self, function: int, data: Sequence[object]) -> str:
        """Call a function of the page without waiting for its answer; return the number of the event."""
        number: str = self._join(function, data, self.session).json()["event_id"]
        return number

    def messages(self) -> Iterator[tuple[str, str | None]]:
        """What the stream of answers says as it comes: a kind and an event's number."""
        with self.http.stream("GET", "gradio_api/queue/data", params={"session_hash": self.session}) as lines:
            for line in lines.iter_lines():
                if line.startswith("data: "):
                    message = json.loads(line.removeprefix("data: "))
                    yield message["msg"], message.get("event_id")

    def _join(
        self, function: int, data: Sequence[object], session: str, clicked: tuple[str, str] | None = None
    ) -> httpx.Response:
        """Send an event to the queue."""
        return self.http.post(
            "gradio_api/queue/join",
            json={
                "data": list(data),
                "fn_index": function,
                "session_hash": session,
                "trigger_id": 1,
                "event_data": {"action": clicked[0], "item": clicked[1]} if clicked else None,
            },
        )


def wait_for(condition: Callable[[], T], seconds: float = 60.0, pause: float = 0.1) -> T:
    """Wait until the condition returns something true, and return that; pause before asking again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(pause)
    raise AssertionError("waited in vain")
