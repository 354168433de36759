"""Writes the bill of materials of this version, as CycloneDX 1.6 in JSON (cyclonedx.org/docs/1.6/json).

    .venv/bin/python scripts/write_bill_of_materials.py bill-of-materials.cdx.json

It lists what `make` installs to run the package, with the hashes of the locks, and what the package
brings along: fonts, data, the program that runs models in a browser. Licences are those that the installed
libraries name. The same version gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
import uuid
from importlib.metadata import PackageNotFoundError, files, metadata
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

ROOT = Path(__file__).resolve().parents[1]
DATA = "src/huggingtweets/data"
VENDORED = (  # name, licence, files
    ("wllama", "MIT", f"{DATA}/wllama/wllama.zip"),
    ("starter base", "PDDL-1.0", f"{DATA}/bases/starter/model.safetensors"),
    ("reference posts and words, of Reddit Top 2.5 Million", "PDDL-1.0", f"{DATA}/reference/*.gz"),
    (
        "fonts, as src/huggingtweets/reporting/fonts/README.md lists them",
        "OFL-1.1",
        "src/huggingtweets/reporting/fonts/*.?tf",
    ),
)
Json = dict[str, object]


def bill(root: Path = ROOT) -> Json:
    """The bill of materials of a checkout."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    libraries = [_library(*pin) for pin in _pins(root)]
    components = [*libraries, *(_vendored(root, *part) for part in VENDORED)]
    content = json.dumps([project["version"], components], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": project["name"],
                "name": project["name"],
                "version": project["version"],
                "purl": _purl(project["name"], project["version"]),
                "licenses": [{"expression": project["license"]}],
            }
        },
        "components": components,
        "dependencies": [
            {"ref": project["name"], "dependsOn": [str(part["bom-ref"]) for part in components]}
        ],
    }


def licence(name: str) -> str:
    """What a library says of its licence: an SPDX expression, a text, its classifiers, or its file."""
    about = metadata(name)
    [expression, *_] = about.get_all("License-Expression") or [""]
    [text, *_] = about.get_all("License") or [""]
    classifiers = [text for text in about.get_all("Classifier") or () if text.startswith("License ::")]
    first_line = text.strip().partition("\n")[0]
    return expression or "; ".join(classifiers) or first_line or _licence_file(name)


def _licence_file(name: str) -> str:
    """The first line of the licence that comes with a library."""
    texts = [file.read_text() for file in files(name) or () if file.name.upper().startswith("LICEN")]
    return texts[0].strip().partition("\n")[0] if texts else ""


def _pins(root: Path) -> list[tuple[str, str, list[str]]]:
    """Name, version and SHA-256 of the files of each library; of PyTorch of builds for the processor."""
    hashes: dict[tuple[str, str], list[str]] = {}
    for lock in ("requirements.lock", "torch-cpu.lock"):
        text = (root / lock).read_text("utf-8")
        for name, version, rest in re.findall(r"^([\w.-]+)==([^\s;+]+)((?:.*\\\n)*.*)$", text, re.MULTILINE):
            hashes.setdefault((name, version), []).extend(re.findall(r"--hash=sha256:([0-9a-f]{64})", rest))
    return sorted((name, version, found) for (name, version), found in hashes.items())


def _library(name: str, version: str, hashes: list[str]) -> Json:
    component: Json = {
        "type": "library",
        "bom-ref": f"{name}@{version}",
        "name": name,
        "version": version,
        "purl": _purl(name, version),
        "licenses": _licences(name),
    }
    if hashes:  # a component's own hashes are those of one file; here any of several may be installed
        component["properties"] = [{"name": "sha256 of a file", "value": value} for value in hashes]
    return component


def _vendored(root: Path, name: str, licence: str, pattern: str) -> Json:
    paths = sorted(root.glob(pattern))
    return {
        "type": "data" if len(paths) > 1 else "file",
        "bom-ref": name,
        "name": name,
        "licenses": [{"expression": licence}],
        "properties": [
            {"name": f"sha256 of {path.relative_to(root).as_posix()}", "value": _sha256(path)}
            for path in paths
        ],
    }


def _licences(name: str) -> list[Json]:
    """The licence of an installed library; [] where it is not installed, as those for other systems are."""
    try:
        text = licence(name)
    except PackageNotFoundError:
        return []
    try:
        return [{"expression": canonicalize_license_expression(text)}]
    except InvalidLicenseExpression:
        return [{"license": {"name": text}}] if text else []


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 -- the file
        sys.exit(__doc__)
    Path(sys.argv[1]).write_text(json.dumps(bill(), indent=1) + "\n", "utf-8")
