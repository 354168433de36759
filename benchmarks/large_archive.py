"""What a large archive costs the page, in seconds and memory: dropped on it, and named by its path.

    python benchmarks/large_archive.py --megabytes 1000 --posts 50000

Makes an X archive of a made-up person, a zip as one downloads it: posts, and pictures up to the size. Serves
the page in a process of its own, drops the archive there over HTTP, then names its path; prints the seconds
of each and the most memory that the server's process held beyond what it held before.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
from made_archive import HANDLE, write_archive
from visitor import BOXES, Visitor

PORT = 7932
PICTURE = 2_000_000  # bytes
PIECE = 1 << 20


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--posts", type=int, default=50_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        archive = _archive(Path(place), options.megabytes * 1_000_000, options.posts)
        with _served(Path(place)) as server:
            visitor = Visitor(f"http://127.0.0.1:{PORT}/")
            list(visitor.call("try-sample", ["", *BOXES]))  # loads what reading needs
            print(f"| archive of {archive.stat().st_size / 1e6:,.0f} MB | seconds | memory, MB |")
            print("|---|---|---|")
            with _measured("sent to the page", server):
                path = visitor.upload(_as_form(archive))
            file = {"path": path, "orig_name": archive.name, "meta": {"_type": "gradio.FileData"}}
            with _measured("read by the page", server):
                shown = list(visitor.call("Your archive: zip, CAR, CSV …", ["", [file], *BOXES], "upload"))
            _require(shown)
            with _measured("named by its path too, and both read", server):
                shown = list(visitor.call("Or an account, or a path", ["", str(archive), *BOXES], "submit"))
            _require(shown)


def _archive(place: Path, size: int, posts: int) -> Path:
    folder, archive = write_archive(place / "unpacked", posts), place / "twitter-archive.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(folder.rglob("*.js")):
            zipped.write(path, path.relative_to(folder), zipfile.ZIP_DEFLATED)
        for number in range(max(0, size - archive.stat().st_size) // PICTURE):
            zipped.writestr(f"data/tweets_media/{number}.jpg", os.urandom(PICTURE))
    return archive


@contextmanager
def _served(place: Path) -> Iterator[psutil.Process]:
    """The page's process, once it answers."""
    command = [sys.executable, "-m", "huggingtweets", "app", "--no-browser", "--port", str(PORT)]
    environment = {**os.environ, "HUGGINGTWEETS_HOME": str(place / "home")}
    process = subprocess.Popen(command, cwd=place, env=environment, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{PORT}/config")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _measured(what: str, server: psutil.Process) -> Iterator[None]:
    """Print how long the block took, and how far the server's memory rose meanwhile."""
    before = most = server.memory_info().rss
    done = threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(0.02):
            most = max(most, server.memory_info().rss)

    watch = threading.Thread(target=look)
    watch.start()
    started = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - started
        done.set()
        watch.join()
    print(f"| {what} | {seconds:.1f} | {(most - before) / 1e6:,.0f} |", flush=True)


def _as_form(file: Path) -> Iterator[bytes]:
    yield b'--end-of-part\r\nContent-Disposition: form-data; name="files"; '
    yield f'filename="{file.name}"\r\n\r\n'.encode()
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece
    yield b"\r\n--end-of-part--\r\n"


def _require(shown: list[str]) -> None:
    if HANDLE not in shown[-1]:
        sys.exit(f"the archive was not understood: {shown[-1][:2000]}")


if __name__ == "__main__":
    main()
