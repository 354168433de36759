"""Keeping the libraries that load and save models from writing on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Inside the block transformers shows neither bars nor warnings; what fails is raised all the same."""
    from transformers.utils import logging  # noqa: PLC0415 -- heavy, and needed only where models are loaded

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
