"""Secrets: tokens of the environment are in no output and in no file, whatever fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.helpers.hub_server import HubServer
from tests.helpers.local_server import LocalServer, Reply
from tests.helpers.tiny import varied_texts

SECRETS = {
    name: f"{begin}Planted{number}Zq7"
    for number, (name, begin) in enumerate(
        {
            "HF_TOKEN": "hf_",
            "WANDB_API_KEY": "0123456789abcdef0123456789abcdef",
            "X_BEARER_TOKEN": "AAAA%2B",
            "TUMBLR_API_KEY": "tu",
            "TRACKIO_WRITE_TOKEN": "tr",
            "PASSWORD_OF_A_PROXY": "pw",  # in the address of trackio's server
            "AWS_SECRET_ACCESS_KEY": "aws",
            "GITHUB_TOKEN": "ghp_",
        }.items()
    )
}

RUNNER = """
import json, os, sys, traceback
for line in sys.stdin:
    command, more = json.loads(line)
    os.environ.update(more)
    from huggingtweets.cli import app
    try:
        code = app(command, standalone_mode=True)
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    print("ended with", code or 0, flush=True)
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """All outputs and files of commands that succeed, are refused, and fail, as bytes by place."""
    place = tmp_path_factory.mktemp("secrets")
    rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(130, seed=2))]
    (place / "me.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    model = ["models/me", "--i-am-the-author", "--with-dataset", "--to", "ada/me", "--yes", "--debug"]
    small = ["--recipe", "ngram", "--no-evaluate", "--debug"]
    with (
        HubServer("hf_another") as hub,
        LocalServer(lambda _: Reply(401, {"title": "Unauthorized"})) as x,
        _Commands(place, hub.url) as run,
    ):
        run("train", "me.csv", "--name", "me", *small)
        run("generate", "models/me", "the", "--seed", "1", "--debug")
        run("publish", *model, code=1)
        hub.token = SECRETS["HF_TOKEN"]
        hub.fail("/commit/main", 500, times=5)
        run("publish", *model, code=1)
        hub.fail("/commit/main", 400)
        run("publish", *model[:-1], code=2)
        options = ["x:ada", "--server", x.url, "--allow-private-addresses", "--yes", "--recipe", "ngram"]
        run("train", *options, "--debug", code=1)
        assert [one.headers["authorization"] for one in x.requests] == [f"Bearer {SECRETS['X_BEARER_TOKEN']}"]
        broken = {
            "HF_TOKEN": f"{SECRETS['HF_TOKEN']}\x01",
            "X_BEARER_TOKEN": f"{SECRETS['X_BEARER_TOKEN']}\x01",
        }
        run("publish", *model, code=1, **broken)
        run("train", *options, "--debug", code=1, **broken)
        server = x.url.replace("//", f"//ada:{SECRETS['PASSWORD_OF_A_PROXY']}@")
        run("train", "me.csv", "--name", "sent", *small, "--tracker", "trackio", TRACKIO_SERVER_URL=server)
    files = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    return run.printed | files


class _Commands:
    """Runs commands in one process with all secrets in its environment, and collects their output."""

    def __init__(self, place, endpoint):
        self.printed = {}
        homes = {"HOME": "", "HUGGINGTWEETS_HOME": "home", "TRACKIO_DIR": "trackio", "HF_HOME": "hub"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", RUNNER],
            cwd=place,
            env={
                **os.environ,
                **{name: str(place / folder) for name, folder in homes.items()},
                **SECRETS,
                "HF_ENDPOINT": endpoint,
                "HF_HUB_OFFLINE": "0",
                "HF_HUB_DISABLE_XET": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __call__(self, *command, code=0, **more):
        self._process.stdin.write(json.dumps([command, more]).encode() + b"\n")
        self._process.stdin.flush()
        lines = []
        while not (line := self._process.stdout.readline()).startswith(b"ended with"):
            assert line or self._process.poll() is None
            lines.append(line)
        output = b"".join(lines)
        assert line.strip() == f"ended with {code}".encode(), output.decode()
        self.printed[f"{len(self.printed)}: {' '.join(command)}"] = output

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.communicate()


def test_no_secret_is_printed_or_written(outputs):
    """Neither a secret nor its end is in results, errors, tracebacks, models, tracker files or caches."""
    assert len(outputs) > 30
    assert not {
        (name, place)
        for name, secret in SECRETS.items()
        for place, content in outputs.items()
        if secret.encode() in content or secret[-12:].encode() in content
    }


def test_the_errors_are_printed_without_the_secrets(outputs):
    """Each error is printed, with its traceback if --debug is given."""
    printed = [content.decode() for place, content in outputs.items() if place[0].isdigit()]
    assert "does not accept the token" in printed[2]
    assert "run the same again later" in printed[3]
    assert printed[4].splitlines()[-1].startswith("error: ada/me")
    assert "does not accept the token in X_BEARER_TOKEN" in printed[5]
    assert "characters that no token has" in printed[6]
    assert all("Traceback" in printed[number] for number in (2, 3, 5, 6, 7))
