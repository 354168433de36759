"""How figures are written in tables and charts."""

from __future__ import annotations

from ..results import Figure
from ..results.drawings import Scale


def written(figure: Figure, scale: Scale) -> str:
    """A figure's value, "48.2 %" or "0.482"."""
    return _written(figure.value, scale)


def interval(figure: Figure, scale: Scale) -> str:
    """A figure's 95 % interval, "39.1 to 57.0 %"."""
    return f"{_written(figure.low, scale).removesuffix(' %')} to {_written(figure.high, scale)}"


def _written(value: float, scale: Scale) -> str:
    return f"{100 * value:.1f} %" if scale == "share" else f"{value:.3f}"
