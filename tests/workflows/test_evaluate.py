"""Judging models: evaluate and compare, from Python and in processes of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
import weakref
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from huggingtweets import (
    DataConfig,
    ReadOptions,
    TrainConfig,
    compare,
    evaluate,
    evaluation,
    load_recipe,
    tracking,
    train,
)
from huggingtweets import models as model_kinds
from huggingtweets.cli import app
from huggingtweets.cli._evaluations import print_comparison
from huggingtweets.errors import LocationError, ModelError, UserError
from huggingtweets.model_folder import ModelFolder
from huggingtweets.progress import Silence
from huggingtweets.results import OWN, Evaluation
from huggingtweets.tracking.none import NullRun, NullTracker
from huggingtweets.types import Dataset, Funnel, Post, Reason, Tracked
from huggingtweets.workflows import evaluate as workflow
from huggingtweets.workflows._floors import base_of, larger_model
from huggingtweets.workflows._other_people import comparable, other_people
from huggingtweets.workflows._shares import as_written
from huggingtweets.workflows.data import posts_of
from tests.helpers.commands import run
from tests.helpers.tiny import small_base, varied_texts


def write_posts(path, kind):
    """A table of 300 posts, English to a guess, by somebody with a vocabulary of their own."""
    rows = [
        f'{i},"this is what they have: {text}"' for i, text in enumerate(varied_texts(300, seed=len(kind)))
    ]
    path.write_text("\n".join(["id,text", *rows]), "utf-8")
    return path


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two models of one person, and one of other posts, with the home their posts are kept in."""
    place = tmp_path_factory.mktemp("models")
    common = [
        f"base={small_base(tmp_path_factory.mktemp('base'))}",
        "batch_tokens=512",
        "evaluations=1",
        "sampling.max_new_tokens=12",
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        patch.chdir(place)
        posts = str(write_posts(place / "first.csv", "first"))
        for name, *settings in [
            ("good", "epochs=5", "learning_rate=1e-2"),
            ("poor", "epochs=1", "learning_rate=1e-4"),
        ]:
            job = TrainConfig(
                data=DataConfig(locations=(posts,), options=ReadOptions(name="first")),
                recipe=load_recipe("starter", [*common, *settings]),
                tracker="none",
                evaluate=name == "good",
                out=place / name,
            )
            train(job)
    other = ModelFolder(shutil.copytree(place / "poor", place / "other"))
    other.save_record(replace(other.record, dataset_digest="0" * 64))
    return place


@pytest.fixture
def root(models, monkeypatch):
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(models / "home"))
    monkeypatch.chdir(models)
    return models


def _files(folder):
    """What the files of a folder hold, and when they were written."""
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def evaluated(models):
    """What an evaluation of the good model finds, and the report that it writes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(models / "home"))
        found = evaluate(models / "good", count=32, seed=3).evaluation
    return found, (models / "good" / "report.json").read_bytes()


@pytest.fixture(scope="module")
def compared(models):
    """A comparison of the good model with the poor one, and what was in their folders before and after it."""
    folders = [models / "good", models / "poor"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(models / "home"))
        before = [_files(folder) for folder in folders]
        found = compare(folders, count=32)
        return found, before, [_files(folder) for folder in folders]


def test_training_ends_with_a_short_evaluation(models):
    """A model folder has its report from the start, for people and for machines."""
    found = json.loads((models / "good" / "report.json").read_bytes())
    assert found["counts"]["groups"]["model"] == 64
    assert "<html" in (models / "good" / "report.html").read_text("utf-8")
    assert not (models / "poor" / "report.json").exists()


def test_the_model_is_gone_before_its_base_is_loaded(root, monkeypatch):
    """A machine that can hold one of them evaluates: no two models are in memory at a time."""
    saved, loaded = evaluation.load(ModelFolder(root / "good")), []

    def remembered(load):
        def wrapper(*arguments):
            assert [name for name, model in loaded if model() is not None] == []
            model = load(*arguments)
            loaded.append((load.__name__, weakref.ref(model.model)))
            return model

        return wrapper

    for name in ("load", "load_base_of"):
        monkeypatch.setattr(model_kinds, name, remembered(getattr(model_kinds, name)))
    monkeypatch.setattr(evaluation, "measure", lambda *_: saved)
    evaluate(root / "good", count=16)
    assert [name for name, _ in loaded] == ["load", "load_base_of"]


def test_evaluate_measures_what_training_measured(models, evaluated):
    """Bits per byte are those of the training's best point, and the base's are its floor."""
    found = evaluated[0].prediction.bits_per_byte
    record = json.loads((models / "good" / "run.json").read_bytes())
    (metric,) = record["report"]["metrics"]
    assert found.model.value == pytest.approx(metric["value"], rel=0.02)
    assert found.floors["base"].value == pytest.approx(metric["floor"], rel=0.02)
    assert found.model.low < found.model.value < found.model.high


def test_the_same_seed_gives_the_same_report(root, evaluated):
    """Two evaluations with one seed are equal to the byte; what is read back is what was measured."""
    first, written = evaluated
    again = evaluate(root / "good", count=32, seed=3)
    assert (root / "good" / "report.json").read_bytes() == written
    assert again.evaluation == first
    assert isinstance(first, Evaluation)


def test_other_people_are_found(root, evaluated, tmp_path):
    """The reader learns from the fixed set of many people, and from given locations."""
    friends = write_posts(tmp_path / "friends.csv", "friendly")
    friends.write_text(
        friends.read_text().replace("id,text", "id,text,user").replace('"\n', '",friend\n') + ",friend"
    )
    alone = evaluated[0].counts.others
    together = evaluate(root / "good", [str(friends)], count=32).evaluation.counts.others
    assert (set(alone), set(together)) == ({"many people"}, {"many people", "person 1"})
    assert "friend" not in (root / "good" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(("language", "kept"), [("en", True), ("", True), ("de", False)])
def test_people_of_other_languages_are_not_set_beside_english_ones(root, language, kept):
    """Else all that is in the person's language would sound like them."""
    record = ModelFolder(root / "good").record
    record = replace(record, authors=(replace(record.authors[0], language=language),))
    others = {"many people": ["one"], "person 1": ["two"]}
    assert set(comparable(others, record)) == ({"many people"} if kept else set()) | {"person 1"}


def test_a_date_without_a_time_of_day_is_no_hour(root):
    """Midnight is an hour only of who posts at other times, too."""
    data = posts_of(ModelFolder(root / "good"))
    days = [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    dated = [Post(id=str(day.day), author="dates", text="", created_at=day) for day in days]
    timed = [Post(id=f"t{day.day}", author="times", text="", created_at=day) for day in days]
    timed[0] = replace(timed[0], created_at=days[0] + timedelta(hours=7))
    assert workflow._hours(replace(data, train=(*dated, *timed))) == [7, 0, 0]
    assert workflow._hours(replace(data, train=tuple(dated))) == []


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("id,text,user\n1,one,ada\n2,two,bob\n", "holds"),
        ("id,said,more\n1,one,a\n2,two,b\n", "column"),
        ("id,said; more\n1,one\n2,two\n", "'said; more'"),
        ("id,text\n1,one\n2,two\n", ""),
    ],
)
def test_others_whose_posts_are_not_plain_are_one_line_without_options(tmp_path, rows, problem):
    """No option is named that `evaluate` does not have."""
    path = tmp_path / "x.csv"
    path.write_text(rows, "utf-8")
    with pytest.raises(
        LocationError, match=rf"^--against: .*{problem}.*; expected posts of one person"
    ) as caught:
        other_people([str(path)], Silence())
    assert "--" not in str(caught.value).removeprefix("--against")


def test_compare_says_which_differences_are_sure(compared, capsys):
    """A model trained well predicts surely better than one that hardly learnt; the table says it in words."""
    rows, *_ = compared
    found = rows[1][1]["prediction.bits_per_byte"]
    assert found.sure
    assert found.by.low > 0  # the second model costs more bits than the first
    print_comparison(rows)
    shown = capsys.readouterr().out
    assert re.search(r"Does it predict .*\?\s+bits per byte .*: worse", shown)
    assert "bits_per_byte" not in shown


def test_one_larger_model_reads_the_posts_of_all(root, monkeypatch):
    """Surprise is compared under one model, which is larger than all that are compared."""
    saved, readers = evaluation.load(ModelFolder(root / "good")), []

    def measure(*_, larger, **__):
        readers.append(larger)
        return saved, None

    module = sys.modules[compare.__module__]
    monkeypatch.setattr(module, "larger_model", lambda *records: sorted(r.base.name for r in records))
    monkeypatch.setattr(module, "measure_folder", measure)
    compare([root / "good", root / "poor"], count=16)
    assert len(readers) == 2
    assert readers[0] is readers[1]
    assert len(readers[0]) == 2


def test_comparing_writes_nothing(compared):
    """Cards and reports of the compared models stay as they are."""
    _, before, after = compared
    assert after == before


def test_models_of_other_posts_are_not_compared(root, monkeypatch):
    """Figures on different held-out posts are never set side by side, and nothing is measured before."""
    monkeypatch.setattr("huggingtweets.models.load", lambda *_: pytest.fail("a model was loaded"))
    with pytest.raises(UserError, match="2 different datasets"):
        compare([root / "good", root / "other"], count=16)
    with pytest.raises(UserError, match="one model cannot be compared"):
        compare([root / "good"], count=16)


def test_a_model_whose_posts_are_elsewhere_is_not_evaluated(root, tmp_path, monkeypatch):
    """Without the posts there is nothing to measure with, and the error says so."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="train again"):
        evaluate(root / "good")


def test_a_folder_that_brings_its_dataset_can_be_evaluated_anywhere(root, tmp_path, monkeypatch):
    """A model folder made with --with-dataset needs no posts from this machine."""
    folder = tmp_path / "carried"
    shutil.copytree(root / "good", folder)
    digest = json.loads((folder / "run.json").read_bytes())["dataset_digest"]
    shutil.copytree(root / "home" / "datasets" / digest[:16], folder / "dataset")
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "empty"))
    saved = evaluation.load(ModelFolder(folder))
    monkeypatch.setattr(evaluation, "measure", lambda *_: saved)
    assert evaluate(folder, count=16).model.path == folder


def test_the_commands_print_tables_and_json(root, evaluated, compared, monkeypatch):
    """People get answers in words, and every figure on request; machines get JSON."""
    env = {"HUGGINGTWEETS_HOME": os.environ["HUGGINGTWEETS_HOME"]}
    figures = run("evaluate", root / "good", "--count", "16", "--figures", cwd=root, env=env).stdout
    assert "Does it make sense?" in figures
    assert "copying.near" in figures
    assert "report.html" in figures
    found = workflow.EvaluatedModel(ModelFolder(root / "good"), evaluated[0])
    monkeypatch.setattr(sys.modules[evaluate.__module__], "evaluate", lambda *_, **__: found)
    monkeypatch.setattr(sys.modules[compare.__module__], "compare", lambda *_, **__: compared[0])
    shown = CliRunner().invoke(app, ["evaluate", "good"], catch_exceptions=False).stdout
    assert "Does it make sense?" in shown
    assert "copying.near" not in shown
    assert "report.html" in shown
    told = CliRunner().invoke(app, ["compare", "good", "poor", "--json"], catch_exceptions=False).stdout
    assert "prediction.bits_per_byte" in json.loads(told)[1]["differences"]


def test_a_model_of_few_long_posts_is_made_without_an_evaluation(tmp_path, monkeypatch):
    """Of enough text in fewer posts than an evaluation needs there is a model; a note says what is not."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    texts = varied_texts(150, seed=0)
    rows = [f'{i},"{" ".join(texts[10 * i : 10 * i + 10])}"' for i in range(15)]
    (tmp_path / "blog.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    settings = [f"base={small_base(tmp_path / 'base')}", "epochs=1", "evaluations=1"]
    noted = []

    class Notes(Silence):
        def note(self, text):
            noted.append(text)

    model = train(
        TrainConfig(
            data=DataConfig(locations=(str(tmp_path / "blog.csv"),), options=ReadOptions(name="ada")),
            recipe=load_recipe("starter", settings),
            tracker="none",
            out=tmp_path / "blog",
        ),
        Notes(),
    )
    assert model.record.authors[0].train < 16
    assert model.card.is_file()
    assert not model.report_page.exists()
    assert any("nothing is evaluated" in note for note in noted)


def test_days_are_counted_from_the_first_in_time_that_grows_with_the_posts():
    """Held-out posts need not be in order of time; one without a date leaves no days at all."""
    began = datetime(2024, 3, 1, tzinfo=UTC)
    posts = [Post(id=str(i), author="a", text="", created_at=began - timedelta(i)) for i in range(20_000)]
    data = Dataset(train=(), held_out=tuple(posts), authors=(), split_by="time", digest="")
    started = time.process_time()
    assert workflow._days(data) == list(range(20_000))[::-1]
    assert time.process_time() - started < 1
    undated = replace(data, held_out=(*posts, Post(id="b", author="a", text="")))
    assert workflow._days(undated) == workflow._days(replace(data, held_out=())) == []


def test_posts_beyond_what_a_recipe_takes_are_no_repeats_either(root):
    """What the person repeats is a share of all posts that were compared, not of the few that were drawn."""
    record = ModelFolder(root / "good").record
    funnel = Funnel(read=100, dropped={Reason.DUPLICATE: 10, Reason.SAMPLED: 80}, kept=10)
    record = replace(record, authors=(replace(record.authors[0], funnel=funnel),))
    assert workflow._repeats(record) == (10, 100)
    twice = replace(record.authors[0], input_digest="a b")
    assert workflow._repeats(replace(record, authors=(twice,))) is None  # what two places have is no habit


def test_a_larger_model_reads_posts_without_the_opening_of_a_recipe(root, monkeypatch):
    """Its tokenizer may not take it, and the same posts cost it the same whatever recipe wrote them."""
    monkeypatch.setattr("huggingtweets.bases.named.is_here", lambda _: True)
    record = ModelFolder(root / "good").record
    larger = larger_model(replace(record, recipe=replace(record.recipe, opening="Post:\n")))
    assert larger
    assert not larger.recipe.opening


def test_a_base_that_has_other_weights_now_is_no_floor(root):
    """A model is set beside what it was trained from, or beside nothing; the watcher gets a note."""
    record, noted = ModelFolder(root / "good").record, []
    changed = replace(record, base=replace(record.base, digest="0" * 64))
    watcher = Silence()
    watcher.note = noted.append
    assert base_of(record, watcher)
    assert not noted
    assert base_of(changed, watcher) is None
    assert "has other weights now" in noted[0]


def test_models_without_posts_are_not_compared(root):
    """Two that were merged where the posts were not have no posts in common."""
    record = ModelFolder(root / "good").record
    for name in ("one", "two"):
        shutil.copytree(root / "good", root / "merged" / name)
        ModelFolder(root / "merged" / name).save_record(replace(record, dataset_digest=""))
    with pytest.raises(UserError, match="none to be compared on"):
        compare([root / "merged" / "one", root / "merged" / "two"], count=16)


@pytest.mark.parametrize(("tracker", "used"), [(None, ["good-finetuned-model:v0"]), ("other", [])])
def test_another_tracker_is_told_no_version_of_the_first_one(root, tmp_path, monkeypatch, tracker, used):
    """What was trained is an input of its evaluation where training was recorded, and nowhere else."""
    model = ModelFolder(shutil.copytree(root / "good", tmp_path / "good"))
    versions = {"first-finetuned-model": "good-finetuned-model:v0"}
    model.save_record(replace(model.record, tracked=Tracked(tracker="first", artifacts=versions)))
    names = []

    class Used(NullTracker):
        @contextmanager
        def run(self, *_, **__):
            run = NullRun()
            run.use = names.append
            yield run

    monkeypatch.setattr(tracking, "open_tracker", lambda *_, **__: Used())
    monkeypatch.setattr(workflow, "evaluate_folder", lambda *_, **__: evaluation.load(model))
    evaluate(model, tracker=tracker)
    assert list(filter(None, names)) == used


def two_people(record, **recipe):
    """The record of a model of two people, and posts of theirs: nine times as many of one."""
    [author] = record.authors
    people = tuple(
        replace(author, account=replace(author.account, handle=handle)) for handle in ("many", "few")
    )
    numbers = ["few" if number % 10 == 0 else "many" for number in range(400)]
    posts = tuple(
        Post(id=str(number), author=author, text=f"{author} {text}")
        for number, (author, text) in enumerate(zip(numbers, varied_texts(400, seed=9), strict=True))
    )
    data = Dataset(digest="0" * 64, authors=people, train=posts[:200], held_out=posts[200:], split_by="time")
    return replace(record, authors=people, recipe=replace(record.recipe, **recipe)), data


def test_the_posts_of_several_people_have_the_shares_of_what_the_model_writes(root):
    """A model that writes like two people equally often is not told by one of them having posted more."""
    folder = ModelFolder(root / "poor")
    record, data = two_people(folder.record)
    _, material = workflow.measure_folder(
        folder, record, data, {}, count=16, seed=0, watcher=Silence(), larger=None
    )
    for posts in (material.groups[OWN], material.typical):
        assert Counter(text.split()[0] for text in posts) == {"few": 20, "many": 20}
    assert len(material.train) == len(material.held_out) == 200


@pytest.mark.parametrize(
    ("recipe", "counts"),
    [
        ({"mix": {"many": 3, "few": 1}}, {"many": 60, "few": 20}),
        ({"mix": {"many": 3, "few": 1}, "speakers": True}, {"many": 20, "few": 20}),
        ({"mix": {"many": 1, "few": 20}}, {"many": 180, "few": 20}),  # too few would be left
        ({"method": "ngram"}, {"many": 180, "few": 20}),
    ],
)
def test_shares_are_those_of_the_mix(root, recipe, counts):
    """The mix says them; speakers are chosen equally often, and an n-gram model counts all posts."""
    record, data = two_people(ModelFolder(root / "poor").record, **recipe)
    assert Counter(post.author for post in as_written(data.held_out, record)) == counts


def test_comparing_says_whose_settings_were_chosen_by_the_same_posts(root, tmp_path):
    """A model of a sweep on these posts is named beside one whose settings come from elsewhere."""
    swept = ModelFolder(shutil.copytree(root / "poor", tmp_path / "swept"))
    record = swept.record
    swept.save_record(replace(record, recipe=replace(record.recipe, tuned_on=(record.dataset_digest,))))

    class Notes(Silence):
        lines: ClassVar[list[str]] = []

        def note(self, message):
            self.lines.append(message)

    compare([root / "poor", tmp_path / "swept"], count=16, watcher=Notes())
    [said] = [line for line in Notes.lines if "A sweep chose the settings" in line]
    assert said.startswith(str(tmp_path / "swept"))
