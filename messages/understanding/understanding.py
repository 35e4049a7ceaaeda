"""Finds the intent of a message, how certain it is, and further requests in it: two readers, one verdict.

*Phrases*, written by hand, hear what a miss would cost most. A *learned reader* reads everything. A phrase
for stop or danger wins at once. What is grave and only learned counts from a low likelihood on, since a miss
costs more than a question. Everything else goes by how likely it is: see docs/understanding.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HOLD_OF_INTENT
from messages.languages import known
from messages.understanding import vocabulary
from messages.understanding.learned.reader import likely
from messages.understanding.lone_words import lone_word
from messages.understanding.phrases import phrasebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HOLDS: Final = tuple(HOLD_OF_INTENT)
STOPPING: Final = ("stop", *HOLDS)
"""Intents that outrank all others in a message, in this order: a demand after them would do harm."""
NONE: Final = "none"
SURE: Final = 0.3
"""The least likelihood with which a reading counts at all: below it, what can be asked is said."""
CLEAR: Final = 0.6
"""From this likelihood on a reading is acted upon; below it, where a second is near, it is asked which."""

_RULED: Final = 0.97  # the score of what a phrase shows
_HARDLY: Final = (
    0.03  # a phrase of something that is less likely than this is not believed, stop and danger aside
)
_BELIEVED: Final = frozenset({"stop", "crisis"})
_GRAVE: Final[Mapping[str, float]] = {
    "stop": 0.5, "crisis": 0.3, "deceased": 0.3, "legal": 0.3, "minor": 0.5, "wrong_number": 0.5,
}  # fmt: skip
"""From these likelihoods on something grave counts although no phrase shows it."""
_TOO_FEW, _FEW, _SURELY = 1, 4, 0.85
"""So few known words are not grave without a phrase; so many only if they are surely so."""
_FEW_TO_ASK: Final = 2
"""So few words that are not clear say too little to ask which of two they meant."""
_CLAUSE: Final = 0.8
"""The least likelihood of a further wish in a clause of its own."""
_SECOND: Final = 0.1
"""The least likelihood of a second reading that is offered beside the first."""
_BOTH, _HARDLY_NONE = 0.4, 0.1
"""So likely two readings must be together to be asked about where neither is likely enough alone, and so
unlikely it must be that nothing of ours is meant."""
_COURTESY: Final = frozenset({"greeting", "thanks", "goodbye", "yes", "no", "repeat", "help"})
_MACHINE: Final = "auto_reply"
_GENERAL: Final = "pay"
"""Paying is part of many requests: beside a more specific one it is not reported."""
_PAYING: Final = frozenset(
    {"payment_plan", "promise", "extension", "hardship", "already_paid", "change_plan", "refund"}
)
_SENTENCE: Final = re.compile(r"[.!?;,\n]+")
_LETTER: Final = re.compile(r"[^\W\d_]|[\U0001f300-\U0001faff\u2600-\u27bf]")
"""A letter or an emoji: a number alone is an answer, and no wish."""
_SPOKEN: Final = re.compile(r"[^\s]*\w[^\s]*")
_SHORTEST: Final = 2  # words of a clause


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was understood: the intent, its score from 0 to 1, the phrase that showed it, further requests.

    ``second`` is the next likely reading of the same words, if it is nearly as likely. ``learned`` is
    something grave that no phrase shows and that is not quite sure: it holds, and the reply says so.
    """

    intent: str
    score: float
    phrase: str
    language: str
    also: tuple[str, ...] = ()
    second: str = ""
    learned: bool = False


def understand(text: str, language: str) -> Meaning:
    """The meaning of a message in the language in which it is written: the customer's, or another of ours."""
    lone = lone_word(text)
    if lone is not None:
        return Meaning(lone, 1.0, text.strip().lower(), known(language))
    spoken = known(language)
    written = vocabulary.written_in(text, spoken)
    return _verdict(text, written, dict.fromkeys((written, spoken)))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text between signs and words such as *and*: where it is, and how likely each intent is."""

    starts: int
    ends: int
    likely: Mapping[str, float]


def parts(text: str, language: str) -> list[Part]:
    """The parts of a text, also of one word, each read for itself; none of one alone."""
    spoken = vocabulary.written_in(text, known(language))
    return [
        Part(starts, ends, likely(text[starts:ends], spoken)) for starts, ends in _places(text, spoken, 1)
    ]


def _verdict(text: str, language: str, heard_in: Iterable[str]) -> Meaning:
    whole = likely(text, language)
    clauses = [likely(one, language) for one in _clauses(text, language)]
    shown = _shown(text, heard_in, whole, clauses)
    grave = _grave(shown, (whole, *clauses), vocabulary.many(text, language))
    if grave:
        first, *others = grave
        phrase = shown.get(first, "")
        score = _RULED if phrase else max(one.get(first, 0.0) for one in (whole, *clauses))
        also = (*others, *_further((first, *others), clauses))
        return Meaning(
            first, round(max(score, CLEAR), 3), phrase, language, also, learned=not phrase and score < _SURELY
        )
    named = shown.pop("change_language", "")
    if named.startswith("="):
        return Meaning("change_language", _RULED, named, language)
    for intent, phrase in shown.items():
        return Meaning(intent, _RULED, phrase, language, _further((intent,), clauses))
    if not _LETTER.search(text):
        return Meaning(NONE, 0.0, "", language)
    found = _likeliest(whole, clauses, language)
    if found.score < CLEAR and len(text.split()) <= _FEW_TO_ASK:
        found = Meaning(NONE, found.score, "", language)
    if named and found.score < CLEAR:
        return Meaning(
            "change_language", CLEAR, named, language
        )  # a language is named, and nothing clear said
    return found


def _likeliest(whole: Mapping[str, float], clauses: Sequence[Mapping[str, float]], language: str) -> Meaning:
    """The likeliest reading of a text without anything grave; none if nothing is likely enough."""
    ranked = [one for one in whole if one not in _GRAVE]
    if not ranked:
        return Meaning(NONE, 0.0, "", language)
    first, second = ranked[0], next((one for one in ranked[1:] if one != NONE), "")
    if first == _MACHINE and whole[first] < CLEAR:
        first = NONE  # silence for a person is worse than an answer to a machine
    if first == NONE or not (whole[first] >= SURE or _one_of_two(whole, first, second)):
        return Meaning(NONE, round(whole[first], 3), "", language)
    if first == "help" and second and whole[second] >= _SECOND:
        # Who asks for help asks for something.
        score = round(whole["help"] + whole[second], 3)
        return Meaning(second, score, "", language, _further((second, "help"), clauses))
    if first == "receipt" and whole.get("already_paid", 0.0) >= _SECOND:
        # "Paid, see receipt": whether the payment is here comes first.
        score = round(whole["receipt"] + whole["already_paid"], 3)
        also = _further(("already_paid", "receipt"), clauses)
        return Meaning("already_paid", score, "", language, ("receipt", *also))
    near = second if whole.get(second, 0.0) >= _SECOND and whole[first] < CLEAR else ""
    if {first, near} <= {*HOLDS} and whole[first] + whole[near] >= CLEAR:
        # Both are grave, so both are taken for meant: "I lost my job and the bill is wrong".
        return Meaning(first, round(whole[first] + whole[near], 3), "", language, (near,))
    return Meaning(first, round(whole[first], 3), "", language, _further((first, near), clauses), near)


def _one_of_two(whole: Mapping[str, float], first: str, second: str) -> bool:
    """Whether a wish of ours is meant and most likely one of two, though neither of them is likely alone.

    What would hold the account is not asked about on so little.
    """
    both = whole[first] + whole.get(second, 0.0)
    return whole.get(NONE, 0.0) < _HARDLY_NONE and both >= _BOTH and {first, second}.isdisjoint(HOLDS)


def _shown(
    text: str, heard_in: Iterable[str], whole: Mapping[str, float], clauses: Sequence[Mapping[str, float]]
) -> dict[str, str]:
    """The intents that phrases of some languages show, each with its phrase.

    What the learned reader makes very unlikely in the text and each of its clauses is not believed, but for
    a stop, for danger, and where a phrase is the whole text.
    """
    # STOP alone between two signs stops as it does alone: "Jag orkar inte mer, STOPP".
    alone = next((one.strip() for one in _SENTENCE.split(text) if lone_word(one) == "stop"), None)
    found = {"stop": alone} if alone else dict[str, str]()
    readings = [one for one in (whole, *clauses) if one]
    for language in heard_in:
        for phrase, _ in phrasebook(language).matches(text):
            likely_at_all = not readings or max(one.get(phrase.intent, 0.0) for one in readings) >= _HARDLY
            if likely_at_all or phrase.whole or phrase.intent in _BELIEVED:
                found.setdefault(phrase.intent, phrase.written)
    return found


def _grave(shown: Mapping[str, str], readings: Sequence[Mapping[str, float]], words: int) -> list[str]:
    """What of a text is grave, the gravest first: shown by a phrase, or likely enough in a reading.

    A lone word, a name or a number is an answer: only a phrase makes it grave; few words must be sure.
    """
    learned = {
        one
        for one, least in _GRAVE.items()
        for read in readings
        if words > _TOO_FEW and read.get(one, 0.0) >= (_SURELY if words <= _FEW else least)
    }
    return [one for one in STOPPING if one in shown or one in learned]


def _further(taken: Sequence[str], clauses: Iterable[Mapping[str, float]]) -> tuple[str, ...]:
    """Other requests, each the sure reading of a clause of its own; courtesies do not count."""
    also = list[str]()
    for one in clauses:
        intent = next(iter(one), NONE)
        implied = intent == _GENERAL and not _PAYING.isdisjoint(taken)
        least = CLEAR if intent in HOLDS else _CLAUSE
        if intent in {NONE, *taken, *also, *_COURTESY} or implied or one[intent] < least:
            continue
        also.append(intent)
    return tuple(also)


def _clauses(text: str, language: str) -> list[str]:
    """The parts of a text between ends of sentences, commas, and words such as *and*; none of one alone."""
    return [text[starts:ends] for starts, ends in _places(text, language)]


def _places(text: str, language: str, shortest: int = _SHORTEST) -> list[tuple[int, int]]:
    """Where each part of a text begins and ends; of ``shortest`` words at least."""
    breaks = phrasebook(language).listed.breaks
    between = re.compile(rf"{_SENTENCE.pattern}|\b(?:{'|'.join(map(re.escape, breaks))})\b", re.IGNORECASE)
    read, found, starts = text[:2000], list[tuple[int, int]](), 0
    for sign in between.finditer(read):
        found.append((starts, sign.start()))
        starts = sign.end()
    found.append((starts, len(read)))
    long = [(begin, end) for begin, end in found if len(_SPOKEN.findall(read[begin:end])) >= shortest]
    return long if len(long) > 1 else []
