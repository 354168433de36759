"""The posts that a visitor selected to train on, stored in the session so that a reload shows them again."""

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
MAX_PLACES = 20
MAX_NAME = 200  # characters of a person's name
PUBLIC_SOURCES = ("bluesky", "mastodon")  # for a public page: they need no secret and cost nothing


class Place(Struct, frozen=True):
    """A location of posts, and what the page calls it: the name of an uploaded file, never its path."""

    location: str
    shown: str


class Selection(Struct, frozen=True, kw_only=True):
    """Places, what to leave out of them, and a summary of their posts from the last time they were read."""

    places: tuple[Place, ...] = ()
    person: str = ""  # handle of the author, where a file names none or several
    rules: CleaningRules = CleaningRules()
    title: str = ""  # handles of the authors
    kept: int = 0  # posts after cleaning
    enough: bool = False  # whether a model can be trained on them

    @property
    def options(self) -> ReadOptions:
        """How the places are read."""
        return ReadOptions(handle=self.person or None)


def load(session: Session) -> Selection:
    """The selection of a session; an empty one where there is none."""
    try:
        return msgspec.json.decode((session.root / FILE).read_bytes(), type=Selection)
    except (OSError, msgspec.DecodeError):
        return Selection()


def save(selection: Selection, session: Session) -> Selection:
    """Write the selection into the session, and return it."""
    session.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    (session.root / FILE).write_bytes(msgspec.json.encode(selection))
    return selection


def with_uploads(selection: Selection, uploads: Sequence[str], incoming: Path, session: Session) -> Selection:
    """Add uploaded files, which are moved into the session.

    Args:
        selection: what the files are added to.
        uploads: paths of the files, as the browser sends them.
        incoming: the folder where Gradio puts uploads; a path outside of it is refused.
        session: where the files go.

    Raises:
        UserError: a path is not that of an upload, or there are too many places.
    """
    places = []
    for upload in uploads:
        path = Path(upload).resolve()
        if not path.is_relative_to(incoming.resolve()) or not path.is_file():
            raise UserError("this file is not here any more; drop it again")
        folder = session.uploads / secrets.token_hex(8)
        folder.mkdir(mode=0o700, parents=True)
        file = path.rename(folder / path.name)
        places.append(Place(str(file), path.name))
    return _with_places(selection, places)


def with_typed(selection: Selection, typed: str, limits: Limits) -> Selection:
    """Add handles, addresses and, on the owner's machine, paths, separated by line breaks or commas.

    Raises:
        LocationError: nothing was typed, or something that may not be read on a public page.
        UserError: there are too many places.
    """
    lines = [line.strip() for line in re.split(r"[\n,]", typed) if line.strip()]
    if not lines:
        raise LocationError(
            f"nothing was typed; expected an account like {sources.load(PUBLIC_SOURCES[0]).EXAMPLE}"
        )
    if limits.public:
        for line in lines:
            _require_public(line)
    return _with_places(selection, [Place(line, line) for line in lines])


def with_sample(selection: Selection) -> Selection:
    """Replace the places by the sample: the made-up account that ships with the package."""
    sample = Place(sample_archive(), "the sample: a made-up account")
    return msgspec.structs.replace(selection, places=(sample,), person="")


def with_filters(
    selection: Selection, replies: object, language: object, since: object, until: object, person: object
) -> Selection:
    """Replace what is left out of the places by the values of the page's inputs.

    Args:
        selection: what is changed.
        replies: whether replies are kept.
        language: code of the language to keep; empty: every language.
        since: the first day, like 2024-05-01; empty: no first day.
        until: the last day.
        person: handle of the author.

    Raises:
        UserError: a date cannot be read, the last day is before the first, or a language is not known.
    """
    handle = str(person or "").strip().lstrip("@")[:MAX_NAME]
    rules = _cleaning_rules(replies, language, since, until)
    return msgspec.structs.replace(selection, rules=rules, person=handle)


def _cleaning_rules(replies: object, language: object, since: object, until: object) -> CleaningRules:
    begin, end = _date(since), _date(until)
    if begin and end and begin > end:
        raise UserError(f"from {begin} until {end} there is no day; exchange the two")
    return CleaningRules(
        keep_replies=bool(replies), lang=str(language) if language else None, since=begin, until=end
    )


def read_posts(selection: Selection, session: Session, limits: Limits) -> tuple[Selection, list[Inspection]]:
    """Read and clean the posts of a selection, and save its new summary.

    Returns:
        The selection as it was saved, and an inspection for each author.

    Raises:
        UserError: a place cannot be read, or a limit is reached.
    """
    data = DataConfig(
        locations=tuple(place.location for place in selection.places),
        options=selection.options,
        rules=selection.rules,
    )
    with session.use_home():
        inspections = inspect(data, watcher=_ReadingLimits(limits))
    authors = [inspection.author for inspection in inspections]
    level = sufficiency([text for author in authors for text in author.texts]).level
    selection = msgspec.structs.replace(
        selection,
        title=" + ".join(author.account.handle for author in authors),
        kept=sum(author.cleaned.funnel.kept for author in authors),
        enough=level is not Level.TOO_LITTLE,
    )
    return save(selection, session), inspections


def hide_paths(message: str, selection: Selection) -> str:
    """Replace the paths of the server in an error message by the names that the visitor knows."""
    for place in selection.places:
        message = message.replace(place.location, place.shown)
        message = message.replace(str(Path(place.location).parent), "")
    return message


class _ReadingLimits(Silence):
    """A watcher that stops reading which takes too long or finds too many posts."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._end = time.monotonic() + limits.reading if limits.reading else None

    def read(self, posts: int, expected: int | None) -> None:
        """Check the limits.

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


def _with_places(selection: Selection, added: Sequence[Place]) -> Selection:
    """Add places, each once; the sample gives way to them."""
    known = {place.location for place in selection.places}
    sample = sample_archive()
    places = [place for place in selection.places if place.location != sample]
    places += [place for place in added if place.location not in known]
    if len(places) > MAX_PLACES:
        raise UserError(f"{len(places)} places are too many; {MAX_PLACES} can be read at once")
    return msgspec.structs.replace(selection, places=tuple(places))


def _require_public(line: str) -> None:
    """Raise LocationError unless the line is an account of an open network or the address of a feed."""
    if any(sources.load(name).recognises(line) is Match.CONTENT for name in PUBLIC_SOURCES):
        return
    if urlsplit(line).scheme in {"http", "https"} and sources.load("feed").recognises(line) is not Match.NO:
        return
    known = ", ".join(sources.load(name).EXAMPLE for name in (*PUBLIC_SOURCES, "feed"))
    raise LocationError(f"{line} cannot be read here; expected something like {known}, or drop a file")


def _date(typed: object) -> date | None:
    if not typed:
        return None
    try:
        return date.fromisoformat(str(typed).strip()[:10])
    except ValueError:
        raise UserError(f"{typed} is no date; expected one like 2024-05-01") from None
