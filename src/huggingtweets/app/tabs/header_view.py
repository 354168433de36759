"""HTML above the tabs: the name of the page, the switch of its theme, and the faces of the open model."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import msgspec
from markupsafe import Markup
from PIL import Image

from ...model_folder import ModelFolder, avatar_picture
from ..actions import button
from ..icons import THEME
from ..language import NAMES, _, current
from ..markup import joined

_HEAD = Markup(
    '<header class="ht-head" data-lang="{lang}" data-words="{words}"><div class="ht-name">'
    "<h1>hugging<b>tweets</b></h1>{theme}<select class='ht-language' aria-label='{label}'>"
    "{languages}</select></div><p>{about}</p></header>"
)
_LANGUAGE = Markup('<option value="{0}" lang="{0}"{2}>{1}</option>')
SIDE = 96  # pixels of a face

_FACES = Markup("<style>:root{{{}}}</style>")
_FACE = '--ht-face:url("data:image/png;base64,{}")'


def head() -> Markup:
    """The name of the page, the switches of theme and language, and what the browser says by itself."""
    words = {
        "copied": _("Copied"),
        "notCopied": _("The browser does not allow copying; select the text"),
        "folderTooLarge": _(
            "This folder is too large for the browser. Make a zip file of it, and drop that."
        ),
        "folderUnreadable": _("The browser cannot read this folder. Make a zip file of it, and drop that."),
        "noNotices": _("This browser shows no notifications here"),
        "noticesRefused": _("The browser does not allow notifications"),
        "noticesOn": _("You will be notified"),
    }
    return _HEAD.format(
        lang=current(),
        words=msgspec.json.encode(words).decode(),
        theme=button("theme", THEME, name=_("Dark theme"), kind="ht-icon-button"),
        label=_("Language of the page"),
        languages=joined(
            _LANGUAGE.format(code, name, Markup(" selected") if code == current() else "")
            for code, name in NAMES.items()
        ),
        about=_("Posts in, a bot that writes like them out. It says that it is one."),
    )


def face(folder: ModelFolder) -> Markup:
    """The first author's picture as a variable of the style sheet: sent once, however many posts show it."""
    variable = face_variable(folder)
    return _FACES.format(Markup(variable)) if variable else Markup("")  # noqa: S704 -- base64 and a name


def face_variable(folder: ModelFolder) -> str:
    """The declaration of that variable; "" where there is no picture."""
    try:
        with Image.open(folder.path / avatar_picture(1)) as image:
            small = image.convert("RGBA").resize((SIDE, SIDE))
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""
    png = BytesIO()
    small.save(png, "PNG")
    return _FACE.format(b64encode(png.getvalue()).decode())
