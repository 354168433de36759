"""Build the fonts of the pictures from published packages: `python scripts/build_fonts.py [FOLDER]`.

The fonts are in the repository; this script renews them. It takes minutes, and needs pip, npm, fonttools,
brotli and cffsubr. All source fonts are under the SIL Open Font License 1.1.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

import cffsubr
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

TARGET = Path(__file__).parents[1] / "src" / "huggingtweets" / "reporting" / "fonts"

INTER = "fontpkg-inter==4.1.post1"
BRICOLAGE = "fontpkg-bricolage-grotesque==1.1"
NOTO = "manimgx-fonts==2026.9.26.post1"
CJK = "manimgx-fonts-cjk==2026.9.26.post1"
EMOJI = "@fontsource/noto-color-emoji@5.3.2"
SYMBOLS = "@fontsource/noto-sans-symbols-2@5.3.0"

LATIN_GREEK_CYRILLIC = [*range(0x20, 0x530), *range(0x1D00, 0x2300), *range(0x2500, 0x2600)]
RARE_LATIN = [*range(0x20, 0x370), *range(0x1AB0, 0x1B00), *range(0x1D00, 0x1F00), *range(0x2C60, 0x2C80)]
RARE_LATIN += [*range(0xA640, 0xA800), *range(0xAB30, 0xAB70)]  # phonetic letters and marks that Inter lacks
BOLD_SCRIPTS = ["Arabic", "Devanagari", "Hebrew", "Thai"]  # in all weights; the others in one weight
SCRIPTS = [
    "Armenian",
    "Bengali",
    "Ethiopic",
    "Georgian",
    "Gujarati",
    "Gurmukhi",
    "Kannada",
    "Khmer",
    "Lao",
    "Malayalam",
    "Myanmar",
    "Oriya",
    "Sinhala",
    "Symbols",
    "Tamil",
    "Telugu",
]
KANA_AND_FORMS = [*range(0x3000, 0x3400), *range(0xFF00, 0xFFF0)]
JAPANESE = (
    "hani.dflt",
    "hani.JAN",
    "kana.JAN",
)  # the only forms of Han characters that are kept beside the default
SYMBOL_BLOCKS = [*range(0x2000, 0x2C00), *range(0x1F100, 0x1F900)]
BIG5_FIRST_LEVEL = 0xC6  # the last lead byte of its common characters
WEB = [*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2010, 0x2027)]  # Latin 1, dashes and quotes
HANGUL = [*range(0x3130, 0x3190), *range(0xAC00, 0xD7A4)]


def main(target: Path) -> None:
    """Write all fonts into `target` and print their sizes."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), target)
    for path in sorted([*target.glob("*.[ot]tf"), *target.glob("*.woff2")]):
        print(f"{path.stat().st_size:>9,}  {path.name}")


def build(scratch: Path, target: Path) -> None:
    """Fetch the packages into `scratch`, and write subsets of their fonts into `target`."""
    inter = open_font(wheel(INTER, scratch), "Inter[[]opsz,wght[]].ttf")
    write(inter, target / "Inter.ttf", LATIN_GREEK_CYRILLIC, opsz=24, wght=(400, 800))

    bricolage = open_font(wheel(BRICOLAGE, scratch), "Bricolage*.ttf")
    write(bricolage, target / "BricolageGrotesque.ttf", LATIN_GREEK_CYRILLIC, opsz=40, wdth=100, wght=800)
    write_for_web(target / "BricolageGrotesque.ttf", WEB)

    noto = wheel(NOTO, scratch)
    write(open_font(noto, "NotoSans[[]wght[]].ttf"), target / "NotoSans.ttf", RARE_LATIN, wght=(400, 700))
    for script in [*BOLD_SCRIPTS, *SCRIPTS]:
        font = open_font(noto, f"NotoSans{script}[[]wght[]].ttf")
        weight = (400, 700) if script in BOLD_SCRIPTS else 500
        write(font, target / f"NotoSans{script}.ttf", font.getBestCmap(), wght=weight)

    cjk = wheel(CJK, scratch)
    for face, name, characters in ((2, "Han", [*KANA_AND_FORMS, *common_han()]), (1, "Hangul", HANGUL)):
        font = open_font(cjk, "NotoSansCJK-VF.otf.ttc", face)
        write(font, target / f"NotoSansCJK-{name}.otf", characters, scripts=JAPANESE, wght=500)

    emoji = open_font(npm(EMOJI, scratch), "*-emoji-400-normal.woff2")
    write(emoji, target / "NotoColorEmoji.ttf", emoji.getBestCmap())
    symbols = open_font(npm(SYMBOLS, scratch), "*2-symbols-400-normal.woff2")
    write(symbols, target / "NotoSansSymbols2.ttf", SYMBOL_BLOCKS)


def wheel(requirement: str, scratch: Path) -> Path:
    """Fetch one wheel with pip and unpack it."""
    folder = scratch / requirement
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        requirement,
    ]
    subprocess.run(pip, check=True)
    (archive,) = folder.glob("*.whl")
    shutil.unpack_archive(archive, folder, "zip")
    return folder


def npm(package: str, scratch: Path) -> Path:
    """Fetch one package with npm and unpack it."""
    folder = scratch / package.replace("/", "-")
    folder.mkdir()
    subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    shutil.unpack_archive(archive, folder, filter="data")
    return folder


def open_font(folder: Path, pattern: str, number: int = -1) -> TTFont:
    """Open the one font below `folder` whose name matches; `number` chooses from a collection."""
    (path,) = folder.rglob(pattern)
    return TTFont(path, fontNumber=number, lazy=True, recalcTimestamp=False)


def write(
    font: TTFont,
    path: Path,
    characters: Iterable[int],
    *,
    scripts: Sequence[str] = ("*",),
    **axes: float | tuple[float, float],
) -> None:
    """Save a subset of `font`: only these characters, scripts and ranges of its axes, without hints."""
    if "SVG " in font:  # has the same emoji again
        del font["SVG "]
    options = subset.Options(hinting=False, layout_scripts=list(scripts), notdef_outline=True)
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx", "VVAR", "DSIG"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.flavor = None
    font.save(path)
    if axes:  # read again, since the instancer does not take a CFF2 table that was subset in memory
        instancer.instantiateVariableFont(TTFont(path, recalcTimestamp=False), axes).save(path)
    if path.suffix == ".otf":  # Typst cannot draw a CFF2 table without axes
        outlines = TTFont(path, recalcTimestamp=False)
        cffsubr.subroutinize(outlines, cff_version=1)
        outlines.save(path)


def write_for_web(path: Path, characters: Iterable[int]) -> None:
    """Save a subset with these characters beside the font as WOFF2, small enough to embed in a page."""
    options = subset.Options(flavor="woff2", layout_features=["kern", "liga"])
    font = subset.load_font(str(path), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    subset.save_font(font, str(path.with_suffix(".woff2")), options)


def common_han() -> set[int]:
    """Return the Han characters of GB 2312, JIS X 0208 and the first level of Big5, about ten thousand."""
    characters = set()
    for high, low in product(range(0x81, 0xFF), range(0x40, 0xFF)):
        for encoding in ("gb2312", "shift_jis", *(["big5"] if high <= BIG5_FIRST_LEVEL else [])):
            text = bytes([high, low]).decode(encoding, errors="ignore")
            characters |= {ord(c) for c in text if "\u4e00" <= c <= "\u9fff"}
    return characters


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
