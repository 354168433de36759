"""Error messages as a visitor reads them: without paths of this machine, and without the command line."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

from ..errors import HuggingtweetsError, UserError
from ..files.home_folder import home
from .language import current
from .library_messages import UNEXPECTED, translated

_LOG = logging.getLogger(__name__)
WHOSE = "write whose they are into “Whose posts”"
# what a message says of an option that the page has, too, and what the page calls it
_OPTIONS = (
    (r"(give|say|choose)[^;.]* with --(handle|name)( 'Their Name')?", WHOSE),
    (r" \(--same-person\)", ""),
    (r"name [^;.]* with --text-column", "say which column holds the text"),
)
_OF_THE_COMMAND_LINE = re.compile(r"(^|\s)--[a-z]|\bhuggingtweets (?!on )\w+ |\b(?:on the )?command line\b")
_CLAUSES = re.compile(r"(; |, or |(?<=\?) )")


class PageError(UserError):
    """An error of the page itself, in the visitor's language."""


def error_message(error: BaseException) -> str:
    """The message of an error: the page's own is in the visitor's language, all others are in English.

    What an unexpected error says is logged, and not shown.
    """
    if isinstance(error, HuggingtweetsError):
        return without_commands(str(error))
    _LOG.error("unexpected", exc_info=error)
    return UNEXPECTED


def shown_error(error: BaseException, names: Iterable[tuple[str, str]] = ()) -> tuple[str, str]:
    """What a visitor reads of an error, and the language that it is in.

    Args:
        error: the error.
        names: locations, and what the visitor knows them as.
    """
    message = without_folders(hide_paths(error_message(error), names))
    return (message, current()) if isinstance(error, PageError) else translated(message)


def without_commands(message: str) -> str:
    """The message with the page's words for options, and without clauses about other options and commands."""
    for pattern, words in _OPTIONS:
        message = re.sub(pattern, words, message)
    first, *others = _CLAUSES.split(message)
    for separator, clause in zip(others[::2], others[1::2], strict=True):
        if not _OF_THE_COMMAND_LINE.search(f"{clause} "):
            first += separator + clause
    return first


def without_folders(message: str) -> str:
    """The message with the names alone of files and folders below the home folder of this machine."""
    homes = "|".join(re.escape(str(folder)) for folder in {home(), home().resolve()})
    return re.sub(rf"(?:{homes})(?:[/\\][^\s;,:]*)?", lambda path: Path(path[0]).name, message)


def hide_paths(message: str, names: Iterable[tuple[str, str]]) -> str:
    """Replace paths of the server in a message.

    Args:
        message: the message.
        names: a location, and what the visitor knows it as.
    """
    for location, shown in names:
        message = message.replace(location, shown)
        if Path(location).is_absolute():
            message = message.replace(f"{Path(location).parent}/", "")
    return message
