"""Whose posts they are: handles that are safe as folder names, and the choice of one author among several."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from unicodedata import normalize

from ...errors import LocationError, SeveralAuthors
from ...text import NAME
from .._contract import ReadOptions
from .private_handles import holds_private_details, pseudonym

_LISTED = 8  # authors named in the message that asks to choose one
_UNSAFE = re.compile(rf"[^{NAME}.@-]+")
_ADDRESS = re.compile(r"(?<![\w.+-])([\w.+-]++)@[\w-]++(?:\.[\w-]++)+")
_INVISIBLE = re.compile(r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_APART = re.compile(r"\w[\u0300-\u036f\u3099\u309a]+|[\u1100-\u11ff]{2,}")  # as on a Mac


def to_handle(text: str) -> str:
    """Turn a handle or a name into a handle: `@jane` -> `jane`, `Jane Doe` -> `Jane_Doe`, `..` -> ``.

    An accent that is a character of its own is put on its letter.
    """
    return _UNSAFE.sub("_", composed(text.strip())).strip("@.")


def composed(text: str) -> str:
    """Return a text in which accents, and parts of Korean syllables, are no characters of their own."""
    return text if text.isascii() else _APART.sub(lambda match: normalize("NFC", match[0]), text)


def writer_handle(text: str) -> str:
    """The handle of a writer as a feed names them: of an e-mail address, what is before its @."""
    return to_handle(_ADDRESS.sub(r"\1", text.strip()))


def person_handle(key: str) -> str:
    """The handle of a person in a table: of an e-mail address, what is before its @.

    `@jane@example.social`, with an @ before it, is the name of an account, and stays whole.
    """
    return to_handle(key) if key.startswith("@") else writer_handle(key)


def same_handle(one: str, other: str) -> bool:
    """Whether two handles are the same, or one stands for the other in records; case does not count."""
    is_same = to_handle(one).casefold() == to_handle(other).casefold()
    return is_same or _stands_for(one, other) or _stands_for(other, one)


def public_choice(wanted: str | None) -> str | None:
    """What records may hold of a handle or a name by which a user chose somebody: it still chooses them."""
    if wanted is None or not holds_private_details(wanted):
        return wanted
    return pseudonym(to_handle(wanted).casefold())


def _stands_for(choice: str, name: str) -> bool:
    """Whether a choice is what `public_choice` makes of a name."""
    return choice == pseudonym(to_handle(name).casefold())


def choose_author(
    place: str, posts: Mapping[str, int], options: ReadOptions, names: Mapping[str, str] | None = None
) -> str:
    """Choose the author whose posts are read: the one the user names, or the only one.

    Args:
        place: The location, for messages.
        posts: How many posts each author has, by name, or by id if the place has ids.
        options: What the user says; `name` or `handle` chooses an author, also as the handle of an account.
        names: The names of authors by their ids.

    Returns:
        A key of `posts`.

    Raises:
        LocationError: There are several authors and the user names none of them, or nobody wrote anything.
    """
    names = names or {}
    if not posts:
        raise LocationError(f"{place} holds no lines of anybody; give another file")
    wanted = options.name or options.handle
    if wanted:
        known = {author: {author, names.get(author, author)} for author in posts}
        exact = [author for author in posts if wanted == names.get(author, author)]
        if len(exact) == 1:
            return exact[0]
        matches = [author for author in posts if _is_called(wanted, known[author])]
        matches = matches or [author for author in posts if _has_handle(wanted, known[author])]
        if len(matches) == 1:
            return matches[0]
        lacking = "several people called" if matches else "nobody called"
        raise LocationError(f"{place} holds {lacking} {wanted!r}, but {_list_authors(posts, names)}")
    if len(posts) == 1:
        return next(iter(posts))
    shown = {author: names.get(author, author) for author in posts}
    if len({*shown.values()}) < len(shown):
        shown = {author: author for author in posts}
    raise SeveralAuthors(
        f"{place} holds lines of {_list_authors(posts, names)}",
        {shown[author]: count for author, count in posts.items()},
        advice="say who you are with --name",
    )


def _is_called(wanted: str, names: Collection[str]) -> bool:
    """Whether somebody has the name that is wanted, or one for which it stands in records."""
    return _plain(wanted) in map(_plain, names) or any(_stands_for(wanted, name) for name in names)


def _has_handle(wanted: str, names: Collection[str]) -> bool:
    """Whether what is wanted is the handle of somebody's account, as messages show it: `Ada_Lovelace`."""
    is_handle = to_handle(wanted) == wanted.strip().removeprefix("@")
    return is_handle and any(same_handle(wanted, writer_handle(name)) for name in names)


def strip_invisible(text: str) -> str:
    """Remove marks that nobody sees: marks of direction, zero-width characters, byte order marks."""
    return _INVISIBLE.sub("", text)


def _list_authors(posts: Mapping[str, int], names: Mapping[str, str]) -> str:
    """Name the authors with the most posts."""
    counts = Counter({f"{names.get(author, author)!r}": count for author, count in posts.items()})
    if len(counts) < len(posts):  # two authors of the same name are told apart by their ids
        counts = Counter(
            {f"{names.get(author, author)!r} [{author}]": count for author, count in posts.items()}
        )
    first = ", ".join(f"{author} ({count:,})" for author, count in counts.most_common(_LISTED))
    return f"{first} and {len(counts) - _LISTED:,} more" if len(counts) > _LISTED else first


def _plain(name: str) -> str:
    shown = strip_invisible(composed(name)).replace("~", " ")
    return " ".join(shown.split()).casefold().removeprefix("@")
