"""How figures and settings are written in tables, charts and sentences."""

from __future__ import annotations

from ..results import Figure
from ..results.drawings import Scale
from ..types import Sampling


def format_value(figure: Figure, scale: Scale) -> str:
    """A figure's value, "48.2 %" or "0.482"."""
    return _format(figure.value, scale)


def format_interval(figure: Figure, scale: Scale) -> str:
    """A figure's 95 % interval, "39.1 to 57.0 %"."""
    return f"{_format(figure.low, scale).removesuffix(' %')} to {_format(figure.high, scale)}"


def format_sampling(sampling: Sampling) -> str:
    """How a token is chosen, "temperature 0.7, top-p 0.95"."""
    settings = {
        "temperature": sampling.temperature,
        "top-p": sampling.top_p,
        "repetition penalty": sampling.repetition_penalty,
    }
    return ", ".join(f"{name} {value:g}" for name, value in settings.items() if value)


def _format(value: float, scale: Scale) -> str:
    return f"{100 * value:.1f} %" if scale == "share" else f"{value:.3f}"
