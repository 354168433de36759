"""Fuzzes the sources with Atheris: the code that an input reaches guides the choice of the next ones.

    pip install 'huggingtweets[fuzz]'
    python -m fuzz.guided -runs=100000 -max_len=256 -len_control=0 -timeout=20

The bytes that libFuzzer makes become the choices by which `changes.py` damages a valid input. A failing input
is saved as `crash-...` in the working folder; give that file as the only argument to read it again.
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
from fuzz.reading import cache_sources, read_changed


class BytesRandom(Random):
    """Takes its random bits from given bytes; all bits are 0 after their end."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._bytes = iter(content)

    def random(self) -> float:
        """As in `Random`."""
        return self.getrandbits(16) / 65_536

    def getrandbits(self, k: int, /) -> int:
        """As in `Random`."""
        number = sum(next(self._bytes, 0) << 8 * place for place in range((k + 7) // 8))
        return number & (1 << k) - 1


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    inputs = forms()
    cache_sources()

    def test_one_input(content: bytes) -> None:
        random = BytesRandom(content)
        read_changed(random.choice(inputs), random)

    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
