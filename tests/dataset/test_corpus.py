"""A corpus: the same posts whatever the shards' form, and a vocabulary in which posts are cheap."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huggingtweets.dataset.shards import posts, shards
from huggingtweets.errors import LocationError
from huggingtweets.training.vocabulary import EMOJI, END, extend_vocabulary, learn_vocabulary

POSTS = ["the lamp is lit", "a gull 🙂 on the rail", 'quotes "and" \\ marks', "último día"]
LINES = "".join(f"{post}\n" for post in POSTS)
OBJECTS = "".join(json.dumps({"id": i, "text": post}) + "\n" for i, post in enumerate(POSTS))


def packed(path, text):
    """Write text as the file's suffix says."""
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix in {".zst", ".bz2"}:
        with pa.output_stream(str(path), compression={".zst": "zstd", ".bz2": "bz2"}[path.suffix]) as out:
            out.write(text.encode())
    else:
        path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.txt.zst", "a.txt.bz2", "a.jsonl", "a.jsonl.zst"])
def test_every_form_gives_the_same_posts(name, tmp_path):
    """Text and JSON lines, plain and compressed."""
    path = packed(tmp_path / name, OBJECTS if "jsonl" in name else LINES)
    assert list(posts(path)) == POSTS


def test_parquet_gives_the_column_asked_for(tmp_path):
    """Rows without a text are left out."""
    pq.write_table(pa.table({"body": [*POSTS, None], "id": range(5)}), tmp_path / "a.parquet")
    assert list(posts(tmp_path / "a.parquet", "body")) == POSTS


def test_frames_of_zstd_one_after_the_other_are_all_read(tmp_path):
    """A shard that was appended to is read to its end."""
    first = packed(tmp_path / "a.txt.zst", "one\n").read_bytes()
    second = packed(tmp_path / "b.txt.zst", "two\n").read_bytes()
    (tmp_path / "c.txt.zst").write_bytes(first + second)
    assert list(posts(tmp_path / "c.txt.zst")) == ["one", "two"]


def test_a_folder_gives_its_shards_in_order(tmp_path):
    """Sorted by name, with those in folders below; what is no shard is passed over."""
    (tmp_path / "more").mkdir()
    for name in ("b.txt", "a.txt.gz", "more/c.jsonl", "README.md"):
        packed(tmp_path / name, "{}")
    assert [path.name for path in shards([tmp_path])] == ["a.txt.gz", "b.txt", "c.jsonl"]


def test_memory_does_not_grow_with_the_shard(tmp_path):
    """The first post comes before the rest is read: a broken end is met only when it is reached."""
    whole = gzip.compress((LINES * 50_000).encode())
    (tmp_path / "a.txt.gz").write_bytes(whole[:-2000])
    stream = posts(tmp_path / "a.txt.gz")
    assert next(stream) == POSTS[0]
    with pytest.raises(LocationError, match=r"a\.txt\.gz"):
        list(stream)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", b"caf\xe9\n", "UTF-8"),
        ("a.jsonl", b'{"text": "one"}\n{"text": \n', "cannot be read"),
        ("a.jsonl", b'{"body": "one"}\n', "--text-column"),
        ("a.txt.zst", b"this is no zstd", "cannot be read"),
        ("a.parquet", b"this is no parquet", "cannot be read"),
    ],
)
def test_a_broken_shard_is_one_clear_error(name, content, told, tmp_path):
    """It names the file and says what was expected."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LocationError, match=told):
        list(posts(tmp_path / name))


@pytest.mark.parametrize("name", ["missing.txt", "a.pdf", "empty"])
def test_what_is_no_corpus_is_refused(name, tmp_path):
    """A file that is not there, one of an unknown form, a folder without shards."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "empty").mkdir()
    with pytest.raises(LocationError, match=r"posts\.txt"):
        shards([tmp_path / name])


@pytest.fixture(scope="module")
def vocabulary():
    return learn_vocabulary((f"{post} number {i % 97}" for i in range(4000) for post in POSTS[:2]), 1500)


def test_the_end_is_token_zero(vocabulary):
    """And the size is at most what was asked for."""
    assert vocabulary.token_to_id(END) == 0
    assert vocabulary.get_vocab_size() <= 1500


def test_every_text_comes_back(vocabulary):
    """Whatever is written, seen before or not."""
    for text in (*POSTS, "新しい投稿 \t~~", EMOJI):
        assert vocabulary.decode(vocabulary.encode(text, add_special_tokens=False).ids) == text


def test_emoji_hashtags_and_mentions_are_cheap(vocabulary):
    """One token for a common emoji, which the corpus lacks; two for a known word after a sign."""
    tokens = [vocabulary.encode(sign, add_special_tokens=False).tokens for sign in ("😂", "👍", "❤️")]
    assert [len(found) for found in tokens] == [1, 1, 1]
    assert len(vocabulary.encode("#Lamp", add_special_tokens=False).tokens) == 2
    assert len(vocabulary.encode("@Lamp", add_special_tokens=False).tokens) == 2


def test_a_vocabulary_is_gone_on_with():
    """The old tokens keep their numbers, nothing costs more, and every text comes back."""
    first = learn_vocabulary((f"{post} number {i % 97}" for i in range(4000) for post in POSTS[:2]), 500)
    before = first.to_str()
    more = ["Penguins waddle towards the iceberg, 🐧 and penguins dive"] * 50
    extended = extend_vocabulary(first, more, 40)
    assert first.to_str() == before
    old, new = first.get_vocab(), extended.get_vocab()
    assert {token: new[token] for token in old} == old
    assert sorted(new.values()) == list(range(len(old) + 40))
    for text in (*POSTS, *more[:1], "新しい投稿 \t~~", EMOJI):
        ids = extended.encode(text, add_special_tokens=False).ids
        assert extended.decode(ids) == text
        assert len(ids) <= len(first.encode(text, add_special_tokens=False).ids)
    count = [len(which.encode(more[0], add_special_tokens=False).ids) for which in (first, extended)]
    assert count[1] < count[0] / 2


def test_a_vocabulary_gone_on_with_is_the_one_learnt_at_once():
    """Pairs are merged in the order in which the library merges them, but for those that are as common."""
    texts = [f"{post} number {i % 97}" for i in range(400) for post in POSTS[:2]]
    whole, part = learn_vocabulary(texts, 700), learn_vocabulary(texts, 500)
    extended = extend_vocabulary(part, texts, 200)
    same = set(extended.get_vocab()) & set(whole.get_vocab())
    assert len(same) > 0.95 * whole.get_vocab_size()
