# ruff: noqa: RUF001 -- texts are in many scripts
"""The language of a person's posts: from many texts at once, and against what a place declares wrongly."""

from __future__ import annotations

import pytest

from huggingtweets.cleaning import languages
from huggingtweets.cleaning.languages import LANGUAGES, main_language, posts_language
from huggingtweets.types import Post

TEXTS = {
    "en": ["The kettle sings again today", "My train is late as always", "Why do I never learn this"],
    "de": ["Der Kessel singt heute wieder", "Mein Zug kommt wie immer zu spät", "Warum lerne ich das nie"],
    "fr": ["La bouilloire chante encore", "Mon train est en retard comme toujours", "Je n'apprends jamais"],
    "es": ["La tetera canta otra vez hoy", "Mi tren llega tarde como siempre", "Nunca aprendo nada de esto"],
    "pt": ["A chaleira canta de novo hoje", "Meu trem está atrasado como sempre", "Nunca aprendo isso, não"],
    "it": ["Il bollitore canta di nuovo oggi", "Il mio treno è in ritardo come sempre", "Non imparo mai"],
    "tr": ["Çaydanlık bugün yine şarkı söylüyor", "Trenim her zamanki gibi geç kaldı", "Neden öğrenmiyorum"],
    "ru": ["Чайник сегодня опять поёт", "Мой поезд, как всегда, опаздывает", "Почему я этого не учу"],
    "ja": ["今日もやかんが歌っている", "電車はいつものように遅れている", "どうして学ばないのだろう"],
    "ko": ["오늘도 주전자가 노래한다", "기차는 늘 그렇듯이 늦는다", "왜 나는 배우지 못할까"],
    "ar": ["الغلاية تغني من جديد اليوم", "قطاري متأخر كالعادة دائما", "لماذا لا أتعلم هذا أبدا"],
    "hi": ["केतली आज फिर गा रही है", "मेरी ट्रेन हमेशा की तरह देर से है", "मैं यह कभी क्यों नहीं सीखता"],
    "th": ["วันนี้กาน้ำร้องเพลงอีกแล้ว", "รถไฟของฉันมาสายเหมือนเคย", "ทำไมฉันไม่เคยเรียนรู้เลย"],
    "zh": ["水壶今天又在唱歌了", "我的火车像往常一样晚点了", "为什么我总是学不会"],
}


def posts(texts, lang=None):
    return [Post(id=str(n), author="ada", text=text, lang=lang) for n, text in enumerate(texts)]


@pytest.mark.parametrize("language", TEXTS)
def test_few_short_texts_show_their_language(language):
    """Mentions and links are no words of it."""
    assert (
        main_language([f"@anna {text} https://example.org/the/way" for text in TEXTS[language]]) == language
    )


@pytest.mark.parametrize("language", [language for language in TEXTS if language != "en"])
def test_a_places_default_language_does_not_hide_that_of_the_posts(language):
    """Mastodon declares the language of its pages, English, for posts in any."""
    assert posts_language(posts(TEXTS[language], lang="en")) == language
    assert posts_language(posts(TEXTS["en"], lang=language)) == "en"


def test_what_a_place_declares_decides_between_near_languages():
    """Texts alone hardly tell Danish from Norwegian, or Croatian from Serbian."""
    assert posts_language(posts(["Kjelen synger igjen i dag", "Toget mitt er sent som alltid"], "da")) == "da"
    assert posts_language(posts(TEXTS["de"], lang="de-CH")) == "de"


def test_every_language_that_can_be_recognised_can_be_asked_for():
    """And none besides."""
    assert {*LANGUAGES} == {*map(str, languages._identifier().labels)}


def test_no_posts_have_no_language():
    """Nothing is claimed of nothing."""
    assert posts_language([]) == main_language([]) == ""


def test_plain_english_is_known_by_its_words():
    """The model of all languages is not unpacked for it; where a fifth of the posts is not, it is."""
    languages._identifier.cache_clear()
    english = [f"{text}, and this is what the rest of it was" for text in TEXTS["en"]] * 10
    assert posts_language(posts(english, "en")) == posts_language(posts(english, "de")) == "en"
    assert main_language(english) == "en"
    assert not languages._identifier.cache_info().currsize
    assert main_language(english[:20] + TEXTS["de"] * 10) == "de"
    assert languages._identifier.cache_info().currsize


@pytest.mark.parametrize("lang", ["no", "nb", "nn"])
@pytest.mark.parametrize("declared", ["no", "nb", "nn-NO", None])
def test_norwegian_is_one_language_by_each_of_its_codes(lang, declared):
    """Places and the guess have other codes for it than the user may give."""
    text = "Jeg vet ikke hva jeg skal gjøre med den gamle kjelen som synger hele dagen på kjøkkenet mitt"
    assert languages.is_in_language(text, declared, lang)
    assert not languages.is_in_language("The old kettle sings in the kitchen all day long", "en", lang)
