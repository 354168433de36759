"""HTML of the Play tab: posts of the model, each with a badge that a bot wrote it, and a row of buttons."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from ...model_folder import PREDICTIONS
from ...reporting.picture import plain
from ...types import Record, Sample
from .. import sharing
from ..actions import button, go
from ..icons import AGAIN, COPY, PICTURE, PIN, SHARE, STAR
from ..language import _, day_and_time, plural
from ..language import number as numeral
from ..markup import busy, empty, heading, joined, note, picture
from ..written import WrittenPost
from . import post_view

_REFUSED = Markup('<article class="ht-post" id="post-{number}" aria-label="{label}"><p>{text}</p></article>')
_WRITTEN = Markup('<p class="ht-unseen" role="status">{}</p>')

_POST = Markup(
    '<article class="ht-post" id="post-{number}" aria-label="{label}">{by}{text}'
    '<footer class="ht-icons">{buttons}<span class="ht-told" role="status"></span></footer>'
    "{picture}</article>"
)
_PICKED = Markup('<span class="ht-tag">{}</span>')
_SHARE = Markup(
    '<details class="ht-share"><summary class="ht-icon-button" aria-label="{0}" title="{0}">{1}'
    "</summary><div>{2}</div></details>"
)
_LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>')
_BEGINNINGS = Markup('<div class="ht-beginnings" role="group" aria-label="{}">{}</div>')
_DOWNLOAD = Markup('<a class="ht-link" download="posts.txt" href="{}">{}</a>')
_HISTORY = Markup('<ul class="ht-history">{}</ul>')
_EARLIER = Markup("<li>{star}<q>{text}</q>{pin} <time>{at}</time></li>")
_PINNED = Markup('<p class="ht-note" role="status">{} {}</p>')


def welcome() -> Markup:
    """What the tab is for."""
    return heading(_("Play"), _("Begin a post; it goes on."))


def nothing() -> Markup:
    """Before anything is written."""
    return empty(
        _("Nothing written yet"),
        _("Type the beginning of a post, or choose one, and write five."),
    )


def no_model() -> Markup:
    """While no model is open."""
    return empty(
        _("No model is open"),
        _("Train one, or open one from the library."),
        go("train", _("Train one")),
    )


def loading() -> Markup:
    """While a model is being loaded."""
    return busy(_("The model is being loaded …"))


def written_notice(count: int) -> Markup:
    """What a screen reader says when so many posts are written, and the drafts of the others refused."""
    written = plural("{count} new post is written.", "{count} new posts are written.", count)
    return _WRITTEN.format(written if count else _(post_view.REFUSED_TEXT))


def unpinned() -> Markup:
    """After the card was given back its own picture."""
    return note(_("The card is as it was before."))


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
            else _REFUSED.format(number=number, label=_label(number), text=_(post_view.REFUSED_TEXT))
        )
        for number, post in enumerate(written)
    ]
    return joined(html) if html else nothing()


def _post(number: int, post: WrittenPost, record: Record, server: str, below: Markup) -> Markup:
    links = joined(
        _LINK.format(url, _("Share on {network}").format(network=network))
        for network, url in sharing.links(post.sample, record, server)
    )
    position = numeral(number + 1)

    def icon(action: str, content: Markup, name: str, kind: str = "") -> Markup:
        return button(action, content, post.id, name=name, kind=f"ht-icon-button {kind}".strip())

    pin = (
        ("unpin", PIN, _("Take post {number} off the card").format(number=position))
        if post.pinned
        else ("pin", PIN, _("Put post {number} on the card").format(number=position))
    )
    star = _("Remove the star of post {number}") if post.favourite else _("Star post {number}")
    buttons = (
        icon("copy", COPY, _("Copy post {number}").format(number=position)),
        icon("picture", PICTURE, _("Draw post {number} as a picture").format(number=position)),
        _SHARE.format(_("Share post {number}").format(number=position), SHARE, links),
        icon("again", AGAIN, _("Write post {number} again").format(number=position)),
        icon(*pin, "on" if post.pinned else "") if post.best_of == 1 else Markup(""),
        icon("star", STAR, star.format(number=position), "on" if post.favourite else ""),
        _PICKED.format(_("best of {count}").format(count=post.best_of)) if post.best_of > 1 else Markup(""),
    )
    return _POST.format(
        number=number,
        label=_label(number),
        by=post_view.by(record),
        text=post_view.text(post.prompt, post.text),
        buttons=joined(buttons),
        picture=below,
    )


def post_picture(png: bytes, sample: Sample) -> Markup:
    """The picture of a post, with a link to download it."""
    return picture(
        png, _("A picture of the post: {text}").format(text=plain(sample.text)[:300]), file="post.png"
    )


def pinned(png: bytes, post: WrittenPost) -> Markup:
    """The share picture of the model, after a post was put first, and a way back."""
    undo = button("unpin", _("Undo"), post.id, kind="ht-link-button")
    return _PINNED.format(_("It stands first on the model's card now."), undo) + picture(
        png, _("The model's own picture, with the post that was picked first"), file=PREDICTIONS
    )


def beginnings(texts: Sequence[str]) -> Markup:
    """Beginnings to press."""
    return _BEGINNINGS.format(
        _("Beginnings to press"), joined(button("begin", f"{plain(text)} …", text) for text in texts)
    )


def history(written: Sequence[WrittenPost], record: Record) -> Markup:
    """Posts from before, and a link to download all as text.

    The one on the card is first, which can be taken off there, then favourites, then the newest.
    """
    ordered = sorted(written, key=lambda post: (not post.pinned, not post.favourite, -post.at))
    earlier = [post for post in ordered if not post.shown]
    if not earlier:
        return empty(_("Nothing yet"), _("What it wrote before is kept here."))
    items = joined(
        _EARLIER.format(
            star=_star(post),
            text=plain(post.text),
            pin=_pin(post) if post.pinned else "",
            at=day_and_time(datetime.fromtimestamp(post.at, UTC)),
        )
        for post in earlier
    )
    text = sharing.file_text([post.text for post in ordered], record)
    address = "data:text/plain;charset=utf-8;base64," + b64encode(text.encode()).decode()
    return _DOWNLOAD.format(address, _("Download all as text")) + _HISTORY.format(items)


def _label(number: int) -> str:
    return _("Post {number}").format(number=numeral(number + 1))


def _pin(post: WrittenPost) -> Markup:
    return button("unpin", PIN, post.id, name=_("Take it off the card"), kind="ht-icon-button on")


def _star(post: WrittenPost) -> Markup:
    name, kind = (
        (_("Remove the star"), "ht-icon-button on") if post.favourite else (_("Star it"), "ht-icon-button")
    )
    return button("star", STAR, post.id, name=name, kind=kind)
