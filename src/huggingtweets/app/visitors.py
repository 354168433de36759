"""Limits on what the visitors of each network address use at the same time.

Behind a proxy all visitors have the proxy's address, unless the server trusts the address that the proxy
tells: uvicorn does for the networks in $FORWARDED_ALLOW_IPS.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..connections.addresses import counted_as
from ..errors import UserError
from .limits import Limits

_FULL = "too many people are here just now; try again later, or run it yourself"


def current_address() -> str:
    """The address of the visitor whose event is being handled; "" outside of events."""
    from gradio.context import LocalContext  # noqa: PLC0415 -- it imports Gradio, which takes a second

    request = LocalContext.request.get(None)
    client = request.client if request else None
    return counted_as(client.host if client else "")


class Visitors:
    """Counts what each address uses."""

    def __init__(self, limits: Limits) -> None:
        """Begin with nothing used."""
        self._limits = limits
        self._readings: Counter[str] = Counter()
        self._sessions: dict[Path, str] = {}  # addresses by the folders of sessions that were made since
        self._lock = threading.Lock()

    @contextmanager
    def reading(self, address: str) -> Iterator[None]:
        """Count a reading of an address during the block.

        Raises:
            UserError: the address has too many already.
        """
        most = self._limits.own_readings
        with self._lock:
            if most is not None and self._readings[address] >= most:
                raise UserError("posts of yours are being read already; wait until they are")
            self._readings[address] += 1
        try:
            yield
        finally:
            with self._lock:
                self._readings[address] -= 1

    def make_folder(self, folder: Path, address: str) -> None:
        """Make the folder of a session, which counts for an address from now on, if it is not there.

        Raises:
            UserError: there are too many, of this address or of all.
        """
        with self._lock:
            if folder.is_dir():
                return
            folders = set(folder.parent.iterdir()) if folder.parent.is_dir() else set()
            self._sessions = {known: owner for known, owner in self._sessions.items() if known in folders}
            own, most = list(self._sessions.values()).count(address), self._limits.own_sessions
            if len(folders) >= self._limits.sessions or (most is not None and own >= most):
                raise UserError(_FULL)
            folder.mkdir(mode=0o700, parents=True)
            self._sessions[folder] = address
