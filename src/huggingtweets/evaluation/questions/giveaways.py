"""Which words give the person away, and does the model use them?

Words are ranked by the log-odds ratio with an informative Dirichlet prior, in standard errors (Monroe,
Colaresi and Quinn 2008, "Fightin' words"). They are chosen on training posts, so
that held-out posts are a fair ceiling.

Blind to: everything but the choice of words. Shuffled and copied posts use them as the person does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ...results import Giveaway, Giveaways, Groups, nothing, row
from ...text import signs
from .. import intervals
from .authorship import balanced

PRIOR = 1000  # words of both sides' speech that every word starts with
CERTAIN = 1.96  # standard errors
MOST = 30  # words
LEAST_POSTS = 5  # of the person, that a word is in
LEAST_OTHERS, MOST_OTHERS = 100, 5000  # posts


def measure(train: Sequence[str], others: Mapping[str, Sequence[str]], groups: Groups) -> Giveaways:
    """The words that tell `train` from posts of others, and how often each group uses them."""
    theirs = balanced(others, MOST_OTHERS)
    if len(theirs) < LEAST_OTHERS:
        reason = (
            f"{len(theirs)} posts of other people; {LEAST_OTHERS} are needed to say what sets a person apart"
        )
        return Giveaways(used=nothing(reason, "ceiling"), words=())
    found = _giveaways(train, theirs)
    if not found:
        return Giveaways(used=nothing("no word tells the person from other people", "ceiling"), words=())
    chosen = {word for word, _ in found}
    held = {name: [chosen.intersection(signs(text)) for text in texts] for name, texts in groups.items()}
    return Giveaways(
        used=row({name: intervals.share(sum(map(bool, h)), len(h)) for name, h in held.items()}, "ceiling"),
        words=tuple(
            Giveaway(
                word=word,
                z=z,
                shares={name: sum(word in words for words in h) / len(h) for name, h in held.items()},
            )
            for word, z in found
        ),
    )


def log_odds(mine: Counter[str], theirs: Counter[str]) -> dict[str, float]:
    """How many standard errors each word's log-odds are above 0; positive where `mine` has it more."""
    background = mine + theirs
    if len(background) < 2:  # noqa: PLR2004 -- a single word has no odds
        return {}
    n_mine, n_theirs = mine.total(), theirs.total()
    share = PRIOR / (n_mine + n_theirs)
    z = {}
    for word, count in background.items():
        a, b = mine[word] + share * count, theirs[word] + share * count
        delta = math.log(a / (n_mine + PRIOR - a)) - math.log(b / (n_theirs + PRIOR - b))
        z[word] = delta / math.sqrt(1 / a + 1 / b)
    return z


def _giveaways(train: Sequence[str], others: Sequence[str]) -> list[tuple[str, float]]:
    """Highest first."""
    in_posts = Counter(word for text in train for word in set(signs(text)))
    z = log_odds(_counted(train), _counted(others))
    sure = ((word, value) for word, value in z.items() if value >= CERTAIN and in_posts[word] >= LEAST_POSTS)
    return sorted(sure, key=lambda found: (-found[1], found[0]))[:MOST]


def _counted(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in signs(text))
