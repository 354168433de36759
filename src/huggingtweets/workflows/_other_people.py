"""Real posts of other people, which those of a model and of its person are set beside."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import LocationError
from ..evaluation.reference import MANY, MANY_SPEAK, posts_of_many
from ..progress import Watcher
from ..types import Record
from .data import DataConfig, read


def other_people(record: Record, watcher: Watcher, against: Sequence[str] = ()) -> dict[str, list[str]]:
    """Real posts of others: the fixed set that ships with the package, and those of given locations.

    The fixed set is English. Beside a person who writes in another language, all that is in that language
    would sound like the person, so it is left out. People of locations are numbered, not named: reports lie
    in model folders, and those are published.

    Raises:
        LocationError: a location cannot be read, or not without saying more of it.
    """
    watcher.stage("others")
    try:
        authors = read(DataConfig(locations=tuple(against)), watcher)
    except LocationError as error:
        problem, _, advice = str(error).partition("; ")
        if "--" not in advice:
            raise
        raise LocationError(  # the options are those of other commands
            f"--against: {problem}; expected posts of one person each, which are read without more being said"
        ) from error
    people = {f"person {number}": author.texts for number, author in enumerate(authors, start=1)}
    spoken = {author.language for author in record.authors}
    many = {MANY: list(posts_of_many())} if spoken & {MANY_SPEAK, ""} else {}  # "": too few posts to tell
    return {**many, **people}
