"""Authors of a fleet, and how it trains them."""

from __future__ import annotations

from pathlib import Path

from huggingtweets import FleetConfig, load_recipe
from tests.helpers.tiny import varied_texts

NGRAM = load_recipe("ngram")
FEW_STEPS = ["epochs=2", "evaluations=1", "batch_tokens=256", "sampling.max_new_tokens=8"]


def long_texts(count: int, seed: int) -> list[str]:
    """Posts of over 100 characters, so that 60 of them are enough."""
    return [" ".join(texts) for texts in zip(*[iter(varied_texts(3 * count, seed))] * 3, strict=True)]


def write_authors(folder: Path, count: int, posts: int = 60) -> Path:
    """A folder with a table of posts for each of so many authors, the last with too few."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        texts = long_texts(posts if number < count - 1 else 3, seed=number)
        rows = [f'{i},author{number},"{text}"' for i, text in enumerate(texts)]
        (folder / f"author{number}.csv").write_text("\n".join(["id,screen_name,text", *rows]), "utf-8")
    return folder


def config(authors: Path, store: Path | str, **fields: object) -> FleetConfig:
    """How two workers of this machine train n-gram models, unless the fields say otherwise."""
    values = {"recipe": NGRAM, "evaluate": False, "workers": 2, "tracker": "none", **fields}
    return FleetConfig(authors=authors, store=str(store), **values)
