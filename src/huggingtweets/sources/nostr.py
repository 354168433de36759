"""Notes of Nostr in a file of signed events, as relays and backup tools save them: JSONL, or one JSON list.

NIP-01 defines events and profiles (kind 0), NIP-10 notes and replies (kind 1), NIP-09 deletions (kind 5), and
NIP-18 quotes and reposts. Notes that their author deleted, or that were to vanish (NIP-62) or to expire
(NIP-40), those of groups (NIP-29), messages (encrypted or not) and all other kinds are never read. Signatures
are not checked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from operator import itemgetter
from pathlib import Path

import msgspec
from msgspec import Struct

from ..files import sha256
from ..types import Account, Post, PostKind, Timeline
from ._contract import Match, ReadOptions
from ._formats.authors import choose_author, to_handle
from ._formats.dates import read_date
from ._formats.json_arrays import decode_array, decode_lines
from ._formats.skipped import DELETED, NOT_PUBLIC, skip
from ._formats.tolerant_json import DAMAGE

NAME = "Nostr"
SUMMARY = "events of Nostr (JSONL, or a JSON list)"
EXAMPLE = "nostr-backup.jsonl"

_CHUNK = 256 << 10  # bytes
_HEAD = 1 << 20  # bytes: the first event may be a list of thousands whom somebody follows, its `sig` last
_FORMS = {".json", ".jsonl", ".ndjson"}
_PROFILE, _NOTE, _DELETION, _VANISHING = 0, 1, 5, 62
_EVERYWHERE = "ALL_RELAYS"  # from where a person wants to vanish
_FIELDS = [re.compile(rb'"%s"\s*:' % field) for field in (b"id", b"pubkey", b"kind", b"tags", b"sig")]
_ONE_LIST = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[\s*[^"\s]')  # but not `["EVENT", ...]`, as relays send them
_REFERENCE = re.compile(  # #[0] is of NIP-08
    r"#\[\d+\]|@?(?:nostr:)?\b(?:npub|note|nprofile|nevent|naddr|nrelay)1[02-9ac-hj-np-z]{20,}"
)
_MARKER = 3  # index in an `e` tag of `reply` or `root`
_SECONDS = re.compile(r"[0-9]{1,19}")  # Unix time


class _Event(Struct, frozen=True):
    id: str
    pubkey: str
    kind: int
    created_at: int = 0
    tags: list[list[str]] = []
    content: str = ""

    def tagged(self, name: str) -> list[list[str]]:
        """Return the tags of one name that have a value."""
        return [tag for tag in self.tags if len(tag) > 1 and tag[0] == name]


class _Withdrawn:
    """What authors took back: single notes, or all that they wrote up to a moment."""

    def __init__(self) -> None:
        self._notes: set[tuple[str, str]] = set()
        self._until: dict[str, int] = {}

    def add(self, event: _Event) -> None:
        """Add an event, which may take back others of the same author."""
        if event.kind == _DELETION:
            self._notes.update((event.pubkey, tag[1]) for tag in event.tagged("e"))
        if event.kind == _VANISHING and any(tag[1] == _EVERYWHERE for tag in event.tagged("relay")):
            self._until[event.pubkey] = max(self._until.get(event.pubkey, 0), event.created_at)

    def reason(self, event: _Event) -> str:
        """Return why a note is not read, in the words of `skipped`; "" if it was not taken back."""
        is_back = (event.pubkey, event.id) in self._notes
        return DELETED if is_back or event.created_at <= self._until.get(event.pubkey, -1) else ""


class _Profile(Struct, frozen=True):
    name: str | None = ""
    display_name: str | None = ""
    about: str | None = ""


def recognises(location: str) -> Match:
    """Whether the first event of a file has the fields of an event of Nostr."""
    path = Path(location)
    if path.suffix.lower() not in _FORMS or not path.is_file():
        return Match.NO
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return Match.CONTENT if all(field.search(head) for field in _FIELDS) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Choose the author, collect the deletions, and open the other notes in the order of the file."""
    path = Path(location)
    notes: Counter[str] = Counter()
    profiles: dict[str, tuple[int, _Profile]] = {}  # by author, with the time of publication
    withdrawn = _Withdrawn()
    for event in _events(path):
        notes[event.pubkey] += event.kind == _NOTE
        withdrawn.add(event)
        if event.kind == _PROFILE:
            latest = profiles.get(event.pubkey, (-1, _Profile()))
            published = event.created_at, _profile(event.content)
            profiles[event.pubkey] = max(latest, published, key=itemgetter(0))
    names = {pubkey: profile.name or pubkey for pubkey, (_, profile) in profiles.items()}
    author = choose_author(location, +notes, options, names)
    _, profile = profiles.get(author, (-1, _Profile()))
    account = Account(
        handle=to_handle(profile.name or options.handle or author),
        name=profile.display_name or profile.name or author,
        source="nostr",
        bio=profile.about or "",
    )
    return Timeline(
        account=account, posts=_posts(path, author, account.handle, withdrawn), digest=sha256(path)
    )


def _posts(path: Path, author: str, handle: str, withdrawn: _Withdrawn) -> Iterator[Post]:
    for event in _events(path):
        if event.pubkey != author or event.kind != _NOTE:
            continue
        if reason := withdrawn.reason(event) or _closed(event):
            skip(reason)
            continue
        text = _REFERENCE.sub("", event.content).strip()
        if not text:
            continue
        parent = _parent(event)
        quotes = event.tagged("q")
        yield Post(
            id=event.id,
            author=handle,
            text=text,
            created_at=read_date(event.created_at),
            kind=PostKind.REPLY if parent else PostKind.QUOTE if quotes else PostKind.ORIGINAL,
            reply_to=parent,
        )


def _closed(event: _Event) -> str:
    """Return why not everyone can see a note: it is of a group, or has expired; "" if everyone can."""
    now = datetime.now(UTC).timestamp()
    ends = [tag[1] for tag in event.tagged("expiration")]
    is_kept = all(_SECONDS.fullmatch(end) and int(end) > now for end in ends)
    return NOT_PUBLIC if not is_kept or event.tagged("h") else ""


def _parent(event: _Event) -> str | None:
    """Return the id of the note that a note answers: marked `reply`, else `root`, else the last unmarked."""
    references = event.tagged("e")
    marked = {tag[_MARKER]: tag[1] for tag in references if len(tag) > _MARKER and tag[_MARKER]}
    unmarked = [tag[1] for tag in references if len(tag) <= _MARKER or not tag[_MARKER]]
    return marked.get("reply") or marked.get("root") or (unmarked[-1] if unmarked else None)


def _events(path: Path) -> Iterator[_Event]:
    with path.open("rb") as file:
        first = file.read(_CHUNK)
        if _ONE_LIST.match(first):
            chunks = chain([first], iter(partial(file.read, _CHUNK), b""))
            yield from decode_array(chunks, msgspec.json.Decoder(list[_Event]), str(path))
            return
    yield from decode_lines(path, msgspec.json.Decoder(_Event))


def _profile(content: str) -> _Profile:
    try:
        return msgspec.json.decode(content, type=_Profile)
    except DAMAGE:
        return _Profile()  # anybody can publish a broken profile
