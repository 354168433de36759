"""Looking through the posts of a selection, and taking some out by hand.

What was read is kept in memory, so that turning a page or a search reads nothing again. It holds the posts
that are taken out, too: which ones these are, the selection says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from ..cleaning import qualified_id
from ..types import Post, Reason
from . import reading
from .limits import Limits
from .lru_cache import LRUCache
from .selection import Selection
from .sessions import Session

CAPACITY = 3  # selections in memory
MAX_DROPPED = 200  # dropped posts of each reason that can be looked at
KEPT = "kept"  # beside the reasons for which posts are dropped


@dataclass(frozen=True)
class ReadPosts:
    """The posts of a selection after cleaning, as if none were taken out by hand."""

    posts: Sequence[Post]
    dropped: dict[Reason, Sequence[str]]  # texts, of each reason the first `MAX_DROPPED`
    counts: dict[str, int]  # of every reason


@dataclass(frozen=True)
class Listing:
    """The posts that a visitor looks at: kept ones or ones taken out, or texts of dropped ones."""

    which: str  # KEPT, or a `Reason`
    counts: dict[str, int]  # of every kind of posts that can be looked at
    posts: Sequence[Post] = ()
    texts: Sequence[str] = ()

    @property
    def total(self) -> int:
        """How many there are to look at."""
        return len(self.posts) + len(self.texts)


class Browsing:
    """The selections that visitors looked through last."""

    def __init__(self) -> None:
        """Begin with none."""
        self._read: LRUCache[tuple[Path, str], ReadPosts] = LRUCache(CAPACITY)

    def listing(
        self, selection: Selection, session: Session, limits: Limits, which: object, words: str
    ) -> Listing:
        """The posts of one kind with these words in them, in any case.

        Args:
            selection: whose posts; they are read if they are not in memory.
            session: of the visitor.
            limits: of reading.
            which: KEPT, or a reason; anything else is KEPT.
            words: "" for all posts.

        Raises:
            UserError: the posts cannot be read, or a limit is reached.
        """
        read = self._posts(selection, session, limits)
        kept = [post for post in read.posts if not selection.rules.excludes_by_id(post)]
        taken_out = [post for post in read.posts if selection.rules.excludes_by_id(post)]
        counts: dict[str, int] = {KEPT: len(kept), Reason.EXCLUDED: len(taken_out), **read.counts}
        counts = {kind: count for kind, count in counts.items() if count or kind == KEPT}
        kind = str(which) if str(which) in counts else KEPT
        if kind in read.dropped:
            texts = [text for text in read.dropped[Reason(kind)] if words.casefold() in text.casefold()]
            return Listing(kind, counts, texts=texts)
        return Listing(kind, counts, _matching(kept if kind == KEPT else taken_out, words))

    def drop(self, root: Path) -> None:
        """Drop the posts of a session, when its folder or those of a person in it were deleted."""
        self._read.drop(lambda key: key[0] == root)

    def _posts(self, selection: Selection, session: Session, limits: Limits) -> ReadPosts:
        whole = replace(selection, rules=replace(selection.rules, exclude=UNSET))
        return self._read.get(
            (session.root, whole.digest),
            lambda: _read(whole, session, limits),
            waiting=session.reading,  # each who waits takes a thread of the page, as who reads does
        )


def without_posts(selection: Selection, posts: Iterable[Post]) -> Selection:
    """Take posts out by hand."""
    return _with_excluded(selection, _excluded(selection) | {qualified_id(post) for post in posts})


def with_posts_again(selection: Selection, posts: Iterable[Post]) -> Selection:
    """Put posts back that were taken out by hand."""
    put_back = {name for post in posts for name in (qualified_id(post), post.id)}
    return _with_excluded(selection, _excluded(selection) - put_back)


def _excluded(selection: Selection) -> frozenset[str]:
    return selection.rules.exclude or frozenset()


def _with_excluded(selection: Selection, ids: frozenset[str]) -> Selection:
    return replace(selection, rules=replace(selection.rules, exclude=ids or UNSET))


def _matching(posts: Iterable[Post], words: str) -> list[Post]:
    return [post for post in posts if words.casefold() in post.text.casefold()]


def _read(selection: Selection, session: Session, limits: Limits) -> ReadPosts:
    authors = [
        inspection.author.cleaned
        for inspection in reading.inspections(selection, session, limits, MAX_DROPPED)
    ]
    dropped: dict[Reason, Sequence[str]] = {}
    counts: dict[str, int] = {}
    for cleaned in authors:
        for reason, count in cleaned.funnel.dropped.items():
            counts[reason] = counts.get(reason, 0) + count
            dropped[reason] = [*dropped.get(reason, ()), *cleaned.examples.get(reason, ())][:MAX_DROPPED]
    return ReadPosts([post for cleaned in authors for post in cleaned.posts], dropped, counts)
