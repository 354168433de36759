"""The exceptions that callers can catch, in one tree. What packages raise among themselves is defined there.

    HuggingtweetsError
      UserError                   exit code 2: what was given cannot be used
        LocationError             no posts can be read from a location
          UnknownPlace            no source recognises the location
          SeveralAuthors          it holds posts of several people, and none was chosen
          NoTextColumn            a table has no column that is known to hold texts
          BrokenArchive           damaged, encrypted or dangerous files
          Unreachable             a service does not answer, or refuses
        MissingSecret             a token that a service asks for is not in the environment
        ConsentNeeded             something costs money or cannot be undone, and the user has not agreed
        NotEnoughPosts            too little text to train on
        RecipeError               unknown recipe, key or value
        BaseError                 the base model cannot be found or loaded
          BaseChanged             it has other weights than those that a model was trained from
        ModelError                the folder is not a model of this package, or is damaged
        OutputExists              the output exists already, or cannot be written
        OutOfSpace                the disk is full
        StoreUnavailable          the store of a fleet does not answer, or is full
        MissingExtra              an optional dependency is not installed
        PublishError              a model may not or cannot be published
      InternalError               exit code 1: a bug, or a limit of the machine
        TrainingDiverged          the loss is no longer a number
        DoesNotFit                not even the smallest piece of a batch fits into memory

Each message says what was given, what was expected and what to do next. The library raises; only the
command line prints and exits.
"""

from __future__ import annotations

import copyreg
import errno
import re
from typing import TYPE_CHECKING, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import msgspec


class HuggingtweetsError(Exception):
    """Root of the tree. The command line ends with `exit_code`."""

    exit_code = 1

    def __reduce__(self) -> tuple[object, ...]:
        """How pickle sends an error to another process: with its attributes, without calling `__init__`."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined] # in no stub


class UserError(HuggingtweetsError):
    """What was given cannot be used."""

    exit_code = 2


class LocationError(UserError):
    """No posts can be read from a location.

    Attributes:
        advice: the end of the message, where it names an option of the commands that read posts; else "".
        one_author_helps: whether they can with `ReadOptions.one_author`.
    """

    def __init__(self, problem: str, *, advice: str = "", one_author_helps: bool = False) -> None:
        super().__init__(problem)
        self.advice = advice
        self.one_author_helps = one_author_helps

    def __str__(self) -> str:
        return f"{self.problem}; {self.advice}" if self.advice else self.problem

    @property
    def problem(self) -> str:
        """The message without the advice."""
        return str(self.args[0])


class UnknownPlace(LocationError):
    """No source recognises a location."""


class SeveralAuthors(LocationError):
    """A location holds posts of several people, and none was chosen.

    Attributes:
        authors: number of posts by name or handle, as `ReadOptions` takes it; the most first.
    """

    def __init__(
        self, problem: str, authors: Mapping[str, int], *, advice: str, one_author_helps: bool = False
    ) -> None:
        super().__init__(problem, advice=advice, one_author_helps=one_author_helps)
        self.authors = dict(sorted(authors.items(), key=lambda author: -author[1]))


class NoTextColumn(LocationError):
    """A table has no column that is known to hold texts; `columns` are the names of those it has."""

    def __init__(self, problem: str, columns: Sequence[str], *, advice: str = "") -> None:
        super().__init__(problem, advice=advice)
        self.columns = tuple(columns)


class BrokenArchive(LocationError):
    """Damaged, encrypted or dangerous files."""


class Unreachable(LocationError):
    """A service does not answer, or refuses."""


class MissingSecret(UserError):
    """A token that a service asks for is not in the environment."""


class ConsentNeeded(UserError):
    """Something costs money or cannot be undone, and the user has not agreed to it yet."""


class NotEnoughPosts(UserError):
    """Too little text to train on."""


class RecipeError(UserError):
    """An unknown recipe, or a key or value that a recipe does not take."""


class BaseError(UserError):
    """The base model cannot be found or loaded."""


class BaseChanged(BaseError):
    """A base has other weights now than those that a model was trained from."""


class ModelError(UserError):
    """A folder does not hold a trained model, or holds a damaged one."""


class OutputExists(UserError):
    """The output exists already, or cannot be written."""


class OutOfSpace(UserError):
    """The disk is full."""


class StoreUnavailable(UserError):
    """The store of a fleet does not answer, or cannot be written."""


class MissingExtra(UserError):
    """An optional dependency is not installed; the message names the extra that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; install it with: pip install 'huggingtweets[{extra}]'")


class PublishError(UserError):
    """A model may not be published, or the Hub refuses it."""


class InternalError(HuggingtweetsError):
    """A bug, or a limit of the machine; not the user's mistake."""


class TrainingDiverged(InternalError):
    """The loss is no longer a number."""


class DoesNotFit(InternalError):
    """Not even the smallest piece of a batch fits into memory."""


_UNFIT = re.compile(r"Expected `([^`]+)`(?:, got `\w+`)?(?: ([<>]=?) ([\d.]+?)(?:\.0)?)?")  # msgspec's words
_KEY = re.compile(r"Object (missing required|contains unknown) field `([^`]+)`")
_KINDS = {
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "str": "a text",
    "array": "a list",
    "object": "a table",
}
_LIMITS = {">": "above", ">=": "from", "<": "below", "<=": "up to"}


def unfit(error: msgspec.ValidationError, given: Mapping[str, object], record: type[msgspec.Struct]) -> str:
    """What does not fit a record, in plain words: `epochs = many; expected a whole number`.

    Args:
        error: of msgspec's conversion.
        given: what was converted.
        record: into what.
    """
    problem, _, path = str(error).partition(" - at `$")
    keys = [key for key in path.rstrip("`").split(".") if key]
    if key := _KEY.fullmatch(problem):
        name = ".".join([*keys, key[2]])
        return f"{name} is missing" if key[1].startswith("missing") else f"{name} is no known key"
    value: object = given
    for name in keys:
        value = value.get(name, "") if isinstance(value, dict) else value
    if expected := _expected(problem, keys, record):
        return f"{'.'.join(keys)} = {value}; expected {expected}"
    return f"{problem} in `{'.'.join(keys)}`" if keys else problem


def _expected(problem: str, keys: Sequence[str], record: type[msgspec.Struct]) -> str:
    """What was expected; "" where that is not known."""
    if problem.startswith("Invalid enum value") and len(keys) == 1:
        return " or ".join(map(str, get_args(get_type_hints(record)[keys[0]])))
    if not keys or not (match := _UNFIT.fullmatch(problem)):
        return ""
    kinds = [_KINDS[kind] for kind in match[1].split(" | ") if kind in _KINDS]
    limit = f" {_LIMITS[match[2]]} {match[3]}{' on' if match[2] == '>=' else ''}" if match[2] else ""
    return " or ".join(kinds) + limit if kinds else ""


_NO_MEMORY = (  # what the system's loader, PyTorch, C++, oneDNN and Python say of it
    "failed to map segment",
    "not enough memory",
    "allocate memory",
    "bad_alloc",
    "could not create a primitive",
    "can't start new thread",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the system gave this process no more memory; not that of a GPU."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return isinstance(error, ImportError | RuntimeError) and any(words in str(error) for words in _NO_MEMORY)


def is_device_failure(text: str) -> bool:
    """Whether an error, as text, is one of a GPU after which a process can do nothing with it any more."""
    return re.search(r"\b(?:CUDA|HIP) error\b", text) is not None


def is_out_of_gpu_memory(error: BaseException) -> bool:
    """Whether a GPU gave this process no more memory."""
    words = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED")  # of CUDA, HIP and MPS
    return isinstance(error, RuntimeError) and any(each in str(error) for each in words)


def is_panic(error: BaseException) -> bool:
    """Whether Rust code panicked; PyO3 raises that past `except Exception`."""
    return type(error).__name__ == "PanicException"


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or the error's name where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".:") if lines else type(error).__name__
