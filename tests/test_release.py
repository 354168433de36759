"""What a release needs: one version, a package that installs, an image, checks on every change."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml
from typer.main import get_command

from huggingtweets.cli import app
from scripts import prepare_release
from tests.conftest import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
WORKFLOWS = {path.name: path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}


def test_the_version_stands_in_one_place():
    """The package's modules name no version; a released one has its heading in the changelog."""
    assert (
        prepare_release.problems(f"v{PROJECT['version']}", PYPROJECT, (ROOT / "CHANGELOG.md").read_text())
        == []
    )
    named = [path for path in (ROOT / "src").rglob("*.py") if "__version__" in path.read_text("utf-8")]
    assert named == []


def test_a_release_with_another_tag_is_refused(tmp_path, capsys):
    """A tag that is not the version, or a version without a heading, stops it; nothing is written."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.replace(f'"{PROJECT["version"]}"', '"9.9.9"'))
    (tmp_path / "CHANGELOG.md").write_text("## Unreleased\n")
    before = (tmp_path / "pyproject.toml").read_text()
    assert prepare_release.main("v9.9.8", "https://git.example/me/it", tmp_path) == 2
    errors = capsys.readouterr().err
    assert "v9.9.8" in errors
    assert "## 9.9.9" in errors
    assert (tmp_path / "pyproject.toml").read_text() == before


def test_a_release_says_where_it_lives(tmp_path):
    """The addresses of the repository that builds it become those of the project."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    assert prepare_release.main(f"v{PROJECT['version']}", "https://git.example/me/it/", tmp_path) == 0
    urls = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]["urls"]
    assert urls["Source"] == "https://git.example/me/it"
    assert {"Changelog", "Documentation", "Issues"} <= urls.keys()


def test_the_image_installs_what_there_is():
    """Its files exist and pass .dockerignore; its extras exist; it does not run as root."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8")
    let_through = set(re.findall(r"^!(\S+)", ignored, re.MULTILINE))
    assert {"pyproject.toml", "README.md", "LICENSE", "constraints.txt", "src"} == let_through
    assert [name for name in let_through if not (ROOT / name).exists()] == []
    (extras,) = re.findall(r"'\.\[([\w,]+)\]'", DOCKERFILE)
    assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()
    assert re.search(r"^USER [1-9]\d*$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^ARG TORCH=cpu$", DOCKERFILE, re.MULTILINE)


def test_the_image_runs_commands_that_exist():
    """What it runs by itself, and each run that its first lines show, is a command with known options."""
    assert '["huggingtweets"]' in DOCKERFILE
    assert "huggingtweets" in PROJECT["scripts"]
    (default,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    shown = re.findall(r"docker run .*? huggingtweets (\w.*)$", DOCKERFILE, re.MULTILINE)
    commands = [yaml.safe_load(default), *(shlex.split(line) for line in shown if line[:4] != "the ")]
    group = get_command(app)
    for name, *arguments in commands:
        group.commands[name].make_context(name, arguments)


def test_the_image_keeps_to_the_linter():
    """Hadolint finds nothing, where it is installed."""
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_workflows_are_pinned_and_may_little():
    """Each action is pinned by its commit, each workflow names its rights, each script and target exists."""
    assert {"ci.yml", "newest.yml", "release.yml"} == WORKFLOWS.keys()
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for text in WORKFLOWS.values():
        assert "permissions" in yaml.safe_load(text)
        assert [
            use for use in re.findall(r"uses: (\S+)", text) if not re.search(r"@[0-9a-f]{40}$", use)
        ] == []
        assert set(re.findall(r"run: make ([\w-]+)", text)) <= targets
        assert [
            name for name in re.findall(r"python (scripts/\S+)", text) if not (ROOT / name).exists()
        ] == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the usual PyTorch has no CUDA")
@pytest.mark.parametrize("gpu", [False, True])
def test_make_takes_pytorch_for_the_cpu_where_there_is_no_gpu(gpu, tmp_path):
    """Where neither its index nor this machine has it, `make` takes the usual one; all by their hashes."""
    calls = tmp_path / "calls"
    for name in ("python", *(["nvidia-smi"] if gpu else [])):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexit 1\n')
        program.chmod(0o755)
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    if not gpu and shutil.which("nvidia-smi", path=path):
        pytest.skip("this machine has a GPU")
    completed = subprocess.run(
        ["make", "torch", f"VENV={tmp_path}"], cwd=ROOT, env={"PATH": path}, check=False
    )
    assert completed.returncode
    locks = ["torch-cuda.lock"] if gpu else ["torch-cpu.lock", "torch-cpu.lock", "torch-cuda.lock"]
    tried = calls.read_text().splitlines()
    assert [words.split()[-1] for words in tried] == locks
    assert all({"--no-deps", "--require-hashes"} <= set(words.split()) for words in tried)


def completed(words, **options) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{shlex.join(map(str, words))}\n{done.stdout}\n{done.stderr}"
    return done


def run(*words, **options) -> str:
    return completed(words, **options).stdout


def errors(*words) -> str:
    return completed(words).stderr


def environment(folder):
    """A fresh virtual environment; returns its folder of programs."""
    run(sys.executable, "-m", "venv", folder)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with sdist and wheel, built and checked by the index's own tools."""
    tools = environment(tmp_path_factory.mktemp("tools"))
    installed = subprocess.run(
        [tools / "pip", "install", "--quiet", "build", "twine"], capture_output=True, check=False
    )
    if installed.returncode:
        pytest.skip("the package index cannot be reached")
    folder = tmp_path_factory.mktemp("dist")
    run(tools / "python", "-m", "build", "--outdir", folder, ROOT)
    run(tools / "python", "-m", "twine", "check", "--strict", *folder.iterdir())
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The programs of a fresh environment that has the wheel."""
    programs = environment(tmp_path_factory.mktemp("fresh"))
    (wheel,) = built.glob("*.whl")
    run(programs / "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel)
    return programs


@pytest.fixture
def clean(tmp_path, monkeypatch):
    """An empty folder and an empty home, where nothing of this checkout can be imported."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.usefixtures("clean")
def test_the_wheel_works_in_a_fresh_environment(installed):
    """It shows its help, trains the base that ships on the posts that ship, and writes."""
    assert "train" in run(installed / "huggingtweets", "--help")
    assert run(installed / "huggingtweets", "--version").strip() == PROJECT["version"]
    run(installed / "huggingtweets", "demo", "--recipe", "starter", "--tracker", "none", "--out", "bot")
    assert "My dream is" in run(installed / "huggingtweets", "generate", "bot", "My dream is")


@pytest.mark.slow
@pytest.mark.usefixtures("clean")
def test_the_newest_allowed_libraries_work(built, tmp_path_factory):
    """Without the pins it trains and writes, and no library warns of what it will no longer do.

    PyTorch stays at its pin: the newest would bring gigabytes of CUDA.
    """
    programs = environment(tmp_path_factory.mktemp("newest"))
    (wheel,) = built.glob("*.whl")
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    (pin,) = (line for line in pins if line.startswith("torch=="))
    newest = ["--upgrade", "--upgrade-strategy", "eager"]
    run(programs / "pip", "install", "--quiet", *newest, wheel, "pytest", pin)
    told = [
        errors(
            programs / "huggingtweets", "demo", "--recipe", "starter", "--tracker", "trackio", "--out", "bot"
        ),
        errors(programs / "huggingtweets", "generate", "bot", "My dream is"),
        errors(programs / "huggingtweets", "evaluate", "bot", "--count", "32"),
    ]
    assert [
        line for line in "".join(told).splitlines() if re.search("warn|deprecat", line, re.IGNORECASE)
    ] == []


@pytest.mark.slow
def test_an_exported_space_installs_in_a_fresh_environment(installed, clean, tmp_path_factory):
    """requirements.txt is all that it needs: the page can be imported, and the version is the same."""
    run(installed / "huggingtweets", "app", "--export-space", "space")
    programs = environment(tmp_path_factory.mktemp("space"))
    constraints = [
        "--constraint",
        ROOT / "constraints.txt",
    ]  # only so that the test does not change by itself
    run(programs / "pip", "install", "--quiet", *constraints, "-r", "requirements.txt", cwd=clean / "space")
    run(programs / "python", "-c", "import app", cwd=clean / "space")
    assert run(programs / "huggingtweets", "--version").strip() == PROJECT["version"]
