"""Look at posts before any training: whose they are, what cleaning keeps, whether that is enough."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from ..dataset.sufficiency import Sufficiency, sufficiency
from ..progress import Silence, Watcher
from .data import AuthorPosts, DataConfig, read


@dataclass(frozen=True)
class Inspection:
    """What the locations hold of one author, and whether it is enough."""

    author: AuthorPosts
    sufficiency: Sufficiency

    def summary(self) -> dict[str, object]:
        """The same for machines."""
        cleaned = self.author.cleaned
        return {
            "account": replace(self.author.account, avatar=None),
            "funnel": cleaned.funnel,
            "skipped": self.author.skipped,
            "verdict": self.sufficiency,
            "dropped": cleaned.examples,
            "kept": [post.text for post in cleaned.kept_examples()],
        }


def inspect(data: DataConfig, *, watcher: Watcher | None = None) -> list[Inspection]:
    """Read and clean what the locations hold, one inspection per author; nothing is trained or written.

    Raises:
        UserError: a location cannot be read, or holds no posts.
    """
    return [Inspection(author, sufficiency(author.texts)) for author in read(data, watcher or Silence())]
