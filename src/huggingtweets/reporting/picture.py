"""Draws a picture from a template and data; the only module that knows the typesetter and the fonts.

Typst sets all scripts (shaping, both directions, line breaks, fallback between fonts, colour emoji) with the
fonts in fonts/, so that a picture is the same on every machine.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

import msgspec
import typst

HERE = Path(__file__).parent
UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs"})  # control, format, private use and lone surrogates
JOINERS = frozenset("\u200c\u200d") | {chr(code) for code in range(0xE0020, 0xE0080)}  # parts of emoji, too


def draw(template: str, data: object, *, pixels: float = 1) -> bytes:
    """Set a template and return a PNG.

    Args:
        template: name of a file in templates/, without its ending.
        data: what the template shows, anything that JSON can hold.
        pixels: how many to a point, the templates' unit.
    """
    source = HERE / "templates" / f"{template}.typ"
    inputs = {"data": msgspec.json.encode(data).decode()}
    return typst.compile(source, format="png", ppi=72 * pixels, font_paths=_fonts(), sys_inputs=inputs)


def plain(text: str) -> str:
    """`text` on one line, without control characters and those that turn the direction of what follows."""
    visible = (c for c in text if c in JOINERS or c.isspace() or unicodedata.category(c) not in UNSEEN)
    return " ".join("".join(visible).split())


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[HERE / "fonts"])
