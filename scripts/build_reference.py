"""Build the reference data of evaluations: a list of English words, and posts of many people.

    python scripts/build_reference.py CORPUS    writes src/huggingtweets/data/reference/

CORPUS is a folder of shards with one post a line. The shipped files are made of Reddit Top 2.5 Million
(umbrae, 2013), which is in the public domain (PDDL). The same corpus gives the same bytes, so evaluations
stay comparable.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from huggingtweets.dataset.shards import find_shards, read_posts
from huggingtweets.text import words

TARGET = Path(__file__).parents[1] / "src" / "huggingtweets" / "data" / "reference"
FEWEST = 12  # posts that have a word of the list; rarer words are mostly misspelt, or names
COMMON = 200  # posts that have a word of the reference posts, so that these name hardly anybody
POSTS = 3000
SHORTEST, LONGEST = 40, 280  # characters
EXCLUDED = {
    "anal",
    "anus",
    "ass",
    "asshole",
    "bitch",
    "blowjob",
    "boner",
    "boob",
    "boobs",
    "breast",
    "breasts",
    "cock",
    "cum",
    "cunt",
    "dick",
    "dildo",
    "fag",
    "faggot",
    "fuck",
    "fucked",
    "fucking",
    "fucks",
    "gonewild",
    "horny",
    "masturbate",
    "masturbating",
    "meth",
    "molest",
    "nazi",
    "nazis",
    "nigger",
    "nipple",
    "nipples",
    "nsfw",
    "nude",
    "nudes",
    "orgasm",
    "orgasms",
    "penis",
    "piss",
    "porn",
    "pussy",
    "rape",
    "raped",
    "rapist",
    "retard",
    "retarded",
    "sex",
    "sexual",
    "sexy",
    "shit",
    "shitty",
    "slut",
    "suicidal",
    "suicide",
    "testicles",
    "tits",
    "vagina",
    "whore",
}  # posts with these words are left out


def main() -> None:
    """Count the words, choose the posts, and write both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    folder = parser.parse_args().corpus
    files = find_shards([folder])[:-1]  # the last shard is held out from everything
    counts: Counter[str] = Counter()
    for post in _all_posts(files):
        counts.update(set(words(post)))
    vocabulary = sorted(word for word, count in counts.items() if count >= FEWEST and _is_word(word))
    common = {word for word, count in counts.items() if count >= COMMON} - EXCLUDED
    chosen = _choose(_all_posts(files), common)
    TARGET.mkdir(parents=True, exist_ok=True)
    _write(TARGET / "words-en.txt.gz", vocabulary)
    _write(TARGET / "posts-en.txt.gz", chosen)
    print(f"{len(vocabulary):,} words and {len(chosen):,} posts in {TARGET}", file=sys.stderr)


def _all_posts(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        yield from read_posts(file)


def _is_word(word: str) -> bool:
    return not any(letter.isdigit() or letter == "_" for letter in word)


def _choose(candidates: Iterable[str], common: set[str]) -> list[str]:
    """Choose posts that have only common words, those with the smallest digests; anyone can repeat this."""
    eligible = (
        (hashlib.sha256(post.encode()).digest(), post)
        for post in candidates
        if SHORTEST <= len(post) <= LONGEST and common.issuperset(words(post))
    )
    return [post for _, post in sorted(eligible)[:POSTS]]


def _write(path: Path, lines: Iterable[str]) -> None:
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content, mtime=0))


if __name__ == "__main__":
    main()
