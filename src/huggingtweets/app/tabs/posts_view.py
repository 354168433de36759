"""HTML of the Posts tab: the author, the funnel of cleaning, and examples of kept and dropped posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ... import sources
from ...dataset.sufficiency import DEFAULT_BASE, TOO_LITTLE, Level, Sufficiency
from ...reporting.picture import plain
from ...reporting.portrait import HUES, address, portrait
from ...reporting.reasons import REASONS
from ...types import Funnel, Reason
from ...workflows.inspect import Inspection
from ..actions import button, go
from ..icons import CROSS
from ..language import N_, _, html, percent, plural, sentences
from ..language import number as numeral
from ..library_messages import translated
from ..markup import empty, heading, joined, spoken
from ..selection import SAMPLE, Place, Selection

MAX_EXAMPLE = 280  # characters shown of a post
DROPPED_EXAMPLES = 1  # dropped posts shown for each reason
MAX_ANSWERS = 24  # people or columns to choose from

# of a model that `huggingtweets demo` made on 2026-11-29: generate models/demo-smollm2-135m -n 3 --seed 0
EXAMPLE = (
    "The children have never been asked to dream. I do it now.",
    (
        "My friend Mr. Pym has been doing the wall. He's a lift. He has to. I've never seen him climb. He'd "
        "be a lift!"
    ),
    (
        "A girl has made a cake that looks like a big round cake with a smile on it. It is light, she says. "
        "I don't know what to say."
    ),
)
_EXAMPLE = Markup('<section class="ht-example"><h3>{}</h3>{}</section>')
_EXAMPLE_POST = Markup(
    '<article class="ht-post"><header class="ht-by">'
    '<span class="ht-face" style="--hue:145" aria-hidden="true">L2</span>'
    '<span><b>Lift Two</b> <span class="ht-handle">@dithering_lift</span></span> '
    '<span class="ht-badge">{bot}</span></header><p lang="en">{text}</p></article>'
)
SUFFICIENCY = {  # CSS class and title
    Level.ENOUGH: ("good", N_("Enough to learn from.")),
    Level.LITTLE: ("fair", N_("Just enough.")),
    Level.TOO_LITTLE: ("bad", N_("Too little.")),
}

_PERSON = Markup(
    '<header class="ht-person" style="--hue:{hue}">{face}<div><h3>{name}</h3>'
    '<p class="ht-handle">{handle} <span>{source}</span></p></div></header>'
)
_FACE = Markup('<span class="ht-face" aria-hidden="true">{}</span>')
_PICTURE = Markup('<img src="{}" alt="">')
_FUNNEL = Markup('<figure class="ht-funnel"><figcaption>{caption}</figcaption><dl>{bars}</dl></figure>')
_BAR = Markup(
    '<div class="ht-bar {part}"><dt>{label}</dt><dd><span class="ht-track">'
    '<span style="margin-left:{begin:.2f}%;width:{width:.2f}%"></span></span><b>{count}</b></dd></div>'
)
_SUFFICIENCY = Markup('<p class="ht-status {kind}" role="status"><b>{title}</b> {text}</p>')
_LIST = Markup('<section><h4>{title}</h4><ul class="ht-examples {kind}">{items}</ul></section>')
_ITEM = Markup("<li>{tag}<q>{text}</q></li>")
_TAG = Markup('<span class="ht-tag">{}</span>')
_PLACES = Markup('<p class="ht-places"><span>{}</span> {}</p>')
_CHIP = Markup('<span class="ht-chip">{}{}</span>')
_REFUSED = Markup(
    '<div class="ht-problem" role="alert"><p class="ht-big">{title}</p><p>{error}</p>{question}'
    '<p class="ht-answers">{again}{cross}</p></div>'
)
_FOLDER_TOLD = Markup('<p class="ht-status bad" role="alert"></p>')
_QUESTION = Markup('<div role="group" aria-label="{0}"><p>{0}</p><p class="ht-answers">{1}</p></div>')
_LEAD = Markup('<p class="ht-lead">{} {}</p>')


def folder_told() -> Markup:
    """Where the browser says that it cannot take a folder; nothing until then."""
    return _FOLDER_TOLD


def welcome(*, public: bool) -> Markup:
    """What the tab is for."""
    lead = _("Drop the archive that a network gave you, or name an account.")
    private = _("Nothing leaves this machine.")
    if public:
        private = _(
            "Only you see what you bring; it is deleted two hours after you leave. Bring your own posts, or "
            "those of somebody who agreed."
        )
    return heading(_("Whose posts?"), sentences(lead, private))


def opening() -> Markup:
    """Until the posts of a visit before are read again."""
    return empty(_("One moment"), _("Looking for what was here before."))


def nothing() -> Markup:
    """Before there are posts: what will be here, and what a bot writes."""
    return empty(
        _("No posts yet"),
        _(
            "Drop a file, name an account, or try the sample: then you see here whose posts they are, which "
            "ones are worth learning from, and whether they are enough."
        ),
    ) + _EXAMPLE.format(
        _("What comes out: the first three posts by the bot of the sample, a made-up account of a lift"),
        joined(_EXAMPLE_POST.format(bot=_("AI BOT"), text=text) for text in EXAMPLE),
    )


def summary(selection: Selection) -> Markup:
    """Whose posts a model would be trained on, as the Train tab shows it."""
    if not selection.enough:
        missing = _("First choose posts that are enough to learn from.")
        return _LEAD.format(missing, go("posts", _("Choose posts")))
    posts = plural("{count} post.", "{count} posts.", selection.kept)
    return _LEAD.format(html("It learns from <b>{whose}</b>:").format(whose=plain(selection.title)), posts)


def inspections(selection: Selection, authors: Sequence[Inspection]) -> Markup:
    """The places of a selection, and each author whose posts are there."""
    return places(selection) + joined(map(_inspection, authors))


def places(selection: Selection) -> Markup:
    """The places of a selection, each with a cross; those that cannot be read with why, and what to do."""
    numbered = list(enumerate(selection.places))
    chips = joined(_chip(number, place) for number, place in numbered)
    refused = joined(_refused(number, place) for number, place in numbered if place.error)
    return (_PLACES.format(_("Read from"), chips) if selection.readable else Markup("")) + refused


def _chip(number: int, place: Place) -> Markup:
    shown = _shown(place)
    cross = button(
        "remove", CROSS, str(number), name=_("Remove {place}").format(place=shown), kind="ht-cross"
    )
    return Markup("") if place.error else _CHIP.format(shown, cross)


def _shown(place: Place) -> str:
    """What a place is called; the name of the sample is a text of the page."""
    return _(SAMPLE) if place.shown == SAMPLE else plain(place.shown)[:60]


def _refused(number: int, place: Place) -> Markup:
    """A place that cannot be read; where a question is open, a button for each answer."""
    shown = _shown(place)
    error, language = translated(place.error)
    answers = [
        button("person", f"{plain(name)} ({numeral(count)})", name)
        for name, count in list(place.authors.items())[:MAX_ANSWERS]
    ]
    answers += [button("column", plain(column), column) for column in place.columns[:MAX_ANSWERS]]
    if place.may_be_one:
        answers.append(button("one", _("All of it is one person's")))
    question = _("Which column holds the texts?") if place.columns else _("Whose posts?")
    asks_by_name = place.authors or place.columns
    return _REFUSED.format(
        title=_("Not read: {place}").format(place=shown),
        error="" if asks_by_name else spoken(plain(_sentence(error, place)), language),
        question=_QUESTION.format(question, joined(answers)) if answers else "",
        again=""
        if place.asks
        else button("again", _("Try again"), str(number), name=_("Try {place} again").format(place=shown)),
        cross=button("remove", _("Remove"), str(number), name=_("Remove {place}").format(place=shown)),
    )


def _sentence(error: str, place: Place) -> str:
    """An error with a capital at its beginning, unless that is the name of a file."""
    return error if error.startswith(place.shown) else error[:1].upper() + error[1:]


def _inspection(inspection: Inspection) -> Markup:
    cleaned, account = inspection.author.cleaned, inspection.author.account
    face = portrait(account, {account.handle: account.avatar} if account.avatar else {})
    kind, title = SUFFICIENCY[inspection.sufficiency.level]
    kept_posts = joined(_ITEM.format(tag="", text=_short(post.text)) for post in cleaned.kept_examples())
    dropped_posts = joined(
        _ITEM.format(tag=_TAG.format(_(REASONS[reason])), text=_short(text))
        for reason, texts in cleaned.examples.items()
        for text in texts[:DROPPED_EXAMPLES]
    )
    return Markup('<article class="ht-card">{}{}{}{}{}</article>').format(
        _PERSON.format(
            hue=face["hue"] if face["hue"] in HUES else 0,
            face=_face(face),
            name=face["name"],
            handle=face["handle"],
            source=_(sources.load(account.source).NAME),
        ),
        _SUFFICIENCY.format(kind=kind, title=_(title), text=_sufficiency_text(inspection.sufficiency)),
        _funnel(cleaned.funnel),
        _LIST.format(title=_("Kept, for example"), kind="kept", items=kept_posts) if kept_posts else "",
        _LIST.format(title=_("Left out, and why"), kind="dropped", items=dropped_posts)
        if dropped_posts
        else "",
    )


def _sufficiency_text(sufficiency: Sufficiency) -> str:
    """How many posts there are, what is to be expected of them, and what helps where they are few."""
    is_too_little = sufficiency.level is Level.TOO_LITTLE
    characters = _("To learn from: {posts} with {characters} characters.")
    size = _("To learn from: {posts} with {size} bytes of text.")
    parts = [
        (size if is_too_little else characters).format(
            posts=plural("{count} post", "{count} posts", sufficiency.posts),
            characters=numeral(sufficiency.characters),
            size=numeral(sufficiency.size),
        )
    ]
    if is_too_little:
        least = _("That is less than the {least} bytes that a voice needs.")
        parts.append(least.format(least=numeral(TOO_LITTLE)))
    elif sufficiency.level is Level.LITTLE:
        parts.append(_("The voice will be faint and may repeat itself."))
    if sufficiency.level is not Level.ENOUGH:
        parts.append(
            _(
                "It helps to give the whole archive instead of the newest posts, and the person's posts "
                "from other networks."
            )
        )
    if gain := sufficiency.expected:
        expected = _(
            "With this many posts, training made {base} predict a person's next posts {gain} better "
            "({low} to {high})."
        )
        figures = {name: percent(getattr(gain, name)) for name in ("low", "high")}
        parts.append(expected.format(base=DEFAULT_BASE, gain=percent(gain.value), **figures))
    return sentences(*parts)


def _face(author: Mapping[str, object]) -> Markup:
    """The avatar of an author, as `portrait` gives it, where there is one that can be read; or initials."""
    picture = address(author)
    return _FACE.format(_PICTURE.format(picture) if picture else author["initials"])


def _funnel(funnel: Funnel) -> Markup:
    """A waterfall chart of the posts: read, dropped for each reason, and kept."""
    remaining = funnel.read
    bars = [_bar(_("posts read"), 0, funnel.read, funnel.read, "read")]
    for reason in Reason:
        if count := funnel.dropped.get(reason, 0):
            remaining -= count
            bars.append(_bar(_(REASONS[reason]), remaining, count, funnel.read, "dropped"))
    bars.append(_bar(_("kept"), 0, funnel.kept, funnel.read, "kept"))
    return _FUNNEL.format(
        caption=html("Of <b>{read}</b> posts, <b>{kept}</b> are worth learning from").format(
            read=numeral(funnel.read), kept=numeral(funnel.kept)
        ),
        bars=joined(bars),
    )


def _bar(label: str, begin: int, count: int, read: int, part: str) -> Markup:
    return _BAR.format(
        part=part,
        label=label,
        begin=100 * begin / max(read, 1),
        width=100 * count / max(read, 1),
        count=numeral(count),
    )


def _short(text: str) -> str:
    text = plain(text)
    return text if len(text) <= MAX_EXAMPLE else text[: MAX_EXAMPLE - 1] + "…"
