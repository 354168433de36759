"""Fuzzes the sources with Atheris: inputs are led by what code of `sources/` they reach.

    pip install 'huggingtweets[fuzz]'
    python -m fuzz.guided -runs=100000 -max_len=256 -len_control=0 -timeout=20

The bytes that libFuzzer makes are the choices by which `changes.py` damages a valid input. What fails is
kept as `crash-...` in the working folder; give that file as the only argument to read it again.
"""

from __future__ import annotations

import sys
from random import Random

try:
    import atheris
except ImportError:
    sys.exit("atheris is not installed; install it with: pip install 'huggingtweets[fuzz]' (Linux only)")

with atheris.instrument_imports(include=["huggingtweets.sources"], enable_loader_override=False):
    from huggingtweets import sources

    for _name in sources.names():
        sources.load(_name)

from fuzz.inputs import forms
from fuzz.reading import read_changed, remember_places


class Told(Random):
    """Choices that somebody else made, byte by byte; the first of all where no bytes are left."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._bytes = iter(content)

    def random(self) -> float:
        """As in `Random`."""
        return self.getrandbits(16) / 65_536

    def getrandbits(self, k: int, /) -> int:
        """As in `Random`."""
        whole = sum(next(self._bytes, 0) << 8 * place for place in range((k + 7) // 8))
        return whole & (1 << k) - 1


def main() -> None:
    """Fuzz until libFuzzer ends it."""
    known = forms()
    remember_places()

    def one(content: bytes) -> None:
        told = Told(content)
        read_changed(told.choice(known), told)

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
