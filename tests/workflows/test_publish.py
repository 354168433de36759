"""Publishing, through the real huggingface_hub to a server on this machine that speaks the Hub's API."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.request import urlopen

import huggingface_hub.constants as hub_constants
import pytest
from huggingface_hub import DatasetCard, ModelCard, snapshot_download
from msgspec.structs import replace
from typer.testing import CliRunner

from huggingtweets import DataConfig, ReadOptions, TrainConfig, generate, load_recipe, merge, train
from huggingtweets import dataset as datasets
from huggingtweets.cli import app
from huggingtweets.errors import MissingSecret, ModelError, PublishError
from huggingtweets.hub import ledger
from huggingtweets.model_folder import ModelFolder
from huggingtweets.types import Permission, Sample
from huggingtweets.workflows.publish import plan_publishing, publish
from tests.helpers.hub_server import HubServer
from tests.helpers.tiny import tiny_base, varied_texts

TOKEN = "hf_planted"  # noqa: S105 -- of the server in these tests
AUTHOR = Permission(kind="author")
HUB_ID, COMMIT = "huggingtweets-tests/publishing", "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two people's models of one base, the mean of both, and an adapter of a base on the Hub."""
    place = tmp_path_factory.mktemp("publishing")
    base = tiny_base(place / "base")
    cached = Path(hub_constants.HF_HUB_CACHE) / f"models--{HUB_ID.replace('/', '--')}"
    shutil.copytree(base, cached / "snapshots" / COMMIT)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(COMMIT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        for seed, name in enumerate(("ada", "bob")):
            learnt(place, name, name, seed, f"base={base}")
        learnt(place, "ada", "adapter", 0, f"base={HUB_ID}", "method=lora")
        merge([place / "models" / "ada", place / "models" / "bob"], [], out=place / "models" / "both")
    return place


def learnt(place, person, name, seed, *settings):
    rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(130, seed=seed))]
    (place / f"{person}.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    given = ["epochs=1", "evaluations=1", "sampling.max_new_tokens=12", *settings]
    train(
        TrainConfig(
            data=DataConfig(locations=(str(place / f"{person}.csv"),), options=ReadOptions(name=person)),
            recipe=load_recipe("starter", given),
            out=place / "models" / name,
            tracker="none",
            evaluate=False,
        )
    )


@pytest.fixture
def models(place, monkeypatch, tmp_path):
    """Copies of the models that a test may change, with their posts at hand."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(shutil.copytree(place / "home", tmp_path / "home")))
    return shutil.copytree(place / "models", tmp_path / "models")


@pytest.fixture
def hub(monkeypatch):
    """A Hub that the library asks instead of the real one, with files over plain LFS."""
    with HubServer(TOKEN) as server:
        monkeypatch.setattr(hub_constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(hub_constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(hub_constants, "ENDPOINT", server.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield server


def files_of(hub, name, kind="model"):
    return hub.repositories[kind, name].files


def test_a_published_model_is_the_one_on_disk(hub, models, tmp_path):
    """Every file arrives byte for byte but the card; what is downloaded again writes posts under guard."""
    planned = plan_publishing(models / "ada", AUTHOR)
    done = publish(planned)
    there = files_of(hub, "ada/ada")
    on_disk = {path.name: path.read_bytes() for path in (models / "ada").iterdir()}
    assert there.keys() == on_disk.keys()
    assert {name for name in there if there[name] != on_disk[name]} == {"README.md"}
    assert {
        "model.safetensors",
        "tokenizer.json",
        "statistics.json",
        "run.json",
        "pipeline.png",
    } <= there.keys()
    assert done.url == f"{hub.url}/ada/ada"
    assert done.commit == hub.repositories["model", "ada/ada"].sha
    folder = tmp_path / "back"
    for upload in planned.repositories[0].uploads:
        (folder / upload.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / upload.path).write_bytes(there[upload.path])
    assert len(generate(folder, "the", count=2, seed=0).samples) == 2


def test_the_card_on_the_hub(hub, models):
    """It is valid, says it is a bot, whose posts and with what permission; its links lead somewhere."""
    said = Permission(kind="given", words="Ada <b>agreed</b>\nby mail, 3 May | 2026")
    publish(plan_publishing(models / "ada", said, to="ada/bot"))
    text = files_of(hub, "ada/bot")["README.md"].decode()
    card = ModelCard(text)
    card.validate()
    assert hub.count("/api/validate-yaml") == 2
    body = unescape(card.text)
    assert "AI BOT" in body
    assert "@ada said none of it" in body
    assert "the posts are by @ada" in body
    assert "the author agreed to it: Ada <b>agreed</b> by mail, 3 May | 2026" in body
    assert "<b>agreed" not in card.text
    assert card.data.thumbnail == f"{hub.url}/ada/bot/resolve/main/predictions.png"
    with urlopen(card.data.thumbnail) as answer:  # noqa: S310 -- of the server here
        assert answer.read() == (models / "ada" / "predictions.png").read_bytes()
    linked = re.findall(r"\]\(([^):]+)\)|src=\"([^\":]+)\"", card.text)
    assert len(linked) >= 4
    assert {one or other for one, other in linked} <= files_of(hub, "ada/bot").keys()


@pytest.mark.parametrize(
    ("name", "base", "library", "people"),
    [
        ("both", None, "transformers", ["@ada", "@bob"]),
        ("adapter", HUB_ID, "peft", ["@ada"]),
    ],
)
def test_merged_models_and_adapters(hub, models, name, base, library, people):
    """A mean of models names everybody; an adapter names its base; neither names a path of this machine."""
    publish(plan_publishing(models / name, Permission(kind="public-figure"), to=f"ada/{name}"))
    there = files_of(hub, f"ada/{name}")
    card = ModelCard(there["README.md"].decode())
    assert (card.data.base_model, card.data.library_name) == (base, library)
    assert all(person in unescape(card.text) for person in people)
    assert f"{' and '.join(people)} is a public figure" in unescape(card.text)
    assert not [path for path, content in there.items() if str(models.parent).encode() in content]


def test_publishing_twice_changes_nothing(hub, models):
    """The second time no commit is made and no large file is sent."""
    first = publish(plan_publishing(models / "ada", AUTHOR))
    sent, commits = hub.count("PUT /lfs/"), list(hub.repositories["model", "ada/ada"].commits)
    second = publish(plan_publishing(models / "ada", AUTHOR))
    assert (first.changed, second.changed) == (True, False)
    assert second.commit == first.commit
    assert hub.count("PUT /lfs/") == sent
    assert hub.repositories["model", "ada/ada"].commits == commits


def test_an_upload_that_broke_off_goes_on(hub, models):
    """After a failure half-way nothing is to be seen; the next run sends only what is missing."""
    hub.fail(f"PUT /lfs/{ModelFolder(models / 'ada').record.model_digest}", 403)
    with pytest.raises(PublishError, match="403"):
        publish(plan_publishing(models / "ada", AUTHOR))
    stored = hub.repositories["model", "ada/ada"]
    assert (stored.files, len(stored.commits)) == ({}, 1)
    assert [entry.commit for entry in ledger.entries().values()] == [""]
    large, before = len(hub.large), hub.count("PUT /lfs/")
    assert large > 3
    done = publish(plan_publishing(models / "ada", AUTHOR))
    assert hub.count("PUT /lfs/") - before == len(hub.large) - large == 1
    assert stored.files["model.safetensors"] == (models / "ada" / "model.safetensors").read_bytes()
    assert [entry.commit for entry in ledger.entries().values()] == [done.commit]


def test_a_lost_answer_makes_no_second_commit(hub, models):
    """The commit is made, its answer is a 502: the next try sees that all is there."""
    hub.fail("/commit/main", 502, after=True)
    done = publish(plan_publishing(models / "ada", AUTHOR))
    assert hub.repositories["model", "ada/ada"].commits == ["initial commit", "Upload with huggingtweets"]
    assert done.commit == hub.repositories["model", "ada/ada"].sha


def test_passing_trouble_is_waited_out(hub, models):
    """A busy Hub is asked again, as often as there are waits; then the error says that it can go on later."""
    hub.fail("POST /api/repos/create", 429)
    hub.fail("GET /api/whoami-v2", 503)
    hub.fail("/commit/main", 503)
    assert publish(plan_publishing(models / "ada", AUTHOR)).changed
    hub.fail("POST /api/repos/create", 503, times=5)
    with pytest.raises(PublishError, match="goes on with what is missing"):
        publish(plan_publishing(models / "ada", AUTHOR))


def test_what_is_no_longer_part_is_deleted_there(hub, models):
    """A file that an earlier publishing put there goes; files of others stay."""
    publish(plan_publishing(models / "ada", AUTHOR))
    files_of(hub, "ada/ada")["made-by-hand.txt"] = b"mine"
    (models / "ada" / "curves.png").unlink()
    planned = plan_publishing(models / "ada", AUTHOR)
    assert planned.repositories[0].deletions == ("curves.png",)
    publish(planned)
    assert "curves.png" not in files_of(hub, "ada/ada")
    assert files_of(hub, "ada/ada")["made-by-hand.txt"] == b"mine"
    assert not plan_publishing(models / "ada", AUTHOR).repositories[0].deletions


def test_posts_go_only_where_asked_into_a_repository_of_their_own(hub, models, tmp_path):
    """Without the option no post leaves; with it a dataset repository has them, linked with the model's."""
    datasets.save(
        datasets.load_stored(ModelFolder(models / "ada").record.dataset_digest),
        made(models / "ada" / "dataset"),
    )
    planned = plan_publishing(models / "ada", AUTHOR)
    assert "dataset/" in planned.left_out
    publish(planned)
    assert list(hub.repositories) == [("model", "ada/ada")]
    assert not [path for path in files_of(hub, "ada/ada") if path.endswith(".parquet")]
    done = publish(plan_publishing(models / "ada", AUTHOR, with_dataset=True, private=False))
    assert done.dataset_url == f"{hub.url}/datasets/ada/ada-posts"
    there = files_of(hub, "ada/ada-posts", "dataset")
    folder = made(tmp_path / "posts")
    for name, content in there.items():
        (folder / name).write_bytes(content)
    assert datasets.load(folder) == datasets.load_stored(ModelFolder(models / "ada").record.dataset_digest)
    card = DatasetCard(there["README.md"].decode())
    card.validate(repo_type="dataset")
    assert "say" in card.text
    assert {file["path"] for file in card.data.configs[0]["data_files"]} <= there.keys()
    assert ModelCard(files_of(hub, "ada/ada")["README.md"].decode()).data.datasets == ["ada/ada-posts"]


def test_a_collection_only_where_asked(hub, models):
    """The model is added to the collection of the title given, once, and made with it."""
    publish(plan_publishing(models / "ada", AUTHOR))
    assert not hub.collections
    for _ in range(2):
        done = publish(plan_publishing(models / "ada", AUTHOR, collection="My bots"))
    (collection,) = hub.collections.values()
    assert collection["title"] == "My bots"
    assert [item["id"] for item in collection["items"]] == ["ada/ada"]
    assert done.collection_url == f"{hub.url}/collections/{collection['slug']}"


def test_without_a_permission_nothing_is_published(hub, models):
    """No reason, an empty one, or one that does not reach as far: nothing is asked of the Hub."""
    with pytest.raises(PublishError, match=r"--i-am-the-author .*--with-permission .*--public-figure"):
        plan_publishing(models / "ada", None)
    with pytest.raises(PublishError, match="who agreed, when and how"):
        plan_publishing(models / "ada", Permission(kind="given", words=" "))
    with pytest.raises(PublishError, match="not yours to publish"):
        plan_publishing(models / "ada", Permission(kind="public-figure"), with_dataset=True)
    assert hub.asked == []


def test_a_copied_post_is_not_published(hub, models):
    """A sample, or a sentence of the card, that repeats a training post stops all, and says what to do."""
    record = ModelFolder(models / "ada").record
    post = next(p.text for p in datasets.load_stored(record.dataset_digest).train if len(p.text.split()) > 10)
    card = (models / "ada" / "README.md").read_text("utf-8")
    (models / "ada" / "README.md").write_text(f"{card}\n\n{post}\n", "utf-8")
    with pytest.raises(PublishError, match="repeats a post that the model learnt from"):
        plan_publishing(models / "ada", AUTHOR)
    copied = Sample(prompt="so", text=f"so {post}")
    ModelFolder(models / "ada").save_record(replace(record, result=replace(record.result, samples=(copied,))))
    with pytest.raises(PublishError, match=r"copies a training post.*--seed"):
        plan_publishing(models / "ada", AUTHOR)
    assert not hub.repositories


@pytest.mark.parametrize("gone", ["AI BOT", "@ada", "made by a machine"])
def test_a_card_that_hides_what_it_is_is_not_published(hub, models, gone):
    """A card must say that it is a bot, that a machine wrote this, and whose posts; changes beside stay."""
    path = models / "ada" / "README.md"
    card = path.read_text("utf-8")
    path.write_text(f"{card}\n## By hand\n\nA word of mine.\n", "utf-8")
    publish(plan_publishing(models / "ada", AUTHOR))
    assert b"A word of mine." in files_of(hub, "ada/ada")["README.md"]
    path.write_text(unescape(card).replace(gone, ""), "utf-8")
    with pytest.raises(PublishError, match=f"does not say '{gone}'"):
        plan_publishing(models / "ada", AUTHOR)
    path.unlink()
    with pytest.raises(ModelError, match="writes it anew"):
        plan_publishing(models / "ada", AUTHOR)


def test_a_model_that_holds_posts_needs_more(hub, ngram_model):
    """An n-gram model goes only together with its posts, and never those of a public figure."""
    with pytest.raises(PublishError, match="nearly word for word"):
        plan_publishing(ngram_model, AUTHOR)
    with pytest.raises(PublishError, match="not yours to publish"):
        plan_publishing(ngram_model, Permission(kind="public-figure"))
    done = publish(plan_publishing(ngram_model, AUTHOR, to="ada/me", with_dataset=True, private=True))
    assert done.changed
    assert hub.repositories["model", "ada/me"].private
    assert hub.repositories["dataset", "ada/me-posts"].private


def test_the_report_goes_without_what_guards_refuse(hub, ngram_model, tmp_path):
    """A page that shows a training post is drawn anew without samples; where it cannot be, it stays here."""
    own = shutil.copytree(ngram_model, tmp_path / "own")
    post = next(
        p.text
        for p in datasets.load_stored(ModelFolder(own).record.dataset_digest).train
        if len(p.text.split()) > 10
    )
    page = (own / "report.html").read_text("utf-8")
    (own / "report.html").write_text(page.replace("</main>", f"<p>{post}</p></main>"), "utf-8")
    publish(plan_publishing(own, AUTHOR, to="ada/bot", with_dataset=True))
    sent = files_of(hub, "ada/bot")["report.html"].decode()
    assert post not in sent
    assert 'id="samples"' not in sent
    assert "Does it predict" in sent
    (own / "report.json").unlink()
    assert "report.html" in plan_publishing(own, AUTHOR, with_dataset=True).left_out


def test_private_means_private(hub, models):
    """A repository that is there and public is not filled with what should be private."""
    publish(plan_publishing(models / "ada", AUTHOR, private=True, to="ada/hidden"))
    assert hub.repositories["model", "ada/hidden"].private
    publish(plan_publishing(models / "ada", AUTHOR, to="ada/open"))
    with pytest.raises(PublishError, match="there already and public"):
        publish(plan_publishing(models / "bob", AUTHOR, private=True, to="ada/open"))
    assert len(hub.repositories["model", "ada/open"].commits) == 2


def test_only_parts_of_a_model_leave(hub, models):
    """What is no part of a model stays, and is named: notes, links, folders, pickles."""
    folder = models / "ada"
    (folder / "secret.txt").write_text("mine")
    (folder / "weights.bin").write_bytes(b"\x80")
    (folder / "link.json").symlink_to(folder.parent / "bob" / "run.json")
    made(folder / "more")
    planned = plan_publishing(folder, AUTHOR)
    assert planned.left_out.keys() == {"secret.txt", "weights.bin", "link.json", "more"}
    publish(planned)
    assert not files_of(hub, "ada/ada").keys() & planned.left_out.keys()


@pytest.mark.usefixtures("hub")
def test_one_clear_error_for_what_the_hub_refuses(models, monkeypatch):
    """No token, a wrong one, somebody else's name, a bad name, no network, no encryption: one line each."""
    with pytest.raises(PublishError, match=r"may not write there.*403"):
        publish(plan_publishing(models / "ada", AUTHOR, to="bob/ada"))
    with pytest.raises(PublishError, match="expected owner/name"):
        plan_publishing(models / "ada", AUTHOR, to="ada")
    with pytest.raises(PublishError, match="no name on the Hub"):
        plan_publishing(models / "ada", AUTHOR, to="ada/b--b")
    with pytest.raises(PublishError, match=r"does not accept the token.*401"):
        plan_publishing(models / "ada", AUTHOR, token="hf_wrong")  # noqa: S106
    with pytest.raises(PublishError, match="characters that no token has") as refused:
        plan_publishing(models / "ada", AUTHOR, token="hf_\x01planted")  # noqa: S106
    assert "planted" not in str(refused.value)
    with pytest.raises(PublishError, match="not encrypted"):
        plan_publishing(models / "ada", AUTHOR, endpoint="http://hub.example")
    with pytest.raises(PublishError, match="cannot be reached"):
        publish(plan_publishing(models / "ada", AUTHOR, to="ada/x", endpoint="http://127.0.0.1:1"))
    monkeypatch.setattr(hub_constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PublishError, match="HF_HUB_OFFLINE"):
        plan_publishing(models / "ada", AUTHOR)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(MissingSecret, match="hf auth login"):
        plan_publishing(models / "ada", AUTHOR)


def test_the_command_shows_everything_and_asks(hub, models):
    """Without terminal and --yes nothing is uploaded; the list has every file, --json the result."""
    command = ["publish", str(models / "ada"), "--i-am-the-author"]
    refused = CliRunner().invoke(app, command)
    assert refused.exit_code == 2
    assert not hub.repositories
    for path in (models / "ada").iterdir():
        assert re.search(rf"\d (bytes|KB|MB)  {re.escape(path.name)}\n", refused.stderr)
    assert "agree to it with --yes" in refused.stderr
    both = CliRunner().invoke(app, [*command, "--public-figure"])
    assert (both.exit_code, "give one of" in both.stderr) == (2, True)
    done = CliRunner().invoke(app, [*command, "--yes", "--json"])
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["url"] == f"{hub.url}/ada/ada"
    again = CliRunner().invoke(app, [*command, "--yes"])
    assert "was up to date" in again.stdout


def test_a_published_model_can_be_fetched_by_the_library(hub, models, tmp_path, monkeypatch):
    """huggingface_hub's own download of all files gives what was on disk."""
    publish(plan_publishing(models / "ada", AUTHOR))
    monkeypatch.setattr(hub_constants, "ENDPOINT", "https://huggingface.co")  # addresses are made from it
    fetched = Path(snapshot_download("ada/ada", cache_dir=tmp_path / "cache", endpoint=hub.url, token=TOKEN))
    weights = (models / "ada" / "model.safetensors").read_bytes()
    assert (fetched / "model.safetensors").read_bytes() == weights


def made(folder):
    folder.mkdir()
    return folder
