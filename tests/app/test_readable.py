"""What the page shows can be read, on a phone and on a desktop, in light and in dark."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets.app import events, theme
from huggingtweets.app.limits import Limits
from huggingtweets.app.run_progress import progress_of
from huggingtweets.app.tabs import take, train_view
from huggingtweets.model_folder import ModelFolder
from huggingtweets.reporting.card import model_card
from huggingtweets.types import CurvePoint
from tests.conftest import ROOT
from tests.helpers import browser

CONTRASTS = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (colour) => {
    const [red, green, blue] = channels(colour).map((part) => part / 255).map(
      (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  return [...document.querySelectorAll("[placeholder]:not([placeholder=''])")].map((box) => {
    const text = getComputedStyle(box, "::placeholder").color, ground = getComputedStyle(box).backgroundColor;
    const both = [text, ground].map(light);
    return Math.max(...both) / Math.min(...both);
  });
}"""  # of examples in empty boxes, as WCAG counts them
ENOUGH = 4.5
FOLLOWS = """([one, other]) => {
  const [first, second] = [one, other].map((name) => document.querySelector(name));
  return Boolean(first.compareDocumentPosition(second) & Node.DOCUMENT_POSITION_FOLLOWING);
}"""


@pytest.mark.parametrize("dark", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_examples_in_boxes_can_be_read(chromium, page_with_models, dark):
    """What stands in an empty box has the contrast of other texts."""
    with browser.page_of(chromium, page_with_models.url, dark=dark) as (tab, _):
        tab.get_by_label("Or an account").wait_for()
        contrasts = tab.evaluate(CONTRASTS)
        assert contrasts
        assert min(contrasts) >= ENOUGH


def test_posts_run_as_their_script_does():
    """Those in Arabic or Hebrew begin on the right, wherever they are shown, and so does what is typed."""
    [selectors] = re.findall(r"\n(.+) { unicode-bidi: plaintext; text-align: start; }", theme.css())
    places = {".ht-post p", ".ht-choice span", ".ht-examples q", ".ht-history q", "#prompt textarea"}
    assert places <= set(selectors.split(", "))


@pytest.mark.slow
def test_reasons_stand_in_one_line(chromium, page_with_models):
    """On a desktop no label of the funnel is broken, and the bars begin below each other."""
    with browser.page_of(chromium, page_with_models.url) as (tab, _):
        browser.take_sample(tab)
        labels = [label.bounding_box() for label in tab.locator("#found .ht-bar dt").all()]
        assert len(labels) > 3
        assert len({round(label["height"]) for label in labels}) == 1
        tracks = [track.bounding_box() for track in tab.locator("#found .ht-track").all()]
        assert len({round(track["x"]) for track in tracks}) == 1


@pytest.mark.slow
def test_figures_of_the_curve_can_be_read_on_a_phone(chromium, page_with_models):
    """The picture shrinks with the window, its figures do not become smaller than ten pixels."""
    curve = [
        events.Evaluated(point=CurvePoint(step=step, epoch=step / 50, bits_per_byte=2 - step / 100))
        for step in (0, 20, 40)
    ]
    html = train_view._curve(progress_of([*curve, events.Stepped(step=40, steps=100, loss=1.0)]))
    with browser.page_of(chromium, f"{page_with_models.url}?tab=train", browser.PHONE) as (tab, _):
        tab.get_by_text("Nothing is learning yet").wait_for()
        tab.locator("#training-run").evaluate("(element, html) => (element.innerHTML = html)", html)
        heights = [text.bounding_box()["height"] for text in tab.locator("#training-run svg text").all()]
        assert len(heights) > 3
        assert min(heights) >= 10


@pytest.mark.parametrize("dark", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_question_stands_above_its_answers(chromium, page_with_models, dark):
    """What would be deleted is read before the button that does it; the question ends with the selection."""
    with browser.page_of(chromium, f"{page_with_models.url}?tab=library", browser.PHONE, dark=dark) as (
        tab,
        _,
    ):
        tab.locator("#picked input[type=checkbox]").first.check()
        tab.get_by_role("button", name="Delete", exact=True).click()
        tab.get_by_text("Delete for good:").wait_for()
        buttons = (tab.locator("#sure"), tab.get_by_role("button", name="Keep", exact=True))
        assert tab.evaluate(FOLLOWS, ["#library-told", "#sure"])
        assert len({button.evaluate("button => getComputedStyle(button).color") for button in buttons}) == 2
        tab.locator("#picked input[type=checkbox]").nth(1).check()
        tab.locator("#sure").wait_for(state="hidden")
        browser.until(lambda: not tab.locator("#library-told").inner_text())


@pytest.mark.slow
def test_the_title_of_the_card_is_the_largest(chromium, page_with_models):
    """The name of the model stands out from the headings below it."""
    with browser.page_of(chromium, f"{page_with_models.url}?tab=take&model=me") as (tab, _):
        tab.get_by_role("button", name="Its card").click()
        sizes = [
            tab.locator(f"#card {name}").first.evaluate("text => parseFloat(getComputedStyle(text).fontSize)")
            for name in ("h1", "h2", "p")
        ]
        assert sizes == sorted(set(sizes), reverse=True)


@pytest.mark.parametrize("name", ["Me", "Jane --- poet", "---", "a\n---\nb"])
def test_the_card_begins_with_the_person_whatever_the_name(tmp_path, name):
    """The metadata before it is for programs; a line of a name may look like what ends it."""
    record = ModelFolder(ROOT / "tests" / "fixtures" / "earlier" / "models" / "ada").record
    [author] = record.authors
    named = replace(author, account=replace(author.account, name=name))
    folder = ModelFolder(tmp_path)
    shown = replace(record, name=name, authors=(named,))
    folder.save_record(shown)
    folder.card.write_text(model_card(shown, pictures=()), "utf-8")
    assert take._card(folder).lstrip().startswith('<div align="center">')


def test_the_real_base_is_among_the_first_recipes():
    """Whoever looks for better sentences need not read a list of a dozen names."""
    recipes = Limits().recipes()
    assert recipes[:3] == ("starter", "ngram", "smollm2-135m")
    assert len(recipes) == len(set(recipes)) > 3
