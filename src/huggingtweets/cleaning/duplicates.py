"""Posts that say what an earlier one said.

Candidates come from MinHash with locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", ch. 3), but the hash only proposes: a pair counts when the true Jaccard
similarity of its character 5-grams reaches the threshold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rensa import RMinHash, RMinHashLSH

from ..types import Reason

SHINGLE = 5  # characters
THRESHOLD = 0.8
PERMUTATIONS = 128
BANDS = 32  # 4 rows a band: a pair at 0.8 is missed with probability (1 - 0.8^4)^32, 5e-8
SEED = 1
PIECE = 1000  # texts


def repeats(texts: Sequence[str]) -> list[Reason | None]:
    """For each text, why it goes: an earlier kept text is the same, or nearly; None where it stays."""
    verdicts: list[Reason | None] = []
    index = RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS)
    seen: set[str] = set()
    kept: dict[int, str] = {}
    for position, (text, signature) in enumerate(_signed(texts)):
        if text in seen:
            verdicts.append(Reason.DUPLICATE)
        elif any(_similarity(text, kept[other]) >= THRESHOLD for other in index.query(signature)):
            verdicts.append(Reason.NEAR_DUPLICATE)
        else:
            verdicts.append(None)
            seen.add(text)
            kept[position] = text
            index.insert(position, signature)
    return verdicts


def _signed(texts: Sequence[str]) -> Iterator[tuple[str, RMinHash]]:
    """Each text, normalized, with its signature; in pieces, so that few shingles are held at a time."""
    for start in range(0, len(texts), PIECE):
        normal = [_normalized(text) for text in texts[start : start + PIECE]]
        signatures = RMinHash.from_token_sets([_shingles(text) for text in normal], PERMUTATIONS, SEED)
        yield from zip(normal, signatures, strict=True)


def _normalized(text: str) -> str:
    """Case, punctuation and white space do not make a post a new one; digits and emoji do."""
    return re.sub(r"[\s!-/:-@\[-`{-~]+", " ", text.casefold()).strip() or text


def _shingles(text: str) -> frozenset[str]:
    return frozenset(text[i : i + SHINGLE] for i in range(max(1, len(text) - SHINGLE + 1)))


def _similarity(a: str, b: str) -> float:
    """Jaccard similarity of the shingles, from 0 to 1."""
    left, right = _shingles(a), _shingles(b)
    return len(left & right) / len(left | right)
