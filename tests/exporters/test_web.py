"""The web page: the bot runs in the visitor's browser, filtered as by generate, and asks no other server."""

from __future__ import annotations

import functools
import json
import random
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from msgspec.structs import replace
from typer.testing import CliRunner

from huggingtweets import ModelFolder, export, load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.bases.pretrained import load_tokenizer
from huggingtweets.cli import app
from huggingtweets.errors import ModelError
from huggingtweets.exporters import web
from huggingtweets.generation.copy_index import CopyIndex
from huggingtweets.generation.filters import (
    BareBeginningFilter,
    CopyFilter,
    PrivacyFilter,
    RepetitionFilter,
    published,
    write_filters,
)
from huggingtweets.generation.sampler import RARE
from huggingtweets.generation.text_tokens import spaces, word_ends
from huggingtweets.generation.transformers_generator import TransformersGenerator
from huggingtweets.machine.device import Device
from huggingtweets.model_folder import avatar_picture
from huggingtweets.tokenization.speakers import add_speakers
from huggingtweets.training import TrainOptions, train
from tests.exporters.test_export import gpt2, record, saved
from tests.helpers import browser
from tests.helpers.tiny import small_base, tiny_dataset, varied_texts

IDLE = "#write:enabled:not([aria-disabled])"  # what a page is when it is loaded, or has written
ODD = "ßİﬁŉǰΐςſ\u2019'\u0301\u200c\u200d_٤²½Ⅷ\u3000\u00a0\u1c80Å9\uff10"
SCRIPTS = [
    "日本語のテキスト",
    "한국어 글",
    "русский язык",
    "اللغة العربية ٤٥",
    "עברית",
    "हिन्दी में",
    "ภาษาไทย",
    "👩‍👩‍👧 🇩🇪 👍🏽 ❤️",
]
NUMBER = "holds a phone number"
PRIVATE = [
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "jane (at) Example dot org",
    "4111 1111 1111 1111",
    "\uff20ada",
    ".@ada",
    "mail me: a.b+c@example.co.uk",
    "+44 20 7946 0958",
    "555-010-9988",
    "(030) 123 4567 8",
    "call 0123456789",
    "jane at Example dot org",
    "jane @ example.org",
    "jane [arroba] example [punto] es",
    "mailto:jane%40example.org",
    "WA.me/491701234567",
    "Tel:5550109988;ext=1",
    "98765-43210",
    "Open daily 09.00-17.00 this week",
    "Open 0900-1700, 03.08.23 - 17.08.23 and 01/2020-03/2021",
    "1920 1080 2560 1440 and 2010 2014 2018 2022",
    "622202 1234567890128",
    "41111111 11111111",
    "1. 4111\u20131111\u20131111\u20131111",
    "4111 1111 1111 1111 12/25",
    "4111 1111 1111 1112 12/25",
    "4111.1111.1111.1111",
    "Card 4111 1111 1111 1111, 555\u2212867\u22125309",
    "Lost 0-6 6-4 7-6 6-3 (1861-1865), 0.5 0.25 0.125",
    "電話は090-1234-5678です",
    "価格は1234567890円",
    "今日は銀座でiPhone15Proを159800円で買いました",
    "連絡はjane@example.comまで",
    "鍵はabc12def34ghi56jkl78mno90pqrです",
    "#タグabc12def34ghi56jkl78mno",
    "@ada",
    "@Stranger",
    "Windows10-and-Windows11-users, 8am-noon-and-1pm-to-5pm, iPhone12/iPhone13/iPhone14",
    "550e8400-e29b-41d4-a716-446655440000",
    "VK7JG-NPHTM-C97JM-9MPGT-3V66T",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "thanks to jane_doe @example.org, not my_friend @jane.doe or the U.S. @nat.geo team @ St.Pauli",
    "it is a voice that hums, it is a voice that hums, it is a voice that hums",
    "今日はいい天気今日はいい天気今日はいい天気ですね",
    "no no no no no no no, and 1 2 3 1 2 3 1 2 3",
    "@a@mastodon.social",
    "x@",
    "@ß",
]


def posts() -> list[str]:
    """What the model has learnt from: many scripts, handles that come often, odd characters."""
    plain = varied_texts(60, seed=3)
    scripts = [f"{s} {t}" for s, t in zip(SCRIPTS * 3, plain, strict=False)]
    return [*plain, *scripts, *(f"@ada @Größe thanks for {text}" for text in plain[:9]), ODD + " " + plain[0]]


def texts(count: int) -> list[str]:
    """Posts, changed posts, and strings of anything."""
    rng, known = random.Random(1), posts()
    alphabet = [*ODD, *"".join(SCRIPTS), *" abcde.,#@-()+0123456789\n\t", *map(chr, range(0x20, 0x3000, 7))]
    made = []
    for number in range(count):
        words = rng.choice(known).split(" ")
        start = rng.randrange(len(words))
        noise = "".join(rng.choices(alphabet, k=rng.randrange(40)))
        kinds = (
            " ".join(words).swapcase(),
            " ".join([noise, *words[start:], *words[: start // 2]]),
            "  ".join(words[start:]) + noise,
            noise,
            f"{noise}{rng.choice(PRIVATE)} {words[0]}",
            ", ".join([*words, *rng.choice(known).split(" ")]),
        )
        made.append(kinds[number % len(kinds)].encode("utf-8", "ignore").decode())
    return made


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a model, and its page in exports/."""
    place = tmp_path_factory.mktemp("web")
    model, base = place / "models" / "ada", str(small_base(place / "base"))
    model.mkdir(parents=True)
    sampling = {"max_new_tokens": 30, "temperature": 0.75, "repetition_penalty": 1.1}
    settings = [
        "epochs=12",
        "evaluations=1",
        "learning_rate=1e-2",
        *(f"sampling.{name}={value}" for name, value in sampling.items()),
    ]
    options = TrainOptions(device=Device("cpu", "test", bf16=False))
    train(tiny_dataset(), load_recipe("starter", settings), load_base(base), model, options)
    ModelFolder(model).save_record(record("Ada </script><b>"))
    write_filters(posts(), 8, model)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        done = CliRunner().invoke(app, ["export", "ada", "--to", "web", "--out", "page"])
    assert done.exit_code == 0, done.output
    (place / "told").write_text(done.output, "utf-8")
    return place


@contextmanager
def hosted(folder) -> Iterator[str]:
    """A plain web server, such as any host of static files."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def changed_bot(folder) -> Iterator[dict]:
    """What the page of a folder knows, to be changed."""
    bot = json.loads((folder / "bot.json").read_text("utf-8"))
    yield bot
    (folder / "bot.json").write_text(json.dumps(bot), "utf-8")


@pytest.fixture(scope="module")
def chromium():
    with browser.started() as started:
        yield started


@pytest.fixture(scope="module")
def opened(place, chromium):
    """The page in a browser that reaches no other machine; what it asked for, and its errors."""
    with hosted(place / "page") as url, browser.page_of(chromium, url) as page:
        yield page


def verdicts(page, strings: list[str], prompt: str = "") -> list[str]:
    """What the page's filters say of texts that begin with a prompt."""
    return page.evaluate(
        """async ([strings, prompt]) => {
          const { makeFilters } = await import("./filters.js");
          const { filters } = await (await fetch("bot.json")).json();
          const files = filters.copies.map(async ({ file }) => (await fetch(file)).arrayBuffer());
          const indexes = (await Promise.all(files)).map((file) => new BigUint64Array(file));
          const objection = makeFilters(filters, indexes);
          return strings.map((text) => objection(text, prompt));
        }""",
        [strings, prompt],
    )


def expected(place, strings: list[str]) -> list[str]:
    """What Python says, by what the model folder publishes."""
    pairs = published(place / "models" / "ada")
    filters = [*(CopyFilter(index) for index, _ in pairs), PrivacyFilter([handles for _, handles in pairs])]
    filters += [RepetitionFilter(), BareBeginningFilter("")]
    return [next(filter(None, (f.objection(text) for f in filters)), "") for text in strings]


def assert_same_verdicts(opened, place, count: int) -> None:
    rows = ["so funny " + "ha" * 16, "ha" * 15, "30" + "0" * 40, "\U0001f602" * 16, "a\n" * 16, "-- -" * 20]
    strings = [*posts(), *PRIVATE, *rows, *texts(count)]
    ours, theirs = expected(place, strings), verdicts(opened[0], strings)
    differing = [(t, a, b) for t, a, b in zip(strings, ours, theirs, strict=True) if a != b]
    assert [case for case in differing if case[2] != NUMBER] == []
    assert len(differing) < len(strings) / 20
    assert {"", "copies a training post", NUMBER, "names somebody's handle", "repeats itself"} < set(ours)


def test_the_page_refuses_what_python_refuses(opened, place):
    """Both give the same reason for each text, in any script; the page takes more for phone numbers."""
    assert_same_verdicts(opened, place, 600)


def test_the_page_holds_against_no_post_that_its_prompt_repeats_itself(opened):
    """A long cheer is the visitor's own; a copy behind it is refused as ever."""
    cheer, copy = "G" + "o" * 20 + "l", posts()[0]
    assert verdicts(opened[0], [cheer + " for us", f"{cheer} {copy}"], cheer) == [
        "",
        "copies a training post",
    ]
    assert verdicts(opened[0], [cheer + " for us"], "for") == ["repeats itself"]


def test_the_page_refuses_a_post_that_ends_with_its_prompt(opened):
    """As generate does: nothing was written."""
    assert verdicts(opened[0], ["the lamp", "the lamp ", "the lamp hums"], "the lamp") == [
        "adds nothing to its beginning",
        "adds nothing to its beginning",
        "",
    ]


@pytest.mark.slow
def test_the_page_refuses_what_python_refuses_among_ten_thousand_texts(opened, place):
    """The same for many."""
    assert_same_verdicts(opened, place, 10_000)


def test_the_bot_writes_in_the_browser_and_asks_nobody_else(opened):
    """Posts begin with the prompt, names are shown as text, pictures are saved, nothing is asked outside."""
    page, seen = opened
    page.wait_for_selector(IDLE)
    assert page.inner_text("#name") == "Ada </script><b>"
    assert "bot" in page.inner_text("h1").lower()
    page.fill("#prompt", "the lamp ")
    page.click("#write")
    page.wait_for_selector("article.whole")
    page.wait_for_selector(IDLE)
    written = page.locator("article.whole p").all_inner_texts()
    assert 1 <= len(written) <= 5
    assert all(text.startswith("the lamp") for text in written)
    with page.expect_download() as saved_picture:
        page.click("article.whole button")
    assert saved_picture.value.path().read_bytes().startswith(b"\x89PNG")
    assert seen.outside == []
    assert seen.errors == []


def test_first_and_further_tokens_have_random_numbers_of_their_own(opened):
    """With one seed for both, each first token would always be followed by the same ones."""
    page, _ = opened
    page.wait_for_selector(IDLE)
    page.evaluate("""() => {
      const own = crypto.getRandomValues.bind(crypto);
      window.drawn = 0;
      crypto.getRandomValues = (numbers) => (window.drawn++, own(numbers));
    }""")
    page.fill("#prompt", "")
    page.click("#write")
    page.wait_for_selector(IDLE)
    assert page.locator("article.whole").count() == 5
    assert page.evaluate("window.drawn") >= 10


def test_the_page_tells_how_writing_goes_and_keeps_the_focus(opened):
    """A screen reader hears that it writes and that it has written, not each word; a keyboard stays there."""
    page, _ = opened
    page.wait_for_selector(IDLE)
    page.fill("#prompt", "the lamp")
    page.focus("#write")
    page.keyboard.press("Enter")
    assert page.inner_text("#status") == "Writing…"
    page.wait_for_selector(IDLE)
    assert page.inner_text("#status") == "Five posts are written."
    assert page.evaluate("document.activeElement.id") == "write"
    assert page.locator("[aria-live]").count() == 0


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("@stranger says", "names somebody's handle"),
        ("write to jane@example.org", "holds an e-mail address"),
        (posts()[0], "copies a training post"),
    ],
)
def test_a_beginning_that_no_post_may_have_is_refused_at_once(prompt, told, opened):
    """As by generate: it would be sampled in vain."""
    page, _ = opened
    page.wait_for_selector(IDLE)
    page.fill("#prompt", prompt)
    page.click("#write")
    assert page.inner_text("#status").startswith(f"This beginning {told}, and no such post is shown.")
    assert page.locator("article").count() == 0


def test_a_long_handle_does_not_widen_the_page_of_a_phone(place, chromium, tmp_path):
    """It is broken where it has to be."""
    folder = shutil.copytree(place / "page", tmp_path / "page")
    (folder / "avatar.png").write_bytes(b"no picture, but its place")
    with changed_bot(folder) as bot:
        bot["avatar"] = "avatar.png"
        bot["description"] = "A bot that writes like @elizabeth_montgomery@mastodon.social."
    with hosted(folder) as url, browser.page_of(chromium, url, (360, 740)) as (page, _):
        page.get_by_text("@elizabeth_montgomery@mastodon.social").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("bot.json", "bot.json: 404"),
        ("copies-1.bin", "copies-1.bin is not whole"),
        pytest.param("wllama/wllama.wasm", "wllama.wasm does not run here", marks=pytest.mark.slow),
        pytest.param("*.gguf", "gguf: 404", marks=pytest.mark.slow),
    ],
)
def test_without_all_its_files_the_page_says_so_and_writes_nothing(file, told, place, chromium, tmp_path):
    """A host may lack a file, or give a page of its own for it: that is no index of copies, and no engine."""
    folder = shutil.copytree(place / "page", tmp_path / "page")
    [path] = folder.glob(file)
    if "404" in told:
        path.unlink()
    else:
        path.write_bytes(b"<p>There is no such page.</p>    ")  # 32 bytes, as of 4 hashes
    with hosted(folder) as url, browser.page_of(chromium, url) as (page, _):
        page.get_by_text("cannot be loaded").wait_for()
        assert told in page.inner_text("#status")
        assert page.is_disabled("#write")


def test_a_page_that_is_opened_as_a_file_says_what_it_needs(place, chromium):
    """Browsers run no scripts of such a page, so it says so from the beginning."""
    with browser.page_of(chromium, (place / "page" / "index.html").as_uri()) as (page, _):
        assert "runs from a web server" in page.inner_text("#status")


@pytest.mark.parametrize(
    ("text", "right_edge"),
    [
        ("日本語のテキストはとても長いので、一行には入りません。" * 8, range(1000, 1135)),
        ("مرحبا بالعالم، كيف الحال اليوم يا صديقي؟ " * 4, range(1120, 1135)),
        ("this is a rather long post that goes on. " * 14, range(1000, 1135)),
    ],
)
def test_a_picture_shows_the_whole_post_in_its_direction(opened, text, right_edge):
    """Lines of any script end before the margin, all above the caption; Arabic begins at the right."""
    right, bottom, missing = opened[0].evaluate(
        """async (text) => {
          const { fitted, picture } = await import("./picture.js");
          const canvas = picture({ name: "Ada", caption: "" }, text);
          const pen = canvas.getContext("2d", { willReadFrequently: true });
          const { data } = pen.getImageData(0, 110, 1200, 520);
          let [right, bottom] = [0, 0];
          for (let at = 0; at < data.length; at += 4)
            if (data[at] < 128) {
              right = Math.max(right, (at / 4) % 1200);
              bottom = 110 + Math.floor(at / 4800);
            }
          const shown = fitted(pen, text)[1].join("").replaceAll(" ", "");
          return [right, bottom, text.replaceAll(" ", "").length - shown.length];
        }""",
        text,
    )
    assert right in right_edge
    assert 150 < bottom < 560
    assert missing == 0


def test_posts_and_prompt_are_set_in_the_direction_of_their_script(opened):
    """As in the report: Arabic and Hebrew from the right."""
    page, _ = opened
    page.fill("#prompt", "مرحبا بالعالم")
    direction = "(element) => getComputedStyle(element).direction"
    assert page.locator("#prompt").evaluate(direction) == "rtl"
    assert page.evaluate("document.getElementById('post').content.querySelector('p').dir") == "auto"


def test_a_prompt_that_fills_the_context_is_refused(opened):
    """The page says that it is too long, as generate does, and goes on with a shorter one."""
    page, _ = opened
    page.wait_for_selector(IDLE)
    page.fill("#prompt", "\U0001f9ff\U0001fae0" * 70)
    page.click("#write")
    page.get_by_text("Give it a shorter one").wait_for()
    assert page.locator("article").count() == 0
    page.fill("#prompt", "the lamp")
    page.click("#write")
    page.wait_for_selector("article.whole")


def test_posts_begin_with_characters_of_several_tokens(place, chromium, tmp_path):
    """As with an emoji that a model knows only by its bytes: no byte is lost, and none stands alone."""
    folder = shutil.copytree(place / "page", tmp_path / "page")
    tokenizer = load_tokenizer(place / "models" / "ada")
    emoji = tokenizer.encode("\U0001f9ff", add_special_tokens=False)
    assert len(emoji) == 4
    with changed_bot(folder) as bot:
        bot["begin_suppress_tokens"] = dict.fromkeys(set(range(len(tokenizer))) - set(emoji), -1000)
    with hosted(folder) as url, browser.page_of(chromium, url) as (page, seen):
        page.wait_for_selector(IDLE)
        page.fill("#prompt", "")
        page.click("#write")
        page.wait_for_selector(IDLE)
        written = page.locator("article.whole p").all_inner_texts()
        assert len(written) == 5
        assert all(text[0] > "\U00010000" for text in written), written
        assert seen.errors == []


@pytest.mark.slow
def test_no_post_begins_with_a_token_that_is_not_first(place, chromium, tmp_path):
    """Without a prompt the page samples other beginnings, as generate does; with one it does not."""
    folder = shutil.copytree(place / "page", tmp_path / "page")
    tokenizer = load_tokenizer(place / "models" / "ada")
    firsts = {tokenizer.encode(word, add_special_tokens=False)[0] for word in ("lamp", "gull", "letter")}
    with changed_bot(folder) as bot:
        bot["begin_suppress_tokens"] = dict.fromkeys(set(range(len(tokenizer))) - firsts, -1000)
    beginnings = tuple(tokenizer.decode([token]) for token in firsts)
    with hosted(folder) as url, browser.page_of(chromium, url) as (page, seen):
        for prompt in ("", "was lit"):
            page.wait_for_selector(IDLE)
            page.fill("#prompt", prompt)
            page.click("#write")
            page.wait_for_selector(IDLE)
            written = [text for text in page.locator("article.whole p").all_text_contents() if text]
            assert written
            assert all(text.startswith(prompt or beginnings) for text in written), written
        assert seen.errors == []


def test_a_model_that_ends_at_once_begins_no_other_post(place, chromium, tmp_path):
    """Such a draft is empty; continued, it would begin with a token that no post may begin with."""
    folder = shutil.copytree(place / "page", tmp_path / "page")
    end = load_tokenizer(place / "models" / "ada").eos_token_id
    with changed_bot(folder) as bot:
        bot["begin_suppress_tokens"][str(end)] = 1000
    with hosted(folder) as url, browser.page_of(chromium, url) as (page, seen):
        page.wait_for_selector(IDLE)
        page.fill("#prompt", "")
        page.click("#write")
        page.wait_for_selector(IDLE)
        assert page.locator("article").count() == 0
        page.fill("#prompt", "the lamp")
        page.click("#write")
        page.wait_for_selector("article.whole")
        assert seen.errors == []


def test_the_page_knows_the_tokens_that_generate_never_begins_with(place):
    """Each is white space, or only ends words and has little probability there; no other is left out."""
    model = TransformersGenerator.load(place / "models" / "ada")
    begin = torch.tensor([[model.tokenizer.bos_token_id]])
    vocabulary = model.tokenizer.get_vocab()
    first_word = model.tokenizer("a", add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        probabilities = model.model(input_ids=begin).logits[0, -1].softmax(-1)
    rare = {token for token in word_ends(vocabulary) if probabilities[token] < RARE}
    refused = rare | set(spaces(vocabulary, first_word))
    bot = json.loads((place / "page" / "bot.json").read_text("utf-8"))
    assert refused
    assert set(bot["begin_suppress_tokens"]) == {str(token) for token in refused}


def test_the_page_samples_as_the_recipe_says(place):
    """Nothing is left to the engine's own settings; the penalty is on the whole post."""
    request = json.loads((place / "page" / "bot.json").read_text("utf-8"))["request"]
    del request["logit_bias"], request["grammar"]
    assert request == {
        "max_tokens": 30,
        "temperature": 0.75,
        "top_p": 0.95,
        "top_k": 0,
        "min_p": 0,
        "repeat_penalty": 1.1,
        "repeat_last_n": 30,
        "samplers": ["penalties", "temperature", "top_p"],
    }


@pytest.mark.slow
def test_a_page_whose_engine_breaks_goes_on(chromium, tmp_path):
    """Bytes that make no character break wllama: it is started anew in its place, and one can ask again."""
    model = saved(tmp_path / "m", *gpt2(tmp_path))
    write_filters(posts(), 8, model)
    export(model, to="web", out=tmp_path / "page")
    with changed_bot(tmp_path / "page") as bot:
        del bot["request"]["grammar"]
    with hosted(tmp_path / "page") as url, browser.page_of(chromium, url) as (page, seen):
        page.wait_for_selector(IDLE)
        threads = len(page.workers)
        for _ in range(2):
            page.click("#write")
            page.wait_for_selector(IDLE)
            assert "broke down" in page.inner_text("#status")
        assert len(page.workers) == threads
        assert seen.outside == []


def test_what_the_page_holds(place):
    """No exact index, no posts; how to sample; the licence of what it runs with; and its size is told."""
    bot = json.loads((place / "page" / "bot.json").read_text("utf-8"))
    assert bot["request"]["temperature"] == 0.75
    assert bot["request"]["top_k"] == bot["request"]["min_p"] == 0
    assert all(copies["bits"] < 64 and copies["run"] >= 8 for copies in bot["filters"]["copies"])
    assert "MIT" in (place / "page" / "wllama" / "LICENCE").read_text("utf-8")
    files = b"".join(
        f.read_bytes() for f in (place / "page").rglob("*") if f.suffix in {".json", ".js", ".html"}
    )
    assert posts()[0].encode() not in files


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    """A model of ada, who has a picture and two posts, and of bob, who has seven and none."""
    place = tmp_path_factory.mktemp("two")
    model, tokenizer = gpt2(place)
    add_speakers(model, tokenizer, ["ada", "bob"])
    folder = saved(place / "m", model, tokenizer)
    write_filters(posts(), 8, folder)
    both = record()
    [ada] = both.authors
    bob = replace(ada, account=replace(ada.account, handle="bob"), train=7, language="de")
    ModelFolder(folder).save_record(replace(both, authors=(replace(ada, language="en"), bob)))
    (folder / avatar_picture(1)).write_bytes(b"the picture of ada")
    return folder


@pytest.mark.parametrize(
    ("speaker", "avatar", "count", "language"),
    [
        ("ada", "avatar.png", "2", "en"),
        pytest.param("bob", "", "7", "de", marks=pytest.mark.slow),
        ("Bob", "", "7", "de"),
    ],
)
def test_the_page_of_one_of_several_shows_nobody_else(of_two, tmp_path, speaker, avatar, count, language):
    """It has the picture and the language of who speaks, and the number of their posts."""
    export(of_two, to="web", speaker=speaker, out=tmp_path / "page")
    bot = json.loads((tmp_path / "page" / "bot.json").read_text("utf-8"))
    assert bot["avatar"] == avatar
    assert bot["language"] == language
    assert bot["description"].startswith(f"A bot that writes like @{speaker.lower()}. It is not")
    assert (tmp_path / "page" / "avatar.png").exists() == bool(avatar)
    learnt = f"learnt from {count} posts of @{speaker.lower()} and those of others"
    assert learnt in bot["caption"]
    assert learnt in bot["facts"]


def test_a_page_can_be_written_where_the_package_cannot(of_two, tmp_path, monkeypatch):
    """A read-only installation makes no read-only page."""
    installed = shutil.copytree(web.PAGE, tmp_path / "installed")
    installed.chmod(0o555)
    monkeypatch.setattr(web, "PAGE", installed)
    export(of_two, to="web", speaker="ada", out=tmp_path / "page")
    assert (tmp_path / "page").stat().st_mode & 0o200


def test_the_command_warns_of_the_file(place):
    """Where no format is named it is q8_0; the size is told, and that the GGUF file has no filter."""
    told = (place / "told").read_text("utf-8")
    assert "size of the page" in told
    assert "sample without" in told
    assert list((place / "page").glob("*-q8_0.gguf"))
    assert (place / "page" / "wllama" / "wllama.wasm").is_file()


@pytest.mark.parametrize("case", ["none", "exact"])
def test_without_a_published_index_there_is_no_page(case, tmp_path):
    """Neither without any filter, nor with an index that must stay where the model was trained."""
    model = saved(tmp_path / "m", *gpt2(tmp_path))
    if case == "exact":
        write_filters(posts(), 8, model)
        CopyIndex.build(posts(), 8).save(model / "copies.safetensors")
    with pytest.raises(ModelError, match="copy index"):
        export(model, to="web", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
