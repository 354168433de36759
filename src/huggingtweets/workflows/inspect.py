"""Look at posts before any training: whose they are, what cleaning keeps, whether that is enough."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from ..bases.languages import language_warning, languages_of
from ..cleaning import EXAMPLES, CleanedPosts
from ..dataset.split import threads
from ..dataset.sufficiency import DEFAULT_BASE, Sufficiency, sufficiency
from ..errors import OutputExists
from ..files import whole_file
from ..progress import Silence, Watcher
from ..text.counting import counted
from ..types import Post
from .data import AuthorPosts, DataConfig, read

MANY = 20  # posts that are shown where those of one reason are asked for


@dataclass(frozen=True)
class Inspection:
    """What the locations hold of one author, and whether it is enough."""

    author: AuthorPosts
    sufficiency: Sufficiency
    examples: int = EXAMPLES  # kept posts that are shown

    @property
    def dates(self) -> str:
        """The range of the dates of the kept posts, how many have none, and what is held out by that."""
        posts = self.author.cleaned.posts
        days = [post.created_at.date() for post in posts if post.created_at]
        undated = len(posts) - len(days)
        if not days:
            return "no post has a date, so the last ones of the file are held out" if posts else ""
        if len({post.created_at for post in posts}) == 1 < len(posts):
            return f"all posts have one date, {days[0]}, so the last ones of the file are held out"
        span = f"dates: {min(days)} to {max(days)}, the latest are held out"
        return f"{span}; {undated:,} of {len(posts):,} posts have no date" if undated else span

    @property
    def language_warning(self) -> str:
        """What there is to say where the posts are in another language than the base of most recipes."""
        return _language_warning(self.author)

    @property
    def private_details(self) -> str:
        """How many posts held private details, "" where none did."""
        count = self.author.cleaned.with_private_details
        removed = "e-mail addresses, phone or card numbers, or keys were removed from"
        return f"{removed} {counted(count, 'post')}" if count else ""

    def summary(self) -> dict[str, object]:
        """The same for machines."""
        cleaned = self.author.cleaned
        return {
            "account": replace(self.author.account, avatar=None),
            "funnel": cleaned.funnel,
            "skipped": self.author.skipped,
            "dates": self.dates,
            "language": cleaned.language,
            "language_warning": self.language_warning,
            "with_private_details": cleaned.with_private_details,
            "sufficiency": self.sufficiency,
            "dropped": cleaned.examples,
            "kept": [post.text for post in cleaned.kept_examples(self.examples)],
        }


def inspect(
    data: DataConfig, *, examples: int = EXAMPLES, watcher: Watcher | None = None
) -> list[Inspection]:
    """Read and clean what the locations hold, one inspection per author; nothing is trained or written.

    Args:
        data: what is read, and how.
        examples: posts that are shown: kept ones, and dropped ones of each reason.
        watcher: gets the progress.

    Raises:
        UserError: a location cannot be read, or holds no posts.
    """
    authors = read(data, watcher or Silence(), examples)
    return [Inspection(author, _sufficiency(author), examples) for author in authors]


def export_posts(inspections: Sequence[Inspection], target: Path) -> int:
    """Write the kept posts to a table that can be edited, and read again by any command.

    There each post of a thread answers its first one, so that threads are held out whole as before.

    Args:
        inspections: from `inspect`.
        target: a CSV file that does not exist.

    Returns:
        How many posts it holds.

    Raises:
        OutputExists: there is such a file.
    """
    if target.exists():
        raise OutputExists(f"{target} exists; give another name, or remove it")
    posts = [post for inspection in inspections for post in _with_threads(inspection.author.cleaned)]
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    is_account = any("@" in post.author for post in posts)  # of Mastodon; as an author it would be an address
    writer.writerow(["id", "acct" if is_account else "author", "created_at", "reply_to", "text"])
    for post in posts:
        writer.writerow([post.id, post.author, post.created_at or "", post.reply_to or "", post.text])
    whole_file(target, table.getvalue().encode("utf-8", "replace"))
    return len(posts)


def _with_threads(cleaned: CleanedPosts) -> list[Post]:
    """The kept posts, each an answer to the first one of its thread, whatever of the thread was dropped."""
    answered: dict[int, str | None] = {}
    for first, *others in threads(cleaned.posts, cleaned.answered):
        answered |= {first: None, **dict.fromkeys(others, cleaned.posts[first].id)}
    return [replace(post, reply_to=answered[number]) for number, post in enumerate(cleaned.posts)]


def _sufficiency(author: AuthorPosts) -> Sufficiency:
    """Whether there are enough posts; the gain was measured in the languages of the base alone."""
    return sufficiency(author.texts, "" if _language_warning(author) else DEFAULT_BASE)


def _language_warning(author: AuthorPosts) -> str:
    return language_warning(DEFAULT_BASE, languages_of(DEFAULT_BASE), [author.cleaned.language])
