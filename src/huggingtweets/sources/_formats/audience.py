"""Who could read a record, and whether it was published: decided here for all records that say so.

Records say it in fields of many names: a visibility, a state of publication, flags, a kind. What is not
understood as open to everyone counts as closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from ...types import Visibility
from .appearance import is_about_part, is_of_time, is_shown, tests_of_appearance
from .authorship import names_a_writer
from .directions import are_fields_of_sides, asks_for_speaker, says_direction, says_receiver
from .fields import is_empty, names, parts, plain
from .marks_of_places import is_of_no_post, is_said, tests_of_places
from .skipped import DELETED, NO_POST, NOT_PUBLIC, UNPUBLISHED

_CLOSED_IF_SET = {"closed": NOT_PUBLIC, "drafts": UNPUBLISHED, "deleted": DELETED, "no_posts": NO_POST}
_MOST_AUDIENCES = 20  # different words in a field that says for whom
_PARTS = {
    "closed_parts": NOT_PUBLIC,
    "deleted_parts": DELETED,
    "draft_parts": UNPUBLISHED,
    "no_post_parts": NO_POST,
}
_PUBLISHED, _SENT = "published", "sent"
_LEVELS = ("value", "type", "name", "level")  # of the object in which a place has an audience
_PUBLIC_ON_WEIBO = 0
_CLOSED_KIND = re.compile(
    r"direct|^dm|personal|private|secret|whisper|^m?p?im$|draft|^(?:incoming|outgoing)$"
    r"|^postponed?$|^suggest(?:ed)?$|^(?:11|1to1|1on1|oneonone|onetoone)$|^chatbskyconvo"
)
_CHAT_FLAGS = ("is_im", "is_mpim", "is_private", "isPrivate", "is_direct", "isDirect", "is_dm", "isDM")
_PROTECTED = ("protected", "is_protected", "isProtected", "private", "is_private", "isPrivate")
_KIND, _HUMAN = "user_type", "Human"  # of a writer in Google Chat, where nothing is for everyone
_REDDIT, _OLD_ON_REDDIT = "subreddit", {"archived", "isarchived"}  # there everybody sees what is archived
_IS_TEXT, _TEXT_OF_REDDIT = "isself", "selftext"  # there `is_self` tells a text from a link
_ACTIVITY_ADDRESS = re.compile(r"https?://|\bas:Public\b")
_EVERYBODY = re.compile(r"activitystreams#Public\b|\bas:Public\b")


def visibility(word: object) -> Visibility | None:
    """Return the visibility that a word means; None if it is narrower, or not understood."""
    if isinstance(word, Mapping):
        if word.get("type") == _PUBLIC_ON_WEIBO:
            return Visibility.PUBLIC
        word = next((word[level] for level in _LEVELS if level in word), None)
    key, words = plain(word), names("audience")
    if key in words["public"]:
        return Visibility.PUBLIC
    return Visibility.UNLISTED if key in words["unlisted"] else None


def is_published(word: object) -> bool:
    """Whether a state of publication is that of what everyone can see."""
    return plain(word) in names("audience")["published"]


def is_closed_chat(envelope: Mapping[str, Any]) -> bool:
    """Whether the object around a list of messages says that they are of a direct or a private chat."""
    if (
        "thread_path" in envelope or {"participants", "threadName"} <= envelope.keys()
    ):  # of Messenger, Instagram
        return True
    return any(map(_is_closed_place, (envelope, *envelope.values())))


def _is_closed_place(place: object) -> bool:
    """Whether an object is a chat, a channel or the like that says that few are in it."""
    return isinstance(place, Mapping) and (
        _is_closed_kind(place.get("type")) or any(not is_empty(place.get(flag)) for flag in _CHAT_FLAGS)
    )


class Audience:
    """The fields of a table, or of a list of records, that say who could read each record.

    Args:
        sample: The first records, which show the fields and what is in them.
        authors: The fields that hold the author's names.
    """

    def __init__(self, sample: Sequence[Mapping[str, Any]], authors: Collection[str] = ()) -> None:
        self._authors = authors
        self._tests: list[tuple[Callable[[Mapping[str, Any]], bool], str]] = []
        self._known: set[str] = set()
        self._addressed: list[str] = []
        self._profiles: list[str] = []
        self._places: list[str] = []
        self._learn(sample)
        self._tests += tests_of_places(sample)
        if are_fields_of_sides(sample):
            self._tests.append((lambda _: True, NOT_PUBLIC))

    def closed(self, record: Mapping[str, Any]) -> str:
        """Return why a record is not read, in the words of `skipped`; "" if it is for everyone."""
        if not record.keys() <= self._known:  # records of JSON have some fields only where they are needed
            self._learn([{name: record[name] for name in record.keys() - self._known}])
        if any(_is_protected(record.get(name)) for name in self._profiles):
            return NOT_PUBLIC
        if any(_is_closed_place(record.get(name)) for name in self._places):
            return NOT_PUBLIC
        if self._addressed and not _is_addressed(record, self._addressed):
            return NOT_PUBLIC
        return next((reason for test, reason in self._tests if test(record)), "")

    def _learn(self, sample: Iterable[Mapping[str, Any]]) -> None:
        values: dict[str, set[str]] = {}
        for record in sample:
            for name, value in record.items():
                words = values.setdefault(name, set())
                if value is not None and value != "":
                    words.add(str(value)[:1000])
        self._known.update(values)
        for name, words in values.items():
            self._tests += tests_of_appearance(name)
            self._learn_field(name, plain(name), {word for word in words if not is_empty(word)})
            if words:
                self._learn_direction(name, words)

    def _learn_field(self, name: str, key: str, words: set[str]) -> None:
        """Add the tests of a field; `words` are what is in it, as far as that is known."""
        known = names("audience")
        if key in known["answering"]:
            return
        self._learn_flag(name, key, words)
        if key in known["visibilities"]:
            self._add(name, _is_closed if words else _is_closed_if_set, NOT_PUBLIC)
        elif key not in known["closed"] and _says_for_whom(name) and not _are_flags(words):
            self._add(name, _is_closed_if_set, NOT_PUBLIC)
        else:
            self._learn_words(name, key, set(map(plain, words)))
        of_states = {*known["published"], *known["unpublished"]}
        if key in known["states"] and of_states & set(map(plain, words)):
            self._add(name, lambda value: not (is_published(value) or is_shown(value)), UNPUBLISHED)
            if _PUBLISHED in set(map(plain, words)):  # beside it, Ghost's `sent` is by mail to members alone
                self._add(name, lambda value: plain(value) == _SENT, NOT_PUBLIC)
        if key in known["addresses"] and any(map(_ACTIVITY_ADDRESS.search, words)):
            self._addressed.append(name)
        if key in names("authors")["handles"]:
            self._profiles.append(name)
        if key in known["places"]:
            self._places.append(name)
        self._learn_kind(name, key)

    def _learn_flag(self, name: str, key: str, words: set[str]) -> None:
        """Add the tests of a field that closes or opens a record as soon as it is set."""
        known = names("audience")
        for kind, reason in _CLOSED_IF_SET.items():
            if key in known[kind] and not (key in _OLD_ON_REDDIT and _REDDIT in self._known):
                self._add(name, _is_set, reason)
        if _says_removal(name):
            self._add(name, _is_set, DELETED)
        if key in known["open"]:
            self._add(name, _is_not_open if words else _is_no, NOT_PUBLIC)
        if key in known["published_flags"]:
            self._add(name, _is_no, UNPUBLISHED)

    def _learn_words(self, name: str, key: str, words: set[str]) -> None:
        """Add the tests of a field whose name does not say for whom, but perhaps its words do."""
        known = names("audience")
        is_author = name in self._authors or _names_an_author(name, key)
        narrow = {*known["narrow"]} - ({*known["people"]} if is_author else set())
        if not is_author and len(words) <= _MOST_AUDIENCES and words & {*known["between_two"]}:
            self._add(name, lambda value: plain(value) in known["between_two"], NOT_PUBLIC)
        of_audience = {*known["public"], *known["unlisted"], *narrow}
        is_clear = _is_clearly_for_whom(name, words)
        if words and (words <= of_audience or (is_clear and not is_author)):
            self._add(name, _is_closed_if_set if words & narrow or is_clear else _is_narrow, NOT_PUBLIC)
        elif (
            not is_author
            and words <= {*known["published"], *known["unpublished"]}
            and words & {*known["unpublished"]}
        ):
            self._add(name, lambda value: not is_empty(value) and not is_published(value), UNPUBLISHED)
        elif _are_flags(words) and not is_about_part(name):
            for kind, reason in _PARTS.items():
                if any(part in key for part in known[kind]):
                    self._add(name, _is_set, reason)
            if _says_only(name):
                self._add(name, _is_set, NOT_PUBLIC)

    def _learn_direction(self, name: str, words: set[str]) -> None:
        """Add the tests of a field that says from whom a message is, or to whom."""
        if says_receiver(name, self._known):
            self._add(name, is_said, NOT_PUBLIC)
        is_of_text = plain(name) == _IS_TEXT and _TEXT_OF_REDDIT in self._known
        if not is_of_text and says_direction(name, words, is_author=name in self._authors):
            self._add(name, lambda _: True, NOT_PUBLIC)
        elif all(map(is_empty, words)) and asks_for_speaker(name):
            self._add(name, _is_set, NOT_PUBLIC)

    def _learn_kind(self, name: str, key: str) -> None:
        known = names("audience")
        if key in known["kinds"]:
            self._add(name, is_of_no_post, NO_POST)
        if key in known["kinds"] or key in known["chats"]:
            self._add(name, _is_closed_kind, NOT_PUBLIC)
        if key in known["only_in_chats"]:
            self._add(name, lambda _: True, NOT_PUBLIC)
        if key == "subtype":
            self._add(name, _is_notice, NO_POST)

    def _add(self, name: str, test: Callable[[object], bool], reason: str) -> None:
        self._tests.append((lambda record: test(record.get(name)), reason))


def _names_an_author(name: str, key: str) -> bool:
    """Whether a field is one of those that say who wrote a record."""
    return key in {*names("authors")["handles"], *names("authors")["shown"]} or names_a_writer(name)


def _is_closed(value: object) -> bool:
    return visibility(value) is None


def _is_closed_if_set(value: object) -> bool:
    return not is_empty(value) and visibility(value) is None


def _is_narrow(value: object) -> bool:
    return plain(value) in names("audience")["narrow"]


def _is_set(value: object) -> bool:
    return not is_empty(value) and not _is_no(value)


def _is_no(value: object) -> bool:
    return plain(value) in names("audience")["no"]


def _is_not_open(value: object) -> bool:
    return plain(value) not in names("audience")["yes"] and visibility(value) is None


def _are_flags(words: Collection[str]) -> bool:
    """Whether words mean yes or no; none do, as nothing is known of them."""
    known = names("audience")
    return {*map(plain, words)} <= {*known["yes"], *known["no"]}


def _says_only(name: str) -> bool:
    """Whether a flag says for whom alone a post is: `list_only`, but not `text_only`."""
    words = parts(name)
    return words[-1:] == ["only"] and set(words).isdisjoint(names("audience")["not_only"])


def _says_removal(name: str) -> bool:
    """Whether a field says when, why or by whom a post was taken away: `deletion_time`, `removed_by`."""
    words, known = set(parts(name)), names("audience")
    removals = words & {*known["removals"]}
    return bool(removals) and words <= removals | {*known["around_removals"]}


def _is_clearly_for_whom(name: str, words: Collection[str]) -> bool:
    """Whether a few words are in a field, one of which is of nothing else than an audience."""
    known = names("audience")
    return (
        len(words) <= _MOST_AUDIENCES
        and not {*known["clearly_public"]}.isdisjoint(words)
        and set(parts(name)).isdisjoint(known["not_of_visibility"])
    )


def _says_for_whom(name: str) -> bool:
    """Whether a field without a usual name seems to say for whom: `post_visibility_level`, `postAcl`."""
    if is_of_time(name):
        return False
    words, known = parts(name), names("audience")
    says_so = any(word.startswith(known["visibility_parts"]) for word in words)
    asks = not {*names("authors")["asking"], *known["to_whom"]}.isdisjoint(words[:1])
    says_so |= asks and not {*known["seeing"]}.isdisjoint(words)
    return (says_so or not set(words).isdisjoint(known["visibility_words"])) and set(words).isdisjoint(
        known["not_of_visibility"]
    )


def _is_closed_kind(value: object) -> bool:
    return not is_empty(value) and _CLOSED_KIND.search(plain(value)) is not None


def _is_protected(profile: object) -> bool:
    """Whether the author's profile, inside of a record, says that the account is not public."""
    return isinstance(profile, Mapping) and (
        any(not is_empty(profile.get(flag)) for flag in _PROTECTED) or profile.get(_KIND) == _HUMAN
    )


def _is_notice(value: object) -> bool:
    return not is_empty(value) and plain(value) not in names("audience")["subtypes_of_posts"]


def _is_addressed(record: Mapping[str, Any], addressed: Iterable[str]) -> bool:
    """Whether an activity is addressed to everybody, in `to` or in `cc`."""
    return any(_EVERYBODY.search(str(record.get(name))) for name in addressed)
