"""What a visitor chose to learn from, kept in their room so that a reload finds it again."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from .. import sources
from ..cleaning import CleaningRules
from ..dataset.sufficiency import Level, sufficiency
from ..errors import LocationError, UserError
from ..progress import Silence
from ..sources import Match, ReadOptions
from ..workflows.data import DataConfig, sample_archive
from ..workflows.inspect import Inspection, inspect
from .limits import Limits
from .sessions import Session

FILE = "chosen.json"
MOST = 20  # places
MOST_LETTERS = 200  # of a person's name
LIVE = ("bluesky", "mastodon")  # what strangers may name: places that ask for no secret and no money


class Place(Struct, frozen=True):
    """A location, and how it is called on the page."""

    location: str
    shown: str


class Selection(Struct, frozen=True, kw_only=True):
    """Places, what to leave out of them, and what was found there the last time."""

    places: tuple[Place, ...] = ()
    person: str = ""  # who it is, where a file names nobody
    rules: CleaningRules = CleaningRules()
    title: str = ""  # whose posts
    kept: int = 0
    enough: bool = False

    @property
    def options(self) -> ReadOptions:
        """What is said of the places."""
        return ReadOptions(handle=self.person or None)


def load(session: Session) -> Selection:
    """What was chosen in a room; nothing where nothing was."""
    try:
        return msgspec.json.decode((session.root / FILE).read_bytes(), type=Selection)
    except (OSError, msgspec.DecodeError):
        return Selection()


def save(selection: Selection, session: Session) -> Selection:
    """Keep it."""
    session.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    (session.root / FILE).write_bytes(msgspec.json.encode(selection))
    return selection


def with_uploads(selection: Selection, uploads: Sequence[str], incoming: Path, session: Session) -> Selection:
    """Take files that were dropped on the page: they are moved into the room, not copied.

    Raises:
        UserError: a file is none that was dropped here, or there are too many.
    """
    taken = []
    for upload in uploads:
        path = Path(upload).resolve()
        if not path.is_relative_to(incoming.resolve()) or not path.is_file():
            raise UserError("this file is not here any more; drop it again")
        folder = session.uploads / secrets.token_hex(8)
        folder.mkdir(mode=0o700, parents=True)
        moved = path.rename(folder / path.name)
        taken.append(Place(str(moved), path.name))
    return _added(selection, taken)


def with_typed(selection: Selection, typed: str, limits: Limits) -> Selection:
    """Take handles, addresses and, on one's own machine, paths: one a line, or with commas.

    Raises:
        LocationError: nothing was typed, or something that may not be asked for.
    """
    lines = [line.strip() for line in re.split(r"[\n,]", typed) if line.strip()]
    if not lines:
        raise LocationError(f"nothing was typed; expected an account like {sources.load(LIVE[0]).EXAMPLE}")
    if limits.public:
        for line in lines:
            _require_live(line)
    return _added(selection, [Place(line, line) for line in lines])


def with_sample(selection: Selection) -> Selection:
    """Take the made-up account that ships with the package, and nothing else."""
    sample = Place(sample_archive(), "the sample: a made-up account")
    return msgspec.structs.replace(selection, places=(sample,), person="")


def as_shown(selection: Selection, *boxes: object) -> Selection:
    """The same places by what the page's boxes say: those of `rules`, and whose posts they are.

    Raises:
        UserError: as for `rules`.
    """
    *about, person = boxes
    who = str(person or "").strip().lstrip("@")[:MOST_LETTERS]
    return msgspec.structs.replace(selection, rules=rules(*about), person=who)


def rules(replies: object, language: object, since: object, until: object) -> CleaningRules:
    """Make rules of what the page sends.

    Raises:
        UserError: a date is none, or a language is not known.
    """
    begin, end = _day(since), _day(until)
    if begin and end and begin > end:
        raise UserError(f"from {begin} until {end} there is no day; exchange the two")
    return CleaningRules(
        keep_replies=bool(replies), lang=str(language) if language else None, since=begin, until=end
    )


def look(selection: Selection, session: Session, limits: Limits) -> tuple[Selection, list[Inspection]]:
    """Read and clean what was chosen; what was found is kept in the room.

    Raises:
        UserError: it cannot be read, or there is too much of it.
    """
    data = DataConfig(
        locations=tuple(place.location for place in selection.places),
        options=selection.options,
        rules=selection.rules,
    )
    with session.entered():
        inspections = inspect(data, watcher=_Bounded(limits))
    authors = [inspection.author for inspection in inspections]
    level = sufficiency([text for author in authors for text in author.texts]).level
    now = msgspec.structs.replace(
        selection,
        title=" + ".join(author.account.handle for author in authors),
        kept=sum(author.cleaned.funnel.kept for author in authors),
        enough=level is not Level.TOO_LITTLE,
    )
    return save(now, session), inspections


def without_places(message: str, selection: Selection) -> str:
    """An error's words with the names that the visitor knows, in place of paths of a server."""
    for place in selection.places:
        message = message.replace(place.location, place.shown)
        message = message.replace(str(Path(place.location).parent), "")
    return message


class _Bounded(Silence):
    """Ends a reading that takes too long or finds too much."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._end = time.monotonic() + limits.reading if limits.reading else None

    def read(self, posts: int, expected: int | None) -> None:
        """Look at the limits.

        Raises:
            LocationError: one is reached.
        """
        del expected
        if self._limits.posts and posts > self._limits.posts:
            raise LocationError(
                f"more than {self._limits.posts:,} posts are too many for this page; "
                "run huggingtweets on your own machine"
            )
        if self._end and time.monotonic() > self._end:
            raise LocationError("reading takes too long for this page; run huggingtweets on your own machine")


def _added(selection: Selection, places: Sequence[Place]) -> Selection:
    known = {place.location for place in selection.places}
    sample = sample_archive()
    both = [p for p in selection.places if p.location != sample] + [
        p for p in places if p.location not in known
    ]
    if len(both) > MOST:
        raise UserError(f"{len(both)} places are too many; {MOST} can be read at once")
    return msgspec.structs.replace(selection, places=tuple(both))


def _require_live(line: str) -> None:
    """Strangers name accounts of open networks and public feeds, and no file of this machine."""
    if any(sources.load(name).recognises(line) is Match.CONTENT for name in LIVE):
        return
    if urlsplit(line).scheme in {"http", "https"} and sources.load("feed").recognises(line) is not Match.NO:
        return
    known = ", ".join(sources.load(name).EXAMPLE for name in (*LIVE, "feed"))
    raise LocationError(f"{line} cannot be read here; expected something like {known}, or drop a file")


def _day(given: object) -> date | None:
    if not given:
        return None
    try:
        return date.fromisoformat(str(given).strip()[:10])
    except ValueError:
        raise UserError(f"{given} is no date; expected one like 2024-05-01") from None
