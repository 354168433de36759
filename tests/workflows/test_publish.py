"""Publishing, with the real huggingface_hub and a server on this machine that has the Hub's API."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.request import urlopen

import huggingface_hub.constants as hub_constants
import msgspec
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
from huggingtweets.types import Permission, Record, Sample
from huggingtweets.workflows.forget import find_traces
from huggingtweets.workflows.publish import plan_publishing, publish
from tests.helpers.hub_server import HubServer
from tests.helpers.tiny import small_base, varied_texts

TOKEN = "hf_planted"  # noqa: S105 -- of the server in these tests
AUTHOR = Permission(kind="author")
OWN = ("tweets.json", ".run.json", "me.png", "older.safetensors", "prompt.jinja")  # that somebody put there
HUB_ID, COMMIT = "huggingtweets-tests/publishing", "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two people's models of one base, their merged model, and an adapter of a base on the Hub."""
    place = tmp_path_factory.mktemp("publishing")
    base = small_base(place / "base")
    cached = Path(hub_constants.HF_HUB_CACHE) / f"models--{HUB_ID.replace('/', '--')}"
    shutil.copytree(base, cached / "snapshots" / COMMIT)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(COMMIT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        for seed, name in enumerate(("ada", "bob")):
            train_model(place, name, name, seed, f"base={base}")
        train_model(place, "ada", "adapter", 0, f"base={HUB_ID}", "method=lora")
        merge([place / "models" / "ada", place / "models" / "bob"], [], out=place / "models" / "both")
    return place


def train_model(place, person, name, seed, *settings):
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
    """Copies of the models and of their posts, which a test may change."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(shutil.copytree(place / "home", tmp_path / "home")))
    return shutil.copytree(place / "models", tmp_path / "models")


@pytest.fixture
def hub(monkeypatch):
    """A Hub that the library uses instead of the real one, with uploads by plain LFS."""
    with HubServer(TOKEN) as server:
        monkeypatch.setattr(hub_constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(hub_constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(hub_constants, "ENDPOINT", server.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield server


def files_of(hub, name, kind="model"):
    return hub.repositories[kind, name].files


def test_a_published_model_is_the_one_on_disk(hub, models, tmp_path):
    """Files are uploaded unchanged, but for the card and the path of the base; they generate posts again."""
    plan = plan_publishing(models / "ada", AUTHOR)
    published = publish(plan)
    files = files_of(hub, "ada/ada")
    on_disk = {path.name: path.read_bytes() for path in (models / "ada").iterdir()}
    assert files.keys() == on_disk.keys()
    assert {name for name in files if files[name] != on_disk[name]} == {"README.md", "run.json"}
    base = ModelFolder(models / "ada").record.recipe.base
    assert base.encode() in on_disk["run.json"]
    assert not [name for name, content in files.items() if base.encode() in content]
    uploaded = msgspec.json.decode(files["run.json"], type=Record)
    assert uploaded.recipe.base == "./base"  # alone it would be the name of a model on the Hub
    assert uploaded.base.name == "base"
    assert {
        "model.safetensors",
        "tokenizer.json",
        "statistics.json",
        "run.json",
        "pipeline.png",
    } <= files.keys()
    assert published.url == f"{hub.url}/ada/ada"
    assert published.commit == hub.repositories["model", "ada/ada"].sha
    folder = tmp_path / "back"
    for upload in plan.repositories[0].uploads:
        (folder / upload.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / upload.path).write_bytes(files[upload.path])
    assert len(generate(folder, "the", count=2, seed=0).samples) == 2


def test_the_card_on_the_hub(hub, models):
    """It is valid, says that it is a bot, whose posts and with what permission; no link is broken."""
    permission = Permission(kind="given", words="Ada <b>agreed</b>\nby mail, 3 May | 2026")
    publish(plan_publishing(models / "ada", permission, to="ada/bot"))
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
    """A merged model names all people, an adapter its base, and neither a path of this machine."""
    publish(plan_publishing(models / name, Permission(kind="public-figure"), to=f"ada/{name}"))
    files = files_of(hub, f"ada/{name}")
    card = ModelCard(files["README.md"].decode())
    assert (card.data.base_model, card.data.library_name) == (base, library)
    assert all(person in unescape(card.text) for person in people)
    assert f"{' and '.join(people)} is a public figure" in unescape(card.text)
    assert not [path for path, content in files.items() if str(models.parent).encode() in content]


def test_a_dry_run_shows_every_file_and_needs_no_token(hub, models, monkeypatch):
    """The result is on standard output, and as JSON; the Hub is asked nothing, and nothing is uploaded."""
    monkeypatch.delenv("HF_TOKEN")
    words = ["publish", str(models / "ada"), "--i-am-the-author", "--with-dataset", "--dry-run"]
    shown = CliRunner().invoke(app, words)
    assert (shown.exit_code, shown.stderr) == (0, "")
    on_disk = {path.name for path in (models / "ada").iterdir()}
    assert all(f"  {name}\n" in shown.stdout for name in on_disk)
    assert "/YOU/ada (everybody sees it)" in shown.stdout
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    posts, model = told["repositories"]
    assert posts["url"].endswith("/datasets/YOU/ada-posts")
    assert {file["path"] for file in model["files"]} == on_disk
    assert hub.requests == []
    refused = CliRunner().invoke(app, ["publish", str(models / "ada"), "--dry-run"])
    assert refused.exit_code == 2


def test_publishing_twice_changes_nothing(hub, models):
    """The second time there is no commit, and no large file is sent."""
    first = publish(plan_publishing(models / "ada", AUTHOR))
    sent, commits = hub.count("PUT /lfs/"), list(hub.repositories["model", "ada/ada"].commits)
    second = publish(plan_publishing(models / "ada", AUTHOR))
    assert (first.changed, second.changed) == (True, False)
    assert second.commit == first.commit
    assert hub.count("PUT /lfs/") == sent
    assert hub.repositories["model", "ada/ada"].commits == commits


def test_an_interrupted_upload_is_continued(hub, models):
    """After a failure half-way the repository is empty; the next upload sends only what is missing."""
    hub.fail(f"PUT /lfs/{ModelFolder(models / 'ada').record.model_digest}", 403)
    with pytest.raises(PublishError, match="403"):
        publish(plan_publishing(models / "ada", AUTHOR))
    stored = hub.repositories["model", "ada/ada"]
    assert (stored.files, len(stored.commits)) == ({}, 1)
    assert [entry.commit for entry in ledger.entries().values()] == [""]
    large, before = len(hub.large), hub.count("PUT /lfs/")
    assert large > 3
    published = publish(plan_publishing(models / "ada", AUTHOR))
    assert hub.count("PUT /lfs/") - before == len(hub.large) - large == 1
    assert stored.files["model.safetensors"] == (models / "ada" / "model.safetensors").read_bytes()
    assert [entry.commit for entry in ledger.entries().values()] == [published.commit]


def test_a_lost_answer_makes_no_second_commit(hub, models):
    """If the commit succeeds and its answer is lost, the next attempt sees that nothing is missing."""
    hub.fail("/commit/main", 502, after=True)
    published = publish(plan_publishing(models / "ada", AUTHOR))
    assert hub.repositories["model", "ada/ada"].commits == ["initial commit", "Upload with huggingtweets"]
    assert published.commit == hub.repositories["model", "ada/ada"].sha


def test_temporary_failures_are_retried(hub, models):
    """A request is repeated a few times; then the error says that the upload can be continued later."""
    hub.fail("POST /api/repos/create", 429)
    hub.fail("GET /api/whoami-v2", 503)
    hub.fail("/commit/main", 503)
    assert publish(plan_publishing(models / "ada", AUTHOR)).changed
    hub.fail("POST /api/repos/create", 503, times=5)
    with pytest.raises(PublishError, match="goes on with what is missing"):
        publish(plan_publishing(models / "ada", AUTHOR))


def test_removed_files_are_deleted_on_the_hub(hub, models):
    """A file of an earlier upload is deleted if the model no longer has it; other files stay."""
    publish(plan_publishing(models / "ada", AUTHOR))
    files_of(hub, "ada/ada")["made-by-hand.txt"] = b"mine"
    (models / "ada" / "curves.png").unlink()
    plan = plan_publishing(models / "ada", AUTHOR)
    assert plan.repositories[0].deletions == ("curves.png",)
    publish(plan)
    assert "curves.png" not in files_of(hub, "ada/ada")
    assert files_of(hub, "ada/ada")["made-by-hand.txt"] == b"mine"
    assert not plan_publishing(models / "ada", AUTHOR).repositories[0].deletions


def test_whoever_was_published_before_stays_on_record(hub, models):
    """The history of a repository holds the earlier person's model and posts: `forget` lists it for both."""
    for person in ("ada", "bob"):
        publish(plan_publishing(models / person, AUTHOR, to="ada/bot", with_dataset=True))
    for person in ("ada", "bob"):
        listed = {(entry.kind, entry.id) for entry in find_traces(person).published.values()}
        assert listed == hub.repositories.keys()


def test_posts_are_published_only_on_request_in_their_own_repository(hub, models, tmp_path):
    """Without the option no post is uploaded; with it they are in a dataset that the model's card links."""
    datasets.save(
        datasets.load_stored(ModelFolder(models / "ada").record.dataset_digest),
        new_folder(models / "ada" / "dataset"),
    )
    plan = plan_publishing(models / "ada", AUTHOR)
    assert "dataset/" in plan.left_out
    publish(plan)
    assert list(hub.repositories) == [("model", "ada/ada")]
    assert not [path for path in files_of(hub, "ada/ada") if path.endswith(".parquet")]
    published = publish(plan_publishing(models / "ada", AUTHOR, with_dataset=True, private=False))
    assert published.dataset_url == f"{hub.url}/datasets/ada/ada-posts"
    files = files_of(hub, "ada/ada-posts", "dataset")
    folder = new_folder(tmp_path / "posts")
    for name, content in files.items():
        (folder / name).write_bytes(content)
    assert datasets.load(folder) == datasets.load_stored(ModelFolder(models / "ada").record.dataset_digest)
    card = DatasetCard(files["README.md"].decode())
    card.validate(repo_type="dataset")
    assert "say" in card.text
    assert {file["path"] for file in card.data.configs[0]["data_files"]} <= files.keys()
    assert ModelCard(files_of(hub, "ada/ada")["README.md"].decode()).data.datasets == ["ada/ada-posts"]


def test_a_model_is_added_to_a_collection_on_request(hub, models):
    """The collection is created, and the model is added to it once."""
    publish(plan_publishing(models / "ada", AUTHOR))
    assert not hub.collections
    for _ in range(2):
        published = publish(plan_publishing(models / "ada", AUTHOR, collection="My bots"))
    (collection,) = hub.collections.values()
    assert collection["title"] == "My bots"
    assert [item["id"] for item in collection["items"]] == ["ada/ada"]
    assert published.collection_url == f"{hub.url}/collections/{collection['slug']}"


def test_a_collection_that_fails_takes_no_record_away(hub, models, monkeypatch):
    """What was uploaded before it is in the tracker, and the error says that the model is published."""
    tracked = []
    monkeypatch.setattr(
        "huggingtweets.workflows.publish._track", lambda *published: tracked.append(published)
    )
    hub.fail("/api/collections", 403)
    with pytest.raises(PublishError, match=r"ada/ada is published, and in no collection: .*may not write"):
        publish(plan_publishing(models / "ada", AUTHOR, collection="My bots"))
    assert len(tracked) == 1


def test_a_name_that_leaves_no_room_for_that_of_the_posts_is_refused(models):
    """Cut to fit, it could be the name of another model's posts, and replace them."""
    long = f"ada/{'a' * 92}"
    assert plan_publishing(models / "ada", AUTHOR, to=long, preview=True)
    with pytest.raises(PublishError, match=r"a-posts' is no name on the Hub: .*96.*--to"):
        plan_publishing(models / "ada", AUTHOR, to=long, with_dataset=True, preview=True)


def test_without_a_permission_nothing_is_published(hub, models):
    """Without a permission, or with one that is empty or not enough, no request is sent."""
    with pytest.raises(PublishError, match=r"--i-am-the-author .*--with-permission .*--public-figure"):
        plan_publishing(models / "ada", None)
    with pytest.raises(PublishError, match="who agreed, when and how"):
        plan_publishing(models / "ada", Permission(kind="given", words=" "))
    with pytest.raises(PublishError, match="not yours to publish"):
        plan_publishing(models / "ada", Permission(kind="public-figure"), with_dataset=True)
    assert hub.requests == []


def test_a_copied_post_is_not_published(hub, models):
    """A sample or a card that repeats a training post is refused, and the error says what to do."""
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
    """A card must say that it is a bot, that a machine wrote this, and whose posts; it may say more."""
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


def test_an_ngram_model_is_published_only_with_its_posts(hub, ngram_model):
    """It holds most of them, so it is never published for a public figure."""
    with pytest.raises(PublishError, match="nearly word for word"):
        plan_publishing(ngram_model, AUTHOR)
    with pytest.raises(PublishError, match="not yours to publish"):
        plan_publishing(ngram_model, Permission(kind="public-figure"))
    published = publish(plan_publishing(ngram_model, AUTHOR, to="ada/me", with_dataset=True, private=True))
    assert published.changed
    assert hub.repositories["model", "ada/me"].private
    assert hub.repositories["dataset", "ada/me-posts"].private


def test_a_report_that_the_filters_refuse_is_published_without_samples(hub, ngram_model, tmp_path):
    """A page that shows a training post is rendered again, or is left out if that is not possible."""
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


def test_a_damaged_report_is_published_as_a_new_page(hub, ngram_model, tmp_path):
    """Bytes that are no UTF-8 are damage: the page is rendered again."""
    own = shutil.copytree(ngram_model, tmp_path / "own")
    (own / "report.html").write_bytes(b"\xff\xfe<p>damaged</p>")
    publish(plan_publishing(own, AUTHOR, to="ada/bot", with_dataset=True))
    assert "Does it predict" in files_of(hub, "ada/bot")["report.html"].decode()


def test_a_report_that_changes_after_the_plan_is_not_the_one_that_is_sent(hub, models):
    """Somebody may evaluate the model with --show-posts while the question waits for its answer."""
    report = models / "ada" / "report.html"
    report.write_text("<p>Figures of an AI bot.</p>", "utf-8")
    plan = plan_publishing(models / "ada", AUTHOR)
    report.write_text("<p>A post of somebody.</p>", "utf-8")
    publish(plan)
    assert files_of(hub, "ada/ada")["report.html"] == b"<p>Figures of an AI bot.</p>"


@pytest.mark.parametrize(
    ("fault", "told"), [("gone", "are missing"), ("cut", "are changed"), ("link", "a link")]
)
@pytest.mark.usefixtures("hub")
def test_a_model_is_published_with_the_weights_that_its_card_describes(fault, told, models):
    """A folder that was copied in part, or holds other weights or a link, is refused at once."""
    weights = models / "ada" / "model.safetensors"
    whole = weights.read_bytes()
    weights.unlink()
    if fault == "cut":
        weights.write_bytes(whole[:1000])
    if fault == "link":
        (models / "kept").write_bytes(whole)
        weights.symlink_to(models / "kept")
    with pytest.raises(PublishError, match=told):
        plan_publishing(models / "ada", AUTHOR)


def test_private_means_private(hub, models):
    """What should be private is not uploaded to an existing public repository."""
    publish(plan_publishing(models / "ada", AUTHOR, private=True, to="ada/hidden"))
    assert hub.repositories["model", "ada/hidden"].private
    publish(plan_publishing(models / "ada", AUTHOR, to="ada/open"))
    with pytest.raises(PublishError, match="there already and public"):
        publish(plan_publishing(models / "bob", AUTHOR, private=True, to="ada/open"))
    assert len(hub.repositories["model", "ada/open"].commits) == 2


def test_public_means_public(hub, models):
    """What everybody should see, as the question said, is not uploaded to an existing private repository."""
    publish(plan_publishing(models / "ada", AUTHOR, private=True, to="ada/hidden"))
    with pytest.raises(
        PublishError, match="there already and private; make it public there, or add --private"
    ):
        publish(plan_publishing(models / "bob", AUTHOR, to="ada/hidden"))
    assert len(hub.repositories["model", "ada/hidden"].commits) == 2
    hub.repositories["model", "ada/hidden"].private = False
    publish(plan_publishing(models / "bob", AUTHOR, to="ada/hidden"))
    assert len(hub.repositories["model", "ada/hidden"].commits) == 3


def test_only_files_of_a_model_are_published(hub, models):
    """Other files, whatever kind they are of, links, folders and pickles are left out and named."""
    folder = models / "ada"
    (folder / "secret.txt").write_text("mine")
    (folder / "weights.bin").write_bytes(b"\x80")
    for name in OWN:
        (folder / name).write_text("mine")
    (folder / "link.json").symlink_to(folder.parent / "bob" / "run.json")
    new_folder(folder / "more")
    plan = plan_publishing(folder, AUTHOR)
    assert plan.left_out.keys() == {"secret.txt", "weights.bin", "link.json", "more", *OWN}
    publish(plan)
    assert not files_of(hub, "ada/ada").keys() & plan.left_out.keys()


@pytest.mark.usefixtures("hub")
def test_one_clear_error_for_what_the_hub_refuses(models, monkeypatch):
    """No or a wrong token, somebody else's or a bad name, no network, no encryption: one error each."""
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
    """Without terminal and --yes nothing is uploaded; the list has all files, and --json the result."""
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
    """huggingface_hub downloads the files as they were on disk."""
    publish(plan_publishing(models / "ada", AUTHOR))
    monkeypatch.setattr(hub_constants, "ENDPOINT", "https://huggingface.co")  # addresses are made from it
    fetched = Path(snapshot_download("ada/ada", cache_dir=tmp_path / "cache", endpoint=hub.url, token=TOKEN))
    weights = (models / "ada" / "model.safetensors").read_bytes()
    assert (fetched / "model.safetensors").read_bytes() == weights


def new_folder(path):
    path.mkdir()
    return path
