"""Degenerate repetition, as small models write it: "it is a voice that hums, it is a voice that hums"."""

from __future__ import annotations

import re

from .words import words

RUN = 3  # words; a run has so many different ones, so one word said again and again is no repetition
# share of the runs that may be in a post a second time; 1 own post in 1,800 has more, docs/log.md
MOST = 0.2
# up to four characters, 16 times in a row and more; 1 own post in 7,000 has that
ROW = r"(.{1,4}?)\1{15,}"
_ROW = re.compile(ROW, re.DOTALL)


def is_repetitive(text: str) -> bool:
    """Whether more than `MOST` of a text's runs of words are repeated, or it has a `ROW`.

    The share is that of Welleck et al. 2020, "Neural text generation with unlikelihood training", seq-rep-n,
    but for runs in which a word recurs.
    """
    if _ROW.search(text):
        return True
    normal = words(text)
    runs = [tuple(normal[at : at + RUN]) for at in range(len(normal) - RUN + 1)]
    different = [run for run in runs if len(set(run)) == RUN]
    return len(different) - len(set(different)) > MOST * len(runs)
