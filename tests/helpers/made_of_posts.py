"""Makes everything that can be made from the sample's posts and from another person's posts.

It is called in a process of its own. Models are written to models/ in the current folder, and are recorded
with trackio and W&B. One training is interrupted.
"""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

from huggingtweets import (
    DataConfig,
    ReadOptions,
    TrainConfig,
    dataset,
    export,
    inspect,
    load_recipe,
    merge,
    train,
)
from huggingtweets.app import selection as selections
from huggingtweets.app import training_request
from huggingtweets.app.events import EventWriter
from huggingtweets.app.selection import Place, Selection
from huggingtweets.app.sessions import Session
from huggingtweets.app.training_request import TrainingRequest
from huggingtweets.cleaning import CleaningRules
from huggingtweets.files.home_folder import home
from huggingtweets.hub import ledger
from huggingtweets.model_folder import ModelFolder
from huggingtweets.progress import Silence
from huggingtweets.sources._formats.page_cache import Page, PageCache
from huggingtweets.types import Dataset, Permission, Post
from huggingtweets.workflows.data import sample_archive
from huggingtweets.workflows.sweep import study
from tests.helpers.tiny import small_base, varied_texts

SAMPLE, OTHER = "dithering_lift", "bob"
POSTS = 130


class Interruption(Silence):
    """Interrupts a training at its third step."""

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Interrupt."""
        del steps, loss, tokens_per_second
        if step >= 3:
            raise KeyboardInterrupt


def main(inputs: Path) -> None:
    """Make everything. The posts are written to `inputs` as CSV files."""
    os.environ["TRACKIO_DIR"] = str(
        Path("trackio").resolve()
    )  # tests.conftest, which was imported, has set its own
    (inspection,) = inspect(DataConfig(locations=(str(sample_archive()),)))
    _write(inputs / f"{SAMPLE}.csv", [post.text for post in inspection.author.cleaned.posts[:POSTS]])
    _write(inputs / f"{OTHER}.csv", varied_texts(POSTS, seed=1))
    base = small_base(inputs / "base")
    tiny = [f"base={base}", "epochs=1", "evaluations=1", "sampling.max_new_tokens=12", "batch_tokens=8192"]

    def job(person: str, name: str, recipe: str = "starter", *settings: str, **more: object) -> TrainConfig:
        return TrainConfig(
            data=DataConfig(locations=(str(inputs / f"{person}.csv"),), options=ReadOptions(name=person)),
            recipe=load_recipe(recipe, settings),
            out=Path("models", name),
            evaluate=False,
            **more,
        )

    train(job(SAMPLE, "counted", "ngram", with_dataset=True))
    train(job(SAMPLE, "tiny", "starter", *tiny))
    train(job(OTHER, "bob", "starter", *tiny))
    train(job(OTHER, "heir", "starter", "base=models/tiny", *tiny[1:], tracker="none"))
    train(job(OTHER, "grandchild", "starter", "base=models/heir", *tiny[1:], tracker="none"))
    exported = export("models/tiny", to="gguf", out=inputs / "exported")
    weights = next(name for name in exported.files if name.endswith(".gguf"))
    base = f"base={inputs / 'exported' / weights}"
    train(job(OTHER, "of_an_export", "starter", base, *tiny[1:], tracker="none"))
    train(job(SAMPLE, "offline", "ngram", tracker="wandb"))
    merge(["models/tiny", "models/bob"], [], out=Path("models", "both"))
    try:
        settings = [*tiny, "batch_tokens=512"]
        broken = job(SAMPLE, "broken", "starter", *settings, tracker="none", checkpoint_seconds=0)
        train(broken, Interruption())
    except KeyboardInterrupt:
        pass
    for number, model in enumerate(("tiny", "bob")):
        _more_things(model, number, inputs)
    shutil.copytree("models/counted", "models/.counted-abcd1234")  # what a killed training leaves behind


def _write(path: Path, texts: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *enumerate(texts)])


def _more_things(model: str, number: int, inputs: Path) -> None:
    """Make fetched posts, a sweep, a run and an upload of the web page, and a ledger entry."""
    record = ModelFolder(Path("models", model)).record
    handle = record.authors[0].account.handle
    post = Post(id="1", author=handle, text="Gerald waits at the lift")
    with PageCache("x_api", f"{number}") as cache:
        list(cache.walk(lambda *_: Page([post], None)))
    settings = {"posts": [record.dataset_digest]}
    study.open_study(
        f"search {number}", None, settings, {"a": 1.0}, seed=0, pruner=study.make_pruner(1, prune=False)
    )
    _use_page(handle, number, inputs, dataset.load_stored(record.dataset_digest))
    ledger.save(
        ledger.LedgerEntry(
            url=f"https://huggingface.co/me/{model}",
            id=f"me/{model}",
            kind="model",
            endpoint="https://huggingface.co",
            handles=(handle,),
            permission=Permission(kind="author"),
            model_digest=record.model_digest,
            files=(),
            at=record.created_at,
            commit="abc",
        )
    )


def _use_page(handle: str, number: int, inputs: Path, posts: Dataset) -> None:
    """Keep what the web page keeps of a run: an upload, the request, the events; and what is selected last.

    The numbers are the names of the run and of the upload. The samples are posts, as bad models write them.
    """
    session = Session(home() / "app", Path("models").resolve(), None)
    upload = session.uploads / str(number)
    upload.mkdir(parents=True)
    location = str(shutil.copy(inputs / f"{handle}.csv", upload))
    request = TrainingRequest(
        title=handle,
        locations=(location,),
        options=ReadOptions(),
        rules=CleaningRules(),
        recipe=load_recipe("starter"),
        out=str(session.models / handle),
        name=handle,
    )
    run = training_request.save(request, session).rename(session.runs / str(number))
    EventWriter(run).sampled([post.text for post in posts.train])
    if handle == SAMPLE:
        selections.save(Selection(places=(Place(location, f"{handle}.csv"),), title=handle), session)
