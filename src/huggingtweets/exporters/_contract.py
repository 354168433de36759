"""What an exporter implements, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from ..progress import Silence, Watcher
from ..tokenization.special_tokens import AddedTokens
from ..types import Author, Record, Sampling

if TYPE_CHECKING:
    from tokenizers import Tokenizer

QUANTS = ("f32", "f16", "q8_0", "q4_0")  # formats of the matrices in a GGUF file
NO_FILTER = (
    "What was exported has no copy filter: unlike huggingtweets generate, a program that runs it may show "
    "a post of the person word for word."
)


class PublishedCopies(Struct, frozen=True, kw_only=True):
    """A published index of training posts; see `CopyIndex`."""

    run: int  # words in each hashed run
    bits: int  # of each hash, the highest ones
    salt: bytes  # key of the hashes
    runs: bytes  # the hashes, sorted: 64 bits each, little-endian


class PublishedHandles(Struct, frozen=True, kw_only=True):
    """Handles that may be shown; see `Handles`."""

    salt: str
    bits: int
    hashes: tuple[str, ...]


class PublishedFilters(Struct, frozen=True, kw_only=True):
    """What a model folder publishes for the text filters, as hashes."""

    copies: tuple[
        PublishedCopies, ...
    ] = ()  # one for each model that was merged into this one, as are handles
    handles: tuple[PublishedHandles, ...] = ()
    patterns: dict[str, str] = {}  # regular expressions of what may not be shown, and of a digit


class ExportTokenizer(AddedTokens, Protocol):
    """What is used of a tokenizer of transformers."""

    @property
    def backend_tokenizer(self) -> Tokenizer:
        """The tokenizer of the library tokenizers; one of transformers may have none."""

    @property
    def bos_token_id(self) -> int | None:
        """The BOS token of a post, in a model of one voice."""

    def __call__(self, text: str, *, add_special_tokens: bool = True) -> Mapping[str, list[int]]:
        """The tokens of a text, as "input_ids"."""

    def get_vocab(self) -> dict[str, int]:
        """The number of each token."""


@dataclass(frozen=True)
class ExportRequest:
    """A model, and how it shall leave."""

    record: Record
    folder: Path  # of the model, with its whole weights, as transformers loads them
    tokenizer: ExportTokenizer
    sampling: Sampling
    begin: int  # the token that each post begins with, which says who speaks in a model of several
    opening: str = ""  # text that stands between that token and the post
    begin_suppress_tokens: Callable[[], Sequence[int]] = tuple  # as in a GenerationConfig; takes a while
    quant: str = "f16"  # one of `QUANTS`
    speaker: str = ""  # handle of the author who speaks, in a model of several
    filters: Callable[[], PublishedFilters] = PublishedFilters  # reads them
    watcher: Watcher = field(default_factory=Silence)  # told of progress
    avatars: Mapping[str, bytes] = field(default_factory=dict)  # image files by handle

    @property
    def name(self) -> str:
        """The name of the model, and of the author who speaks."""
        return f"{self.record.name} ({self.speaker})" if self.speaker else self.record.name

    @property
    def authors(self) -> Sequence[Author]:
        """Those who speak: the author who was named, or all."""
        speaker = self.speaker.casefold()
        named = [author for author in self.record.authors if author.account.handle.casefold() == speaker]
        return named or self.record.authors


class Check(Struct, frozen=True, kw_only=True):
    """One check of what was written, which it has passed."""

    what: str
    result: str


class Exporter(Protocol):
    """A module of this package."""

    SUMMARY: str  # what the target is, in a few words
    DEFAULT_QUANT: str  # one of `QUANTS`
    WARNING: str  # what whoever has the export has to know; may contain {folder}, where that is, and
    # {opening}, advice to begin prompts as the model was trained, where the target does not do so itself

    def export(self, request: ExportRequest, folder: Path) -> Sequence[Check]:
        """Write the model into `folder`, which exists, and check what was written.

        Returns:
            What was checked.

        Raises:
            ModelError: the target cannot run such a model, or what was written does not do what it should.
        """
