"""The page in a real browser, from dropping an archive to a shared picture."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets.app import events, selection, training_request
from huggingtweets.app.sessions import Session
from huggingtweets.app.space import export
from huggingtweets.workflows.data import sample_archive
from huggingtweets.workflows.forget import find_traces
from tests.helpers import browser
from tests.helpers.app_server import Client, end, free_port, served
from tests.helpers.hub_server import HubServer
from tests.helpers.tiny import varied_texts

EVIL = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
TOKEN = "hf_pasted"  # noqa: S105 -- of the Hub in these tests
LONG = 240_000  # milliseconds that a small model may take to learn on a busy machine


@pytest.fixture(scope="module")
def hub():
    with HubServer(TOKEN) as hub:
        yield hub


@pytest.fixture(scope="module")
def page(tmp_path_factory, hub):
    with served(tmp_path_factory.mktemp("own"), hub=hub.url) as page:
        yield page


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """The folder that --export-space writes, and the address of its app, which runs from there."""
    folder = tmp_path_factory.mktemp("space") / "space"
    assert set(export(folder)) == {path.name for path in folder.iterdir()}
    port, home = free_port(), tmp_path_factory.mktemp("public")
    env = {**os.environ, "HUGGINGTWEETS_HOME": str(home), "GRADIO_SERVER_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "app.py"], cwd=folder, env=env, stdout=subprocess.PIPE, text=True
    ) as app:
        try:
            assert str(port) in app.stdout.readline()
            yield folder, f"http://127.0.0.1:{port}/"
        finally:
            end(app)


@pytest.fixture(scope="module")
def window(chromium, page):
    """One window for all tests: each finds it as the one before has left it, as a visitor does."""
    with browser.page_of(chromium, page.url) as (tab, seen):
        _wait_for_selection(tab)
        yield tab, seen


@pytest.fixture(scope="module")
def trained(window, page):
    """What the page showed when the sample was dropped and a model of it made, by mouse alone."""
    tab, seen = window
    tab.locator("input[type=file]").set_input_files(sample_archive())
    tab.locator("#found .ht-face img").wait_for()  # the archive's own picture of the person
    panel = tab.locator("#found").inner_text()
    tab.click("#go-train")
    _train(tab, "ngram")
    tab.locator("#go-play").wait_for(timeout=LONG)
    assert not tab.get_by_label("starter", exact=False).first.is_visible(), "the recipes are folded"
    assert not tab.locator("#model").is_visible(), "no model is open before it is asked for"
    tab.locator("#strip [data-ready]").wait_for()
    tab.click("#go-play")
    tab.locator("#strip .ht-strip").wait_for(state="detached")
    assert (page.folder / "models" / "dithering_lift" / "run.json").is_file()
    return panel, list(seen.errors)


@pytest.fixture
def tab(window):
    tab, seen = window
    yield tab
    assert not seen.errors
    assert not seen.outside


def _train(tab, recipe: str) -> None:
    if recipe != "starter":
        tab.get_by_role("button", name="Another recipe").click()
        tab.get_by_label(recipe, exact=False).first.check()
    tab.click("#begin")


def _wait_for_selection(tab) -> None:
    """Wait until the page has loaded the selection of the session; it sets the filter boxes."""
    browser.until(lambda: "One moment" not in tab.locator("#found").inner_text())


def _begin_again(tab) -> None:
    """Clear the selection of an earlier test; that is done when the box is empty."""
    _wait_for_selection(tab)
    _open(tab, "Posts")
    _unfold(tab, "Leave something out")
    tab.get_by_label("Whose posts, where").fill("nobody")
    tab.get_by_role("button", name="Begin again").click()
    browser.until(lambda: not tab.get_by_label("Whose posts, where").input_value())


def _open(tab, step: str) -> None:
    tab.get_by_role("tab", name=step).click()


def _unfold(tab, name: str) -> None:
    fold = tab.get_by_role("button", name=name)
    if fold.get_attribute("aria-expanded") == "false":
        fold.click()


def test_an_uploaded_archive_is_read(trained):
    """Dropping a file shows who it is, the funnel, posts kept and dropped, and whether they are enough."""
    panel, errors = trained
    for words in ("Lift Two", "@dithering_lift", "Of 697 posts, 633", "reposts", "Enough to learn from"):
        assert words in panel
    assert "sample-archive.zip" in panel
    assert not errors


@pytest.mark.usefixtures("trained")
def test_runs_of_the_page_are_tracked(page):
    """On the owner's machine the stages of a run are in the tracker, as those of `train` are."""
    tracked = json.loads((page.folder / "models" / "dithering_lift" / "run.json").read_bytes())["tracked"]
    assert tracked["tracker"] == "trackio"
    assert tracked["artifacts"]["dithering_lift-finetuned-model"].startswith(
        "dithering_lift-finetuned-model:v"
    )


@pytest.mark.usefixtures("trained")
def test_what_is_forgotten_is_not_out_of_reach(page, monkeypatch):
    """The file that was given to the page is deleted with the rest, and not listed with what has to stay."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(page.home))
    traces = find_traces("dithering_lift", [page.folder / "models"])
    assert "uploaded file" in [trace.kind for trace in traces.local]
    assert not [line for line in traces.elsewhere if str(page.home) in line]


def test_the_page_asks_nobody_outside(trained, tab):
    """Fonts, scripts and pictures all come from this machine; the console stays silent."""
    del trained
    for step in ("Train", "Play", "Real or bot", "Take it", "Library"):
        _open(tab, step)
    tab.get_by_role("heading", name="Library").wait_for()


def test_five_posts_stream_in_and_one_becomes_a_picture(trained, tab):
    """A beginning is gone on with five times, and a post is downloaded as a picture."""
    del trained
    _open(tab, "Play")
    tab.locator("#model input").wait_for()
    tab.get_by_label("How should the post begin?").fill("Ding")
    browser.write_five(tab)
    for number in range(5):
        assert tab.locator(f"#post-{number} .ht-post-text").inner_text().startswith("Ding")
        assert "AI BOT" in tab.locator(f"#post-{number}").inner_text()
    before = tab.locator("#post-1").inner_text()
    tab.get_by_role("button", name="Write post 2 again").click()
    browser.until(
        lambda: tab.locator("#post-1 footer").count() and tab.locator("#post-1").inner_text() != before
    )
    tab.get_by_role("button", name="Draw post 1 as a picture").click()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download the picture").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_share_links_say_that_it_is_a_bot(trained, tab):
    """X, Bluesky and Mastodon get the post and the words that no person wrote it, within their lengths."""
    del trained
    _open(tab, "Play")
    tab.locator("#model input").wait_for()
    browser.write_five(tab)
    links = [a.get_attribute("href") for a in tab.locator("#post-0 a").all()]
    assert [urlsplit(link).hostname for link in links] == ["x.com", "bsky.app", "mastodon.social"]
    for link, longest in zip(links, (280, 300, 500), strict=True):
        (text,) = parse_qs(urlsplit(link).query)["text"]
        assert "a language model" in text
        assert len(text) <= longest


@pytest.mark.slow
def test_a_post_is_picked_for_the_model_s_own_picture(trained, tab, page):
    """The picture in the model's folder is drawn anew with the post that was picked."""
    del trained
    picture = page.folder / "models" / "dithering_lift" / "predictions.png"
    before = picture.read_bytes()
    _open(tab, "Play")
    tab.locator("#model input").wait_for()
    browser.write_five(tab)
    tab.get_by_role("button", name="Put post 3 on the card").click()
    tab.get_by_text("It stands first").wait_for()
    assert picture.read_bytes() != before
    tab.get_by_role("button", name="Undo").click()
    tab.get_by_text("The card is as it was before").wait_for()
    assert picture.read_bytes() == before
    tab.get_by_role("button", name="Put post 2 on the card").click()
    tab.get_by_text("It stands first").wait_for()
    _open(tab, "Train")
    _open(tab, "Play")  # which shows the posts as they were saved
    tab.get_by_text("It stands first").wait_for(state="detached")
    tab.get_by_role("button", name="Take post 2 off the card").click()
    tab.get_by_role("button", name="Put post 2 on the card").wait_for()
    assert picture.read_bytes() == before


@pytest.mark.slow
def test_the_game_s_score_lands_in_the_report(trained, tab, page):
    """From ten pairs on a game can be ended; how it went is shown, and written into the report."""
    del trained
    report = page.folder / "models" / "dithering_lift" / "report.json"
    _open(tab, "Real or bot")
    tab.click("#deal")
    for number in range(10):
        tab.get_by_text(f"Pair {number + 1} of").wait_for()
        assert not tab.get_by_role("button", name="Stop and see the result").count()
        tab.locator(".ht-choice").nth(number % 2).click()
        tab.get_by_text("The person wrote this").wait_for()
        assert json.loads(report.read_text()).get("game") is None
        if number < 9:
            tab.get_by_role("button", name="Next pair").click()
    tab.get_by_role("button", name="Stop and see the result").click()
    tab.get_by_text("of 10 pairs").wait_for()
    assert json.loads(report.read_text())["game"]["found"]["count"] == 10


def test_the_model_can_be_taken(trained, tab):
    """Pictures and report are shown, and the folder is downloaded whole, with a warning."""
    del trained
    _open(tab, "Take it")
    tab.locator("#pictures img").first.wait_for()
    tab.get_by_role("button", name=re.compile("Its report")).click()
    report = tab.frame_locator("#report iframe")
    report.get_by_text("Does it sound like").first.wait_for()
    tab.evaluate("""() => {
        const packed = document.getElementById("packed");
        new MutationObserver(() => { window.noted = (window.noted ?? "") + packed.innerText; })
            .observe(packed, {subtree: true, childList: true});
    }""")
    tab.click("#pack")
    tab.get_by_text("Mind who gets it").wait_for()
    assert "is being packed" in tab.evaluate("noted")
    with tab.expect_download() as download:
        tab.click("#zip")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert "dithering_lift/run.json" in archive.namelist()


def test_the_open_model_is_published_with_ones_own_token(trained, tab, hub, page):
    """What would go is shown first; then the model is on the Hub, and the token is nowhere on the disk."""
    del trained
    _open(tab, "Take it")
    tab.get_by_role("button", name="Publish it on the Hugging Face Hub").click()
    tab.get_by_label("The posts are mine").check()
    tab.get_by_label("Repository", exact=True).fill("ada/page-bot")
    tab.get_by_label("Only I can see it").check()
    tab.get_by_label("Publish the posts, too").check()  # an n-gram model holds them
    tab.locator("#token input").fill(TOKEN)
    tab.click("#plan")
    tab.get_by_text("Nothing has been uploaded yet").wait_for()
    assert "only you can see them" in tab.locator("#published").inner_text()
    assert ("model", "ada/page-bot") not in hub.repositories
    tab.click("#publish")
    tab.get_by_role("link", name=f"{hub.url}/ada/page-bot").wait_for()
    there = hub.repositories["model", "ada/page-bot"]
    assert there.private
    assert hub.repositories["dataset", "ada/page-bot-posts"].private
    assert there.files["run.json"] == (page.folder / "models" / "dithering_lift" / "run.json").read_bytes()
    files = [path for path in page.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


@pytest.mark.slow
def test_leaving_something_out_moves_the_numbers(tab):
    """Replies, languages and days can be left out, and the funnel follows; days are picked in a calendar."""
    _begin_again(tab)
    tab.click("#try-sample")
    tab.get_by_text("Of 697 posts, 633").wait_for()
    tab.get_by_label("Learn from replies, too").uncheck()
    tab.get_by_text("replies").first.wait_for()
    browser.until(lambda: "Of 697 posts, 633" not in tab.locator("#found").inner_text())
    tab.get_by_label("From the day").fill("2999-01-01")
    tab.get_by_label("From the day").press("Enter")
    tab.get_by_text("Too little").wait_for()
    assert not tab.locator("#go-train").is_visible()
    assert tab.get_by_label("From the day").get_attribute("type") == "date"
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()


@pytest.mark.slow
def test_begin_again_empties_the_boxes(tab):
    """The button empties a box that has the focus; a box that is filled before posts are added counts."""
    _begin_again(tab)
    tab.click("#try-sample")
    tab.get_by_text("Of 697 posts, 633").wait_for()
    tab.get_by_label("From the day").fill("2999-01-01")
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()
    browser.until(lambda: not tab.get_by_label("From the day").input_value())
    tab.click("#try-sample")
    tab.get_by_text("Of 697 posts, 633").wait_for()
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()
    tab.get_by_label("From the day").fill("2999-01-01")
    tab.click("#try-sample")
    tab.get_by_text("Too little").wait_for()


def test_a_wrong_date_is_an_error(page):
    """Whatever is sent in place of a date, the page says what was expected."""
    with Client(page.url) as visitor:
        visitor.call(visitor.of("try-sample", "click"), [visitor.key, True, "", "", "", ""])
        blur = visitor.of("From the day", "blur")
        result = visitor.call(blur, [visitor.key, True, "", "soon", "", ""])
        assert "soon is not a date" in json.dumps(result["output"])
        visitor.call(visitor.of("Begin again", "click"), [visitor.key])


@pytest.mark.parametrize("late", ["2999-01-01", "soon"])
def test_a_blur_event_after_begin_again_changes_nothing(page, late):
    """The blur event of a box, sent with its old value after the button's click, is no filter any more."""
    defaults = (True, "", "", "", "")
    with Client(page.url) as visitor:
        visitor.call(visitor.of("try-sample", "click"), [visitor.key, *defaults])
        visitor.call(visitor.of("Begin again", "click"), [visitor.key])
        result = visitor.call(visitor.of("From the day", "blur"), [visitor.key, True, "", late, "", ""])
    assert result["success"]
    assert late not in json.dumps(result["output"])
    [file] = page.home.rglob(selection.FILE)
    assert late not in file.read_text("utf-8")


@pytest.mark.slow
def test_a_broken_archive_is_a_readable_error(tab, tmp_path):
    """A damaged file leaves the page usable: the error says which file, and the next one is read."""
    broken = tmp_path / "broken.zip"
    broken.write_bytes(Path(sample_archive()).read_bytes()[:2000])
    _begin_again(tab)
    tab.locator("input[type=file]").set_input_files(broken)
    tab.get_by_role("alert").first.wait_for()
    assert "broken.zip" in tab.locator("#found").inner_text()
    assert "Traceback" not in tab.locator("#found").inner_text()
    tab.click("#try-sample")
    tab.get_by_text("@dithering_lift").first.wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["drop", "choose"])
def test_a_folder_is_read(tab, tmp_path, way):
    """An unpacked archive is read like the zip, whether its folder is dropped or chosen."""
    _begin_again(tab)
    folder = tmp_path / "my archive"
    with zipfile.ZipFile(sample_archive()) as archive:
        archive.extractall(folder)
    if way == "drop":
        browser.drop(tab, tab.locator(".ht-drop"), folder)
    else:
        with tab.expect_file_chooser() as chooser:
            tab.click("#folder")
        chooser.value.set_files(folder)
    tab.get_by_text("Of 697 posts, 633").wait_for()
    assert "my archive.zip" in tab.locator("#found").inner_text()
    assert tab.locator("#found .ht-face img").is_visible()
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()


def test_a_newcomer_sees_a_bot_speak(tab):
    """Before anything is given, the first screen shows what a bot writes, and that it is one."""
    _begin_again(tab)
    tab.get_by_text("No posts yet").wait_for()
    assert tab.locator("#found .ht-post .ht-badge").count() == 3


def test_html_in_names_and_posts_is_shown_as_text(tab, tmp_path):
    """Names, handles, file names and posts are text, wherever they come up."""
    rows = [
        f'{i},"{text} {text[::-1]} {EVIL.replace(chr(34), chr(39))}"'
        for i, text in enumerate(varied_texts(200, seed=8))
    ]
    table = tmp_path / "<b onclick=alert(1)>posts.csv"
    table.write_text("\n".join(["id,text", *rows]), "utf-8")
    _begin_again(tab)
    tab.get_by_label("Whose posts, where").fill(EVIL)
    tab.locator("input[type=file]").set_input_files(table)
    tab.get_by_label("Whose posts, where").press("Enter")
    tab.get_by_text("onerror").first.wait_for()
    tab.get_by_label("Or an account").fill(EVIL)
    tab.get_by_role("button", name="Add", exact=True).click()
    tab.get_by_role("alert").first.wait_for()
    assert tab.locator("#found img, #found script, #found b[onclick]").count() == 0
    assert tab.title() == "huggingtweets"
    tab.get_by_role("button", name="Begin again").click()
    tab.get_by_text("No posts yet").wait_for()


@pytest.mark.slow
def test_a_reload_in_the_middle_of_training_loses_nothing(chromium, trained, page):
    """A page that is reloaded finds the current run again, and can stop it; its state is saved."""
    del trained
    with browser.page_of(chromium, page.url) as (tab, seen):
        _begin_again(tab)
        tab.click("#try-sample")
        tab.click("#go-train")
        tab.click("#begin")
        tab.get_by_text(re.compile(r"step \d")).first.wait_for(timeout=LONG)
        tab.reload()
        seen.errors.clear()  # what was on its way when the page went
        _open(tab, "Train")
        tab.get_by_text(re.compile(r"step \d")).first.wait_for(timeout=LONG)
        tab.click("#stop")
        tab.get_by_text("It was stopped.").wait_for(timeout=LONG)
        assert tab.locator("#go-on").is_visible()
        assert list((page.home / "unfinished").rglob("*.safetensors"))
        newest, *_ = training_request.runs(Session(page.home / "app", page.folder / "models", None))
        assert newest.request.name == "dithering_lift-2", "another model has the name without a number"
        assert not seen.errors


@pytest.mark.slow
def test_a_server_that_is_killed_loses_nothing(chromium, tmp_path):
    """A run outlives its server, the next server finds it, and a stopped run resumes from its last step."""
    with served(tmp_path) as page, browser.page_of(chromium, page.url) as (tab, _):
        tab.click("#try-sample")
        tab.click("#go-train")
        tab.click("#begin")
        tab.get_by_text(re.compile(r"step \d")).first.wait_for(timeout=LONG)
        (run,) = (page.home / "app" / "runs").iterdir()
        page.process.send_signal(signal.SIGKILL)
        page.process.wait()
        running = events.state(events.load(run))
        assert isinstance(running, events.Running), "the run goes on without a server"
    with served(tmp_path) as page, browser.page_of(chromium, page.url) as (tab, seen):
        _open(tab, "Train")
        tab.get_by_text(re.compile(r"step \d")).first.wait_for(timeout=LONG)
        tab.click("#stop")
        tab.get_by_text("It was stopped.").wait_for(timeout=LONG)
        browser.until(lambda: not events.alive(running))
        last_step = max(event.step for event in events.load(run) if isinstance(event, events.Stepped))
        tab.click("#go-on")
        browser.until(lambda: any("going on from step" in note for note in _notes(run)), LONG / 1000)
        tab.get_by_text(re.compile(r"step \d")).first.wait_for(timeout=LONG)
        tab.click("#stop")
        tab.get_by_text("It was stopped.").wait_for(timeout=LONG)
        steps = [event.step for event in events.load(run) if isinstance(event, events.Stepped)]
        assert steps[-1] > last_step
        assert not seen.errors


def _notes(run: Path) -> list[str]:
    return [event.message for event in events.load(run) if isinstance(event, events.Noted)]


@pytest.mark.slow
def test_two_people_at_once_see_only_their_own(chromium, space, tmp_path):
    """Two visitors of a public page: sessions of their own, one queue, and neither sees the other's model."""
    _, url = space
    tables = []
    for name in ("alice", "bernard"):
        rows = [
            f'{i},{name},"{text} {text[::-1]}"' for i, text in enumerate(varied_texts(250, seed=len(name)))
        ]
        tables.append(tmp_path / f"{name}.csv")
        tables[-1].write_text("\n".join(["id,author,text", *rows]), "utf-8")
    with (
        browser.page_of(chromium, url) as (one, seen_one),
        browser.page_of(chromium, url) as (two, seen_two),
    ):
        for tab, table in zip((one, two), tables, strict=True):
            tab.locator("input[type=file]").set_input_files(table)
            tab.get_by_text(f"@{table.stem}").first.wait_for()
            tab.click("#go-train")
            _train(tab, "ngram")
        two.get_by_text(re.compile("somebody else's|waits for its turn|learning now")).first.wait_for()
        for tab in (one, two):
            tab.locator("#go-play").wait_for(timeout=LONG)
        for tab, name, other in ((one, "alice", "bernard"), (two, "bernard", "alice")):
            tab.reload()
            _open(tab, "Library")
            tab.locator("#library").get_by_text(name).first.wait_for()
            assert other not in tab.content()
        assert not seen_one.errors + seen_two.errors
        assert not seen_one.outside + seen_two.outside


def test_models_are_compared_and_deleted(trained, tab, page):
    """The library lists models that came meanwhile, compares them, and deletes what was selected."""
    del trained
    models = page.folder / "models"
    shutil.copytree(models / "dithering_lift", models / "another")
    _open(tab, "Library")
    tab.locator("#library").get_by_text("another").wait_for()
    tab.locator("#picked").get_by_text("another").wait_for()  # the list is the one of now, and stays
    for number in range(2):
        tab.locator("#picked input[type=checkbox]").nth(number).check()
    tab.get_by_role("button", name="Compare").click()
    tab.get_by_text("the same posts, so the figures can be compared").wait_for()
    tab.locator("#picked label").filter(has_not_text="another").locator("input").uncheck()
    tab.get_by_role("button", name="Delete", exact=True).click()
    tab.get_by_text("Delete for good:").wait_for()
    assert (models / "another").is_dir()
    tab.click("#sure")
    tab.get_by_text("Deleted.").wait_for()
    assert not (models / "another").exists()
    assert (models / "dithering_lift").is_dir()


def _check_fit(tab, *sizes: tuple[int, int]) -> None:
    """Nothing of any step is cut off to the side, and every control has a name."""
    steps = ("Posts", "Train", "Play", "Real or bot", "Take it", "Library")
    for (width, height), step in itertools.product(sizes, steps):
        tab.set_viewport_size({"width": width, "height": height})
        _open(tab, step)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.locator(".ht-language").evaluate("e => e.getBoundingClientRect().right") <= width
        nameless = tab.evaluate(
            """() => [...document.querySelectorAll('button, input, select, textarea, a')]
                .filter(e => e.checkVisibility() && e.type !== 'file')
                .filter(e => !(e.innerText.trim() || e.ariaLabel || e.labels?.length || e.title))
                .map(e => e.outerHTML.slice(0, 200))"""
        )
        assert not nameless


def test_the_page_fits_and_every_control_has_a_name(trained, tab):
    """On a phone nothing is cut off to the side, and a screen reader finds a name for all."""
    del trained
    before = tab.viewport_size
    _check_fit(tab, browser.PHONE)
    tab.set_viewport_size(before)


@pytest.mark.slow
def test_a_page_that_is_opened_at_any_size_fits(chromium, page, trained):
    """So it is in the dark from 320 to 1,440 pixels, and where the page was never wider."""
    del trained
    sizes = ((320, 700), browser.DESKTOP)
    with browser.page_of(chromium, page.url, sizes[0], dark=True) as (tab, seen):
        tab.get_by_role("heading", name="Whose posts?").wait_for()
        _check_fit(tab, *sizes)
        assert not seen.errors


def test_the_steps_are_reached_by_keyboard(tab):
    """Tab and arrow keys lead to the steps, and Enter presses what has the focus."""
    tab.get_by_role("tab", name="Posts").focus()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="Let it learn").wait_for()


@pytest.mark.slow
def test_an_exported_space_starts(chromium, space):
    """The folder that --export-space writes has its metadata, and its app is a public page."""
    folder, url = space
    readme = (folder / "README.md").read_text("utf-8")
    assert readme.startswith("---\n")
    assert "sdk: docker" in readme
    assert "app_port: 7860" in readme
    with browser.page_of(chromium, url) as (tab, seen):
        tab.click("#try-sample")
        tab.get_by_text("@dithering_lift").first.wait_for()
        assert "or a path" not in tab.content()
        assert not seen.errors
