"""What stops a command from outside: signals, full disks, odd outputs. One line each, no loss."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys

import pytest
import torch
from typer.testing import CliRunner

from huggingtweets.cli import app
from tests.helpers.commands import begin, call, command, run
from tests.helpers.tiny import small_base, varied_texts

TRAINS = ("--name", "Ada", "--recipe", "starter", "--tracker", "none", "--no-evaluate")
FEW_TOKENS = ("--set", "sampling.max_new_tokens=12")
QUICK = ("--recipe", "ngram", "--base", "none")  # where it does not matter what is trained


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("limits")
    small_base(place / "base")
    rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(150, seed=1))]
    (place / "posts.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    return place


def words(place, *options):
    """The arguments of a command that trains on the posts of the place."""
    base = ("--base", str(place / "base"))
    return ["train", str(place / "posts.csv"), *TRAINS, *FEW_TOKENS, *base, *map(str, options)]


def trains(place, *options):
    """The same as a whole command, for tests of how a process begins and ends; others `run` the words."""
    return [sys.executable, "-m", "huggingtweets", *words(place, *options)]


@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.slow)])
def test_a_signal_that_asks_to_stop_is_like_ctrl_c(place, tmp_path, home, name):
    """The run says that it stopped, leaves no folder, and keeps a checkpoint; the code is the shell's."""
    process = begin(*words(place, "--set", "epochs=1000", "--out", tmp_path / "out" / "ada"))
    for line in process.stderr:
        if "epoch 0.0" in line:
            break  # from here on the end of the step is waited for
    process.send_signal(getattr(signal, name))
    stderr = process.communicate()[1]
    assert process.returncode == 128 + getattr(signal, name)
    assert "stopped" in stderr
    assert "Traceback" not in stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert len(list((home / "unfinished").glob("*/standing.safetensors"))) == 1


def refused(done, *told):
    """Whether a command ended with one line of the user's concern."""
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2, done.stderr
    assert not [word for word in told if word not in lines[-1]], lines[-1]
    assert "mistake of huggingtweets" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_is_full_when_a_checkpoint_is_written_is_one_line(place, tmp_path, small_disk):
    """It says where and how much is left; no model is half-written, an earlier checkpoint stays whole."""
    arguments = words(place, "--checkpoint-every", "0", "--out", tmp_path / "out" / "ada")
    done = run(*arguments, env={"HUGGINGTWEETS_HOME": str(small_disk)})
    refused(done, "no space left", str(small_disk), "MB are left")
    assert not list((tmp_path / "out").glob("*"))
    assert not list(small_disk.rglob("*.part"))


def test_a_full_temporary_folder_is_one_line(place, tmp_path, small_disk):
    """Where files that nobody keeps have no room, that is no mistake of this program either."""
    command = ["sweep", str(place / "posts.csv"), "--name", "Ada", "--recipe", "starter", "--trials", "1"]
    command += ["--set", f"base={place / 'base'}"]
    done = run(*command, cwd=tmp_path, env={"TMPDIR": str(small_disk)})
    refused(done, "no space left")
    assert not list(small_disk.iterdir())


@pytest.mark.parametrize(
    ("out", "told"),
    [("a" * 300, ["too long"]), ("posts.csv/model", ["file is where a folder"])],
)
def test_a_place_that_cannot_be_is_one_line(place, out, told):
    """A name that is too long, and a file where a folder should be."""
    refused(run(*words(place, "--set", "epochs=1", "--out", place / out)), *told)


def test_a_read_only_disk_is_one_line(place, small_disk):
    """The place is named, and what to do about it."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = run(*words(place, "--set", "epochs=1", "--out", small_disk / "m"))
    refused(done, str(small_disk), "Read-only")


def with_small_files(*arguments):
    import resource  # noqa: PLC0415 -- not on Windows

    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    command(*arguments)


@pytest.mark.skipif(os.name == "nt", reason="this system has no such limit, and links need a right")
def test_a_limit_of_a_file_s_size_and_a_link_to_itself_are_one_line(place, tmp_path):
    """As of a disk that was formatted for cameras; it says what is not allowed, and where."""
    (tmp_path / "loop").symlink_to("loop")
    small = words(place, "--set", "epochs=1", "--out", tmp_path / "m")
    refused(call(with_small_files, *small), "ulimit -f")
    loop = words(place, "--set", "epochs=1", "--out", tmp_path / "loop" / "m")
    refused(run(*loop), "leads back to itself")


def torch_without_memory():
    torch.empty(2**48)


def python_without_memory():
    bytearray(2**62)


def system_without_memory():
    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM), "model.safetensors")


def library_without_memory():
    raise ImportError("libtorch_cpu.so: failed to map segment from shared object")  # as under ulimit -v


@pytest.mark.parametrize(
    "fails", [torch_without_memory, python_without_memory, system_without_memory, library_without_memory]
)
def test_memory_that_the_system_does_not_give_is_one_line(place, tmp_path, monkeypatch, fails):
    """Wherever it is missing: it is said what is missing, and what to do; no mistake of this program."""
    monkeypatch.setattr("huggingtweets.bases.loading._load_model", lambda *_: fails())
    answer = CliRunner().invoke(app, words(place, "--set", "epochs=1", "--out", tmp_path / "m"))
    assert answer.exit_code == 2, answer.output
    assert "no more memory" in answer.stderr.splitlines()[-1]
    assert "mistake of huggingtweets" not in answer.stderr


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has 2 GiB in all"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.07 GB)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_memory_that_a_gpu_has_not_is_one_line(place, tmp_path, monkeypatch, error):
    """It is no mistake of this program, and the processor is the way out."""

    def fails(*_):
        raise error

    monkeypatch.setattr("huggingtweets.workflows.train.models.train", fails)
    answer = CliRunner().invoke(app, words(place, "--set", "epochs=1", "--out", tmp_path / "m"))
    assert answer.exit_code == 2, answer.output
    assert "the GPU has no more memory" in answer.stderr.splitlines()[-1]
    assert "HUGGINGTWEETS_DEVICE=cpu" in answer.stderr.splitlines()[-1]
    assert "mistake of huggingtweets" not in answer.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="this system has no such limit")
def test_an_address_space_that_is_too_small_is_one_line(place, tmp_path):
    """As on shared machines, which bound each process so."""
    command = trains(place, "--set", "epochs=1", "--out", tmp_path / "m")
    bounded = ["sh", "-c", 'ulimit -v 600000; exec "$@"', "sh", *command]
    refused(
        subprocess.run(bounded, capture_output=True, text=True, check=False), "no more memory", "ulimit -v"
    )


def test_a_current_folder_that_is_gone_is_one_line(place, tmp_path):
    """Somebody deleted it while the shell stood in it."""
    gone = tmp_path / "gone"
    gone.mkdir()
    command = trains(place, "--set", "epochs=1")
    script = f"rmdir {gone}; exec " + " ".join(f"'{part}'" for part in command)
    done = subprocess.run(["sh", "-c", script], cwd=gone, capture_output=True, text=True, check=False)
    refused(done, "current folder")


def deep_recipe(folder):
    path = folder / "deep.toml"
    path.write_text("mix = " + "[" * 100_000 + "]" * 100_000)
    return ("--recipe", path)


@pytest.mark.parametrize(
    "options",
    [
        lambda _: ("--seed", str(2**63)),
        lambda _: ("--set", "epochs=1000000000"),
        lambda _: ("--set", "sampling.max_new_tokens=1000000000000"),
        deep_recipe,
    ],
)
def test_numbers_and_files_beyond_all_bounds_are_one_line(place, tmp_path, options):
    """What no machine could do is refused before anything is read."""
    answer = CliRunner().invoke(app, words(place, "--out", tmp_path / "ada", *options(tmp_path)))
    assert answer.exit_code == 2, answer.output
    assert "mistake of huggingtweets" not in answer.output


def in_encoding(encoding, *arguments):
    """A command whose outputs are what PYTHONIOENCODING makes of them."""
    sys.stdout.reconfigure(encoding=encoding, errors="strict")
    sys.stderr.reconfigure(encoding=encoding, errors="backslashreplace")
    command(*arguments)


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.slow)])
def test_an_encoding_without_emoji_loses_no_model(place, tmp_path, encoding):
    """After a whole training the result is printed as far as the terminal can show it; JSON stays JSON."""
    train = words(place, "--name", "Ada 🙂", "--out", tmp_path / "models" / encoding, *QUICK)
    for arguments in (train, ["models", "--json"]):
        done = call(in_encoding, encoding, *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-500:]
    assert "\\ud83d\\ude42" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize("closed", [pytest.param(">&-", marks=pytest.mark.slow), ">/dev/full"])
def test_an_output_that_nobody_can_read_is_no_crash(place, tmp_path, closed):
    """Standard output is closed, or its disk is full: the model is there, and at most a line is said."""
    command = trains(place, "--out", tmp_path / "ada", *QUICK)
    script = " ".join(f"'{part}'" for part in command) + closed
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert (tmp_path / "ada" / "run.json").is_file()
    assert done.returncode in (0, 2)
    assert "mistake of huggingtweets" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_the_home_folder_is_not_there_to_be_written(place, tmp_path):
    """A file in its place is named."""
    (tmp_path / "home").write_text("a file")
    command = words(place, "--set", "epochs=1", "--out", tmp_path / "m")
    refused(run(*command, env={"HUGGINGTWEETS_HOME": str(tmp_path / "home")}), "home")
