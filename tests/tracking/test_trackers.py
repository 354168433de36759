"""The trackers, tested with trackio's real database, a real trackio server and wandb's real files.

trackio fixes its folder when it is imported, so whatever writes with it runs in a process of its own.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets.errors import MissingExtra, UserError
from huggingtweets.tracking import names, open_tracker
from huggingtweets.tracking._interface import valid_name
from huggingtweets.tracking._resilient import ResilientTracker
from huggingtweets.tracking.none import NullRun, NullTracker
from huggingtweets.types import Recipe, Sample, Tracked

TOKEN = "hf_planted_token_that_must_not_be_written"  # noqa: S105 -- planted, to be searched for
STEPS = 60

# Models of one person, all from the same posts, and a stage that fails.
STORY = """
import json, sys
from pathlib import Path
import msgspec
from PIL import Image
from huggingtweets.tracking import open_tracker
from huggingtweets.types import Recipe, Sample

here, steps, models = Path.cwd(), int(sys.argv[2]), int(sys.argv[3])
for name in ("raw.jsonl", "train.parquet", "base.safetensors"):
    (here / name).write_text("content of " + name)
Image.new("RGB", (8, 4), "teal").save(here / "curve.png")
versions = []
tracker = open_tracker(sys.argv[1], project="huggingtweets")
for number in range(models):
    (here / "model.safetensors").write_text(f"weights {number}")
    with tracker.run("preprocess", group="kite", config={"lang": "en"}) as run:
        raw = run.save("kite-raw-dataset", kind="dataset", files={"raw.jsonl": here / "raw.jsonl"})
        run.use(raw)
        run.log({"posts/read": 10, "posts/kept": 8}, step=0)
        train = run.save(
            "kite-train-dataset", kind="dataset", files={"train.parquet": here / "train.parquet"},
            metadata={"posts": 8},
        )
    with tracker.run("train", group="kite", config={"recipe": Recipe(name="x", base="starter")}) as run:
        run.use(train)
        base = run.save(
            "starter-pretrained-model", kind="model", metadata={"digest": "0123"},
            references={"model.safetensors": (here / "base.safetensors").as_uri()},
        )
        run.use(base)
        for step in range(steps):
            run.log({"train/loss": 4.0 - step / steps}, step=step)
        run.log_samples([Sample(prompt="My dream is", text="My dream is <b>wind</b>")], step=steps - 1)
        run.log_pictures({"curve": here / "curve.png"})
        model = run.save(
            "kite-finetuned-model", kind="model", files={"config.json": here / "model.safetensors"}
        )
    versions.append([raw, train, base, model])
try:
    with tracker.run("evaluate", group="kite", config={}) as run:
        run.use(model)
        raise ValueError("figures went wrong")
except ValueError:
    pass
where = msgspec.to_builtins(tracker.where())
print(json.dumps({"versions": versions, "where": where, "remote": tracker.remote}))
"""

# Everything that trackio knows afterwards, read with trackio.
READ = """
import json
from trackio import Api
from trackio.sqlite_storage import SQLiteStorage
project = "huggingtweets"
runs = [
    {
        "name": run.name, "id": run.id, "config": run.config, "alerts": run.alerts(),
        "logs": SQLiteStorage.get_logs(project, run.name, run_id=run.id),
    }
    for run in Api().runs(project)
]
artifacts = SQLiteStorage.list_artifacts(project)
model = SQLiteStorage.get_artifact_manifest(project, "kite-finetuned-model", None)
base = SQLiteStorage.get_artifact_manifest(project, "starter-pretrained-model", "v0")
lineage = SQLiteStorage.get_artifact_lineage(project, model["version_id"])
print(json.dumps({"runs": runs, "artifacts": artifacts, "lineage": lineage, "base": base}))
"""

WHEN_ALL_FAILS = """
import resource, sys
from huggingtweets.tracking import open_tracker
what = sys.argv[1]
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
tracker = open_tracker("trackio", project="huggingtweets")
for stage in ("preprocess", "train"):
    with tracker.run(stage, group="kite", config={}) as run:
        if what != "artifacts":
            for step in range(2000):
                run.log({"loss": step / 7, "speed": step / 3}, step=step)
        if what != "figures":
            run.save("kite-raw-dataset", kind="dataset", metadata={"posts": 3})
print("trained")
"""


def python(
    script: str, folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a script in a process whose trackers keep everything inside `folder`."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TRACKIO_", "WANDB_", "HF_"))}
    inside = {
        f"WANDB_{what}": str(folder / "wandb")
        for what in ("DIR", "DATA_DIR", "CACHE_DIR", "CONFIG_DIR", "ARTIFACT_DIR")
    }
    (folder / "wandb").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env={**inherited, "TRACKIO_DIR": str(folder / "trackio"), **inside, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@contextmanager
def serving(folder: Path, *, written: bool = False) -> Iterator[str]:
    """The address of trackio's dashboard of a folder, or the one by which runs may write to it."""
    code = (
        "import sys, trackio\n"
        f"url = trackio.show(open_browser=False, block_thread=False)[{3 if written else 1}]\n"
        "print('URL', url, flush=True); sys.stdin.read()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "TRACKIO_DIR": str(folder / "trackio")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with server:
        try:
            yield next(line for line in server.stdout if line.startswith("URL")).split()[1]
        finally:
            server.stdin.close()


class Story:
    """The output of a process that tracked the story, and the records that another process read back."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as hub:
            hub.setblocking(False)
            self.process = python(
                STORY,
                folder,
                "trackio",
                str(STEPS),
                "2",
                HF_TOKEN=TOKEN,
                HF_ENDPOINT=f"http://127.0.0.1:{hub.getsockname()[1]}",
            )
            try:
                hub.accept()[0].close()
                self.hub_was_asked = True
            except BlockingIOError:
                self.hub_was_asked = False
        read = python(READ, folder)
        assert read.returncode == 0, read.stderr
        self.folder = folder
        self.records = json.loads(read.stdout)

    @property
    def output(self):
        """The JSON that the tracking process printed."""
        return json.loads(self.process.stdout)

    def runs(self, stage: str):
        """The runs of one stage, oldest first."""
        return [run for run in self.records["runs"] if run["config"]["stage"] == stage]


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    return Story(tmp_path_factory.mktemp("story"))


def test_trackio_prints_nothing(story):
    """Only the script's own output is printed, although trackio prints banners by itself."""
    assert story.process.returncode == 0, story.process.stderr
    assert set(story.output) == {"versions", "where", "remote"}
    assert story.process.stderr == ""


def test_each_stage_is_a_run_with_its_settings(story):
    """Every stage is a run of its own, grouped by model, with its settings."""
    assert [len(story.runs(stage)) for stage in ("preprocess", "train", "evaluate")] == [2, 2, 1]
    config = story.runs("train")[0]["config"]
    assert config["recipe"]["base"] == "starter"
    assert config["recipe"]["learning_rate"] == Recipe(name="x", base="starter").learning_rate
    assert config["_Group"] == "kite"


def test_metrics_are_recorded_step_by_step(story):
    """Every metric has the step at which it was logged."""
    logs = story.runs("train")[1]["logs"]
    losses = {entry["step"]: entry["train/loss"] for entry in logs if "train/loss" in entry}
    assert losses == {step: 4.0 - step / STEPS for step in range(STEPS)}


def test_samples_and_pictures_are_recorded(story):
    """Generated posts are a table at their step, character by character; pictures are copied."""
    logs = story.runs("train")[0]["logs"]
    (table,) = [(entry["step"], entry["samples"]) for entry in logs if "samples" in entry]
    assert table[0] == STEPS - 1
    assert table[1]["_value"] == [{"prompt": "My dream is", "text": "My dream is <b>wind</b>"}]
    (picture,) = [entry["curve"] for entry in logs if "curve" in entry]
    copy = story.folder / "trackio" / "media" / picture["file_path"]
    assert copy.read_bytes() == (story.folder / "curve.png").read_bytes()


def test_unchanged_content_makes_no_new_version(story):
    """Saving the same content again returns the same version; changed content the next one."""
    first, second = story.output["versions"]
    assert first == [
        "kite-raw-dataset:v0",
        "kite-train-dataset:v0",
        "starter-pretrained-model:v0",
        "kite-finetuned-model:v0",
    ]
    assert second == [*first[:3], "kite-finetuned-model:v1"]
    assert {a["name"]: a["num_versions"] for a in story.records["artifacts"]} == {
        "kite-raw-dataset": 1,
        "kite-train-dataset": 1,
        "starter-pretrained-model": 1,
        "kite-finetuned-model": 2,
    }


def test_lineage_leads_from_the_model_back_to_the_posts(story):
    """In trackio's own lineage graph, the edges walked backwards from the model reach the raw dataset."""
    nodes = {node["id"]: node for node in story.records["lineage"]["nodes"]}
    reached = {story.records["lineage"]["focus"]}
    while (
        further := {edge["source"] for edge in story.records["lineage"]["edges"] if edge["target"] in reached}
        - reached
    ):
        reached |= further
    ancestors = {nodes[i].get("artifact_name") or nodes[i]["run_name"].split("-")[0] for i in reached}
    assert ancestors == {
        "kite-raw-dataset",
        "preprocess",
        "kite-train-dataset",
        "starter-pretrained-model",
        "train",
        "kite-finetuned-model",
    }
    models = [n["version"] for i in reached if (n := nodes[i]).get("artifact_name") == "kite-finetuned-model"]
    assert models == [1]


def test_weights_are_referenced_by_digest_and_not_copied(story):
    """A reference keeps address and digest; its bytes are nowhere in trackio's folder."""
    (entry,) = story.records["base"]["manifest"]
    assert entry["ref"] == (story.folder / "base.safetensors").as_uri()
    assert re.fullmatch("[0-9a-f]{64}", entry["digest"])
    assert not files_containing("content of base.safetensors", story.folder / "trackio")
    assert files_containing("content of train.parquet", story.folder / "trackio")


def test_a_stage_that_fails_is_marked(story):
    """Its run carries an alert that names the error's kind, without the message; the others carry none."""
    (alert,) = story.runs("evaluate")[0]["alerts"]
    assert (alert["title"], alert["text"], alert["level"]) == ("evaluate ended early", "ValueError", "error")
    assert not [
        run for run in story.records["runs"] if run["alerts"] and run["config"]["stage"] != "evaluate"
    ]


def test_local_tracking_asks_nobody_and_writes_no_token(story):
    """With a token at hand, trackio's local runs neither call the Hub nor write the token anywhere."""
    assert not story.hub_was_asked
    assert not files_containing(TOKEN, story.folder)
    assert TOKEN not in story.process.stdout + story.process.stderr


def test_where_names_the_command_and_the_artifacts(story):
    """It has the command that opens the dashboard, and the last version of each artifact."""
    where = story.output["where"]
    assert where["command"] == "trackio show --project huggingtweets"
    assert where["artifacts"]["kite-finetuned-model"] == "kite-finetuned-model:v1"
    assert where["tracker"] == "trackio"
    assert where["url"] == ""
    assert not story.output["remote"]


FULL = [("both", "0"), ("figures", "12000"), pytest.param("artifacts", "12000", marks=pytest.mark.slow)]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a Unix thing")
@pytest.mark.parametrize(("what", "limit"), FULL)
def test_a_full_disk_is_warned_about_once(tmp_path, what, limit):
    """If trackio can write nothing, or not enough, training succeeds with one line of warning."""
    process = python(WHEN_ALL_FAILS, tmp_path, what, limit)
    assert (process.returncode, process.stdout) == (0, "trained\n")
    assert re.fullmatch(
        r"tracker trackio (failed|cannot be opened): .+; going on without it\n", process.stderr
    )


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX")
def test_a_new_folder_of_trackio_is_closed_to_other_users(tmp_path):
    """Datasets lie in it; one that is there keeps its permissions, as other programs use it."""
    folder = tmp_path / "trackio"
    assert python(WHEN_ALL_FAILS, tmp_path, "artifacts").returncode == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o750)
    assert python(WHEN_ALL_FAILS, tmp_path, "artifacts").returncode == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_a_folder_that_is_a_file_is_warned_about_once(tmp_path):
    """A TRACKIO_DIR that cannot be a folder costs the record, not the run."""
    (tmp_path / "trackio").touch()
    process = python(WHEN_ALL_FAILS, tmp_path, "both")
    assert (process.returncode, process.stdout) == (0, "trained\n")
    assert len(process.stderr.splitlines()) == 1


def test_a_damaged_installation_is_warned_about_once(tmp_path):
    """A trackio that cannot be imported costs the record, not the run."""
    (tmp_path / "trackio.py").write_text("raise RuntimeError('half installed')")
    process = python(WHEN_ALL_FAILS, tmp_path, "both")
    assert (process.returncode, process.stdout) == (0, "trained\n")
    assert process.stderr == "tracker trackio cannot be opened: half installed; going on without it\n"


def test_a_trackio_server_gets_the_record_but_no_local_path_and_no_secret(tmp_path):
    """Runs and artifacts arrive at the server, without paths of this machine, and `remote` is true.

    Neither its token nor the name and the password of a proxy before it are printed or kept.
    """
    server_folder, client_folder = tmp_path / "server", tmp_path / "client"
    server_folder.mkdir()
    client_folder.mkdir()
    with serving(server_folder, written=True) as url:
        named = url.replace("http://", "http://ada:hunter2@")
        sent = python(STORY, client_folder, "trackio", "3", "1", TRACKIO_SERVER_URL=named)
    token = url.rpartition("write_token=")[2]
    assert len(token) > 10
    assert sent.returncode == 0, sent.stderr
    output = json.loads(sent.stdout)
    where = output["where"]
    assert output["remote"]
    assert (where["url"], where["command"]) == (url.partition("?")[0], "")
    for secret in (token, "hunter2"):
        assert secret not in sent.stdout + sent.stderr
        assert not files_containing(secret, client_folder)
    records = json.loads(python(READ, server_folder).stdout)
    assert len(records["runs"]) == 3
    assert [entry["path"] for entry in records["base"]["manifest"]] == ["metadata.json"]
    assert not files_containing(str(client_folder), server_folder)


def test_a_space_that_is_not_there_yet_is_made_private(tmp_path):
    """Names, figures and weights are sent to it; trackio alone would show them to everybody."""
    script = """
import trackio
from huggingtweets.tracking.trackio import _start_remote
trackio.init = lambda **settings: print(settings.get("private"))
_start_remote(project="huggingtweets", name="train", group="kite", config={})
"""
    assert python(script, tmp_path, TRACKIO_SPACE_ID="ada/runs").stdout == "True\n"


@pytest.mark.parametrize("token", ["", pytest.param("hf_readsonly", marks=pytest.mark.slow)])
def test_no_token_is_asked_for_at_a_terminal(tmp_path, token):
    """Without one the tracker is refused at once; trackio alone stops and asks, also for a better one."""
    script = """
import huggingface_hub, trackio
from huggingtweets.tracking import trackio as tracker
tracker.connection_error = lambda _: ""
trackio.init = lambda **_: huggingface_hub.login(add_to_git_credential=False)
tracker.create("huggingtweets")
tracker._start_remote(project="huggingtweets", name="train", group="kite", config={})
"""
    done = python(script, tmp_path, TRACKIO_SPACE_ID="ada/runs", HF_TOKEN=token)
    error = done.stderr.splitlines()[-1]
    assert error.startswith("huggingtweets.errors.MissingSecret: TRACKIO_SPACE_ID: the Hub needs a token")


@pytest.mark.parametrize(
    ("variables", "project"),
    [
        pytest.param({}, "huggingtweets", marks=pytest.mark.slow),
        ({"WANDB_PROJECT": "ours"}, "ours"),
    ],
)
def test_the_project_of_the_environment_is_the_users(tmp_path, variables, project):
    """A model's own project, by which its tracker is opened again, goes before it."""
    script = """
from huggingtweets.tracking import open_tracker, reopen
from huggingtweets.types import Tracked
print(open_tracker("wandb").where().project, reopen(Tracked(tracker="wandb", project="its")).where().project)
"""
    assert python(script, tmp_path, WANDB_MODE="offline", **variables).stdout == f"{project} its\n"


def test_only_the_chosen_tracker_is_imported(tmp_path):
    """Without a tracker the story runs, and neither trackio nor wandb nor torch is imported."""
    process = python(
        "import sys\nsys.argv[1:] = ['none', '3', '2']\n" + STORY + "\nprint(sorted(sys.modules))", tmp_path
    )
    output, modules = process.stdout.splitlines()
    assert json.loads(output)["versions"] == [["", "", "", ""]] * 2
    assert json.loads(output)["where"]["tracker"] == "none"
    assert not {"'trackio'", "'wandb'", "'torch'", "'transformers'"} & set(modules.strip("[]").split(", "))


def test_the_trackers_that_ship_are_found():
    """The registry finds the three files."""
    assert {"none", "trackio", "wandb"} <= set(names())


def test_an_unknown_tracker_is_refused_with_the_known_ones():
    """The message shows the name and the names that can be chosen."""
    with pytest.raises(UserError, match=r"'mlflow'.*none, trackio, wandb"):
        open_tracker("mlflow", project="p")


def test_wandb_that_is_not_installed_names_the_extra(monkeypatch):
    """The error says how to install it."""
    monkeypatch.setitem(sys.modules, "wandb", None)
    monkeypatch.delitem(sys.modules, "huggingtweets.tracking.wandb", raising=False)
    with pytest.raises(MissingExtra, match=r"pip install 'huggingtweets\[wandb\]'"):
        open_tracker("wandb", project="p")


class Failing(NullTracker):
    """A tracker that fails at the given place, and counts how often its run is closed."""

    def __init__(self, error: BaseException, where: str) -> None:
        self.error = error
        self.failing = where
        self.closed = 0

    @contextmanager
    def run(self, stage, *, group, config) -> Iterator[NullRun]:  # noqa: ARG002 -- fails for all alike
        """Fail, or yield a run that fails."""
        if self.failing == "start":
            raise self.error
        run = NullRun()
        if self.failing in {"log", "log_samples", "log_pictures", "use", "save"}:
            setattr(run, self.failing, self._raise)
        try:
            yield run
        finally:
            self.closed += 1
            if self.failing == "end":
                raise self.error

    def where(self) -> Tracked:
        """Fail, or say that there is no record."""
        if self.failing == "where":
            raise self.error
        return super().where()

    def _raise(self, *_: object, **__: object) -> None:
        raise self.error


def a_stage(tracker: ResilientTracker) -> None:
    with tracker.run("train", group="kite", config={}) as run:
        run.use("kite-train-dataset:v0")
        for step in range(3):
            run.log({"loss": 1.0}, step=step)
        run.log_samples([Sample(prompt="a", text="ab")], step=3)
        run.log_pictures({"curve": Path("curve.png")})
        run.save("kite-finetuned-model", kind="model")
    tracker.where()


@pytest.mark.parametrize(
    "where", ["start", "log", "log_samples", "log_pictures", "use", "save", "end", "where"]
)
def test_a_failure_anywhere_is_caught_and_warned_about_once(where, caplog):
    """Wherever a tracker raises, both stages succeed, there is one warning, and open runs are closed."""
    failing = Failing(OSError("no space left\non device"), where)
    tracker = ResilientTracker("trackio", failing)
    with caplog.at_level(logging.WARNING):
        a_stage(tracker)
        a_stage(tracker)
    assert caplog.messages == ["tracker trackio failed: no space left on device; going on without it"]
    assert failing.closed == (where != "start")


def test_a_failure_names_the_command_that_sends_the_rest(caplog):
    """If a tracker has stored what it could not send, the warning says how that is sent later."""
    failing = Failing(OSError("no route"), "save")
    failing.sync_command = "wandb sync wandb/run-1"
    with caplog.at_level(logging.WARNING):
        a_stage(ResilientTracker("wandb", failing))
    assert caplog.messages == [
        "tracker wandb failed: no route; going on without it; to send what was kept: wandb sync wandb/run-1"
    ]


@pytest.mark.parametrize("where", ["start", "log", "save", "end"])
def test_ctrl_c_passes_through_a_tracker(where):
    """Only failures are caught: Ctrl-C inside of a tracker's call stops the program."""
    with pytest.raises(KeyboardInterrupt):
        a_stage(ResilientTracker("trackio", Failing(KeyboardInterrupt(), where)))


@pytest.mark.parametrize("where", ["nowhere", "start", "end"])
def test_an_error_of_the_stage_is_never_hidden(where):
    """The stage's own error is raised, also if the tracker fails while closing."""
    failing = Failing(OSError("no space left"), where)
    with (
        pytest.raises(ZeroDivisionError),
        ResilientTracker("trackio", failing).run("train", group="kite", config={}),
    ):
        raise ZeroDivisionError


@given(st.text(max_size=200))
def test_every_text_becomes_a_valid_name(text):
    """Whatever a handle contains, the name has letters and a length that trackio and wandb accept."""
    name = valid_name(text)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", name)
    assert valid_name(name) == name


def test_names_of_different_people_stay_different():
    """Handles that look alike in ASCII get different names; valid names are unchanged."""
    handles = ["日本", "中国", "a + b", "a - b", "a/b", "kité", "kite", "", " ", "x" * 200, "x" * 201]
    assert len({valid_name(f"{handle}-train-dataset") for handle in handles}) == len(handles)
    assert valid_name("kite-train-dataset") == "kite-train-dataset"


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("wandb") is None, reason="wandb is not installed")
def test_wandb_offline_holds_settings_figures_artifacts_and_links(tmp_path):
    """Wandb's own reader finds in the offline runs what was tracked, and no secret."""
    process = python(
        STORY,
        tmp_path,
        "wandb",
        str(STEPS),
        "2",
        "a-location-of-the-user",
        WANDB_MODE="offline",
        WANDB_API_KEY=TOKEN,
        HF_TOKEN=TOKEN,
    )
    assert process.returncode == 0, process.stderr
    output = json.loads(process.stdout)
    first, second = output["versions"]
    assert first[:3] == second[:3]
    assert first[3] != second[3]
    assert output["remote"], "an offline run is written to be sent"
    assert output["where"]["command"] == 'wandb leet "$WANDB_DIR/wandb"', (
        "no path, since it is stored with the model"
    )
    assert not files_containing(TOKEN, tmp_path / "wandb")
    assert not files_containing("a-location-of-the-user", tmp_path / "wandb")

    runs = wandb_runs(tmp_path / "wandb" / "wandb", last=3)
    stages = {of_kind(records, "run")[0]["job_type"]: records for records in runs}
    assert {stage: of_kind(records, "exit")[0].get("exit_code", 0) for stage, records in stages.items()} == {
        "preprocess": 0,
        "train": 0,
        "evaluate": 1,
    }
    (run,) = of_kind(stages["train"], "run")
    assert (run["project"], run["run_group"]) == ("huggingtweets", "kite")
    assert run["config"]["update"]["recipe"] == msgspec.to_builtins(Recipe(name="x", base="starter"))
    rows = [row["item"] for row in of_kind(stages["train"], "history")]
    losses = {row["_step"]: row["train/loss"] for row in rows if "train/loss" in row}
    assert losses == {step: 4.0 - step / STEPS for step in range(STEPS)}
    assert any("samples.path" in row for row in rows)
    assert any("curve.path" in row for row in rows)
    raw, train, base, model = second
    assert {raw, train} <= saved(stages["preprocess"])
    assert {base, model} <= saved(stages["train"])
    assert [used(stages[stage]) for stage in ("preprocess", "train", "evaluate")] == [
        {raw},
        {train, base},
        {model},
    ]


def wandb_runs(folder: Path, last: int = 0) -> list[list[dict]]:
    """The records of the last offline runs, or of all, oldest first, as wandb's own reader prints them."""

    def read(log: Path) -> list[dict]:
        printed = subprocess.check_output(
            [sys.executable, "-m", "wandb", "leet", "inspect", "--json", log.parent],
            env={**os.environ, "WANDB_MODE": "offline", "WANDB_DIR": str(folder)},
            text=True,
        )
        return [json.loads(line) for line in printed.splitlines()]

    logs = sorted(folder.glob("offline-run-*/run-*.wandb"), key=lambda path: path.stat().st_mtime_ns)
    with ThreadPoolExecutor(2) as readers:
        return list(readers.map(read, logs[-last:]))


def of_kind(records: list[dict], kind: str) -> list[dict]:
    return [record[kind] for record in records if record["type"] == kind]


def saved(records: list[dict]) -> set[str]:
    return {f"{a['name']}:{alias}" for a in of_kind(records, "artifact") for alias in a["aliases"]}


def used(records: list[dict]) -> set[str]:
    changes = [change["update"] for change in of_kind(records, "config")]
    return {f"{k.removeprefix('inputs/')}:{v}" for change in changes for k, v in change.items()}


def files_containing(text: str, folder: Path) -> list[Path]:
    """The files below a folder that contain a text."""
    return [f for f in folder.rglob("*") if f.is_file() and text.encode() in f.read_bytes()]
