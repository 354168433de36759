"""`python -m huggingtweets` is the command `huggingtweets`."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly from the first moment on."""
    try:
        from .cli import main as run  # noqa: PLC0415 -- loading it takes a moment in which Ctrl-C can come

        run()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
