"""The server: what clients of OpenAI's API get, and what they do not get."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import signal
import socket
import threading

import httpx
import pytest
from typer.testing import CliRunner

from huggingtweets.cli import app
from huggingtweets.evaluation.copies import Originals, copied
from huggingtweets.files.home_folder import at_home
from huggingtweets.generation.filters import load_filters
from tests.helpers.app_server import wait_for
from tests.helpers.bot_server import POSTS, learned_by_heart, serving
from tests.helpers.tiny import varied_texts

KEY = "a-key-that-nobody-guesses"
WILD = 3.0  # a temperature at which not every text is a copy


@pytest.fixture(scope="module")
def place(tmp_path_factory, _ngram_place):
    """A folder with models/heart, which repeats its posts, and models/me, an n-gram model."""
    place = tmp_path_factory.mktemp("bots")
    shutil.copytree(_ngram_place / "home", place / "home")
    shutil.copytree(_ngram_place / "models", place / "models")
    with at_home(place / "home"):
        learned_by_heart(place / "models" / "heart")
    return place


@pytest.fixture(scope="module")
def server(place):
    with serving(cwd=place, home=place / "home") as running:
        yield running


@pytest.fixture
def client(server):
    with server.client() as opened:
        yield opened


def ask(client, **fields):
    """Ask for completions; return the answer's JSON."""
    response = client.post("/v1/completions", json={"model": "heart", **fields})
    assert response.status_code == 200, response.text
    return response.json()


def events(text: str) -> list[dict]:
    """What a stream tells, without the mark of its end."""
    *data, end = re.findall(r"^data: (.+)$", text, re.MULTILINE)
    assert end == "[DONE]"
    return [json.loads(event) for event in data]


def test_models_and_their_authors_are_listed(client):
    """Each model is a bot, and each author that it knows is one."""
    ids = {model["id"] for model in client.get("/v1/models").json()["data"]}
    assert ids == {"me", "heart", "heart:ada", "heart:bob"}
    assert client.get("/v1/models/heart:ada").json()["id"] == "heart:ada"
    assert client.get("/v1/models/nobody").status_code == 404
    assert client.get("/health").json() == {"status": "ok"}


def test_the_same_seed_gives_the_same_posts_also_beside_others(client):
    """Posts of one request differ from each other, and who else is served changes none of them."""
    fields = {"prompt": "sothe", "n": 4, "seed": 7, "temperature": WILD, "max_tokens": 20}
    posts = [choice["text"] for choice in ask(client, **fields)["choices"]]
    assert len(set(posts)) == 4
    noise = threading.Thread(target=lambda: ask(client, n=16, temperature=2.0))
    noise.start()
    assert [choice["text"] for choice in ask(client, **fields)["choices"]] == posts
    noise.join()


def test_minus_one_is_no_seed(client):
    """Programs that were made for llama.cpp or vLLM send it where nobody chose a seed: posts differ then."""
    fields = {"prompt": "sothe", "seed": -1, "temperature": WILD, "max_tokens": 20}
    first, second = (ask(client, **fields)["choices"][0]["text"] for _ in range(2))
    assert first != second


def test_echo_begins_with_the_prompt_and_nothing_else_does(client):
    """The text is what follows the prompt, with no space twice; echo puts the prompt before it."""
    fields = {"prompt": "sothe do", "seed": 1, "temperature": WILD, "max_tokens": 8}
    [whole], [rest] = (ask(client, **fields, echo=echo)["choices"] for echo in (True, False))
    assert whole["text"] == "sothe do" + rest["text"]
    [spaced] = ask(client, **{**fields, "prompt": "sothe do "})["choices"]
    assert spaced["text"] == rest["text"].lstrip()


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/chat/completions"])
def test_a_stream_gives_the_posts_of_the_whole_answer_in_pieces(client, path):
    """Its pieces make the same posts, its end tells why each ended, and how many tokens there were."""
    begin = (
        {"prompt": "sothe"}
        if path == "/v1/completions"
        else {"messages": [{"role": "user", "content": "sothe"}]}
    )
    body = {"model": "heart", "n": 3, "seed": 5, "temperature": WILD, "max_tokens": 12, **begin}
    whole = client.post(path, json=body).json()
    options = {"stream": True, "stream_options": {"include_usage": True}}
    *pieces, last = events(client.post(path, json={**body, **options}).text)
    assert last["usage"] == whole["usage"]
    texts, ends = {}, {}
    for choice in (choice for piece in pieces for choice in piece["choices"]):
        text = choice["text"] if "text" in choice else choice["delta"].get("content", "")
        texts[choice["index"]] = texts.get(choice["index"], "") + text
        ends[choice["index"]] = choice["finish_reason"]
    expected = [choice.get("text") or choice["message"]["content"] for choice in whole["choices"]]
    assert [texts[number] for number in range(3)] == expected
    assert [ends[number] for number in range(3)] == [choice["finish_reason"] for choice in whole["choices"]]
    assert len(pieces) > 6


def sent_and_refused(client, requests: int) -> tuple[list[str], int]:
    """Posts of a model that repeats its posts, streamed and not, hot and cold; how many were refused."""
    sent, refused = [], 0
    for number in range(requests):
        stream = number % 2 == 1
        body = {"model": "heart", "n": 16, "temperature": [1.0, 2.0, WILD][number % 3], "stream": stream}
        body["seed"] = number  # so that as many are refused each time
        response = client.post("/v1/completions", json=body)
        answers = events(response.text) if stream else [response.json()]
        texts, ends = [""] * 16, [""] * 16
        for choice in (choice for answer in answers for choice in answer["choices"]):
            texts[choice["index"]] += choice["text"]
            ends[choice["index"]] = choice["finish_reason"]
        refused += ends.count("content_filter")
        sent += [text for text, end in zip(texts, ends, strict=True) if end != "content_filter"]
    return sent, refused


def test_no_copy_of_a_post_is_sent(client, place):
    """A model that repeats its posts sends none, streamed or not: content_filter stands for an empty text."""
    with at_home(place / "home"):
        filters = load_filters(place / "models" / "heart")
    sent, refused = sent_and_refused(client, requests=3)
    assert refused > 10
    assert len(sent) > 10
    assert [text for text in sent if any(f.objection(text) for f in filters)] == []


@pytest.mark.slow
def test_ten_thousand_posts_hold_no_copy(client, place):
    """Neither by the filters nor by the measure of the evaluation, which has the posts themselves."""
    with at_home(place / "home"):
        filters = load_filters(place / "models" / "heart")
    learnt = [text for seed in range(2) for text in varied_texts(POSTS, seed)]
    client.timeout = None  # no promise is about time, and other work can make an answer late
    sent, refused = sent_and_refused(client, requests=625)
    assert len(sent) + refused == 10_000
    assert [text for text in sent if any(f.objection(text) for f in filters)] == []
    assert copied(Originals(learnt), sent).value == 0


def test_probabilities_are_those_of_the_tokens(client):
    """With logprobs an answer has each token, how likely it was, and the likeliest others."""
    fields = {"prompt": "sothe", "temperature": WILD, "max_tokens": 6, "seed": 2, "logprobs": 3}
    [choice] = ask(client, **fields)["choices"]
    told = choice["logprobs"]
    assert "".join(told["tokens"]) == choice["text"]
    assert told["text_offset"] == [
        choice["text"].index(t, o) for t, o in zip(told["tokens"], told["text_offset"], strict=True)
    ]
    assert all(
        logprob <= max(top.values()) <= 0
        for logprob, top in zip(told["token_logprobs"], told["top_logprobs"], strict=True)
    )
    assert all(3 <= len(top) <= 4 for top in told["top_logprobs"])


def test_a_post_ends_before_a_stop(client):
    """Of the texts that are to end a post none is in it."""
    fields = {"temperature": WILD, "max_tokens": 40, "seed": 3, "echo": True}
    [choice] = ask(client, **fields)["choices"]
    stop = choice["text"][5:8]
    [stopped] = ask(client, **fields, stop=[stop, "never"])["choices"]
    assert stopped["text"] == choice["text"][: choice["text"].index(stop)]
    assert stopped["finish_reason"] == "stop"


def test_an_author_speaks_where_one_is_named(client):
    """A model's authors answer under their own names; a cold author says what only they say."""
    ada, bob = (
        ask(client, model=f"heart:{who}", n=2, temperature=0.0, max_tokens=4) for who in ("ada", "bob")
    )
    assert ada["choices"][0]["text"] == ada["choices"][1]["text"] != bob["choices"][0]["text"]


def test_a_model_without_tokens_is_served_too(client):
    """An n-gram model writes posts, and says that it tells no probabilities."""
    answered = ask(client, model="me", n=3, max_tokens=30)
    assert all(choice["text"] for choice in answered["choices"])
    refused = client.post("/v1/completions", json={"model": "me", "logprobs": 1})
    assert refused.status_code == 400
    assert "probabilities" in refused.json()["error"]["message"]


MESSAGE = {"role": "user", "content": "x"}
REFUSED = {
    "no JSON": (b"{", 400, "malformed|truncated"),
    "no object": (b"[1]", 400, "object"),
    "no text": (b"\xff\xfe{}", 400, ""),
    "deep": (b"[" * 30_000, 400, ""),
    "no model": ({"prompt": "x"}, 400, "model"),
    "a stranger": ({"model": "nobody"}, 404, "nobody"),
    "a path": ({"model": "../models/heart"}, 404, "no model"),
    "a strange author": ({"model": "heart:eve"}, 404, "no model"),
    "tokens": ({"model": "heart", "prompt": [1, 2]}, 400, "prompt"),
    "no prompt": ({"model": "heart", "prompt": []}, 400, "prompts"),
    "many": ({"model": "heart", "n": 1000}, 400, "n: 1,000"),
    "many prompts": ({"model": "heart", "prompt": ["a"] * 9, "n": 2}, 400, "n: 18"),
    "none": ({"model": "heart", "n": 0}, 400, "n"),
    "no length": ({"model": "heart", "max_tokens": 0}, 400, "max_tokens"),
    "a long prompt": ({"model": "heart", "prompt": "x" * 5000}, 400, "characters"),
    "beyond the context": ({"model": "heart", "prompt": "sothe " * 100}, 400, "tokens"),
    "too hot": ({"model": "heart", "temperature": 99}, 400, "temperature"),
    "no nucleus": ({"model": "heart", "top_p": -0.1}, 400, "top_p"),
    "no number": ({"model": "heart", "temperature": "hot"}, 400, "temperature"),
    "many stops": ({"model": "heart", "stop": list("abcdefgh")}, 400, "stop"),
    "learnt or not": ({"model": "heart", "prompt": "sothe", "echo": True, "logprobs": 0}, 400, "learnt"),
    "many alternatives": ({"model": "heart", "logprobs": 20}, 400, "logprobs"),
    "a bias": ({"model": "heart", "logit_bias": {"5": 100}}, 400, "logit_bias"),
    "a long body": (b'{"model": "' + b"x" * 70_000, 413, "64,000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_request_beyond_the_bounds_is_one_clear_message(client, case):
    """What cannot be answered says why, in the form in which clients expect errors."""
    body, status, words = REFUSED[case]
    content = body if isinstance(body, bytes) else json.dumps(body)
    response = client.post("/v1/completions", content=content, headers={"content-type": "application/json"})
    assert response.status_code == status
    message = response.json()["error"]["message"]
    assert re.search(words, message), message
    assert "Traceback" not in message


def test_web_pages_of_others_are_not_answered(client):
    """Neither a form of another site nor a name that was made to point here reaches a bot."""
    form = client.post(
        "/v1/completions", content='{"model": "heart"}', headers={"content-type": "text/plain"}
    )
    assert form.status_code == 415
    assert client.get("/v1/models", headers={"host": "evil.example"}).status_code == 403
    assert client.options("/v1/completions", headers={"origin": "https://evil.example"}).status_code == 405


def test_eighty_clients_lose_nothing(server):
    """All are answered, each with its own posts."""

    async def everybody():
        async with httpx.AsyncClient(
            base_url=server.url, timeout=120, limits=httpx.Limits(max_connections=80)
        ) as many:
            bodies = [
                {
                    "model": "heart",
                    "temperature": WILD,
                    "max_tokens": 12,
                    "n": 2,
                    "seed": i,
                    "echo": True,
                    "prompt": f"so{i}",
                }
                for i in range(80)
            ]
            return await asyncio.gather(*(many.post("/v1/completions", json=body) for body in bodies))

    answered = asyncio.run(everybody())
    assert {response.status_code for response in answered} == {200}
    for number, response in enumerate(answered):
        assert all(choice["text"].startswith(f"so{number}") for choice in response.json()["choices"])


@pytest.mark.slow  # it waits for ten seconds; tests/test_connections.py has the mechanism
def test_headers_that_never_end_do_not_keep_others_out(server):
    """Connections that send nothing are ended, also when they are many."""
    port = int(server.url.rpartition(":")[2])
    sockets = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(60)]
    for connection in sockets:
        with connection:
            assert connection.recv(1) == b""


def test_who_goes_away_costs_nothing_more(server):
    """When clients hang up, the posts that they asked for are not written any further."""
    body = json.dumps({"model": "heart", "n": 16, "temperature": WILD, "max_tokens": 60})
    head = f"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    request = f"{head}Content-Type: application/json\r\n\r\n{body}"
    port = int(server.url.rpartition(":")[2])
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]
    before = server.metric("posts_total")
    for connection in sockets:
        connection.sendall(request.encode())
    wait_for(lambda: server.metric("posts_in_progress") > 200)
    for connection in sockets:
        connection.close()
    wait_for(lambda: server.metric("posts_in_progress") == 0)
    assert server.metric("posts_total") - before < 480


def test_the_root_says_what_this_is_and_how_it_is_asked(client, server):
    """Every address that it names answers, and so does the command, typed as it stands."""
    about = client.get("/").json()
    assert about["name"] == "huggingtweets"
    for address in about["addresses"]:
        method, path = address.split()
        assert client.request(method, path).status_code == (200 if method == "GET" else 415)
    program, url, _, header, _, body = shlex.split(about["example"])
    assert (program, url) == ("curl", f"{server.url}/v1/completions")
    name, _, value = header.partition(": ")
    answered = client.post(url, content=body, headers={name: value})
    assert answered.status_code == 200
    assert answered.json()["choices"]


def test_the_metrics_are_those_of_prometheus(client):
    """Every line is a comment, or a name with labels and a number; the histogram's last bucket holds all."""
    text = client.get("/metrics").text
    line = re.compile(r'(# (HELP|TYPE) \w+ .+)|(\w+(\{(\w+="[^"]*",?)+\})? [0-9.e+-]+)')
    assert [row for row in text.splitlines() if not line.fullmatch(row)] == []
    count = re.search(r"request_seconds_count (\d+)", text)[1]
    assert f'huggingtweets_request_seconds_bucket{{le="+Inf"}} {count}' in text


def test_the_client_of_openai_is_answered(server):
    """Its models, completions, chats, streams and errors are what it expects."""
    openai = pytest.importorskip("openai", reason="the client is no dependency")
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    settings = {"model": "heart", "temperature": WILD, "max_tokens": 12, "seed": 4}
    assert "heart" in [model.id for model in client.models.list()]
    post = client.completions.create(prompt="sothe", echo=True, **settings).choices[0]
    assert post.text.startswith("sothe")
    chat = client.chat.completions.create(messages=[{"role": "user", "content": "sothe"}], **settings)
    assert chat.choices[0].message.content == post.text
    pieces = client.chat.completions.create(
        messages=[{"role": "user", "content": "sothe"}], stream=True, **settings
    )
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == post.text
    with pytest.raises(openai.NotFoundError, match="nobody"):
        client.completions.create(model="nobody", prompt="x")


@pytest.mark.parametrize("end", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.slow)])
def test_a_key_is_asked_for_and_a_request_that_began_is_answered(place, tmp_path, end):
    """Without the key there is only /health; SIGTERM and SIGHUP let requests end, and then the server."""
    keys = tmp_path / "keys.txt"
    keys.write_text(f"another-key-of-somebody\n{KEY}\n", "utf-8")
    answered = []
    with serving("me", "--api-key-file", str(keys), cwd=place, home=place / "home") as server:
        with server.client() as stranger:
            assert stranger.get("/health").status_code == 200
            for header in ("", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer \u00e9"):
                response = stranger.get("/v1/models", headers={"authorization": header.encode("latin-1")})
                assert response.status_code == 401
                assert response.json()["error"]["code"] == "invalid_api_key"
        with server.client(headers={"authorization": f"Bearer {KEY}"}) as client:
            assert "-H 'Authorization: Bearer KEY'" in client.get("/").json()["example"]
            body = {"model": "me", "n": 16, "temperature": 9.0, "max_tokens": 1024}
            asking = threading.Thread(target=lambda: answered.append(ask(client, **body)))
            with server.client(headers={"authorization": f"Bearer {KEY}"}) as other:
                assert "posts_in_progress 0" in other.get("/metrics").text  # connected before it is needed
                asking.start()
                while not re.search("posts_in_progress [1-9]", other.get("/metrics").text):
                    assert not answered, "the request ended before it was seen"
            server.process.send_signal(signal.Signals[end])
            asking.join(60)
        assert server.process.wait(60) == 0
    assert len(answered[0]["choices"]) == 16


def test_a_deleted_model_is_not_served_from_memory(place, tmp_path):
    """What `forget` deletes answers no more."""
    shutil.copytree(place / "models" / "me", tmp_path / "models" / "me")
    with serving("me", cwd=tmp_path, home=place / "home") as server, server.client() as client:
        assert client.post("/v1/completions", json={"model": "me"}).status_code == 200
        shutil.rmtree(tmp_path / "models" / "me")
        gone = client.post("/v1/completions", json={"model": "me"})
        assert gone.status_code == 503
        assert str(tmp_path) not in gone.text


WRONG = {
    "nobody": (["nobody"], "holds no model"),
    "others without a key": (["me", "--host", "::"], "--api-key-file"),
    "no key file": (["me", "--api-key-file", "absent.txt"], "absent.txt cannot be read"),
    "a short key": (["me", "--api-key-file", "short.txt"], "16 characters"),
    "an empty key file": (["me", "--api-key-file", "empty.txt"], "one key a line"),
    "a strange address": (["me", "--host", "192.0.2.1", "--without-key"], "cannot be used"),
    "twice": (["me", "copy/me"], "both be called me"),
    "damaged": (["broken/me"], "ngram.safetensors"),
}


def refused(*arguments: str) -> str:
    """The one line with which `serve` ends before it has served."""
    done = CliRunner().invoke(app, ["serve", *arguments])
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    [line] = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_served_is_one_line(case, place, tmp_path, monkeypatch):
    """Nothing is served, and one line says why."""
    arguments, words = WRONG[case]
    for folder in ("models", "copy", "broken"):
        shutil.copytree(place / "models" / "me", tmp_path / folder / "me")
    (tmp_path / "broken" / "me" / "ngram.safetensors").write_bytes(b"no weights")
    (tmp_path / "short.txt").write_text("short\n", "utf-8")
    (tmp_path / "empty.txt").write_text("\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert words in refused(*arguments)


def test_a_taken_port_is_one_line(server, place, monkeypatch):
    """Another server on the same port says so and ends; so does one without any model."""
    monkeypatch.chdir(place)
    port = server.url.rpartition(":")[2]
    refusal = refused("me", "--port", port)
    assert "cannot be used" in refusal
    assert refusal.count(port) == 1
    monkeypatch.chdir(place / "home")
    assert "no model is below models" in refused()
