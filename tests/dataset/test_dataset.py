"""The dataset: split by time, with whole threads, the same bytes each time, readable by other tools."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from huggingtweets import DataConfig, ReadOptions, inspect
from huggingtweets.dataset import (
    AuthorData,
    build,
    in_shares,
    join,
    load,
    load_stored,
    save,
    split,
    statistics,
    storage,
    store,
    taking_turns,
)
from huggingtweets.dataset import digest as digest_of
from huggingtweets.dataset.split import threads
from huggingtweets.errors import ModelError, NotEnoughPosts, UserError
from huggingtweets.progress import Silence
from huggingtweets.types import Account, Funnel, PostKind, Reason
from huggingtweets.workflows.data import build_dataset, read
from tests.conftest import post
from tests.helpers.tiny import varied_texts

ME = Account(handle="me", name="Me", source="table", avatar=b"png")


def part(posts, handle="me", digest="digest"):
    account = Account(handle=handle, name="Me", source="table", avatar=b"png")
    return AuthorData(
        account, Funnel(read=len(posts), dropped={}, kept=len(posts)), tuple(posts), "en", digest
    )


def test_the_latest_posts_are_held_out():
    """All training posts are earlier than the held-out posts."""
    sides = split([post(f"post number {i}", i) for i in range(50)], 0.1)
    assert [p.id for p in sides.held_out] == ["45", "46", "47", "48", "49"]
    assert max(p.created_at for p in sides.train) < min(p.created_at for p in sides.held_out)


@given(st.lists(st.none() | st.integers(0, 60), min_size=2, max_size=60), st.floats(0.05, 0.5))
def test_a_thread_is_never_on_both_sides(answers, share):
    """Posts joined by replies, also through a dropped post, are on one side, and none is lost.

    Unless no thread is short enough to be held out: then the end of the latest is.
    """
    posts = [post(f"text {i}", i, reply_to=None if to is None else str(to)) for i, to in enumerate(answers)]
    train, held_out = split(posts, share)
    assert sorted(train + held_out, key=lambda p: int(p.id)) == posts
    assert train
    assert held_out
    if min(map(len, threads(posts))) > max(1, round(share * len(posts))):
        assert len(held_out) == max(1, round(share * len(posts)))
        return
    training_ids = {p.id for p in train}
    for thread in threads(posts):
        assert len({posts[i].id in training_ids for i in thread}) == 1


@pytest.mark.parametrize("sizes", [(4, 3), (2, 1), (1, 1, 1, 1, 5, 4)])
def test_at_least_half_of_the_posts_are_trained_on(sizes):
    """Also where a share of a half is reached by two threads of nearly that length."""
    posts = [
        post(f"{number} {i}", i, reply_to=f"to {number}")
        for number, size in enumerate(sizes)
        for i in range(size)
    ]
    train, held_out = split([replace(p, id=p.text) for p in posts], 0.5)
    assert 0 < len(held_out) <= len(train)


def test_the_latest_posts_of_all_are_the_latest_of_each():
    """Who looks at the end of several authors' posts sees each, as often as they write, in their order."""
    ada, bob = (
        [post(f"{name} {i}", i, author=name) for i in range(count)]
        for name, count in (("ada", 90), ("bob", 30))
    )
    ordered = taking_turns([*ada, *bob])
    assert Counter(each.author for each in ordered[-40:]) == {"ada": 30, "bob": 10}
    for own in (ada, bob):
        assert [each for each in ordered if each.author == own[0].author] == own
    assert taking_turns(ada) == ada


@pytest.mark.parametrize(
    ("weights", "counts"),
    [
        ({"ada": 1, "bob": 1}, {"ada": 30, "bob": 30}),
        ({"ada": 1, "bob": 2}, {"ada": 15, "bob": 30}),
        ({"ada": 3, "bob": 1}, {"ada": 90, "bob": 30}),
        ({"ada": 1, "bob": 1000}, {"ada": 1, "bob": 30}),
    ],
)
def test_posts_in_shares_are_the_latest_of_each(weights, counts):
    """As many posts as the shares allow, of each the latest, in the order that they had."""
    posts = [
        post(f"{name} {i}", i, author=name)
        for name, count in (("ada", 90), ("bob", 30))
        for i in range(count)
    ]
    matched = in_shares(posts, weights)
    assert Counter(each.author for each in matched) == counts
    for name, count in counts.items():
        own = [each for each in posts if each.author == name]
        assert [each for each in matched if each.author == name] == own[-count:]
    assert in_shares([], weights) == []


@pytest.mark.parametrize("count", [2, 3, 40])
def test_of_one_thread_the_end_is_held_out(count):
    """Somebody whose posts are all one thread is measured, too."""
    posts = [post(f"text {i}", i, reply_to=str(i - 1) if i else None) for i in range(count)]
    train, held_out = split(posts, 0.1)
    assert (*train, *held_out) == tuple(posts)
    assert len(held_out) == max(1, count // 10)


def test_one_post_is_too_few():
    """There is one to learn from or one to measure on, and not both."""
    with pytest.raises(NotEnoughPosts, match="1 post; at least 2"):
        build([part([post("a long story", 0)])])


def test_replies_to_the_same_post_are_one_thread():
    """Two replies to the same post of another person are one thread."""
    posts = [post("an answer", 0, reply_to="theirs"), *(post(f"text {i}", i) for i in range(1, 19))]
    posts.append(post("another answer", 19, reply_to="theirs"))
    train, held_out = split(posts, 0.1)
    assert {"0", "19"} <= {p.id for p in held_out} or {"0", "19"} <= {p.id for p in train}


@pytest.mark.parametrize("middle", ["ok", "the first of them all", "https://example.org"])
def test_a_thread_whose_middle_is_dropped_is_on_one_side(tmp_path, middle):
    """Of beginning, middle and end cleaning drops the middle, for any reason; the rest stays together."""
    texts = ["the first of them all", *(f"number {i * 7919} is of a very different kind" for i in range(17))]
    texts += [middle, "and this is the end of it"]
    answered = {19: 1, 20: 19}
    rows = [f'{i},"{text}",2024-01-{i:02},{answered.get(i, "")}' for i, text in enumerate(texts, start=1)]
    path = tmp_path / "me.csv"
    path.write_text("\n".join(["id,text,created_at,in_reply_to_status_id", *rows]), "utf-8")
    data = build_dataset(
        read(DataConfig(locations=(str(path),), options=ReadOptions(name="Me")), Silence()), held_out=0.1
    )
    held_out, train = ({p.id for p in posts} for posts in (data.held_out, data.train))
    assert held_out
    assert "19" not in held_out | train
    assert ("1" in held_out) == ("20" in held_out)


def test_a_thread_longer_than_the_held_out_share_is_trained_on():
    """A thread longer than the held-out share stays in training."""
    posts = [post(f"text {i}", i, reply_to=str(i - 1) if i else None) for i in range(40)]
    posts += [post(f"alone {i}", i) for i in range(40, 50)]
    train, held_out = split(posts, 0.1)
    assert len(train) == 45
    assert len(held_out) == 5


def test_no_author_learns_what_is_held_out_of_another():
    """A training post that says what another's held-out post says is left out, and counted."""
    shared = "Both of them say this, word for word!"
    mine = [post(shared, 0), *(post(f"my own text {i}", i) for i in range(1, 20))]
    hers = [*(post(f"her own text {i}", i, author="her") for i in range(19)), post(shared.upper(), 19)]
    data = build([part(mine), part(hers, "her")])
    assert shared.upper() in [p.text for p in data.held_out]
    assert shared not in [p.text for p in data.train]
    me, her = data.authors
    assert (me.train, me.funnel.kept, me.funnel.dropped) == (17, 19, {Reason.DUPLICATE: 1})
    assert (her.train, her.funnel.kept, her.funnel.dropped) == (18, 20, {})


def test_joined_datasets_hold_out_nothing_that_one_of_them_teaches():
    """Neither a post that another dataset trains on, nor one that says the same."""
    shared = "Both of them say this, word for word!"
    mine = build([part([post(shared, 0), *(post(f"my own text {i}", i) for i in range(1, 20))])])
    hers = build(
        [part([*(post(f"her own {i}", i, author="her") for i in range(19)), post(shared, 19)], "her")]
    )
    assert shared in [p.text for p in hers.held_out]
    assert shared not in [p.text for p in join([mine, hers]).held_out]


def test_posts_of_one_number_in_two_files_are_two_posts():
    """Joined are both files of a person, whose posts may have the same ids; what both hold counts once."""
    texts = [[f"{name} file, text number {i}" for i in range(20)] for name in ("first", "second")]
    first, second = (
        build([part(list(map(post, of_file, range(20))), digest=of_file[0])]) for of_file in texts
    )
    both = join([first, second])
    assert sorted(p.text for p in (*both.train, *both.held_out)) == sorted(texts[0] + texts[1])
    [me] = both.authors
    assert (me.train, me.held_out, me.funnel.read, me.funnel.kept) == (36, 4, 40, 40)
    assert me.characters == sum(map(len, texts[0] + texts[1]))
    assert join([both, first, second]) == both


def test_what_two_files_share_counts_as_a_duplicate():
    """Posts that stand in both files of a person are learnt once, and the funnel adds up."""
    posts = [post(f"text number {i}", i) for i in range(30)]
    [me] = join([build([part(posts[:20], digest="a")]), build([part(posts[10:], digest="b")])]).authors
    assert (me.funnel.read, me.funnel.kept, me.funnel.dropped) == (40, 30, {Reason.DUPLICATE: 10})
    assert me.train + me.held_out == 30


def test_the_split_says_when_dates_are_missing():
    """Without dates the split is by position, and says so."""
    assert build([part([post(f"text {i}", i) for i in range(20)])]).split_by == "time"
    assert build([part([post(f"text {i}", i, created_at=None) for i in range(20)])]).split_by == "position"


def test_posts_of_one_moment_are_not_split_by_time(tmp_path):
    """A tool that knew no dates wrote 1970 beside each post; the last ones of the file are no later ones."""
    posts = [post(f"text {i}", i, created_at=datetime(1970, 1, 1, tzinfo=UTC)) for i in range(20)]
    assert build([part(posts)]).split_by == "position"
    dated = [post(f"other text {i}", 100 + i, author="you") for i in range(20)]
    assert build([part(dated, "you")]).split_by == "time"
    assert build([part(dated, "you"), part(posts)]).split_by == "position"
    rows = [f'ada,1970-01-01T00:00:00Z,"{text}"' for text in varied_texts(20, seed=1)]
    (tmp_path / "posts.csv").write_text("\n".join(["screen_name,created_at,text", *rows]), "utf-8")
    [inspection] = inspect(DataConfig(locations=(str(tmp_path / "posts.csv"),)))
    assert (
        inspection.dates == "all posts have one date, 1970-01-01, so the last ones of the file are held out"
    )


@pytest.mark.parametrize("share", [0, -0.1, 0.6, 1])
def test_an_invalid_share_is_refused(share):
    """A share outside of the range is an error that names the range."""
    with pytest.raises(UserError, match="expected a number above 0 and up to"):
        build([part([post("text", 1)])], held_out=share)


def test_the_same_posts_give_the_same_bytes(tmp_path):
    """Two builds give the same bytes on disk; one changed letter changes the digest."""
    posts = [
        post(f"text {i} é 🙂", i, kind=PostKind.REPLY, lang="en", url="https://e.org") for i in range(30)
    ]
    digests = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        save(build([part(posts)]), tmp_path / name)
        digests.append(
            [hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted((tmp_path / name).iterdir())]
        )
    assert digests[0] == digests[1]
    assert build([part([*posts[:-1], post("text 29 e", 29)])]).digest != build([part(posts)]).digest


def test_a_dataset_is_read_back_whole(tmp_path):
    """A dataset of several authors is loaded as it was saved, with every field."""
    posts = [post(f"text {i}", i, kind=PostKind.QUOTE, reply_to="x", lang="en") for i in range(20)]
    built = build(
        [part(posts), part([post(f"other {i}", i, author="you", created_at=None) for i in range(9)], "you")]
    )
    save(built, tmp_path)
    assert load(tmp_path) == built


def _to_the_microsecond():
    """A dataset as networks give one that say when a post came with fractions of seconds."""
    posts = [post(f"text {i}", i) for i in range(20)]
    return build(
        [part([replace(p, created_at=p.created_at + timedelta(microseconds=123_456)) for p in posts])]
    )


def test_a_stored_dataset_keeps_its_digest(tmp_path):
    """Moments are stored as exactly as they are digested: else the posts of a model looked changed."""
    built = _to_the_microsecond()
    save(built, tmp_path)
    stored = load(tmp_path)
    assert digest_of(stored.train, stored.held_out) == built.digest


def test_a_dataset_with_moments_cut_to_seconds_is_stored_anew(home):
    """Earlier versions cut them: to train again mends that."""
    built = _to_the_microsecond()
    train, held_out = (
        tuple(replace(p, created_at=p.created_at.replace(microsecond=0)) for p in posts)
        for posts in (built.train, built.held_out)
    )
    folder = home / "datasets" / built.digest[:16]
    folder.mkdir(parents=True)
    save(replace(built, train=train, held_out=held_out), folder)
    store(built)
    assert load_stored(built.digest) == built


def test_other_tools_open_the_parquet_files(tmp_path):
    """The files are plain parquet with one text column and one row a post, named as splits are named."""
    save(build([part([post(f"text {i}", i) for i in range(20)])]), tmp_path)
    table = pq.read_table(tmp_path / "train.parquet")
    assert table.column("text").to_pylist() == [f"text {i}" for i in range(18)]
    assert (tmp_path / "test.parquet").exists()


def test_a_dataset_is_stored_once(home):
    """Storing the same dataset again finds the files that are there."""
    built = build([part([post(f"text {i}", i) for i in range(20)])])
    first = store(built)
    stamps = {name: path.stat().st_mtime_ns for name, path in first.items()}
    assert {name: path.stat().st_mtime_ns for name, path in store(built).items()} == stamps
    assert all(path.is_relative_to(home) for path in first.values())


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", ["train.parquet", "dataset.json"])
def test_a_damaged_dataset_is_one_clear_error_and_stored_anew(name):
    """To train again, as the error says, makes it whole again."""
    built = build([part([post(f"text {i}", i) for i in range(20)])])
    file = store(built)[name]
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"Me", b"\xff\xff").replace(b"PAR1", b"\xff\xff\xff\xff"))
    with pytest.raises(ModelError, match="train again"):
        load_stored(built.digest)
    store(built)
    assert load_stored(built.digest) == built
    assert file.read_bytes() == whole


def test_two_trainings_store_a_dataset_once(home, monkeypatch):
    """None of them ends since the other was faster, and no second copy stays."""

    def slowly(*arguments):
        time.sleep(0.05)
        save(*arguments)

    monkeypatch.setattr(storage, "save", slowly)
    built = build([part([post(f"text {i}", i) for i in range(20)])])
    with ThreadPoolExecutor(2) as pool:
        stored = [pool.submit(store, built) for _ in range(2)]
    assert len({tuple(files.result().values()) for files in stored}) == 1
    assert [path.name for path in (home / "datasets").iterdir()] == [built.digest[:16]]


def test_statistics_hold_no_post():
    """The statistics show no post and no avatar."""
    text = str(statistics(build([part([post(f"secret {i}", i) for i in range(20)])])))
    assert "secret" not in text
    assert "png" not in text


def test_a_folder_without_a_dataset_is_an_error(tmp_path):
    """Loading a folder without a dataset is an error that says what to do."""
    with pytest.raises(ModelError, match="train again"):
        load(tmp_path)
