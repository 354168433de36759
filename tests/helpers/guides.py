"""The examples of the guides in docs/, as a reader would add them: as a package, or as one more file."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

from tests.conftest import ROOT


@dataclass(frozen=True)
class Guide:
    """A page of docs/ with one example in Python, and the entry point that it is installed with."""

    file: str
    package: ModuleType  # whose folder the example can be put into

    @property
    def text(self) -> str:
        """The page, in Markdown."""
        return (ROOT / "docs" / self.file).read_text("utf-8")

    def blocks(self, language: str) -> list[str]:
        """The code of the page in one language."""
        return re.findall(rf"```{language}\n(.*?)```", self.text, re.DOTALL)

    @property
    def names(self) -> tuple[str, str]:
        """The name of the example, and of the module that it is in where it is a package."""
        [entry] = self.blocks("toml")
        return re.search(r'^(\w+) = "(\w+)"$', entry, re.MULTILINE).groups()

    def as_package(self, site, monkeypatch) -> tuple[str, str]:
        """Install the example with the entry point that the page gives; return its name and its module."""
        [code], [entry] = self.blocks("python"), self.blocks("toml")
        [group] = re.findall(r'entry-points\."(.*)"', entry)
        name, module = self.names
        installed = site / f"{module}-1.0.dist-info"
        installed.mkdir(parents=True)
        (site / f"{module}.py").write_text(code, encoding="utf-8")
        (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (installed / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
        monkeypatch.syspath_prepend(str(site))
        return name, module

    def as_file(self, site, monkeypatch) -> tuple[str, str]:
        """Put the example into the folder of the package; return its name and its module."""
        [code], (name, _) = self.blocks("python"), self.names
        site.mkdir(parents=True)
        (site / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.setattr(self.package, "__path__", [*self.package.__path__, str(site)])
        return name, f"{self.package.__name__}.{name}"

    @contextmanager
    def added(self, way: str, site, monkeypatch) -> Iterator[str]:
        """Add the example one way or the other, "package" or "file"; yield its name."""
        name, module = {"package": self.as_package, "file": self.as_file}[way](site, monkeypatch)
        importlib.invalidate_caches()
        yield name
        sys.modules.pop(module, None)
