"""The page where there is little: before the first model, without a judgement, after forgetting somebody."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil
import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets import DataConfig, TrainConfig, load_recipe, train
from huggingtweets.app import events, selection, training_request
from huggingtweets.app.sessions import Session
from huggingtweets.app.training_request import TrainingRequest
from huggingtweets.cleaning import CleaningRules
from huggingtweets.sources import ReadOptions
from tests.helpers import browser
from tests.helpers.app_server import Client, served
from tests.helpers.tiny import small_base, varied_texts

pytestmark = pytest.mark.slow
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


def test_a_person_is_forgotten(chromium, page, tmp_path):
    """First the page lists what would go; then models, datasets and written posts are gone from the disk."""
    shutil.copytree(page.folder / "models", tmp_path / "models")
    shutil.copytree(page.home / "datasets", tmp_path / "datasets")
    with browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen):
        posts = browser.write_five(tab)
        written = page.home / "app" / "written"
        assert list(written.iterdir())
        _open(tab, "Real or bot")
        tab.locator("#deal:not([disabled])").click()
        tab.locator(".ht-choice").first.wait_for()
        _open(tab, "Take it")
        tab.click("#pack")
        tab.locator("#zip").wait_for()
        assert list((page.home / "incoming").glob("*/me.zip"))
        _open(tab, "Library")
        tab.get_by_role("button", name="Forget a person").click()
        tab.get_by_label("Whose posts, with").fill("nobody")
        tab.click("#forget-show")
        tab.get_by_text("Nothing here is known to come from @nobody").wait_for()
        assert not tab.locator("#forget").is_visible()
        tab.get_by_label("Whose posts, with").fill("@Me")
        tab.click("#forget-show")
        tab.get_by_text("What was made of the posts").wait_for()
        assert (page.folder / "models" / "me").is_dir()
        tab.click("#forget")
        tab.get_by_text("No models yet").wait_for()
        assert not (page.folder / "models" / "me").exists()
        assert not [path for path in (page.home / "datasets").rglob("*") if path.is_file()]
        assert not list(written.iterdir())
        assert not list((page.home / "incoming").glob("*/me.zip"))
        _open(tab, "Play")
        tab.get_by_text("No model is open").wait_for()
        assert posts[0] not in tab.content()
        assert not seen.errors
        shutil.copytree(tmp_path / "models", page.folder / "models", dirs_exist_ok=True)
        shutil.copytree(tmp_path / "datasets", page.home / "datasets", dirs_exist_ok=True)
        tab.goto(f"{page.url}?tab=game&model=me")
        tab.locator("#deal:not([disabled])").wait_for()
        assert not tab.locator(".ht-choice").count(), "no posts are kept in memory either"


def _files_with(folder, text: str) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if text in path.name or text.encode() in path.read_bytes()]


def test_who_was_not_learnt_from_is_forgotten(chromium, page, tmp_path):
    """A person whose posts were only dropped, and whose run was stopped, leaves nothing."""
    table = tmp_path / "zoraida.csv"
    rows = [f'{i},zoraida,"{text}"' for i, text in enumerate(varied_texts(150, seed=4))]
    table.write_text("\n".join(["id,author,text", *rows]), "utf-8")
    session = Session(page.home / "app", page.folder / "models", None)
    with browser.page_of(chromium, page.url, browser.PHONE) as (tab, seen):
        tab.get_by_text("No posts yet").wait_for(state="attached")
        tab.locator(".ht-drop input[type=file]").set_input_files(table)
        tab.get_by_text("Of 150 posts").wait_for()
        request = TrainingRequest(
            title="zoraida",
            locations=tuple(place.location for place in selection.load(session).places),
            options=ReadOptions(),
            rules=CleaningRules(),
            recipe=load_recipe("ngram"),
            out=str(session.models / "zoraida"),
            name="zoraida",
        )
        run = training_request.save(request, session)
        events.append(run, events.Running(pid=os.getpid(), since=psutil.Process().create_time()))
        _open(tab, "Library")
        tab.get_by_role("button", name="Forget a person").click()
        tab.get_by_label("Whose posts, with").fill("@Zoraida")
        tab.click("#forget-show")
        tab.get_by_text("the posts that are chosen in the first step").wait_for()
        tab.click("#forget-not")
        tab.locator("#forget").wait_for(state="hidden")
        tab.click("#forget-show")
        tab.click("#forget")
        tab.get_by_text("something is learning").wait_for()
        assert len(_files_with(page.home, "zoraida")) > 2
        events.append(run, events.Stopped())
        tab.click("#forget")
        tab.get_by_text("No models yet").or_(tab.locator("#library td")).first.wait_for()
        browser.until(lambda: not _files_with(page.home, "zoraida"))
        tab.locator("#forget").wait_for(state="hidden")
        _open(tab, "Posts")
        tab.get_by_text("No posts yet").wait_for()
        assert not seen.errors


def test_only_what_was_shown_is_deleted(page):
    """Where another name was typed than that whose traces are shown, nothing is deleted."""
    with Client(page.url) as client:
        client.call(client.of("forget", "click"), [client.key, "me", "somebody"])
        assert (page.folder / "models" / "me").is_dir()
        client.call(client.of("forget", "click"), [client.key, "me", "me"])
        assert not (page.folder / "models" / "me").exists()


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


@pytest.fixture(scope="module")
def neural(tmp_path_factory):
    """The page of a machine with networks of ada, of bob, and of both, which knows who speaks."""
    folder = tmp_path_factory.mktemp("neural")
    base = small_base(folder / "base")
    for seed, name in enumerate(("ada", "bob")):
        rows = [f'{i},{name},"{text}"' for i, text in enumerate(varied_texts(150, seed=seed))]
        (folder / f"{name}.csv").write_text("\n".join(["id,author,text", *rows]), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(folder / "home"))
        for name, people in (("both", ("ada", "bob")), ("ada", ("ada",)), ("bob", ("bob",))):
            settings = [f"base={base}", "epochs=1", "evaluations=1", "sampling.max_new_tokens=20"]
            job = TrainConfig(
                data=DataConfig(locations=tuple(str(folder / f"{person}.csv") for person in people)),
                recipe=load_recipe("starter", [*settings, f"speakers={str(name == 'both').lower()}"]),
                out=folder / "models" / name,
                tracker="none",
                evaluate=False,
            )
            train(job)
    with served(folder) as page:
        yield page


def test_who_speaks_is_chosen(chromium, neural):
    """A model of several people is asked to speak as one of them; one of one person does not ask."""
    with browser.page_of(chromium, f"{neural.url}?tab=play&model=both") as (tab, seen):
        speaker = tab.get_by_label("Who speaks?")
        speaker.click()
        tab.get_by_role("option", name="@bob").click()
        assert len(browser.write_five(tab)) == 5
        assert not seen.errors
        tab.goto(f"{neural.url}?tab=play&model=ada")
        tab.locator("#write:not([disabled])").wait_for()
        seen.errors.clear()  # what was on its way when the page went
        assert not speaker.is_visible()
        assert not tab.locator("#best-of").is_visible(), "nothing here tells which post is best"
        assert not seen.errors


def test_before_and_after_write_side_by_side(chromium, neural):
    """What a model was before it learnt goes on with the same beginning, is called so, and stays shown."""
    with browser.page_of(chromium, f"{neural.url}?tab=play&model=ada") as (tab, seen):
        tab.locator("#write:not([disabled])").wait_for()
        tab.get_by_label("How should the post begin?").fill("bathe")
        tab.get_by_label("Compare with").click()
        tab.get_by_role("option", name="what it was before it learnt").click()
        browser.write_five(tab)
        tab.locator("#beside [data-action=copy]").nth(4).wait_for()
        posts = tab.locator("#beside .ht-post-text").all_text_contents()
        assert len(posts) == 5
        assert all(post.startswith("bathe") for post in posts)
        assert "before it learnt" in tab.locator("#beside-0").inner_text()
        assert not seen.errors
        tab.reload()
        tab.locator("#beside [data-action=copy]").nth(4).wait_for()
        assert tab.locator("#beside .ht-post-text").all_text_contents() == posts
        assert "before it learnt" in tab.locator("#beside-0").inner_text()


def test_a_merged_model_is_evaluated(chromium, neural):
    """Two models become one, which says that it was not evaluated; it is when asked, and has a report."""
    with browser.page_of(chromium, f"{neural.url}?tab=library") as (tab, seen):
        for name in ("(ada)", "(bob)"):
            tab.locator("#picked label").filter(has_text=name).locator("input").check()
        tab.get_by_role("button", name="Merge", exact=True).click()
        tab.get_by_text("They are one model now").wait_for()
        _open(tab, "Take it")
        tab.get_by_role("button", name="Its report").click()
        tab.get_by_text("This model was not evaluated").wait_for()
        tab.click("#evaluate")
        report = tab.frame_locator("#report iframe")
        report.get_by_text("Does it only repeat").first.wait_for()
        assert not tab.locator("#evaluate").is_visible()
        [merged] = [path for path in (neural.folder / "models").iterdir() if path.name.endswith("-merged")]
        assert (merged / "report.json").is_file()
        assert not seen.errors
