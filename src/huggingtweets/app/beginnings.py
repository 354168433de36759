"""How a person often begins a post: words to press instead of typing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..errors import HuggingtweetsError
from ..model_folder import ModelFolder
from ..types import PROMPT
from ..workflows.data import posts_of

SHOWN = 5
WORDS = 2  # of a beginning
LEAST = 3  # posts that begin so; what only one post has is not the person's habit
MAX_LENGTH = 30  # characters


def of_model(model: ModelFolder) -> list[str]:
    """The beginnings that the model's training posts share most often; a usual one where these are away."""
    try:
        texts = [post.text for post in posts_of(model).train]
    except HuggingtweetsError:
        texts = []
    return of_posts(texts) or [PROMPT]


def of_posts(texts: Iterable[str]) -> list[str]:
    """The first words that posts share most often, the most frequent first, each first word once."""
    counts = Counter(" ".join(text.split()[:WORDS]) for text in texts if len(text.split()) > WORDS)
    by_first_word: dict[str, str] = {}
    for beginning, count in counts.most_common():
        if count >= LEAST and len(beginning) <= MAX_LENGTH:
            by_first_word.setdefault(beginning.split()[0].casefold(), beginning)
    return list(by_first_word.values())[:SHOWN]
