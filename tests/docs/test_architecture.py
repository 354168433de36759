"""The page about the architecture is true: its tree and its layers are those of the code."""

from __future__ import annotations

import re
import tomllib

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PACKAGE = ROOT / "src" / "huggingtweets"


def section(title: str) -> str:
    return re.search(rf"^## {title}[^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


def indented(text: str) -> list[str]:
    return [line[4:] for line in text.splitlines() if line.startswith("    ")]


def tree() -> set[str]:
    """Every path of the tree; two more spaces are one folder deeper."""
    paths, parents = set(), []
    for line in indented(section("The tree")):
        depth = (len(line) - len(line.lstrip())) // 2
        parents = [*parents[:depth], line.split()[0]]
        paths.add("".join(parents))
    return paths


def test_what_the_tree_names_exists():
    """Every folder is a folder, every file a file."""
    named = tree()
    assert len(named) > 30
    for path in named:
        assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file(), path


def test_every_folder_and_root_module_is_in_the_tree():
    """Nothing of the package is missing."""
    folders = {
        f"src/huggingtweets/{path.relative_to(PACKAGE).as_posix()}/"
        for path in PACKAGE.rglob("*")
        if path.is_dir() and any("__pycache__" not in file.parts for file in path.rglob("*.*"))
    }
    modules = {f"src/huggingtweets/{path.name}" for path in PACKAGE.glob("*.py")}
    assert (folders | modules) - tree() == set()


def test_the_layers_are_those_that_are_checked():
    """The lines of the page are the lines of import-linter's contract."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    shown = [re.split(r" \| |, ", line) for line in indented(section("Layers"))]
    assert shown == [re.split(r" [|:] ", layer) for layer in layers]


def test_the_files_of_the_tables_exist():
    """A post's way and the places of files lead through modules that are there."""
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", section("A post's way") + section("Where files are")))
    assert len(named) > 15
    assert [
        name for name in sorted(named) if not ((PACKAGE / name).is_file() or (ROOT / name).is_file())
    ] == []
    packages = {
        name
        for row in re.findall(r"^\| ([a-z, ]+) \|", section("What may touch what"), re.MULTILINE)
        for name in row.split(", ")
    } - {"package"}
    assert [name for name in sorted(packages) if not (PACKAGE / name).is_dir()] == []
