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

    @property
    def dates(self) -> str:
        """The range of the dates of the kept posts, how many have none, and what is held out by that."""
        posts = self.author.cleaned.posts
        days = [post.created_at.date() for post in posts if post.created_at]
        undated = len(posts) - len(days)
        if not days:
            return "no post has a date, so the last ones of the file are held out" if posts else ""
        span = f"dates: {min(days)} to {max(days)}, the latest are held out"
        return f"{span}; {undated:,} of {len(posts):,} posts have no date" if undated else span

    @property
    def private_details(self) -> str:
        """How many posts held private details, "" where none did."""
        count = self.author.cleaned.with_private_details
        return (
            f"e-mail addresses, phone or card numbers, or keys were removed from {count:,} posts"
            if count
            else ""
        )

    def summary(self) -> dict[str, object]:
        """The same for machines."""
        cleaned = self.author.cleaned
        return {
            "account": replace(self.author.account, avatar=None),
            "funnel": cleaned.funnel,
            "skipped": self.author.skipped,
            "dates": self.dates,
            "with_private_details": cleaned.with_private_details,
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
