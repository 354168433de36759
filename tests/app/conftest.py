"""A browser and a page for the tests of the page, started once for all of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.helpers import browser
from tests.helpers.app_server import Served, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with browser.started() as chromium:
        yield chromium


@pytest.fixture(scope="package")
def page_with_models(tmp_path_factory, _ngram_place) -> Iterator[Served]:
    """The page of a machine with two models of the same posts, "me" and "other"."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(_ngram_place / "home", folder / "home")
    for name in ("me", "other"):
        shutil.copytree(_ngram_place / "models" / "me", folder / "models" / name)
    record = folder / "models" / "other" / "run.json"
    digest = json.loads(record.read_bytes())["model_digest"]
    record.write_text(record.read_text("utf-8").replace(digest, digest[::-1]), "utf-8")
    with served(folder) as page:
        yield page
