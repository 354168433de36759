"""What a visitor may do: everything on the owner's machine, little on a public page."""

from __future__ import annotations

from msgspec import Struct

from .. import recipes
from ..bases import named

MEGABYTE = 1_000_000
HOUR = 3600.0
OFFLINE = ("starter", "ngram")  # recipes that need nothing from the Hub
REAL = "smollm2-135m"  # the recipe of the smallest base whose sentences mean something


class Limits(Struct, frozen=True, kw_only=True):
    """What is allowed; the defaults are those of a page that only its owner can reach. None: no limit."""

    public: bool = False  # anybody can come: every visitor has a session, and no path of this machine is read
    upload: int | None = None  # bytes of a file
    posts: int | None = None  # posts of a selection
    reading: float | None = None  # seconds that reading a selection may take
    memory: int | None = None  # bytes of memory that reading a selection may take
    training: float | None = None  # seconds that a run may take
    queued: int = 20  # runs in the queue
    own_queued: int = 20  # runs of one visitor in the queue
    models: int = 1000  # models of one visitor
    idle: float | None = None  # seconds without an event of the visitor after which a session is deleted
    sessions: int = 100_000  # sessions at the same time
    own_sessions: int | None = None  # sessions at the same time of one address
    own_readings: int | None = None  # selections of one address that are read at the same time
    own_uploads: int | None = None  # bytes of files that one address has uploaded and not used yet
    events: int = 100  # of all visitors that wait at the same time
    own_events: int | None = None  # of one address that wait, are at work, or whose answer was not fetched
    connections: int = 1000  # at the same time
    own_connections: int | None = None  # of one address at the same time; the same number of requests
    headers: float = 10.0  # seconds that the headers of a request may take to arrive
    body_seconds: float = 60.0  # that a request's body may keep the page waiting, for each 600 KB of it
    answer: float = 60.0  # seconds that a visitor may take for each piece of an answer
    concurrent: int = 4  # events that need much of the processor and are handled at the same time

    def recipes(self) -> tuple[str, ...]:
        """Names of the recipes that are offered: those that work offline, and on the owner's machine all.

        What is most worth a try comes first: on a phone the list is long.
        """
        first = (*OFFLINE, REAL)
        return OFFLINE if self.public else first + tuple(sorted(set(recipes.names()) - set(first)))

    def default_recipe(self) -> str:
        """The recipe that is marked at first: the real base where it is here, so that nobody waits for it."""
        return REAL if REAL in self.recipes() and named.is_here(recipes.load(REAL).base) else OFFLINE[0]


ON_THE_INTERNET = Limits(
    public=True,
    upload=200 * MEGABYTE,
    posts=200_000,
    reading=120.0,
    memory=4000 * MEGABYTE,
    training=0.5 * HOUR,
    queued=20,
    own_queued=1,
    models=5,
    idle=2 * HOUR,
    sessions=200,
    own_sessions=10,
    own_readings=2,
    own_uploads=400 * MEGABYTE,
    own_events=40,
    own_connections=100,
    concurrent=8,
)
