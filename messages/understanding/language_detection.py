"""Detects texts in a language that Kvitt does not have: by their script, or by py3langid in Latin letters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Final

from messages.languages import languages
from messages.understanding import vocabulary
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SCRIPTS: Final = {
    "ARABIC": "ar",
    "CYRILLIC": "ru",
    "ETHIOPIC": "ti",
    "HEBREW": "he",
    "GREEK": "el",
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "THAI": "th",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
}
# Letters that only one language of a script has, and words that do.
_OWN_LETTERS: Final = (
    ("ar", "fa", frozenset("پچژگکی")),
    ("ru", "uk", frozenset("іїєґІЇЄҐ")),
    ("ti", "am", frozenset("ኧ")),
)
_OWN_WORDS: Final = (("ti", "am", frozenset({"ነው", "አለ", "እባክዎ", "እኔ", "ምን", "አመሰግናለሁ", "ሰላም", "ስንት"})),)
_ENOUGH_LETTERS: Final = 3
_ENOUGH_WORDS: Final = 4
_SHARE: Final = 0.5
"""From this share of words of ours on a text is in a language of ours."""
_OFTEN: Final = 10
"""A word of ours that so many lines have: fewer may quote another language."""
_LONGEST: Final = 400
_SURE: Final = 0.9
_NO_LANGUAGE: Final = "zxx"
_WORD: Final = re.compile(r"[^\W\d_]+")


def unspoken(text: str) -> str | None:
    """The ISO code of the language of a text, if it is clearly one that Kvitt does not have."""
    letters = [sign for sign in text if sign.isalpha()]
    scripts = Counter(script for sign in letters if (script := _script(sign)) is not None)
    if scripts and sum(scripts.values()) >= max(_ENOUGH_LETTERS, len(letters) / 2):
        code: str | None = _in_script(text, scripts)
    else:
        code = _by_words(text)
    return None if code in languages() else code


def _script(sign: str) -> str | None:
    """The language for which a letter's script is typical; ``None`` for Latin letters."""
    if sign.isascii():
        return None
    return _SCRIPTS.get(unicodedata.name(sign, "").split(" ")[0].split("-")[0])


def _in_script(text: str, scripts: Counter[str]) -> str:
    """The language of a script; kana means Japanese, and letters of its own distinguish related languages."""
    code = "ja" if scripts["ja"] else scripts.most_common(1)[0][0]
    for common, own, letters in _OWN_LETTERS:
        if code == common and not letters.isdisjoint(text):
            return own
    for common, own, words in _OWN_WORDS:
        if code == common and not words.isdisjoint(_WORD.findall(text)):
            return own
    return code


def _by_words(text: str) -> str | None:
    """The language of a text in Latin letters, if few of its words are any of ours."""
    words = [fold(word) for word in _WORD.findall(text[:_LONGEST])]
    if len(words) < _ENOUGH_WORDS or max(_spoken(words, one) for one in languages()) >= _SHARE * len(words):
        return None
    code, likelihood = _identifier().classify(text[:_LONGEST].lower())
    return str(code) if likelihood >= _SURE and code != _NO_LANGUAGE else None


def _spoken(words: list[str], language: str) -> int:
    known = vocabulary.words(language)
    return sum(known.get(word, 0) >= _OFTEN for word in words)


@cache
def _identifier() -> LanguageIdentifier:
    """A model of some hundred languages, loaded when the first text in none of ours comes (0.7 s, 100 MB)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
