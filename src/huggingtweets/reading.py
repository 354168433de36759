"""Reading and cleaning: locations in, people with their kept posts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain

from msgspec.structs import replace

from . import cleaning, sources
from .cleaning import Cleaned, Rules
from .evaluation.verdict import Verdict, verdict
from .progress import Silence, Watcher, watched_by
from .sources import ReadOptions
from .types import Account, Post

COUNT_EVERY = 500  # posts read between two words to the watcher


@dataclass(frozen=True)
class Person:
    """One author, and what cleaning kept of their posts."""

    account: Account
    cleaned: Cleaned
    digest: str  # of what was read


@dataclass(frozen=True)
class Inspection:
    """What the locations hold of one person, and whether it is enough."""

    person: Person
    verdict: Verdict

    def summary(self) -> dict[str, object]:
        """The same for machines."""
        cleaned = self.person.cleaned
        return {
            "account": replace(self.person.account, avatar=None),
            "funnel": cleaned.funnel,
            "verdict": self.verdict,
            "dropped": cleaned.examples,
            "kept": [post.text for post in cleaned.some()],
        }


def sample_archive() -> str:
    """The archive of a made-up account that ships with the package."""
    return str(files(__package__) / "data" / "sample-archive.zip")


def inspect(
    locations: Sequence[str],
    *,
    options: ReadOptions | None = None,
    source: str | None = None,
    rules: Rules | None = None,
    watcher: Watcher | None = None,
) -> list[Inspection]:
    """Read and clean what the locations hold, one inspection per person; nothing is trained or written."""
    people = read(locations, options or ReadOptions(), source, rules or Rules(), watcher or Silence())
    return [Inspection(person, verdict([post.text for post in person.cleaned.posts])) for person in people]


def read(
    locations: Sequence[str], options: ReadOptions, source: str | None, rules: Rules, watcher: Watcher
) -> list[Person]:
    """Read and clean every location; several of one person are joined. The watcher hears of waits, too."""
    with watched_by(watcher):
        return _read(locations, options, source, rules, watcher)


def _read(
    locations: Sequence[str], options: ReadOptions, source: str | None, rules: Rules, watcher: Watcher
) -> list[Person]:
    accounts: dict[str, Account] = {}
    digests: dict[str, list[str]] = {}
    posts: dict[str, list[Iterable[Post]]] = {}
    for location in locations:
        timeline = sources.read(location, options, source=source)
        watcher.stage("read", f"{location} ({timeline.account.source})")
        who = timeline.account.handle.casefold()
        accounts.setdefault(who, timeline.account)
        digests.setdefault(who, []).append(timeline.digest)
        posts.setdefault(who, []).append(_counted(timeline.posts, timeline.expected, watcher))
    return [
        Person(account, cleaning.clean(chain.from_iterable(posts[who]), rules), " ".join(digests[who]))
        for who, account in accounts.items()
    ]


def _counted(posts: Iterable[Post], expected: int | None, watcher: Watcher) -> Iterator[Post]:
    for number, post in enumerate(posts, start=1):
        if number % COUNT_EVERY == 0:
            watcher.read(number, expected)
        yield post
