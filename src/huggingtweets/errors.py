"""Everything that can go wrong, in one tree.

    HuggingtweetsError
      UserError                   exit code 2: what was given cannot be used
        LocationError             no posts can be read from there
          UnknownPlace            nothing recognises the location
          BrokenArchive           damaged, encrypted or dangerous files
          Unreachable             a service does not answer, or refuses
        MissingSecret             a token that a service asks for is not in the environment
        ConsentNeeded             something costs money or cannot be undone, and nobody has agreed to it
        NotEnoughPosts            too little text to learn from
        RecipeError               unknown recipe, key or value
        BaseError                 the base model cannot be loaded
        ModelError                the folder is no model of ours, or is damaged
        OutputExists              the output folder is there already
        MissingExtra              an optional part is not installed
        PublishError              a model may not or cannot be published
      InternalError               exit code 1: our mistake, or the machine's
        OutOfSpace                the disk is full
        TrainingDiverged          the loss is no longer a number
        DoesNotFit                the memory holds not even the smallest piece of a batch

A message says what was given, what was expected and what to do next. The library raises; only the
command line prints and exits.
"""

from __future__ import annotations


class HuggingtweetsError(Exception):
    """Root of the tree. `exit_code` is what the command line returns."""

    exit_code = 1


class UserError(HuggingtweetsError):
    """What was given cannot be used."""

    exit_code = 2


class LocationError(UserError):
    """No posts can be read from a location."""


class UnknownPlace(LocationError):
    """No source recognises a location."""


class BrokenArchive(LocationError):
    """Damaged, encrypted or dangerous files."""


class Unreachable(LocationError):
    """A service does not answer, or refuses to."""


class MissingSecret(UserError):
    """A token that a service asks for is not in the environment."""


class ConsentNeeded(UserError):
    """Something costs money or cannot be undone, and nobody has agreed to it yet."""


class NotEnoughPosts(UserError):
    """Too little text to learn from."""


class RecipeError(UserError):
    """An unknown recipe, or a key or value that a recipe does not take."""


class BaseError(UserError):
    """The base model cannot be found or loaded."""


class ModelError(UserError):
    """A folder that should hold a trained model does not."""


class OutputExists(UserError):
    """The output folder is there already."""


class MissingExtra(UserError):
    """An optional part is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} is not installed; install it with: pip install 'huggingtweets[{extra}]'")


class PublishError(UserError):
    """A model may not be published, or the place where it should go refuses."""


class InternalError(HuggingtweetsError):
    """Not the user's mistake."""


class OutOfSpace(InternalError):
    """The disk is full."""


class TrainingDiverged(InternalError):
    """The loss is no longer a number."""


class DoesNotFit(InternalError):
    """The memory does not hold a model while it learns."""
