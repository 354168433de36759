"""What the third step shows: posts of the model, always as a bot's."""

from __future__ import annotations

from markupsafe import Markup

from ...reporting.picture import plain
from ...types import Record, Sample
from .. import sharing
from ..markup import empty, joined, picture

WELCOME = Markup("<h2>Play</h2><p class='ht-lead'>Begin a post; it goes on.</p>")
NOTHING = empty("Nothing written yet", "Type how a post shall begin, and let it write five.")
BLANK = Markup("")
REFUSED = Markup(
    '<div class="ht-post" role="status"><p>All its drafts copied a post or named somebody, so none is shown. '
    "Try another beginning, or let it write a little wilder.</p></div>"
)

_POST = Markup(
    '<article class="ht-post"><p class="ht-post-text"><b>{prompt}</b>{rest}</p>'
    '<footer><span class="ht-badge">AI BOT</span>{links}</footer></article>'
)
_GROWING = Markup(
    '<article class="ht-post" aria-busy="true"><p class="ht-post-text"><b>{prompt}</b>{rest}'
    '<span class="ht-caret"></span></p></article>'
)
_LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">Share on {}</a>')


def growing(prompt: str, text: str) -> Markup:
    """A post that is being written: its beginning, and the words that are there."""
    begins, rest = _parts(prompt, text if len(text) > len(prompt) else prompt)
    return _GROWING.format(prompt=begins, rest=rest)


def post(sample: Sample, record: Record, server: str) -> Markup:
    """A post, and links that share it."""
    begins, rest = _parts(sample.prompt, sample.text)
    links = joined(_LINK.format(url, network) for network, url in sharing.links(sample, record, server))
    return _POST.format(prompt=begins, rest=rest, links=links)


def card(png: bytes, sample: Sample) -> Markup:
    """A post as a picture, to be downloaded."""
    return picture(png, f"A picture of the post: {plain(sample.text)[:300]}", file="post.png")


def own_picture(png: bytes) -> Markup:
    """The model's own picture, drawn anew."""
    done = Markup('<p class="ht-note" role="status">It stands first on the model\'s own picture now.</p>')
    return done + picture(
        png, "The model's own picture, with the post that was picked first", file="predictions.png"
    )


def _parts(prompt: str, text: str) -> tuple[str, str]:
    """What was typed, and what the model wrote."""
    prompt, text = plain(prompt), plain(text)
    begins = len(prompt) if text.startswith(prompt) else 0
    return text[:begins], text[begins:]
