"""Reads which of the offered choices a text means, and plain yes or no."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from messages.understanding.numbers import count
from messages.understanding.patterns import END
from messages.understanding.phrases import phrasebook
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from messages.understanding.patterns import Phrase, Word

_LONGEST = 400
_MOST_EXTRA = 4
_YES_NO = {"yes": True, "no": False}


def label(option: str, language: str) -> str:
    """The text on the button of a choice; a caller's own option shows its name."""
    choices = phrasebook(language).listed.choices
    return choices[option].label if option in choices else option


def choice(text: str, language: str, options: Sequence[str]) -> str | None:
    """The one option that a text means: its name, number, label, or a wording listed for it.

    "No, another day" means the day if that is offered; a text that fits two options fits none.
    """
    said = text[:_LONGEST].strip()
    number = count(said, language)
    if said in options:
        return said
    if number is not None and said.strip(" .)#(").isdigit():
        return options[number - 1] if number <= len(options) else None
    named = [one for one in options if fold(said).strip(" .!") in (fold(one), fold(label(one, language)))]
    if named:
        return named[0] if len(named) == 1 else None
    return _meant(said, language, options)


def yes_or_no(text: str, language: str) -> bool | None:
    """The choice in a text that is a plain yes or no; ``None`` for anything with a condition."""
    if "?" in text or len(text) > _LONGEST:
        return None
    book = phrasebook(language)
    words = [word for word in book.words(text) if word.text != END]
    said = [_answers(words, language), _answers(book.core(words), language)]
    for found, rest in said:
        if len(found) == 1 and not rest:
            return found.pop()
    found, rest = said[1]
    plain = len(rest) <= _MOST_EXTRA and not any(_turns(word, language) for word in rest)
    return found.pop() if len(found) == 1 and plain else None


def _meant(said: str, language: str, options: Sequence[str]) -> str | None:
    answer = yes_or_no(said, language)
    found = {one for one in options if _YES_NO.get(one) is not None and _YES_NO[one] is answer}
    found |= _worded(said, language, [one for one in options if one not in _YES_NO])
    wishes = found - _YES_NO.keys()
    if len(found) > 1 and len(wishes) == 1:
        found = wishes
    return found.pop() if len(found) == 1 else None


def _worded(said: str, language: str, options: Sequence[str]) -> set[str]:
    """The options whose wordings are in the text; of overlapping wordings the longer one counts."""
    book = phrasebook(language)
    words = book.words(said)
    spans: dict[str, set[frozenset[int]]] = {}
    for one in options:
        for phrase in book.options.get(one, ()):
            for start in range(len(words)):
                places = phrase.match(words, start)
                if places is not None:
                    spans.setdefault(one, set()).add(frozenset(places))
    every = {span for found in spans.values() for span in found}
    return {
        one for one, found in spans.items() if any(not any(span < other for other in every) for span in found)
    }


def _answers(words: Sequence[Word], language: str) -> tuple[set[bool], Sequence[Word]]:
    """The yes and no words at the start of a text, longest wordings first, and the words after them."""
    found: set[bool] = set()
    while words:
        longest, answers = 0, set[bool]()
        for phrase, answer in _plain_answers(language):
            places = phrase.places(words, 0)
            length = len(places) if places is not None else 0
            if length > longest:
                longest, answers = length, {answer}
        if not longest:
            break
        found |= answers
        words = words[longest:]
    return found, words


def _turns(word: Word, language: str) -> bool:
    """Whether a word after yes or no may reverse it or add a condition."""
    book = phrasebook(language)
    return word.text[0].isdigit() or word.text in book.negations or word.text in book.turns


@cache
def _plain_answers(language: str) -> tuple[tuple[Phrase, bool], ...]:
    book = phrasebook(language)
    return tuple((phrase, answer) for one, answer in _YES_NO.items() for phrase in book.options.get(one, ()))
