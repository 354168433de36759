"""What the exports of Meta (Instagram, Threads, Facebook) have in common. Only the form JSON is read.

Meta writes each byte of UTF-8 as a character of its own, so that `é` becomes `Ã©`; `repair` undoes it in
every string that is used. The posts in these exports have no ids and no addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from ...errors import LocationError
from ...types import Account
from .._contract import ReadOptions
from .authors import same_handle, to_handle
from .dates import read_date
from .export_files import Export
from .json_arrays import decode_array
from .json_nested import nested_values

T = TypeVar("T")

_OWNER = re.compile(r"(?:instagram|threads|facebook)-(.+?)-\d{4}-\d{2}-\d{2}\b")  # a zip's name
_OF_INSTAGRAM = (
    "personal_information/personal_information/personal_information.json",
    "personal_information/personal_information.json",
)
_PRIVATE = re.compile(
    r"priva|privé|prywat|soukrom|súkrom|gizli|pribadi|peribadi|riêng tư|yksityi|lukket|"
    r"приват|закрыт|частн|ιδιωτικ|פרטי|خاص|خصوصی|निजी|ส่วนตัว|비공개|非公開|鍵アカ|私密|私人|不公开|不公開|"
    r"privát|частен|pribado"
)
_NO = {  # what may stand beside "private account"
    *("", "false", "no", "nein", "non", "não", "falsch", "faux", "falso", "нет", "いいえ", "否", "아니요"),
    *("hayir", "nie", "ne", "nee", "nej", "ei"),
}
_PROFILES = {  # by source, the most reliable first; each is an object with a list of one person
    "instagram_export": _OF_INSTAGRAM,
    "threads_export": (
        "your_instagram_activity/threads/personal_information.json",
        "threads/personal_information.json",
        *_OF_INSTAGRAM,
    ),
}


class Value(Struct, frozen=True):
    """The value of a label. Labels are in the language of the account."""

    value: str | None = ""
    timestamp: int = 0
    uri: str | None = ""


class TextPost(Struct, frozen=True):
    """What Threads adds to a medium."""

    is_reply: bool = False


class Medium(Struct, frozen=True):
    """A picture, a film, or text alone. Its title is the post's text, unless the post has its own."""

    uri: str | None = ""
    title: str | None = ""
    creation_timestamp: int = 0
    text_app_post: TextPost | None = None


class Item(Struct, frozen=True):
    """A post of Instagram or Threads: its media, and often no text of its own."""

    media: list[Medium] | Medium = []
    title: str | None = ""
    creation_timestamp: int = 0

    @property
    def text(self) -> str:
        """The text as it was typed."""
        return repair(next(filter(None, [self.title, *(medium.title for medium in self._media)]), "")).strip()

    @property
    def created_at(self) -> datetime | None:
        """When the post was published."""
        times = [self.creation_timestamp, *(medium.creation_timestamp for medium in self._media)]
        return read_date(next(filter(None, times), 0))

    @property
    def files(self) -> set[str]:
        """The names of the files of its media."""
        return {file_name(medium.uri or "") for medium in self._media} - {""}

    @property
    def is_reply(self) -> bool:
        """Whether it answers another post; only Threads says so."""
        return any(medium.text_app_post and medium.text_app_post.is_reply for medium in self._media)

    @property
    def _media(self) -> list[Medium]:
        return [self.media] if isinstance(self.media, Medium) else self.media


class _Profile(Struct, frozen=True):
    """The fields of a profile whose labels are in English; e-mail and telephone are not read."""

    username: Value = field(name="Username", default=Value())
    name: Value = field(name="Name", default=Value())
    bio: Value = field(name="Bio", default=Value())


class _Person(Struct, frozen=True):
    string_map_data: dict[str, Value] = {}
    media_map_data: dict[str, Value] = {}  # the picture


def repair(text: str | None) -> str:
    """Return a string as it was typed, "" for None; a string that Meta did not damage stays as it is."""
    try:
        return (text or "").encode("latin-1").decode()
    except UnicodeError:
        return text or ""


def file_name(uri: str) -> str:
    """Return the name of a file without its folders, of which an export may name several for one file."""
    return uri.rpartition("/")[2]


def items(export: Export, name: str, kind: type[list[T]], *keys: str) -> Iterator[T]:
    """Yield the objects of a file that is a list, or an object that has the list under one of `keys`."""
    decoder = msgspec.json.Decoder(kind, strict=False)
    chunks = export.chunks(name)
    first = next(chunks, b"")
    content = chain([first], chunks)
    if not first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        yield from decode_array(content, decoder, export.shown(name))
        return
    for value in nested_values(content, keys, export.shown(name)):
        yield from decode_array(value.chunks, decoder, export.shown(name))


def account(export: Export, options: ReadOptions, source: str, url: str) -> Account:
    """Read the account of an export of Instagram or Threads.

    The handle comes from the profile, or the zip's name, or the user.

    Raises:
        LocationError: There is no handle; or the account is private, so its posts are for followers only; or
            no profile says whether it is.
    """
    person = _person(export, source)
    if not person.string_map_data:
        raise LocationError(
            f"{export.path} lacks the profile (personal_information.json), which says whether the account is "
            "private; ask for the export again, with all information, and give that"
        )
    profile = msgspec.convert(msgspec.to_builtins(person.string_map_data), _Profile)
    if _is_private(person.string_map_data):
        raise LocationError(
            f"{export.path} is of a private account, or says in a language that is not known whether it is "
            "one; posts for followers only are never read. If it is public, ask Instagram in English for the "
            "export, and give that"
        )
    names = profile.username.value, _owner_in_name(export), options.handle, options.name
    handle = next(filter(None, (to_handle(repair(name)) for name in names)), "")
    if not handle:
        raise LocationError(f"{export.path} does not say whose it is", advice="give the handle with --handle")
    if options.handle and not same_handle(options.handle, handle):
        raise LocationError(f"{export.path} holds the posts of @{handle}, not of @{options.handle}")
    pictures = [value.uri or "" for value in person.media_map_data.values()]
    return Account(
        handle=handle,
        name=options.name or repair(profile.name.value).strip() or handle,
        source=source,
        bio=repair(profile.bio.value).strip(),
        url=url + handle,
        avatar=next(filter(None, map(export.picture, pictures)), None),
    )


def profiles(export: Export, source: str) -> list[str]:
    """Return the files that `account` reads: one, or none."""
    return [name for name in _PROFILES[source] if export.has(name)][:1]


def _is_private(profile: dict[str, Value]) -> bool:
    """Whether the account is private, or may be so.

    Labels are in the account's language. One that has the word for `private` must be there, and say no.
    """
    values = {repair(label).casefold(): repair(value.value).casefold() for label, value in profile.items()}
    labelled = [value for label, value in values.items() if _PRIVATE.search(label)]
    return not labelled or not _NO.issuperset(labelled)


def _person(export: Export, source: str) -> _Person:
    for name in profiles(export, source):
        people = export.small_json(name, dict[str, list[_Person]]) or {}
        return next(chain.from_iterable(people.values()), _Person())
    return _Person()


def _owner_in_name(export: Export) -> str:
    owner = _OWNER.match(export.base) or _OWNER.match(export.path.stem)
    return owner[1] if owner else ""
