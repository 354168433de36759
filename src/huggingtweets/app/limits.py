"""What a visitor may do: everything on one's own machine, little on the internet."""

from __future__ import annotations

from msgspec import Struct

from .. import recipes

MEGABYTE = 1_000_000
HOUR = 3600.0
OFFLINE = ("starter", "ngram")  # recipes that need nothing from the Hub


class Limits(Struct, frozen=True, kw_only=True):
    """What is allowed; the defaults are those of a page that only its owner can reach."""

    public: bool = False  # strangers come: each has a room of their own, and no path of this machine counts
    upload: int | None = None  # bytes of a file
    posts: int | None = None  # read at most
    reading: float | None = None  # seconds
    teaching: float | None = None  # seconds of a run
    waiting: int = 20  # runs in the queue
    own_waiting: int = 20  # of them of one visitor
    models: int = 1000  # of one visitor
    kept: float | None = None  # seconds without a visit after which a room is cleared
    sessions: int = 100_000  # visitors with files of their own at the same time
    drawing: int = 4  # things that a processor works on at the same time

    def recipes(self) -> tuple[str, ...]:
        """What can be trained here, what needs no download first; strangers get nothing else."""
        others = tuple(name for name in recipes.names() if name not in OFFLINE)
        return OFFLINE if self.public else OFFLINE + others


ON_THE_INTERNET = Limits(
    public=True,
    upload=200 * MEGABYTE,
    posts=200_000,
    reading=120.0,
    teaching=0.5 * HOUR,
    waiting=20,
    own_waiting=1,
    models=5,
    kept=2 * HOUR,
    sessions=200,
    drawing=2,
)
