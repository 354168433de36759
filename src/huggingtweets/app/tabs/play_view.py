"""HTML of the Play tab: posts of the model, each with a badge that a bot wrote it."""

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
_UNFINISHED = Markup(
    '<article class="ht-post" aria-busy="true"><p class="ht-post-text"><b>{prompt}</b>{rest}'
    '<span class="ht-caret"></span></p></article>'
)
_LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">Share on {}</a>')


def unfinished_post(prompt: str, text: str) -> Markup:
    """A post that is being written."""
    beginning, rest = _split(prompt, text if len(text) > len(prompt) else prompt)
    return _UNFINISHED.format(prompt=beginning, rest=rest)


def post(sample: Sample, record: Record, server: str) -> Markup:
    """A post, and the links that share it."""
    beginning, rest = _split(sample.prompt, sample.text)
    links = joined(_LINK.format(url, network) for network, url in sharing.links(sample, record, server))
    return _POST.format(prompt=beginning, rest=rest, links=links)


def post_picture(png: bytes, sample: Sample) -> Markup:
    """The picture of a post, with a link to download it."""
    return picture(png, f"A picture of the post: {plain(sample.text)[:300]}", file="post.png")


def share_picture(png: bytes) -> Markup:
    """The share picture of the model, after a post was put first."""
    message = Markup('<p class="ht-note" role="status">It stands first on the model\'s own picture now.</p>')
    return message + picture(
        png, "The model's own picture, with the post that was picked first", file="predictions.png"
    )


def _split(prompt: str, text: str) -> tuple[str, str]:
    """A post, split into the prompt and what the model wrote."""
    prompt, text = plain(prompt), plain(text)
    length = len(prompt) if text.startswith(prompt) else 0
    return text[:length], text[length:]
