"""Files that version 1.0 of the page wrote are still read, and written in the same form."""

from __future__ import annotations

import json
from datetime import date

import msgspec
import pytest

from huggingtweets import ReadOptions, load_recipe
from huggingtweets.app import events, selection, training_request
from huggingtweets.app.run_progress import progress_of
from huggingtweets.app.sessions import Session
from huggingtweets.app.tabs import train_view
from huggingtweets.cleaning import CleaningRules
from huggingtweets.types import CurvePoint

EVENTS = """\
{"type":"Waiting","at":1.0}
{"type":"Running","at":2.0,"pid":1,"since":0.0}
{"type":"Stage","at":3.0,"name":"read","detail":""}
{"type":"Read","at":4.0,"posts":10,"expected":20}
{"type":"Stage","at":5.0,"name":"train","detail":"10 posts"}
{"type":"Stepped","at":6.0,"step":1,"steps":2,"loss":3.0}
{"type":"Evaluated","at":7.0,"point":{"step":1,"epoch":0.5,"bits_per_byte":2.5,"train_loss":null,"copied":null}}
{"type":"Heard","at":8.0,"samples":["the owl sleeps","the lamp is lit"]}
{"type":"Said","at":9.0,"message":"going on from step 1"}
{"type":"Stage","at":10.0,"name":"dress","detail":""}
{"type":"Stopped","at":11.0,"message":"its time on this page is up"}
{"type":"Failed","at":12.0,"message":"the disk is full"}
{"type":"Done","at":13.0,"model":"jane"}
"""
REQUEST = (
    '{"title":"jane","locations":["/a/posts.csv"],"options":{"handle":"jane","name":null,"text_column":null,'
    '"server":null,"allow_private":false,"agreed":false},"rules":{"keep_replies":false,"lang":"en",'
    '"keep_line_breaks":false,"since":"2020-01-01","until":null},"recipe":{"name":"ngram","base":"none",'
    '"summary":"A table of which letters follow which: offline, a second, no neural network.",'
    '"method":"ngram","lora_rank":16,"lora_alpha":32,"merge_adapter":false,"epochs":4,"learning_rate":0.001,'
    '"warmup":0.0,"cooldown":0.0,"optimizer":"adamw","matrix_rate":0.02,"weight_decay":0.0,"beta1":0.9,'
    '"beta2":0.999,"dropout":0.0,"batch_tokens":1024,"gradient_clip":1.0,"evaluations":8,"patience":2,'
    '"mix":{},"speakers":false,"seed":0,"sampling":{"temperature":1.0,"top_p":1.0,"max_new_tokens":1000}},'
    '"out":"/m/jane","name":"jane","tracker":"trackio","seconds":5.0,"asked":1.5}'
)
SELECTION = (
    '{"places":[{"location":"/a/posts.csv","shown":"posts.csv"}],"person":"jane","rules":{"keep_replies":true,'
    '"lang":"en","keep_line_breaks":false,"since":null,"until":null},"title":"jane","kept":10,"enough":true}'
)


def test_events_are_read(tmp_path):
    """Every kind of line that version 1.0 wrote becomes the event that it was."""
    (tmp_path / "events.jsonl").write_text(EVENTS, "utf-8")
    assert events.load(tmp_path) == [
        events.Queued(at=1.0),
        events.Running(at=2.0, pid=1, since=0.0),
        events.Stage(at=3.0, name="read"),
        events.Read(at=4.0, posts=10, expected=20),
        events.Stage(at=5.0, name="train", detail="10 posts"),
        events.Stepped(at=6.0, step=1, steps=2, loss=3.0),
        events.Evaluated(at=7.0, point=CurvePoint(step=1, epoch=0.5, bits_per_byte=2.5)),
        events.Sampled(at=8.0, samples=("the owl sleeps", "the lamp is lit")),
        events.Noted(at=9.0, message="going on from step 1"),
        events.Stage(at=10.0, name="dress"),
        events.Stopped(at=11.0, message="its time on this page is up"),
        events.Failed(at=12.0, message="the disk is full"),
        events.Done(at=13.0, model="jane"),
    ]


def test_events_are_written_as_before(tmp_path):
    """A page of version 1.0 reads what a run of this version writes."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "events.jsonl").write_text(EVENTS, "utf-8")
    for event in events.load(tmp_path / "old"):
        events.append(tmp_path, event)
    assert (tmp_path / "events.jsonl").read_text("utf-8") == EVENTS


@pytest.mark.parametrize(
    ("stage", "shown"),
    [
        ("read", "Reading the posts"),
        ("train", "Learning"),
        ("write", "Writing posts to evaluate"),
        ("dress", "Drawing its card and pictures"),
        ("copying", "Evaluating what it writes"),
    ],
)
def test_stages_are_shown(tmp_path, stage, shown):
    """A run that began under version 1.0 shows its stage by the name that it was given then."""
    running = events.Running(pid=1, since=0.0)
    line = f'{{"type":"Stage","at":10.0,"name":"{stage}","detail":""}}\n'
    (tmp_path / "events.jsonl").write_text(line, "utf-8")
    [event] = events.load(tmp_path)
    assert shown in train_view._state_line(running, progress_of([running, event]), None)


def test_a_training_request_is_read_and_shown(tmp_path):
    """A run of version 1.0 is listed with its request, its samples and how it ended."""
    session = Session(tmp_path, tmp_path / "models", None)
    folder = session.runs / "1700000000-abcd"
    folder.mkdir(parents=True)
    (folder / "lesson.json").write_text(REQUEST, "utf-8")
    (folder / "events.jsonl").write_text(EVENTS, "utf-8")
    [run] = training_request.runs(session)
    assert run.request == training_request.TrainingRequest(
        title="jane",
        locations=("/a/posts.csv",),
        options=ReadOptions(handle="jane"),
        rules=CleaningRules(keep_replies=False, lang="en", since=date(2020, 1, 1)),
        recipe=load_recipe("ngram"),
        out="/m/jane",
        name="jane",
        tracker="trackio",
        seconds=5.0,
    )
    assert run.state == events.Done(at=13.0, model="jane")
    assert "the owl sleeps" in train_view.run(run, None, session)


def test_a_training_request_is_written_as_before(tmp_path):
    """The file has the same name and the same keys, but for the time of the request, which nothing reads."""
    request = msgspec.json.decode(REQUEST, type=training_request.TrainingRequest)
    folder = training_request.save(request, Session(tmp_path, tmp_path / "models", None))
    written, before = json.loads((folder / "lesson.json").read_bytes()), json.loads(REQUEST)
    assert written == {key: value for key, value in before.items() if key != "asked"}


def test_a_selection_is_read_and_written_as_before(tmp_path):
    """The selection that a visitor made under version 1.0 is found again."""
    session = Session(tmp_path, tmp_path / "models", None)
    (tmp_path / "chosen.json").write_text(SELECTION, "utf-8")
    loaded = selection.load(session)
    assert loaded == selection.Selection(
        places=(selection.Place("/a/posts.csv", "posts.csv"),),
        person="jane",
        rules=CleaningRules(lang="en"),
        title="jane",
        kept=10,
        enough=True,
    )
    selection.save(loaded, session)
    assert (tmp_path / "chosen.json").read_text("utf-8") == SELECTION
