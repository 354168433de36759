"""Draws the avatar of the sample account, sample/avatar.png: a lift with a face, and Gerald, a plant.

The PNG is in the repository, since versions of Pillow write different bytes.
"""

from __future__ import annotations

from math import cos, radians, sin
from pathlib import Path

from PIL import Image, ImageDraw

TARGET = Path(__file__).resolve().parent.parent / "sample" / "avatar.png"
SIZE = 400
FINE = 4  # the picture is drawn larger and scaled down, which smooths the edges

WALL, FLOOR, BRASS, SHADE = "#1f5c66", "#17454d", "#d9a441", "#b07f2a"
STEEL, SEAM, INK, LIGHT, CREAM = "#c9d6d8", "#9fb1b4", "#23343a", "#ffd76a", "#fbf3df"
POT, LEAF, YOUNG_LEAF = "#3f7fc4", "#4f9a5b", "#74bb6d"


def main() -> None:
    """Draw the avatar."""
    image = Image.new("RGB", (SIZE * FINE, SIZE * FINE), WALL)
    pen = ImageDraw.Draw(image)
    pen.rectangle(_fine(0, 352, 400, 400), fill=FLOOR)
    _cabin(pen)
    _dial(pen)
    _face(pen)
    _gerald(pen)
    small = image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    small.quantize(128, dither=Image.Dither.NONE).save(TARGET, optimize=True)


def _fine(*numbers: float) -> tuple[float, ...]:
    return tuple(number * FINE for number in numbers)


def _polar(degrees: float, radius: float) -> tuple[float, float]:
    """Return the point at an angle and a distance from the middle of the dial."""
    return 190 + radius * cos(radians(degrees)), 110 - radius * sin(radians(degrees))


def _cabin(pen: ImageDraw.ImageDraw) -> None:
    pen.rounded_rectangle(_fine(74, 112, 306, 376), radius=12 * FINE, fill=BRASS)
    pen.rectangle(_fine(92, 130, 288, 364), fill=STEEL)
    pen.rectangle(_fine(187, 130, 193, 364), fill=SEAM)
    pen.rectangle(_fine(66, 364, 314, 378), fill=SHADE)


def _dial(pen: ImageDraw.ImageDraw) -> None:
    pen.pieslice(_fine(112, 32, 268, 188), start=180, end=360, fill=BRASS)
    pen.pieslice(_fine(124, 44, 256, 176), start=180, end=360, fill=CREAM)
    pen.rectangle(_fine(112, 108, 268, 130), fill=BRASS)
    for degrees in range(15, 180, 25):
        pen.line(_fine(*_polar(degrees, 50), *_polar(degrees, 60)), fill=INK, width=4 * FINE)
    pen.line(_fine(*_polar(65, 0), *_polar(65, 48)), fill=SHADE, width=7 * FINE)
    pen.ellipse(_fine(180, 100, 200, 120), fill=SHADE)
    for degrees in (28, 48, 132, 152):  # ding
        pen.line(_fine(*_polar(degrees, 90), *_polar(degrees, 108)), fill=LIGHT, width=7 * FINE)


def _face(pen: ImageDraw.ImageDraw) -> None:
    for x, up in ((141, True), (239, False)):
        pen.ellipse(_fine(x - 33, 166, x + 33, 232), fill=INK)
        base, tip = (213, 178) if up else (186, 221)
        pen.polygon(_fine(x - 19, base, x + 19, base, x, tip), fill=LIGHT)
    pen.arc(_fine(132, 212, 248, 314), start=20, end=160, fill=INK, width=11 * FINE)


def _gerald(pen: ImageDraw.ImageDraw) -> None:
    pen.line(_fine(328, 330, 328, 230), fill=SHADE, width=6 * FINE)
    leaves = ((328, 222), (310, 244), (348, 240), (314, 272), (346, 268), (324, 298), (352, 294))
    for place, (x, y) in enumerate(leaves):
        pen.ellipse(_fine(x - 17, y - 11, x + 17, y + 11), fill=YOUNG_LEAF if place % 3 == 0 else LEAF)
    pen.polygon(_fine(298, 322, 358, 322, 350, 378, 306, 378), fill=POT)


if __name__ == "__main__":
    main()
