"""How many posts a second `huggingtweets serve` gives to one client and to many, and whether it loses any.

    python benchmarks/serving_load.py FOLDER [--clients 1 16] [--tokens 60] [--seconds 10] [--rounds 3]
        [--burst 200]

The server runs in a process of its own. Clients ask for one post after the other; their numbers take turns,
so that what else the machine does slows all of them. At the end, `--burst` clients ask for a post each at the
same moment. It prints a table in Markdown: posts a second, the median and the 99th percentile of a post's
seconds, and how many requests failed. Posts end by themselves, after at most `--tokens` tokens.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx


class Round(NamedTuple):
    """What some clients got in a while."""

    posts: float  # a second
    tokens: float  # a second
    seconds: list[float]  # of each post
    failed: int


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--burst", type=int, default=200)
    options = parser.parse_args()
    command = [sys.executable, "-m", "huggingtweets", "serve", str(options.folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            url = re.search(r"http://\S+", line)
            if url is None:
                raise SystemExit("the server did not start")
            asyncio.run(_measure(url[0], options))
        finally:
            server.send_signal(signal.SIGTERM)


async def _measure(url: str, options: argparse.Namespace) -> None:
    body = {"model": options.folder.name, "prompt": "My dream is", "max_tokens": options.tokens}
    limits = httpx.Limits(max_connections=1000)
    async with httpx.AsyncClient(base_url=url, timeout=180, limits=limits) as http:
        await http.post("completions", json=body)
        rounds: dict[int, list[Round]] = {number: [] for number in options.clients}
        for _ in range(options.rounds):
            for number in options.clients:
                rounds[number].append(await _round(http, body, number, options.seconds))
        print("| clients | posts/s | tokens/s | median s | 99 % s | requests | failed |")
        print("|--:|--:|--:|--:|--:|--:|--:|")
        for number, done in rounds.items():
            posts, tokens = (statistics.median(rates) for rates in zip(*(r[:2] for r in done), strict=True))
            _print_row(str(number), posts, tokens, done)
        burst = await _round(http, body, options.burst, 0)
        _print_row(f"{options.burst}, at once", burst.posts, burst.tokens, [burst])


def _print_row(name: str, posts: float, tokens: float, done: list[Round]) -> None:
    seconds = sorted(second for r in done for second in r.seconds)
    failed = sum(r.failed for r in done)
    late = seconds[min(len(seconds) - 1, int(0.99 * len(seconds)))]
    median = statistics.median(seconds)
    print(f"| {name} | {posts:.1f} | {tokens:.0f} | {median:.2f} | {late:.2f} | {len(seconds)} | {failed} |")


async def _round(http: httpx.AsyncClient, body: dict[str, object], clients: int, seconds: float) -> Round:
    """Let some clients ask for one post after the other, each at least for one."""
    times: list[float] = []
    tokens = failed = 0
    started = time.perf_counter()

    async def ask() -> None:
        nonlocal tokens, failed
        while True:
            asked = time.perf_counter()
            response = await http.post("completions", json=body)
            times.append(time.perf_counter() - asked)
            answer = response.json() if response.is_success else {}
            failed += not answer.get("choices")
            tokens += answer.get("usage", {}).get("completion_tokens", 0)
            if time.perf_counter() - started > seconds:
                return

    await asyncio.gather(*(ask() for _ in range(clients)))
    passed = time.perf_counter() - started
    return Round(len(times) / passed, tokens / passed, times, failed)


if __name__ == "__main__":
    main()
