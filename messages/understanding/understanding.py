"""Finds the intent of a message, how certain it is, and further requests in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from billing.accounts.holds import HOLD_OF_INTENT
from messages.languages import known, languages
from messages.understanding.lone_words import lone_word
from messages.understanding.patterns import END, Phrase, Word
from messages.understanding.phrases import ELSEWHERE, Phrasebook, phrasebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Intents that outrank all others in a message, in this order: a demand after them would do harm.
HOLDS = tuple(HOLD_OF_INTENT)
STOPPING = ("stop", *HOLDS)
NONE = ELSEWHERE
# Words for these also occur in other trades, so beside such words they must fit well.
_ORDINARY = frozenset(intent for intent, kind in HOLD_OF_INTENT.items() if kind.traits.everyday)

# Scores are from 0 to 1.
_ENOUGH = 0.5  # the least score with which a match counts
_WELL = 0.75  # from here on no other language is tried for a better reading
_SURE = 0.85  # the least score of a request to stop, however much else is said around it
_DILUTION = 0.35  # what each unexplained word around a match counts against it
_WITHIN = 0.15  # what each unexplained word inside a match counts against it
_GENERALITY = 0.5  # what a general intent such as "pay" loses in rank beside a specific one
_RAMBLING = 5.0  # at most so many words count against a match, however long the text
_FOREIGN = 1.1  # what a word of another trade weighs against a match
_RIVAL = 0.85  # a second reading counts if it scores this near to the first
_RIVAL_WORDS = 0.6  # ... and explains so large a part of the same words
_NEAR = 3  # how many words before a match a "not" may be to negate it
_CLOSE = 0.8  # the part of a phrase's distinctive words that must occur where its order does not match
_COURTESY = frozenset({"greeting", "thanks", "goodbye", "yes", "no", "repeat", "help"})
_SHORT = frozenset({"greeting", "thanks", "goodbye", "yes", "no"})  # small words that say it all
_AT_LEAST = 0.8  # the least weight of those
# "Pay" is part of many requests: a more specific one goes first, and "pay" is then not reported beside it.
_GENERAL = "pay"
_PAYING = frozenset(
    {"payment_plan", "promise", "extension", "hardship", "already_paid", "change_plan", "refund"}
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was understood: the intent, its score from 0 to 1, the phrase that showed it, further requests.

    ``second`` is the next likely reading of the same words, if it is nearly as likely.
    """

    intent: str
    score: float
    phrase: str
    language: str
    also: tuple[str, ...] = ()
    second: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    phrase: Phrase
    places: frozenset[int]
    weight: float
    score: float
    telling: float
    strays: bool = False
    """Whether its words are of two clauses, with an "and" or "but" between that is none of them."""

    @property
    def rank(self) -> tuple[int, bool, float, float, int]:
        """The sort key: words that stop everything first, then what explains more of the message.

        Of those that stop, one that strays comes last: it may be made of the words of two others.
        """
        urgent = self.phrase.intent in STOPPING and not self.phrase.hint
        stopping = STOPPING.index(self.phrase.intent) if urgent else len(STOPPING)
        courtesy = self.phrase.intent in _COURTESY and not self.phrase.whole
        general = self.phrase.intent == _GENERAL
        weight = (
            self.telling + 2 * self.phrase.whole - courtesy - _GENERALITY * general - 2 * self.phrase.hint
        )
        return stopping, urgent and self.strays, -weight, -self.score, min(self.places)


def understand(text: str, language: str) -> Meaning:
    """The meaning of a message in the customer's language or, where that fits badly, in another."""
    lone = lone_word(text)
    if lone is not None:
        return Meaning(lone, 1.0, text.strip().lower(), known(language))
    first = _read(text, phrasebook(language))
    familiar = _share(text, first.language)
    if familiar == 1 and (first.intent in STOPPING or first.score >= _WELL):
        return first
    others = [_read(text, phrasebook(other)) for other in languages() if other != first.language]
    fitting = [one for one in others if one.intent != NONE and _share(text, one.language) > familiar]
    stopping = [one for one in fitting if one.intent in STOPPING]
    if stopping:
        # A stop is a stop in any language we speak; what else is grave beside it acts, too.
        best = max(stopping, key=lambda one: one.score)
        grave = [one for one in (first.intent, *first.also) if one in STOPPING]
        more = [one for one in grave if one not in {best.intent, *best.also}]
        return replace(best, also=(*best.also, *more))
    if first.intent in STOPPING or first.score >= _WELL:
        return first
    best = max(fitting, key=lambda one: one.score, default=first)
    return best if best.score > first.score or first.intent == NONE else first


def _read(text: str, book: Phrasebook) -> Meaning:
    words = book.words(text)
    found = [one for one in _matches(words, book) if one.score >= _ENOUGH] or _nearest(words, book)
    if not found:
        return Meaning(NONE, 0.0, "", book.language)
    found.sort(key=lambda one: one.rank)
    best = found[0]
    return Meaning(
        best.phrase.intent,
        round(min(best.score, 1.0), 3),
        best.phrase.written,
        book.language,
        _further(best, found),
        _rival(best, found),
    )


def _further(best: _Found, found: Iterable[_Found]) -> tuple[str, ...]:
    """Other requests, from other words of the message; courtesies do not count."""
    taken, also = set(best.places), list[str]()
    # One that strays comes last: it may take the words of another that says something grave by itself.
    for one in sorted(found, key=lambda one: one.strays):
        intent = one.phrase.intent
        implied = intent == _GENERAL and best.phrase.intent in _PAYING
        if intent == best.phrase.intent or intent in also or intent in _COURTESY or implied:
            continue
        if taken.isdisjoint(one.places):
            also.append(intent)
            taken |= one.places
    return tuple(also)


def _rival(best: _Found, found: Iterable[_Found]) -> str:
    """Another reading of the same words that is nearly as likely; empty if the customer need not be asked."""
    if best.phrase.whole or best.phrase.intent in STOPPING:
        return ""
    for one in found:
        intent = one.phrase.intent
        implied = intent == _GENERAL and best.phrase.intent in _PAYING
        if intent == best.phrase.intent or intent in _COURTESY or implied:
            continue
        shared = not best.places.isdisjoint(one.places) and not one.places < best.places
        near = one.score >= _RIVAL * best.score and one.weight >= _RIVAL_WORDS * best.weight
        if one.phrase.hint or (shared and near):
            return intent
    return ""


def _matches(words: Sequence[Word], book: Phrasebook) -> list[_Found]:
    found, excused = [], list[_Found]()
    said = frozenset(known for word in words for known in word.meant)
    for start, word in enumerate(words):
        for phrase in book.starting(word):
            if phrase.whole or (phrase.needed and phrase.needed.isdisjoint(said)):
                continue
            places = phrase.match(words, start)
            if places is None:
                continue
            if phrase.excuse:
                weight, strays = sum(words[place].weight for place in places), _strays(places, words, book)
                span = frozenset(places if strays else range(places[0], places[-1] + 1))
                excused.append(_Found(phrase, span, weight, 1.0, _telling(words, places), strays))
            else:
                found.append(_scored(phrase, places, words, book))
    return [*_whole(words, book), *_allowed(found, excused, words, book)]


def _whole(words: Sequence[Word], book: Phrasebook) -> list[_Found]:
    """Phrases that match the whole message, with or without its courtesies."""
    plain = [word for word in words if word.text != END]
    for read in (plain, book.core(words)):
        for phrase in book.starting(read[0]) if read else ():
            places = phrase.match(read, 0) if phrase.whole and not phrase.excuse else None
            if places is not None:
                weight = sum(word.weight for word in read)
                everything = frozenset(place for place, word in enumerate(words) if word.text != END)
                return [_Found(phrase, everything, weight, 1.0, weight)]
    return []


def _allowed(
    found: Iterable[_Found], excused: Sequence[_Found], words: Sequence[Word], book: Phrasebook
) -> list[_Found]:
    """The matches that no harmless look-alike outweighs and that no "not" before them reverses."""
    return [
        one
        for one in found
        if not any(_outweighs(excuse, one, words, book) for excuse in excused)
        and not _denied(one, words, book)
    ]


def _outweighs(excuse: _Found, found: _Found, words: Sequence[Word], book: Phrasebook) -> bool:
    """Whether a look-alike outweighs a match.

    A look-alike of words that stop everything counts wherever it touches them, others by their weight. A
    clause that asks about something else requests nothing from us, whatever its weight.
    """
    if excuse.phrase.intent == ELSEWHERE:
        return _one_clause(excuse, found, words, book) and (
            found.phrase.intent not in STOPPING
            or (found.phrase.intent in _ORDINARY and not excuse.places.isdisjoint(found.places))
        )
    if excuse.strays and found.phrase.intent in STOPPING:
        # "My husband died and I want to die" is no "my husband wants": in the clause of "want to die" nothing
        # of the look-alike is said beside it.
        beside = excuse.places.intersection(_clause_places(words, tuple(found.places), book)) - found.places
        if not beside:
            return False
    same = excuse.phrase.intent == found.phrase.intent and not excuse.places.isdisjoint(found.places)
    return same and (excuse.telling >= found.telling or found.phrase.intent in STOPPING)


def _one_clause(one: _Found, other: _Found, words: Sequence[Word], book: Phrasebook) -> bool:
    first, last = sorted((min(one.places), min(other.places)))
    return book.breaks.isdisjoint(word.text for word in words[first:last])


def _denied(found: _Found, words: Sequence[Word], book: Phrasebook) -> bool:
    if not book.listed.intents[found.phrase.intent].negatable:
        return False
    first = min(found.places)
    if any(step.words & book.negations for step in found.phrase.steps):
        return False
    before: list[str] = []
    for word in words[max(first - _NEAR, 0) : first]:
        before = [] if word.text in book.breaks or word.text in book.listed.asking else [*before, word.text]
    before = [] if words[first].text in book.listed.asking else before
    inside = [words[place].text for place in range(first, max(found.places)) if place not in found.places]
    return not book.negations.isdisjoint([*before, *inside])


def _scored(phrase: Phrase, places: Sequence[int], words: Sequence[Word], book: Phrasebook) -> _Found:
    """How much of its sentence a match explains; words that stop everything need not explain the rest."""
    matched = sum(words[place].weight for place in places)
    left = [words[place] for place in range(places[0], places[-1] + 1) if place not in places]
    between = sum(word.weight for word in left if not word.strange)
    if phrase.intent in _SHORT:
        matched = max(matched, _AT_LEAST)
    score = matched / (matched + _against(phrase, words, places, book) + _WITHIN * max(between, 0.0))
    if (
        phrase.intent in STOPPING
        and not phrase.hint
        and not (phrase.intent in _ORDINARY and _foreign(words, places, book) and _asks(words, places, book))
    ):
        score = max(score, _SURE)
    strays = _strays(places, words, book)
    return _Found(phrase, frozenset(places), matched, score, _telling(words, places), strays)


def _strays(places: Sequence[int], words: Sequence[Word], book: Phrasebook) -> bool:
    """Whether a match skips the word between two clauses."""
    return any(
        words[place].text in book.breaks for place in range(places[0], places[-1] + 1) if place not in places
    )


def _telling(words: Sequence[Word], places: Iterable[int]) -> float:
    """The weight of the words that distinguish this request: not "bill", which may occur in every request."""
    return sum(words[place].weight for place in places if not words[place].shared)


def _against(phrase: Phrase, words: Sequence[Word], places: Sequence[int], book: Phrasebook) -> float:
    """How much the rest of the sentence counts against a match; words of other trades count most."""
    if phrase.open:
        words = words[: places[-1] + 1]
    around = sum(word.against for word in _clause(words, places, book))
    around -= sum(word.against for word in words[places[0] : places[-1] + 1] if not word.strange)
    return _DILUTION * min(max(around, 0.0), _RAMBLING) + _FOREIGN * _foreign(words, places, book)


def _foreign(words: Sequence[Word], places: Sequence[int], book: Phrasebook) -> int:
    """The number of words of other trades in the sentence of a match."""
    clause = _clause(words, places, book)
    return sum(word.foreign for word in clause) - sum(words[place].foreign for place in places)


def _asks(words: Sequence[Word], places: Sequence[int], book: Phrasebook) -> bool:
    """Whether the sentence is a question or a command: a statement of need may name other things."""
    return not book.listed.telling or _clause(words, places, book)[0].text not in book.listed.telling


def _clause(words: Sequence[Word], places: Sequence[int], book: Phrasebook) -> Sequence[Word]:
    """The words around a match up to the end of the sentence or a turn: "but", "and", "because"."""
    return [words[place] for place in _clause_places(words, places, book)]


def _clause_places(words: Sequence[Word], places: Sequence[int], book: Phrasebook) -> range:
    """The places of those words."""
    first, last = min(places), max(places)
    while first > 0 and words[first - 1].text not in book.breaks:
        first -= 1
    while last + 1 < len(words) and words[last + 1].text not in book.breaks:
        last += 1
    return range(first, last + 1)


def _nearest(words: Sequence[Word], book: Phrasebook) -> list[_Found]:
    """Phrases whose distinctive words are nearly all in the message, in any order."""
    loud = [word for word in words if word.weight == 1.0 and not (book.plain and word.shared)]
    if book.plain and any(word.foreign or word.strange for word in words):
        return []
    if any(_asks_elsewhere(words, start, book) for start in range(len(words))):
        return []
    telling = {word for one in loud for word in one.meant}
    bags, holding = _bags(book.language), _bags_holding(book.language)
    # Most phrases share no word with a message: only those that do are compared.
    likely = {place for word in telling for place in holding.get(word, ())}
    total = sum(word.weight for word in words)
    denied = any(word.text in book.negations for word in words)
    best: _Found | None = None
    for phrase, needed in (bags[place] for place in sorted(likely)):
        if denied and book.listed.intents[phrase.intent].negatable:
            continue
        hits = [step & telling for step in needed if not step.isdisjoint(telling)]
        there = min(len(hits), len(frozenset[str]().union(*hits)))
        if there < _CLOSE * len(needed) or (book.plain and not _explained(loud, needed)):
            continue
        score = _CLOSE * there / (there + _DILUTION * max(total - there, 0.0))
        if score >= _ENOUGH and (best is None or score > best.score):
            best = _Found(phrase, frozenset({0}), float(there), score, float(there))
    return [best] if best else []


def _asks_elsewhere(words: Sequence[Word], start: int, book: Phrasebook) -> bool:
    return any(
        phrase.intent == ELSEWHERE and phrase.match(words, start) is not None
        for phrase in book.starting(words[start])
    )


def _explained(loud: Iterable[Word], needed: Iterable[frozenset[str]]) -> bool:
    """Whether every distinctive word is one that the phrase contains."""
    return all(any(not step.isdisjoint(word.meant) for step in needed) for word in loud)


@cache
def _bags(language: str) -> tuple[tuple[Phrase, tuple[frozenset[str], ...]], ...]:
    """The phrases with two or more distinctive words that may be in any order."""
    book = phrasebook(language)
    bags = []
    for phrase in book.phrases:
        needed = tuple(
            step.words
            for step in phrase.steps
            if step.words and not step.optional and step.words.isdisjoint(book.common | book.objects)
        )
        plain = not (phrase.whole or phrase.first or phrase.excuse or phrase.loose)
        denying = any(step.words & book.negations for step in phrase.steps)
        if len(set(needed)) > 1 and plain and not denying and phrase.intent not in STOPPING:
            bags.append((phrase, needed))
    return tuple(bags)


@cache
def _bags_holding(language: str) -> Mapping[str, Sequence[int]]:
    """By word, the places of the phrases that it is a distinctive word of."""
    found: dict[str, list[int]] = {}
    for place, (_, needed) in enumerate(_bags(language)):
        for word in frozenset[str]().union(*needed):
            found.setdefault(word, []).append(place)
    return found


def _share(text: str, language: str) -> float:
    """The share of a text's words that a language knows."""
    book = phrasebook(language)
    words = [word for word in book.words(text) if word.text != END and not word.text[0].isdigit()]
    return sum(word.text in book.vocabulary for word in words) / len(words) if words else 0.0
