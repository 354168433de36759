"""Errors of the library are read in the visitor's language, and its own messages stay English."""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

import huggingtweets
from huggingtweets import sources
from huggingtweets.app.language import ENGLISH, NAMES, speaking
from huggingtweets.app.library_messages import TEMPLATES, UNEXPECTED, _pattern, translated
from huggingtweets.app.messages import PageError, shown_error, without_commands
from huggingtweets.dataset.sufficiency import require_enough
from huggingtweets.errors import LocationError, NotEnoughPosts
from huggingtweets.sources._formats.authors import choose_author
from huggingtweets.workflows.data import sample_archive

OTHERS = [code for code in NAMES if code != ENGLISH]


def _files(folder: Path) -> dict[str, str]:
    """Files that cannot be read, by what German readers are told of them."""
    (folder / "half.zip").write_bytes(Path(sample_archive()).read_bytes()[:2000])
    with zipfile.ZipFile(folder / "other.zip", "w") as archive:
        archive.writestr("notes.bin", b"\0\1\2")
    (folder / "none.csv").write_text("id,text\n", "utf-8")
    (folder / "page.html").write_text("<!doctype html><html>posts</html>", "utf-8")
    (folder / "scan.pdf").write_bytes(b"%PDF-1.4 posts")
    (folder / "posts.csv").write_text("id,text\n1,one\n2,two\n", "utf-8")
    return {
        "half.zip": "half.zip ist keine vollständige ZIP-Datei",
        "other.zip": "in other.zip ist nichts, was gelesen werden kann",
        "none.csv": "none.csv enthält keine Beiträge",
        "page.html": "page.html ist ein Export als HTML",
        "scan.pdf": "scan.pdf ist ein PDF",
        "posts.csv": "schreib es in „Wessen Beiträge“",
        "missing.zip": "unter missing.zip ist weder Datei noch Ordner",
        "post.csv": "war posts.csv gemeint?",
    }


def _error(location: str) -> LocationError:
    with pytest.raises(LocationError) as caught:
        list(sources.read(location).posts)
    return caught.value


def test_unreadable_files_are_explained_in_the_visitors_language(tmp_path):
    """What is wrong with a file, and what to do, is said in German; the error itself stays English."""
    for name, words in _files(tmp_path).items():
        location = str(tmp_path / name)
        with speaking("de"):
            error = _error(location)
            text, language = shown_error(error, [(location, name)])
        assert words in text
        assert language == "de"
        assert location in str(error)
        assert "ist" not in str(error).split()


def test_what_is_not_known_stays_english():
    """An error without a translation keeps its words, and is marked as English; the page's own are kept."""
    with speaking("ja"):
        assert shown_error(LocationError("line 3 is odd")) == ("line 3 is odd", ENGLISH)
        assert shown_error(PageError("投稿がありません")) == ("投稿がありません", "ja")
        assert shown_error(ValueError("secret"))[1] == "ja"
        assert "secret" not in shown_error(ValueError("secret"))[0]


def test_figures_and_reasons_are_of_the_language():
    """What a translated error inserts is written as the language writes it; a name stays as it is."""
    with speaking("de"):
        text, _ = translated(
            "more than 50,000 posts are too many for this page; run huggingtweets on your own machine"
        )
        assert text.startswith("mehr als 50.000 Beiträge")
        text, _ = translated(
            "a.example cannot be read: no connection, 4 times; try again later, what was fetched so far is "
            "kept"
        )
        assert "keine Verbindung, 4-mal" in text
        assert translated("Posts holds no posts; give another file")[0].startswith("Posts enthält")


def test_templates_are_what_the_library_says(tmp_path):
    """Each template is found among the messages of the package: where words change, it has to change, too."""
    texts = _messages_of_the_code()
    said = {without_commands(text) for text in _raised(tmp_path) | texts | {f"1 {text}" for text in texts}}
    templates = [template for template in TEMPLATES if template != UNEXPECTED]
    assert not [each for each in templates if not any(map(_pattern(each).fullmatch, said))]


def _raised(folder: Path) -> set[str]:
    """Messages that are put together of parts."""
    raised = {
        str(_error(place))
        for place in (
            "https://example.org",
            "jane.example.org",
            *map(str, map(folder.joinpath, _files(folder))),
        )
    }
    with pytest.raises(LocationError) as nobody:
        choose_author("chat.txt", {"Ada": 2}, sources.ReadOptions(name="Grace"))
    for posts in (["One short post."], ["One short post."] * 2):
        with pytest.raises(NotEnoughPosts) as few:
            require_enough(posts)
        raised.add(str(few.value))
    return {*raised, str(nobody.value)}


def _messages_of_the_code() -> set[str]:
    """All texts of the package, and of errors with their advice; 1 is in the place of what they insert."""
    texts = set()
    for file in Path(huggingtweets.__file__).parent.rglob("*.py"):
        if file.name == "library_messages.py":
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.JoinedStr() | ast.Constant(value=str()):
                    texts.add(_text(node))
                case ast.Call(args=[problem, *_], keywords=[ast.keyword("advice", advice), *_]):
                    texts.add(f"{_text(problem)}; {_text(advice)}")
    return texts


def _text(node: ast.expr) -> str:
    match node:
        case ast.JoinedStr():
            return "".join(str(p.value) if isinstance(p, ast.Constant) else "1" for p in node.values)
        case ast.Constant(value=str()):
            return node.value
    return "1"
