"""The page where there is little: before the first model, without a judgement, and after a person is forgotten."""

from __future__ import annotations

import shutil

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets import DataConfig, ReadOptions, TrainConfig, load_recipe, train
from tests.helpers import browser
from tests.helpers.app_server import served
from tests.helpers.tiny import tiny_base, varied_texts

MISSING_STEPS = {  # what a tab without a model leads to
    "Train": ("Choose posts", "Whose posts?"),
    "Play": ("Train one", "Let it learn"),
    "Real or bot": ("Train one", "Let it learn"),
    "Take it": ("Train one", "Let it learn"),
    "Library": ("Train one", "Let it learn"),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory, _ngram_place):
    """The page of a machine where a model of one person was made."""
    folder = tmp_path_factory.mktemp("library")
    for name in ("home", "models", "posts.csv"):
        copy = shutil.copytree if (_ngram_place / name).is_dir() else shutil.copy
        copy(_ngram_place / name, folder / name)
    with served(folder) as page:
        yield page


def _open(tab, step: str) -> None:
    tab.get_by_role("tab", name=step).click()


def test_a_person_is_forgotten(chromium, page):
    """First the page lists what would go; then models, datasets and written posts are gone from the disk."""
    with browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen):
        posts = browser.write_five(tab)
        written = page.home / "app" / "written"
        assert list(written.iterdir())
        _open(tab, "Library")
        tab.get_by_role("button", name="Forget a person").click()
        tab.get_by_label("Whose posts, and").fill("nobody")
        tab.click("#forget-show")
        tab.get_by_text("Nothing here is known to come from @nobody").wait_for()
        assert not tab.locator("#forget").is_visible()
        tab.get_by_label("Whose posts, and").fill("@Me")
        tab.click("#forget-show")
        tab.get_by_text("What was made of the posts").wait_for()
        assert (page.folder / "models" / "me").is_dir()
        tab.click("#forget")
        tab.get_by_text("No models yet").wait_for()
        assert not (page.folder / "models" / "me").exists()
        assert not [path for path in (page.home / "datasets").rglob("*") if path.is_file()]
        assert not list(written.iterdir())
        _open(tab, "Play")
        tab.get_by_text("No model is open").wait_for()
        assert posts[0] not in tab.content()
        assert not seen.errors


def test_an_empty_tab_leads_to_the_missing_step(chromium, page):
    """Without posts and models no tab takes a press that must fail, and each leads to the step before it."""
    shutil.rmtree(page.folder / "models", ignore_errors=True)
    with browser.page_of(chromium, page.url, browser.PHONE) as (tab, seen):
        for step, (button, heading) in MISSING_STEPS.items():
            _open(tab, step)
            panel = tab.locator("[role=tabpanel]").filter(visible=True)
            panel.get_by_role("button", name=button, exact=True).wait_for()
            main = panel.locator("button.primary").filter(visible=True)
            assert not [name for name in main.all() if name.is_enabled()]
            panel.get_by_role("button", name=button, exact=True).click()
            tab.get_by_role("heading", name=heading).wait_for()
        assert not tab.get_by_role("alert").count()
        assert not seen.errors


@pytest.mark.slow
def test_a_merged_model_is_judged(chromium, tmp_path_factory, monkeypatch):
    """Two models become one, which says that it was not judged, is judged when asked, and has a report."""
    folder = tmp_path_factory.mktemp("merging")
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(folder / "home"))
    base = tiny_base(folder / "base")
    for seed, name in enumerate(("ada", "bob")):
        rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(150, seed=seed))]
        (folder / f"{name}.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
        settings = [f"base={base}", "epochs=1", "evaluations=1", "sampling.max_new_tokens=20"]
        train(
            TrainConfig(
                data=DataConfig(locations=(str(folder / f"{name}.csv"),), options=ReadOptions(name=name)),
                recipe=load_recipe("starter", settings),
                out=folder / "models" / name,
                tracker="none",
                evaluate=False,
            )
        )
    with served(folder) as page, browser.page_of(chromium, f"{page.url}?tab=library") as (tab, seen):
        for number in range(2):
            tab.locator("#picked input[type=checkbox]").nth(number).check()
        tab.get_by_role("button", name="Merge", exact=True).click()
        tab.get_by_text("They are one model now").wait_for()
        _open(tab, "Take it")
        tab.get_by_role("button", name="Its report").click()
        tab.get_by_text("This model was not judged").wait_for()
        tab.click("#evaluate")
        report = tab.frame_locator("#report iframe")
        report.get_by_text("Does it only repeat").first.wait_for()
        assert not tab.locator("#evaluate").is_visible()
        [merged] = [path for path in (folder / "models").iterdir() if path.name.endswith("-merged")]
        assert (merged / "report.json").is_file()
        assert not seen.errors
