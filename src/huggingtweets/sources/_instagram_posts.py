"""posts.json of Instagram's export: the posts with all that Instagram knows of each, under labels.

Newer exports have it beside posts_1.json, which lists a part of the same posts. Labels are in the account's
language: `{"label": "Publié", "value": "Vrai"}`. Drafts are among the posts, and may be what the user has
archived. A post is read only if a label says that it was published, or that it is no draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from msgspec import Struct

from ..progress import tell
from ._formats.audience import Audience
from ._formats.dates import read_date
from ._formats.export_files import Export
from ._formats.fields import names, plain
from ._formats.meta_export import file_name, items, repair
from ._formats.skipped import NOT_PUBLIC, UNPUBLISHED, skip

_PUT_AWAY = {  # files of posts that the user has archived or deleted, by the key of the list in them
    "ig_archived_post_media": re.compile(r"archived_posts(_\d+)?\.json"),
    "ig_recently_deleted_media": re.compile(r"recently_deleted_content(_\d+)?\.json"),
}
_SECONDS = "creation_timestamp"  # what media have, and companions such as subtitles lack


class LabelledPost(Struct, frozen=True, dict=True):
    """A post, its labels, and its media, of which all but the first may be nested in the labels."""

    timestamp: int = 0
    title: str | None = ""
    media: Any = None
    label_values: Any = None

    @cached_property
    def text(self) -> str:
        """The caption as it was typed: the post's title, what its label says, or the title of a medium."""
        own = _labels(part for part in _listed(self.label_values) if isinstance(part, dict))
        texts = (self.title, *_values(own, "captions"), *(medium.get("title") for medium in self._media))
        return next((repair(text).strip() for text in texts if text and isinstance(text, str)), "")

    @cached_property
    def created_at(self) -> datetime | None:
        """When the post was published."""
        return read_date(next(filter(None, (self.timestamp, *(m[_SECONDS] for m in self._media))), 0))

    @cached_property
    def files(self) -> set[str]:
        """The names of the files of its media."""
        return _file_names([self.media, self.label_values])

    def closed(self, audience: Audience) -> str | None:
        """Return why a post is not read, as `skipped` says it; "" if it was published, None if unclear."""
        labels = _labels(_objects(self.label_values))
        known = names("audience")
        said = [plain(value) in known["yes"] for value in _values(labels, "published")]
        said += [plain(value) in known["no"] for value in _values(labels, "drafts")]
        if not all(said):
            return UNPUBLISHED
        return audience.closed(dict(labels)) or ("" if said else None)

    @property
    def _media(self) -> list[dict[str, Any]]:
        parts = _objects([self.media, self.label_values])
        return [part for part in parts if "uri" in part and isinstance(part.get(_SECONDS), int)]


def labelled_posts(export: Export, name: str, private: set[str], decided: set[str]) -> Iterator[LabelledPost]:
    """Yield the posts of posts.json that were published and have text.

    Args:
        export: The export.
        name: The file.
        private: The names of the files of posts that the user has archived or deleted.
        decided: Takes the names of the files of these posts, and of those that must not be read.
    """
    audience = Audience([])
    unclear = 0
    for post in items(export, name, list[LabelledPost]):
        reason = post.closed(audience) if private.isdisjoint(post.files) else NOT_PUBLIC
        if reason is None:
            unclear += 1
            continue
        if reason or post.text:
            decided |= post.files
        if reason:
            skip(reason)
        elif post.text:
            yield post
    if unclear:
        tell(
            f"{export.shown(name)} says of {unclear:,} posts in no language that is known whether they were "
            "published; they are left out, unless posts_1.json lists them, too. Ask Instagram in English for "
            "the export"
        )


def put_away_files(export: Export, folder: str) -> list[tuple[str, str]]:
    """Return the files that say which posts are not read, and the key of the list in each."""
    return [(name, key) for key, pattern in _PUT_AWAY.items() for name in export.names(pattern, folder)]


def put_away(export: Export, folder: str) -> set[str]:
    """Return the names of the files of posts that the user has archived or deleted."""
    return {
        file
        for name, key in put_away_files(export, folder)
        for post in items(export, name, list[LabelledPost], key)
        for file in post.files
    }


def _file_names(value: Any) -> set[str]:
    uris = (part.get("uri") for part in _objects(value))
    return {file_name(uri) for uri in uris if isinstance(uri, str)} - {""}


def _labels(parts: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the labels that have a value, and this, as they were typed."""
    pairs = ((part.get("label"), part.get("value")) for part in parts)
    return [(repair(label), repair(str(value))) for label, value in pairs if label and value is not None]


def _values(labels: list[tuple[str, str]], meaning: str) -> list[str]:
    """Return what the labels with a meaning say."""
    return [value for label, value in labels if plain(label) in names("labels")[meaning]]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield an object and all those inside of it, or of a list, in their order."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else _listed(value):
        yield from _objects(part)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
