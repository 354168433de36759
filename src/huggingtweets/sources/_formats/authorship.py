"""Who wrote the records of a table: the field of the author, whatever its name and form.

The author is a name, an id, or a whole profile: an object, or one written down in a cell as JSON or Python.
A person is told from others by a handle or an id; display names change, and so they only help to choose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .authors import same_handle
from .directions import says_direction
from .fields import is_empty, names, parts, plain
from .nested_authors import nested_author, value_at
from .profiles import person_key, read_profile
from .record_shapes import is_text_field
from .recurring_names import recur_as_names

_OF_IDS = {"id", "str", "user", "author", "account", "profile", "owner", "tweet", "twitter"}
_AT_HANDLE = re.compile(r"@[\w.-]+(?:@[\w.-]+)?")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"\d+(?:\.0)?")
_ZERO = {"0", "0.0"}
_FLAGS = {"True", "true", "TRUE", "Yes", "yes"}  # what is not empty in a field that asks: `from seller`
_SOURCE = "source"  # `source user id`
_LONGEST_NAME = 60  # characters
_SHORTEST_NAME = 3  # characters: a column of shorter words holds codes
_STATUS_LINK = re.compile(r"(?:twitter|x)\.com/(?!i/|web/)(\w{1,15})/status(?:es)?/(\d+)")


class Person(NamedTuple):
    """The author of a record: what tells them from others, and the names that they show."""

    key: str
    shown: tuple[str, ...] = ()


class Authorship:
    """The fields of a table that say who wrote each record.

    Args:
        sample: The first records.
        wanted: The name or the handle that the user gives: where no field has a usual name, the one in which
            some records have just that is the author's.
    """

    def __init__(self, sample: Sequence[Mapping[str, Any]], wanted: str = "") -> None:
        self._wanted = wanted
        self._known: set[str] = set()
        self._handle: str | None = None
        self._shown: list[str] = []
        self._path: tuple[str, ...] = ()  # to the author in objects of other names: meta, author
        self._has_numbers = False  # whether authors are numbers, of which 0 is one
        self.guessed = ""  # the field that is taken for the author's only as its values recur as names do
        self._link = _link_of_one_author(sample, _used_fields(sample))
        self._learn(sample)

    def _learn(self, sample: Sequence[Mapping[str, Any]]) -> None:
        self._known.update(name for record in sample for name in record)
        used = [
            name
            for name in _used_fields(sample)
            if not says_direction(name, _values(sample, name), is_author=True)
            and not _values(sample, name) <= _FLAGS
        ]
        if any(map(_is_of_work, used)):
            used = [name for name in used if plain(name) not in names("authors")["of_works"]]
        by_key = {plain(name): name for name in reversed(used)}
        known = names("authors")
        shown = [by_key[key] for key in known["shown"] if key in by_key]
        handles = [by_key[key] for key in known["handles"] if key in by_key]
        handles = sorted(
            handles, key=lambda name: not _has_at_signs(sample, name)
        )  # `@ada` is no display name
        handles = handles or list(filter(names_a_writer, used))
        if not handles and not shown and self._wanted:
            handles = [
                name for name in used if not is_text_field(name) and _names(sample, name, self._wanted)
            ]
        if not handles and not shown:
            handles = [name for name in used if _holds_people(sample, name)]
        if not handles and not shown and not self._link:
            self._path = nested_author(sample, names_a_writer)
        if not handles and not shown and not self._link and not self._path:
            handles = [name for name in used if recur_as_names(name, _filled(sample, name), len(sample))]
            handles = handles or [name for name in used if _names_answerers(sample, name)]
            self.guessed = next(iter(handles), "")
        self._handle = _varying_sender(sample, handles, shown) or next(iter(handles + shown), None)
        if self._handle and not self._link:  # some records may say it in objects
            without = [record for record in sample if is_empty(record.get(self._handle))]
            self._path = nested_author(without, names_a_writer)
        self._has_numbers = bool(self._handle) and any(map(_is_number, _filled(sample, self._handle or "")))
        self._shown = [name for name in shown if name != self._handle or not handles]

    @property
    def is_known(self) -> bool:
        """Whether the records say who wrote them."""
        return bool(self._link or self._handle or self._path)

    @property
    def has_ids(self) -> bool:
        """Whether the author's field says that it holds ids: `author_id`, but not `wa_id`, a number."""
        words = {*parts(self._handle or "")}
        return "id" in words and words <= _OF_IDS

    @property
    def fields(self) -> set[str]:
        """The fields that hold the author's names."""
        return {name for name in (self._handle, *self._shown) if name}

    def person(self, record: Mapping[str, Any]) -> Person:
        """Return the author of a record; the key is empty if the record does not say."""
        if not self.is_known and not record.keys() <= self._known:  # JSON may say it in later records only
            self._learn([record])
        shown = tuple(str(record[name]) for name in self._shown if not is_empty(record.get(name)))
        if self._link:
            match = _STATUS_LINK.search(str(record.get(self._link)))
            return Person(match[1] if match else "", shown)
        value = record.get(self._handle) if self._handle else None
        if self._path and is_empty(value):
            value = value_at(record, self._path)
        if self._has_numbers and str(value).strip() in _ZERO:
            return Person("0", shown)
        if isinstance(value, str) and not value.startswith(("{", "[", "(")):
            return Person("" if is_empty(value) else person_key(value.strip(), self._handle), shown)
        key, own_shown = read_profile(value)
        return Person(key, (*own_shown, *shown))


def choose(people: Iterable[Person], handle: str | None, name: str | None) -> str:
    """Return the key of the person whom the user means; "" if the user means nobody or several among these.

    A handle is compared with keys, then with the names that are shown; a name with the latter only, as it may
    be the name that the model is to have.
    """
    keys = Counter(person.key for person in people)
    if handle:
        matches = [key for key in keys if same_handle(key, handle)]
        exact = [key for key in matches if _bare(key) == _bare(handle)]
        if not exact and len(set(map(_bare, matches))) > 1:  # Anna☀ and Anna☁ have the same handle
            return ""
        return next(iter([*exact, *matches]), "") or _only(people, handle)
    return _only(people, name) if name else ""


def _bare(handle: str) -> str:
    return handle.strip().lstrip("@").casefold()


def _only(people: Iterable[Person], name: str) -> str:
    """Return the key of the only person who shows a name."""
    keys = {person.key for person in people if any(same_handle(name, shown) for shown in person.shown)}
    return keys.pop() if len(keys) == 1 else ""


def names_a_writer(column: str) -> bool:
    """Whether a column that has no usual name seems to hold the writer: `Tweet Author`, `Written by`."""
    words, known = parts(column), names("authors")
    says_so = not set(words).isdisjoint(known["parts"])
    says_so |= len(words) > 1 and (words[0] in known["asking"] or words[-1] in known["by"])
    describes = (
        words[-1:] and words[-1] not in known["parts"] and not set(words).isdisjoint(known["descriptions"])
    )
    is_source = words[:1] == [_SOURCE] and "".join(words[1:]) in known["handles"]
    return is_source or bool(says_so and not describes and set(words).isdisjoint(known["parts_of_others"]))


def _names_answerers(sample: Sequence[Mapping[str, Any]], field: str) -> bool:
    """Whether each record has in a field one of several people who may have written it: `reply_author`.

    Whom a person answers to is in fields that say `to`, not in all records, or in front of the text.
    """
    words, known = parts(field), names("authors")
    rest = [word for word in words if word not in known["answers"]]
    says_so = not {*known["parts"], "name"}.isdisjoint(rest) or (bool(rest) and rest[-1] in known["by"])
    others = {*known["parts_of_others"], *known["descriptions"]}
    if not says_so or len(rest) == len(words) or not others.isdisjoint(rest):
        return False
    is_whole = len(_filled(sample, field)) == len(sample) and len(_values(sample, field)) > 1
    return is_whole and 2 * sum(_addresses(record, field) for record in sample) < len(sample)


def _addresses(record: Mapping[str, Any], field: str) -> bool:
    """Whether a text of a record begins with the name in a field, as an answer does: `@bob ...`."""
    mention = f"@{str(record.get(field)).lstrip('@')}".casefold()
    return any(
        isinstance(value, str) and value.lstrip().casefold().startswith(mention) and name != field
        for name, value in record.items()
    )


def _is_of_work(field: str) -> bool:
    """Whether a field is of a work that is reviewed, whose name is no writer's: `ISBN`, `Letterboxd URI`."""
    return any(word in plain(field) for word in names("authors")["works"])


def _used_fields(sample: Sequence[Mapping[str, Any]]) -> list[str]:
    fields = dict.fromkeys(name for record in sample for name in record)
    return [name for name in fields if any(not is_empty(record.get(name)) for record in sample)]


def _holds_people(sample: Sequence[Mapping[str, Any]], field: str) -> bool:
    """Whether a field of any name holds people: handles with @, who speaks, or `me` beside other names."""
    values = _values(sample, field)
    if max(map(len, values)) > _LONGEST_NAME:
        return False
    if _are_speakers(values):
        return True
    marked = {value for value in values if plain(value) in names("authors")["marks"]}
    named = marked and any(len(value) >= _SHORTEST_NAME for value in values - marked)
    is_writers = set(parts(field)).isdisjoint(names("authors")["parts_of_others"])
    return bool(named) or (
        is_writers and any(all(map(form.fullmatch, values)) for form in (_AT_HANDLE, _ADDRESS))
    )


def _are_speakers(values: Collection[str]) -> bool:
    """Whether values are what speakers are called in talks with a machine, or for help: `user`, `agent`."""
    known = names("directions")
    roles = [{*parts(value)} - {*known["around_sides"]} for value in values]
    return (
        len(values) > 1
        and all(role and role <= {*known["speakers"], *known["beside_speakers"]} for role in roles)
        and any(role <= {*known["speakers"]} for role in roles)
    )


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and _NUMBER.fullmatch(str(value).strip()) is not None


def _values(sample: Sequence[Mapping[str, Any]], field: str) -> set[str]:
    """Return the different values of a field that are not empty."""
    return {str(value).strip() for value in _filled(sample, field)}


def _filled(sample: Sequence[Mapping[str, Any]], field: str) -> list[Any]:
    """Return the values of a field in the records in which it is not empty."""
    return [record[field] for record in sample if not is_empty(record.get(field))]


def _names(sample: Sequence[Mapping[str, Any]], field: str, wanted: str) -> bool:
    """Whether a field of some records is just the name that is wanted, and names no writer of reposts."""
    values = (record.get(field) for record in sample)
    is_source = not {*names("repost_parts")["acts"], "original"}.isdisjoint(parts(field))
    return not is_source and any(
        isinstance(value, str | int) and same_handle(str(value), wanted) for value in values
    )


def _has_at_signs(sample: Sequence[Mapping[str, Any]], name: str) -> bool:
    values = [str(record.get(name)) for record in sample if not is_empty(record.get(name))]
    return all(value.startswith("@") for value in values)


def _varying_sender(sample: Sequence[Mapping[str, Any]], columns: list[str], shown: list[str]) -> str | None:
    """Return the column of senders if it has several and the first column only one: whose export it is.

    Who owns a wall is told from who writes on it by a name, too.
    """
    if not {*names("authors")["owners"]}.isdisjoint(map(plain, columns)):
        columns = [*columns, *(name for name in shown if "author" in parts(name))]
    counts = {name: len({str(record.get(name)) for record in sample}) for name in columns}
    senders = (
        name
        for name in columns[1:]
        if (plain(name) in names("authors")["senders"] or name in shown) and counts[name] > 1
    )
    return next(senders, None) if columns and counts[columns[0]] == 1 else None


def _link_of_one_author(sample: Sequence[Mapping[str, Any]], fields: list[str]) -> str | None:
    """Return the column of links if all lead to different posts of one account of X, which is the author.

    So a person is one, although a column of names has each name that the person has had.
    """
    for name in fields:
        if plain(name) not in names("authors")["links"]:
            continue
        matches = [_STATUS_LINK.search(str(record.get(name))) for record in sample]
        found = [match for match in matches if match]
        if len(found) == len(sample) and len({match[2] for match in found}) == len(sample):
            accounts = {match[1].casefold() for match in found}
            if len(accounts) == 1:
                return name
    return None
