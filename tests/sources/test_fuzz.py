"""Damaged inputs of every form that files have: they give posts, or are refused in one line.

The inputs are made by fuzz/sources.py, of which long runs are recorded; here are a few hundred.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from io import BytesIO
from random import Random
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import reading
from fuzz.inputs import Form, forms
from fuzz.json_changes import change_json
from fuzz.marked import OTHERS, PRIVATE
from fuzz.reading import Worker, input_of, read, read_changed, write
from huggingtweets import sources
from huggingtweets.sources import ReadOptions

FORMS = {form.name: form for form in forms()}
SEED = 20_000  # other than those of recorded runs
FUZZ = [sys.executable, "-m", "fuzz.sources"]


@pytest.mark.parametrize("name", FORMS)
def test_an_input_that_is_whole_is_read(tmp_path, name):
    """Each undamaged form is recognised and read; else damaging it would show nothing."""
    form = FORMS[name]
    path = write(tmp_path, form, form.content)
    assert sources.recognise(str(path)) == form.source
    outcome = read(path, ReadOptions(name="Ada Tests"), None)
    assert (outcome.kind, outcome.message) == ("read", "")
    assert outcome.posts >= 2


def test_damaged_inputs_are_read_or_refused():
    """Two damaged inputs of each form give posts or an error of one line."""
    with Worker(FORMS) as worker:
        outcomes = {
            identity: worker.read(identity)
            for name in FORMS
            for identity in (f"{name}:{SEED}:{number}" for number in range(2))
        }
    assert {key: outcome for key, outcome in outcomes.items() if outcome.kind == "failed"} == {}
    kinds = [outcome.kind for outcome in outcomes.values()]
    assert min(kinds.count("read"), kinds.count("refused")) > len(kinds) / 10


@settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(list(FORMS.values())), st.randoms(use_true_random=False))
def test_what_hypothesis_chooses_is_read_or_refused(form, random):
    """Inputs that Hypothesis chooses give posts or an error of one line."""
    read_changed(form, random)


def test_a_seed_brings_its_input_back():
    """The identity of an input gives the same bytes in another process."""
    names = [f"{name}:{SEED}:1" for name in FORMS]
    code = (
        "import hashlib, sys; from fuzz.inputs import forms; "
        "from fuzz.reading import input_of; known = {form.name: form for form in forms()}; "
        "[print(hashlib.sha256(repr(input_of(known[n.split(':')[0]], n)).encode()).hexdigest()) "
        "for n in sys.argv[1:]]"
    )
    command = [sys.executable, "-c", code, *names]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(set(runs[0].split())) == len(FORMS)


PLACE = """
import os, time
from huggingtweets.errors import LocationError
from huggingtweets.sources import Match
from huggingtweets.types import Account, Post, Timeline

def recognises(location):
    return Match.CONTENT if location.endswith(".broken") else Match.NO

def read(location, options):
    text = "fine"
    with open(location, errors="replace") as file:
        what = file.read()
    if "raise" in what: text = {}["x"]
    if "other" in what: text = "a velvetxq of another"
    if "closed" in what: text = "a plumxq for few"
    if "lone" in what: text = "\\ud800"
    if "lines" in what: raise LocationError("one line\\nand another")
    if "hang" in what: time.sleep(60)
    if "die" in what: os._exit(3)
    if "grow" in what: text = "x" * (300 << 20)
    posts = iter([Post(id="1", author="a", text=text)])
    return Timeline(account=Account(handle="a", name="a", source="b"), posts=posts, digest="0")
"""


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Install a source that fails as the word in its file says."""
    installed = tmp_path / "site" / "broken_place-1.0.dist-info"
    installed.mkdir(parents=True)
    (tmp_path / "site" / "broken_place.py").write_text(PLACE)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: broken_place\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[huggingtweets.sources]\nbroken = broken_place\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield
    sys.modules.pop("broken_place", None)


def word(what):
    """Return a form whose inputs repeat a word."""
    return Form(what, "text", 1, "broken", "x.broken", (f"{what}\n" * 200).encode())


@pytest.mark.usefixtures("broken")
def test_failures_are_reported(tmp_path):
    """So are wrong exceptions, text that cannot be encoded, messages of two lines, and marked words."""
    outcomes = {}
    for what in ("fine", "raise", "lone", "lines", "other", "closed"):
        path = write(tmp_path / what, word(what), word(what).content)
        outcomes[what] = read(path, ReadOptions(), None)
    assert [outcome.kind for outcome in outcomes.values()] == ["read", *["failed"] * 5]
    assert "KeyError" in outcomes["raise"].message
    assert "UTF-8" in outcomes["lone"].message
    assert "one line" in outcomes["lines"].message
    assert {"private words" in outcomes[what].message for what in ("other", "closed")} == {True}


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.kind == "marked"])
def test_marked_inputs_hold_marked_words(name):
    """Nearly each input has words that must not come out; else looking for them would show nothing."""
    packed = [input_of(FORMS[name], f"{name}:{SEED}:{number}")[0] for number in range(40)]
    unpacked = [gzip.decompress(content) if name.endswith("gz") else content for content in packed]
    if name == "Marked Excel":
        unpacked = [ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml") for content in packed]
    plain = [content.replace(b"\0", b"") for content in unpacked]  # of UTF-16
    assert all(OTHERS.encode() in content.lower() or PRIVATE.encode() in content.lower() for content in plain)


@pytest.mark.slow
@pytest.mark.usefixtures("broken")
def test_hanging_dying_and_growing_is_reported(monkeypatch):
    """The reading process is replaced when it hangs or dies, and the next input is read."""
    known = {what: word(what) for what in ("hang", "die", "grow", "fine")}
    outcomes = {}
    with Worker(known) as worker:
        for what in known:  # a busy machine needs many seconds for 300 MB
            monkeypatch.setattr(reading, "LONGEST", 5.0 if what == "hang" else 600.0)
            outcomes[what] = worker.read(f"{what}:1:1")
    assert [outcome.kind for outcome in outcomes.values()] == ["failed", "failed", "failed", "read"]
    assert "no end within 5 s" in outcomes["hang"].message
    assert "died" in outcomes["die"].message
    assert "of memory" in outcomes["grow"].message


def test_every_change_of_json_is_its_own():
    """Changes to one input do not affect the next one."""
    first, again = (
        [repr(change_json({"a": [1, {"b": "c"}], "d": None}, Random(n))) for n in range(200)]
        for _ in range(2)
    )
    assert first == again


@pytest.mark.slow
def test_a_longer_run_is_clean(tmp_path):
    """Five thousand inputs by seed and a thousand by Hypothesis have no failure."""
    for arguments in (["--count", "5000", "--seed", str(SEED)], ["--hypothesis", "--count", "1000"]):
        done = subprocess.run(
            [*FUZZ, *arguments, "--out", str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "| all | 5,000 |" in (tmp_path / "table.md").read_text()


@pytest.mark.slow
def test_atheris_leads_the_inputs(tmp_path):
    """Atheris, if installed, finds no failure, and measures the coverage of the sources."""
    pytest.importorskip("atheris", reason="needs the extra fuzz")
    command = [
        sys.executable,
        "-m",
        "fuzz.guided",
        "-runs=2000",
        "-max_len=256",
        "-len_control=0",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "cov:" in done.stderr
