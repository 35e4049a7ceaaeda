"""Finds out from a text whether whoever writes says not to be the customer, or asks about somebody else."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from messages.languages import file, languages
from messages.understanding import vocabulary
from messages.understanding.choices import choice
from messages.understanding.contacts import without_emails
from messages.understanding.grammar import grammar
from messages.understanding.phrases import phrasebook
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Speaker: TypeAlias = Literal[
    "",
    "not_the_customer",
    "named",
    "own_child",
    "about_another",
    "maybe_another",
    "by_name",
    "own_family",
    "unfamiliar",
]
"""Who a text says to come from, or to be about, beside a customer who writes for themselves.

``not_the_customer``: somebody else writes. ``own_child``: a parent about a child's bill. ``about_another``:
asks about somebody else's. ``maybe_another``: names a relative, or somebody's phone or post. ``by_name``:
speaks of the customer by name, as of somebody else. ``own_family``: names a child of their own.
``unfamiliar``: has a word that may mean anybody.
"""

_SIGNS: Final = {
    "": "",
    " ": " ",
    "^": "^ ",
    "..": r"(?:\w+ ){0,2}?",
    "*": r"\w+ ",
    "+s": r"\w+s ",
    "$": "$",
    "#": r"(?=\d)",
}
"""What a sign of a phrase stands for; the rest are words."""
_SIGN: Final = re.compile(r"[^a-z0-9]+")
_SHORTEST_NAME: Final = 2
_SHORTEST_NOUN: Final = 3
_LONGEST: Final = 600
_NAME: Final = "qqname"
_NAMES: Final = "qqnames"
_NOBODY: Final = "qqnobody"
"""What stands for a name in a pattern: no language has such words."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    said: list[str]


class _SpeakerFile(BaseModel):
    """One language's ``speakers.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    groups: dict[str, list[str]]
    own_name: _Said
    """How somebody introduces themselves: their name in it is no sign of anybody else."""
    own_child: _Said
    not_the_customer: _Said
    named: _Said
    introduced: _Said
    about_another: _Said
    maybe_another: _Said
    own_family: _Said


def speaker(text: str, names: Iterable[str] | None, language: str) -> Speaker:
    """Who writes, in any language: somebody else than ``names``, or who asks about another account.

    ``names`` is None before somebody has shown who they are: then whatever looks like a name is read as one.
    Were the names on file read, anybody could find out by asking whose number it is. And then only plain
    words are taken for a customer's own: one that nobody here knows, or that means a person, may be whoever
    the bill is really about. A miss costs a customer one question, never a stranger's answer.
    A parent who asks about a child's bill (``own_child``) does not say to be somebody else.
    """
    language = vocabulary.written_in(text, language)
    text = without_emails(text)  # the words of an address name nobody
    words, spoken = _plain(text, names), [_patterns(one) for one in sorted(languages())]
    first = _first(words, spoken)
    if first == "named":
        return "not_the_customer" if names is not None else "maybe_another"
    if names is None:
        return _before_identity(text, words, first, language)
    if first not in {"", "own_family", "maybe_another"}:
        return first
    if _of_nobody(text, words, language) or _by_name(words, spoken) or _other(text, words, spoken):
        return "by_name"
    return "maybe_another" if not first and _grave_words(language) & _all_meant(text, language) else first


def plainly_own(text: str, name: str, language: str) -> bool:
    """Whether a birth date comes in words that only its owner, of this ``name``, uses: "I was born on"."""
    named, said = set(_SIGN.split(fold(name))), set(filter(str.isalpha, _words(text)))
    own = {*_group(language, "own_answer"), *grammar(language).months}
    # "Bo was born on" is said of another; whoever says "I am Bo" or "Bo, 1971" speaks for themselves.
    of_another = (
        named & said and said & _group(language, "of_a_birth") and not said & _group(language, "myself")
    )
    return said <= own | named and not of_another and not _POSSESSIVE.search(text)


def of_a_person(text: str, language: str) -> bool:
    """Whether a text names a person other than by name: a relative, *she*, *the patient*."""
    persons = (_group(language, *_PERSONS) - _group(language, "ambiguous")) | _grave_words(language)
    return not persons.isdisjoint(_all_meant(text, language)) or not _written(language).isdisjoint(
        text.lower().split()
    )


def whose(text: str, language: str) -> str | None:
    """The answer to whose bill it is, ``own_bill`` or ``for_another``; a relative in it is another.

    "Not in my name, in his" is no answer of one's own.
    """
    said = speaker(text, None, language)
    found = choice(text, language, ("for_another", "own_bill"))
    if found == "own_bill" and not set(filter(str.isalpha, _words(text))) <= _of_own(language):
        return "for_another" if of_a_person(text, language) else None
    if said not in {"", "by_name", "maybe_another", "unfamiliar"} or of_a_person(text, language):
        return "for_another"
    if found == "own_bill" and not phrasebook(language).negations.isdisjoint(fold(text).split()):
        return None
    return found


@cache
def _of_own(language: str) -> frozenset[str]:
    """The words of an answer that a bill is one's own: those of the choice, and of one's own birth date."""
    book = phrasebook(language)
    chosen = {word for phrase in book.options["own_bill"] for step in phrase.steps for word in step.words}
    return frozenset(chosen) | _group(language, "own_answer") | _group(language, "account")


def _first(words: str, spoken: Iterable[_Patterns]) -> Speaker:
    found = (one for one in _ORDER if any(said.search(words) for own in spoken for said in own[one]))
    return next(found, "")


def _before_identity(text: str, words: str, first: Speaker, language: str) -> Speaker:
    """What a text says as long as nobody knows who writes."""
    if first not in {"", "own_family", "maybe_another"}:
        spoken = [_patterns(one) for one in sorted(languages())]
        # In small letters a misspelt word looks like a name: that leaves open what it would say of one.
        unnamed = words.replace(_NAMES, _NOBODY).replace(_NAME, _NOBODY)
        sure = text != text.lower() or _first(unnamed, spoken) == first
        return first if sure else "maybe_another"
    if first == "own_family":
        return "maybe_another" if _of_nobody(text, words, language) else first
    if first or _of_nobody(text, words, language):
        return "maybe_another"
    known = [one for one in languages() if not _strange_words(text, one)]
    if not known:
        return "maybe_another" if of_a_person(text, language) else "unfamiliar"
    return "maybe_another" if all(of_a_person(text, one) for one in known) else ""


def _strange_words(text: str, language: str) -> int:
    """How many words a language does not know, slips among them; an own name that is introduced aside."""
    said = [_NAME if word.isalpha() and not _known_in(language, word) else word for word in _words(text)]
    words = f" {' '.join(said)} "
    for introduced in _patterns(language)["own_name"]:
        words = introduced.sub(" ", words)
    return words.split().count(_NAME)


def _all_meant(text: str, language: str) -> set[str]:
    """Every word that those of a text may be."""
    return {meant for word in _words(text) for meant in _meant(language, word)}


@cache
def _grave_words(language: str) -> frozenset[str]:
    """The words of lines about a death, a wrong number or another's affairs, and hardly of others."""
    known, own = vocabulary.words(language), _group(language, "own_answer")
    return frozenset(
        word
        for word, many in vocabulary.of_others(language).items()
        if many >= max(_OFTEN, _MOSTLY * known[word]) and word not in own and len(word) >= _SHORTEST_NOUN
    )


@lru_cache(maxsize=20_000)
def _known_in(language: str, word: str) -> bool:
    book = phrasebook(language)
    spoken = grammar(language)
    # No number, unit or day is anybody's name, however few lines have it.
    counted = (spoken.written.cardinals, spoken.written.nth, spoken.written.units.every())
    calendar = (spoken.months, spoken.weekdays, *counted)
    known = (vocabulary.words(language), book.spoken, book.listed.spellings, _group(language), *calendar)
    return len(word) < _SHORTEST_NAME or any(word in one for one in known)


def _words(text: str) -> list[str]:
    return [word for word in _SIGN.split(fold(text[:_LONGEST])) if word]


@lru_cache(maxsize=20_000)
def _meant(language: str, word: str) -> frozenset[str]:
    """The words that a written one may be: itself, or those that it misspells."""
    return frozenset({word}) if _known_in(language, word) else phrasebook(language).slips.meant(word)


_ORDER: Final[Sequence[Speaker]] = (
    "not_the_customer", "named", "own_child", "about_another", "maybe_another", "own_family",
)  # fmt: skip


def _by_name(words: str, spoken: Iterable[_Patterns]) -> bool:
    """Whether the customer's name is left once those places are taken out where it is their own."""
    for own in spoken:
        for introduced in own["own_name"]:
            words = introduced.sub(" ", words)
    return not {_NAME, _NAMES}.isdisjoint(words.split())


def _of_nobody(text: str, words: str, language: str) -> bool:
    """Whether *he* or *she* stands where nobody was named before: then the customer is spoken about."""
    they, which, things = (
        _group(language, *names) for names in (("they",), ("which",), ("device", "account"))
    )
    said = words.split()
    first = next((place for place, word in enumerate(said) if word in they), None)
    if first is None:
        return not _written(language).isdisjoint(text.lower().split())
    named = pairwise(said[:first])
    return not any(one in which and len(what) >= _SHORTEST_NOUN and what not in things for one, what in named)


def _other(text: str, words: str, spoken: Iterable[_Patterns]) -> bool:
    """Whether somebody introduces themselves by another name than the customer's, whatever it is."""
    if not {_NAME, _NAMES}.isdisjoint(words.split()):
        return False
    alike = _plain(text, None)
    return any(said.search(alike) for own in spoken for said in own["introduced"])


def _plain(text: str, names: Iterable[str] | None) -> str:
    """The words of a text between single blanks, each name of a customer as one and the same word."""
    words = _like_names(text[:_LONGEST]) if names is None else _with_names(text[:_LONGEST], names)
    plain: list[str] = []
    for word in words:
        if not (word == _NAME and plain[-1:] == [_NAME]):
            plain.append(word)
    return f" {' '.join(plain)} "


def _with_names(text: str, names: Iterable[str]) -> Iterator[str]:
    parts = {part for name in names for part in _SIGN.split(fold(name)) if len(part) >= _SHORTEST_NAME}
    for word in filter(None, _SIGN.split(fold(text))):
        yield _NAME if word in parts else _NAMES if word.removesuffix("s") in parts else word


def _like_names(text: str) -> Iterator[str]:
    """The words; whatever has a capital letter within a sentence, or stands in no phrase, as a name."""
    small, words = text == text.lower(), _known(tuple(languages()))
    begins = True
    for sign in text.split():
        capital, whose = sign[:1].isupper() and not sign.isupper(), _POSSESSIVE.search(sign) is not None
        for word in filter(None, _SIGN.split(fold(sign))):
            known = word in words
            name = word.isalpha() and ((capital and not (begins and known)) or (small and not known))
            yield (_NAMES if whose else _NAME) if name and len(word) >= _SHORTEST_NAME else word
        begins = sign[-1:] in ".!?:,"


@cache
def _known(spoken: tuple[str, ...]) -> frozenset[str]:
    """The words that phrases and groups of these languages have: none of them looks like a name."""
    return frozenset().union(
        *(vocabulary.words(one).keys() | phrasebook(one).spoken | _group(one) for one in spoken)
    )


_OFTEN, _MOSTLY = 3, 0.6  # of how many lines a grave word is, and which share of its lines are of others
_PERSONS: Final = ("kin", "adult", "adults", "parent", "they", "persons")
_POSSESSIVE: Final = re.compile(r"['\u2019]s\b", re.IGNORECASE)


_Patterns: TypeAlias = "Mapping[str, Sequence[re.Pattern[str]]]"


@cache
def _listed(language: str) -> _SpeakerFile:
    return _SpeakerFile(**tomllib.loads(file(language, "speakers.toml").read_text(encoding="utf-8")))


@cache
def _group(language: str, *names: str) -> frozenset[str]:
    """The words of some groups of a language, or of all."""
    groups = _listed(language).groups
    return frozenset(word for name in names or groups if name in groups for word in _members(name, groups))


@cache
def _written(language: str) -> frozenset[str]:
    """The words for *he* and *she* that are others without their accents: Spanish *él*."""
    return frozenset(_listed(language).groups.get("they_written", ()))


@cache
def _patterns(language: str) -> _Patterns:
    listed = _listed(language)
    return {
        kind: _compiled(getattr(listed, kind), listed.groups)
        for kind in _SpeakerFile.model_fields
        if kind != "groups"
    }


def _compiled(listed: _Said, groups: Mapping[str, Sequence[str]]) -> list[re.Pattern[str]]:
    return [
        re.compile("".join(_step(word, groups) for word in [_begin(phrase), *phrase.split()]))
        for phrase in listed.said
    ]


def _begin(phrase: str) -> str:
    return "" if phrase.startswith("^ ") else " "


def _step(word: str, groups: Mapping[str, Sequence[str]]) -> str:
    if word in _SIGNS:
        return _SIGNS[word]
    if word.startswith("!"):
        return f"(?!(?:{'|'.join(_alternatives(word[1:], groups))}) )"
    optional = word.endswith("?")
    either = "|".join(_alternatives(word.removesuffix("?"), groups))
    return f"(?:(?:{either}) )?" if optional else f"(?:{either}) "


def _alternatives(word: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    found: list[str] = []
    for one in word.split("|"):
        if one in {"@name", "@names"}:
            found.append(_NAME if one == "@name" else _NAMES)
        elif one.startswith("@"):
            found += _members(one[1:], groups)
        else:
            found.append(fold(one))
    return found


def _members(name: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """The words of a group: its own, those of a group in it, or of ``@group+s`` each with an s at its end."""
    found: list[str] = []
    for member in groups[name]:
        group, plural, _ = member.partition("+s")
        if not member.startswith("@"):
            found.append(fold(member))
        elif group in {"@name", "@names"}:
            found += _alternatives(member, groups)
        else:
            found += [word + plural[1:] for word in _members(group[1:], groups)]
    return found
