"""The page for people who hear it, or who use it without a mouse."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from tests.helpers import browser

FOCUSED = """() => {
  const element = document.activeElement;
  return element === document.body ? "" : (element.ariaLabel || element.innerText || "").trim();
}"""
STEPS = ("Posts", "Train", "Play", "Real or bot", "Take it", "Library")


@pytest.fixture(scope="module")
def page(page_with_models):
    return page_with_models


def _open(tab, step: str) -> None:
    tab.get_by_role("tab", name=step).click()


def _begin_again(tab) -> None:
    """Take away the posts that the test before has left."""
    browser.until(lambda: "One moment" not in (tab.locator("#found").text_content() or "One moment"))
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()


def _findings(tab) -> list[str]:
    """What axe finds on the page, when colours that are changing have settled."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    findings: list[str] = []
    for _ in range(5):
        rules = axe.run(tab).response["violations"]
        findings = [f"{rule['id']}: {node['html'][:200]}" for rule in rules for node in rule["nodes"]]
        if not findings:
            break
        tab.wait_for_timeout(300)
    return findings


def _look_through(tab) -> None:
    """Open the guide and the list of posts, whose kept and dropped ones axe finds nothing in."""
    tab.get_by_role("button", name="How do I get my archive?").click()
    tab.locator(".ht-guide summary").first.click()
    tab.get_by_role("button", name="Look through the posts").click()
    tab.locator("#marked label").first.wait_for()
    assert _findings(tab) == []
    tab.get_by_label("Which posts?").click()
    tab.get_by_role("option", name="reposts").click()
    tab.locator("#browsed li").first.wait_for()


def _write_with_one_on_the_card(tab) -> None:
    """Posts of two models, with one among the earlier ones that stands on the card."""
    browser.write_five(tab)
    tab.get_by_role("button", name="Put post 1 on the card").click()
    tab.get_by_text("It stands first").wait_for()
    browser.write_five(tab)
    tab.locator("#beside [data-action=copy]").nth(4).wait_for()


def _take_it_off_the_card(tab) -> None:
    """Leave the page, which tests share, as they begin with it: without a post on the card."""
    _open(tab, "Play")
    off = tab.get_by_role("button", name="Take it off the card")
    off.click()
    off.wait_for(state="detached")


@pytest.mark.slow
@pytest.mark.parametrize("size", [browser.PHONE, browser.DESKTOP])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_in_any_state(chromium, page, size, dark):
    """No tab, list, fold, post, game, error or question has a finding, wide and narrow, light and dark."""
    with browser.page_of(chromium, page.url, size, dark=dark) as (tab, _):
        _begin_again(tab)
        assert _findings(tab) == []
        tab.get_by_role("button", name="Leave something out").click()
        tab.get_by_label("Language", exact=True).click()
        options = tab.get_by_role("listbox")
        browser.until(lambda: options.evaluate("list => getComputedStyle(list).opacity") == "1")
        assert _findings(tab) == []
        tab.keyboard.press("Escape")
        tab.click("#try-sample")
        tab.get_by_text("Of 697 posts, 633").wait_for()
        _look_through(tab)
        assert _findings(tab) == []
        tab.get_by_label("Or an account").fill("/nowhere.zip")
        tab.get_by_role("button", name="Add", exact=True).click()
        tab.get_by_text("Not read").wait_for()
        _open(tab, "Train")
        tab.get_by_role("button", name="Another recipe").click()
        assert _findings(tab) == []
        _open(tab, "Play")
        tab.get_by_label("Compare with").click()
        tab.get_by_role("option").last.click()
        _write_with_one_on_the_card(tab)
        for fold in ("More settings", "What it wrote before"):
            tab.get_by_role("button", name=fold).click()
        tab.get_by_role("button", name="Take it off the card").wait_for()
        tab.locator("#posts summary").first.click()
        tab.get_by_role("button", name=re.compile("Draw post")).first.click()
        tab.locator("#posts img").wait_for()
        assert _findings(tab) == []
        _open(tab, "Real or bot")
        if not browser.shown_pair(tab).count():
            tab.click("#deal")
        tab.locator(".ht-choice").first.wait_for()
        assert _findings(tab) == []
        tab.locator(".ht-choice").first.click()
        tab.get_by_text("The person wrote this").wait_for()
        assert _findings(tab) == []
        tab.get_by_role("button", name="Next pair").click()
        _open(tab, "Take it")
        for fold in ("Its report", "Its card", "Publish it"):
            tab.get_by_role("button", name=fold).click()
        tab.locator("#card img").wait_for()
        assert _findings(tab) == []
        _open(tab, "Library")
        tab.get_by_role("button", name="Forget a person").click()
        tab.get_by_label("Whose posts, with").fill("me")
        tab.click("#forget-show")
        tab.get_by_text("What was made of the posts").wait_for()
        assert _findings(tab) == []
        _take_it_off_the_card(tab)


@pytest.mark.slow
def test_the_whole_way_is_gone_by_keyboard(chromium, page):
    """Tabs by arrow keys, buttons and posts by Tab and Enter; what has the focus is outlined."""
    with browser.page_of(chromium, page.url) as (tab, seen):
        _begin_again(tab)

        def has_focus() -> str:
            return tab.evaluate(FOCUSED)

        def walk_to(name: str) -> None:
            for _ in range(60):
                if name in has_focus():
                    break
                tab.keyboard.press("Tab")
            assert name in has_focus()
            style = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style != "none", f"{name} has the focus and no outline"

        walk_to("1 Posts")
        tab.keyboard.press("ArrowRight")
        tab.get_by_role("heading", name="Let it learn").wait_for()
        walk_to("Choose posts")
        tab.keyboard.press("Enter")
        tab.get_by_role("heading", name="Whose posts?").wait_for()
        walk_to("Try the sample")
        tab.keyboard.press("Enter")
        tab.get_by_text("Of 697 posts, 633").wait_for()
        tab.get_by_role("tab", name="Posts").focus()
        for _ in range(2):
            tab.keyboard.press("ArrowRight")
        tab.locator("#write:not([disabled])").wait_for()
        walk_to("Write five")
        browser.write_five(tab, press=lambda: tab.keyboard.press("Enter"))
        walk_to("Copy post")
        walk_to("Share post")
        tab.keyboard.press("Enter")
        tab.get_by_role("link", name="Share on Bluesky").first.wait_for()
        tab.keyboard.press("Escape")
        tab.get_by_role("link", name="Share on Bluesky").first.wait_for(state="hidden")
        tab.get_by_role("tab", name="Play").focus()
        tab.keyboard.press("ArrowRight")
        following = tab.get_by_role("button", name="Next pair")  # of a game that was begun before
        pair = browser.shown_pair(tab)
        if not pair.count() or following.count():
            walk_to("Next pair" if pair.count() else "Deal the posts")
            tab.keyboard.press("Enter")
        tab.locator(".ht-choice").first.wait_for()
        tab.locator(".ht-choice").first.focus()
        tab.keyboard.press("Enter")
        following.wait_for()
        assert not seen.errors


@pytest.mark.slow
def test_an_open_list_closes_with_escape(chromium, page):
    """Escape closes a list and changes nothing; a fold says whether it is open."""
    with browser.page_of(chromium, page.url) as (tab, _):
        fold = tab.get_by_role("button", name="Leave something out")
        fold.wait_for()
        assert fold.get_attribute("aria-expanded") == "false"
        fold.click()
        browser.until(lambda: fold.get_attribute("aria-expanded") == "true")
        tab.get_by_label("Language", exact=True).click()
        tab.get_by_role("listbox").wait_for()
        tab.keyboard.press("Escape")
        tab.get_by_role("listbox").wait_for(state="hidden")
        assert tab.get_by_label("Language", exact=True).input_value() == "every language"


@pytest.mark.slow
def test_nothing_meaningless_is_read_aloud(chromium, page):
    """No key of a translation is a name or a text, and no two buttons of a tab have the same name."""
    with browser.page_of(chromium, f"{page.url}?tab=play") as (tab, _):
        browser.write_five(tab)
        for step in STEPS:
            _open(tab, step)
            spoken = tab.locator("body").aria_snapshot()
            assert "common." not in spoken
            names = re.findall(r'button "([^"]+)"', spoken)
            assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
