"""Icons of buttons, drawn with lines of the text's colour on a field of 24 by 24 units."""

from __future__ import annotations

from markupsafe import Markup

_ICON = Markup('<svg class="ht-icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>')


def _icon(path: str) -> Markup:
    return _ICON.format(Markup('<path d="{}"/>').format(path))


CROSS = _icon("M6 6 18 18 M18 6 6 18")
COPY = _icon("M9 9h11v11H9z M5 15H4V4h11v1")
PICTURE = _icon("M4 5h16v14H4z M4 16l5-5 4 4 3-3 4 4 M15.5 9.5h.01")
SHARE = _icon("M12 15V4 M8 7.5 12 4l4 3.5 M6 12v8h12v-8")
AGAIN = _icon("M19 12a7 7 0 1 1-2.2-5.1 M19 3v4.5h-4.5")
PIN = _icon("M9 4h6l-1 6 4 4H6l4-4z M12 14v6")
STAR = _icon("M12 4l2.5 5.2 5.7.7-4.2 3.9 1.1 5.6L12 16.7 6.9 19.4 8 13.8 3.8 9.9l5.7-.7z")
MAIL = _icon("M4 6h16v12H4z M4 7l8 6 8-6")
CLOCK = _icon("M12 4a8 8 0 1 0 0 16 8 8 0 1 0 0-16z M12 8v4l3 2")
RIGHT = _icon("M4 12h15 M14 7l5 5-5 5")
FILE = _icon("M6 3h8l4 4v14H6z M14 3v4h4")
THEME = _icon("M12 4a8 8 0 1 0 0 16z M12 4a8 8 0 0 1 0 16")
