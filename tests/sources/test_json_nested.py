"""Lists inside large JSON are found by their key, in any surroundings and any pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets.errors import BrokenArchive
from huggingtweets.sources._formats import json_nested
from huggingtweets.sources._formats.json_nested import nested_values

TRICKY = st.sampled_from(['"wanted": [', "]}", '"', "\\", '\\"}', "[{", "é😀", "wanted"])
SCALARS = TRICKY | st.text(max_size=5) | st.integers(-9, 9) | st.none() | st.booleans()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def pieces(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


def values_under(content: bytes, size: int = 7, keys: tuple[str, ...] = ("wanted",)) -> list[tuple[Any, ...]]:
    return [
        (part.key, part.depth, json.loads(part.head), json.loads(b"".join(part.chunks)))
        for part in nested_values(pieces(content, size), keys, "result.json")
    ]


@given(
    before=st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    wanted=st.lists(VALUES, max_size=4) | st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    after=st.dictionaries(st.sampled_from("def"), VALUES, max_size=2),
    around=st.integers(0, 3),
    indent=st.sampled_from([None, 0, 1]),
    ascii_only=st.booleans(),
    size=st.integers(1, 80),
)
def test_a_value_is_cut_out_exactly(before, wanted, after, around, indent, ascii_only, size):
    """Bytes, head and depth of a value are right in any layout and any pieces."""
    whole: Any = {**before, "wanted": wanted, **after}
    for _ in range(around):
        whole = [{"x": whole}]
    content = json.dumps(whole, indent=indent, ensure_ascii=ascii_only).encode()
    assert values_under(content, size) == [("wanted", 1 + 2 * around, before, wanted)]


def test_several_are_found_in_order_and_none_inside_of_another():
    """Several values are found in order; the same key inside a found value is not searched."""
    whole = {"one": {"a": 1}, "chats": [{"id": 1, "many": [{"many": [1]}]}, {"id": 2, "many": []}]}
    assert values_under(json.dumps(whole).encode(), keys=("one", "many")) == [
        ("one", 1, {}, {"a": 1}),
        ("many", 3, {"id": 1}, [{"many": [1]}]),
        ("many", 3, {"id": 2}, []),
    ]


def test_unread_values_are_skipped():
    """A list whose bytes are not read does not hide the next one."""
    content = json.dumps([{"wanted": [1, {"x": "]"}]}, {"wanted": [2]}]).encode()
    assert [part.key for part in nested_values(pieces(content, 3), {"wanted"}, "x")] == ["wanted", "wanted"]


def test_a_head_that_is_too_long_is_given_up(monkeypatch):
    """A head that is too long is dropped."""
    monkeypatch.setattr(json_nested, "_LONGEST_HEAD", 100)
    content = json.dumps({"a": ["x"] * 500, "b": [1], "wanted": [1]}).encode()
    assert values_under(content) == [("wanted", 1, {}, [1])]


def test_a_string_without_end_is_given_up(monkeypatch):
    """A string without an end is refused at a limit of memory."""
    monkeypatch.setattr(json_nested, "LARGEST_OBJECT", 20_000)
    with pytest.raises(BrokenArchive, match=r"result\.json holds a string that does not end"):
        values_under(b'{"a": "' + b"x" * 1_000_000, 1000)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"{}", b"[]", b"]]}}", b'{"a": "wanted": 1}', b"\xff\x00"]
)
def test_without_the_key_nothing_is_found(content):
    """JSON without the key, and text that is no JSON, give nothing."""
    assert values_under(content) == []


def test_a_cut_list_is_yielded_as_it_is():
    """A cut list is yielded as it is; decoding it fails."""
    part = next(nested_values([b'{"wanted": [{"a": 1}, {"a'], {"wanted"}, "x"))
    assert b"".join(part.chunks) == b'[{"a": 1}, {"a'


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_without_end_is_refused_early(opening):
    """A small zip unpacks to millions of brackets; whoever goes on after the first thousands never ends."""
    content = pieces(opening * 2_000_000, 1 << 18)
    with pytest.raises(BrokenArchive, match=r"outbox\.json is nested deeper"):
        list(nested_values(content, {"wanted"}, "outbox.json"))
