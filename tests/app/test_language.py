"""The page in the reader's language: catalogues are whole, and each text is in the language it claims."""

from __future__ import annotations

import ast
import json
import re
import string
from datetime import UTC, datetime

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from babel.messages.pofile import read_po

from huggingtweets.app import language, run_progress
from huggingtweets.app.language import COOKIE, ENGLISH, NAMES, negotiate, speaking
from huggingtweets.app.writing import Settings
from huggingtweets.errors import UserError
from scripts.update_languages import APP, KEYWORDS, catalogue_file, texts
from tests.helpers import browser

OTHERS = [code for code in NAMES if code != ENGLISH]


def _forms(message: str | tuple[str, ...]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def _marks(text: str) -> list[str]:
    """What a translation has to keep: placeholders and elements."""
    names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    return sorted([*names, *re.findall(r"</?\w+>", text)])


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated(code):
    """Each text of the code has a translation, and no other is there: run scripts/update_languages.py."""
    with catalogue_file(code).open("rb") as file:
        catalogue = read_po(file, locale=code)
    ids = {message.id for message in texts() if message.id}
    assert len(ids) > 250
    assert {message.id for message in catalogue if message.id} == ids
    assert not [message.id for message in catalogue if message.id and not all(_forms(message.string))]
    assert not [message.id for message in catalogue if message.fuzzy and message.id]


def test_every_text_is_collected():
    """What is passed to gettext anywhere in the code is in the catalogues, also inside of another call."""
    collected = {form for message in texts() if message.id for form in _forms(message.id)}
    for file in APP.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in KEYWORDS:
                marked = {each.value for each in call.args if isinstance(each, ast.Constant)}
                assert {text for text in marked if isinstance(text, str)} <= collected, file.name


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_placeholders_and_elements(code):
    """A translation has the placeholders and the HTML of its text, whatever their order."""
    with catalogue_file(code).open("rb") as file:
        catalogue = read_po(file, locale=code)
    for message in catalogue:
        if message.id:
            *_, most = _forms(message.id)
            for form in _forms(message.string):
                assert _marks(form) == _marks(most), message.id


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "en"),
        ({"accept-language": "de-AT,de;q=0.9,en;q=0.8"}, "de"),
        ({"accept-language": "fr,es-MX;q=0.8,en;q=0.9"}, "en"),
        ({"accept-language": "ja;q=0,es;q=0.1"}, "es"),
        ({"accept-language": "xx;q=much, *;q=,;;=,de;q=0.2"}, "de"),
        ({"accept-language": "de", "cookie": f"a=b; {COOKIE}=ja"}, "ja"),
        ({"accept-language": "de", "cookie": f'prefs={{"a":1}}; {COOKIE}=ja'}, "ja"),
        ({"accept-language": "de", "cookie": f"{COOKIE}=../../en"}, "de"),
        ({"accept-language": "de", "cookie": "\x00=;;"}, "de"),
    ],
)
def test_the_language_is_that_of_the_request(headers, code):
    """The cookie decides, then Accept-Language by its weights; what is not understood is passed over."""
    assert negotiate(headers) == code


def test_numbers_counts_and_times_are_of_the_language():
    """They are written as readers of the language write them; Japanese has one plural."""
    at = datetime(2026, 1, 9, 8, 5, tzinfo=UTC)
    with speaking("de"):
        assert language.number(12345.6) == "12.345,6"
        assert run_progress.in_words(60) == "etwa 60 Sekunden"
        assert "9. Jan. 2026" in language.day_and_time(at)
    with speaking("ja"):
        assert run_progress.in_words(600) == "約10分"
        assert language.day_and_time(at) == "2026年1月9日 8:05 UTC"
        assert language.sentences("はい。", "いいえ。") == "はい。いいえ。"
    with speaking("es"), pytest.raises(UserError, match="el número de borradores"):
        Settings.of_inputs("balanced", 100, 99, "")
    assert language.current() == ENGLISH
    assert language.sentences("Yes.", "No.") == "Yes. No."
    assert language.plural("{count} post", "{count} posts", 1) == "1 post"


@pytest.fixture
def visitor(chromium, page_with_models):
    """Opens the page with a browser that asks for a language."""

    def visit(wanted: str):
        return browser.page_of(chromium, f"{page_with_models.url}?tab=play&model=me", locale=wanted)

    return visit


def test_the_page_is_in_the_browser_s_language_until_another_is_chosen(visitor):
    """Tabs, buttons, posts and Gradio's own words; `lang` says so; a choice is kept, and loses nothing."""
    with visitor("de-DE") as (tab, seen):
        tab.get_by_role("button", name="Fünf schreiben").wait_for()
        browser.write_five(tab)
        tab.get_by_role("button", name="Beitrag 5 kopieren").wait_for()
        assert tab.locator("html").get_attribute("lang") == "de"
        assert "KI-BOT" in tab.locator("#post-0").inner_text()
        tab.get_by_role("tab", name="1 Beiträge").click()
        tab.get_by_text("Wessen Beiträge?").first.wait_for()
        assert "Drop File Here" not in tab.locator("body").inner_text()
        seen.errors.clear()
        tab.get_by_label("Sprache der Seite").select_option("ja")
        tab.get_by_role("heading", name=re.compile("だれの投稿")).wait_for()
        assert tab.locator("html").get_attribute("lang") == "ja"
        breaks = tab.locator(".ht-head p").evaluate("text => getComputedStyle(text).wordBreak")
        assert breaks == "auto-phrase", "lines end between words"
        tab.get_by_role("tab", name="3 試す").click()
        tab.get_by_role("button", name="投稿5をコピー").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("code", NAMES)
def test_nothing_of_the_page_is_left_in_english(visitor, code):
    """No text of the code is shown as it is in English, in any tab; English shows no translation."""
    english = {form for message in texts() if message.id for form in _forms(message.id)}
    with catalogue_file(code if code != ENGLISH else "de").open("rb") as file:
        catalogue = read_po(file)
    same = {m.id for m in catalogue if m.id == m.string}
    with visitor(code) as (tab, seen):
        tab.locator("#write:not([disabled])").wait_for()
        config = tab.evaluate("fetch('config').then(answer => answer.json())")
        shown = set(tab.locator("body").inner_text().split("\n"))
        for number in range(6):
            tab.get_by_role("tab").nth(number).click()
            tab.wait_for_timeout(1000)
            shown |= set(tab.locator("body").inner_text().split("\n"))
        shown |= set(re.findall(r'"label": "([^"]+)"', json.dumps(config, ensure_ascii=False)))
        left = {text.strip() for text in shown} & (english - same)
        assert bool(left) == (code == ENGLISH), left
        assert not seen.errors
