"""What Prometheus reads: counters, one histogram and gauges, in its text format (version 0.0.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)  # seconds

_HELP = {
    "requests_total": "Requests that were answered.",
    "posts_total": "Posts that were sent, and those that the text filters refused after all tries.",
    "drafts_total": "Texts that were sampled, those that the text filters refused counted.",
    "tokens_total": "Tokens that were sampled.",
}
_PREFIX = "huggingtweets"

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counts since the server started."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._counts: Counter[tuple[str, Labels]] = Counter()
        self._seconds = [0] * (len(BUCKETS) + 1)
        self._sum = 0.0

    def count(self, name: str, number: int = 1, **labels: str) -> None:
        """Add to a counter."""
        self._counts[name, tuple(sorted(labels.items()))] += number

    def took(self, seconds: float) -> None:
        """Note how long a request for posts took."""
        self._seconds[bisect_left(BUCKETS, seconds)] += 1
        self._sum += seconds

    def text(self, gauges: Mapping[str, float]) -> str:
        """All metrics, with the present values of the gauges."""
        lines: list[str] = []
        for name, description in _HELP.items():
            lines += [f"# HELP {_PREFIX}_{name} {description}", f"# TYPE {_PREFIX}_{name} counter"]
            series = sorted((labels, n) for (counter, labels), n in self._counts.items() if counter == name)
            lines += [f"{_PREFIX}_{name}{_braced(labels)} {number}" for labels, number in series]
        lines += self._histogram()
        for name, value in gauges.items():
            lines += [f"# TYPE {_PREFIX}_{name} gauge", f"{_PREFIX}_{name} {value:g}"]
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        name, total = f"{_PREFIX}_request_seconds", 0
        lines = [f"# HELP {name} How long requests for posts took.", f"# TYPE {name} histogram"]
        for bound, number in zip((*(f"{b:g}" for b in BUCKETS), "+Inf"), self._seconds, strict=True):
            total += number
            lines.append(f'{name}_bucket{{le="{bound}"}} {total}')
        return [*lines, f"{name}_sum {self._sum:.6f}", f"{name}_count {total}"]


def _braced(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
