"""In which language texts are: guessed by py3langid, from many texts at once, as short ones mislead it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from ..text import words
from ..text.languages import language_code
from ..types import Post
from .text import MENTION_OR_LINK

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

SAMPLE = 400  # texts whose language is guessed
AT_ONCE = 10  # of these
CERTAIN = 0.9  # the least probability with which a guessed language counts
MOST = 0.8  # share of guesses that overrules what a place declares
ENGLISH = "en"
# a fifth of the words of English; 9,000 groups of posts with so many of them were all guessed as English
ENGLISH_WORDS = {
    *("the", "and", "of", "to", "is", "that", "it", "for", "you", "with"),
    *("this", "have", "not", "be", "my", "are", "they", "from", "what", "your"),
}
PLAIN = 0.15  # their least share in a group
_CODES = (
    "ace af am an ar ary arz as az ba bcl be bg bn br bs ca crh cs cy da de dz el en eo "
    "es et eu ext fa fi fo fr fuv fy ga gcf gcr gd gl gom grc gu gug guw ha hbo he hi hr "
    "ht hu hy id ig is it ja jv ka kab kik kk km kn ko ku ky la lb lg lij ln lo lt ltg lv "
    "mg mk ml mn mr ms mt my ne nl nn no nso oc om or pa pcm pl ps pt qu ro ru rw sa sdh "
    "se si sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz uzs vec vi vo "
    "wa wuu xh yo yue zh zu zxx"
)
LANGUAGES = tuple(_CODES.split())  # ISO 639-1 or -3: all that py3langid knows; its model takes long to load


def is_in_language(text: str, declared: str | None, lang: str) -> bool:
    """Whether a post is in a language.

    Args:
        text: The text of the post.
        declared: The language that the place declares, if any. Without it the language is guessed from the
            text, and an uncertain guess counts as the right language.
        lang: The language, ISO 639-1; nb and nn, the written forms of Norwegian, count as no.
    """
    if declared:
        return language_code(declared) == language_code(lang)
    guess, probability = _identifier().classify(text)
    return bool(language_code(str(guess)) == language_code(lang) or probability < CERTAIN)


def posts_language(posts: Sequence[Post]) -> str:
    """Return the language of most posts, ISO 639-1: as the place declares it, or guessed; "" for no posts.

    Places declare the language of their pages where nobody chose one. The texts overrule that if one of the
    two is English, which is not mistaken for another language as Danish is for Norwegian.
    """
    counts: Counter[str] = Counter()
    for code, count in Counter(post.lang for post in posts).items():
        if code:
            counts[language_code(code)] += count
    guesses = _guesses([post.text for post in posts])
    guess, votes = next(iter(guesses.most_common(1)), ("", 0))
    declared = next((code for code, _ in counts.most_common(1)), guess)
    wrong = votes >= MOST * guesses.total() and (guess == ENGLISH) != (declared == ENGLISH)
    return guess if wrong else declared


def main_language(texts: Sequence[str]) -> str:
    """Return the language of most texts, ISO 639-1; "" where there are no texts."""
    return next((language for language, _ in _guesses(texts).most_common(1)), "")


def _guesses(texts: Sequence[str]) -> Counter[str]:
    """Count the languages of groups of texts that are spread over all of them.

    Where nearly all are in plain English, py3langid is not asked: unpacking its model takes longer than
    reading 10,000 posts.
    """
    sample = [MENTION_OR_LINK.sub(" ", text) for text in texts[:: max(1, len(texts) // SAMPLE)]]
    groups = [" ".join(sample[start : start + AT_ONCE]) for start in range(0, len(sample), AT_ONCE)]
    if groups and sum(map(_is_plain_english, groups)) >= MOST * len(groups):
        return Counter({ENGLISH: len(groups)})
    return Counter(language_code(str(_identifier().classify(group)[0])) for group in groups)


def _is_plain_english(text: str) -> bool:
    spoken = words(text)
    return sum(word in ENGLISH_WORDS for word in spoken) >= PLAIN * len(spoken) > 0


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 -- 0.1 s, seldom needed

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
