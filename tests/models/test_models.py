"""Models of either kind behave alike; an n-gram model needs no base, no torch, and says so everywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from msgspec.structs import replace

from huggingtweets import (
    DataConfig,
    TrainConfig,
    compare,
    dataset,
    evaluate,
    generate,
    load_recipe,
    models,
    tracking,
    train,
)
from huggingtweets.errors import ModelError, RecipeError, UserError
from huggingtweets.evaluation.questions.prediction import Prediction
from huggingtweets.evaluation.style import load_style, write_style
from huggingtweets.files import sha256
from huggingtweets.generation.filters import RepetitionFilter
from huggingtweets.generation.text_generator import TextGenerator, Written
from huggingtweets.models.ngram_counts import NgramModel
from huggingtweets.progress import Silence
from huggingtweets.results import Row
from huggingtweets.types import Account, Funnel, Sample
from huggingtweets.workflows.data import sample_archive
from tests.conftest import post
from tests.helpers.tiny import tiny_dataset, tiny_texts, varied_texts


@pytest.fixture
def own(ngram_model, tmp_path):
    """A copy of the model that a test may change."""
    return shutil.copytree(ngram_model, tmp_path / "own")


def test_a_folder_without_a_model_is_refused_at_once(tmp_path):
    """Nobody waits for torch to hear that there is nothing to write with."""
    code = (
        "import sys; from huggingtweets import generate\n"
        "try: generate(sys.argv[1])\n"
        "except Exception as error: print(error, 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "holds no model" in told
    assert told.endswith(" False\n")


def test_an_ngram_model_is_a_whole_model_folder(ngram_model):
    """It has a card, a record, pictures, filters, a style score and a report, and no weights of a network."""
    names = {path.name for path in ngram_model.iterdir()}
    assert {"README.md", "run.json", "report.html", "report.json", "predictions.png", "pipeline.png"} <= names
    assert {"copies.safetensors", "handles.json", "style.safetensors", "ngram.safetensors"} <= names
    assert not names & {"model.safetensors", "config.json", "curves.png"}


def test_its_card_claims_no_base(ngram_model):
    """No base is named, nothing was fine-tuned, and that the folder holds the posts is said."""
    card = (ngram_model / "README.md").read_text("utf-8")
    assert "base_model" not in card
    assert "library_name: huggingtweets" in card
    assert "n-gram model" in card
    assert not [
        word for word in ("transformers import", "epochs", "learning_rate", "fine-tun") if word in card
    ]
    assert "nearly word for word" in card


def test_the_latest_posts_of_all_its_authors_choose_its_order(tmp_path):
    """Of two people, the latest tenth is the latest of both, not all that one of them wrote."""
    parts = []
    for seed, handle in enumerate(("ada", "bob")):
        texts = varied_texts(80, seed) if seed else tiny_texts(80)
        posts = tuple(post(text, i, author=handle) for i, text in enumerate(texts))
        funnel = Funnel(read=len(posts), dropped={}, kept=len(posts))
        parts.append(dataset.AuthorData(Account(handle=handle, name=handle, source="table"), funnel, posts))
    data = dataset.build(parts)
    trained, _ = models.train(data, load_recipe("ngram", []), tmp_path, Silence(), None)
    in_turns, one_by_one = tmp_path / "in-turns", tmp_path / "one-by-one"
    NgramModel.fit([post.text for post in dataset.taking_turns(data.train)]).save(in_turns)
    NgramModel.fit([post.text for post in data.train]).save(one_by_one)
    assert trained.digest == sha256(in_turns) != sha256(one_by_one)


@pytest.mark.parametrize(("train_posts", "named"), [(300, True), (20_000, False)])
def test_its_card_names_no_other_models_order(train_posts, named):
    """The floor of an evaluation saw the latest posts only; a model that saw more may have another order."""
    answer = Prediction(
        bits_per_byte=Row.of({}, "low", missing="nothing"),
        bits=(),
        lengths=(),
        order=7,
        smoothing="some",
        ngram_posts=300,
    )
    assert ("7 bytes" in answer.about_ngram(train_posts)) == named


def test_its_report_says_that_there_is_no_base(ngram_model):
    """The base's column is empty, and the page says why instead of inventing a floor."""
    report = json.loads((ngram_model / "report.json").read_bytes())
    assert "base" not in report["counts"]["groups"]
    assert "base" not in report["prediction"]["bits_per_byte"]["floors"]
    page = (ngram_model / "report.html").read_text("utf-8")
    assert "it has none, and knows nothing but posts by" in page
    record = json.loads((ngram_model / "run.json").read_bytes())
    assert record["report"]["metrics"][0]["floor"] is None


def test_the_card_shows_the_evaluation(ngram_model):
    """Every row stands on the card with interval, floors and ceiling, beside seed and settings."""
    card = (ngram_model / "README.md").read_text("utf-8")
    assert "Does it only repeat the person? (posts with a copied run)" in card
    assert "Is it varied? (self-BLEU)" in card
    assert "[The report](report.html)" in card
    assert "It rests on 64 posts" in card
    assert card.count("seed 3") == 2


def test_evaluate_renews_the_card(own):
    """A longer evaluation replaces the short one that training ended with, on the card too."""
    evaluate(own, count=40, seed=8)
    card = (own / "README.md").read_text("utf-8")
    assert "It rests on 40 posts" in card
    assert "seed 8, temperature 1, " in card
    assert "![" in card


def test_models_without_a_base_can_be_compared(ngram_model, own):
    """The same model twice differs in nothing."""
    (_, _), (_, differences) = compare([ngram_model, own], count=20)
    assert differences["prediction.bits_per_byte"].by.value == 0
    assert not any(difference.sure for difference in differences.values())


def test_it_continues_the_prompt(ngram_model):
    """Every post begins with the prompt, and is written with the settings that are asked for."""
    written = generate(ngram_model, "badomi ", count=6, seed=1, filtered=False).samples
    assert all(sample.prompt == "badomi" and sample.text.startswith("badomi") for sample in written)
    assert len({sample.text for sample in written}) > 1
    short = generate(ngram_model, "a", count=6, sampling={"max_new_tokens": 5}, filtered=False).samples
    assert all(len(sample.text) <= 6 for sample in short)
    cold = generate(ngram_model, "a", count=6, sampling={"temperature": 1e-4}, filtered=False).samples
    assert len({sample.text for sample in cold}) == 1


def test_a_seed_repeats_the_text(ngram_model):
    """The same seed writes the same, also where filters refuse drafts."""
    assert generate(ngram_model, count=20, seed=4) == generate(ngram_model, count=20, seed=4)
    assert generate(ngram_model, count=20, seed=4).samples != generate(ngram_model, count=20, seed=5).samples


def test_an_ngram_model_needs_no_torch(ngram_model):
    """Writing with it imports neither torch nor transformers."""
    code = (
        "import sys, huggingtweets\n"
        f"written = huggingtweets.generate({str(ngram_model)!r}, 'a', count=2, filtered=False)\n"
        "assert len(written.samples) == 2\n"
        "sys.exit(' '.join({'torch', 'transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_base_is_refused(tmp_path):
    """There is nothing to do with a base, so one that is given is a mistake, and nothing is written."""
    job = TrainConfig(
        data=DataConfig(locations=(sample_archive(),)),
        recipe=load_recipe("ngram", ["base=starter"]),
        out=tmp_path / "model",
        tracker="none",
    )
    with pytest.raises(RecipeError, match="starts from no base, and 'starter' was given"):
        train(job)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"{", b'{"\xff": 1}'])
@pytest.mark.parametrize("damage", ["sampling.json", "ngram.safetensors"])
def test_a_damaged_model_is_one_line(own, damage, content):
    """A file that is cut off says which one, and what to do."""
    (own / damage).write_bytes(content)
    with pytest.raises(ModelError, match=rf"{damage} cannot be read .* train"):
        generate(own, filtered=False)


class Taken:
    """A tracker elsewhere, and its run, which remember the files that they were given."""

    remote = True

    def __init__(self):
        self.files = {}

    def save(self, name, *, files=(), **_):
        """Take an artifact."""
        self.files[name] = set(files)
        return name


@pytest.mark.parametrize("shared", [True, False])
def test_counts_leave_the_machine_only_where_posts_may(shared, tmp_path):
    """The model holds the posts, so a tracker elsewhere is given its file only with --share-data."""
    elsewhere, recipe = Taken(), load_recipe("ngram")
    checkpoint, _ = models.train(tiny_dataset(), recipe, tmp_path, Silence())
    artifacts = tracking.Artifacts("me", elsewhere, share_data=shared)
    artifacts.finetuned_model(elsewhere, checkpoint, holds_posts=models.holds_posts(recipe))
    assert set(elsewhere.files) == {"me-finetuned-model"}
    assert bool(elsewhere.files["me-finetuned-model"]) == shared


# The best of several ---------------------------------------------------------------------------------------


def test_the_best_of_several_is_the_one_with_the_highest_score(ngram_model):
    """Of each group of drafts, in the order in which they came, the one most like the person is kept."""
    drafts = [sample.text for sample in generate(ngram_model, count=12, seed=2).samples]
    scores = load_style(ngram_model).scores(drafts)
    groups = [range(start, start + 4) for start in (0, 4, 8)]
    picked = generate(ngram_model, count=3, seed=2, best_of=4).samples
    assert [one.text for one in picked] == [drafts[max(group, key=scores.__getitem__)] for group in groups]
    assert all(one.picked == "the best of 4, by style score" for one in picked)


def test_where_drafts_are_refused_each_post_is_the_best_of_as_many(ngram_model, monkeypatch):
    """What the filters refuse is missing from all posts alike, and each says of how many it is the best."""
    drafts = [f"draft {number}" for number in range(9)]
    written = Written(samples=tuple(Sample(prompt="", text=text) for text in drafts), refused={"": 99})
    monkeypatch.setattr(TextGenerator, "generate", lambda *_, **__: written)
    picked = generate(ngram_model, count=3, best_of=4).samples
    assert [one.picked for one in picked] == ["the best of 3, by style score"] * 3
    scores = load_style(ngram_model).scores(drafts)
    assert [one.style_score for one in picked] == [max(scores[at : at + 3]) for at in (0, 3, 6)]


def test_the_style_score_prefers_the_person(ngram_model):
    """Posts in the person's vocabulary score above posts in another."""
    style = load_style(ngram_model)
    mine, theirs = varied_texts(40, seed=5), ["An altogether other way of writing, with Words like These!"]
    assert style.scores(mine).min() > style.scores(theirs).max()


def test_the_style_score_ships_no_text(ngram_model):
    """No word of the person can be read in the file."""
    content = (ngram_model / "style.safetensors").read_bytes()
    assert not [
        word for text in varied_texts(20, seed=5) for word in text.split() if word.encode() in content
    ]


def test_without_other_people_the_bases_posts_are_what_the_person_is_told_from(tmp_path):
    """Generic posts stand in for other people; with neither there is no score, and the error says so."""
    mine = varied_texts(60, seed=5)
    write_style(mine, {}, [], [], tmp_path)
    with pytest.raises(ModelError, match=r"has no style score .* --against"):
        load_style(tmp_path)
    write_style(mine, {}, ["Some generic words that anybody might write."] * 20, [], tmp_path)
    assert load_style(tmp_path).scores(mine).mean() > 0


def test_the_best_of_none_is_refused(ngram_model):
    """Zero drafts for a post is a mistake."""
    with pytest.raises(UserError, match="expected 1 or more"):
        generate(ngram_model, best_of=0)


def test_nothing_drawn_is_nothing_picked(ngram_model, monkeypatch):
    """Where filters refuse every draft, picking has nothing to do and says so by an empty result."""
    monkeypatch.setattr(RepetitionFilter, "objection", lambda *_: "is not wanted")
    refused = generate(ngram_model, count=1, best_of=2)
    assert refused.samples == ()
    assert set(refused.refused) == {"is not wanted"}


def test_a_prompt_that_repeats_itself_is_gone_on_with(ngram_model):
    """Who begins with a long cheer gets posts: what the prompt itself does is held against no draft."""
    cheer = "G" + "o" * 20 + "l"
    assert len(generate(ngram_model, cheer, count=2, seed=1).samples) == 2


def test_a_prompt_that_no_post_may_have_is_refused_at_once(ngram_model):
    """A prompt with a private detail ends in one line, before anything is drawn."""
    with pytest.raises(UserError, match="the prompt holds an e-mail address"):
        generate(ngram_model, "write to me@example.org", count=1, best_of=2)


def test_what_is_picked_is_a_sample_all_the_same(ngram_model):
    """A picked post has prompt and text like any other, so that whoever reads samples can read it."""
    (picked,) = generate(ngram_model, "a", count=1, seed=1, best_of=2).samples
    assert replace(picked, picked="").text == picked.text
    assert picked.prompt == "a"
