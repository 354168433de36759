"""The posts that a visitor selected to train on, stored in the session so that a reload shows them again."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Struct, field
from msgspec.structs import replace

from .. import sources
from ..cleaning import CleaningRules
from ..errors import LocationError
from ..files import whole_file
from ..sources import Match, ReadOptions
from ..workflows.data import sample_archive
from .language import N_, _
from .limits import Limits
from .messages import PageError
from .sessions import Session
from .uploads import is_upload

FILE = "chosen.json"
SAMPLE = N_("the sample: a made-up account")
MAX_PLACES = 20
MAX_NAME = 200  # characters of a person's name
PUBLIC_SOURCES = ("bluesky", "mastodon")  # for a public page: they need no secret and cost nothing


class Place(Struct, frozen=True, omit_defaults=True):
    """A location of posts, and what the page calls it: the name of an uploaded file, never its path."""

    location: str
    shown: str
    error: str = ""  # why it cannot be read, as the visitor reads it; "" where it was read
    authors: dict[str, int] = field(default_factory=dict)  # posts of each, where one has to be chosen
    columns: tuple[str, ...] = ()  # of a table, where the one with the texts has to be chosen
    may_be_one: bool = False  # whether the visitor may say that all of a table is one person's

    @property
    def asks(self) -> bool:
        """Whether it can be read when a question is answered."""
        return bool(self.authors or self.columns or self.may_be_one)


class Selection(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Places, what to leave out of them, and a summary of their posts from the last time they were read."""

    places: tuple[Place, ...] = ()
    person: str = ""  # handle of the author, where a file names none or several
    text_column: str = ""  # of tables, where it is not recognised
    one_author: bool = False  # whether all of a table is one person's, whatever it says
    rules: CleaningRules = CleaningRules()
    title: str = ""  # handles of the authors
    kept: int = 0  # posts after cleaning
    enough: bool = False  # whether a model can be trained on them

    @property
    def options(self) -> ReadOptions:
        """How the places are read."""
        return ReadOptions(
            handle=self.person or None,
            text_column=self.text_column or None,
            one_author=self.one_author or UNSET,
        )

    @property
    def readable(self) -> tuple[Place, ...]:
        """The places that were read, or were not tried yet."""
        return tuple(place for place in self.places if not place.error)

    @property
    def digest(self) -> str:
        """What tells this choice of posts from another: of what is read, and how."""
        locations = [place.location for place in self.readable]
        parts = (locations, self.person, self.text_column, self.one_author, self.rules)
        return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:16]


def load(session: Session) -> Selection:
    """The selection of a session; an empty one where there is none."""
    try:
        return msgspec.json.decode((session.root / FILE).read_bytes(), type=Selection)
    except (OSError, ValueError):
        return Selection()


def save(selection: Selection, session: Session) -> Selection:
    """Write the selection into the session, and return it; a session is not made for an empty one."""
    if selection == Selection() and not session.root.is_dir():
        return selection
    session.make()
    whole_file(session.root / FILE, msgspec.json.encode(selection))
    return selection


def with_uploads(selection: Selection, uploads: Sequence[str], incoming: Path, session: Session) -> Selection:
    """Add uploaded files, which are moved into the session.

    Args:
        selection: what the files are added to.
        uploads: paths of the files, as the browser sends them.
        incoming: the folder of Gradio's files; what is no upload in it is refused.
        session: where the files go.

    Raises:
        UserError: a path is not that of an upload, or there are too many places.
    """
    places = []
    for upload in uploads:
        path = Path(upload).resolve()
        if not is_upload(path, incoming.resolve()):
            raise PageError(_("this file is not here any more; drop it again"))
        session.make()
        folder = session.uploads / secrets.token_hex(8)
        folder.mkdir(mode=0o700, parents=True)
        file = path.replace(folder / path.name)
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
    return _with_places(selection, [Place(_location(line), line) for line in lines])


def with_sample(selection: Selection) -> Selection:
    """Replace the places by the sample: the made-up account that ships with the package."""
    sample = Place(sample_archive(), SAMPLE)
    return replace(selection, places=(sample,), person="", one_author=False)


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
    rules = replace(_cleaning_rules(replies, language, since, until), exclude=selection.rules.exclude)
    places = selection.places if handle == selection.person else tuple(map(_untried, selection.places))
    return replace(selection, rules=rules, person=handle, places=places)


def _cleaning_rules(replies: object, language: object, since: object, until: object) -> CleaningRules:
    begin, end = _date(since), _date(until)
    if begin and end and begin > end:
        raise PageError(
            _("there is no day from {begin} until {end}; swap the two").format(begin=begin, end=end)
        )
    return CleaningRules(
        keep_replies=bool(replies), lang=str(language) if language else None, since=begin, until=end
    )


def with_answer(
    selection: Selection, *, person: str = "", text_column: str = "", one_author: bool = False
) -> Selection:
    """Answer the question of a place: whose posts are read, or which column holds the texts."""
    changes = {"person": person[:MAX_NAME], "text_column": text_column, "one_author": one_author}
    selection = replace(selection, **{name: value for name, value in changes.items() if value})
    places = tuple(_untried(place) if place.asks else place for place in selection.places)
    return replace(selection, places=places)


def without_place(selection: Selection, number: str) -> Selection:
    """Remove a place by its position."""
    places = [place for position, place in enumerate(selection.places) if str(position) != number]
    return replace(selection, places=tuple(places))


def try_again(selection: Selection, number: str) -> Selection:
    """Let a place be read again that could not be read."""
    places = tuple(
        _untried(place) if str(position) == number else place
        for position, place in enumerate(selection.places)
    )
    return replace(selection, places=places)


def _untried(place: Place) -> Place:
    return Place(place.location, place.shown)


def _with_places(selection: Selection, added: Sequence[Place]) -> Selection:
    """Add places, each once; the sample gives way to them."""
    known = {place.location for place in selection.places}
    sample = sample_archive()
    places = [place for place in selection.places if place.location != sample]
    places += [place for place in added if place.location not in known]
    if len(places) > MAX_PLACES:
        raise PageError(
            _("{count} places are too many; {most} can be read at once").format(
                count=len(places), most=MAX_PLACES
            )
        )
    return replace(selection, places=tuple(places), one_author=False)  # that was said of the others


def _location(line: str) -> str:
    """What a line means: a location, or the account whose handle it is."""
    if line.startswith(("~/", "~\\")):
        return str(Path(line).expanduser())
    account = sources.account(line)
    return account if account and not Path(line).exists() else line


def _require_public(line: str) -> None:
    """Raise LocationError unless the line is an account of an open network or the address of a feed."""
    account = sources.account(line) or line
    if any(sources.load(name).recognises(account) is Match.CONTENT for name in PUBLIC_SOURCES):
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
        raise PageError(
            _("{typed} is not a date; expected one like 2024-05-01").format(typed=typed)
        ) from None
