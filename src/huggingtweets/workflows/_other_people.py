"""Real posts of other people, which those of a model and of its person are set beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import LocationError
from ..evaluation.reference import MANY, MANY_SPEAK, posts_of_many
from ..progress import Watcher
from ..types import Record
from .data import DataConfig, read


def other_people(against: Sequence[str], watcher: Watcher) -> dict[str, list[str]]:
    """Real posts of others: the fixed set that ships with the package, and those of given locations.

    People of locations are numbered, not named: reports lie in model folders, and those are published.

    Raises:
        LocationError: a location cannot be read, or not without saying more of it.
    """
    watcher.stage("others")
    try:
        authors = read(DataConfig(locations=tuple(against)), watcher)
    except LocationError as error:
        if not error.advice:
            raise
        raise LocationError(  # the options of the advice are those of other commands
            f"--against: {error.problem}; expected posts of one person each, which are read without more "
            "being said"
        ) from error
    people = {f"person {number}": author.texts for number, author in enumerate(authors, start=1)}
    return {MANY: list(posts_of_many()), **people}


def comparable(others: Mapping[str, Sequence[str]], record: Record) -> dict[str, Sequence[str]]:
    """Those whose posts may stand beside the model's.

    The fixed set is English. Beside a person who writes in another language, all that is in that language
    would sound like the person.
    """
    spoken = {author.language for author in record.authors}
    is_theirs = bool(spoken & {MANY_SPEAK, ""})  # "": too few posts to tell
    return {name: posts for name, posts in others.items() if name != MANY or is_theirs}
