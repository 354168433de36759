"""Private words of an archive are nowhere after a whole job: in no file, no tracker and no output."""

from __future__ import annotations

import os
import stat
import tomllib

import pyarrow.parquet as pq
import pytest

from huggingtweets import DataConfig, TrainConfig, load_recipe, train
from huggingtweets.workflows.data import sample_archive
from tests.conftest import ROOT
from tests.helpers.commands import run
from tests.helpers.tiny import small_base


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """All files and outputs of a whole job on the sample archive, as bytes by place."""
    home = tmp_path_factory.mktemp("home")
    base = small_base(tmp_path_factory.mktemp("base"))
    options = ["--recipe", "starter", "--base", base, "--with-dataset", "--debug"]
    options += [*("--set", "epochs=1"), *("--set", "evaluations=1"), *("--set", "sampling.max_new_tokens=12")]
    places = {"HOME": home, "TRACKIO_DIR": home / "trackio", "HUGGINGTWEETS_HOME": home / "ours"}
    environment = {name: str(place) for name, place in places.items()}
    by_place = {}
    for words in (
        ("train", sample_archive(), *options, "--out", home / "model"),
        ("inspect", sample_archive(), "--json"),
    ):
        done = run(*words, env=environment, timeout=300)
        assert done.returncode == 0, done.stderr
        by_place[words[0]] = (done.stdout + done.stderr).encode()
    for path in home.rglob("*"):
        if path.is_file():
            by_place[str(path.relative_to(home))] = path.read_bytes()
            if path.read_bytes()[:4] == b"PAR1":
                by_place[f"rows of {path.relative_to(home)}"] = str(pq.read_table(path).to_pylist()).encode()
    return by_place


def test_what_may_be_found_is_found(outputs):
    """The search works: words of public posts are in the dataset and in the tracker's copy of it."""
    holders = [place for place, content in outputs.items() if b"Gerald" in content]
    assert any(place.startswith("rows of model/dataset") for place in holders)
    assert any(place.startswith("rows of trackio") for place in holders)
    assert any(place.startswith("rows of ours") for place in holders)


def test_private_words_are_found_nowhere(outputs):
    """Direct messages, deleted and circle posts, contacts, addresses and e-mails are in no output."""
    words = _words(tomllib.loads((ROOT / "sample" / "private.toml").read_text("utf-8")))
    markers = {word for word in words if "zqx" in word}
    assert len(markers) >= 9
    matches = {
        (marker, place)
        for marker in markers
        for place, content in outputs.items()
        if marker.encode() in content
    }
    assert matches == set()


def _words(value: object) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_words, value.values()))
    if isinstance(value, list):
        return set().union(*map(_words, value))
    return {part for part in str(value).replace("@", " ").replace(".", " ").split() if part.startswith("zqx")}


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX")
def test_what_is_made_of_posts_is_closed_to_other_users(home, tmp_path):
    """No other user gets into the folders with posts, nor into an earlier version's, whatever the umask."""
    (home / "datasets").mkdir(parents=True)
    (home / "datasets").chmod(0o755)
    before = os.umask(0)
    try:
        train(
            TrainConfig(
                data=DataConfig(locations=(sample_archive(),)),
                recipe=load_recipe("ngram"),
                out=tmp_path / "model",
                tracker="none",
                evaluate=False,
            )
        )
    finally:
        os.umask(before)
    folders = {path.relative_to(home).parts[0] for path in home.rglob("*") if path.is_file()}
    assert folders == {"copies", "datasets"}
    assert all(stat.S_IMODE((home / name).stat().st_mode) == 0o700 for name in folders)
