"""huggingtweets inspect: look through posts before training, and leave some out by hand."""

from __future__ import annotations

import csv
import json

import pytest

from huggingtweets import DataConfig
from huggingtweets.progress import Silence
from huggingtweets.workflows.data import build_dataset, read, sample_archive
from tests.helpers.commands import run
from tests.helpers.tiny import varied_texts


@pytest.fixture
def posts(tmp_path):
    """A table of twelve posts, one of which is short."""
    path = tmp_path / "posts.csv"
    rows = [[f"p{i}", f"day {i} of the long storm, Gerald", f"2024-01-{i + 1:02} 10:00"] for i in range(11)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text", "created_at"], *rows, ["p99", "well, no", ""]])
    return path


def inspected(*arguments):
    """What inspect --json says of one person."""
    done = run("inspect", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[0]


def test_posts_are_shown_with_their_ids_and_dates(posts):
    """--show has as many kept posts as asked for; --dropped has those of one reason, and counts them."""
    shown = run("inspect", posts, "--name", "Ada", "--show", "3").stdout.splitlines()
    assert shown[0] == "p0  2024-01-01 day 0 of the long storm, Gerald"
    assert len(shown) == 3
    dropped = run("inspect", posts, "--name", "Ada", "--dropped", "short").stdout.splitlines()
    assert dropped[0] == "well, no"
    assert dropped[1].startswith("1 post of @ada")


def test_the_exported_table_gives_the_same_posts(tmp_path):
    """What is kept of an archive can be written, read again, and is then kept whole."""
    table = tmp_path / "kept.csv"
    before = inspected(sample_archive(), "--show", "50", "--export", table)
    after = inspected(table, "--show", "50")
    assert after["kept"] == before["kept"]
    assert after["funnel"]["read"] == after["funnel"]["kept"] == before["funnel"]["kept"]
    assert after["dates"] == before["dates"]
    refused = run("inspect", sample_archive(), "--export", table)
    assert refused.returncode == 2
    assert "exists" in refused.stderr.splitlines()[-1]


def test_the_exported_table_is_split_as_the_posts_are(tmp_path):
    """A thread stays on one side, also one whose middle was dropped."""
    rows = [(number, "", text) for number, text in enumerate(varied_texts(40, seed=4))]
    rows[37:] = [(37, 30, "ok"), (38, 37, rows[38][2]), (39, 38, rows[39][2])]
    lines = [f'{n},ada,2024-02-{1 + n // 2:02}T{n % 2:02}:00:00Z,{up},"{text}"' for n, up, text in rows]
    original, table = tmp_path / "all.csv", tmp_path / "kept.csv"
    original.write_text("\n".join(["id,author,created_at,in_reply_to,text", *lines]), "utf-8")
    assert inspected(original, "--export", table)["funnel"]["dropped"] == {"short": 1}
    before, after = (
        build_dataset(read(DataConfig(locations=(str(path),)), Silence()), held_out=0.1)
        for path in (original, table)
    )
    assert [post.id for post in before.held_out] == ["30", "36", "38", "39"]
    assert [post.id for post in after.held_out] == ["30", "36", "38", "39"]


def test_the_exported_table_names_an_account_of_mastodon(tmp_path):
    """As an author its name would be taken for an e-mail address, and end at the @."""
    note = {"id": "https://example.social/1", "content": "<p>the kettle sings again</p>"}
    public = "https://www.w3.org/ns/activitystreams#Public"
    activity = {"type": "Create", "actor": "https://example.social/users/ada", "to": [public], "object": note}
    outbox, table = tmp_path / "outbox.json", tmp_path / "kept.csv"
    outbox.write_text(json.dumps({"orderedItems": [activity]}), "utf-8")
    before = inspected(outbox, "--export", table)["account"]["handle"]
    assert inspected(table)["account"]["handle"] == before == "ada@example.social"


def test_posts_are_left_out_by_id_and_by_text(posts, tmp_path):
    """Both ways together; the funnel counts what was taken out."""
    ids = tmp_path / "ids.txt"
    ids.write_text("p1\n p2 \n\nunknown\n", "utf-8-sig")  # as editors of Windows write it
    done = run(
        *("inspect", posts, "--name", "Ada", "--json"),
        *("--exclude", ids, "--exclude-matching", "day (7|8)"),
    )
    assert json.loads(done.stdout)[0]["funnel"]["dropped"]["excluded"] == 4
    assert "no post has 1 id of those to exclude, like unknown" in done.stderr
    note = run("inspect", posts, "--name", "Ada", "--exclude-matching", "volcano").stderr
    assert "no post was excluded" in note


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--exclude", "none.txt"], "none.txt cannot be read"),
        (["--exclude-matching", "("], "is no regular expression"),
        (["--dropped", "dull"], "near-duplicate"),
        (["--show", "0"], "--show"),
    ],
)
def test_a_mistake_is_one_line(posts, options, words):
    """It says what was given and what is expected; exit code 2."""
    done = run("inspect", posts, "--name", "Ada", *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_left_out_by_hand_is_in_no_file_of_the_model(tmp_path):
    """Neither the posts nor the pattern; the record counts them, and the model can be used."""
    options = ["--recipe", "ngram", "--tracker", "none", "--no-evaluate", "--out", tmp_path / "model"]
    done = run("train", sample_archive(), "--exclude-matching", "[Pp]igeon", *options)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "model" / "run.json").read_bytes())
    assert record["authors"][0]["funnel"]["dropped"]["excluded"] > 0
    texts = [path for path in (tmp_path / "model").iterdir() if b"igeon" in path.read_bytes()]
    assert texts == []
    assert len(json.loads(run("generate", tmp_path / "model", "-n", "1", "--json").stdout)) == 1


def test_a_long_post_does_not_push_the_counts_away(tmp_path):
    """Of posts that are examples the beginning is shown, on one line; `--show` prints all of them."""
    path = tmp_path / "long.csv"
    path.write_text(f'author,text\nada,"The kettle sings\nand {"sings " * 600}"\n', "utf-8")
    (line,) = (line for line in run("inspect", str(path)).stdout.splitlines() if line.startswith("kept: "))
    assert line.startswith("kept: The kettle sings and sings")
    assert line.endswith("…")
    assert len(line) < 300
    assert run("inspect", str(path), "--show", "1").stdout.count("sings") == 601
