"""What a model is measured by: posts in groups, without those that would make it look better than it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Self

from ..errors import NotEnoughPosts
from ..results import BASE, ENOUGH, MODEL, NGRAM, OTHERS, OWN, Groups
from ..results.wording import listed
from ..text import normalized
from ..text.counting import counted
from ..text.languages import language_name
from .copies import Originals
from .floors import FitNgram, LargerModel, NgramFloor

LEAK = 0.8  # Jaccard similarity with a training post from which on a held-out post counts as learnt from
LATER = 0.3  # share of other people's posts, their latest, that are a group; classifiers learn from the rest
IMITATIONS = 2500  # posts of the n-gram model, at most, that a classifier learns from
NGRAM_POSTS = 10_000  # training posts, the latest, that the n-gram model is fitted to: more take too long
LEAST, MOST = 100, 500  # posts that the n-gram model writes, and that other people's group has at most


@dataclass(frozen=True, kw_only=True)
class Material:
    """The data of all questions: `gather` sorts the posts into groups, and a workflow sets the other fields.

    An input that a new question needs is one more field, with a default for when it is not there.
    """

    train: Sequence[str]  # the person's training posts, in order of time
    typical: Sequence[str]  # those of them that the model's posts are compared with: see `gather`
    originals: Originals  # all of them, ready to be searched for copies
    groups: Groups  # the posts to measure, by group; each has at least `ENOUGH`
    fit_ngram: FitNgram  # makes an n-gram model of posts
    ngram: NgramFloor  # that of the latest training posts
    ngram_posts: int = 0  # how many it was fitted to
    held_out: Sequence[str] = ()  # later posts of the person
    leaked: Sequence[int] = ()  # positions of the held-out posts that are training posts too, or nearly
    days: Sequence[int] = ()  # of each held-out post, as numbers from 0 on; empty where one has no date
    bits: Sequence[float] = ()  # that each held-out post costs the model, its end counted; empty if unknown
    base_bits: Sequence[float] = ()  # that each costs the base
    reference: Mapping[str, Sequence[str]] = field(default_factory=dict)  # others' earlier posts, by name
    repeats: tuple[int, int] | None = None  # posts dropped for repeating an earlier one; of how many
    hours: Sequence[int] = ()  # hour of the day (UTC) of each training post that has a date
    language: str = ""  # of most training posts, ISO 639-1; of several people those of all, with commas
    known_words: frozenset[str] = frozenset()  # of that language; empty where there is no list of it
    larger: LargerModel | None = None  # an independent model that reads the posts
    seed: int = 0  # of every draw

    @classmethod
    def gather(
        cls,
        train: Sequence[str],
        held_out: Sequence[str],
        generated: Sequence[str],
        *,
        fit_ngram: FitNgram,
        typical: Sequence[str] | None = None,
        own: Sequence[str] | None = None,
        base: Sequence[str] = (),
        others: Mapping[str, Sequence[str]] = MappingProxyType({}),
        seed: int = 0,
    ) -> Self:
        """Sort posts into groups.

        Held-out posts that are training posts too, or nearly, are left out, and so are other people's posts
        that are the person's: a model would get credit for what it has seen.

        Args:
            train: the posts that the model learnt from, in order of time.
            held_out: later posts of the person.
            generated: posts of the model as they came, unpicked.
            fit_ngram: makes an n-gram model of posts.
            typical: the training posts that the model's are compared with; None for all. Of several people,
                those in which each has the share that the model gives them.
            own: the same of the held-out posts.
            base: posts of the model that training started from.
            others: real posts of other people in order of time, by name.
            seed: of every draw; the same seed gives the same figures.

        Raises:
            NotEnoughPosts: there are fewer than 16 training posts.
        """
        if len(train) < ENOUGH:
            raise NotEnoughPosts(f"{len(train)} training posts; {ENOUGH} are needed to measure a model by")
        latest = train[-NGRAM_POSTS:]
        originals, ngram = Originals(train), fit_ngram(latest)
        leaked = {i for i, near in enumerate(originals.near(held_out, LEAK)) if near}
        learnt = {held_out[i] for i in leaked}
        reference, later = _apart(others, {normalized(text) for text in (*train, *held_out)})
        groups = {
            MODEL: list(generated),
            OWN: [text for text in (held_out if own is None else own) if text not in learnt],
            BASE: list(base),
            NGRAM: ngram.generate(count=min(MOST, max(LEAST, len(generated))), seed=seed),
            OTHERS: balanced(later, MOST),
        }
        return cls(
            train=train,
            typical=train if typical is None else typical,
            originals=originals,
            groups={name: posts for name, posts in groups.items() if len(posts) >= ENOUGH},
            fit_ngram=fit_ngram,
            ngram=ngram,
            ngram_posts=len(latest),
            held_out=held_out,
            leaked=sorted(leaked),
            reference=reference,
            seed=seed,
        )

    @cached_property
    def imitations(self) -> list[str]:
        """Posts of the n-gram model that a classifier learns from; others than those of its group."""
        return self.ngram.generate(count=min(IMITATIONS, len(self.train)), seed=self.seed + 1)

    def too_few_others(self, count: int, least: int) -> str:
        """Why nothing can be learnt from so few posts of other people; `least` are needed."""
        languages = listed(map(language_name, filter(None, self.language.split(", "))))
        of_whom = f"of other people in {languages}" if languages else "of other people"
        return (
            f"{counted(count, 'post')} {of_whom}; {least} are needed, and huggingtweets evaluate --against "
            "reads more"
        )

    def imitations_of(self, posts: Sequence[str]) -> list[str]:
        """As many posts of an n-gram model of these alone."""
        return self.fit_ngram(posts).generate(count=len(posts), seed=self.seed + 1)


def equal_parts(others: Mapping[str, Sequence[str]], most: int) -> dict[str, Sequence[str]]:
    """At most `most` posts, the latest of each person, and of no person more than an equal part.

    Of more people than that, as many are drawn as there may be posts.
    """
    names = sorted(others)[:: -(-len(others) // most) or 1]
    part = most // max(1, len(names))
    return {name: others[name][-part:] for name in names}


def balanced(others: Mapping[str, Sequence[str]], most: int) -> list[str]:
    """The same posts, person by person."""
    return list(chain.from_iterable(equal_parts(others, most).values()))


def _apart(
    others: Mapping[str, Sequence[str]], own: set[str]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Earlier and later posts of other people, without those whose normalized text is in `own`."""
    posts = {name: [text for text in texts if normalized(text) not in own] for name, texts in others.items()}
    border = {name: round((1 - LATER) * len(texts)) for name, texts in posts.items()}
    earlier = {name: texts[: border[name]] for name, texts in posts.items()}
    later = {name: texts[border[name] :] for name, texts in posts.items()}
    return earlier, later
