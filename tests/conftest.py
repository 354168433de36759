"""What several test files stand on: a home of their own, posts to learn from, and the real timelines."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from huggingtweets.types import Post
from tests.helpers import fewer_others  # noqa: F401 -- it takes effect when it is imported

# Modules that are compiled are kept, whatever the environment says: else every process that tests start
# compiles all of the package anew, and pytest rewrites the assertions of all tests in each run.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Read when torch is imported, here and in the processes that tests start: tiny models gain nothing from
# threads, and lose much when the machine has other work.
os.environ["OMP_NUM_THREADS"] = "1"
FOLDERS = {  # read when trackio or huggingface_hub is imported
    variable: tempfile.TemporaryDirectory(prefix="huggingtweets-test-", ignore_cleanup_errors=True)
    for variable in ("TRACKIO_DIR", "HF_HOME")
}
os.environ.update({variable: folder.name for variable, folder in FOLDERS.items()})
os.environ["PYTHONPATH"] = os.pathsep.join(  # processes that tests start find this checkout and the helpers
    str(Path(__file__).parents[1] / folder) for folder in (".", "src")
)
os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported; no test asks the real Hub

# A shell's background jobs ignore Ctrl-C, and so would every process that tests start and stop.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(  # machines are noisy: no test is about time; fuzz/ looks for new examples
    "patient", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"
LONG = (  # how the files begin that take longest, in the order in which they come
    "app/test_browser",
    "app/",  # its files share a browser and a page
    "cli/test_commands",
    "tests/test_code",
    "workflows/test_evaluate",
    "training/test_checkpoint",
    "cli/test_machine_limits",
    "workflows/test_fleet",
    "workflows/test_forget",
    "workflows/test_reproduce",
    "workflows/test_sweep",
    "workflows/test_pretrain",
    "workflows/test_publish",
    "workflows/test_speakers",
    "tracking/",
)
ONE_PAGE = {  # the files that share `page_with_models`, which each worker would start for itself
    f"tests/app/test_{name}.py" for name in ("accessible", "answers", "language", "page", "readable")
}
START = datetime(2024, 1, 1, tzinfo=UTC)


def pytest_collection_modifyitems(items):
    """The files that take longest come first, so that no worker is left alone with one at the end."""

    def place(item):
        name = f"{item.path.parent.name}/{item.path.stem}"
        return next((number for number, begin in enumerate(LONG) if name.startswith(begin)), len(LONG))

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Nothing that is imported and made meanwhile is garbage: the collector need never look through it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)  # xdist may be off
def pytest_xdist_make_scheduler(config, log):
    """With --dist loadfile one worker gets all files that share a page."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 -- where it is on

    class ByPage(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "one page" if file in ONE_PAGE else file

    return ByPage(config, log)


def pytest_unconfigure():
    """Nothing of the tests is left in the machine's folder for temporary files."""
    for folder in FOLDERS.values():
        folder.cleanup()


@pytest.fixture(scope="session")
def _homes(tmp_path_factory):
    return tmp_path_factory.mktemp("homes")


@pytest.fixture
def tmp_path(_homes, request):
    """A folder for one test; pytest's own is numbered after it has listed those of all earlier tests."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=_homes))


@pytest.fixture(autouse=True)
def home(_homes, monkeypatch):
    """No test touches the user's own caches, trackers or network."""
    place = Path(tempfile.mkdtemp(dir=_homes))  # pytest numbers folders, and for that lists all earlier ones
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(place))
    return place


@pytest.fixture
def persona():
    """A real timeline of 3,200 posts, by handle."""

    def find(handle: str) -> str:
        path = SHARED / "personas" / f"{handle}.csv"
        if not path.exists():
            pytest.skip(f"needs the real timeline {handle}.csv, which is not part of the repository")
        return str(path)

    return find


@pytest.fixture(scope="session")
def _ngram_place(tmp_path_factory):
    """Where an n-gram model of 300 posts was made, with the home that its posts are kept in."""
    from huggingtweets import DataConfig, ReadOptions, TrainConfig, load_recipe, train  # noqa: PLC0415 -- for some tests only
    from tests.helpers.tiny import varied_texts  # noqa: PLC0415 -- it imports torch

    place = tmp_path_factory.mktemp("ngram")
    rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(300, seed=5))]
    (place / "posts.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        patch.chdir(place)
        job = TrainConfig(
            data=DataConfig(locations=("posts.csv",), options=ReadOptions(name="Me")),
            recipe=load_recipe("ngram", ["seed=3"]),
            out=Path("models/me"),
            tracker="none",
        )
        train(job)
    return place


@pytest.fixture
def ngram_model(_ngram_place, home, monkeypatch):
    """The folder of a model that trains in a moment, evaluated; its posts lie in the test's own home."""
    shutil.copytree(_ngram_place / "home", home, dirs_exist_ok=True)
    monkeypatch.chdir(_ngram_place)
    return _ngram_place / "models" / "me"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with 300 kB."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield small
    subprocess.run(["umount", "-l", str(small)], check=False)


def post(text: str, number: int = 0, **fields: object) -> Post:
    """A post of one author, an hour after the one before it."""
    return Post(
        **{"id": str(number), "author": "me", "text": text, "created_at": START + timedelta(hours=number)}
        | fields
    )
