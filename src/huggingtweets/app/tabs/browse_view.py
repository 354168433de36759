"""What is looked through in the Posts tab: the kinds of posts, the marks, and texts of dropped posts."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ...cleaning import qualified_id
from ...reporting.picture import plain
from ...reporting.reasons import REASONS
from ...types import Post, Reason
from ..browsing import KEPT, MAX_DROPPED, Listing
from ..language import _, number, plural
from ..markup import joined

PAGE = 20  # posts that are shown at once
MAX_SHOWN = 300  # characters of a post

_COUNT = Markup('<p class="ht-note" role="status">{}</p>')
_LIST = Markup('<ul class="ht-examples dropped">{}</ul>')
_ITEM = Markup("<li><q>{}</q></li>")


def choices(listing: Listing) -> list[tuple[str, str]]:
    """The kinds of posts, each with how many there are."""
    return [(f"{_name(kind)} ({number(count)})", kind) for kind, count in listing.counts.items()]


def marks(posts: Sequence[Post]) -> list[tuple[str, str]]:
    """Posts to be marked, each with its day, and its id."""
    return [(_dated(post), qualified_id(post)) for post in posts]


def marks_label(listing: Listing) -> str:
    """What it means to mark posts."""
    if listing.which == Reason.EXCLUDED:
        return _("Mark posts to include again")
    return _("Mark posts to leave out")


def page(listing: Listing, shown: slice) -> Markup:
    """Which of the posts are shown, and the texts of dropped ones."""
    texts = listing.texts[shown]
    items = _LIST.format(joined(_ITEM.format(_short(text)) for text in texts)) if texts else Markup("")
    return _COUNT.format(_count(listing, shown)) + items


def take_all(listing: Listing) -> str:
    """What the button says that takes out all posts with the words that are looked for."""
    return plural("Take the {count} out", "Take all {count} out", len(listing.posts))


def _count(listing: Listing, shown: slice) -> str:
    if not listing.total:
        return _("No post has these words.") if listing.counts.get(listing.which) else _("There are none.")
    text = _("{first} to {last} of {total}").format(
        first=number(shown.start + 1),
        last=number(min(shown.stop, listing.total)),
        total=number(listing.total),
    )
    is_cut = listing.texts and listing.counts[listing.which] > MAX_DROPPED
    first = _("(the first of them)")
    return f"{text} {first}" if is_cut else text


def _name(kind: str) -> str:
    return _("kept") if kind == KEPT else _(REASONS[Reason(kind)])


def _dated(post: Post) -> str:
    return f"{post.created_at:%Y-%m-%d}  {_short(post.text)}" if post.created_at else _short(post.text)


def _short(text: str) -> str:
    text = plain(text)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
