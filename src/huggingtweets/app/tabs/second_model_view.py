"""HTML of the second model's column in the Play tab: its posts, which can be copied."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ...model_folder import ModelFolder
from ...reporting.picture import plain
from ..actions import button
from ..icons import COPY
from ..language import _
from ..language import number as numeral
from ..markup import empty, joined
from . import header_view, post_view

_COLUMN = Markup('<section class="ht-posts" style="{face}" aria-label="{name}">{posts}</section>')
_POST = Markup(
    '<article class="ht-post" id="beside-{number}" aria-label="{label}">{by}{text}'
    '<footer class="ht-icons">{copy}<span class="ht-told" role="status"></span></footer></article>'
)
_REFUSED = Markup('<article class="ht-post" id="beside-{}">{}<p>{}</p></article>')


def nothing() -> Markup:
    """Before anything is written."""
    return empty(_("Nothing to compare yet"), _("Write five: both go on with the same beginning."))


def title(name: str, folder: ModelFolder) -> str:
    """The title of a model in the list."""
    return f"{plain(name)}, {folder.record.recipe.name}"


def base_name(folder: ModelFolder) -> str:
    """What the base of a model is called above its posts."""
    return _("{base}, before it learnt").format(base=plain(folder.record.base.name))


def unfinished(folder: ModelFolder, prompt: str, texts: Sequence[str], base: str | None) -> Markup:
    """The column while posts are being written.

    Args:
        folder: the model, or the one whose base writes.
        prompt: how every post begins.
        texts: the posts so far.
        base: name of the base, where that writes.
    """
    posts = (
        post_view.UNFINISHED.format(
            id=f"beside-{number}", by=_by(folder, base), text=post_view.text(prompt, text, caret=True)
        )
        for number, text in enumerate(texts)
    )
    return _column(folder, joined(posts), base)


def posts(folder: ModelFolder, prompt: str, texts: Sequence[str], base: str | None) -> Markup:
    """The column of posts; "" for one whose drafts were all refused."""
    return _column(
        folder,
        joined(_post(folder, number, prompt, text, base) for number, text in enumerate(texts)),
        base,
    )


def _post(folder: ModelFolder, number: int, prompt: str, text: str, base: str | None) -> Markup:
    by, name, position = _by(folder, base), _name(folder, base), numeral(number + 1)
    if not text:
        return _REFUSED.format(number, by, _(post_view.REFUSED_TEXT))
    copied = _("Copy post {number} of {name}").format(number=position, name=name)
    copy = button("copy", COPY, name=copied, kind="ht-icon-button")
    label = _("{name}, post {number}").format(name=name, number=position)
    return _POST.format(number=number, label=label, by=by, text=post_view.text(prompt, text), copy=copy)


def _column(folder: ModelFolder, posts: Markup, base: str | None) -> Markup:
    face = header_view.face_variable(folder) or "--ht-face:none"
    return _COLUMN.format(face=face, name=_name(folder, base), posts=posts)


def _by(folder: ModelFolder, base: str | None) -> Markup:
    return post_view.by_base(base) if base else post_view.by(folder.record)


def _name(folder: ModelFolder, base: str | None) -> str:
    return base or f"{plain(folder.path.name)}, {folder.record.recipe.name}"
