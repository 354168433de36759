"""What the package needs: every library is pinned for the Makefile, and its licence lets it be used."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from importlib.metadata import Distribution, PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import measure_install
from scripts.write_bill_of_materials import VENDORED, licence
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = ("app", "dev", "lora", "sweep", "wandb")  # what the Makefile and the README install
COPYLEFT = re.compile(r"\b(?:A?GPL|GNU (?:Affero )?General Public)", re.IGNORECASE)
LESSER = re.compile(r"\bL(?:esser )?GPL|Lesser General Public|MPL", re.IGNORECASE)


def needed(extras: Sequence[str] = EXTRAS) -> dict[str, str]:
    """The canonical name of every library that is needed, installed here or not, and who needs it."""
    found: dict[str, str] = {}
    groups = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in extras)]
    waiting = [(Requirement(text), "huggingtweets") for group in groups for text in group]
    while waiting:
        requirement, by = waiting.pop()
        name = canonicalize_name(requirement.name)
        own_extras = requirement.extras or {""}
        marker = requirement.marker
        if name in found or (marker and not any(marker.evaluate({"extra": extra}) for extra in own_extras)):
            continue
        found[name] = by
        waiting += [
            (child, name)
            for child in map(Requirement, _requires(name))
            if child.marker is None or any(child.marker.evaluate({"extra": extra}) for extra in own_extras)
        ]
    return found


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def is_installed(name: str) -> bool:
    """Whether a library is installed here."""
    return any(Distribution.discover(name=name))


def pins(name: str) -> dict[str, str]:
    """The versions in a file of exact versions, by the canonical name of the library."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(library): version for library, version in found}


def test_every_library_is_pinned():
    """Also those that a library needs in turn: else two installations a week apart may differ."""
    pinned = pins("constraints.txt")
    assert {name: by for name, by in needed().items() if name not in pinned} == {}


@pytest.mark.parametrize(("lock", "extras"), [("requirements.lock", ()), ("requirements-dev.lock", ("dev",))])
def test_make_installs_only_files_whose_hashes_are_known(lock, extras):
    """Each lock has all that is needed, in the pinned versions, with hashes; PyTorch has locks of its own."""
    locked, pinned = pins(lock), pins("constraints.txt")
    assert needed(extras).keys() - locked.keys() == {"torch"}
    assert {
        name: locked[name] for name in locked.keys() & pinned.keys() if locked[name] != pinned[name]
    } == {}
    assert len(entries(lock)) == len(locked)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert f"$(LOCKED) {lock}\n" in makefile
    [options] = re.findall(r"^LOCKED := .*$", makefile, re.MULTILINE)
    assert {"--require-hashes", "--no-deps", ":all:"} <= set(options.split())


def entries(lock: str) -> list[str]:
    """The requirements of a lock, each of which has hashes and names no index."""
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text, "any index will do"
    found = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert [entry for entry in found if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)] == []
    return found


def test_make_installs_only_builds_of_pytorch_whose_hashes_are_known():
    """Of both builds, of all systems and Pythons, and of the libraries of CUDA, in the pinned version."""
    version = pins("constraints.txt")["torch"]
    cpu, others = entries("torch-cpu.lock")
    assert cpu.startswith(f"torch=={version}+cpu ; sys_platform == 'linux' ")
    assert others.startswith(f"torch=={version} ; sys_platform != 'linux' ")
    [cuda] = (entry for entry in entries("torch-cuda.lock") if entry.startswith("torch=="))
    hashes = [set(re.findall(r"sha256:(\w+)", entry)) for entry in (cpu, others, cuda)]
    assert hashes[1] == hashes[2]
    assert not hashes[0] & hashes[1]
    libraries = [entry for entry in entries("torch-cuda.lock") if entry != cuda]
    assert all("sys_platform == 'linux'" in entry.splitlines()[0] for entry in libraries)


def test_the_bill_of_materials_is_whole(tmp_path):
    """It lists each library with its version, licence and hashes, and what the package brings along."""
    bills = [tmp_path / "one.json", tmp_path / "two.json"]
    for bill in bills:
        run = [sys.executable, ROOT / "scripts" / "write_bill_of_materials.py", bill]
        subprocess.run(run, check=True)
    assert bills[0].read_bytes() == bills[1].read_bytes()
    content = json.loads(bills[0].read_bytes())
    assert (content["bomFormat"], content["specVersion"], content["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", content["serialNumber"])
    assert content["metadata"]["component"]["version"] == PROJECT["version"]
    parts = {part["bom-ref"]: part for part in content["components"]}
    assert len(parts) == len(content["components"])
    assert content["dependencies"] == [{"ref": "huggingtweets", "dependsOn": list(parts)}]
    libraries = {canonicalize_name(part["name"]): part for part in parts.values() if "purl" in part}
    assert libraries.keys() >= needed(()).keys()
    for name, part in libraries.items():
        assert part["purl"] == f"pkg:pypi/{name}@{part['version']}"
        assert part["licenses"] or not is_installed(name)
        assert part["properties"]
    vendored = [part for part in parts.values() if "purl" not in part]
    assert len(vendored) == len(VENDORED)
    assert all(part["properties"] and part["licenses"] for part in vendored)


def test_their_licences_let_them_be_used():
    """Each library names a licence, and none asks the same licence of all that is used with it."""
    licences = {name: licence(name) for name in needed() if is_installed(name)}
    assert len(licences) > 50
    assert [name for name, text in licences.items() if not text] == []
    strict = {
        name: text for name, text in licences.items() if COPYLEFT.search(text) and not LESSER.search(text)
    }
    assert strict == {}


@pytest.mark.slow
def test_what_an_installation_weighs_is_measured(capsys):
    """Each library that the package asks for has a row: its size, and what would be saved without it."""
    measure_install.main(["lora"])
    total, _, *rows = capsys.readouterr().out.splitlines()
    libraries, megabytes = (int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", total)[:2])
    assert libraries > 50
    assert megabytes > 500
    sizes = {row.split()[0]: [float(part) for part in row.split()[1:3]] for row in rows[:-1]}
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["lora"]]
    assert sizes.keys() == {canonicalize_name(Requirement(text).name) for text in asked}
    assert sizes["pyarrow"][1] >= sizes["pyarrow"][0] > 50
    assert sizes["numpy"][1] == 0, "others need it, too"
