"""Detects texts in a language that Kvitt does not have, by script or by that language's small words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

from messages.languages import languages
from messages.understanding import vocabulary

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
_SMALL_WORDS: Final = {
    "so": "waa waxaan waxa maxaa iyo ma lacag lacagta biilka bixin karaa karin sida maya haa fadlan "
    "mahadsanid kuma waan aniga ku leh ayaan ugu",
    "pl": "nie jest sie mam ile czy prosze rachunek zaplacic jak dziekuje dzien dobry kiedy moge "
    "chce za dla jestem moj place pieniedzy po polsku juz",
    "fi": "ja on ei en minun miten voinko paljonko lasku laskun maksaa kiitos mutta kun olen "
    "minulla etta se hei haluan pitaa milloin suomea",
    "fr": "je le la les est pas une un des vous et combien dois ma mon facture payer pour merci "
    "bonjour avec quand comment voudrais puis suis ne que qui",
    "de": "ich nicht ist die der das und wie viel meine rechnung zahlen kann bitte danke fur "
    "mit ein eine wann muss habe guten tag schulde mochte sie",
    "pt": "eu nao uma um voce minha meu quanto devo conta pagar posso obrigado obrigada por favor "
    "com quando esta tenho boa bom dia fatura e o os as do da para",
    "it": "io non il la una un mio mia quanto devo fattura pagare posso grazie per che sono "
    "con quando buongiorno vorrei di come ho ciao e",
    "tl": "ako ang ng sa po ko hindi magkano bayad bayaran paano naman salamat kailan utang wala "
    "mga ba ito yung pwede akong kayo",
    "vi": "toi khong la bao nhieu tien hoa don cua cho xin cam on the nao duoc phai tra va ban "
    "nay mot toan thanh",
    "tr": "ben bir bu ne kadar fatura nasil odeme var yok icin tesekkur ederim borcum lutfen ve "
    "mi evet hayir merhaba zaman",
    "ku": "ez ne ji bo cawa min heye dikarim pare fature spas silav u cend kengi",
    "nl": "ik niet het een van hoeveel rekening betalen kan wanneer moet mijn dank graag is de en "
    "hoe goedendag bedankt voor",
    "ro": "eu nu este si un o pentru cat factura platesc pot multumesc buna ziua cand trebuie sunt am de",
    "hr": "ja nije je sam ne kako racun koliko platiti mogu hvala dobar dan kada moram imam za i se",
    "hu": "nem es egy mennyi szamla fizetni kerem koszonom hogyan mikor van vagyok nekem az",
    "sq": "une nuk eshte dhe nje sa faturen paguaj mund faleminderit si kur kam per te",
}
_ENOUGH_LETTERS: Final = 3
_ENOUGH_WORDS: Final = 4
_SHARE: Final = 0.4
_OFTEN: Final = 10
"""A word of ours that so many lines have: fewer may quote another language."""
_WORD: Final = re.compile(r"[^\W\d_]+")


def unspoken(text: str) -> str | None:
    """The ISO code of the language of a text, if it is clearly one that Kvitt does not have."""
    letters = [sign for sign in text if sign.isalpha()]
    scripts = Counter(script for sign in letters if (script := _script(sign)) is not None)
    if scripts and sum(scripts.values()) >= max(_ENOUGH_LETTERS, len(letters) / 2):
        code: str | None = _in_script(text, scripts)
    else:
        code = _by_small_words(text)
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


def _by_small_words(text: str) -> str | None:
    """The language whose small words are a large part of a text, and more than those of any we have."""
    words = [_plain(word) for word in _WORD.findall(text.casefold())]
    if len(words) < _ENOUGH_WORDS:
        return None
    ours = max(_spoken(words, language) for language in languages())
    found = Counter({code: _heard(words, code) for code in _SMALL_WORDS})
    (code, most), (_, next_most) = found.most_common(2)
    clear = most > next_most and most > ours and most >= _SHARE * len(words)
    return code if clear else None


def _heard(words: list[str], code: str) -> int:
    return sum(word in _WORDS_OF[code] for word in words)


def _spoken(words: list[str], language: str) -> int:
    known = vocabulary.words(language)
    return sum(known.get(word, 0) >= _OFTEN for word in words)


def _plain(word: str) -> str:
    """A word without accents, as people often type it."""
    parts = unicodedata.normalize("NFKD", word.translate(_TURNED))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


_TURNED: Final = str.maketrans({"ł": "l", "đ": "d", "\u0131": "i", "ß": "ss", "ø": "o"})
_WORDS_OF: Final = {
    code: frozenset(_plain(word) for word in words.split()) for code, words in _SMALL_WORDS.items()
}
