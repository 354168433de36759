"""Forgetting: everything that was made from a person's posts is deleted; things of other people stay."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from huggingtweets import DataConfig, ReadOptions, TrainConfig, dataset, load_recipe, train
from huggingtweets.cli import app
from huggingtweets.errors import UserError
from huggingtweets.generation.copy_index import CopyIndex, people_of
from huggingtweets.generation.filters import all_exact_indexes, exact_indexes
from huggingtweets.model_folder import ModelFolder, find_models
from huggingtweets.workflows.forget import find_traces, folders, forget
from huggingtweets.workflows.forget.subject import Subject
from tests.conftest import ROOT
from tests.helpers import made_of_posts
from tests.helpers.commands import call
from tests.helpers.killed import hold_folder
from tests.helpers.made_of_posts import OTHER, POSTS, SAMPLE
from tests.helpers.tiny import varied_texts


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with everything that is made from the sample's posts and from another person's."""
    pytest.importorskip("gradio", reason="gradio is not installed")
    place = tmp_path_factory.mktemp("made")
    inputs = tmp_path_factory.mktemp("inputs")
    variables = {**environment(place), "WANDB_MODE": "offline", "WANDB_SILENT": "true"}
    process = call(made_of_posts.main, inputs, cwd=place, env=variables, timeout=300)
    assert process.returncode == 0, process.stderr
    return place


def environment(place):
    places = {
        "HUGGINGTWEETS_HOME": "home",
        "TRACKIO_DIR": "trackio",
        "WANDB_CACHE_DIR": "wandb-cache",
        "WANDB_DATA_DIR": "wandb-data",
    }
    return {name: str(place / folder) for name, folder in places.items()}


@pytest.fixture
def machine(made, tmp_path, monkeypatch):
    """A copy of that folder, which a test may change."""
    place = shutil.copytree(made, tmp_path / "machine", symlinks=True)
    for file in (place / "home" / "app").rglob("*.json"):
        file.write_bytes(file.read_bytes().replace(bytes(made), bytes(place)))
    for name, folder in environment(place).items():
        monkeypatch.setenv(name, folder)
    monkeypatch.delenv("WANDB_DIR", raising=False)
    monkeypatch.chdir(place)
    return place


def contents(place):
    """The bytes of all files, and the rows of parquet files, by path."""
    by_path = {}
    for path in sorted(place.rglob("*")):
        if path.is_file():
            by_path[str(path.relative_to(place))] = content = path.read_bytes()
            if content[:4] == b"PAR1":
                by_path[f"rows of {path.relative_to(place)}"] = str(pq.read_table(path).to_pylist()).encode()
    return by_path


def markers():
    """Words that occur only in the sample's posts, and neither in a tokenizer nor in the other's posts."""
    tokenizer = (ROOT / "src/huggingtweets/data/bases/starter/tokenizer.json").read_bytes()
    texts = [
        post.text
        for post in dataset.load_stored(ModelFolder(Path("models/tiny")).record.dataset_digest).train
    ]
    words = {word for text in texts for word in re.findall(r"[A-Za-z]{9,}", text)}
    rare = sorted(word for word in words if word.encode() not in tokenizer)
    assert len(rare) > 20
    return [SAMPLE, *rare]


@pytest.mark.parametrize("on_another_disk", [False, True])
def test_no_marker_word_is_left(machine, on_another_disk):
    """The sample's words are in many files before, and in none afterwards, not even in free pages.

    So, too, where each folder is a link to one on another disk.
    """
    if on_another_disk:
        move_behind_links(machine)
    words = [word.encode() for word in markers()]
    pattern = re.compile(b"|".join(map(re.escape, words)))
    before = {path for path, content in contents(machine).items() if pattern.search(content)}
    places = {path.removeprefix("rows of ").removeprefix("disk/").split("/")[0] for path in before}
    assert places >= {
        *("home", "models", "trackio", "wandb", "wandb-data"),
    }
    forget(find_traces(SAMPLE))
    matches = {
        (path, match[0])
        for path, content in contents(machine).items()
        if "home/published" not in path and (match := pattern.search(content))
    }
    assert matches == set()
    traces = find_traces(SAMPLE)
    assert traces.local == ()
    assert [entry.id for entry in traces.published.values()] == ["me/tiny"]


def move_behind_links(machine):
    """Move folders to a disk, and leave links to them; one below the home folder leads back to it."""
    disk = machine / "disk"
    for folder in ("models", "exports", "trackio", "wandb", *map(str, Path("home").iterdir())):
        if Path(folder).is_dir():
            (disk / folder).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(folder, disk / folder)
            Path(folder).symlink_to(disk / folder, target_is_directory=True)
    (disk / "home" / "datasets" / "back").symlink_to(machine / "home", target_is_directory=True)


@pytest.mark.parametrize(
    ("variables", "cache", "data"),
    [
        ({}, ".cache/wandb", ".local/share/wandb"),
        ({"XDG_CACHE_HOME": "fast", "XDG_DATA_HOME": "large"}, "fast/wandb", "large/wandb"),
        ({}, "Library/Caches/wandb", "Library/Application Support/wandb"),
        ({"LOCALAPPDATA": "local"}, "local/wandb/wandb/Cache", "local/wandb/wandb"),
    ],
)
def test_copies_of_wandb_are_found_where_each_system_has_them(variables, cache, data, tmp_path, monkeypatch):
    """Where no variable of its own is set, it asks platformdirs, which follows the system and XDG."""
    for name in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, folder in variables.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    copies = [tmp_path / folder / "artifacts" / "copy.json" for folder in (cache, data)]
    for copy in copies:
        copy.parent.mkdir(parents=True)
        copy.write_text('{"author": "zoraida"}', "utf-8")
    assert [trace.path for trace in folders.wandb_runs(Subject("zoraida"))] == copies


@pytest.mark.usefixtures("machine")
def test_the_exact_index_of_copies_goes_with_the_model():
    """What can be asked for posts on this machine is deleted with them, and another person's index stays."""
    indexes = {path for model in find_models(Path("models")) for path in exact_indexes(model.path)}
    assert len(indexes) >= 2
    forget(find_traces(SAMPLE))
    left = {path for path in indexes if path.exists()}
    assert {people_of(path) for path in left} == {OTHER}, "though a merged model needed it, too"
    assert left == {path for model in find_models(Path("models")) for path in exact_indexes(model.path)}
    assert left < indexes


def test_an_index_of_copies_is_found_without_its_model(machine):
    """It says whose posts it is of, so another person's stays, though no model here needs either."""
    shutil.rmtree("models")
    shutil.rmtree(machine / "home" / "datasets")
    before = set(all_exact_indexes())
    forget(find_traces(SAMPLE.upper()))
    assert len(before) > len(all_exact_indexes()) > 0
    assert {people_of(path) for path in all_exact_indexes()} == {OTHER}


@pytest.mark.usefixtures("machine")
def test_an_index_of_unknown_posts_goes_where_no_model_needs_it():
    """One that does not say whose it is, and whose model is gone, is listed as of whatever posts."""
    (needed,) = exact_indexes(Path("models", "bob"))
    for path in (needed, needed.with_stem("0" * 32)):
        CopyIndex.load(needed).save(path)
    listed = {trace.path.name: trace.about for trace in find_traces("eve").local}
    assert listed == {f"{'0' * 32}.safetensors": "left by a model that is gone, of whatever posts"}


@pytest.mark.usefixtures("machine")
def test_what_was_exported_goes_with_the_model():
    """A GGUF file of a model of the person is deleted; that of another person stays."""
    for name in ("tiny", "bob"):
        folder = Path("exports") / f"{name}_gguf"
        folder.mkdir(parents=True)
        digest = ModelFolder(Path("models") / name).record.model_digest
        (folder / f"{name}.gguf").write_bytes(b"GGUF huggingtweets.model_digest " + digest.encode())
    forget(find_traces(SAMPLE))
    assert [path.name for path in Path("exports").iterdir()] == ["bob_gguf"]


@pytest.mark.usefixtures("machine")
def test_exports_in_a_folder_that_is_named_go_and_what_lies_beside_them_stays(tmp_path):
    """A page or a folder for Ollama goes as a whole, a file alone; nothing else of the folder does."""
    for name in ("tiny", "bob"):
        digest = ModelFolder(Path("models") / name).record.model_digest
        for file in (f"{name}.gguf", f"{name}-page/weights.gguf", f"{name}-ollama/weights.gguf"):
            path = tmp_path / "bots" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"GGUF huggingtweets.model_digest " + digest.encode())
        (tmp_path / "bots" / f"{name}-page" / "bot.json").write_text('{"model": "weights.gguf"}', "ascii")
        (tmp_path / "bots" / f"{name}-ollama" / "Modelfile").write_text("FROM weights.gguf", "ascii")
    (tmp_path / "bots" / "notes.txt").write_text("of tiny", "ascii")
    forget(find_traces(SAMPLE, [tmp_path / "bots"]))
    left = {path.name for path in (tmp_path / "bots").iterdir()}
    assert left == {"bob.gguf", "bob-page", "bob-ollama", "notes.txt"}


@pytest.mark.usefixtures("machine")
def test_of_a_folder_that_holds_an_export_and_other_things_only_the_export_goes(tmp_path):
    """A Modelfile of another model, a thesis and the folder itself stay."""
    digest = ModelFolder(Path("models", "tiny")).record.model_digest
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "mine.gguf").write_bytes(b"GGUF huggingtweets.model_digest " + digest.encode())
    (tmp_path / "bots" / "Modelfile").write_text("FROM other.gguf", "ascii")
    (tmp_path / "bots" / "thesis.txt").write_text("years of work", "ascii")
    forget(find_traces(SAMPLE, [tmp_path / "bots"]))
    assert {path.name for path in (tmp_path / "bots").iterdir()} == {"Modelfile", "thesis.txt"}


@pytest.mark.usefixtures("machine")
@pytest.mark.skipif(os.name == "nt", reason="folders cannot be locked on Windows")
def test_what_a_killed_run_left_anywhere_goes_too(tmp_path):
    """Its folder has weights and no record yet, and may lie wherever --out was; a living run's stays."""
    killed, living = (hold_folder(tmp_path / name / "out") for name in ("killed", "living"))
    killed.kill()
    killed.communicate()
    try:
        forget(find_traces(SAMPLE))
        assert [path.parents[1].name for path in tmp_path.rglob("weights")] == ["living"]
    finally:
        living.kill()
        living.communicate()


@pytest.mark.usefixtures("machine")
def test_everything_is_found_by_lineage():
    """Models and those made from them, unfinished runs, caches, tracker records, searches, page runs."""
    traces = find_traces(f"@{SAMPLE.upper()}")
    kinds = {}
    for trace in traces.local:
        kinds.setdefault(trace.kind, set()).add(trace.path.name)
    assert kinds["model"] == {
        *("counted", "tiny", "both", "heir", "grandchild", "of_an_export", "offline"),
    }
    assert kinds["half-made model"] == {".counted-abcd1234"}
    assert len(kinds["unfinished run"]) == 1
    assert len(kinds["fetched posts"]) == 2  # and the folder by which runs that fetch them take turns
    assert kinds["trackio"] == {"huggingtweets.db"}
    assert kinds["search"] == {"sweeps.db"}
    assert kinds["run of the web page"] == {"0"}
    assert kinds["uploaded file"] == {"0"}
    assert len(kinds["W&B run"]) >= 3
    about = {trace.path.name: trace.about for trace in traces.local}
    assert (about["both"], about["heir"], about["tiny"]) == ("holds @bob, too", "holds @bob, too", "")
    assert any(f"{SAMPLE}.csv" in line for line in traces.elsewhere)
    assert any("wherever you keep it" in line for line in traces.elsewhere), "not every tracker names all"


def test_runs_of_the_page_are_found_by_their_title(machine):
    """Where no model and no dataset is left, a run, its upload and the selection still say whose they are."""
    shutil.rmtree("models")
    shutil.rmtree(machine / "home" / "datasets")
    page = machine / "home" / "app"
    (page / "uploads" / "0" / f"{SAMPLE}.csv").write_text("text\na post\n", "utf-8")
    forget(find_traces(SAMPLE.upper()))
    assert {path.relative_to(page).as_posix() for path in page.rglob("*") if path.is_file()} == {
        "runs/1/lesson.json",
        "runs/1/events.jsonl",
        "uploads/1/bob.csv",
    }


def test_an_upload_that_a_run_of_somebody_else_needs_stays(machine):
    """A run on the posts of two people goes with either, and the other's own run can still go on."""
    page = machine / "home" / "app"
    request = json.loads((page / "runs" / "1" / "lesson.json").read_bytes())
    request["title"] = f"{SAMPLE} + {OTHER}"
    joint = page / "runs" / "joint"
    joint.mkdir()
    (joint / "lesson.json").write_text(json.dumps(request), "utf-8")
    forget(find_traces(SAMPLE))
    assert [path.name for path in (page / "runs").iterdir()] == ["1"]
    assert [path.name for path in (page / "uploads").iterdir()] == ["1"]


def test_what_is_of_others_stays(machine):
    """The other person's files are unchanged; trackio still has their runs and the files of these."""
    keep = ("models/bob", "home/app/runs/1", "home/app/uploads/1", "home/published")
    before = {path: sha256(c).digest() for path, c in contents(machine).items() if path.startswith(keep)}
    other_digest = ModelFolder(Path("models/bob")).record.dataset_digest
    forget(find_traces(SAMPLE))
    after = {path: sha256(c).digest() for path, c in contents(machine).items() if path.startswith(keep)}
    assert after == before
    assert dataset.load_stored(other_digest).digest == other_digest
    (fetched,) = (machine / "home" / "fetched").glob("*.sqlite")
    assert b'"author":"bob"' in fetched.read_bytes()
    with sqlite3.connect(machine / "trackio" / "huggingtweets.db") as db:
        groups = [json.loads(config)["_Group"] for (config,) in db.execute("SELECT config FROM configs")]
        assert set(groups) == {OTHER}
        assert db.execute("SELECT count(*) FROM metrics").fetchone()[0] > 0
        manifests = [json.loads(row[0]) for row in db.execute("SELECT manifest FROM artifact_versions")]
    blobs = machine / "trackio" / "artifacts" / "huggingtweets" / "blobs" / "sha256"
    listed = {entry["digest"] for manifest in manifests for entry in manifest if "ref" not in entry}
    assert len(listed) > 5
    assert {path.name for path in blobs.rglob("*") if path.is_file()} == listed
    with sqlite3.connect(machine / "home" / "sweeps.db") as db:
        assert [name for (name,) in db.execute("SELECT study_name FROM studies")] == ["search 1"]
        assert db.execute("SELECT count(*) FROM trials").fetchone() == (1,)


def test_the_command_shows_asks_and_deletes(machine):
    """--dry-run and a missing --yes delete nothing; --yes deletes all, and lists what is published.

    What --dry-run says is its result: it is on standard output, and can be piped. What is done meanwhile is
    said on standard error.
    """
    before = contents(machine).keys()
    mistyped = CliRunner().invoke(app, ["forget", SAMPLE[:-1], "--dry-run"])
    assert f"@{SAMPLE[:-1]}; did you mean '{SAMPLE}'?" in mistyped.stdout
    shown = CliRunner().invoke(app, ["forget", SAMPLE, "--dry-run"])
    assert shown.exit_code == 0
    assert "model: models/both  (holds @bob, too)" in shown.stdout
    assert "https://huggingface.co/me/tiny  with: hf repos delete me/tiny" in shown.stdout
    assert "me/bob" not in shown.output
    assert shown.stderr == f"Looking for traces of a person: @{SAMPLE}\n"
    refused = CliRunner().invoke(app, ["forget", SAMPLE])
    assert (refused.exit_code, "agree to it with --yes" in refused.stderr) == (2, True)
    assert contents(machine).keys() == before
    done = CliRunner().invoke(app, ["forget", SAMPLE, "--yes", "--json"])
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["deleted"]
    assert answer["published"][0]["delete"] == "hf repos delete me/tiny"
    assert not Path("models/tiny").exists()
    again = CliRunner().invoke(app, ["forget", SAMPLE, "--yes", "--json"])
    assert (json.loads(again.stdout)["deleted"], again.exit_code) == (False, 0)
    assert CliRunner().invoke(app, ["forget", "@"]).exit_code == 2


@pytest.mark.usefixtures("machine")
def test_models_made_of_models_that_are_gone_are_found():
    """What was trained from an heir, or from an export, holds the voice where nothing between is left."""
    for name in ("tiny", "heir", "both"):
        shutil.rmtree(Path("models") / name)
    found = {trace.path.name for trace in find_traces(SAMPLE).local if trace.kind == "model"}
    assert found == {"counted", "grandchild", "of_an_export", "offline"}
    assert "bob" not in found


@pytest.mark.usefixtures("machine")
def test_an_interrupted_deletion_can_be_repeated():
    """Models and datasets, whose digests lead to the rest, are deleted last, so the rest is found again."""
    traces = find_traces(SAMPLE).local
    half = len(traces) // 2
    for trace in traces[:half]:
        trace.delete()
    remaining = find_traces(SAMPLE).local
    assert {trace.path for trace in remaining} == {trace.path for trace in traces[half:]}


def test_a_locked_database_is_one_clear_error(machine, monkeypatch):
    """If another program has locked trackio's file, the error says so, and models and posts still exist."""
    monkeypatch.setattr("huggingtweets.workflows.forget.databases.LOCK_TIMEOUT", 0.1)
    traces = find_traces(SAMPLE)
    with sqlite3.connect(machine / "trackio" / "huggingtweets.db") as other_program:
        other_program.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError, match="close whatever uses it"):
            forget(traces)
    assert Path("models/tiny").is_dir()
    forget(find_traces(SAMPLE))
    assert not Path("models/tiny").exists()


@pytest.mark.parametrize(
    ("handle", "recorded"),
    [
        ("สมชาย_ใจดี", "สมชาย_ใจดี"),
        ("สมชาย_ใจดี", "สมชาย_ใจด_"),
        ("josé", "José"),
        ("jose\u0301", "josé"),
        ("jose\u0301", "jose\u0301"),
    ],
)
def test_a_handle_is_found_in_each_of_its_spellings(handle, recorded):
    """Version 1.0 left vowel signs out of handles, and a Mac writes accents as characters of their own."""
    subject = Subject(handle)
    assert subject.has_handle(recorded)
    assert subject.pattern().search(f'{{"handle": "{recorded}"}}'.encode())
    assert not subject.has_handle("สมชาย_ใจดา")


@pytest.mark.usefixtures("machine")
def test_a_temporary_folder_of_an_earlier_spelling_goes_too():
    """What a killed training of version 1.0 left has the name that it made."""
    left = Path("models", ".สมชาย_ใจด-abcd1234")
    left.mkdir(parents=True)
    forget(find_traces("สมชาย_ใจดี"))
    assert not left.exists()


def test_no_other_character_is_taken_for_another():
    """A handle that is mistyped finds nobody else."""
    assert not Subject("ada bob").has_handle("ada_bob")


@pytest.mark.usefixtures("machine")
def test_models_in_other_folders_are_found_if_given(tmp_path):
    """A folder outside of models/ is searched only if it is given."""
    elsewhere = tmp_path / "bots"
    elsewhere.mkdir()
    Path("models/tiny").rename(elsewhere / "mine")
    assert not [trace for trace in find_traces(SAMPLE).local if trace.path.name == "mine"]
    assert [trace for trace in find_traces(SAMPLE, [elsewhere]).local if trace.path.name == "mine"]


@pytest.mark.parametrize("digest", ["e", "", "models", ".", "a" * 15, "json|a"])
def test_a_strange_model_does_not_widen_what_is_forgotten(ngram_model, home, tmp_path, monkeypatch, digest):
    """Whatever somebody else's folder calls its digests and addresses, other people's things stay."""
    place = tmp_path / "place"
    shutil.copytree(ngram_model, place / "models" / "mine")
    strange = shutil.copytree(ngram_model, place / "models" / "strange")
    (strange / "copies.safetensors").unlink()  # the exact index of it is that of the copy
    record = json.loads((strange / "run.json").read_bytes())
    record |= {"dataset_digest": digest, "model_digest": digest}
    record["authors"][0]["account"] |= {"handle": "eve", "url": digest}
    record["authors"][0]["input_digest"] = digest
    (strange / "run.json").write_text(json.dumps(record), "utf-8")
    (home / "fetched").mkdir()
    (home / "fetched" / "feed.msgpack").write_bytes(b"some posts of somebody else, as json, of models")
    monkeypatch.chdir(place)
    traces = find_traces("eve")
    deleted = {trace.path.resolve() for trace in traces.local}
    assert strange.resolve() in deleted
    assert not any(path.is_relative_to(home.resolve()) for path in deleted)
    assert (place / "models" / "mine").resolve() not in deleted


def test_others_who_were_read_from_the_same_file_stay(tmp_path, monkeypatch):
    """A chat holds several people: with one, nothing of the others goes, whose input has the same digest."""
    monkeypatch.chdir(tmp_path)
    people = ("chatting_ada", "chatting_bob")
    texts = varied_texts(2 * POSTS, seed=3)
    rows = [
        {"user": people[n % 2], "text": text, "date": f"2024-01-{1 + n // 10:02}"}
        for n, text in enumerate(texts)
    ]
    Path("chat.json").write_text(json.dumps(rows), "utf-8")
    ada, bob = (
        train(
            TrainConfig(
                data=DataConfig(locations=("chat.json",), options=ReadOptions(handle=handle)),
                recipe=load_recipe("ngram", []),
                out=Path("models", handle),
                evaluate=False,
            )
        )
        for handle in people
    )
    of_ada, of_bob = (folder.record.authors[0].input_digest for folder in (ada, bob))
    assert of_ada == of_bob
    traces = find_traces(people[0])
    assert {trace.path.name for trace in traces.local if trace.kind == "model"} == {people[0]}
    forget(traces)
    assert not ada.path.exists()
    assert dataset.load_stored(bob.record.dataset_digest).authors == bob.record.authors
    with sqlite3.connect(Path(os.environ["TRACKIO_DIR"], "huggingtweets.db")) as db:
        groups = [json.loads(config)["_Group"] for (config,) in db.execute("SELECT config FROM configs")]
        names = [name for (name,) in db.execute("SELECT name FROM artifacts")]
    assert people[0] not in groups
    assert people[1] in groups
    assert not [name for name in names if name.startswith(people[0])]
    assert f"{people[1]}-raw-dataset" in names
