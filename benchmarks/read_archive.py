"""How fast an X archive is read, cleaned and counted, compared with the plain way of doing it.

    python benchmarks/read_archive.py [--posts 130000] [--runs 5] [--seed 0]
    python benchmarks/read_archive.py --templates --posts 300000 --runs 1

The archive of a made-up person is written to a temporary folder (see made_archive.py). Each way then reads it
in a process of its own, in turn with the others, and a table of medians is printed in Markdown. Time counts
from the first file opened to the last post counted, without the start of Python and the loading of modules:
on the clock, which other work on the machine lengthens, and as processor time of all cores. Memory is what
the process had at its peak.

- plain: `json.loads` of the whole file, and the clean-up of 2020 as one writes it down: a regular expression
  for each place where a link can stand, fewer than three words dropped, each text kept once.
- ours, exact repeats only: `huggingtweets.inspect`, which besides expands links by the archive's own fields,
  joins long posts, leaves earlier versions out, sorts by time, and takes the sha256 of what it reads; near
  duplicates are not looked for.
- ours: the whole of it, as `huggingtweets inspect` does it.

With --templates, tables are read in place of an archive, by the whole of it. Every second post of a table is
made of one template, so that posts are far from each other, near the threshold of near-duplicates, or above.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from made_archive import TEMPLATES, write_archive, write_table

LINKS = [
    rf"{before}{scheme}\S+{after}"
    for scheme in ("http:", "https:")
    for before, after in ((" ", ""), ("", " "), ("\n", " "), ("\n", ""), ("", ""))
]


def main() -> None:
    """Write the archive, run each way in turn, print the table."""
    parser = argparse.ArgumentParser(description="Time the reading of an X archive.")
    parser.add_argument("--posts", type=int, default=130_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--templates", action="store_true", help="read tables of posts made of templates")
    options = parser.parse_args()
    if options.templates:
        print(_table(_read_tables(options.posts, options.runs, options.seed), options.posts, "far"))
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = write_archive(Path(folder) / "archive", options.posts, options.seed)
        size = (archive / "data" / "tweets.js").stat().st_size
        print(f"{options.posts:,} posts, {size / 1e6:,.0f} MB of JSON, {platform.machine()}, ", end="")
        print(f"Python {platform.python_version()}; medians of {options.runs} runs\n")
        results: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
        for _ in range(options.runs):
            for way in WAYS:
                results[way].append(_measured(way, archive))
    print(_table(results, options.posts, "plain"))


def _read_tables(posts: int, runs: int, seed: int) -> dict[str, list[dict[str, Any]]]:
    """Read a table of each template; returns what was measured of each."""
    results: dict[str, list[dict[str, Any]]] = {}
    for template in TEMPLATES:
        with tempfile.TemporaryDirectory() as folder:
            table = write_table(Path(folder) / "posts.csv", posts, template, seed)
            results[template] = [_measured("ours", table) for _ in range(runs)]
    return results


def _measured(way: str, place: Path) -> dict[str, Any]:
    """Read a place in a process of its own."""
    command = [sys.executable, __file__, "--way", way, str(place)]
    measured: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return measured


def _table(results: dict[str, list[dict[str, Any]]], posts: int, first: str) -> str:
    """The medians in Markdown; speeds are compared with the first row."""
    lines = [
        f"| way | seconds | from to | processor s | posts/s | times {first} | peak memory, MB | counts |",
        "|---|--:|---|--:|--:|--:|--:|---|",
    ]
    plain = _median(results[first], "seconds")
    for way, runs in results.items():
        seconds = _median(runs, "seconds")
        clocked = [run["seconds"] for run in runs]
        spread = f"{min(clocked):.2f} to {max(clocked):.2f} | {_median(runs, 'processor'):.2f}"
        speed = f"{posts / seconds:,.0f} | {plain / seconds:.1f} | {_median(runs, 'peak') / 1e6:,.0f}"
        counts = ", ".join(f"{reason} {count:,}" for reason, count in runs[0]["counts"].items())
        lines.append(f"| {way} | {seconds:.2f} | {spread} | {speed} | {counts} |")
    return "\n".join(lines)


def _median(runs: list[dict[str, Any]], figure: str) -> float:
    return float(statistics.median(run[figure] for run in runs))


def run_way(way: str, archive: Path) -> None:
    """Do it in this process, and print what was measured."""
    count = WAYS[way]
    if way != "plain":
        from huggingtweets import inspect, sources  # noqa: F401 -- loads what it needs
        from huggingtweets.cleaning import duplicates  # noqa: F401 -- with numpy

        sources.recognise(str(archive))  # loads all sources
    clock, processor = time.perf_counter(), time.process_time()
    counts = count(archive)
    seconds = {"seconds": time.perf_counter() - clock, "processor": time.process_time() - processor}
    print(json.dumps({**seconds, "peak": _peak(), "counts": counts}))


def plain(archive: Path) -> Counter[str]:
    """Count the posts by what becomes of them, in the plain way."""
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    for path in sorted((archive / "data").glob("tweets*.js")):
        content = path.read_text(encoding="utf-8")
        for item in json.loads(content[content.index("=") + 1 :]):
            counts[_outcome(item["tweet"]["full_text"], seen)] += 1
    return counts


def _outcome(text: str, seen: set[str]) -> str:
    if text.startswith("RT @"):
        return "repost"
    text = text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    text = re.sub(r"^(@\w+ )+", "", text)
    for link in LINKS:
        text = re.sub(link, "", text)
    text = " ".join(re.sub(" +", " ", text).split())
    words = [word for word in text.split() if not any(mark in word.lower() for mark in ("http", "@", "#"))]
    if len(words) < 3:  # noqa: PLR2004 -- the rule of 2020
        return "short"
    if text in seen:
        return "duplicate"
    seen.add(text)
    return "kept"


def ours(archive: Path) -> dict[str, int]:
    """The same, as the command does it."""
    from huggingtweets import DataConfig, inspect

    [inspection] = inspect(DataConfig(locations=(str(archive),)))
    funnel = inspection.author.cleaned.funnel
    return {"kept": funnel.kept} | {str(reason): count for reason, count in funnel.dropped.items()}


def ours_exact(archive: Path) -> dict[str, int]:
    """The same without near duplicates."""
    from huggingtweets.cleaning import duplicates

    vars(duplicates)["near_duplicates"] = lambda _: set()
    return ours(archive)


def _peak() -> int:
    """Bytes of memory that this process had at most."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) << 10
    unit = 1 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


WAYS = {"plain": plain, "ours, exact repeats only": ours_exact, "ours": ours}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        run_way(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
