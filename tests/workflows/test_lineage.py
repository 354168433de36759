"""Lineage: from a model back to the posts, from its folder alone, and what has changed since."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from huggingtweets import (
    CleaningRules,
    DataConfig,
    ModelFolder,
    TrainConfig,
    load_recipe,
    merge,
    train,
)
from huggingtweets.cli import app
from huggingtweets.errors import ModelError
from huggingtweets.hub import ledger
from huggingtweets.hub.ledger import LedgerEntry
from huggingtweets.model_folder import CHANGED, INTACT, MISSING
from huggingtweets.types import Permission, Tracked
from huggingtweets.workflows.lineage import UNKNOWN, Node, lineage
from tests.helpers.tiny import small_base, varied_texts

SMALL = ("epochs=1", "evaluations=1", "sampling.max_new_tokens=12")


def nodes_of(node: Node, kind: str) -> list[Node]:
    """All nodes of a kind."""
    below = [one for part in node.inputs for one in nodes_of(part, kind)]
    return [node, *below] if node.kind == kind else below


def only(node: Node, kind: str) -> Node:
    (one,) = nodes_of(node, kind)
    return one


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two models of one base, one of them of two people, and the merged model of both."""
    place = tmp_path_factory.mktemp("lineage")
    base = small_base(place / "base")
    for seed, name in enumerate(("ada", "bob")):
        rows = [f'{i},{name},"{text}"' for i, text in enumerate(varied_texts(150, seed=seed))]
        (place / f"{name}.csv").write_text("\n".join(["id,screen_name,text", *rows]), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        patch.chdir(place)
        for name, files in (("ada", ["ada.csv"]), ("both", ["ada.csv", "bob.csv"])):
            job = TrainConfig(
                data=DataConfig(
                    locations=tuple(str(place / file) for file in files),
                    rules=CleaningRules(keep_replies=False),
                    held_out=0.2,
                ),
                recipe=load_recipe("starter", [f"base={base}", *SMALL]),
                out=place / "models" / name,
                tracker="none",
                evaluate=False,
            )
            train(job)
        merge(["ada", "both"], [3, 1], out=place / "models" / "mixed")
    return place


@pytest.fixture
def models(place, monkeypatch, tmp_path):
    """A copy of the models, which a test may change."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
    shutil.copytree(place / "models", tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "models"


def test_the_tree_leads_from_the_model_to_each_persons_posts(models):
    """The tree has weights, recipe, base, dataset, rules, and the digest of each file that was read."""
    record = ModelFolder(models / "both").record
    tree = lineage("both")
    assert (tree.kind, tree.title) == ("model", "ada + bob")
    assert tree.facts["digest"] == record.model_digest
    assert tree.facts["weights"] == INTACT
    step = only(tree, "train")
    assert step.facts["settings"]["epochs"] == 1
    assert not {"lora rank", "matrix rate"} & step.facts["settings"].keys(), "it has neither LoRA nor Muon"
    assert step.facts["environment"]["torch"]
    assert only(tree, "base").facts["digest"] == record.base.digest
    data = only(tree, "dataset")
    assert data.facts["digest"] == record.dataset_digest
    assert data.facts["posts"] == INTACT
    cleaning = only(tree, "preprocess")
    assert cleaning.facts["held out"] == 0.2
    assert cleaning.facts["rules"]["keep replies"] is False
    raw = nodes_of(tree, "raw posts")
    assert [node.title for node in raw] == ["@ada: 150 posts", "@bob: 150 posts"]
    assert [node.facts["digest"] for node in raw] == [a.input_digest for a in record.authors]
    assert all(len(node.facts["digest"]) == 64 for node in raw)
    read = datetime.fromisoformat(raw[0].facts["read"])
    assert read <= record.created_at


def test_a_record_that_is_no_text_is_one_clear_error(models):
    """A byte that no UTF-8 has is like any other damage."""
    file = models / "ada" / "run.json"
    file.write_bytes(file.read_bytes().replace(b"ada", b"\xff", 1))
    with pytest.raises(ModelError, match="holds no model of huggingtweets"):
        lineage("ada")


def test_the_folder_is_enough(models, tmp_path, monkeypatch):
    """A machine that has nothing but the folder gives the same tree, with the posts missing."""
    here = lineage(models / "both")
    shutil.move(models / "both", tmp_path / "both")
    shutil.rmtree(models)
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "nothing"))
    there = lineage(tmp_path / "both")
    assert only(there, "dataset").facts.pop("posts") == MISSING
    assert only(here, "dataset").facts.pop("posts") == INTACT
    assert there == here


def test_changed_and_missing_weights_are_noticed(models):
    """The file of the weights is compared with the recorded digest."""
    weights = models / "both" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert lineage("both").facts["weights"] == CHANGED
    weights.unlink()
    assert lineage("both").facts["weights"] == MISSING


def test_a_merged_model_names_its_parents_with_their_own_trees(models):
    """Parents on this machine have their own trees; missing ones are named with digest and weight."""
    parents = only(lineage("mixed"), "merge").inputs
    assert [(p.title, p.facts["weight"]) for p in parents] == [("ada", 0.75), ("ada + bob", 0.25)]
    assert [len(nodes_of(parent, "raw posts")) for parent in parents] == [1, 2]
    digest = ModelFolder(models / "ada").record.model_digest
    shutil.rmtree(models / "ada")
    gone = only(lineage("mixed"), "merge").inputs[0]
    assert gone == Node(
        kind="model", title="ada", facts={"weight": 0.75, "digest": digest, "weights": MISSING}
    )


def test_the_published_copy_is_the_root(models, home, monkeypatch):
    """The ledger entry of these weights is the root; one of other weights or of a broken upload is not."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(home))  # with a ledger of its own
    entry = LedgerEntry(
        url="https://hub.example/me/both",
        id="me/both",
        kind="model",
        endpoint="https://hub.example",
        handles=("ada", "bob"),
        permission=Permission(kind="author"),
        model_digest=ModelFolder(models / "both").record.model_digest,
        files=(),
        at=datetime(2026, 1, 2, tzinfo=UTC),
        commit="c0ffee",
    )
    ledger.save(replace(entry, id="me/half", commit=""))
    ledger.save(replace(entry, id="me/other", model_digest="0" * 64))
    ledger.save(entry)
    tree = lineage("both")
    assert (tree.kind, tree.title, tree.facts["commit"]) == ("published", "me/both", "c0ffee")
    assert [part.kind for part in tree.inputs] == ["model"]


def test_versions_of_the_tracker_are_named(models):
    """Each recorded artifact has its version in the tracker."""
    record = ModelFolder(models / "ada").record
    versions = {f"ada-{kind}": f"ada-{kind}:v7" for kind in ("raw-dataset", "train-dataset")}
    versions |= {"ada-finetuned-model": "ada-finetuned-model:v7", "pretrained-model": "p:v2"}
    tracked = Tracked(tracker="trackio", command="trackio show", artifacts=versions)
    ModelFolder(models / "ada").save_record(replace(record, tracked=tracked))
    tree = lineage("ada")
    shown = {kind: only(tree, kind).facts["version"] for kind in ("model", "base", "dataset", "raw posts")}
    assert shown == {
        "model": "ada-finetuned-model:v7",
        "base": "p:v2",
        "dataset": "ada-train-dataset:v7",
        "raw posts": "ada-raw-dataset:v7",
    }
    assert only(tree, "train").facts["tracker"] == "trackio show"


def test_run_json_says_how_the_posts_were_read_but_not_where_they_lay(models, place):
    """The record, which is published with the model, has the rules, and not the user's folders."""
    text = (models / "both" / "run.json").read_text("utf-8")
    assert json.loads(text)["prepared"]["rules"]["keep_replies"] is False
    assert str(place.parent) not in text.replace(str(place / "base"), "")
    assert "ada.csv" not in text


def test_an_older_record_gives_an_incomplete_tree(models):
    """A run.json without the rules still loads; what it does not say is unknown."""
    file = models / "ada" / "run.json"
    content = json.loads(file.read_bytes())
    del content["prepared"]
    file.write_text(json.dumps(content), "utf-8")
    tree = lineage("ada")
    assert only(tree, "preprocess").facts == {"rules": UNKNOWN, "held out": UNKNOWN}
    assert only(tree, "raw posts").facts["read"] == UNKNOWN


def test_an_n_gram_model_has_no_base(ngram_model):
    """Its tree leads to the posts without a base; of the recipe it shows what counting uses."""
    tree = lineage(ngram_model)
    assert tree.facts["weights"] == INTACT
    assert not nodes_of(tree, "base")
    assert only(tree, "count").inputs[0].kind == "dataset"
    assert only(tree, "count").facts["settings"] == {"method": "ngram", "seed": 3}


def test_the_command_prints_a_tree_and_json(models):
    """The tree has all steps in order, names are neither markup nor control codes, --json has everything."""
    record = ModelFolder(models / "ada").record
    ModelFolder(models / "ada").save_record(replace(record, name="[red]ada\x1b[2J"))
    shown = CliRunner().invoke(app, ["lineage", "ada"])
    assert shown.exit_code == 0
    assert "[red]ada\N{REPLACEMENT CHARACTER}[2J" in shown.stdout
    assert "\x1b" not in shown.stdout
    steps = ["model:", "train:", "base:", "dataset:", "preprocess:", "raw posts:"]
    assert sorted(steps, key=shown.stdout.index) == steps
    answer = CliRunner().invoke(app, ["lineage", "ada", "--json"])
    assert msgspec.json.decode(answer.stdout, type=Node) == lineage("ada")


def test_a_folder_without_a_model_is_one_clear_error(tmp_path):
    """Neither an empty folder nor an unknown name has a lineage."""
    for nothing in (tmp_path, "nobody"):
        with pytest.raises(ModelError, match="holds no model"):
            lineage(nothing)
    assert CliRunner().invoke(app, ["lineage", "nobody"]).exit_code == 2
