"""Posts that are not English: what is said before training, and what the samples begin with."""

from __future__ import annotations

import csv

import pytest
from msgspec.structs import replace

from huggingtweets import DataConfig, inspect, train
from huggingtweets.progress import Silence
from huggingtweets.recipes import load
from huggingtweets.workflows.data import check_posts, read
from huggingtweets.workflows.sweep import SweepConfig, _datasets
from huggingtweets.workflows.train import TrainConfig

PLACES = ("im Garten", "in der Küche", "am Fenster", "auf dem Berg", "im Zug", "am See", "beim Bäcker")
THINGS = ("der Kessel", "die Uhr", "mein Nachbar", "das Radio", "der Wind", "die Katze", "unser Zug")
TIMES = ("schon wieder", "wie jeden Morgen", "ganz leise", "viel zu laut", "ohne Grund", "seit Stunden")


class Notes(Silence):
    """Keeps what is noted."""

    def __init__(self):
        self.texts = []

    def note(self, text):
        """Keep it."""
        self.texts.append(text)


@pytest.fixture
def german(tmp_path):
    """A table of German posts, most of which begin alike."""
    path = tmp_path / "posts.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["user", "text"])
        for place in PLACES:
            for thing in THINGS:
                table.writerows(["ada", f"Heute singt {thing} {place} {time}"] for time in TIMES)
    return DataConfig(locations=(str(path),))


def test_posts_in_another_language_are_warned_of_and_begin_as_their_own(german, tmp_path):
    """`inspect` and `train` warn of an English base; samples begin in the posts' language."""
    (inspection,) = inspect(german)
    assert "German" in inspection.language_warning
    assert inspection.summary()["language"] == "de"
    assert inspection.sufficiency.expected is None, "what a base gains was measured in its own languages"
    assert "fewer bits per byte" not in inspection.sufficiency.text
    notes = Notes()
    config = TrainConfig(
        data=german, recipe=load("ngram"), out=tmp_path / "model", tracker="none", evaluate=False
    )
    record = train(config, notes).record
    assert not [text for text in notes.texts if "trained on" in text], "an n-gram model has no base"
    assert {sample.prompt for sample in record.result.samples} == {"Heute singt"}


def test_no_gain_is_promised_where_none_was_measured(german):
    """Before training, too: in another language the base itself is far worse, and all gains are others."""
    notes = Notes()
    (author,) = read(german, notes)
    check_posts([author], load("starter"), notes)
    assert any("trained on English only" in text for text in notes.texts)
    assert not [text for text in notes.texts if "fewer bits per byte" in text]


def test_a_sweep_promises_no_gain_where_none_was_measured(german):
    """It says what `train` says of posts in another language than the base's."""
    notes = Notes()
    _datasets(SweepConfig(data=german, recipe=load("starter")), notes)
    assert any("trained on English only" in text for text in notes.texts)
    assert not [text for text in notes.texts if "fewer bits per byte" in text]


def test_posts_of_the_card_that_begin_otherwise_do_not_end_alike(tmp_path):
    """Each beginning has random numbers of its own: of one seed, all posts of the picture end alike."""
    path, recipe = tmp_path / "posts.csv", load("ngram")
    begins = ("Heute singt", "Morgen fehlt", "Abends ruht", "Gestern kam")
    where = [f"{thing} {place} {time}" for place in PLACES for thing in THINGS for time in TIMES]
    rows = [f"ada,{begins[number % 4]} {words}" for number, words in enumerate(where)]
    path.write_text("\n".join(["user,text", *rows]), "utf-8")
    job = TrainConfig(
        data=DataConfig(locations=(str(path),)), recipe=recipe, out=tmp_path / "model", tracker="none"
    )
    model = train(replace(job, evaluate=False))
    first = {sample.prompt: sample.text for sample in reversed(model.record.result.samples)}
    assert {*first} == {*begins}
    assert len({text.removeprefix(prompt) for prompt, text in first.items()}) == 4
    assert "seed 0 for the first beginning, temperature" in model.card.read_text("utf-8")
