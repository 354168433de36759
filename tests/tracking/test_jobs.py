"""What both trackers record of one job: a tiny model with a hostile name, trained and published twice."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.helpers import browser, tracked_job
from tests.helpers.commands import call
from tests.helpers.hub_server import HubServer
from tests.helpers.tiny import small_base, varied_texts
from tests.helpers.tracked_job import NAME
from tests.tracking.test_trackers import files_containing, of_kind, python, serving, wandb_runs

TOKEN = "hf_kite"  # noqa: S105 -- of a Hub on this machine

# A run whose every text is hostile, as the names and posts of people can be.
HOSTILE = f"""
from huggingtweets.tracking import open_tracker
from huggingtweets.types import Sample
text = {NAME!r}
with open_tracker("trackio").run("train", group="hostile", config={{"note": text}}) as run:
    run.log({{"train/loss": 1.0}}, step=0)
    run.log_samples([Sample(prompt=text, text=text)], step=1)
"""

READ = """
import json
from trackio import Api
from trackio.sqlite_storage import SQLiteStorage
project = "huggingtweets"
runs = [
    {
        "name": run.name, "config": run.config,
        "logs": SQLiteStorage.get_logs(project, run.name, run_id=run.id),
        "system": SQLiteStorage.get_system_logs(project, run.name, run_id=run.id),
    }
    for run in Api().runs(project)
]
artifacts = {a["name"]: a["num_versions"] for a in SQLiteStorage.list_artifacts(project)}
versions = [
    SQLiteStorage.get_artifact_manifest(project, name, f"v{number}")
    for name, count in artifacts.items() for number in range(count)
]
lineages = [SQLiteStorage.get_artifact_lineage(project, version["version_id"]) for version in versions]
print(json.dumps({"runs": runs, "artifacts": artifacts, "lineages": lineages}))
"""


@dataclass
class Stage:
    """What a tracker recorded of the runs of one stage."""

    runs: int = 0
    config: set[str] = field(default_factory=set)
    metrics: set[str] = field(default_factory=set)
    tables: int = 0
    pictures: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    saved: set[str] = field(default_factory=set)
    system: int = 0


def of_trackio(folder) -> tuple[dict[str, Stage], dict[str, int]]:
    """Stages and numbers of versions, as trackio itself reads them."""
    read = python(READ, folder)
    assert read.returncode == 0, read.stderr
    records = json.loads(read.stdout)
    stages: dict[str, Stage] = defaultdict(Stage)
    for run in records["runs"]:
        stage = stages[run["config"]["stage"]]
        stage.runs += 1
        stage.config |= {key for key in run["config"] if not key.startswith("_")} - {"stage"}
        stage.system += len(run["system"])
        for key, value in (pair for log in run["logs"] for pair in log.items()):
            if isinstance(value, dict) and value["_type"] == "trackio.table":
                stage.tables += 1
            elif isinstance(value, dict):
                stage.pictures.add(key)
            elif key not in {"step", "timestamp", "log_id"}:
                stage.metrics.add(key)
    for lineage in records["lineages"]:
        nodes = {node["id"]: node for node in lineage["nodes"]}
        for edge in lineage["edges"]:
            source, target = nodes[edge["source"]], nodes[edge["target"]]
            if source.get("run_name"):
                stages[source["run_name"].partition("-")[0]].saved.add(target["artifact_name"])
            else:
                stages[target["run_name"].partition("-")[0]].used.add(source["artifact_name"])
    return stages, records["artifacts"]


def of_wandb(folder) -> tuple[dict[str, Stage], dict[str, int]]:
    """Stages and numbers of versions, as wandb's own reader prints what offline runs wrote."""
    stages: dict[str, Stage] = defaultdict(Stage)
    versions: dict[str, set[str]] = defaultdict(set)
    for records in wandb_runs(folder / "wandb" / "wandb"):
        (run,) = of_kind(records, "run")
        stage = stages[run["job_type"]]
        stage.runs += 1
        config = {key for change in of_kind(records, "config") for key in change["update"]}
        config |= set(run.get("config", {}).get("update", {}))
        inputs = {key for key in config if key.startswith("inputs/")}
        stage.used |= {key.removeprefix("inputs/") for key in inputs}
        stage.config |= {key for key in config - inputs if not key.startswith("_")}
        stage.system += len(of_kind(records, "stats"))
        for key, value in (pair for row in of_kind(records, "history") for pair in row["item"].items()):
            if key == "samples._type":
                stage.tables += 1
            elif key.endswith("._type"):
                stage.pictures.add(key.removesuffix("._type"))
            elif isinstance(value, int | float) and not key.startswith("_") and "." not in key.split("/")[0]:
                stage.metrics.add(key)
        for artifact in of_kind(records, "artifact"):
            if artifact["type"] != "run_table":
                stage.saved.add(artifact["name"])
                versions[artifact["name"]].add(artifact["digest"])
    return stages, {name: len(digests) for name, digests in versions.items()}


def inside(folder) -> dict[str, str]:
    """Variables by which a job and its tracker keep everything inside a folder."""
    (folder / "wandb").mkdir()
    places = ("DIR", "DATA_DIR", "CACHE_DIR", "CONFIG_DIR", "ARTIFACT_DIR")
    kept = {f"WANDB_{place}": str(folder / "wandb") for place in places}
    return kept | {"HUGGINGTWEETS_HOME": str(folder / "home"), "WANDB_MODE": "offline"}


class JobRecords:
    """A folder in which a job was recorded, and what the tracker reads back from it."""

    def __init__(self, tracker: str, folder) -> None:
        self.tracker, self.folder = tracker, folder
        rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(180, seed=5))]
        (folder / "posts.csv").write_text("\n".join(["id,text", *rows, "short,ok"]), "utf-8")
        small_base(folder / "base")
        with HubServer(TOKEN) as hub:
            env = inside(folder) | {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN}
            self.process = call(tracked_job.whole, tracker, hub.url, cwd=folder, env=env, timeout=300)
        assert self.process.returncode == 0, self.process.stderr
        self.stages, self.versions = (of_trackio if tracker == "trackio" else of_wandb)(folder)


@pytest.fixture(scope="module", params=["trackio", pytest.param("wandb", marks=pytest.mark.slow)])
def job(request, tmp_path_factory) -> JobRecords:
    """The records of the job in each tracker."""
    if request.param == "wandb":
        pytest.importorskip("wandb", reason="wandb is not installed")
    return JobRecords(request.param, tmp_path_factory.mktemp(request.param))


RAW, TRAIN, MODEL = "kite-raw-dataset", "kite-train-dataset", "kite-finetuned-model"
PUBLISHED = "kite-published-model"
BASE, REPORT, CARD = "pretrained-model", "kite-report", "kite-card"


def test_every_stage_has_its_runs(job):
    """Two trainings, an evaluation and two uploads give two runs of each stage, three of the evaluation."""
    runs = {name: stage.runs for name, stage in job.stages.items()}
    assert runs == {"read": 2, "preprocess": 2, "train": 2, "evaluate": 3, "report": 2, "publish": 2}


def test_links_lead_from_the_posts_to_the_card(job):
    """Each stage uses the artifact of the one before it, training also its base, publishing the model."""
    links = {name: (stage.used, stage.saved) for name, stage in job.stages.items()}
    assert links == {
        "read": (set(), {RAW}),
        "preprocess": ({RAW}, {TRAIN}),
        "train": ({TRAIN, BASE}, {BASE, MODEL}),
        "evaluate": ({MODEL}, {REPORT}),
        "report": ({REPORT}, {CARD}),
        "publish": ({MODEL}, {PUBLISHED}),
    }


def test_unchanged_artifacts_have_one_version(job):
    """The same job again makes no new version of posts, datasets, models or the published model."""
    same = (RAW, TRAIN, BASE, MODEL, PUBLISHED)
    assert {name: job.versions[name] for name in same} == dict.fromkeys(same, 1)


def test_settings_of_each_stage_are_recorded(job):
    """The whole recipe, the rules of cleaning, and where posts came from are settings of their runs."""
    assert job.stages["read"].config == {"sources"}
    assert {"held_out", "keep_replies", "lang"} <= job.stages["preprocess"].config
    assert {"base", "learning_rate", "epochs", "seed", "sampling", "batch_tokens"} <= job.stages[
        "train"
    ].config
    assert {"evaluated"} <= job.stages["evaluate"].config


def test_metrics_of_each_stage_are_recorded(job):
    """Counts of posts, curves of training with memory and speed, and the figures of the report."""
    assert job.stages["read"].metrics == {"posts/read"}
    assert {"posts/kept", "posts/dropped/short"} <= job.stages["preprocess"].metrics
    assert job.stages["train"].metrics == {
        "train/loss",
        "train/tokens_per_second",
        "train/memory_gb",
        "train/epoch",
        "held_out/bits_per_byte",
        "samples/copied",
    }
    measured = job.stages["evaluate"].metrics
    assert {"report/prediction.bits_per_byte", "report/copying.copied", "report/detection"} <= measured


def test_system_metrics_are_recorded(job):
    """The tracker's own metrics of processor and memory are enabled."""
    assert job.stages["train"].system > 0


def test_samples_over_time_and_pictures_are_recorded(job):
    """The samples of each evaluation are a table; the card's pictures are recorded.

    A tracker elsewhere gets no samples of the training, which no filter has seen.
    """
    assert job.stages["train"].tables == (0 if job.tracker == "wandb" else 2 * 2)
    assert job.stages["evaluate"].tables == 2
    assert {"curves", "funnel", "pipeline", "predictions"} <= job.stages["report"].pictures


def test_nothing_is_printed_by_the_tracker(job):
    """Neither tracker prints anything of its own."""
    output = job.process.stdout + job.process.stderr
    assert "trackio" not in output
    assert "wandb" not in output


def test_posts_are_not_sent_unless_they_are_shared(job, tmp_path):
    """A remote tracker gets digests and counts; with share_data the dataset, and never the archive."""
    if job.tracker == "trackio":
        pytest.skip("runs of trackio without a server stay on this machine")
    assert not datasets(job.folder / "wandb")
    assert not files_containing(varied_texts(180, seed=5)[0], job.folder / "wandb")
    assert not files_containing("posts.csv", job.folder / "wandb")
    (tmp_path / "posts.csv").symlink_to(job.folder / "posts.csv")
    process = call(tracked_job.shared, "wandb", cwd=tmp_path, env=inside(tmp_path), timeout=300)
    assert process.returncode == 0, process.stderr
    assert len(datasets(tmp_path / "wandb")) == 2
    assert not files_containing("posts.csv", tmp_path / "wandb")
    archive = (tmp_path / "posts.csv").read_text("utf-8")
    assert not files_containing(archive, tmp_path / "wandb")


def datasets(folder: Path) -> list[Path]:
    """The parquet files, which hold posts; wandb stores them under names of its own."""
    return [path for path in folder.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"PAR1"]


@pytest.fixture(scope="module")
def chromium():
    with browser.started() as started:
        yield started


def safe(page) -> bool:
    """Whether a page shows the hostile name as text: its script did not run, its tags are no elements."""
    elements = page.locator('img[src="x"], a[href^="javascript:"]').count()
    return page.title() != "owned" and elements == 0


@pytest.mark.slow
def test_trackio_s_dashboard_shows_runs_curve_and_artifacts(job, chromium):
    """In a real browser: the runs by stage, the curve, samples and artifacts, and the name as text."""
    if job.tracker != "trackio":
        pytest.skip("the dashboard is trackio's")
    assert python(HOSTILE, job.folder).returncode == 0
    with (
        serving(job.folder) as url,
        browser.page_of(chromium, f"{url}?project=huggingtweets") as (page, seen),
    ):
        page.get_by_text("bits_per_byte").first.wait_for()
        assert page.get_by_text("train-kite-").count() >= 2
        page.locator(".vega-embed canvas, .vega-embed svg, svg.main-svg").first.wait_for()
        page.get_by_text("Media & Tables").first.click()
        page.get_by_text("onerror").first.wait_for()
        assert safe(page)
        page.get_by_text("Artifacts", exact=True).first.click()
        for name in (RAW, TRAIN, BASE, MODEL, REPORT, CARD):
            page.get_by_text(name, exact=True).first.wait_for()
        page.get_by_text(MODEL, exact=True).first.click()
        page.get_by_text("Lineage", exact=True).first.click()
        page.get_by_text(TRAIN).first.wait_for()
        assert safe(page)
        assert seen.outside == []


def test_report_and_card_show_a_hostile_name_as_text(job, chromium):
    """A name made of HTML and Markdown is text in the report and in the card."""
    if job.tracker != "trackio":
        pytest.skip("once is enough, since they do not depend on the tracker")
    model = job.folder / "models" / "kite"
    with browser.page_of(chromium, (model / "report.html").as_uri()) as (page, seen):
        page.get_by_text("onerror").first.wait_for()
        assert safe(page)
        assert seen.outside == []
        body = (model / "README.md").read_text("utf-8").split("\n---\n", 1)[1]
        page.set_content(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(body))
        assert page.get_by_text("onerror").count() > 0
        assert safe(page)
        assert page.locator("strong", has_text="bold").count() == 0
