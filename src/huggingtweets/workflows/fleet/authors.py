"""Who the authors of a fleet are: rows of a table, entries of a folder, or the writers of one large table."""

from __future__ import annotations

import csv
import hashlib
import math
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ... import recipes
from ...errors import LocationError, UserError, unfit
from ...model_folder import FLEET, folder_name
from .config import AuthorRequest

TABLES = (".csv", ".jsonl", ".toml")
COLUMN = "location"  # by which a table of authors is told from a table of posts
FURTHER = None  # the name of the cells of a CSV file for which there are no columns
MOST_LINE = 1 << 20  # bytes of a first line; longer ones are no table of authors


class _Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of a table of authors."""

    location: str
    handle: str | None = None
    name: str | None = None
    recipe: str | None = None
    weight: float = 1.0
    permission: str = ""


def require_authors(path: Path) -> None:
    """Check that a table or a folder of authors may be there, before a base is fetched for them.

    Raises:
        UserError: there is neither a file nor a folder; a pipe or a device is neither.
    """
    if not (path.is_file() or path.is_dir()):
        raise UserError(
            f"{path} is no file or folder; give a table of authors or of posts, or a folder of archives"
        )


def is_table_of_authors(path: Path) -> bool:
    """Whether a file lists authors with the locations of their posts; else it holds posts."""
    if path.suffix == ".toml":
        return True
    if path.suffix not in TABLES:
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline(MOST_LINE)
    names = next(csv.reader([first]), []) if path.suffix == ".csv" else _keys(first)
    return COLUMN in map(str.strip, names)


def read_table(path: Path) -> list[AuthorRequest]:
    """The authors of a table; several rows of one handle are places of one author.

    Args:
        path: CSV, JSON lines, or TOML with a table [[author]] for each.

    Raises:
        LocationError: a row is not understood; the message says which.
        RecipeError: there is no such recipe.
    """
    by_handle: dict[str, AuthorRequest] = {}
    for number, row in enumerate(_rows(path), start=1):
        request = _request(path, row)
        key = row.handle.removeprefix("@").casefold() if row.handle else f"row {number}"
        earlier = by_handle.get(key)
        by_handle[key] = _joined(earlier, request, f"{path}, author {number}") if earlier else request
    if not by_handle:
        raise LocationError(f"{path} lists no authors; expected a row with a location for each")
    return _with_own_names(by_handle.values())


def read_folder(folder: Path) -> list[AuthorRequest]:
    """An author for each file or folder in a folder, but for the store of a fleet.

    Raises:
        LocationError: it is empty.
    """
    entries = [
        path
        for path in sorted(folder.iterdir())
        if not (path.name.startswith(".") or (path / FLEET).is_file())
    ]
    if not entries:
        raise LocationError(f"{folder} is empty; expected an archive or a table for each author")
    return _with_own_names(
        AuthorRequest(
            name=folder_name(path.name if path.is_dir() else path.stem),
            locations=(str(path.absolute()),),
            person=path.stem if path.suffix == ".txt" else None,  # a text with a post a line names nobody
        )
        for path in entries
    )


def with_earlier_names(
    requests: Iterable[AuthorRequest], earlier: Iterable[AuthorRequest]
) -> list[AuthorRequest]:
    """Give authors the names that they had before another one of their name came, or went."""
    names = {request.locations: request.name for request in earlier}

    def renamed(request: AuthorRequest) -> AuthorRequest:
        name, suffix = names.get(request.locations, request.name), f"-{_digest(request)}"
        is_same = name.removesuffix(suffix) == request.name.removesuffix(suffix)
        return replace(request, name=name) if is_same else request

    return [renamed(request) for request in requests]


def input_bytes(request: AuthorRequest) -> int:
    """How large the files with an author's posts are; 0 where that is not known, as of an account."""
    if not request.locations:
        return int(request.weight)  # that of rows in the store is their size
    paths = [Path(location) for location in request.locations]
    try:
        files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else (path,))]
        return sum(file.stat().st_size for file in files if not file.is_dir())
    except OSError:
        return 0


def _keys(line: str) -> Iterable[str]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except ValueError:
        return ()


def _rows(path: Path) -> Iterator[_Row]:
    try:
        for number, values in enumerate(_values(path), start=1):
            yield _row(values, f"{path}, author {number}")
    except (csv.Error, msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeError) as error:
        raise LocationError(f"{path} cannot be read ({error}); save it again as UTF-8") from error


def _row(values: object, where: str) -> _Row:
    """A row as it is understood; empty cells say nothing.

    Raises:
        LocationError: it is not understood.
    """
    if not isinstance(values, dict):
        raise LocationError(f"{where}: expected a location and other fields by their names, not {values!r}")
    if further := list(filter(None, values.pop(FURTHER, []))):
        raise LocationError(
            f"{where}: {', '.join(map(repr, further))} is more than the table has columns for; a text with a "
            "comma stands in quotation marks"
        )
    given = {str(key).strip(): value for key, value in values.items() if value not in ("", None)}
    try:
        row = msgspec.convert(given, _Row, strict=False)
    except msgspec.ValidationError as error:
        known = ", ".join(_Row.__struct_fields__)
        raise LocationError(f"{where}: {unfit(error, given, _Row)}; known are {known}") from error
    if not math.isfinite(row.weight):
        raise LocationError(f"{where}: weight is {row.weight}; expected a finite number")
    return row


def _values(path: Path) -> Iterator[object]:
    """The rows as they are written; cells behind the last column of a CSV file stand under `FURTHER`.

    Raises:
        LocationError: a TOML file has no list of authors.
    """
    if path.suffix == ".toml":
        authors = tomllib.loads(path.read_text("utf-8-sig")).get("author", [])
        if not isinstance(authors, list):
            raise LocationError(f"{path}: author is {authors!r}; expected a table [[author]] for each")
        yield from authors
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix == ".csv":
            yield from csv.DictReader(file, restkey=FURTHER, strict=True)
        else:
            yield from (msgspec.json.decode(line) for line in file if line.strip())


def _request(path: Path, row: _Row) -> AuthorRequest:
    location = path.parent / row.location
    is_here = location.exists()  # files are named from where the table is
    return AuthorRequest(
        name=folder_name(row.handle or (location.stem if is_here else row.location)),
        locations=(str(location.absolute()) if is_here else row.location,),
        handle=row.handle,
        person=row.name,
        recipe=recipes.load(row.recipe) if row.recipe else None,
        weight=row.weight,
        permission=row.permission,
    )


def _joined(earlier: AuthorRequest, later: AuthorRequest, where: str) -> AuthorRequest:
    """One author of several places; what only one of the rows says is true of all.

    Raises:
        LocationError: the rows contradict each other.
    """
    for column, one, other in (
        ("name", earlier.person, later.person),
        ("recipe", earlier.recipe, later.recipe),
    ):
        if one and other and one != other:
            raise LocationError(
                f"{where}: another {column} than in an earlier row of {later.handle}; an author has one "
                "model, so give the same, or none"
            )
    permissions = dict.fromkeys(filter(None, (earlier.permission, later.permission)))
    return replace(
        earlier,
        locations=earlier.locations + later.locations,
        person=earlier.person or later.person,
        recipe=earlier.recipe or later.recipe,
        weight=max(earlier.weight, later.weight),
        permission="; ".join(permissions),
    )


def _with_own_names(requests: Iterable[AuthorRequest]) -> list[AuthorRequest]:
    """Give authors of the same name different ones, the same in each run whatever the order."""
    requests = list(requests)
    counts: dict[str, int] = {}
    for request in requests:
        counts[request.name.casefold()] = counts.get(request.name.casefold(), 0) + 1
    return [
        replace(request, name=f"{request.name}-{_digest(request)}")
        if counts[request.name.casefold()] > 1
        else request
        for request in requests
    ]


def _digest(request: AuthorRequest) -> str:
    return hashlib.sha256("\n".join(request.locations).encode("utf-8", "surrogatepass")).hexdigest()[:8]
