"""huggingtweets inspect."""

from __future__ import annotations

from ..workflows.data import DataConfig
from . import _options as opt
from ._data_options import reads_posts
from ._results import print_inspection
from ._terminal import Terminal, print_json


@reads_posts(trains=False)
def inspect(data: DataConfig, as_json: opt.Json = False) -> None:
    """See whether posts are enough to learn from.

    Shows whose they are, what cleaning keeps and drops, and a verdict. Nothing is trained or written.

    \b
    Examples:
      huggingtweets inspect twitter-2024-10-01.zip
      huggingtweets inspect posts.csv --drop-replies --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.inspect import inspect

    with Terminal() as terminal:
        inspections = inspect(data, watcher=terminal)
    if as_json:
        print_json([inspection.summary() for inspection in inspections])
    else:
        for inspection in inspections:
            print_inspection(inspection)
