"""A visitor of the page without a browser, so that only the server is measured."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from itertools import count

import httpx

BOXES = (True, "", "", "", "")  # of what to leave out, as they stand when the page is opened


class Visitor:
    """Presses buttons and drops files as the page's own scripts do, over HTTP."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=300)
        self._config = self._http.get("config").json()
        self._sessions = count()

    def open(self) -> None:
        """Request the page, up to the first byte."""
        with self._http.stream("GET", "/") as answer:
            next(answer.iter_bytes())

    def upload(self, pieces: Iterable[bytes]) -> str:
        """Send a file, as dropping it does; return the name that the server gave it."""
        headers = {"Content-Type": "multipart/form-data; boundary=end-of-part"}
        answer = self._http.post("gradio_api/upload", content=pieces, headers=headers)
        path: str = answer.raise_for_status().json()[0]
        return path

    def call(self, part: str, data: list[object], event: str = "click") -> Iterator[str]:
        """Trigger an event of a component, named by its id or label; yield the answers of the server."""
        ids = [
            each["id"]
            for each in self._config["components"]
            if part in (each["props"].get("elem_id"), each["props"].get("label"))
        ]
        functions = self._config["dependencies"]
        function = next(f["id"] for f in functions if any([id_, event] in f["targets"] for id_ in ids))
        session = f"measured-{os.getpid()}-{next(self._sessions)}"
        body = {"data": data, "fn_index": function, "session_hash": session, "trigger_id": ids[0]}
        self._http.post("gradio_api/queue/join", json=body).raise_for_status()
        with self._http.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as lines:
            for line in lines.iter_lines():
                message = json.loads(line[6:]) if line.startswith("data: ") else {}
                if message.get("msg") in {"process_generating", "process_completed"}:
                    yield line
                if message.get("msg") == "process_completed":
                    if not message["success"]:
                        sys.exit(f"{part}: {message['output']}")
                    return
