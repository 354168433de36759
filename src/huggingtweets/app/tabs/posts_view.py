"""What the first step shows: who it is, what is left of the posts, and examples of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ...dataset.sufficiency import Level
from ...reporting.funnel_picture import REASONS
from ...reporting.picture import plain
from ...reporting.portrait import HUES, address, portrait
from ...types import Funnel, Reason
from ...workflows.inspect import Inspection
from ..markup import empty, joined
from ..selection import Selection

SHORT = 280  # characters shown of an example
EXAMPLES = 1  # dropped posts shown for each reason

WELCOME = Markup(
    '<h2>Whose posts?</h2><p class="ht-lead">Drop the archive that a network gave you, or name an account. '
    "Nothing leaves this machine.</p>"
)
WELCOME_PUBLIC = Markup(
    '<h2>Whose posts?</h2><p class="ht-lead">Drop the archive that a network gave you, or name an account. '
    "Only you see what you bring; it is deleted two hours after you leave. Bring your own posts, or those "
    "of somebody who agreed.</p>"
)
OPENING = empty("One moment", "Looking for what was here before.")
NOTHING = empty(
    "No posts yet",
    "Drop a file, name an account, or try the sample: then you see here whose posts they are, which ones are "
    "worth learning from, and whether they are enough.",
)
VERDICTS = {
    Level.ENOUGH: ("good", "Enough to learn from"),
    Level.LITTLE: ("fair", "Just enough"),
    Level.TOO_LITTLE: ("bad", "Too little"),
}

_PERSON = Markup(
    '<header class="ht-person" style="--hue:{hue}">{face}<div><h3>{name}</h3>'
    '<p class="ht-handle">{handle} <span>{source}</span></p></div></header>'
)
_FACE = Markup('<span class="ht-face" aria-hidden="true">{}</span>')
_PICTURE = Markup('<img src="{}" alt="">')
_FUNNEL = Markup(
    '<figure class="ht-funnel"><figcaption>Of <b>{read}</b> posts, <b>{kept}</b> are worth learning from'
    "</figcaption><dl>{bars}</dl></figure>"
)
_BAR = Markup(
    '<div class="ht-bar {part}"><dt>{label}</dt><dd><span class="ht-track">'
    '<span style="margin-left:{begin:.2f}%;width:{width:.2f}%"></span></span><b>{count}</b></dd></div>'
)
_VERDICT = Markup('<p class="ht-verdict {kind}" role="status"><b>{answer}.</b> {text}</p>')
_LIST = Markup('<section><h4>{title}</h4><ul class="ht-examples {kind}">{items}</ul></section>')
_ITEM = Markup("<li>{tag}<q>{text}</q></li>")
_TAG = Markup('<span class="ht-tag">{}</span>')
_PLACES = Markup('<p class="ht-places"><span>Reading</span> {}</p>')
_PLACE = Markup('<span class="ht-chip">{}</span>')
_READY = Markup('<p class="ht-lead">It learns from <b>{}</b>: {:,} posts.</p>')
_NOT_READY = Markup('<p class="ht-lead">First choose <b>posts</b> that are enough to learn from.</p>')


def ready(selection: Selection) -> Markup:
    """Whose posts the next step takes."""
    return _READY.format(plain(selection.title), selection.kept) if selection.enough else _NOT_READY


def inspections(selection: Selection, found: Sequence[Inspection]) -> Markup:
    """Every person that was found."""
    return places(selection) + joined(map(_inspection, found))


def places(selection: Selection) -> Markup:
    """What is read."""
    return _PLACES.format(joined(_PLACE.format(plain(place.shown)[:60]) for place in selection.places))


def _inspection(inspection: Inspection) -> Markup:
    cleaned, account = inspection.author.cleaned, inspection.author.account
    face = portrait(account, {account.handle: account.avatar} if account.avatar else {})
    kind, answer = VERDICTS[inspection.sufficiency.level]
    kept = joined(_ITEM.format(tag="", text=_short(post.text)) for post in cleaned.some())
    dropped = joined(
        _ITEM.format(tag=_TAG.format(REASONS[reason]), text=_short(text))
        for reason, texts in cleaned.examples.items()
        for text in texts[:EXAMPLES]
    )
    return Markup('<article class="ht-card">{}{}{}{}{}</article>').format(
        _PERSON.format(
            hue=face["hue"] if face["hue"] in HUES else 0,
            face=_face(face),
            name=face["name"],
            handle=face["handle"],
            source=account.source.replace("_", " "),
        ),
        _VERDICT.format(kind=kind, answer=answer, text=inspection.sufficiency.text),
        _funnel(cleaned.funnel),
        _LIST.format(title="Kept, for example", kind="kept", items=kept) if kept else "",
        _LIST.format(title="Left out, and why", kind="dropped", items=dropped) if dropped else "",
    )


def _face(shown: Mapping[str, object]) -> Markup:
    """The person's picture, where the place gave one that can be read, or initials."""
    picture = address(shown)
    return _FACE.format(_PICTURE.format(picture) if picture else shown["initials"])


def _funnel(funnel: Funnel) -> Markup:
    """Bars, each of which begins where the one before it left off."""
    left = funnel.read
    bars = [_bar("posts read", 0, funnel.read, funnel.read, "read")]
    for reason in Reason:
        if count := funnel.dropped.get(reason, 0):
            left -= count
            bars.append(_bar(REASONS[reason], left, count, funnel.read, "dropped"))
    bars.append(_bar("kept", 0, funnel.kept, funnel.read, "kept"))
    return _FUNNEL.format(read=f"{funnel.read:,}", kept=f"{funnel.kept:,}", bars=joined(bars))


def _bar(label: str, begin: int, count: int, read: int, part: str) -> Markup:
    return _BAR.format(
        part=part,
        label=label,
        begin=100 * begin / max(read, 1),
        width=100 * count / max(read, 1),
        count=f"{count:,}",
    )


def _short(text: str) -> str:
    text = plain(text)
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
