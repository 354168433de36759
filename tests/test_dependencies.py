"""What the package needs: every library is pinned for the Makefile, and its licence lets it be used."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, files, metadata, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import measure_install
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = ("app", "dev", "lora", "sweep", "wandb")  # what the Makefile and the README install
COPYLEFT = re.compile(r"\b(?:A?GPL|GNU (?:Affero )?General Public)", re.IGNORECASE)
LESSER = re.compile(r"\bL(?:esser )?GPL|Lesser General Public|MPL", re.IGNORECASE)


def needed() -> dict[str, str]:
    """The canonical name of every library that is needed, installed here or not, and who needs it."""
    found: dict[str, str] = {}
    groups = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in EXTRAS)]
    waiting = [(Requirement(text), "huggingtweets") for group in groups for text in group]
    while waiting:
        requirement, by = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = requirement.extras or {""}
        marker = requirement.marker
        if name in found or (marker and not any(marker.evaluate({"extra": extra}) for extra in extras)):
            continue
        found[name] = by
        waiting += [
            (child, name)
            for child in map(Requirement, _requires(name))
            if child.marker is None or any(child.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    return found


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def licence(name: str) -> str:
    """What a library says of its licence: an SPDX expression, a text, or its classifiers."""
    about = metadata(name)
    classifiers = [c for c in about.get_all("Classifier", []) if c.startswith("License ::")]
    first_line = (about.get("License") or "").strip().partition("\n")[0]
    return about.get("License-Expression") or "; ".join(classifiers) or first_line or _licence_file(name)


def _licence_file(name: str) -> str:
    """The first line of the licence that comes with a library."""
    texts = [file.read_text() for file in files(name) or () if file.name.upper().startswith("LICEN")]
    return texts[0].strip().partition("\n")[0] if texts else ""


def test_every_library_is_pinned():
    """Also those that a library needs in turn: else two installations a week apart may differ."""
    pinned = {
        canonicalize_name(line.partition("==")[0].strip())
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    }
    assert {name: by for name, by in needed().items() if name not in pinned} == {}


@pytest.mark.parametrize("name", sorted(needed()))
def test_its_licence_lets_it_be_used(name):
    """Each names a licence, and none asks the same licence of all that is used with it."""
    try:
        text = licence(name)
    except PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    assert text, f"{name} does not name its licence"
    strict = COPYLEFT.search(text) and not LESSER.search(text)
    assert not strict, f"{name}: {text}"


def test_what_an_installation_weighs_is_measured(capsys):
    """Each library that the package asks for has a row: its size, and what would be saved without it."""
    measure_install.main(["lora"])
    total, _, *rows = capsys.readouterr().out.splitlines()
    libraries, megabytes = (int(number.replace(",", "")) for number in re.findall(r"[\d,]+", total)[:2])
    assert libraries > 50
    assert megabytes > 500
    sizes = {row.split()[0]: [float(part) for part in row.split()[1:3]] for row in rows[:-1]}
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["lora"]]
    assert sizes.keys() == {canonicalize_name(Requirement(text).name) for text in asked}
    assert sizes["pyarrow"][1] >= sizes["pyarrow"][0] > 50
    assert sizes["numpy"][1] == 0, "others need it, too"
