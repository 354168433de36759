"""HTML of the Play tab: posts of the model, each with a badge that a bot wrote it, and a row of buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from ...reporting.picture import plain
from ...types import Record, Sample
from .. import sharing
from ..actions import button, go
from ..icons import AGAIN, COPY, PICTURE, PIN, SHARE, STAR
from ..markup import empty, joined, picture
from ..written import WrittenPost
from . import post_view

WELCOME = Markup("<h2>Play</h2><p class='ht-lead'>Begin a post; it goes on.</p>")
NOTHING = empty(
    "Nothing written yet", "Type how a post shall begin, or press a beginning, and let it write five."
)
NO_MODEL = empty("No model is open", "Train one, or open one from the library.", go("train", "Train one"))
LOADING = Markup(
    '<p class="ht-note" role="status"><span class="ht-pulse"></span>The model is being loaded …</p>'
)
WRITTEN = Markup('<p class="ht-unseen" role="status">Five new posts are written.</p>')
REFUSED = Markup(
    '<article class="ht-post" id="post-{number}" aria-label="Post {position}"><p>{text}</p></article>'
)

_POST = Markup(
    '<article class="ht-post" id="post-{number}" aria-label="Post {position}">{by}{text}'
    '<footer class="ht-icons">{buttons}<span class="ht-told" role="status"></span></footer>'
    "{picture}</article>"
)
_PICKED = Markup('<span class="ht-tag">best of {}</span>')
_SHARE = Markup(
    '<details class="ht-share"><summary class="ht-icon-button" aria-label="Share post {0}" title="Share">{1}'
    "</summary><div>{2}</div></details>"
)
_LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">Share on {}</a>')
_BEGINNINGS = Markup('<div class="ht-beginnings" role="group" aria-label="Beginnings to press">{}</div>')
_HISTORY = Markup('<ul class="ht-history">{}</ul>')
_EARLIER = Markup("<li>{star}<q>{text}</q> <time>{day:%d %b, %H:%M} UTC</time></li>")
_PINNED = Markup('<p class="ht-note" role="status">It stands first on the model\'s card now. {}</p>')
UNPINNED = Markup('<p class="ht-note" role="status">The card is as it was before.</p>')


def unfinished_posts(prompt: str, texts: Sequence[str], record: Record) -> Markup:
    """Posts that are being written."""
    return joined(unfinished_post(number, prompt, text, record) for number, text in enumerate(texts))


def unfinished_post(number: int, prompt: str, text: str, record: Record) -> Markup:
    """A post that is being written."""
    return post_view.UNFINISHED.format(
        id=f"post-{number}",
        by=post_view.by(record),
        text=post_view.text(prompt, text, caret=True),
    )


def posts(
    written: Sequence[WrittenPost | None],
    record: Record,
    server: str,
    replaced: Mapping[int, Markup] | None = None,
    below: Mapping[str, Markup] | None = None,
) -> Markup:
    """Posts with their buttons.

    Args:
        written: the posts; None where all drafts were refused.
        record: the model that wrote them.
        server: host name of the visitor's Mastodon server.
        replaced: what stands in the place of a post, by its position.
        below: what stands below a post, by its id, such as its picture.
    """
    replaced, below = replaced or {}, below or {}
    html = [
        replaced.get(number)
        or (
            _post(number, post, record, server, below.get(post.id, Markup("")))
            if post
            else REFUSED.format(number=number, position=number + 1, text=post_view.REFUSED_TEXT)
        )
        for number, post in enumerate(written)
    ]
    return joined(html) if html else NOTHING


def _post(number: int, post: WrittenPost, record: Record, server: str, below: Markup) -> Markup:
    links = joined(_LINK.format(url, network) for network, url in sharing.links(post.sample, record, server))
    position = number + 1

    def icon(action: str, content: Markup, name: str, kind: str = "") -> Markup:
        return button(action, content, post.id, name=name, kind=f"ht-icon-button {kind}".strip())

    star = "Remove the star of post {}" if post.favourite else "Star post {}"
    buttons = (
        icon("copy", COPY, f"Copy post {position}"),
        icon("picture", PICTURE, f"Draw post {position} as a picture"),
        _SHARE.format(position, SHARE, links),
        icon("again", AGAIN, f"Write post {position} again"),
        icon("pin", PIN, f"Put post {position} on the card") if post.best_of == 1 else Markup(""),
        icon("star", STAR, star.format(position), "on" if post.favourite else ""),
        _PICKED.format(post.best_of) if post.best_of > 1 else Markup(""),
    )
    return _POST.format(
        number=number,
        position=position,
        by=post_view.by(record),
        text=post_view.text(post.prompt, post.text),
        buttons=joined(buttons),
        picture=below,
    )


def post_picture(png: bytes, sample: Sample) -> Markup:
    """The picture of a post, with a link to download it."""
    return picture(png, f"A picture of the post: {plain(sample.text)[:300]}", file="post.png")


def pinned(png: bytes) -> Markup:
    """The share picture of the model, after a post was put first, and a way back."""
    undo = button("unpin", "Undo", kind="ht-link-button")
    return _PINNED.format(undo) + picture(
        png, "The model's own picture, with the post that was picked first", file="predictions.png"
    )


def beginnings(texts: Sequence[str]) -> Markup:
    """Beginnings to press."""
    return _BEGINNINGS.format(joined(button("begin", f"{plain(text)} …", text) for text in texts))


def history(written: Sequence[WrittenPost]) -> Markup:
    """Posts from before, favourites first, then the newest."""
    ordered = sorted(written, key=lambda post: (not post.favourite, -post.at))
    items = joined(
        _EARLIER.format(
            star=_star(post),
            text=plain(post.text),
            day=datetime.fromtimestamp(post.at, UTC),
        )
        for post in ordered
    )
    return _HISTORY.format(items) if items else empty("Nothing yet", "What it wrote before is kept here.")


def _star(post: WrittenPost) -> Markup:
    name, kind = ("Remove the star", "ht-icon-button on") if post.favourite else ("Star it", "ht-icon-button")
    return button("star", STAR, post.id, name=name, kind=kind)
