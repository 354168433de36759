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
    finally:
        # Python ends itself by SIGINT, whatever its exit code is, where one came while exec() ran a text, for
        # example that of a dataclass, and was handled. Running another text takes that back.
        exec("")  # noqa: S102 -- nothing is run


if __name__ == "__main__":
    main()
