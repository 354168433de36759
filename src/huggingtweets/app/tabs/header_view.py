"""HTML above the tabs: the name of the page, the switch of its theme, and the faces of the open model."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

from markupsafe import Markup
from PIL import Image

from ...model_folder import ModelFolder, avatar_picture
from ..actions import button
from ..icons import THEME

HEAD = Markup(
    '<header class="ht-head"><div class="ht-name"><h1>hugging<b>tweets</b></h1>{}</div>'
    "<p>Posts in, a bot that writes like them out. It says that it is one.</p></header>"
).format(button("theme", THEME, name="Dark theme", kind="ht-icon-button"))
SIDE = 96  # pixels of a face

_FACES = Markup("<style>:root{{{}}}</style>")
_FACE = '--ht-face:url("data:image/png;base64,{}")'


def face(folder: ModelFolder) -> Markup:
    """The first author's picture as a variable of the style sheet: sent once, however many posts show it."""
    variable = face_variable(folder)
    return _FACES.format(Markup(variable)) if variable else Markup("")  # noqa: S704 -- base64 and a name


def face_variable(folder: ModelFolder) -> str:
    """The declaration of that variable; "" where there is no picture."""
    try:
        with Image.open(folder.path / avatar_picture(1)) as image:
            small = image.convert("RGBA").resize((SIDE, SIDE))
    except (OSError, ValueError):
        return ""
    png = BytesIO()
    small.save(png, "PNG")
    return _FACE.format(b64encode(png.getvalue()).decode())
