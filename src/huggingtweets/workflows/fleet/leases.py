"""Leases: who works on an author, and until when. They need no rename and no lock, only "create if absent".

A lease is a file with a number. An author is free where there is none, or where the highest one has
expired; whoever creates the next number has the author. The holder writes the file anew before it expires,
and gives up as soon as it has expired or a higher number is there. So one worker at a time works on an
author, as long as the clocks of the machines differ by less than two thirds of a lease.

One case is left: a worker that is held up, between a look at the clock and writing, for longer than a lease.
Its files may then be mixed with those of the next worker. `fleet status --check` finds that, since the file
in `ended/` has the digests of all files.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from ...errors import StoreUnavailable
from .store import LEASES, Store

RENEWALS = 3  # in the time of a lease
_FILE = re.compile(r"(.+)~([0-9]+)")  # without its suffix; a copy that a disk's own program made is none


class LeaseLost(Exception):  # noqa: N818 -- what happened, not a mistake
    """A worker renewed its lease too late, and another worker may have taken the author over."""


class _Content(Struct, frozen=True, kw_only=True):
    owner: str
    nonce: str  # tells two leases of one owner apart
    expires: float  # seconds since 1970


@dataclass
class Lease:
    """The right to work on an author, until it is released, lost or expired."""

    store: Store
    name: str
    owner: str
    seconds: float
    number: int
    nonce: str
    expires: float
    lost: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise where the lease is lost.

        Raises:
            LeaseLost: it expired, or somebody else has it.
        """
        if self.lost.is_set() or time.time() >= self.expires:
            self.lost.set()
            raise LeaseLost(f"the lease of {self.name} is lost")

    def renew(self) -> None:
        """Extend the lease: it lasts its full time from now on.

        Raises:
            LeaseLost: somebody else has it, or it has expired.
        """
        self.check()
        current = _latest(self.store, self.name, self.seconds)
        if current is None or (current[0], current[1].nonce) != (self.number, self.nonce):
            self.lost.set()
        self.check()
        expires = time.time() + self.seconds
        self.store.write(_path(self.name, self.number), _encode(self.owner, self.nonce, expires))
        self.check()  # it may have expired while a slow store wrote, and somebody may have taken over
        self.expires = expires

    def release(self) -> None:
        """Give the author back; nothing happens where the lease is lost."""
        with suppress(LeaseLost):
            self.check()
            _remove(self.store, self.name, self.number)


def new_owner() -> str:
    """A name that no lease had before: the machine, the process, and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(6)}"


def acquire(store: Store, name: str, owner: str, seconds: float) -> Lease | None:
    """Take the lease of an author; None where another worker holds it.

    Args:
        store: of the fleet.
        name: of the author.
        owner: who takes it.
        seconds: after which it expires, unless it is renewed.
    """
    current = _latest(store, name, seconds)
    if current and current[1].expires > time.time():
        return None
    number = current[0] + 1 if current else 1
    nonce, expires = secrets.token_hex(8), time.time() + seconds
    if not store.create(_path(name, number), _encode(owner, nonce, expires)):
        return None
    return Lease(store, name, owner, seconds, number, nonce, expires)


@contextmanager
def renewed(lease: Lease, also: Callable[[], None]) -> Iterator[None]:
    """Renew a lease while the block runs, and release it at its end.

    Args:
        lease: that was taken.
        also: done as often as the lease is renewed, for example to keep a checkpoint. It may take longer than
            the lease lasts.
    """
    over = threading.Event()

    def repeat(act: Callable[[], None]) -> None:
        while not over.wait(lease.seconds / RENEWALS):
            try:
                act()
            except LeaseLost:
                return
            except (StoreUnavailable, OSError):
                continue  # the next try may reach the store; if none does, the lease expires

    def act_with_lease() -> None:
        lease.check()
        also()

    acts = lease.renew, act_with_lease
    threads = [threading.Thread(target=repeat, args=(act,), daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
        with suppress(StoreUnavailable):  # then it expires
            lease.release()


def holders(store: Store) -> dict[str, str]:
    """Who holds a lease that has not expired: the owner by the author's name."""
    now, owners = time.time(), {}
    contents = {key: each for stem, each in store.read_folder(LEASES).items() if (key := _parsed(stem))}
    for key in sorted(contents):
        with suppress(ValueError):
            content = msgspec.json.decode(contents[key], type=_Content)
            owners[key[1]] = content.owner if content.expires > now else ""
    return {name: owner for name, owner in owners.items() if owner}


def release_of(store: Store, owner: str) -> None:
    """Remove the leases of an owner who is known to be dead."""
    for name, holder in holders(store).items():
        if holder == owner:
            _remove(store, name, max(_numbers(store, name), default=0))


def _latest(store: Store, name: str, seconds: float) -> tuple[int, _Content] | None:
    """The lease with the highest number; one whose file is still being written counts from its beginning."""
    numbers = _numbers(store, name)
    if not numbers:
        return None
    path = _path(name, numbers[-1])
    content = store.read(path)
    try:
        return numbers[-1], msgspec.json.decode(content or b"", type=_Content)
    except ValueError:
        return numbers[-1], _Content(owner="", nonce="", expires=store.modified(path) + seconds)


def _remove(store: Store, name: str, number: int) -> None:
    """Remove a lease and those that it took over, which have expired."""
    store.remove(*(_path(name, n) for n in _numbers(store, name) if n <= number))


def _numbers(store: Store, name: str) -> list[int]:
    parsed = (_parsed(file.removesuffix(".json")) for file in store.names(LEASES))
    return sorted(key[0] for key in parsed if key and key[1] == name)


def _parsed(stem: str) -> tuple[int, str] | None:
    """The number and the author in the name of a lease's file; None of another file."""
    matched = _FILE.fullmatch(stem)
    return (int(matched[2]), matched[1]) if matched else None


def _path(name: str, number: int) -> str:
    return f"{LEASES}/{name}~{number}.json"


def _encode(owner: str, nonce: str, expires: float) -> bytes:
    return msgspec.json.encode(_Content(owner=owner, nonce=nonce, expires=expires))
