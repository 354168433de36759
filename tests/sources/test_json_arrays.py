"""Long JSON arrays are decoded piece by piece, with the same result as at once."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets.errors import BrokenArchive
from huggingtweets.sources._formats import json_arrays
from huggingtweets.sources._formats.json_arrays import decode_array

DECODER = msgspec.json.Decoder(list[dict[str, Any]])
TRICKY = st.sampled_from(['},{"a":', '},\n  {"a" : ', "}]", '"', "\\", '\\"}', "[{", "é😀", "plain"])
VALUES = st.recursive(
    TRICKY | st.text(max_size=5) | st.integers(-9, 9) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=8)


def pieces(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


def decoded(content: bytes, size: int = 100) -> list[dict[str, Any]]:
    return list(decode_array(pieces(content, size), DECODER, "tweets.js"))


@given(
    objects=OBJECTS,
    indent=st.sampled_from([None, 0, 1, 2, "\t"]),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (",", " : ")]),
    head=st.sampled_from(["", "window.YTD.tweets.part0 = ", "\ufeff", " \n"]),
    size=st.integers(1, 60),
    ascii_only=st.booleans(),
)
def test_any_layout_in_any_pieces_gives_the_same_objects(objects, indent, separators, head, size, ascii_only):
    """Any layout, any strings and any sizes of pieces give the same objects."""
    text = json.dumps(objects, indent=indent, separators=separators, ensure_ascii=ascii_only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_arrays, "_HEAD", 70)
        assert decoded((head + text).encode(), size) == objects


def test_objects_that_begin_differently_are_still_found():
    """Objects that begin with different keys are found by counting braces."""
    objects = [{"a": 1}, *({chr(98 + n % 20): {"a": [{"a": "}{"}]}} for n in range(3000))]
    assert decoded(json.dumps(objects, separators=(",", ":")).encode(), 5000) == objects


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"{}",
        b"window.x = ",
        b'[{"a": 1}',
        b'[{"a": 1},',
        b'[{"a": "never closed}]',
        b'[{"a": 1}] and more',
        b'[{"a": 1} {"a": 2}]',
        b'[{"a": "\xff"}]',
        b'[{"a": ' + b"[" * 100_000,
        b"[{'a': 1}]",
    ],
)
def test_what_is_no_whole_array_is_refused_with_the_files_name(content):
    """Text that is no array, is cut, or goes on after its end is refused, with the file's name."""
    with pytest.raises(BrokenArchive, match=r"tweets\.js"):
        decoded(content)


def test_a_break_in_the_middle_tells_about_where():
    """The message gives the byte near which the JSON is damaged, and the number of entries before it."""
    objects = [{"a": "x" * 90} for _ in range(1000)]
    content = json.dumps(objects).encode()
    broken = content[:60_000] + b"}}}" + content[60_003:]
    with pytest.raises(BrokenArchive, match=r"near byte (59,9|60,0)\d\d, after 5\d\d whole entries"):
        decoded(broken, 1000)


def test_an_object_without_end_is_given_up(monkeypatch):
    """An object without an end is refused at a limit of memory."""
    monkeypatch.setattr(json_arrays, "LARGEST_OBJECT", 20_000)
    content = b'[{"a": "' + b"x" * 1_000_000 + b'"}]'
    with pytest.raises(BrokenArchive, match="breaks off"):
        decoded(content, 1000)


def test_values_of_another_form_are_told_apart_from_damage():
    """Valid JSON with fields of other types is reported as unexpected rather than damaged."""
    with pytest.raises(BrokenArchive, match="not of the form expected"):
        list(decode_array([b'[{"a": "x"}]'], msgspec.json.Decoder(list[dict[str, int]]), "tweets.js"))


def test_a_long_object_is_not_counted_anew_for_each_piece(monkeypatch):
    """The work grows linearly with a long object, since it is not scanned again for each piece."""
    counted = []

    def count(buffer):
        counted.append(len(buffer))
        return whole_object(buffer)

    whole_object = json_arrays._last_whole_object
    monkeypatch.setattr(json_arrays, "_last_whole_object", count)
    content = b'[{"a": "' + b"x" * 1_000_000 + b'"}]'
    assert len(decoded(content, 1000)) == 1
    assert sum(counted) < 3 * len(content)
