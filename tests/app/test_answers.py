"""What the server answers reaches the page, however slow the way is."""

from __future__ import annotations

import json
import os
import shutil
from importlib.resources import files

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets import app
from huggingtweets.app import written
from huggingtweets.app.sessions import Session
from tests.helpers import browser
from tests.helpers.app_server import Client, served

NUMBER = '{"event_id"'  # begins the answer that tells the page the number of an event
GENERATING = '"process_generating"'  # brings the words of posts that are being written
COMPLETED = '"process_completed"'  # says that an event is answered
CLOSING = '"close_stream"'  # ends the stream of answers
SERVER = """
  // answers an event at once, and closes the stream by one chunk, with which it ends
  let closeStream;
  const closed = new Promise((resolve) => (closeStream = resolve));
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (request.url.includes("/queue/join?")) return Response.json({ event_id: "a" });
    window.cacheOfStream = request.cache;
    const message = new TextEncoder().encode('data: {"msg":"close_stream"}\\n\\n');
    return new Response(new ReadableStream({
      async start(controller) { await closed; controller.enqueue(message); controller.close(); },
    }));
  };
"""
CLIENT = """async () => {
  // does what Gradio's client does, and as that takes many steps for each message
  const controller = new AbortController();
  let open = true;
  const answer = await fetch(new Request("http://127.0.0.1/queue/data?", { signal: controller.signal }));
  const reader = answer.body.getReader();
  const reading = reader.read().then(async () => {
    for (let step = 0; step < 100; step++) await null;
    open = false;
    controller.abort();
  });
  const sending = fetch("http://127.0.0.1/queue/join?").then((answer) => answer.json());
  await new Promise((resolve) => setTimeout(resolve, 50));
  closeStream();
  const { event_id } = await sending;
  const state = { number: event_id, open, cache: cacheOfStream };
  await reading;
  return state;
}"""


@pytest.fixture
def place(_ngram_place, tmp_path):
    """A folder of its own, with a model."""
    for part in ("home", "models"):
        shutil.copytree(_ngram_place / part, tmp_path / part)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("late", [NUMBER, CLOSING])
def test_nothing_is_lost_on_a_slow_way(chromium, place, late):
    """The model opens, and Write can be pressed, where numbers or ends of answers come late."""
    with (
        served(place, late=late) as page,
        browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen),
    ):
        for _ in range(2):
            tab.locator("#write:not([disabled])").wait_for()
            tab.locator("#face style").wait_for(state="attached")
            tab.reload()
        assert len(browser.write_five(tab)) == 5
        assert not seen.outside


def test_an_event_sent_while_the_stream_closes_finds_it_closed(chromium):
    """Its number is told when Gradio has noted the end of the stream, and not when the last byte has come.

    The stream passes Chromium's cache by, which requests one a second time if the one before has just ended.
    """
    script = files(app).joinpath("answers.js").read_text("utf-8")
    with chromium.new_context() as context:
        tab = context.new_page()
        tab.add_script_tag(content=SERVER)
        tab.add_script_tag(content=script)
        assert tab.evaluate(CLIENT) == {"number": "a", "open": False, "cache": "no-store"}


@pytest.fixture
def two_models(place):
    """The same with another model, called other."""
    shutil.copytree(place / "models" / "me", place / "models" / "other")
    record = place / "models" / "other" / "run.json"
    digest = json.loads(record.read_bytes())["model_digest"]
    record.write_text(record.read_text("utf-8").replace(digest, digest[::-1]), "utf-8")
    return place


def _open_model(tab, name):
    tab.locator("#model input").click()
    tab.get_by_role("option", name=name).click()


@pytest.mark.slow
def test_posts_stay_with_the_model_that_writes_them(chromium, two_models):
    """Another model that is opened while posts are being written shows only its own, and writes at once."""
    with (
        served(two_models, late=GENERATING, late_by=0.5) as page,
        browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen),
    ):
        tab.locator("#write:not([disabled])").click()
        tab.locator("#posts [aria-busy]").first.wait_for()
        _open_model(tab, "other")
        tab.locator("#posts .ht-empty").wait_for()
        posts = browser.write_five(tab)
        session = Session(page.home / "app", page.folder / "models", None)
        kept = written.load(session, session.model("other"))
        assert [post.text for post in written.shown(kept)] == posts
        assert not seen.errors


@pytest.mark.slow
def test_a_press_right_after_a_model_is_opened_again_counts(chromium, two_models):
    """It may come to the server before the event that opens the model; its posts are written and shown."""
    with (
        served(two_models) as page,
        browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen),
    ):
        session = Session(page.home / "app", page.folder / "models", None)
        browser.write_five(tab)
        _open_model(tab, "other")
        tab.locator("#posts .ht-empty").wait_for()
        opening = _event(tab, "model", "change", "posts")
        held = []

        def opens(request):
            return "/queue/join?" in request.url and json.loads(request.post_data)["fn_index"] == opening

        tab.route(
            "**/queue/join?*", lambda route: held.append(route) if opens(route.request) else route.continue_()
        )
        with tab.expect_request(opens):
            _open_model(tab, "me")
        tab.click("#write")
        tab.wait_for_timeout(1000)  # until it is taken up
        [opened] = held
        opened.continue_()
        tab.unroute_all()
        browser.until(lambda: len(written.load(session, session.model("me"))) == 10, seconds=20)
        assert not seen.errors


def _event(tab, component, event, output):
    """The number of the event of a component that has an output."""
    config = tab.evaluate("() => window.gradio_config")
    ids = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
    [number] = (
        each["id"]
        for each in config["dependencies"]
        if [ids[component], event] in each["targets"] and ids[output] in each["outputs"]
    )
    return number


@pytest.mark.slow
def test_a_press_while_another_is_being_answered_counts(chromium, place):
    """Whoever sees a post that was written again may press a button; a second press writes no other."""
    with (
        served(place, late=COMPLETED, late_by=0.5) as page,
        browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen),
    ):
        before = browser.write_five(tab)
        tab.get_by_role("button", name="Write post 2 again").dblclick()
        posts = tab.locator("#posts .ht-post-text")
        browser.until(
            lambda: tab.locator("#posts footer").count() == 5 and posts.nth(1).inner_text() != before[1]
        )
        tab.get_by_role("button", name="Draw post 1 as a picture").click()
        tab.get_by_role("link", name="Download the picture").wait_for()
        assert [text for text in posts.all_inner_texts() if text in before] == [before[0], *before[2:]]
        assert tab.get_by_text("Another window wrote other posts").count() == 0
        assert not seen.errors


def test_an_answer_about_a_model_opens_none(page_with_models):
    """What a model that is opened brings comes late, perhaps, and would open it again after another."""
    with Client(page_with_models.url) as visitor:
        (model,) = (
            part["id"] for part in visitor.config["components"] if part["props"].get("elem_id") == "model"
        )
        events = [
            event
            for event in visitor.config["dependencies"]
            if [model, "change"] in event["targets"] and model in event["outputs"] and event["backend_fn"]
        ]
        for event in events:
            answer = visitor.call(event["id"], [visitor.key, "me"])
            update = answer["output"]["data"][event["outputs"].index(model)]
            assert [name for _, name in update["choices"]].count("me") == 1
            assert "value" not in update
        assert events


def test_posts_that_change_again_at_once_can_be_trained(page_with_models):
    """Whether a run can begin is asked once more, when the answer about the posts before has come."""
    with Client(page_with_models.url) as visitor:
        asks = visitor.config["dependencies"][visitor.of("Recipe", "input")]
        assert {event for _, event in asks["targets"]} == {"input", "change"}
        assert asks["trigger_mode"] == "always_last"


def test_a_run_can_be_chosen_while_another_learns(page_with_models):
    """The choice waits for no tick of the page's clock, whose answer leaves it alone."""
    with Client(page_with_models.url) as visitor:
        parts, events = visitor.config["components"], visitor.config["dependencies"]
        (runs,) = (part["id"] for part in parts if part["props"].get("elem_id") == "runs")
        (tick,) = (
            event["id"]
            for event in events
            if runs in event["outputs"] and "tick" in [name for _, name in event["targets"]]
        )
        choice = visitor.of("runs", "input")
        assert choice != tick
        assert events[choice]["trigger_mode"] == "always_last"
        list_of_runs, *_ = visitor.call(tick, [visitor.key, None])["output"]["data"]
        assert "choices" in list_of_runs
        assert "value" not in list_of_runs


def test_a_choice_that_is_gone_is_said_to_be(page_with_models):
    """A list that was updated takes what an open page still shows; then it is said to be gone."""
    with Client(page_with_models.url) as visitor:
        (model, beside) = (
            next(part["id"] for part in visitor.config["components"] if part["props"].get("elem_id") == name)
            for name in ("model", "beside-whom")
        )
        for event in visitor.config["dependencies"]:
            if [model, "change"] in event["targets"] and beside in event["outputs"]:
                assert visitor.call(event["id"], [visitor.key, "me", "other"])["success"]
        settings = ["balanced", 100, 1, ""]
        for whose, second in (("me", "gone"), ("gone", "")):
            inputs = [None, visitor.key, whose, "", "mastodon.social", second, *settings]
            answer = visitor.call(visitor.of("write", "click"), inputs)
            assert "not here any more" in str(answer["output"])


@pytest.mark.slow
def test_a_post_that_another_window_replaced_says_so(chromium, page_with_models):
    """A button of a post that is no longer shown tells where the post is, and shows those there are now."""
    url = f"{page_with_models.url}?tab=play&model=me"
    with browser.page_of(chromium, url) as (one, seen), browser.page_of(chromium, url) as (two, _):
        browser.write_five(one)
        posts = browser.write_five(two)
        one.get_by_role("button", name="Draw post 2 as a picture").click()
        one.get_by_text("Another window wrote other posts").wait_for()
        browser.until(lambda: one.locator("#posts .ht-post-text").all_text_contents() == posts)
        one.get_by_role("button", name="Draw post 2 as a picture").click()
        one.get_by_role("link", name="Download the picture").wait_for()
        assert not seen.errors


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_an_earlier_answer_replaces_no_posts(chromium, place):
    """Posts that are written while the model is still being opened stay when the opening is answered."""
    [metadata] = (place / "home" / "datasets").glob("*/dataset.json")
    content = metadata.read_bytes()
    metadata.unlink()
    os.mkfifo(metadata)  # whoever reads it waits until something is written to it
    with (
        served(place, late=NUMBER) as page,
        browser.page_of(chromium, f"{page.url}?tab=play&model=me") as (tab, seen),
    ):
        browser.until(lambda: "me, ngram" in tab.locator("#model input").input_value())
        for step in ("1 Posts", "3 Play"):
            tab.get_by_role("tab", name=step).click()
        posts = browser.write_five(tab)
        metadata.write_bytes(content)
        tab.locator("#beginnings button").first.wait_for()
        assert tab.locator("#posts .ht-post-text").all_text_contents() == posts
        assert not seen.errors


def test_what_is_read_is_answered_in_order(page_with_models):
    """Of two events that change what is shown of the posts, the later begins when the earlier is answered."""
    sample, box, again = [True, "", "", "", ""], [True, "", "2999-01-01", "", ""], []
    with Client(page_with_models.url) as visitor:
        visitor.call(visitor.of("try-sample", "click"), [visitor.key, *sample])
        first, second = (
            visitor.send(visitor.of(component, event), [visitor.key, *values])
            for component, event, values in (("From the day", "blur", box), ("Begin again", "click", again))
        )
        messages = []
        for message in visitor.messages():
            messages.append(message)
            if message == ("process_completed", second):
                break
    assert messages.index(("process_completed", first)) < messages.index(("process_starts", second))


@pytest.mark.slow
def test_a_filter_that_changes_while_posts_are_read_counts(chromium, page_with_models):
    """A second box that is changed before the first is answered is not overlooked."""
    with browser.page_of(chromium, page_with_models.url) as (tab, seen):
        browser.take_sample(tab)
        tab.get_by_role("button", name="Leave something out").click()
        held = []

        def hold(route):
            if held:
                route.continue_()
            held.append(route)

        tab.route("**/queue/join?*", hold)
        with tab.expect_request("**/queue/join?*"):
            tab.get_by_label("Learn from replies, too").uncheck()
        tab.get_by_label("From the day").fill("2999-01-01")
        tab.get_by_label("From the day").press("Enter")
        held[0].continue_()
        tab.get_by_text("Too little").wait_for()
        assert not seen.errors
