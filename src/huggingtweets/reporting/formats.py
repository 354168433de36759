"""How figures are written in tables and charts."""

from __future__ import annotations

from ..results import Figure
from ..results.drawings import Scale


def format_value(figure: Figure, scale: Scale) -> str:
    """A figure's value, "48.2 %" or "0.482"."""
    return _format(figure.value, scale)


def format_interval(figure: Figure, scale: Scale) -> str:
    """A figure's 95 % interval, "39.1 to 57.0 %"."""
    return f"{_format(figure.low, scale).removesuffix(' %')} to {_format(figure.high, scale)}"


def _format(value: float, scale: Scale) -> str:
    return f"{100 * value:.1f} %" if scale == "share" else f"{value:.3f}"
