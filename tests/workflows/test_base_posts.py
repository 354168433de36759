"""What an untrained base writes is drawn once for all models that are trained from it."""

from __future__ import annotations

import msgspec
import pytest

from huggingtweets import DataConfig, ReadOptions, TrainConfig, evaluate, load_recipe, models, train
from huggingtweets.types import Record, Sampling
from huggingtweets.workflows._base_posts import FOLDER, cached_base_posts
from tests.helpers.tiny import varied_texts


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A model of the base that ships, with the home that its posts are kept in."""
    place = tmp_path_factory.mktemp("made")
    rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(120, seed=5))]
    (place / "posts.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    settings = ["epochs=1", "evaluations=1", "sampling.max_new_tokens=8", "batch_tokens=4096"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        job = TrainConfig(
            data=DataConfig(locations=(str(place / "posts.csv"),), options=ReadOptions(name="Me")),
            recipe=load_recipe("starter", settings),
            out=place / "me",
            tracker="none",
            evaluate=False,
        )
        return place, train(job).record


def drawn(record: Record, count: int = 2, seed: int = 0) -> bool:
    """Whether the posts had to be drawn; what is returned is what was drawn then or earlier."""
    calls = []

    def write(sampling: Sampling) -> list[str]:
        calls.append(sampling)
        return ["one", "two"]

    assert cached_base_posts(record, count, seed, write) == ["one", "two"]
    return bool(calls)


def test_an_evaluation_finds_the_posts_of_an_earlier_one(made, monkeypatch):
    """The second evaluation draws with the model alone, and says the same."""
    place, _ = made
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
    first = evaluate(place / "me", count=16).evaluation
    load_base, wrote = models.load_base_of, []

    def load(record):
        base = load_base(record)
        monkeypatch.setattr(base, "sampler", wrote.append)
        return base

    monkeypatch.setattr(models, "load_base_of", load)
    assert evaluate(place / "me", count=16).evaluation == first
    assert not wrote


def test_what_they_depend_on_tells_them_apart(made):
    """Another number, seed, opening, sampling or base has posts of its own."""
    _, record = made
    assert drawn(record)
    assert not drawn(record)
    recipe, base = record.recipe, record.base
    others = [
        msgspec.structs.replace(record, recipe=msgspec.structs.replace(recipe, opening="Post:\n")),
        msgspec.structs.replace(
            record, recipe=msgspec.structs.replace(recipe, sampling=Sampling(temperature=0.5))
        ),
        msgspec.structs.replace(record, base=msgspec.structs.replace(base, digest="0" * 64)),
    ]
    assert all(drawn(other) for other in others)
    assert drawn(record, count=3)
    assert drawn(record, seed=1)
    assert not drawn(msgspec.structs.replace(record, name="another", recipe=record.recipe))


@pytest.mark.parametrize(("longest", "expected"), [(1000, 64), (64, 64), (8, 8)])
@pytest.mark.usefixtures("home")
def test_they_are_no_longer_than_a_person_s(made, longest, expected):
    """A base that never ends a post does not write ten times as much as a person does."""
    _, record = made
    sampling = Sampling(temperature=0.5, max_new_tokens=longest)
    recipe = msgspec.structs.replace(record.recipe, sampling=sampling)
    told = []
    cached_base_posts(
        msgspec.structs.replace(record, recipe=recipe), 2, 0, lambda given: told.append(given) or []
    )
    assert told == [msgspec.structs.replace(sampling, max_new_tokens=expected)]


@pytest.mark.parametrize("changes", [{"name": "a-folder"}, {"ancestors": ("0" * 64,)}])
def test_those_of_somebody_s_base_are_not_kept(made, home, changes):
    """A base that may have been trained on a person's posts leaves nothing that `forget` does not find."""
    _, record = made
    other = msgspec.structs.replace(record, base=msgspec.structs.replace(record.base, **changes))
    assert drawn(other)
    assert drawn(other)
    assert not (home / FOLDER).exists()


def of_the_hub(record: Record, asked_for: str) -> Record:
    """A record of a model whose base came from the Hub."""
    base = msgspec.structs.replace(record.base, name="HuggingFaceTB/SmolLM2-135M", revision="0" * 40)
    recipe = msgspec.structs.replace(record.recipe, base=asked_for)
    return msgspec.structs.replace(record, base=base, recipe=recipe)


def test_those_of_a_named_base_that_the_hub_gave_are_kept(made):
    """A record calls such a base by its id on the Hub; the recipe says its name."""
    record = of_the_hub(made[1], "smollm2-135m")
    assert drawn(record)
    assert not drawn(record)


@pytest.mark.parametrize("asked_for", ["HuggingFaceTB/SmolLM2-135M", "gpt2"])
def test_those_of_a_base_that_the_recipe_calls_otherwise_are_not_kept(made, home, asked_for):
    """The id alone may be that of anybody's model, and another name is that of another base."""
    record = of_the_hub(made[1], asked_for)
    assert drawn(record)
    assert drawn(record)
    assert not (home / FOLDER).exists()


@pytest.mark.parametrize("damage", [b'["one"', b'["\xff"]'])
def test_a_damaged_file_is_replaced(made, home, damage):
    """Whatever became of the file, the posts are drawn again and kept again."""
    _, record = made
    assert drawn(record)
    [file] = (home / FOLDER).iterdir()
    file.write_bytes(damage)
    assert drawn(record)
    assert not drawn(record)


def test_a_folder_that_is_called_as_a_named_base_is_not_one(made, home):
    """What a base in a folder writes is not kept, whatever the folder's name."""
    _, record = made
    recipe = msgspec.structs.replace(record.recipe, base="bases/starter")
    other = msgspec.structs.replace(record, recipe=recipe)
    assert drawn(other)
    assert drawn(other)
    assert not (home / FOLDER).exists()


def test_a_home_that_cannot_be_written_loses_no_work(made, home):
    """The posts are drawn each time, and the evaluation goes on."""
    _, record = made
    (home / FOLDER).write_text("a file where the folder would be", "utf-8")
    assert drawn(record)
    assert drawn(record)
