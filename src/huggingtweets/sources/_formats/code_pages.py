"""Guesses the code page of a text that is not UTF-8: charset-normalizer proposes, the language must fit.

Spreadsheet programs save text in the code page of the country. A wrong one decodes nearly everything without
an error, so that a proposal counts only if the text then is in a language that is written in that code page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING
from unicodedata import normalize

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SLAVIC = ("ru", "uk", "bg", "be", "mk", "sr", "kk", "ky", "mn")
_CENTRAL = ("pl", "cs", "sk", "hu", "ro", "hr", "sl", "sq", "bs")
_LANGUAGES = {  # of the code pages that are tried
    "cp932": ("ja",),
    "euc_jp": ("ja",),
    "cp949": ("ko",),
    "gb18030": ("zh",),
    "big5": ("zh",),
    "cp874": ("th",),
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1251": _SLAVIC,
    "koi8_u": _SLAVIC,
    "cp866": _SLAVIC,
    "iso8859_5": _SLAVIC,
    "mac_cyrillic": _SLAVIC,
    "cp1253": ("el",),
    "cp1254": ("tr", "az"),
    "cp1255": ("he",),
    "cp1256": ("ar", "fa", "ur", "ug", "ps"),
    "cp1257": ("lt", "lv", "et"),
    "cp1258": ("vi",),
    "cp850": ("de", "fr", "es", "it", "pt", "nl", "da", "sv", "no", "nb", "fi", "ca"),  # of MS-DOS
}
_LATIN = ("cp1250", "cp1254", "cp1257", "cp1258", "iso8859_2")  # code pages of Latin letters, besides cp1252
_TORN = re.compile(
    "(?<=[^\\W\\d_])[\xa1-\xbf\xd7\xf7\u02c7\u02d8-\u02dd](?=[^\\W\\d_])|[\x80-\x9f\ufffd]"
)  # a sign in a word
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_LONGEST = 16 << 10  # bytes that are looked at
_KOREAN = "cp949"
_BYTES_IN_EUC_KR = 2  # of a character; Python spells others with eight
_CERTAIN = 0.9
_LIKELY = 0.5  # probability of a language from which on it counts


def guess(sample: bytes) -> str | None:
    """Return the code page of a text, or None if none makes sense of it."""
    sample = sample[:_LONGEST].rsplit(b"\n", 1)[0] if len(sample) > _LONGEST else sample
    likely = []
    for page in _proposed(sample):
        probability = _probability(sample, page)
        if probability >= _CERTAIN and not _is_shouted(sample.decode(page)):
            return page
        likely += [page] if probability >= _LIKELY else []
    return next(iter(likely), None)


def of_language(sample: bytes) -> str | None:
    """Return the code page in which Windows writes the language of a text in Latin letters, if not cp1252."""
    texts = {page: normalize("NFC", sample[:_LONGEST].decode(page, "replace")) for page in _LATIN}
    fitting = [page for page in _LATIN if _language(texts[page]) in _LANGUAGES[page]]
    return min(fitting, key=lambda page: len(_TORN.findall(texts[page])), default=None)


def _language(text: str) -> str:
    """Return the language of a text, if it is certain."""
    language, probability = _identifier().classify(" ".join(_LETTERS.findall(text)))
    return language if probability >= _CERTAIN else ""


def _proposed(sample: bytes) -> Iterator[str]:
    from charset_normalizer import from_bytes  # noqa: PLC0415 -- seldom needed

    matches = from_bytes(sample, cp_isolation=list(_LANGUAGES), threshold=0.4)
    yield from (match.encoding for match in matches if match.encoding in _LANGUAGES)
    yield from (page for page in _LANGUAGES if page not in {match.encoding for match in matches})


def _probability(sample: bytes, page: str) -> float:
    """How likely a text is in one of a code page's languages; 0 if it does not decode, or has odd words."""
    try:
        text = normalize("NFC", sample.decode(page))
    except UnicodeDecodeError:
        return 0
    if page == _KOREAN and 10 * sum(map(_is_rare, text)) > sum(not sign.isascii() for sign in text):
        return 0
    words = [word for word in text.split() if not word.isascii()]
    odd = sum(_is_odd(word) for word in words)
    language, probability = _identifier().classify(" ".join(words))
    return probability if 10 * odd < len(words) and language in _LANGUAGES[page] else 0


def _is_rare(sign: str) -> bool:
    """Whether a character is of those that cp949 has beside EUC-KR, as hardly any Korean text has."""
    return not sign.isascii() and len(sign.encode("euc_kr", "ignore")) != _BYTES_IN_EUC_KR


def _is_shouted(text: str) -> bool:
    """Whether most letters that are not ASCII are capitals, as small ones of another code page may look."""
    letters = [letter for letter in text if letter.isalpha() and not letter.isascii()]
    return 2 * sum(map(str.isupper, letters)) > len(letters)


def _is_odd(word: str) -> bool:
    """Whether a word has a capital behind a small letter or a sign between letters: a wrong decoding."""
    return any(a.islower() and b.isupper() for a, b in pairwise(word)) or _TORN.search(word) is not None


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 -- seldom needed

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
