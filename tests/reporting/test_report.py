"""The report: a page that is whole, says what the figures say, and that no text of anybody can break."""

import html
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image

from huggingtweets.evaluation import decode, flat
from huggingtweets.evaluation.episodes import EPISODE
from huggingtweets.evaluation.habits import Distribution
from huggingtweets.evaluation.questions.authorship import Authorship
from huggingtweets.evaluation.questions.copying import Copying
from huggingtweets.evaluation.questions.detection import Detection
from huggingtweets.evaluation.questions.giveaways import Giveaway, Giveaways
from huggingtweets.evaluation.questions.prediction import Prediction
from huggingtweets.evaluation.questions.variety import Variety
from huggingtweets.evaluation.voice import Voice
from huggingtweets.reporting.compared import Compared, marked
from huggingtweets.reporting.picture import plain
from huggingtweets.reporting.report import report_html
from huggingtweets.reporting.tables import card_rows
from huggingtweets.results import (
    BASE,
    MODEL,
    NGRAM,
    OTHERS,
    OWN,
    Answer,
    Counts,
    Evaluation,
    Figure,
    Row,
)
from huggingtweets.results.drawings import ReportContext
from huggingtweets.results.wording import percent
from huggingtweets.text import NEAR, SHINGLE
from huggingtweets.types import (
    Account,
    Author,
    Base,
    CurvePoint,
    Funnel,
    Recipe,
    Record,
    Tracked,
    TrainingResult,
)
from tests.helpers.measuring import measure as evaluate

VOID = {"meta", "img", "br", "hr", "input", "link"}
NASTY = (
    "<script>alert(1)</script>",
    "</div></section><h1>out</h1><!--",
    '"><img src=x onerror=alert(1)>',
    "' onclick='alert(1)",
    "</style><style>*{display:none}",
    "&lt;b&gt; &#60;i&#62; &amp;",
    "{{ 7 * 7 }} {% raw %} {# gone #}",
    "]]></svg><svg onload=alert(1)>",
    "url(https://example.org/x.png)",
    "\ud83d lone \x00\x1b[31m \u202e reversed",
    "javascript:alert(1)",
)
SAID = "the sea is loud today and nobody hears how green it was when we came down to swim"
WORDS = re.findall(r"\w+", SAID)


def figure(value: float, width: float = 0.02, count: int = 300) -> Figure:
    return Figure(value=value, low=value - width, high=value + width, count=count)


def row(model: float, own: float | None, best="low", unknown="", kind=Row, **floors: float) -> Row:
    names = {"base": BASE, "ngram": NGRAM, "others": OTHERS}
    return kind(
        model=figure(model),
        floors={names[name]: figure(value) for name, value in floors.items()},
        ceiling=None if own is None else figure(own),
        best=best,
        unknown=unknown,
    )


def voice(closeness: float = 0.8) -> Voice:
    return Voice(
        auc=row(0.99, 1.0, "high", base=0.55, ngram=0.9),
        auc_own=row(0.31, 0.5, "ceiling", base=0.01, others=0.0),
        closeness=row(closeness, 1.0, "ceiling", base=0.1, ngram=0.6, others=0.0),
    )


def evaluation(counts: Counts | None = None, **changes: Answer) -> Evaluation:
    """An evaluation of invented figures; `changes` are answers by the name of their question."""
    groups = (MODEL, OWN, BASE, NGRAM, OTHERS)
    distribution = Distribution(
        labels=("0", "1", "2 or more"),
        shares={"train": (0.5, 0.4, 0.1), MODEL: (0.7, 0.2, 0.1), OWN: (0.5, 0.4, 0.1)},
        distance=row(0.21, 0.1, base=0.4),
    )
    answers = {
        "prediction": Prediction(
            bits_per_byte=row(1.5, None, base=2.5, ngram=1.9),
            bits=(9.0,),
            lengths=(6,),
            order=9,
            smoothing="kneser-ney",
        ),
        "authorship": Authorship(
            whole=voice(), style=voice(0.7), others={"bob": 800}, kept_words=("and", "the")
        ),
        "copying": Copying(
            run=8,
            copied=row(0.3, 0.05, base=0.0),
            near=row(0.02, 0.02),
            longest={MODEL: 23, OWN: 12},
            shares={
                g: {n: round(0.9 ** (n - 2) * k, 3) for n in range(3, 13)}
                for g, k in ((MODEL, 1), (OWN, 0.5))
            },
            own_run=9,
        ),
        "variety": Variety(
            distinct={n: row(0.7, 0.78, "ceiling", base=0.9) for n in (1, 2, 3)},
            sizes={1: 900, 2: 800, 3: 700},
            self_bleu=row(0.22, 0.21, "ceiling"),
            distributions={"emoji": distribution, "length": distribution},
        ),
        "giveaways": Giveaways(
            used=row(0.4, 0.38, "ceiling", others=0.06),
            words=(
                Giveaway(word="splendid", z=9.1, shares={MODEL: 0.31, OWN: 0.29, OTHERS: 0.01}),
                Giveaway(word="#sea", z=4.2, shares={MODEL: 0.0, OWN: 0.1, OTHERS: 0.0}),
            ),
        ),
        "detection": row(0.8, 0.5, kind=Detection, base=0.97),
    }
    return Evaluation(
        seed=11,
        counts=counts or Counts(train=960, groups=dict.fromkeys(groups, 300), others={"bob": 800}, leaked=()),
        answers=answers | changes,
        hours=tuple(range(24)),
    )


def author(**account) -> Author:
    return Author(
        account=Account(**{"handle": "ada", "name": "Ada", "source": "table", **account}),
        funnel=Funnel(read=1100, dropped={}, kept=1100),
        characters=98765,
        train=960,
        held_out=140,
    )


def record(*authors: Author, **changes) -> Record:
    known = {
        "name": "ada",
        "created_at": datetime(2026, 1, 2, tzinfo=UTC),
        "version": "1.0.0",
        "recipe": Recipe(name="starter", base="starter", seed=7),
        "base": Base(name="starter", digest="ab" * 32),
        "authors": authors or (author(),),
        "split_by": "time",
        "dataset_digest": "cd" * 32,
        "model_digest": "ef" * 32,
        "curve": tuple(
            CurvePoint(step=10 * n, epoch=n, bits_per_byte=value)
            for n, value in enumerate((2.5, 1.7, 1.5, 1.6))
        ),
        "result": TrainingResult(metrics=()),
        "seconds": {},
        "environment": {},
        "tracked": Tracked(tracker="none"),
    }
    return Record(**{**known, **changes})


def copying_curve(*shares: float | None, **changes) -> tuple[CurvePoint, ...]:
    """A point after each epoch from 0 on, with the share of samples that copy."""
    return tuple(
        CurvePoint(step=10 * n, epoch=n, bits_per_byte=2, copied=share, **changes)
        for n, share in enumerate(shares)
    )


def samples(count: int = 3) -> list[Compared]:
    return [
        Compared(text=f"today the sea is green {n}", nearest="Today the sea is loud", similarity=0.4, run=4)
        for n in range(count)
    ]


@dataclass
class Element:
    """What a browser would build of a tag."""

    tag: str
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """A page's elements in order, with attributes and text; every tag must be closed where it belongs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Note an element."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        """Note an element that ends at once, as SVG has them."""
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        """The innermost open element ends, and no other."""
        assert self.open.pop().tag == tag

    def handle_data(self, data):
        """Text belongs to all elements around it."""
        for element in self.open:
            element.text.append(data)

    def handle_comment(self, data):
        """The page hides nothing."""
        raise AssertionError(data)

    def all(self, tag: str) -> list[Element]:
        """The elements of one kind."""
        return [element for element in self.elements if element.tag == tag]

    def text(self) -> str:
        """What is read, on one line."""
        return words(next(element for element in self.elements if element.tag == "body"))

    def structure(self) -> list[tuple[str, tuple[str, ...]]]:
        """Everything but the text."""
        return [(element.tag, tuple(element.attributes)) for element in self.elements]


def words(element: Element) -> str:
    return " ".join("".join(element.text).split())


def page(result: Evaluation | None = None, about: Record | None = None, **more) -> Page:
    return Page(
        report_html(about or record(), result or evaluation(), more.pop("samples", samples()), **more)
    )


def test_the_report_says_where_letters_count_as_words():
    """Where the posts are Thai, the methods say that figures of words are those of letters."""
    thai = record(replace(author(), language="th"))
    assert "Thai puts no spaces between words" in report_html(thai, evaluation(), samples())
    assert "puts no spaces between words" not in report_html(record(), evaluation(), samples())


@pytest.fixture(scope="module")
def real() -> Evaluation:
    """A real evaluation, of posts drawn from few words."""
    rng = np.random.default_rng(0)

    def posts(count: int, vocabulary: list[str]) -> list[str]:
        return [" ".join(rng.choice(vocabulary, 9)) for _ in range(count)]

    return evaluate(
        posts(160, WORDS),
        posts(40, WORDS),
        posts(40, WORDS[:-3]),
        base=posts(40, WORDS[3:]),
        others={"bob": posts(200, [word[::-1] for word in WORDS] + WORDS[:6])},
        bits=[80.0] * 40,
        base_bits=[120.0] * 40,
        hours=[8, 9, 9],
    )


def test_the_report_says_where_a_sweep_chose_the_settings_by_the_same_posts():
    """Whoever reads the methods knows that the held-out posts had a part in the model."""
    known = record()
    swept = replace(known, recipe=replace(known.recipe, tuned_on=(known.dataset_digest,)))
    assert "A sweep chose the settings" in report_html(swept, evaluation(), samples())
    assert "A sweep chose the settings" not in report_html(known, evaluation(), samples())


def test_the_page_is_well_formed_and_can_be_read_without_seeing_it():
    """Tags are closed, headings leave out no level, charts and tables have names, links lead on."""
    report = page()
    levels = [int(element.tag[1]) for element in report.elements if re.fullmatch(r"h\d", element.tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [element.attributes["id"] for element in report.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    named = [e.attributes["aria-labelledby"] for e in report.elements if "aria-labelledby" in e.attributes]
    assert {name for names in named for name in names.split()} <= set(ids)
    assert {e.attributes["href"][1:] for e in report.elements if "href" in e.attributes} <= set(ids)
    assert len(report.all("table")) == len(report.all("caption")) > 3
    assert all("scope" in element.attributes for element in report.all("th"))
    charts = [e for e in report.all("svg") if e.attributes.get("role") == "img"]
    assert len(charts) == len(report.all("desc")) > 2
    assert all(words(element) for tag in ("desc", "caption", "h2", "h3") for element in report.all(tag))


def test_the_badge_of_a_bot_is_drawn():
    """The robot shows on machines whose fonts have no emoji; screen readers hear the words alone."""
    (badge,) = (element for element in page().elements if element.attributes.get("class") == "badge")
    assert words(badge) == "AI BOT"
    assert "\N{ROBOT FACE}" not in report_html(record(), evaluation(), samples())


def test_the_page_loads_and_runs_nothing():
    """One file is all there is: no address is opened, no script is there, and browsers are told so."""
    image = BytesIO()
    Image.new("RGB", (600, 600), "teal").save(image, "PNG")
    text = report_html(record(), evaluation(), samples(), avatars={"ada": image.getvalue()})
    report = Page(text)
    (picture,) = report.all("img")
    assert picture.attributes["src"].startswith("data:image/jpeg;base64,")
    assert not {"script", "link", "iframe", "object", "base", "form"} & {e.tag for e in report.elements}
    assert not [name for e in report.elements for name in e.attributes if name.startswith("on")]
    assert set(re.findall(r"url\(\s*(\w+:|#)", text)) == {"data:", "#"}
    assert "@import" not in text
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?\s*(?:https?:)?//""", text)
    policy = next(e for e in report.all("meta") if "http-equiv" in e.attributes)
    assert policy.attributes["content"].startswith("default-src 'none'")


def test_the_page_stays_small():
    """Twenty long samples, six people and their photographs are under 500 KB."""
    noise = BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
    Image.fromarray(pixels).resize((900, 900)).save(noise, "JPEG")
    people = [author(handle=f"person{n}") for n in range(6)]
    long = [Compared(text="sea " * 100, nearest="sea " * 100, similarity=1, run=99)] * 20
    avatars = {person.account.handle: noise.getvalue() for person in people}
    text = report_html(record(*people), evaluation(), long, avatars=avatars)
    assert len(text.encode()) < 500_000


def test_the_same_figures_give_the_same_page(real):
    """Nothing of the clock or of chance is in it, and it can be written as UTF-8."""
    first = report_html(record(), real, samples())
    again = decode(msgspec.json.encode(flat(real)))
    assert report_html(record(), again, samples()).encode() == first.encode()


@pytest.mark.parametrize("text", NASTY)
def test_text_of_people_and_models_changes_nothing_in_the_structure(text):
    """Whatever names, posts, words and reasons contain, the page has the same elements, and shows them."""

    def with_text(text: str) -> Page:
        result = evaluation()
        distribution = replace(result.variety.distributions["emoji"], labels=(text, "1", "2"))
        return page(
            evaluation(
                authorship=replace(result.authorship, others={text: 5}, kept_words=(text,)),
                variety=replace(result.variety, distributions={"emoji": distribution}),
                giveaways=replace(result.giveaways, words=(replace(result.giveaways.words[0], word=text),)),
                detection=Detection.inconclusive(text),
                prediction=replace(result.prediction, smoothing=text),
            ),
            record(
                author(handle=text, name=text, bio=text, url=text),
                name=text,
                version=text,
                base=Base(name=text, digest=text),
                recipe=Recipe(name=text, base=text),
                dataset_digest=text,
                model_digest=text,
            ),
            samples=[Compared(text=text, nearest=text[::-1], similarity=0.1, run=1, prompt=text)],
        )

    report = with_text(text)
    assert report.structure() == with_text("harmless").structure()
    assert report.text().count(plain(text)) >= 15
    assert report.text().encode()


@given(st.text(max_size=60), st.text(max_size=60))
def test_marking_changes_no_text(text, other):
    """A sample with marks reads as it does without them."""
    assert html.unescape(re.sub(r"</?mark>", "", marked(text, other))) == text


@pytest.mark.parametrize(
    ("text", "other", "shown"),
    [
        ("It's time to swim, now", "is it’s TIME — to sleep", "<mark>It&#39;s time to</mark> swim, now"),  # noqa: RUF001
        ("two words", "two words", "two words"),
        ("a b c x d e f", "d e f y a b c", "<mark>a b c</mark> x <mark>d e f</mark>"),
        ("a b c d e", "a b c z b c d e", "<mark>a b c d e</mark>"),
        ("今日は海が", "明日は海だ", "今<mark>日は海</mark>が"),
    ],
)
def test_words_that_both_posts_have_are_marked(text, other, shown):
    """Three words in a row count, whatever their case and marks, in scripts without spaces too."""
    assert marked(text, other) == shown


def test_every_row_is_in_the_table(real):
    """No figure is kept back: each stands there with its interval, and no measure without a name."""
    for result in (evaluation(), real):
        table = page(result).all("table")[-1]
        rows, labels = result.rows(), result.labels()
        texts = {label.text for label in labels.values()}
        assert len([cell for cell in table.text if cell in texts]) == len(rows)
        for path, line in rows.items():
            assert labels[path].text != path
            for figure in (line.model, line.ceiling, *line.floors.values()):
                if figure is not None:
                    written = f"{100 * figure.value:.1f} %", f"{figure.value:.3f}"
                    assert any(each in words(table) for each in written)


class Novelty(Answer, frozen=True, kw_only=True):
    """An answer with a row that it has no label for."""

    surprise: Row


def test_a_measure_that_nobody_described_is_shown_by_its_path():
    """A new row cannot get lost."""
    result = evaluation(novelty=Novelty(surprise=row(0.123, None)))
    assert result.labels()["novelty.surprise"].text == "novelty.surprise"
    table = page(result).all("table")[-1]
    assert "novelty.surprise" in words(table)
    assert "0.123" in words(table)
    assert result.variety.label("distinct.5").text == "different runs of 5 words"


def test_what_cannot_be_concluded_is_said_with_its_reason():
    """Rows without a figure stand in the list and in the table; charts do not invent them."""
    reason = "12 posts of other people; 100 are needed"
    nothing = Row.inconclusive(reason)
    silent = Voice(auc=nothing, auc_own=nothing, closeness=nothing)
    counts = Counts(train=960, groups={MODEL: 300, OWN: 280}, others={}, leaked=(3, 5))
    report = page(evaluation(authorship=Authorship(whole=silent, style=silent), counts=counts))
    text = report.text()
    assert text.count(reason) >= 10
    assert "closeness, all words; " in text or "; closeness, all words" in text
    assert "Unknown" in text
    assert "fewer than 16 posts by the base" in text
    assert "2 of the unseen posts were nearly training posts" in text


def test_held_out_posts_that_are_too_few_to_measure_are_not_called_none():
    """Between 1 and 15 there may be, and the page does not know how many."""
    counts = Counts(train=960, groups={MODEL: 300}, others={}, leaked=(0, 0))
    text = page(evaluation(counts=counts)).text()
    assert re.search("fewer than 16 posts by .* that it never saw", text)
    assert not re.search(r"\b0 posts by", text)


def test_an_unknown_answer_says_why():
    """With fewer than 16 unseen posts the model has figures and no ceiling; each answer says so."""
    posts = [f"the lamp was lit at {n} and the gull sat on the rail" for n in range(40)]
    few = evaluate(posts[:20], posts[20:24], posts[24:], known_words=frozenset(["lamp"]))
    context = ReportContext(who="@ada")
    headlines = [one for answer in few.answers.values() if (one := answer.headline(context))]
    assert len(headlines) == 4
    for headline in headlines:
        assert headline.answer == "Unknown"
        assert "few unseen posts of" in headline.sentence or "100 are needed" in headline.sentence


def test_a_page_of_nothing_says_so():
    """With no post generated and nothing known the page stands, and every answer is unknown."""
    few = evaluate([f"post number {n}" for n in range(20)], ["another"], [])
    report = page(few, record(curve=()), samples=())
    assert [words(e) for e in report.all("p") if e.attributes.get("class") == "answer"] == ["? Unknown"] * 4
    assert "Nothing was measured while it learnt." in report.text()
    assert "What does it write?" not in report.text()


def answers(result: Evaluation) -> list[str]:
    return [words(e)[2:] for e in page(result).all("p") if e.attributes.get("class") == "answer"]


@pytest.mark.parametrize(
    ("closeness", "answer", "said"),
    [
        (0.01, "Not for sure", "not clearly closer than the base, the n-gram model and other people"),
        (0.5, "Not for sure", "not clearly closer than the n-gram model"),
        (0.8, "Partly", "closer than all else"),
        (0.98, "Yes", "as near as @ada's own"),
        (1.3, "Yes, too much", "it overdoes the voice"),
    ],
)
def test_the_voice_is_judged_by_where_its_interval_lies(closeness, answer, said):
    """A better model gets another answer and another sentence."""
    result = evaluation(authorship=Authorship(whole=voice(closeness), style=voice()))
    assert answers(result)[0] == answer
    text = page(result).text()
    assert said in text
    assert f"comes to {round(100 * closeness)} %" in text


def test_what_time_explains_is_not_called_overdone():
    """Where earlier posts are as far beyond the later ones, the model does not overdo the voice."""
    whole = replace(voice(1.3), earlier=Figure(value=1.27, low=1.2, high=1.34, count=90))
    result = evaluation(authorship=Authorship(whole=whole, style=voice()))
    assert answers(result)[0] == "Yes"
    text = page(result).text()
    assert "as @ada's earlier posts are, from which it learnt (127 %)" in text
    assert "overdoes" not in text


@pytest.mark.parametrize(
    ("share", "answer", "said"),
    [
        (0.3, "Yes", "30 in 100 of its posts repeat 8 or more words in a row"),
        (0.06, "No", "of @ada's own unseen posts 5 in 100 do, which is no clear difference"),
        (0.075, "Not for sure", "of @ada's own unseen posts 5 in 100 do, which is less, but may be chance"),
        (0.003, "No", "Fewer than 1 in 100 of its posts"),
    ],
)
def test_copying_is_judged_beside_the_persons_own(share, answer, said):
    """People repeat themselves: only more than that is copying."""
    result = evaluation()
    result = evaluation(copying=replace(result.copying, copied=row(share, 0.05)))
    assert answers(result)[1] == answer
    assert said in page(result).text()


@pytest.mark.parametrize(
    ("distinct", "repeats", "answer", "said"),
    [
        (0.5, 0.2, "No", "it is less varied"),
        (0.77, 0.2, "Yes", "it is as varied, as far as can be told"),
        (0.9, 0.2, "Yes", "it is more varied"),
        (0.77, 0.9, "No", "it repeats itself more"),
    ],
)
def test_variety_is_judged_by_words_and_by_repetition(distinct, repeats, answer, said):
    """A model that repeats itself is not varied, however many words it knows."""
    varied = replace(
        evaluation().variety,
        distinct=dict.fromkeys((1, 2, 3), row(distinct, 0.78, "ceiling")),
        self_bleu=row(repeats, 0.21, "ceiling"),
    )
    result = evaluation(variety=varied)
    assert answers(result)[2] == answer
    assert said in page(result).text()


def test_sentences_name_what_is_beaten():
    """Fewer bits than a floor are a gain only beyond the intervals."""
    text = page().text()
    assert "the model needs 1.50 bits, the base 2.50, the n-gram model 1.90" in text
    assert "it clearly beats the base and the n-gram model" in text
    close = replace(evaluation().prediction, bits_per_byte=row(1.5, None, base=2.5, ngram=1.51))
    text = page(evaluation(prediction=close)).text()
    assert "it clearly beats the base, but it does not clearly beat the n-gram model" in text


def test_the_learning_curve_says_when_it_was_best():
    """The sentence follows the curve, and a model that learnt nothing is not praised."""
    assert "from 2.50 to 1.50 bits; the best came after 2.0 of 3.0 passes" in page().text()
    flat = record(
        curve=(CurvePoint(step=0, epoch=0, bits_per_byte=2), CurvePoint(step=9, epoch=1, bits_per_byte=3))
    )
    assert "Training did not help" in page(about=flat).text()


def test_one_point_is_no_learning_curve():
    """An n-gram model is measured once, when it has learnt: that is not before training."""
    counted = record(curve=(CurvePoint(step=1, epoch=1, bits_per_byte=2),))
    text = page(about=counted).text()
    assert "Nothing was measured while it learnt" in text
    assert "before training:" not in text


def test_a_small_share_is_not_written_as_none():
    """Two posts of 400 are half of one per cent to the digit, which rounds to 0."""
    assert [percent(share / 400) for share in (0, 1, 2, 3, 400)] == ["0 %", "<1 %", "<1 %", "1 %", "100 %"]


def test_copying_begins_where_the_share_leaves_the_persons_interval():
    """The person's own is 5 %, up to 7 %: the first point above that is told."""
    text = page(about=record(curve=copying_curve(0.0, 0.06, 0.08, 0.2))).text()
    assert "After 2.0 passes copying begins" in text
    assert "At no time" in page(about=record(curve=copying_curve(0.0, None, None, 0.07))).text()
    assert "When copying begins" not in page().text()


def test_one_copy_among_few_samples_is_no_beginning():
    """Where it is known how many samples a share is of, it has to leave the interval by more than chance."""
    curve = copying_curve(None, 0.0, 3 / 32, 8 / 32, counted=32)  # beside 5 %, up to 7 %
    assert "After 3.0 passes copying begins" in page(about=record(curve=curve)).text()
    assert "At no time" in page(about=record(curve=curve[:3])).text()


def test_giveaway_words_are_counted_and_shown():
    """Which words give the person away, and whether the model uses them."""
    text = page().text()
    assert "Of the 2 such words it uses 1." in text
    assert "splendid" in text
    assert "#sea" in text


def test_samples_come_whole_and_in_order_with_their_settings():
    """Nothing is picked, each stands beside its nearest post, and a copied run is flagged."""
    shown = [*samples(20), Compared(text="copied", nearest="", similarity=1, run=8, prompt="Why")]
    report = page(samples=shown)
    text = report.text()
    places = [text.index(f"green {n}") for n in range(20)]
    assert places == sorted(places)
    assert text.count("Today the sea is loud") == 20
    assert "none picked: seed 11, temperature 1, top-p 0.95" in text
    assert text.count("copied run") == 1 + text.count("posts with a copied run")


def test_training_posts_can_be_left_out():
    """A page that is published shows what the model writes, and none of the posts that it learnt from."""
    report = page(samples=[replace(each, nearest="") for each in samples()])
    assert "those posts are not part of this page" in report.text()
    assert "40 % like the nearest post" in report.text()
    assert not report.all("mark")


def test_missing_dates_are_said():
    """Figures without dates are not passed off as figures about the future."""
    assert "Dates are missing" in page(about=record(split_by="position")).text()
    assert "Dates are missing" not in page().text()


def test_the_methods_name_the_settings_that_were_used():
    """Numbers in the prose are those of the program."""
    text = page().text()
    assert f"batches of {EPISODE} " in text
    assert f"similarity of {NEAR} or more" in text
    assert f"runs of {SHINGLE} characters" in text


def test_the_card_gets_every_row_in_words(real):
    """Question, figure with interval, floors and ceiling; an unknown figure says why."""
    rows = card_rows(evaluation(detection=Detection.inconclusive("too few posts")))
    assert (
        "Does it predict the person's next posts? (bits per byte)",
        "1.500 (1.480 to 1.520)",
        "base 2.500, n-gram model 1.900",
        "",
    ) in rows
    assert any(figure == "unknown: too few posts" for _, figure, _, _ in rows)
    assert len(card_rows(real)) == len(real.rows())


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs the browser chromium")
def test_the_page_fits_a_telephone_and_a_desk(tmp_path):
    """A real browser lays it out without a part that is wider than the screen, whatever the names."""
    long = "w" * 300
    pages = {
        "usual": report_html(record(curve=copying_curve(0.0, 0.2)), evaluation(), samples()),
        "long": report_html(
            record(author(handle=long, name=long), author(handle="b"), name=long),
            evaluation(),
            [Compared(text=long, nearest=long, similarity=1, run=1)],
        ),
    }
    frames = "".join(
        f'<iframe width="{width}" height="800" style="border:0" srcdoc="{html.escape(text)}"></iframe>'
        for text in pages.values()
        for width in (360, 390, 768, 1440)
    )
    frame = tmp_path / "frames.html"
    frame.write_text(
        f"""<!doctype html><body>{frames}<script>onload = () => document.body.textContent =
        [...document.querySelectorAll("iframe")].map(f => {{
          const page = f.contentDocument;
          const sections = page.querySelectorAll("section").length;
          return f.width + ":" + page.scrollingElement.scrollWidth + ":" + sections;
        }}).join(" ")</script>""",
        "utf-8",
    )
    options = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    done = subprocess.run(
        ["chromium", *options.split(), f"--user-data-dir={tmp_path}/profile", "--dump-dom", frame.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    sizes = re.findall(r"(\d+):(\d+):(\d+)", done.stdout)
    assert [asked for asked, _, _ in sizes] == ["360", "390", "768", "1440"] * 2
    assert all(int(laid_out) <= int(asked) for asked, laid_out, _ in sizes), sizes
    assert all(int(sections) > 8 for _, _, sections in sizes)
