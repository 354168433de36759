"""The command line: light to start, clear in its errors, the same for people and machines."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from huggingtweets import ModelFolder, errors, find_models, recipe_names, tracker_names
from huggingtweets.cli import COMMANDS, app
from tests.helpers.commands import begin, run
from tests.helpers.tiny import small_base, tiny_texts, varied_texts

SMALL = ("epochs=1", "evaluations=1", "sampling.max_new_tokens=12")
FAST = (*(word for setting in SMALL for word in ("--set", setting)), "--tracker", "none", "--no-evaluate")


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    return small_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def posts(tmp_path_factory):
    """A table of 300 different posts of one person, over 6,000 characters."""
    path = tmp_path_factory.mktemp("posts") / "posts.csv"
    rows = [
        f'{i},"{text} number {i} of many","2024-01-{1 + i % 28:02} 10:00"'
        for i, text in enumerate(tiny_texts(300))
    ]
    path.write_text("\n".join(["id,text,created_at", *rows]), "utf-8")
    return path


def training(posts, base):
    """The command that trains a model of these posts in a moment."""
    return ("train", posts, "--name", "Ada", "--recipe", "starter", "--base", base, *FAST)


@pytest.fixture(scope="module")
def made(posts, base, tmp_path_factory):
    """A folder in which a model was trained, and the process that did it."""
    place = tmp_path_factory.mktemp("made")
    return place, run(*training(posts, base), cwd=place)


def test_starting_is_light():
    """--help imports neither torch nor transformers nor anything else that is heavy."""
    code = (
        "import sys; sys.argv = ['huggingtweets', '--help']\n"
        "from huggingtweets.cli import app\n"
        "app(standalone_mode=False)\n"
        "heavy = {'torch', 'transformers', 'pyarrow', 'matplotlib', 'trackio', 'wandb', 'numpy', 'typst'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_looking_at_posts_is_light(tmp_path):
    """`inspect` loads neither the client of the Hub nor, for English posts, the model of all languages."""
    path = tmp_path / "posts.txt"
    path.write_text("".join(f"This is the train that I take to work, number {n}\n" for n in range(400)))
    code = (
        f"import sys; sys.argv = ['huggingtweets', 'inspect', {str(path)!r}, '--name', 'Ada']\n"
        "from huggingtweets.cli import app\n"
        "app(standalone_mode=False)\n"
        "heavy = {'torch', 'transformers', 'huggingface_hub', 'py3langid'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS])
def test_every_command_explains_itself(command):
    """--help of each command shows examples of it and the option for tracebacks."""
    done = CliRunner().invoke(app, [command, "--help"], prog_name="huggingtweets")
    assert done.exit_code == 0
    assert f"  huggingtweets {command}" in done.stdout
    assert "--debug" in done.stdout
    assert ("--json" in done.stdout) == (command != "serve")  # which prints nothing but its address


def test_what_can_be_chosen_is_named():
    """All recipes are listed, and the help of train names all trackers."""
    shown = run("train", "--help").stdout
    assert all(name in shown for name in tracker_names())
    listed = run("recipes").stdout
    assert all(name in listed for name in recipe_names())


def test_train_without_a_recipe_says_what_it_takes(tmp_path):
    """It takes the best that can be had offline, in a line of its own before anything is read."""
    few = tmp_path / "few.txt"
    few.write_text("\n".join(f"only a few posts {i}" for i in range(9)))
    said = run("train", few, "--name", "Ada", "--tracker", "none", cwd=tmp_path).stderr
    assert "recipe starter: the best that runs here" in said
    assert said.index("recipe starter") < said.index("Reading") < said.index("6,000")


def test_a_home_that_cannot_be_written_is_noticed_at_once(tmp_path):
    """Nothing is read before it is said, with what helps: another home, not another --out."""
    posts = tmp_path / "posts.txt"
    posts.write_text("\n".join(f"only a few posts {i}" for i in range(9)))
    train = ("train", posts, "--name", "Ada", "--recipe", "ngram", "--out", tmp_path / "out")
    done = run(*train, env={"HUGGINGTWEETS_HOME": str(posts / "home")}, cwd=tmp_path)
    assert done.returncode == 2
    assert f"nothing can be kept in {posts / 'home'}" in done.stderr
    assert "set HUGGINGTWEETS_HOME" in done.stderr
    assert "Reading" not in done.stderr


def test_a_command_that_is_printed_can_be_copied(tmp_path):
    """Also where the name of a folder has a space or means something to a shell."""
    posts = tmp_path / "posts.txt"
    posts.write_text("\n".join(varied_texts(200, seed=1)), "utf-8")
    out = ("--out", "her $model", "--tracker", "none", "--no-evaluate")
    trained = run("train", posts, "--name", "Ada", "--recipe", "ngram", *out, cwd=tmp_path)
    assert "Write more: huggingtweets generate 'her $model' " in trained.stdout
    refused = run("play", "her $model", cwd=tmp_path)
    assert "her $model was not evaluated; run huggingtweets evaluate 'her $model'" in refused.stderr


def test_train_writes_a_whole_folder(made):
    """From a table to a folder with weights, card, pictures and record; the summary names them."""
    place, done = made
    assert done.returncode == 0, done.stderr
    folder = place / "models" / "ada"
    expected = {"model.safetensors", "config.json", "tokenizer.json", "generation_config.json", "README.md"}
    expected |= {"run.json", "statistics.json", "predictions.png"}
    assert expected <= {path.name for path in folder.iterdir()}
    for line in ("posts read", "posts kept", "Held-out bits per byte", "My dream is", "models/ada"):
        assert line in done.stdout
    assert [trained.path for trained in find_models(place / "models")] == [folder]
    assert sorted(path.name for path in (place / "models").iterdir()) == ["ada"]


def test_json_is_all_that_standard_output_shows(posts, base, tmp_path):
    """With --json every command prints one JSON document, and progress goes to standard error."""
    made = run(
        "train",
        posts,
        "--name",
        "Ada",
        "--recipe",
        "starter",
        "--base",
        base,
        "--set",
        "epochs=1",
        "--no-evaluate",
        "--json",
        cwd=tmp_path,
    )
    assert made.returncode == 0, made.stderr
    record = json.loads(made.stdout)["record"]
    assert record["tracked"]["tracker"] == "trackio"
    assert (
        sum(record["authors"][0]["funnel"]["dropped"].values()) + record["authors"][0]["funnel"]["kept"]
        == 300
    )
    assert len(json.loads(run("generate", "ada", "The", "-n", "2", "--json", cwd=tmp_path).stdout)) == 2
    assert json.loads(run("models", "--json", cwd=tmp_path).stdout)[0]["record"] == record
    inspected = json.loads(run("inspect", posts, "--name", "Ada", "--json", cwd=tmp_path).stdout)
    assert inspected[0]["account"]["name"] == "Ada"
    assert inspected[0]["sufficiency"]["posts"] == record["authors"][0]["funnel"]["kept"]


def test_the_same_command_gives_the_same_model_with_its_posts_where_asked(made, posts, base, tmp_path):
    """Two processes with one seed write the same weights; only --with-dataset puts posts into the folder."""
    first, second = made[0] / "models" / "ada", tmp_path / "ada"
    done = run(*training(posts, base), "--out", second, "--with-dataset", "--json")
    before, after = find_models(first.parent)[0].record, json.loads(done.stdout)["record"]
    assert after["model_digest"] == before.model_digest
    assert after["dataset_digest"] == before.dataset_digest
    assert not list(first.rglob("*.parquet"))
    assert {p.name for p in (second / "dataset").glob("*.parquet")} == {"train.parquet", "test.parquet"}
    assert [p.name for p in first.iterdir() if b"number 123 of many" in p.read_bytes()] == []


def test_the_mix_of_a_recipe_file_counts_unless_the_command_gives_one(posts, tmp_path):
    """The weights in [mix] are those of the model; --mix takes their place."""
    (tmp_path / "mine.toml").write_text('base = "none"\nmethod = "ngram"\n[mix]\nada = 3\n')
    command = ("train", posts, "--name", "ada", "--recipe", "mine.toml", *FAST, "--json", "--out")
    for out, given, mix in (("a", (), 3.0), ("b", ("--mix", "ada=2"), 2.0)):
        done = run(*command, out, *given, cwd=tmp_path)
        assert json.loads(done.stdout)["record"]["recipe"]["mix"] == {"ada": mix}


def test_an_output_folder_that_exists_is_left_alone(posts, base, tmp_path):
    """Without --overwrite nothing in it changes; with it, it becomes the new model."""
    out = tmp_path / "bot"
    out.mkdir()
    (out / "mine.txt").write_text("precious")
    refused = run(*training(posts, base), "--out", out)
    assert (refused.returncode, (out / "mine.txt").read_text()) == (2, "precious")
    assert "--overwrite" in refused.stderr
    assert run(*training(posts, base), "--out", out, "--overwrite").returncode == 0
    assert (out / "model.safetensors").exists()
    assert not (out / "mine.txt").exists()


MISTAKES = {
    "no such file": (["train", "gone.zip"], "gone.zip"),
    "no such recipe": (["train", "{posts}", "--recipe", "fast"], "expected one of distilgpt2"),
    "no such key": (["train", "{posts}", "--recipe", "starter", "--set", "speed=9"], "key=value"),
    "no such tracker": (["train", "{posts}", "--tracker", "mlflow"], "trackio"),
    "no such language": (["inspect", "{posts}", "--lang", "klingon"], "give its code"),
    "no such base": (
        ["train", "{posts}", "--name", "Ada", "--base", "no/such", "--tracker", "none"],
        "--recipe starter",
    ),
    "no such model": (["generate", "nobody"], "models/nobody holds no model"),
    "no model at a path": (["generate", "models/nobody"], "error: models/nobody holds no model"),
    "no such source": (["inspect", "{posts}", "--source", "myspace"], "myspace"),
    "nobody named": (["inspect", "{posts}"], "--name"),
    "a share that is none": (
        ["train", "{posts}", "--name", "Ada", "--recipe", "starter", "--held-out", "2", "--tracker", "none"],
        "--held-out",
    ),
    "too few posts": (
        ["train", "{few}", "--name", "Ada", "--recipe", "starter", "--tracker", "none"],
        "6,000",
    ),
    "no such command": (["trian"], "trian"),
    "a count of none": (["generate", "x", "-n", "0"], "greater than or equal to 1"),
    "a prompt that is not UTF-8": (["generate", "x", "caf\udce9"], r'"caf\xe9" is not encoded as UTF-8'),
    "a setting that is not UTF-8": (
        ["train", "{posts}", "--name", "Ada", "--set", "opening=\udce9", "--tracker", "none"],
        r'"opening=\xe9" is not encoded as UTF-8',
    ),
    "a folder to write that is not UTF-8": (
        ["train", "{posts}", "--name", "Ada", "--out", "caf\udce9", "--tracker", "none"],
        r'"caf\xe9" is not encoded as UTF-8',
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(mistake, posts, tmp_path):
    """What was given and what to do stands in the message; no traceback, and nothing is written."""
    few = tmp_path / "few.txt"
    few.write_text("\n".join(f"only a few posts {i}" for i in range(9)))
    before = sorted(tmp_path.rglob("*"))
    arguments, said = MISTAKES[mistake]
    done = run(*(argument.format(posts=posts, few=few) for argument in arguments), cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(path for path in tmp_path.rglob("*") if path.name != "models") == before


def test_a_file_may_be_called_by_any_bytes(posts, tmp_path):
    """Its posts are read, its name is noted in a log and shown in an error, also as JSON."""
    try:
        shutil.copyfile(posts, tmp_path / "caf\udce9.csv")
    except OSError:
        pytest.skip("this disk has names in UTF-8 only")
    inspect = "inspect", "caf\udce9.csv", "--json", "--log-file", "log"
    assert run(*inspect, "--name", "Ada", cwd=tmp_path).returncode == 0
    assert "Reading: caf?.csv" in (tmp_path / "log").read_text("utf-8")
    refused = run(*inspect, cwd=tmp_path)
    assert refused.returncode == 2
    assert "caf?.csv" in json.loads(refused.stdout)["error"]


def test_debug_shows_the_traceback(tmp_path):
    """--debug shows where an error came from."""
    done = run("inspect", tmp_path / "gone.zip", "--debug")
    assert done.returncode != 0
    assert "Traceback" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
def test_ctrl_c_leaves_nothing_half_made(posts, base, tmp_path):
    """Stopped in the middle of training, the process says so, returns 130, and no folder is left."""
    options = ["--name", "Ada", "--recipe", "starter", "--base", base, "--tracker", "none"]
    options += ["--set", "epochs=1000", "--out", tmp_path / "out" / "ada"]
    process = begin("train", posts, *options)
    for line in process.stderr:
        if "epoch 0.0" in line:
            break  # from here on the end of the step is waited for
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    assert process.returncode == 130
    assert "stopped" in said
    assert "Traceback" not in said
    assert list((tmp_path / "out").iterdir()) == []


def test_ctrl_c_while_the_program_is_loaded_is_quiet():
    """Who stops a command in its first moment sees no traceback either."""
    code = (
        "import sys\n"
        "class Stopped:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'huggingtweets.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stopped())\n"
        "from huggingtweets.__main__ import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


def test_the_exit_code_is_that_of_the_signal_wherever_it_came(tmp_path):
    """Python would end itself by SIGINT where any came while exec() ran, as it does for dataclasses."""
    (tmp_path / "stopped.py").write_text(
        "import sys, huggingtweets.cli\n"
        "from huggingtweets.__main__ import main\n"
        "def stopped():\n"
        "    try: exec('raise KeyboardInterrupt')\n"
        "    except KeyboardInterrupt: sys.exit(143)\n"
        "huggingtweets.cli.main = stopped\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-m", "stopped"], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (143, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file system of its own that can be full")
def test_a_full_disk_is_one_line(posts, base, tmp_path):
    """A disk that fills while the model is written is named, exits with 2, and leaves nothing."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        done = run(*training(posts, base), "--out", small / "ada")
        assert (done.returncode, list(small.iterdir())) == (2, [])
        assert "no space left" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", str(small)], check=False)


def test_text_of_posts_cannot_command_the_terminal(tmp_path):
    """Control codes and markup in a post are shown, not obeyed."""
    path = tmp_path / "posts.txt"
    path.write_text("a \x1b[31mred\x1b[0m [bold]post[/bold] about \x1b]0;title\x07 things\n" * 3, "utf-8")
    shown = run("inspect", path, "--name", "[red]Ada\x1b[0m").stdout
    assert "\x1b" not in shown
    assert "[bold]post[/bold]" in shown


def test_every_error_has_an_exit_code():
    """Mistakes of the user exit with 2, ours with 1."""
    for name in dir(errors):
        kind = getattr(errors, name)
        if isinstance(kind, type) and issubclass(kind, errors.HuggingtweetsError):
            assert kind.exit_code == (2 if issubclass(kind, errors.UserError) else 1)


def test_models_lists_the_newest_first(made, tmp_path):
    """Two models below a folder are listed with their figures, the newer one above; damage is passed over."""
    for name, day in (("first", 1), ("second", 2)):
        folder = shutil.copytree(made[0] / "models" / "ada", tmp_path / "m" / name)
        record = json.loads((folder / "run.json").read_bytes())
        (folder / "run.json").write_text(json.dumps(record | {"created_at": f"2026-01-0{day}T00:00:00Z"}))
    (tmp_path / "m" / "damaged").mkdir()
    (tmp_path / "m" / "damaged" / "run.json").write_text("{")
    found = find_models(tmp_path / "m")
    assert [trained.path.name for trained in found] == ["second", "first"]
    assert isinstance(found[0], ModelFolder)
    shown = run("models", tmp_path / "m").stdout
    assert shown.index("second") < shown.index("first")
    assert "No models" in run("models", tmp_path / "none").stdout
