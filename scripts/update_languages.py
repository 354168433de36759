"""Collects the texts of the page into its catalogues, src/huggingtweets/app/languages/LANGUAGE.po.

    python scripts/update_languages.py

Run it after a change of a text. New texts stand there without a translation, which tests/app/test_language.py
finds; those that are gone are removed. Needs the extra `app`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from huggingtweets import recipes, sources
from huggingtweets.app.archives import networks
from huggingtweets.app.language import ENGLISH, NAMES
from huggingtweets.reporting.reasons import REASONS
from huggingtweets.workflows.train import HOLDS_POSTS

APP = Path(__file__).parent.parent / "src" / "huggingtweets" / "app"
SINCE = datetime(2026, 11, 27, tzinfo=UTC)  # of the catalogues; the files tell nothing of the day of a change
KEYWORDS = {"_": None, "N_": None, "html": None, "plural": (1, 2)}


def texts() -> Catalog:
    """The texts of the code, without translations."""
    catalogue = Catalog()
    found = extract_from_dir(APP, method_map=[("**.py", "python")], keywords=KEYWORDS)
    for file, _, message, *_ in sorted(found, key=lambda text: (text[0], text[1])):
        catalogue.add(message, locations=[(file, 0)])
    for file, messages in _texts_of_the_library():
        for message in messages:
            catalogue.add(message, locations=[(file, 0)])
    return catalogue


def _texts_of_the_library() -> Iterator[tuple[str, Iterable[str]]]:
    """What the page shows of the rest of the package, by where it stands."""
    yield "reporting/reasons.py", REASONS.values()
    yield "workflows/train.py", [HOLDS_POSTS]
    yield "data/archives.toml", [text for each in networks() for text in (each.name, *each.steps)]
    yield "sources", [sources.load(name).NAME for name in sources.names()]
    yield "recipes", [recipes.load(name).summary for name in recipes.names()]


def catalogue_file(language: str) -> Path:
    """The catalogue of a language."""
    return APP / "languages" / f"{language}.po"


def updated(language: str) -> Catalog:
    """The catalogue of a language with the texts of now."""
    catalogue = Catalog(
        locale=language,
        header_comment="# The page of huggingtweets. scripts/update_languages.py collects the texts.",
        project="huggingtweets",
        version="1",
        last_translator="huggingtweets",
        language_team=language,
        creation_date=SINCE,
        revision_date=SINCE,
        fuzzy=False,
    )
    file = catalogue_file(language)
    translated = {}
    if file.is_file():
        with file.open("rb") as source:
            translated = {message.id: message.string for message in read_po(source, locale=language)}
    for message in texts():
        if message.id:
            added = catalogue.add(message.id, translated.get(message.id, ""), locations=message.locations)
            added.flags.clear()  # "95 % interval" is taken for a format of Python
    return catalogue


def written(language: str) -> bytes:
    """The file of a language's catalogue, as it should be."""
    file = io.BytesIO()
    write_po(file, updated(language), width=110, include_lineno=False)
    return file.getvalue()


if __name__ == "__main__":
    for each in NAMES:
        if each != ENGLISH:
            catalogue_file(each).write_bytes(written(each))
