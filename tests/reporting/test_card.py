"""The model card: metadata that the Hub takes, figures that add up, and text that stays text."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest
from huggingface_hub import ModelCard
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from huggingtweets.reporting import model_card, render
from huggingtweets.reporting.escaping import escape, escape_cell
from huggingtweets.reporting.picture import plain
from huggingtweets.reporting.published_card import unsaid
from huggingtweets.results import Metric
from huggingtweets.types import (
    OF_LORA,
    OF_MUON,
    Account,
    Author,
    Base,
    CurvePoint,
    Funnel,
    Reason,
    Recipe,
    Record,
    Sample,
    Tracked,
    TrainingResult,
)

ORDINARY = (
    "Ada-Lovelace (she/her)",
    "@ada_l",
    "Dr. Ada O'Neill, PhD; 50% human!",
    "C# & friends: what's up? 3 < 4, 5 * 3 = 15",
    '"quoted" {braces} a+b ^',
    "#hashtag first, -5 degrees, 1.5 litres, > 3",
    "今日はいい天気 ñandú 😀",
)
CONTEXTS = {  # {} is text of a person or a model
    "line": "{}\n",
    "heading": "# {}\n",
    "list": "- {}\n",
    "bold": "He **said {} and** *that {}* was ~~{}~~ of {}.\n",
    "between": "(<b>{}</b>{}) [{}](y) `y`\n",
    "block": "<div>\n<b>{}</b>\n</div>\n",
    "table": "| a | b |\n| --- | --- |\n| {} | {} |\n",
}
MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ aB1"
PICTURES = ("predictions.png", "pipeline.png", "funnel.png", "curves.png", "avatar-1.png", "avatar-2.png")
NASTY = (
    "<script>alert(1)</script>",
    "</div><h1>out</h1><!--",
    '"><img src=x onerror=alert(1)>',
    "a | b || c |",
    "`code` ``` and ~~~",
    "[x](javascript:alert(1)) ![y](https://example.org/y.png)",
    "](javascript:alert(1))",
    "one\n\n# two\n- three\n    four\n---\nfive",
    "---\nlicense: mit\n---",
    "*a* **b** _c_ __d__ ~~e~~ $f$ \\(g\\) \\",
    "&lt;b&gt; &#60;i&#62; &amp;",
    "key: value # comment",
    "{{ 7 * 7 }} {% raw %} ${x}",
    "| --- | --- |",
    "1. first\n2) second\n> quote",
    "\ud83d lone \x00\x1b[31m \u202e reversed",
    "<https://example.org> www.example.org me@example.org",
    "'; DROP TABLE posts; --",
)


def author(**account) -> Author:
    account = {"handle": "ada", "name": "Ada", "source": "table", "url": "https://example.org/ada", **account}
    return Author(
        account=Account(**account),
        funnel=Funnel(
            read=1300, dropped={Reason.REPOST: 200, Reason.SHORT: 30, Reason.DUPLICATE: 4}, kept=1066
        ),
        characters=98765,
        train=960,
        held_out=106,
        language="en",
    )


def record(*authors: Author, **changes) -> Record:
    known = {
        "name": "ada",
        "created_at": datetime(2026, 1, 2, tzinfo=UTC),
        "version": "1.0.0",
        "recipe": Recipe(name="starter", base="starter", seed=7),
        "base": Base(name="starter", digest="ab" * 32, parameters=6_900_000, architecture="GPT2LMHeadModel"),
        "authors": authors or (author(),),
        "split_by": "time",
        "dataset_digest": "cd" * 32,
        "model_digest": "ef" * 32,
        "curve": (
            CurvePoint(step=0, epoch=0, bits_per_byte=2.5),
            CurvePoint(step=9, epoch=4, bits_per_byte=1.5),
        ),
        "result": TrainingResult(
            metrics=(Metric(name="bits_per_byte", value=1.5, floor=2.5, count=106),),
            samples=(
                Sample(prompt="My dream is", text="My dream is to fly."),
                Sample(prompt="Why", text="Why not?"),
            ),
        ),
        "seconds": {"train": 61.2},
        "environment": {"python": "3.11.7"},
        "tracked": Tracked(
            tracker="trackio",
            project="huggingtweets",
            command="trackio show",
            artifacts={"train-dataset": "ada-train-dataset:v0"},
        ),
    }
    return Record(**{**known, **changes})


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Page(HTMLParser):
    """What a browser makes of a card: its elements in order, its text, the rows of its tables."""

    def __init__(self, card: str) -> None:
        super().__init__()
        self.elements, self.text, self.rows = [], "", []
        self.feed(MARKDOWN.render(body(card)))

    def handle_starttag(self, tag, attrs):
        """Note an element, and begin a row or a cell."""
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        """Note the end of an element."""
        self.elements.append(("/" + tag, ()))

    def handle_comment(self, data):
        """Note what would be hidden."""
        self.elements.append(("comment", (data,)))

    def handle_data(self, data):
        """Collect text, of cells also by row."""
        self.text += data
        if self.elements[-1][0] in {"td", "th"}:
            self.rows[-1][-1] += data


def body(card: str) -> str:
    return ModelCard(card).text


def test_metadata_comes_back_from_the_hubs_own_reader():
    """What the Hub reads from the card is what the record says."""
    data = ModelCard(model_card(record(), pictures=PICTURES)).data
    assert data.language == ["en"]
    assert data.tags == ["huggingtweets", "text-generation"]
    assert data.pipeline_tag == "text-generation"
    assert data.library_name == "transformers"
    assert data.widget == [{"text": "My dream is"}]
    assert data.thumbnail == "predictions.png"
    assert data.model_name == "ada"
    (result,) = data.eval_results
    assert (result.metric_type, result.metric_value) == ("bits_per_byte", 1.5)
    assert result.dataset_name == "Held-out posts of @ada"


def of_german_posts(prompt="Heute singt", **base):
    german = msgspec.structs.replace(author(), language="de")
    result = TrainingResult(metrics=(), samples=(Sample(prompt=prompt, text=f"{prompt} der Kessel."),))
    made = msgspec.structs.replace(record().base, **base)
    return model_card(record(german, base=made, result=result), pictures=())


@pytest.mark.parametrize(
    ("language", "name"), [("th", "Thai"), ("my", "Burmese"), ("ja", "Japanese"), ("de", "")]
)
def test_a_card_says_where_letters_count_as_words(language, name):
    """Thai and the like put no spaces between words, so figures of words are those of letters."""
    text = Page(model_card(record(msgspec.structs.replace(author(), language=language)), pictures=())).text
    assert ("puts no spaces between words" in text) == bool(name)
    assert f"{name} puts no" in text or not name


@pytest.mark.parametrize(("posts", "is_said"), [("cd" * 32, True), ("00" * 32, False)])
def test_a_card_says_where_a_sweep_chose_the_settings_by_the_same_posts(posts, is_said):
    """Of other posts, nothing is flattered, and the digests are no hyperparameter."""
    recipe = Recipe(name="mine", base="starter", tuned_on=("ab" * 32, posts))
    page = Page(model_card(record(recipe=recipe), pictures=()))
    assert ("A sweep chose the settings" in page.text) == is_said
    assert not any("tuned_on" in row for row in page.rows)


def test_a_card_says_where_its_base_knows_another_language():
    """Whoever reads the card sees why it writes worse than others; nothing is said where nobody knows."""
    assert "trained on English only" in Page(of_german_posts(languages=("en",))).text
    assert "trained on English only" not in Page(of_german_posts()).text
    assert "trained on English only" not in Page(model_card(record(), pictures=())).text


def test_commands_on_a_card_have_the_prompt_of_its_language():
    """A prompt that is more than letters, as a record of somebody else may have, never stands in code."""
    for prompt in ("Heute singt", "आज केतली", "今日は"):
        assert f'huggingtweets generate . "{prompt}"' in of_german_posts(prompt)
    assert ModelCard(of_german_posts()).data.widget == [{"text": "Heute singt"}]
    for hostile in NASTY:
        assert 'huggingtweets generate . "My dream is"' in of_german_posts(hostile)


def test_a_card_without_a_known_language_names_none():
    """Nothing is claimed that is not known."""
    unknown = record(msgspec.structs.replace(author(), language=""))
    assert ModelCard(model_card(unknown, pictures=())).data.language is None


def test_only_a_base_from_the_hub_is_named_as_base_model():
    """The embedded base and local folders have no page on the Hub to point to."""
    local = model_card(record(), pictures=())
    hub = model_card(record(base=Base(name="gpt2@main", digest="ab" * 32, revision="607a30d7")), pictures=())
    assert ModelCard(local).data.base_model is None
    assert ModelCard(hub).data.base_model == "gpt2"


def test_where_the_base_came_from_is_on_the_card():
    """With its precision and its licence, where they are known."""
    base = Base(
        name="smollm2-135m", digest="ab" * 32, origin="a package", precision="4 bits", licence="Apache-2.0"
    )
    card = model_card(record(base=base), pictures=())
    assert (
        "The base is smollm2-135m, sha256 abababababab, from a package, 4 bits, licence Apache-2.0." in card
    )


def test_the_rows_of_2020_and_the_finer_ones_come_from_the_funnel():
    """Every author has a column, with the counts of their own funnel, which add up."""
    bob = replace(author(handle="bob"), funnel=Funnel(read=2000, dropped={Reason.LANGUAGE: 5}, kept=1995))
    rows = Page(model_card(record(author(), bob), pictures=())).rows
    assert rows[:6] == [
        ["Data", "@ada", "@bob"],
        ["Posts read", "1,300", "2,000"],
        ["Reposts", "200", "0"],
        ["Short posts", "30", "0"],
        ["Left out for other reasons", "4", "5"],
        ["Posts kept", "1,066", "1,995"],
    ]
    assert ["other languages", "0", "5"] in rows
    assert ["the same as an earlier one", "4", "0"] in rows


def test_the_licence_is_named_as_the_hub_does():
    """Front matter has the base's licence, and the Hub's model that a base of a package was made from."""
    base = Base(name="smollm2-135m", digest="ab" * 32, licence="Apache-2.0", made_from="org/model")
    data = ModelCard(model_card(record(base=base), pictures=())).data
    assert (data.license, data.base_model) == ("apache-2.0", "org/model")
    unknown = ModelCard(model_card(record(), pictures=())).data
    assert unknown.license is None


def test_the_card_leads_with_what_people_look_for():
    """Picture, samples, data, procedure, use, limits; long tables are folded, and nothing is there twice."""
    text = body(model_card(record(), pictures=PICTURES))
    places = [text.index(f"## {title}") for title in ("Samples", "Training data", "Training procedure")]
    places += [
        text.index(f"## {title}") for title in ("How to use", "Limitations and bias", "How it may be used")
    ]
    assert places == sorted(places)
    assert text.index("predictions.png") < places[0]
    assert text.count("<details>") == text.count("</details>") >= 3
    assert len(set(map(tuple, Page(text).rows))) >= len(Page(text).rows) - 2  # two tables begin alike


def test_every_hyperparameter_and_metric_is_in_a_table():
    """No field that meant something to this model is left out, and the base's figure stands beside it."""
    recipe = Recipe(
        name="starter",
        base="starter",
        seed=7,
        author_posts=200,
        frozen_layers=2,
        learning_rate_steps=80,
        opening="Post:\n",
        averaged_steps=160,
        sampled_tokens=64,
    )
    rows = Page(model_card(record(recipe=recipe), pictures=())).rows
    names = {row[0] for row in rows}
    assert set(Recipe.__struct_fields__) - {"sampling", "tuned_on"} - OF_LORA - OF_MUON <= names
    assert {"sampling.temperature", "sampling.top_p", "sampling.max_new_tokens"} <= names
    assert ["Bits per byte of held-out posts", "1.500", "2.500", "106"] in rows


@pytest.mark.parametrize(("best", "said"), [(1, "the first run"), (2, "the first 2 runs")])
def test_a_mean_of_runs_is_said_to_be_one(best, said):
    """The weights of a model of few posts are none that a run ended with; how many runs count is said."""
    curve = [
        CurvePoint(step=9 * run, epoch=2 * run, bits_per_byte=3 - (run > 0) - (run == best))
        for run in range(4)
    ]
    averaged = Recipe(name="few", base="starter", epochs=2, averaged_steps=40)
    text = " ".join(Page(model_card(record(recipe=averaged, curve=tuple(curve)), pictures=())).text.split())
    assert "27 steps in several runs, each from the base" in text
    assert f"the mean of those with which {said} ended" in text
    assert "far above that of the others has no part in the mean" in text, "the record tells of no such run"
    once = " ".join(
        Page(model_card(record(recipe=averaged, curve=tuple(curve[:2])), pictures=())).text.split()
    )
    assert "9 steps, and the weights that predicted the held-out posts best were kept" in once


def test_every_author_is_shown_as_a_bot():
    """Nobody can take the card for a person's own page."""
    page = Page(model_card(record(author(), author(handle="bob", name="Bob")), pictures=PICTURES))
    assert page.text.count("🤖 AI BOT") == 2
    assert [tag for tag, _ in page.elements].count("img") == len(PICTURES)


def test_only_pictures_that_exist_are_shown():
    """A card without pictures has no broken images."""
    assert ("img", ("src", "alt")) in Page(model_card(record(), pictures=PICTURES)).elements
    assert "img" not in [tag for tag, _ in Page(model_card(record(), pictures=())).elements]


def test_samples_come_whole_and_in_order_with_their_settings():
    """Nothing is picked, and the settings say how to get the same."""
    text = Page(model_card(record(), pictures=())).text
    assert text.index("My dream is to fly.") < text.index("Why not?")
    assert "seed 7 for the first beginning, temperature 1, top-p 0.95" in text


def test_the_tracker_is_shown_where_there_is_one():
    """The card leads to the data of every step, or says nothing of it."""
    shown = Page(model_card(record(), pictures=())).text
    assert "trackio show" in shown
    assert "ada-train-dataset:v0" in shown
    assert (
        "Data of every step"
        not in Page(model_card(record(tracked=Tracked(tracker="none")), pictures=())).text
    )


def test_a_split_by_position_is_said():
    """Figures without dates are not passed off as figures about the future."""
    assert "Dates are missing" in body(model_card(record(split_by="position"), pictures=()))
    assert "Dates are missing" not in body(model_card(record(), pictures=()))


@pytest.mark.parametrize("text", NASTY)
def test_text_of_people_and_models_changes_nothing_in_the_structure(text):
    """Whatever a name or a sample contains, the card has the same elements, and shows the text as it is."""

    def with_text(text: str) -> Page:
        person = author(handle=text, name=text, bio=text)
        return Page(
            model_card(
                record(
                    person,
                    name=text,
                    base=Base(name=text, digest=text, revision=text, architecture=text),
                    recipe=Recipe(name=text, base=text, summary=text),
                    result=TrainingResult(
                        metrics=(Metric(name=text, value=1.0),),
                        samples=(Sample(prompt=text, text=f"{text} and {text}"),),
                    ),
                    environment={text: text},
                    tracked=Tracked(tracker=text, project=text, command=text, artifacts={text: text}),
                ),
                pictures=PICTURES,
            )
        )

    page = with_text(text)
    assert page.elements == with_text("harmless").elements
    assert page.text.count(plain(text)) >= 15


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_can_be_read_in_the_source(text):
    """Only what a parser could misread is escaped: names and sentences stand there as they are."""
    said = TrainingResult(metrics=(), samples=(Sample(prompt="", text=text),))
    card = model_card(record(author(name=text), result=said), pictures=())
    assert body(card).count(text) == 2
    assert Page(card).text.count(text) == 2


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("see www.example.org", "see www&#46;example.org"),
        ("https://example.org", "https&#58;//example.org"),
        ("me@example.org", "me&#64;example.org"),
        ("so :smile: 12:30:45", "so &#58;smile: 12:30:45"),
        ("$5 and $6", "&#36;5 and &#36;6"),
    ],
)
def test_addresses_formulas_and_names_of_emoji_stay_text(text, source):
    """What the Hub or GitHub would make of them beyond Markdown."""
    assert escape(text) == source


@pytest.mark.parametrize("place", CONTEXTS)
@given(text=st.text(MARKS, min_size=1, max_size=12).filter(str.strip))
@example(text="1) x")
@example(text="- - -")
@example(text="a\\")
@example(text="__a_b__")
@example(text="## a ##")
@example(text="~~~")
def test_no_text_is_markup_wherever_it_stands(place, text):
    """Beside other markup, at the beginning of a line, in a cell: the same elements, the text as it is."""
    in_place = escape_cell if place == "table" else escape
    page, usual = (Page(CONTEXTS[place].replace("{}", in_place(each))) for each in (text, "usual"))
    assert page.elements == usual.elements
    assert page.text == usual.text.replace("usual", plain(text))


@pytest.mark.parametrize("text", NASTY)
def test_metadata_takes_any_name(text):
    """A name cannot add a key to the metadata or end it."""
    card = ModelCard(model_card(record(author(handle=text, name=text), name=text), pictures=PICTURES))
    assert card.data.model_name == plain(text)
    assert set(card.data.to_dict()) == set(ModelCard(model_card(record(), pictures=PICTURES)).data.to_dict())
    assert "license" not in card.data.to_dict()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "", "//x", " https"]
)
def test_only_web_addresses_become_links(url):
    """A profile's address cannot run anything."""
    card = model_card(record(author(url=url), tracked=Tracked(tracker="wandb", url=url)), pictures=())
    assert "a" not in [tag for tag, _ in Page(card).elements]


def test_an_address_cannot_leave_its_attribute():
    """An address with quotes and angle brackets stays one address."""
    page = Page(model_card(record(author(url='https://x.example/"><b onclick=x>')), pictures=()))
    assert ("a", ("href",)) in page.elements
    assert ("b", ("onclick",)) not in page.elements


def test_very_many_authors_fit_on_a_card():
    """Of hundreds a few are shown, figures are those of all, each is named once, and pictures stay small."""
    many = record(*(author(handle=f"person{n}", name="") for n in range(500)))
    files = render(many, {})
    card = files["README.md"].decode()
    assert unsaid(card, many) == []
    assert "like @person0, @person1, @person2 and 497 others" in card
    assert "500 authors" in card
    assert f"{500 * 1300:,}" in card
    assert len(card) < 30_000
    assert sum(name.startswith("avatar") for name in files) == 12
    assert sum(map(len, files.values())) < 500_000
