"""The page for somebody who has never seen it: it loses nothing, says what is wrong, and how to go on."""

from __future__ import annotations

import functools
import json
import math
import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets import load_recipe
from huggingtweets.app import events, training_request, written
from huggingtweets.app.sessions import Session
from huggingtweets.app.training_request import TrainingRequest
from huggingtweets.cleaning import CleaningRules
from huggingtweets.model_folder import EVALUATION, PREDICTIONS, SAMPLING, ModelFolder
from huggingtweets.sources import ReadOptions
from huggingtweets.workflows.data import sample_archive
from tests.helpers import browser
from tests.helpers.app_server import Client
from tests.helpers.browser import write_five
from tests.helpers.tiny import varied_texts

SAMPLE = "Of 697 posts, 633"
SLOW = """(() => {
  const frame = requestAnimationFrame.bind(window), later = setTimeout.bind(window), waiting = [];
  window.isBusy = false;
  window.requestAnimationFrame = (work) => window.isBusy ? waiting.push(work) : frame(work);
  window.setTimeout = (work, delay, ...rest) =>
    window.isBusy && !delay ? waiting.push(() => work(...rest)) : later(work, delay, ...rest);
  window.goOn = async () => {
    window.isBusy = false;
    waiting.splice(0).forEach((work) => work(performance.now()));
    for (let number = 0; number < 3; number++) await new Promise(frame);
  };
})()"""  # a machine that draws nothing while it is busy

# what stands above the posts grows a moment after they have begun
CHANGE_ABOVE = """() => new MutationObserver((_, self) => {
  self.disconnect();
  setTimeout(() => document.getElementById("prompt").style.minHeight = "400px", 100);
}).observe(document.getElementById("posts"), {subtree: true, childList: true})"""
BOXES = "names => names.map((name) => document.querySelector(name).getBoundingClientRect().toJSON())"


needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


@pytest.fixture(scope="module")
def page(page_with_models):
    return page_with_models


@pytest.fixture(scope="module")
def window(chromium, page):
    """One window for all tests: each finds it as the one before has left it, as a visitor does."""
    with browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (window, seen):
        window.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield window, seen


@pytest.fixture
def tab(window):
    """The window, with the model "me" and the Play tab open."""
    tab, seen = window
    if "model=me" in tab.url:
        _open(tab, "Play")
    else:
        tab.goto(re.sub(r"\?.*", "?tab=play&model=me", tab.url))
        _loaded(tab)
        seen.errors.clear()  # what was on its way when the page went
    tab.locator("#write:not([disabled])").wait_for()
    tab.locator("#beginnings button").first.wait_for(state="attached")  # the settings came with them
    yield tab
    assert not seen.errors
    assert not seen.outside


def _loaded(tab) -> None:
    """Wait until the page shows what it showed before."""
    browser.until(lambda: "One moment" not in (tab.locator("#found").text_content() or "One moment"))


def _open(tab, step: str) -> None:
    tab.get_by_role("tab", name=step).click()


def _is_seen_in(frame, section) -> bool:
    """Whether a section begins in the part of its frame that is seen, wherever on the page the frame is."""
    around, box = frame.bounding_box(), section.bounding_box()
    return around is not None and box is not None and 0 <= box["y"] - around["y"] < around["height"]


def _leads(link, arrived) -> bool:
    """Whether a link leads there; the way is smooth, and ends early where the page changes meanwhile."""
    link.click()
    end = time.monotonic() + 10
    while not arrived() and time.monotonic() < end:
        time.sleep(0.1)
    return arrived()


def _reload(tab, seen) -> None:
    tab.reload()
    _loaded(tab)
    seen.errors.clear()  # what was on its way when the page went


def _deal(tab) -> None:
    """Lead to a pair that is not answered, of a new game or of the one that goes on."""
    _open(tab, "Real or bot")
    following = tab.get_by_role("button", name="Next pair")
    if not browser.shown_pair(tab).count():
        tab.click("#deal")
    elif following.count():
        following.click()
    tab.locator(".ht-choice").first.wait_for()


def _table(folder: Path, name: str, authors: tuple[str, ...] = (), column: str = "text") -> Path:
    """A table of posts, by turns of each author."""
    rows = []
    for number, text in enumerate(varied_texts(200, seed=8)):
        author = f"{authors[number % len(authors)]}," if authors else ""
        rows.append(f'{number},{author}"{text} {text[::-1]}"')
    head = f"id,{'author,' if authors else ''}{column}"
    (folder / name).write_text("\n".join([head, *rows]), "utf-8")
    return folder / name


def _session(page) -> Session:
    return Session(page.home / "app", page.folder / "models", None)


def _copy(page, name: str) -> Path:
    """A copy of the model "me" that is a model of its own."""
    folder = shutil.copytree(page.folder / "models" / "me", page.folder / "models" / name)
    record = folder / "run.json"
    digest = json.loads(record.read_bytes())["model_digest"]
    record.write_text(record.read_text("utf-8").replace(digest, digest[1:] + digest[:1]), "utf-8")
    return folder


def _slow(file: Path) -> Callable[[], object]:
    """Let a file be on a slow disk: whoever reads it waits until the function that is returned is called."""
    content = file.read_bytes()
    file.unlink()
    os.mkfifo(file)
    return functools.partial(file.write_bytes, content)


def _run(page, model: str) -> Path:
    """A run that makes a model, in this process as far as the page can tell."""
    request = TrainingRequest(
        title="whose posts",
        locations=("/nowhere.csv",),
        options=ReadOptions(),
        rules=CleaningRules(),
        recipe=load_recipe("ngram"),
        out=str(page.folder / "models" / model),
        name=model,
    )
    folder = training_request.save(request, _session(page))
    since = psutil.Process().create_time()
    events.append(folder, events.Running(pid=os.getpid(), since=since))
    events.append(folder, events.Stage(name="train"))
    return folder


def test_copy_copies_the_post(tab):
    """The button puts the post into the clipboard, and says so."""
    posts = write_five(tab)
    tab.get_by_role("button", name="Copy post 2").click()
    tab.locator("#post-1").get_by_text("Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == posts[1]


def test_pictures_move_nothing_when_they_appear(tab):
    """The browser knows a picture's size before it has drawn it, so that what is below keeps its place."""
    _open(tab, "Take it")
    tab.locator("#pictures img").first.wait_for()
    sizes = "all => all.map(one => [one.getAttribute('width'), one.getAttribute('height')])"
    drawn = tab.locator("#pictures img").evaluate_all(
        "all => Promise.all(all.map(async one => {"
        " await one.decode(); return [String(one.naturalWidth), String(one.naturalHeight)]; }))"
    )
    assert tab.locator("#pictures img").evaluate_all(sizes) == drawn
    assert len(drawn) > 1


def test_links_in_the_report_lead_to_its_sections(tab):
    """A link in the report leads to a section; the report is a page of its own, too, which runs nothing."""
    _open(tab, "Take it")
    tab.get_by_role("button", name="Its report").click()
    frame = tab.locator("#report iframe")
    link = frame.content_frame.locator("a[href='#copying']")
    section = frame.content_frame.locator("#copying")
    browser.until(lambda: _leads(link, lambda: _is_seen_in(frame, section)))
    with tab.context.expect_page() as opened:
        tab.get_by_role("link", name="Open the full page").click()
    opened.value.get_by_text("Does it only repeat").first.wait_for()
    answer = tab.request.get(opened.value.url)
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert tab.request.get(opened.value.url[:-1]).status == 404
    opened.value.close()


@pytest.mark.slow
def test_a_finished_run_takes_nothing_away(tab, window, page):
    """While one model is played with, another one is ready: the page says so, and leads there when asked."""
    posts = write_five(tab)
    run = _run(page, "other")
    _reload(*window)
    tab.get_by_text("other is learning").wait_for()
    browser.until(lambda: "%" in tab.title())
    events.append(run, events.Done(model="other"))
    tab.get_by_text("other is ready").wait_for()
    browser.until(lambda: tab.locator("#posts .ht-post-text").all_text_contents() == posts)
    assert "model=me" in tab.url
    _play_with_what_is_ready(tab, run)
    tab.get_by_text("Nothing written yet").wait_for()


def _play_with_what_is_ready(tab, run: Path) -> None:
    """Open the model "other", which a run has made; take the run away when the page needs it no more."""
    tab.locator("#strip").get_by_role("button", name="Play with it").click()
    tab.wait_for_url("**model=other**")
    browser.until(lambda: not tab.locator("#strip").get_by_text("is ready").count())
    tab.locator("#write:not([disabled])").wait_for()
    shutil.rmtree(run)


def test_a_deleted_model_is_no_more_ready(tab, window, page):
    """When the model of a run is deleted, no tab offers to play with it, and the run says that it is gone."""
    shutil.copytree(page.folder / "models" / "me", page.folder / "models" / "brief")
    run = _run(page, "brief")
    events.append(run, events.Done(model="brief"))
    _reload(*window)
    tab.locator("#strip").get_by_text("brief is ready").wait_for()
    _open(tab, "Library")
    tab.locator("#picked label").filter(has_text="brief").locator("input").check()
    tab.get_by_role("button", name="Delete", exact=True).click()
    tab.click("#sure")
    tab.locator("#strip").get_by_text("brief is ready").wait_for(state="detached")
    _open(tab, "Train")
    tab.locator("#training-run").get_by_text("Its model is not here any more").wait_for()
    assert not tab.locator("#go-play").is_visible()
    shutil.rmtree(run)


@pytest.mark.slow
def test_a_notice_comes_when_it_was_asked_for(tab, window, page):
    """Permission is asked for by a press alone; the notice comes once, and only to who looks elsewhere."""
    stub = """() => {
        window.notices = []; window.asked = 0; document.hasFocus = () => false;
        window.Notification = class extends EventTarget {
          static permission = "default";
          static async requestPermission() { window.asked++; return (this.permission = "granted"); }
          constructor(title, options) { super(); window.notices.push(options.body); }
        };
    }"""
    run = _run(page, "other")
    _reload(*window)
    tab.get_by_text("other is learning").wait_for()
    tab.evaluate(stub)
    _open(tab, "Train")
    tab.get_by_role("button", name="Tell me when it is ready").wait_for()
    assert tab.evaluate("window.asked") == 0
    tab.click("#notify")
    tab.get_by_role("button", name="You will be notified").wait_for()
    assert tab.evaluate("window.asked") == 1
    events.append(run, events.Done(model="other"))
    browser.until(lambda: tab.evaluate("window.notices"))
    _open(tab, "Play")
    assert tab.evaluate("window.notices") == ["other is ready."]
    _play_with_what_is_ready(tab, run)


@pytest.mark.slow
def test_nobody_else_is_trained_than_the_page_shows(chromium, page, tab, tmp_path):
    """Where another window has changed the posts, Train begins nothing, and the page shows whose they are."""
    _open(tab, "Posts")
    tab.click("#try-sample")
    tab.get_by_text(SAMPLE).wait_for()
    with browser.page_of(chromium, page.url) as (second, _):
        second.get_by_text(SAMPLE).wait_for()
        second.get_by_role("button", name="Begin again").click()
        second.get_by_text("No posts yet").wait_for()
        second.locator("input[type=file]").set_input_files(_table(tmp_path, "bernard.csv", ("bernard",)))
        second.get_by_text("@bernard").first.wait_for()
    _open(tab, "Train")
    tab.get_by_text("It learns from dithering_lift").wait_for()
    tab.click("#begin")
    tab.get_by_text("It learns from bernard").wait_for()
    assert not training_request.runs(_session(page))


def test_one_wrong_place_leaves_the_others(tab, tmp_path):
    """What cannot be read keeps its error beside the posts that can, and a cross takes it away."""
    _open(tab, "Posts")
    tab.get_by_role("button", name="Begin again").click()
    tab.locator("input[type=file]").set_input_files(_table(tmp_path, "ada.csv", ("ada",)))
    tab.get_by_text("@ada").first.wait_for()
    tab.get_by_label("Or an account").fill("/nowhere/posts.v2.zip")
    tab.get_by_role("button", name="Add", exact=True).click()
    tab.get_by_text("Not read: /nowhere/posts.v2.zip").wait_for()
    found = tab.locator("#found").inner_text()
    assert "@ada" in found
    assert "posts.v2.zip" in found.split("Not read:")[1]
    assert "huggingtweets " not in found
    tab.get_by_role("button", name="Remove /nowhere/posts.v2.zip").click()
    browser.until(lambda: "Not read" not in tab.locator("#found").inner_text())
    assert tab.locator("#go-train").is_visible()


@pytest.mark.slow
def test_a_question_is_asked_where_a_file_leaves_one_open(tab, tmp_path):
    """Whose posts are meant, and which column holds them, are buttons to press."""
    _open(tab, "Posts")
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()
    tab.locator("input[type=file]").set_input_files(_table(tmp_path, "two.csv", ("ada", "bernard")))
    tab.get_by_role("group", name="Whose posts?").get_by_role("button", name="bernard (100)").click()
    tab.get_by_text("@bernard").first.wait_for()
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()
    tab.locator("input[type=file]").set_input_files(_table(tmp_path, "odd.csv", ("ada",), "zzz"))
    tab.get_by_role("group", name="Which column holds the texts?").get_by_role("button", name="zzz").click()
    tab.get_by_text("@ada").first.wait_for()
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()
    tab.locator("input[type=file]").set_input_files(_table(tmp_path, "all.csv", ("ada", "bernard")))
    tab.get_by_role("button", name="All of it is one person's").click()
    tab.get_by_text("write whose they are").wait_for()
    tab.get_by_role("button", name="Leave something out").click()
    tab.get_by_label("Whose posts, where").fill("carla")
    tab.get_by_label("Whose posts, where").press("Enter")
    tab.get_by_text("Of 200 posts, 200").wait_for()
    tab.get_by_role("button", name="Begin again").click()


def test_a_reload_loses_nothing_and_back_works(tab, window):
    """Tab, model, posts and guesses are there after a reload; a link leads to a tab, and Back leads back."""
    posts = write_five(tab)
    _deal(tab)
    tab.locator(".ht-choice").first.click()
    tab.get_by_role("button", name="Next pair").click()
    tab.locator(".ht-choice").first.wait_for()
    pair = tab.locator(".ht-choice").all_inner_texts()
    _reload(*window)
    tab.locator(".ht-choice").first.wait_for()
    assert tab.locator(".ht-choice").all_inner_texts() == pair
    tab.go_back()
    tab.get_by_role("heading", name="Play", exact=True).wait_for()
    tab.locator("#posts .ht-post-text").first.wait_for()
    assert tab.locator("#posts .ht-post-text").all_text_contents() == posts


def test_the_address_follows_a_press_at_once(tab):
    """Whoever goes back or reloads right after a press, on however slow a machine, goes on from there."""
    press = "document.getElementById('tab-{}-button').click(), location.search"
    assert "tab=game" in tab.evaluate(press.format("game"))
    assert "tab=take" in tab.evaluate(press.format("take"))
    tab.go_back()
    tab.get_by_role("heading", name="Real or bot?").wait_for()
    tab.go_back()
    tab.get_by_role("heading", name="Play", exact=True).wait_for()


@pytest.mark.slow
def test_what_is_typed_at_once_stays(chromium, page):
    """What is typed into a fold that was opened this moment is not replaced by what was set before."""
    with browser.page_of(chromium, "about:blank") as (tab, seen):
        tab.add_init_script(SLOW)
        tab.goto(f"{page.url}?tab=play&model=me")
        tab.locator("#write:not([disabled])").wait_for()
        tab.evaluate("window.isBusy = true")
        tab.get_by_role("button", name="More settings").click()
        drafts = tab.get_by_label("number input for Drafts for each post")
        drafts.fill("4")
        tab.evaluate("window.goOn()")
        assert drafts.input_value() == "4"
        assert not seen.errors


def test_begin_again_deletes_the_uploads(tab, page, tmp_path):
    """Files that nothing uses any more are deleted, read or not."""
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no archive")
    _open(tab, "Posts")
    files = [_table(tmp_path, "ada.csv", ("ada",)), tmp_path / "broken.zip"]
    tab.locator("input[type=file]").set_input_files(files)
    tab.get_by_text("Not read: broken.zip").wait_for()
    uploads = _session(page).uploads
    assert {file.name for file in uploads.rglob("*.*")} == {"ada.csv", "broken.zip"}
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()
    assert not list(uploads.rglob("*.*"))


def test_a_game_shows_which_post_was_real(tab):
    """The post itself is pressed; then both say who wrote them, and no second answer is taken."""
    _deal(tab)
    tab.locator(".ht-choice").first.click()
    tab.get_by_text("The person wrote this").wait_for()
    tab.get_by_text("The bot wrote this").wait_for()
    assert not tab.locator(".ht-choice").count()


def test_the_picture_of_a_post_is_in_the_post(tab):
    """It appears where the button was pressed, with a link to download it."""
    write_five(tab)
    tab.get_by_role("button", name="Draw post 5 as a picture").click()
    tab.locator("#post-4 img").wait_for()
    assert tab.locator("#post-4").get_by_role("link", name="Download the picture").is_visible()


@pytest.mark.slow
def test_two_models_write_side_by_side(tab, page):
    """Both go on with one beginning; what the second writes is in its history, and stays over a reload."""
    tab.get_by_label("How should the post begin?").fill("kesat")
    tab.get_by_label("Compare with").click()
    tab.get_by_role("option", name="other, ngram").click()
    posts = write_five(tab)
    tab.locator("#beside [data-action=copy]").nth(4).wait_for()
    beside = tab.locator("#beside .ht-post-text").all_text_contents()
    assert all(text.startswith("kesat") for text in [*posts, *beside])
    tab.get_by_role("button", name="Copy post 2 of other").click()
    tab.locator("#beside-1").get_by_text("Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == beside[1]
    other = ModelFolder(page.folder / "models" / "other")
    assert [post.text for post in written.load(_session(page), other)][:5] == beside
    tab.reload()
    tab.locator("#beside [data-action=copy]").nth(4).wait_for()
    assert tab.locator("#beside .ht-post-text").all_text_contents() == beside
    tab.get_by_label("Compare with").click()
    tab.get_by_role("option", name="no model").click()
    tab.locator("#beside").wait_for(state="hidden")
    me = ModelFolder(page.folder / "models" / "me")
    browser.until(lambda: written.load_second_posts(_session(page), me) is None)


@pytest.mark.slow
def test_what_stands_beside_is_not_below_what_was_before(chromium, page):
    """The second model's posts are beside the others or right below them, above all earlier ones."""
    with browser.page_of(chromium, f"{page.url}?tab=play&model=me", browser.PHONE) as (tab, _):
        tab.locator("#write:not([disabled])").wait_for()
        tab.get_by_label("Compare with").click()
        tab.get_by_role("option", name="other, ngram").click()

        def write() -> None:
            browser.write_five(tab)
            tab.locator("#beside [data-action=copy]").nth(4).wait_for()  # or a press says nothing

        write()
        tab.get_by_role("button", name="What it wrote before").click()
        for size in (browser.PHONE, (900, 900), browser.DESKTOP):
            tab.set_viewport_size({"width": size[0], "height": size[1]})
            write()
            tab.locator("#history q").first.wait_for()
            posts, beside, before = tab.evaluate(BOXES, ["#posts", "#beside", "#history"])
            below_or_beside = posts["y"] if size == browser.DESKTOP else posts["y"] + posts["height"]
            assert 0 <= beside["y"] - below_or_beside < 50
            assert before["y"] >= max(part["y"] + part["height"] for part in (posts, beside))
        tab.get_by_label("Compare with").click()
        tab.get_by_role("option", name="no model").click()
        tab.locator("#beside").wait_for(state="hidden")


def test_the_best_of_several_drafts_is_kept(tab, page):
    """Of several drafts the one most like the person is shown; it says so, and never goes on the card."""
    tab.get_by_role("button", name="More settings").click()
    tab.get_by_label("number input for Drafts for each post").fill("4")
    tab.get_by_label("number input for Drafts for each post").press("Enter")
    posts = write_five(tab)
    assert tab.locator("#posts").get_by_text("best of 4").count() == len(posts) > 0
    assert not tab.get_by_role("button", name="on the card").count()
    me = ModelFolder(page.folder / "models" / "me")
    assert {post.best_of for post in written.shown(written.load(_session(page), me))} == {4}
    tab.get_by_label("number input for Drafts for each post").fill("1")
    tab.get_by_label("number input for Drafts for each post").press("Enter")
    tab.get_by_role("button", name="More settings").click()


@pytest.mark.slow
def test_posts_are_looked_through_and_taken_out(tab, tmp_path):
    """Posts are searched and marked; what is taken out is counted, and put back; a removed place is gone."""
    _open(tab, "Posts")
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()
    tab.locator("input[type=file]").first.set_input_files(_table(tmp_path, "ada.csv", ("ada",)))
    tab.get_by_text("Of 200 posts, 200").wait_for()
    tab.get_by_role("button", name="Look through the posts").click()
    tab.get_by_text("1 to 20 of 200").wait_for()
    tab.get_by_role("button", name="More", exact=True).click()
    tab.get_by_text("21 to 40 of 200").wait_for()
    text = tab.locator("#marked label").first.inner_text().strip()
    tab.locator("#marked input").first.check()
    tab.set_viewport_size({"width": browser.PHONE[0], "height": browser.PHONE[1]})
    tab.click("#take-out")
    tab.get_by_text("Of 200 posts, 199").wait_for()
    browser.until(lambda: text not in tab.locator("#marked").inner_text())
    browser.until(lambda: _is_seen(tab.locator("#browsed")))  # far above the button that was pressed
    tab.get_by_label("With these words").fill(text.split()[0])
    tab.locator("#take-all").click()
    tab.get_by_text("No post has these words").wait_for()
    tab.get_by_label("With these words").fill("")
    tab.get_by_label("Which posts?").click()
    tab.get_by_role("option", name="taken out by hand").click()
    tab.locator("#marked").get_by_text(text).wait_for()
    tab.locator("#marked").get_by_text("Mark posts to include again").wait_for()
    assert tab.locator("#which input").evaluate("box => box.scrollWidth <= box.clientWidth"), "it is not cut"
    tab.set_viewport_size({"width": browser.DESKTOP[0], "height": browser.DESKTOP[1]})
    tab.locator("#marked label").filter(has_text=text).locator("input").check()
    tab.click("#put-back")
    browser.until(lambda: text not in tab.locator("#marked").inner_text())
    tab.get_by_role("button", name="Remove ada.csv").click()
    tab.get_by_text("No posts yet").wait_for()
    assert not tab.locator("#go-train").is_visible()
    assert not tab.get_by_role("button", name="Look through the posts").is_visible()


def test_a_folder_is_read_as_its_archive(tab, page, tmp_path):
    """A chosen folder goes as a zip file: what is in folders below it is found there, films are left out."""
    with zipfile.ZipFile(sample_archive()) as archive:
        archive.extractall(tmp_path / "my-archive")
    (tmp_path / "my-archive" / "data" / "film.mp4").write_bytes(b"film" * 1000)
    _open(tab, "Posts")
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()
    with tab.expect_file_chooser() as chooser:
        tab.click("#folder")
    chooser.value.set_files(tmp_path / "my-archive")
    tab.get_by_text(SAMPLE).wait_for()
    assert "my-archive.zip" in tab.locator("#found").inner_text()
    [upload] = _session(page).uploads.rglob("*.zip")
    with zipfile.ZipFile(upload) as archive:
        assert archive.testzip() is None
        assert "my-archive/data/tweets.js" in archive.namelist()
        assert not [name for name in archive.namelist() if name.endswith(".mp4")]
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()


@pytest.mark.slow
def test_a_game_that_cannot_be_dealt_says_why(chromium, page):
    """Without the person's posts on this machine no button must fail; with them posts can be dealt."""
    posts = page.home / "datasets"
    posts.rename(page.home / "away")
    try:
        with browser.page_of(chromium, f"{page.url}?tab=game&model=other") as (tab, _):
            tab.get_by_text("No game with this model").wait_for()
            assert tab.locator("#deal").is_disabled()
            (page.home / "away").rename(posts)
            _open(tab, "Play")
            _open(tab, "Real or bot")
            tab.locator("#deal:not([disabled])").wait_for()
    finally:
        if not posts.is_dir():
            (page.home / "away").rename(posts)


def _top(part) -> float:
    """Where a part of the page begins below the window's edge; far below while it is not shown."""
    box = part.bounding_box()
    return box["y"] if box else math.inf


def _is_seen(part) -> bool:
    """Whether a part of the page is within the window."""
    box = part.bounding_box()
    return box is not None and 0 <= box["y"] <= part.page.viewport_size["height"] - box["height"]


@pytest.mark.slow
def test_what_a_press_brings_is_seen_on_a_phone(chromium, page):
    """Below the form of a narrow page, what was asked for is brought into view; a wide page stays."""
    for size in (browser.PHONE, browser.DESKTOP):
        with browser.page_of(chromium, f"{page.url}?tab=play&model=me", size) as (phone, _):
            phone.locator("#write:not([disabled])").wait_for()
            phone.evaluate(CHANGE_ABOVE)
            browser.write_five(phone)
            top = 100 if size == browser.PHONE else size[1] / 2  # what is above it has grown meanwhile
            browser.until(lambda: _top(phone.locator("#post-0")) < top)  # noqa: B023
            assert (phone.evaluate("scrollY") > 0) == (size == browser.PHONE)


@pytest.mark.slow
def test_what_a_post_brings_is_seen_on_a_phone(chromium, page):
    """A post's picture, and that it stands on the card no more, are seen; of the menus one alone is open."""
    with browser.page_of(chromium, f"{page.url}?tab=play&model=me", browser.PHONE) as (phone, _):
        browser.write_five(phone)
        for name in ("Draw post 4 as a picture", "Put post 4 on the card"):
            phone.locator("#post-3 footer").evaluate("footer => footer.scrollIntoView({block: 'end'})")
            phone.get_by_role("button", name=name).click()
            browser.until(lambda: _is_seen(phone.locator("#post-3").get_by_text("Download the picture")))
        phone.get_by_role("button", name="Undo").click()
        browser.until(lambda: _is_seen(phone.get_by_text("The card is as it was before")))
        menus = phone.locator("details.ht-share[open]")
        for number in (0, 2):
            phone.locator(f"#post-{number} summary").click()
            assert menus.count() == 1
        phone.locator("#post-1 .ht-post-text").click()
        assert not menus.count()


@pytest.mark.slow
@needs_pipes
def test_a_game_is_seen_on_a_phone(chromium, page):
    """Every pair is shown from its top, wherever the page is scrolled to; dealing is answered at once."""
    folder = _copy(page, "phone")
    with browser.page_of(chromium, f"{page.url}?tab=game&model=phone", browser.PHONE) as (phone, _):
        phone.locator("#deal:not([disabled])").wait_for()
        read = _slow(folder / EVALUATION)
        phone.click("#deal")
        phone.get_by_text("The model writes its posts").wait_for()
        read()
        score = phone.locator(".ht-score")
        browser.until(lambda: _top(score) < 100)
        phone.locator(".ht-choice").first.click()
        phone.locator(".ht-choice").first.wait_for(state="detached")
        phone.evaluate("scrollTo(0, document.body.scrollHeight)")
        phone.get_by_role("button", name="Next pair").click()
        phone.get_by_text("Pair 2 of").wait_for()
        browser.until(lambda: 0 <= _top(score) < 100)
    shutil.rmtree(folder)


def test_the_address_says_which_model_is_open(chromium, page, tab):
    """Whichever tab and model the address names, they are opened: it is not the newest model that is."""
    assert tab.locator("#model input").input_value() == "me, ngram"
    with browser.page_of(chromium, f"{page.url}?tab=library&model=other") as (other, _):
        other.locator("#library td").first.wait_for()
        browser.until(other.locator("#model input").input_value)
        assert other.locator("#model input").input_value() == "other, ngram"


@pytest.mark.slow
def test_a_phone_shows_posts_when_they_are_read(chromium, page):
    """A file that is given on a phone does not lead to the place where its posts will be, but to them."""
    with browser.page_of(chromium, f"{page.url}?tab=posts", browser.PHONE) as (phone, _):
        phone.get_by_text("No posts yet").wait_for(state="attached")
        phone.evaluate("""addEventListener("scroll", () => {
            window.seenFirst ??= document.getElementById("found").innerText;
        })""")
        phone.locator(".ht-drop input[type=file]").set_input_files(sample_archive())
        phone.get_by_text("Of 697 posts, 633").wait_for()
        browser.until(lambda: _top(phone.locator("#found")) < browser.PHONE[1] / 2)
        assert "Lift Two" in phone.evaluate("seenFirst")


def test_the_card_shows_the_person(tab):
    """The picture in the card is the person's, not a broken link."""
    _open(tab, "Take it")
    tab.get_by_role("button", name="Its card").click()
    picture = tab.locator("#card img").first
    picture.wait_for()
    browser.until(lambda: picture.evaluate("image => image.naturalWidth"))


@pytest.mark.slow
def test_opening_a_model_loads_it(chromium, page):
    """A model is loaded when it is opened, and the page says so: its first post does not wait for that."""
    seen_text = """new MutationObserver(() => {
        window.told = window.told || document.body?.innerText.includes("The model is being loaded");
    }).observe(document, {subtree: true, childList: true, characterData: true})"""
    with browser.page_of(chromium, "about:blank") as (tab, _):
        tab.add_init_script(seen_text)
        tab.goto(f"{page.url}?tab=play&model=other")
        tab.locator("#write:not([disabled])").wait_for()
        browser.until(lambda: tab.evaluate("window.told"))
        browser.until(lambda: not tab.get_by_text("The model is being loaded").count())


@pytest.mark.slow
def test_favourites_and_earlier_posts_are_kept(tab, page):
    """A post that was starred, and then written over, is in the history, before the others."""
    tab.get_by_label("How should the post begin?").fill("kesat")
    write_five(tab)
    tab.locator("#posts [data-action=star]").first.click()
    tab.get_by_role("button", name="Remove the star of post").wait_for()
    starred = tab.locator("#posts .ht-post-text").first.inner_text()
    write_five(tab)
    tab.get_by_role("button", name="What it wrote before").click()
    tab.locator("#history q").first.wait_for()
    assert " ".join(tab.locator("#history q").first.inner_text().split()) == " ".join(starred.split())
    assert list((page.home / "app" / "written").iterdir())
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download all as text").click()
    notice, *posts = Path(download.value.path()).read_text("utf-8").split("\n\n")
    assert "Not a person" in notice
    assert len(posts) >= 10
    assert " ".join(starred.split()) in [" ".join(post.split()) for post in posts]


@pytest.mark.slow
def test_a_post_on_the_card_is_taken_off_among_earlier_ones(chromium, page):
    """A post on the card that was written over is first in the history, where it is taken off."""
    picture = page.folder / "models" / "me" / PREDICTIONS
    with browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen):
        browser.write_five(tab)
        assert not tab.locator("[data-action=unpin]").count(), "a test before has left one on the card"
        own = picture.read_bytes()
        text = tab.locator("#post-1 .ht-post-text").text_content()
        tab.get_by_role("button", name="Put post 2 on the card").click()
        tab.get_by_text("It stands first on the model's card now").wait_for()
        assert picture.read_bytes() != own
        browser.write_five(tab)
        tab.get_by_role("button", name="What it wrote before").click()
        first = tab.locator("#history li").first
        first.get_by_role("button", name="Take it off the card").click()
        tab.get_by_text("The card is as it was before").wait_for()
        tab.locator("#history [data-action=unpin]").wait_for(state="detached")
        assert picture.read_bytes() == own
        assert " ".join(text.split()) in " ".join(tab.locator("#history").inner_text().split())
        assert not tab.get_by_text("Another window wrote").count()
        assert not seen.errors


def test_models_of_different_posts_are_not_compared(tab, page):
    """No table stands beside a warning that its figures mean nothing."""
    folder = _copy(page, "strange")
    record = (folder / "run.json").read_text("utf-8")
    digest = json.loads(record)["dataset_digest"]
    (folder / "run.json").write_text(record.replace(digest, "0" * len(digest)), "utf-8")
    _open(tab, "Library")
    picked = tab.locator("#picked label")
    picked.filter(has_text="(strange)").wait_for()  # the list is the one of now, and stays
    assert tab.get_by_role("button", name="Compare").is_disabled()
    for name in ("(me)", "(strange)"):
        picked.filter(has_text=name).locator("input").check()
    tab.get_by_role("button", name="Compare").click()
    tab.get_by_text("their figures cannot be compared").wait_for()
    assert not tab.locator("#library-told table").count()
    shutil.rmtree(folder)


@pytest.mark.slow
@needs_pipes
def test_a_model_is_asked_to_write_while_another_writes(chromium, page):
    """A press counts once for each model: one that is opened writes at once, whatever the one before does."""
    slow, other = ModelFolder(_copy(page, "slow")), ModelFolder(page.folder / "models" / "other")
    read = _slow(slow.path / SAMPLING)
    before = len(written.load(_session(page), other))
    with browser.page_of(chromium, f"{page.url}?tab=play&model=slow") as (tab, seen):
        for _ in range(2):
            with tab.expect_response("**/queue/join*"):
                tab.locator("#write:not([disabled])").click()
        tab.locator("#post-4[aria-busy]").wait_for()
        tab.locator("#model input").click()
        tab.get_by_role("option", name="other, ngram").click()
        tab.click("#write")
        browser.until(lambda: len(written.load(_session(page), other)) == before + 5)
        texts = [post.text.split() for post in written.shown(written.load(_session(page), other))]
        posts = tab.locator("#posts .ht-post-text")
        browser.until(lambda: [text.split() for text in posts.all_text_contents()] == texts)
        assert not written.load(_session(page), slow)
        read()
        tab.get_by_text("The model is being loaded").wait_for(state="hidden")
        assert [text.split() for text in posts.all_text_contents()] == texts
        assert not seen.errors
    shutil.rmtree(slow.path)


@needs_pipes
def test_posts_are_written_once_for_two_presses(page):
    """Whoever presses twice gets five posts, not five that five others replace."""
    slow = ModelFolder(_copy(page, "slower"))
    read = _slow(slow.path / SAMPLING)
    with Client(page.url) as visitor:
        write = visitor.of("write", "click")
        inputs = [None, visitor.key, "slower", "", "mastodon.social", "", "balanced", 100, 1, ""]
        presses = {visitor.send(write, inputs) for _ in range(2)}
        ended = (event for kind, event in visitor.messages() if kind == "process_completed")
        at_once = next(ended)  # the second, unless the server takes them up the other way round
        assert not written.load(_session(page), slow)
        read()
        assert {at_once, next(ended)} == presses
        assert len(written.load(_session(page), slow)) == 5
    shutil.rmtree(slow.path)
    written.delete(_session(page), slow)


@pytest.mark.slow
@needs_pipes
def test_a_model_that_is_being_loaded_holds_up_nothing(chromium, page):
    """While it is read from a slow disk, the page says so, and the game goes on."""
    folder = _copy(page, "slowest")
    read = _slow(folder / SAMPLING)
    with browser.page_of(chromium, f"{page.url}?tab=game&model=slowest") as (tab, _):
        tab.locator("#deal:not([disabled]):visible, .ht-pair:visible").first.wait_for()
        _open(tab, "Play")
        tab.get_by_text("The model is being loaded").wait_for()
        read()
        tab.get_by_text("The model is being loaded").wait_for(state="hidden")
    shutil.rmtree(folder)
