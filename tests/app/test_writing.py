"""The settings of the Play tab: what a visitor may send, and which of several drafts is kept."""

from __future__ import annotations

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from unittest.mock import MagicMock

import msgspec
import pytest

from huggingtweets import models
from huggingtweets.app import writing, written
from huggingtweets.app.browsing import Browsing
from huggingtweets.app.limits import Limits
from huggingtweets.app.loaded_models import CAPACITY, LoadedModels
from huggingtweets.app.sessions import Session, Sessions
from huggingtweets.app.writing import Settings
from huggingtweets.app.written import SecondModelPosts, WrittenPost
from huggingtweets.errors import ModelError, UserError
from huggingtweets.evaluation.style import load_style
from huggingtweets.generation.filters import exact_indexes
from huggingtweets.generation.text_generator import Draft
from huggingtweets.model_folder import SAMPLING, STYLE, ModelFolder
from huggingtweets.workflows.forget import find_traces


@pytest.mark.parametrize("number", ["", "many", None, 0, -3, "nan", "inf", 1e9, [8]])
def test_numbers_that_the_page_does_not_offer_are_refused(number):
    """Whatever is sent in place of a length or of a number of drafts is an error that says what to send."""
    for length, best_of in ((number, 1), (100, number)):
        with pytest.raises(UserError, match=r"1 to|1,000|8"):
            Settings.of_inputs("balanced", length, best_of, "")


def test_settings_of_another_model_are_left_out(ngram_model, tmp_path):
    """A speaker and drafts that the page still has from the model before go, where the model has none."""
    chosen = Settings(wildness="wild", max_tokens=60, best_of=4, speaker="somebody")
    folder = ModelFolder(shutil.copytree(ngram_model, tmp_path / "me"))
    assert writing.fitting(chosen, folder) == Settings(wildness="wild", max_tokens=60, best_of=4)
    (folder.path / STYLE).unlink()
    assert writing.fitting(chosen, folder) == Settings(wildness="wild", max_tokens=60)


def test_the_draft_most_like_the_person_is_kept(ngram_model):
    """The last drafts hold for each post the one with the highest style score of those that were written."""
    folder = ModelFolder(ngram_model)
    settings = Settings(max_tokens=60, best_of=4)
    *_, shown, best = writing.write(LoadedModels(), folder, "", settings, count=5, home=None)
    assert len(best) == len(shown) == 5
    assert all(draft.whole for draft in best)
    scores = load_style(ngram_model).scores
    picked, first = (scores([draft.text for draft in drafts]) for drafts in (best, shown))
    assert (picked >= first).all()
    assert picked.sum() > first.sum()


def test_a_model_that_cannot_tell_says_so(ngram_model, tmp_path):
    """Without a style score no draft is the best; the error says what to do, without a path."""
    folder = ModelFolder(shutil.copytree(ngram_model, tmp_path / "me"))
    (folder.path / STYLE).unlink()
    assert not writing.can_pick(folder)
    with pytest.raises(UserError, match="evaluate it first") as caught:
        list(
            writing.write(LoadedModels(), folder, "", Settings(max_tokens=60, best_of=2), count=5, home=None)
        )
    assert str(tmp_path) not in str(caught.value)


def test_a_beginning_that_no_filter_lets_through_is_not_tried(ngram_model, monkeypatch):
    """All posts that begin so would be refused, so none is sampled, and the page says so at once."""
    loaded, folder, settings = LoadedModels(), ModelFolder(ngram_model), Settings(max_tokens=20, best_of=2)
    generator, _ = loaded._load(folder, None)
    monkeypatch.setattr(generator, "sampler", None)
    prompt = "write to jane.doe@example.org"
    *_, drafts = writing.write(loaded, folder, prompt, settings, count=3, home=None)
    assert drafts == (Draft(),) * 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_slow_model_holds_up_no_other(ngram_model, tmp_path):
    """While one model is read from a slow disk, another is loaded; who asks for the slow one waits for it."""
    slow = ModelFolder(shutil.copytree(ngram_model, tmp_path / "slow"))
    content = (slow.path / SAMPLING).read_bytes()
    (slow.path / SAMPLING).unlink()
    os.mkfifo(slow.path / SAMPLING)  # whoever reads it waits until something is written to it
    loaded, settings = LoadedModels(), Settings(max_tokens=20)
    with ThreadPoolExecutor() as pool:
        loading = [pool.submit(loaded.prepare, slow, None) for _ in range(2)]
        quick = pool.submit(
            lambda: list(writing.write(loaded, ModelFolder(ngram_model), "", settings, count=1, home=None))
        )
        try:
            assert quick.result(timeout=60)
            assert not any(one.done() for one in loading)
        finally:
            (slow.path / SAMPLING).write_bytes(content)
        for one in loading:
            one.result(timeout=60)


def test_as_many_models_are_loaded_at_once_as_are_kept(ngram_model, tmp_path, monkeypatch):
    """Whoever asks for one more waits, since each takes memory while it is read; then all get theirs."""
    begun, go_on, load_generator = threading.Semaphore(0), threading.Event(), models.load_generator

    def load_slowly(folder):
        begun.release()
        go_on.wait(60)
        return load_generator(folder)

    monkeypatch.setattr(models, "load_generator", load_slowly)
    folders = [shutil.copytree(ngram_model, tmp_path / str(number)) for number in range(CAPACITY + 2)]
    loaded = LoadedModels()
    with ThreadPoolExecutor() as pool:
        loading = [pool.submit(loaded.prepare, ModelFolder(folder), None) for folder in folders]
        try:
            assert all(begun.acquire(timeout=60) for _ in range(CAPACITY))
            assert not begun.acquire(timeout=0.2)
        finally:
            go_on.set()
        for one in loading:
            one.result(timeout=60)


def test_a_model_that_was_deleted_keeps_nothing(ngram_model, tmp_path):
    """What was written while the model was deleted, or made anew, is refused before it is kept."""
    session = Session(tmp_path / "session", tmp_path / "models", None)
    folder = ModelFolder(shutil.copytree(ngram_model, session.models / "me"))
    session.require(folder)
    digest = folder.record.model_digest
    shutil.rmtree(folder.path)
    with pytest.raises(ModelError, match="not here any more"):
        session.require(folder)
    record = shutil.copytree(ngram_model, session.models / "me") / "run.json"
    record.write_text(record.read_text("utf-8").replace(digest, digest[::-1]), "utf-8")
    with pytest.raises(ModelError, match="not here any more"):
        session.require(folder)


def _tab(module, name, shared):
    """A tab without its components."""
    tabs = pytest.importorskip(f"huggingtweets.app.tabs.{module}", reason="gradio is not installed")
    tab = object.__new__(getattr(tabs, name))
    tab._shared = shared
    return tab


@pytest.fixture
def library(tmp_path):
    """The Library tab of a session in a folder of its own."""
    shared = MagicMock()
    shared.session.return_value = Session(tmp_path / "session", tmp_path / "models", None)
    return _tab("library", "LibraryTab", shared)


def test_an_index_of_copies_is_deleted_with_the_last_model_that_needs_it(library, ngram_model):
    """The Library deletes a model; the exact index stays while another model of the same posts needs it."""
    session = library._shared.session()
    for name in ("one", "other"):
        shutil.copytree(ngram_model, session.models / name)
    (index,) = exact_indexes(session.models / "one")
    for name, is_needed in (("one", True), ("other", False)):
        library._on_confirm("", [name], None)
        assert not (session.models / name).exists()
        assert index.exists() == is_needed


def test_a_model_that_cannot_be_deleted_keeps_what_it_has(library, ngram_model, monkeypatch):
    """Its posts and its exact index of copies stay with it, and one line says why."""
    session = library._shared.session()
    model = ModelFolder(shutil.copytree(ngram_model, session.models / "me"))
    written.save([WrittenPost(prompt="", text="a post")], session, model)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(UserError, match="me cannot be deleted: Permission denied"):
        library._on_confirm("", ["me"], None)
    assert [post.text for post in written.load(session, model)] == ["a post"]
    assert exact_indexes(model.path)


def test_of_a_linked_model_the_link_is_deleted(library, ngram_model, tmp_path):
    """A folder that is somewhere else stays there; on the page its model is gone, with its posts."""
    session = library._shared.session()
    elsewhere = shutil.copytree(ngram_model, tmp_path / "elsewhere")
    session.models.mkdir()
    (session.models / "me").symlink_to(elsewhere)
    model = session.model("me")
    written.save([WrittenPost(prompt="", text="a post")], session, model)
    library._on_confirm("", ["me"], None)
    assert not session.library()
    assert not written.load(session, model)
    assert ModelFolder(elsewhere).record


def _star(shared, session, model):
    _tab("play", "PlayTab", shared)._change(session, model, written.with_favourite, "one")


def _write_beside(shared, session, model):
    beside = _tab("second_model", "SecondModel", shared)
    list(beside.write(session, model, "me", "", Settings(max_tokens=20), 1))


def _delete(shared, _, model):
    _tab("library", "LibraryTab", shared)._on_confirm("", [model.path.name], None)


@pytest.mark.parametrize("act", [_star, _write_beside, _delete])
def test_what_is_written_is_kept_while_posts_are_being_read(act, ngram_model, tmp_path):
    """Reading holds the selection, for minutes perhaps; it holds up no star, no new post and no deletion."""
    sessions = Sessions(Limits())
    session = Session(tmp_path / "session", tmp_path / "models", None)
    model = ModelFolder(shutil.copytree(ngram_model, session.models / "me"))
    shared = MagicMock()
    shared.session.return_value, shared.server.sessions = session, sessions
    shared.server.loaded_models = LoadedModels()
    acting = threading.Thread(target=act, args=(shared, session, model))
    with sessions.lock(session):
        acting.start()
        acting.join(20)
        assert not acting.is_alive()


@pytest.mark.usefixtures("home")
def test_what_is_being_kept_is_forgotten_after_that():
    """Who is forgotten while a post is being kept leaves none: its file is there when files are deleted."""
    limits, key = Limits(public=True), "a" * 32
    sessions = Sessions(limits)
    server = SimpleNamespace(limits=limits, sessions=sessions, browsing=Browsing())
    tab = _tab("forget", "ForgetTab", SimpleNamespace(session=sessions.of, server=server))
    session = sessions.of(key)
    session.make()
    forgetting = threading.Thread(target=tab._on_forget, args=(key, "", ""))
    with sessions.written_lock(session):
        forgetting.start()
        forgetting.join(0.2)
        assert session.root.is_dir()
    forgetting.join(20)
    assert not session.root.exists()


@pytest.mark.parametrize(
    ("whole", "said"),
    [(5, "5 new posts are written."), (1, "1 new post is written."), (0, "so none is shown")],
)
def test_a_screen_reader_hears_how_many_posts_are_written(whole, said, ngram_model, tmp_path, monkeypatch):
    """Those whose drafts were all refused are not among them; where none is left, it hears why."""
    drafts = tuple(Draft(text="a post", whole=number < whole) for number in range(5))
    monkeypatch.setattr(writing, "write", lambda *_, **__: iter([drafts]))
    shared = MagicMock()
    session = Session(tmp_path / "session", tmp_path / "models", None)
    shutil.copytree(ngram_model, session.models / "me")
    shared.session.return_value, shared.server.sessions = session, Sessions(Limits())
    tab = _tab("play", "PlayTab", shared)
    tab._second_model = _tab("second_model", "SecondModel", shared)
    settings = ("balanced", 20, 1, "")
    *_, last = tab._write_all(lambda: None, "", "me", "", "mastodon.social", "", *settings)
    assert said in last[-1]


def test_a_model_that_could_not_be_loaded_is_tried_again(ngram_model, tmp_path):
    """An error of loading reaches who asked; when its cause is gone, the model is loaded."""
    loaded, folder = LoadedModels(), ModelFolder(shutil.copytree(ngram_model, tmp_path / "me"))
    (folder.path / SAMPLING).rename(tmp_path / SAMPLING)
    with pytest.raises(ModelError):
        loaded.prepare(folder, None)
    (tmp_path / SAMPLING).rename(folder.path / SAMPLING)
    loaded.prepare(folder, None)


def test_an_n_gram_model_has_nothing_before_it(ngram_model):
    """A model that began from nothing has no base to be set beside."""
    settings = Settings(max_tokens=60)
    with pytest.raises(UserError, match="began from nothing"):
        list(
            writing.write(
                LoadedModels(), ModelFolder(ngram_model), "", settings, count=5, home=None, base=True
            )
        )


def test_the_post_on_the_card_is_kept_with_favourites(ngram_model, tmp_path):
    """Of too many posts the oldest go, never the one on the card, which could then not be taken off it."""
    session, model = Session(tmp_path / "session", tmp_path, None), ModelFolder(ngram_model)
    posts = [
        WrittenPost(prompt="", text=str(n), at=n, shown=False, pinned=n == 1, favourite=n == 0)
        for n in range(written.MAX_POSTS + 10)
    ]
    written.save(posts, session, model)
    kept = [post.text for post in written.load(session, model)]
    assert len(kept) == written.MAX_POSTS
    assert kept[:3] == ["0", "1", "12"]


def test_posts_beside_a_model_go_with_either(ngram_model, tmp_path):
    """What stands beside a model's posts is kept until the model or the one that wrote it is deleted."""
    session = Session(tmp_path / "session", tmp_path, None)
    model = ModelFolder(ngram_model)
    other = ModelFolder(shutil.copytree(ngram_model, tmp_path / "other"))
    record = other.path / "run.json"
    digest = model.record.model_digest
    record.write_text(record.read_text("utf-8").replace(digest, digest[::-1]), "utf-8")
    beside = SecondModelPosts(
        whom="other", model_digest=other.record.model_digest, prompt="So", texts=("So be it.", "")
    )
    for deleted in (other, model):
        written.save_second_posts(beside, session, model)
        assert written.load_second_posts(session, model) == beside
        written.delete(session, deleted)
        assert written.load_second_posts(session, model) is None


def test_what_stands_beside_other_posts_is_forgotten(ngram_model, tmp_path, home):
    """Posts beside a person's model, and the person's beside another's, are found; others' are not."""
    session = Session(home / "app", tmp_path, None)
    mine = ModelFolder(ngram_model)
    digests = {"other": "0" * 64, "third": "f" * 64}
    for name, digest in digests.items():
        shutil.copytree(ngram_model, tmp_path / name)
        record = (tmp_path / name / "run.json").read_text("utf-8")
        changed = record.replace(mine.record.model_digest, digest).replace('"me"', f'"{name}"')
        changed = changed.replace(mine.record.dataset_digest, digest).replace('"Me"', f'"{name}"')
        (tmp_path / name / "run.json").write_text(changed, "utf-8")
    other, third = (ModelFolder(tmp_path / name) for name in digests)
    by = {
        folder: SecondModelPosts(whom="it", model_digest=folder.record.model_digest, prompt="", texts=("a",))
        for folder in (mine, other)
    }
    written.save_second_posts(by[other], session, mine)
    written.save_second_posts(by[mine], session, other)
    written.save_second_posts(by[other], session, third)
    found = [trace.path.name for trace in find_traces("me", [tmp_path]).local]
    beside = {name[:16] for name in found if name.endswith("-beside.json")}
    assert beside == {each.record.model_digest[:16] for each in (mine, other)}


@pytest.fixture
def twins(ngram_model, home, tmp_path):
    """A session with two models of the same posts and recipe, whose digests are the same."""
    session = Session(home / "app", tmp_path, None)
    return session, *(ModelFolder(shutil.copytree(ngram_model, tmp_path / name)) for name in ("ada", "ada-2"))


def test_what_each_of_two_equal_models_wrote_is_its_own(twins):
    """Deleting one takes its posts, and those that it wrote beside others', and none of the other."""
    session, one, other = twins
    for model in (one, other):
        name, digest = model.path.name, model.record.model_digest
        written.save([WrittenPost(prompt="", text=name)], session, model)
        written.save_second_posts(
            SecondModelPosts(whom="base of the open model", model_digest=digest, prompt="", texts=(name,)),
            session,
            model,
        )
    beside = written.load_second_posts(session, one)
    written.delete(session, other)
    assert [post.text for post in written.load(session, one)] == ["ada"]
    assert written.load_second_posts(session, one) == beside
    assert not written.load(session, other)
    assert written.load_second_posts(session, other) is None


def test_posts_of_1_0_0_are_read(twins):
    """Their file had no name of a model: each model of its digest has them, until it is deleted."""
    session, one, other = twins
    folder, short = session.root / written.FOLDER, one.record.model_digest[:16]
    folder.mkdir(parents=True)
    posts = [WrittenPost(prompt="", text="of before", favourite=True)]
    beside = SecondModelPosts(whom="it", model_digest="0" * 64, prompt="", texts=("a",))
    (folder / f"{short}.json").write_bytes(msgspec.json.encode(posts))
    (folder / f"{short}-beside.json").write_bytes(msgspec.json.encode(beside))
    (folder / f"{short}.png").write_bytes(b"picture")
    for model in (one, other):
        assert written.load(session, model) == posts
        assert written.load_second_posts(session, model) == beside
        assert written.unpinned_picture(session, model).read_bytes() == b"picture"
    written.save([*posts, WrittenPost(prompt="", text="new")], session, one)
    assert len(written.load(session, one)) == 2
    assert written.load(session, other) == posts
    written.delete(session, one)
    assert not written.load(session, one)
    assert written.load(session, other) == posts
    assert written.unpinned_picture(session, other).read_bytes() == b"picture"
    assert written.load_second_posts(session, other) == beside
    written.delete(session, other)
    assert not list(folder.iterdir())


def test_posts_of_equal_models_are_forgotten(twins):
    """`forget` finds the files of each by the digest in their names."""
    session, *models_ = twins
    for model in models_:
        written.save([WrittenPost(prompt="", text="a")], session, model)
    found = {trace.path for trace in find_traces("me", [session.models]).local}
    files = set((session.root / written.FOLDER).iterdir())
    assert len(files) == 2
    assert files <= found


def test_a_renamed_model_keeps_what_it_wrote(twins):
    """Its digest tells which posts are its own, as long as no other model of that digest can be meant."""
    session, one, other = twins
    folder = session.root / written.FOLDER
    beside = SecondModelPosts(whom="it", model_digest="0" * 64, prompt="", texts=("a",))
    written.save([WrittenPost(prompt="", text="of one", favourite=True)], session, one)
    written.save_second_posts(beside, session, one)
    renamed = ModelFolder(one.path.rename(session.models / "lovelace"))
    assert not written.load(session, other), "which of the two wrote them cannot be told"
    written.save([WrittenPost(prompt="", text="of other")], session, other)
    assert [post.text for post in written.load(session, renamed)] == ["of one"]
    assert written.load_second_posts(session, renamed) == beside
    assert [post.text for post in written.load(session, other)] == ["of other"]
    again = ModelFolder(renamed.path.rename(session.models / "ada"))
    written.delete(session, again)
    assert len(list(folder.iterdir())) == 1
