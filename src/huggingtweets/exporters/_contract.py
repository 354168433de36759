"""What an exporter implements, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from ..progress import Silence, Watcher
from ..types import Record, Sampling

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

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


@dataclass(frozen=True)
class ExportRequest:
    """A model in memory, and how it shall leave."""

    record: Record
    model: Any  # a causal language model of transformers in float32, on the CPU
    tokenizer: PreTrainedTokenizerBase
    sampling: Sampling
    begin: int  # the token that each post begins with, which says who speaks in a model of several
    not_first: tuple[int, ...] = ()  # tokens that no text without a prompt begins with
    quant: str = "f16"  # one of `QUANTS`
    speaker: str = ""  # handle of the author who speaks, in a model of several
    filters: PublishedFilters = field(default_factory=PublishedFilters)
    watcher: Watcher = field(default_factory=Silence)  # told of progress
    avatars: Mapping[str, bytes] = field(default_factory=dict)  # image files by handle

    @property
    def name(self) -> str:
        """The name of the model, and of the author who speaks."""
        return f"{self.record.name} ({self.speaker})" if self.speaker else self.record.name


class Check(Struct, frozen=True, kw_only=True):
    """One check of what was written, which it has passed."""

    what: str
    result: str


class Exporter(Protocol):
    """A module of this package."""

    SUMMARY: str  # what the target is, in a few words
    DEFAULT_QUANT: str  # one of `QUANTS`
    WARNING: str  # what whoever passes the export on has to know

    def export(self, request: ExportRequest, folder: Path) -> Sequence[Check]:
        """Write the model into `folder`, which exists, and check what was written.

        Returns:
            What was checked.

        Raises:
            ModelError: the target cannot run such a model, or what was written does not do what it should.
        """
