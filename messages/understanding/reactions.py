"""The words that phones write beside what they react to: "Liked", "Removed a heart from", an emoji."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from messages.understanding import lone_words, spelling, understanding, vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

_LABELS: Final = frozenset({
    "liked", "loved", "disliked", "laughed at", "emphasized", "emphasised", "questioned",
    "reacted to", "reacted with a sticker to", "to", "removed from",
    "le gusto", "le gusta", "me gusta", "le encanto", "me encanta", "le encanta", "no le gusto",
    "no le gusta",
    "se rio de", "se rie de", "le dio risa", "enfatizo", "exclamo", "exclamo por", "pregunto por",
    "cuestiono",    "reacciono a", "reacciono con a", "a",
    "gillade", "gillar", "alskade", "alskar", "ogillade", "ogillar", "skrattade at", "betonade", "framhavde",
    "ifragasatte", "undrade over", "reagerade pa", "reagerade med pa", "till", "pa",
    "a aime", "a adore", "na pas aime", "a ri de", "a souligne", "a mis en doute", "gefallt",
    "hat mit gefallt mir markiert", "gostou de", "adorou", "nao gostou de", "riu de", "enfatizou",
    "questionou", "lo av", "lo ad", "no piace", "non piace", "ha riso per", "elsket", "elskede",
})  # fmt: skip
"""For words that could mean a wish, and if what they quote is forgotten: what means nothing is not listed."""
_REMOVED: Final = re.compile(
    r"removed (?:\w+ ){1,4}from|(?:se )?(?:elimino|quito) (?:\w+ ){1,4}de|tog bort (?:\w+ ){1,4}fran"
    r"|a (?:retire|supprime) (?:\w+ ){1,4}de"
)
_THINGS: Final = re.compile("|".join(f"(?:{article}) (?:{'|'.join(nouns)})" for article, nouns in {
    "an?": (
        "image", "photo", "picture", "movie", "video", "attachment", "sticker", "link", "location", "contact",
        "file", "gif", "(?:audio |voice )?message",
    ),
    "una?": (
        "imagen", "foto", "pelicula", "video", "(?:archivo )?adjunto", "archivo", "sticker", "enlace",
        "ubicacion", "contacto", "mensaje(?: de audio)?",
    ),
    "ett?|en": (
        "bild", "foto", "film", "video", "bilaga", "bifogad fil", "dekal", "lank", "plats", "kontakt", "fil",
        "(?:ljud|rost)?meddelande",
    ),
}.items()))  # fmt: skip
"""What a phone names where nothing can be quoted."""

_NOTHING: Final = frozenset({"none", "greeting", "thanks", "goodbye"})
_OWN: Final = 0.7
"""From this share on words are the customer's own language, as a phone's are not that we do not list."""
_SMALL: Final = frozenset({"to", "a", "till", "pa"})
"""Of the labels those that sentences begin with."""
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_BEFORE: Final = 6
_AFTER: Final = 4
"""A reaction has no more words than these before and after what it quotes."""
_SENTENCE: Final = re.compile(r"[?!\n\d]|[.,;](?=\s*\S)|:(?=\s+\S)")
"""What the words of a reaction never have."""
_NAMED: Final = re.compile(r":\w+:")
"""An emoji by its name."""
_LATIN: Final = re.compile(r"[a-z]")


def is_known(words: Sequence[str]) -> bool:
    """Whether folded words are those of a phone around a quotation."""
    said = " ".join(words)
    return said in _LABELS or bool(_REMOVED.fullmatch(said))


def label_before(text: str) -> int:
    """Where the words of a phone at the beginning of a text end, if any; else 0."""
    found = list(_WORD.finditer(text))[: _BEFORE + 1]
    words = [spelling.fold(one[0]) for one in found]
    long = [
        many
        for many in range(1, len(words))
        if is_known(words[:many]) and " ".join(words[:many]) not in _SMALL
    ]
    return found[max(long) - 1].end() if long else 0


def to_a_thing(words: Sequence[str]) -> bool:
    """Whether folded words are a reaction to a photo or a file: "Loved an image"."""
    return any(
        _THINGS.fullmatch(" ".join(words[-many:])) and is_known(words[:-many])
        for many in (2, 3)
        if len(words) > many
    )


def may_be_around(before: str, words_before: Sequence[str], after: str, words_after: Sequence[str]) -> bool:
    """Whether the words around one quotation may be a phone's: few, no sentence, not only behind it.

    Behind it alone a person answers; a phone puts its words there in languages that have another script.
    """
    few = len(words_before) <= _BEFORE and len(words_after) <= _AFTER
    behind_only = not words_before and bool(_LATIN.search(" ".join(words_after)))
    return (
        few and not behind_only and not any(_SENTENCE.search(_NAMED.sub("", one)) for one in (before, after))
    )


def means_nothing(text: str, language: str) -> bool:
    """Whether words around a quotation tell nothing in a language, and are not all words of it.

    An emoji says nothing there, and a greeting leaves nothing to answer. Words that we know but do not
    understand are the customer's, unless an emoji stands among them.
    """
    words = spelling.words(spelling.fold(text))
    known = sum(word in vocabulary.words(language) for word in words)
    if known > _OWN * len(words) and not any(unicodedata.category(sign) == "So" for sign in text):
        return False
    said = " ".join(words)
    return lone_words.lone_word(said) is None and understanding.understand(said, language).intent in _NOTHING
