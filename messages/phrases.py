"""What customers write, one `phrases.toml` a language: phrases as patterns of words, ready to match.

A phrase is words in order. ``a|b`` is either word, ``a?`` may be missing, ``betal*`` is any word that starts
so, ``@bill`` any word of a group, ``..`` up to six words of the same sentence. ``^`` before the first word
ties a phrase to the start of a sentence, ``=`` makes it the whole message, greetings and thanks aside, ``$``
ties it to the end of one, ``&`` lets its words stand in any order within one sentence.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from messages.grammar import FALLBACK
from messages.refusals import BadWordList
from messages.spelling import Slips, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

END = "."

_HERE = Path(__file__).parent
_GAP = 6
_LONGEST = 2000
_REACH = 12  # how far apart the words of a phrase in any order may stand
_HEAD, _TAIL = 150, 50
_EMOJI = "\U0001f44d\U0001f44e\U0001f44c\u2705\u274c\U0001f64f\U0001f6d1"
_SIGN = re.compile(f"[a-z]+|\\d+[a-z]*|[.!?;\\n]+|[{_EMOJI}]")
_COLON_ENDING = re.compile(r"(?<=[a-z]):(?=[a-z])")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_COMMON, _NUMBER, _TELLING = 0.25, 0.4, 1.0


class Said(BaseModel):
    """The phrases of one intent; those in ``unless`` look alike and mean something else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    said: list[str]
    unless: list[str] = []
    negatable: bool = False


class Option(BaseModel):
    """A choice offered in a conversation: what its button shows, and what people write for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    said: list[str]


class Listed(BaseModel):
    """One language's `phrases.toml`; ``tails`` are what compounds end in: a Swedish *elräkning* is a bill."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fillers: list[str]
    polite: list[str]
    negations: list[str]
    breaks: list[str]
    turns: list[str]
    common: list[str]
    spellings: dict[str, str]
    groups: dict[str, list[str]]
    choices: dict[str, Option]
    intents: dict[str, Said]
    foreign: list[str] = []
    tails: list[str] = []

    @field_validator("spellings")
    @classmethod
    def _folded(cls, spellings: dict[str, str]) -> dict[str, str]:
        return {fold(odd): fold(plain) for odd, plain in spellings.items()}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a message, and the known words it may be; sentence ends are words too."""

    text: str
    meant: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a phrase: some words, beginnings of words, or a gap."""

    words: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()
    optional: bool = False
    gap: bool = False

    def fits(self, word: Word) -> bool:
        """Whether a word of a message can stand here."""
        return not self.words.isdisjoint(word.meant) or (
            bool(self.starts) and any(known.startswith(self.starts) for known in word.meant or (word.text,))
        )


@dataclass(frozen=True, slots=True)
class Phrase:
    """A pattern of words and the intent it speaks for."""

    intent: str
    written: str
    steps: tuple[Step, ...]
    whole: bool = False
    first: bool = False
    excuse: bool = False
    loose: bool = False
    last: bool = False

    def match(self, words: Sequence[Word], start: int) -> tuple[int, ...] | None:
        """The places of the words that match from ``start`` on, or none."""
        if self.loose:
            return _gather(self.steps, words, start)
        if self.first and start and words[start - 1].text != END:
            return None
        places = self.places(words, start)
        if places is None or (self.whole and len(places) != len(words)):
            return None
        ended = places[-1] + 1 == len(words) or words[places[-1] + 1].text == END
        return places if ended or not self.last else None

    def places(self, words: Sequence[Word], start: int) -> tuple[int, ...] | None:
        """Where the bare words of the phrase stand from ``start`` on, whatever surrounds them."""
        return _walk(self.steps, 0, words, start)


@dataclass(frozen=True)
class Phrasebook:
    """Everything one language's customers may write, indexed by first words."""

    language: str
    listed: Listed
    phrases: tuple[Phrase, ...]
    by_word: Mapping[str, tuple[Phrase, ...]]
    by_start: Mapping[str, tuple[Phrase, ...]]
    vocabulary: frozenset[str]
    slips: Slips
    negations: frozenset[str]
    breaks: frozenset[str]
    turns: frozenset[str]
    common: frozenset[str]
    polite: frozenset[str]
    foreign: frozenset[str]
    tails: tuple[str, ...]
    options: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)

    def words(self, text: str) -> list[Word]:
        """A message as words: folded, contractions spelled out, fillers left out, one slip forgiven."""
        return [_word(self.language, sign) for sign in _signs(self.language, text)]

    def starting(self, word: Word) -> list[Phrase]:
        """The phrases that may start with a word."""
        found = [phrase for known in word.meant for phrase in self.by_word.get(known, ())]
        beginnings = {known[:length] for known in word.meant for length in range(1, len(known) + 1)}
        for beginning in beginnings & self.by_start.keys():
            found += self.by_start[beginning]
        return found

    def core(self, words: Sequence[Word]) -> list[Word]:
        """The words without sentence ends and, unless nothing else is said, without courtesies."""
        plain = [word for word in words if word.text != END]
        return [word for word in plain if word.meant.isdisjoint(self.polite)] or plain


@cache
def phrasebook(language: str) -> Phrasebook:
    """The phrases of a language; English for one that has none.

    Raises:
        BadWordList: the language's file is broken.
    """
    file = _HERE / language / "phrases.toml"
    if not language.isalpha() or not file.exists():
        return phrasebook(FALLBACK)
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
        more = file.with_name("choices.toml")
        offered = tomllib.loads(more.read_text(encoding="utf-8")) if more.exists() else {}
        listed = Listed.model_validate(written | {"choices": written.get("choices", {}) | offered})
    except (ValidationError, tomllib.TOMLDecodeError) as broken:
        raise BadWordList(f"{language}/{file.name}", str(broken)) from broken
    reader = _Compiler(language, listed)
    phrases = tuple(
        reader.phrase(intent, written, excuse=excuse)
        for intent, entry in listed.intents.items()
        for excuse, writings in ((False, entry.said), (True, entry.unless))
        for written in writings
    )
    options = {
        name: tuple(reader.phrase(name, written) for written in (fold(option.label), *option.said))
        for name, option in listed.choices.items()
    }
    common = frozenset(map(fold, [*listed.common, *listed.fillers]))
    known = frozenset(
        word
        for phrase in (*phrases, *(one for said in options.values() for one in said))
        for step in phrase.steps
        for word in (*step.words, *step.starts)
    )
    by_word, by_start = _indexed(phrases)
    return Phrasebook(
        language,
        listed,
        phrases,
        by_word,
        by_start,
        known | common,
        Slips(known),
        frozenset(map(fold, listed.negations)),
        frozenset(map(fold, [END, *listed.breaks])),
        frozenset(map(fold, listed.turns)),
        common,
        frozenset(map(fold, listed.polite)),
        frozenset(map(fold, listed.foreign)),
        tuple(map(fold, listed.tails)),
        options,
    )


@dataclass(frozen=True)
class _Compiler:
    language: str
    listed: Listed

    def phrase(self, intent: str, written: str, *, excuse: bool = False) -> Phrase:
        pattern = written.lstrip("=^&$")
        steps = tuple(step for part in pattern.split() for step in self._steps(part))
        if not any(step for step in steps if not step.gap and not step.optional):
            raise BadWordList(f"{self.language}/phrases.toml", f"{intent}: {written!r} has no word")
        marks = written[: len(written) - len(pattern)]
        return Phrase(intent, written, steps, "=" in marks, "^" in marks, excuse, "&" in marks, "$" in marks)

    def _steps(self, part: str) -> list[Step]:
        if part == "..":
            return [Step(gap=True)]
        optional, bare = part.endswith("?"), part.removesuffix("?")
        if "|" not in bare and "*" not in bare and not bare.startswith("@"):
            signs = _spelled(self.listed, fold(bare))
            return [Step(frozenset({sign}), optional=optional) for sign in signs]
        words: set[str] = set()
        starts: list[str] = []
        for one in self._alternatives(bare):
            folded = fold(one)
            if folded.endswith("*"):
                starts.append(folded.removesuffix("*"))
            else:
                words.update(_spelled(self.listed, folded, single=True))
        return [Step(frozenset(words), tuple(starts), optional)]

    def _alternatives(self, bare: str) -> Iterable[str]:
        for one in bare.split("|"):
            if not one.startswith("@"):
                yield one
            elif one[1:] in self.listed.groups:
                yield from self.listed.groups[one[1:]]
            else:
                raise BadWordList(f"{self.language}/phrases.toml", f"{one} is no group")


def _walk(steps: Sequence[Step], at: int, words: Sequence[Word], place: int) -> tuple[int, ...] | None:
    if at == len(steps):
        return ()
    step = steps[at]
    if step.gap:
        return _walk_gap(steps, at + 1, words, place)
    if place < len(words) and step.fits(words[place]):
        rest = _walk(steps, at + 1, words, place + 1)
        if rest is not None:
            return (place, *rest)
    return _walk(steps, at + 1, words, place) if step.optional else None


def _walk_gap(steps: Sequence[Step], at: int, words: Sequence[Word], place: int) -> tuple[int, ...] | None:
    for further in range(place, min(place + _GAP, len(words)) + 1):
        rest = _walk(steps, at, words, further)
        if rest is not None:
            return rest
        if further < len(words) and words[further].text == END:
            return None
    return None


def _gather(steps: Sequence[Step], words: Sequence[Word], start: int) -> tuple[int, ...] | None:
    """The places of all steps in any order, the first of them at ``start``, within one sentence."""
    end = start
    while end < len(words) and end < start + _REACH and words[end].text != END:
        end += 1
    places: list[int] = []
    for step in sorted(steps, key=lambda one: one.optional):
        free = (place for place in range(start, end) if place not in places and step.fits(words[place]))
        place = next(free, None)
        if place is not None:
            places.append(place)
        elif not step.optional:
            return None
    return tuple(sorted(places)) if start in places else None


def _indexed(
    phrases: Sequence[Phrase],
) -> tuple[dict[str, tuple[Phrase, ...]], dict[str, tuple[Phrase, ...]]]:
    by_word: dict[str, tuple[Phrase, ...]] = {}
    by_start: dict[str, tuple[Phrase, ...]] = {}
    for phrase in phrases:
        for step in phrase.steps:
            for word in step.words:
                by_word[word] = (*by_word.get(word, ()), phrase)
            for start in step.starts:
                by_start[start] = (*by_start.get(start, ()), phrase)
            if not phrase.loose and not step.optional and not step.gap:
                break
    return by_word, by_start


def _signs(language: str, text: str) -> list[str]:
    """The words of a text, of a long one its beginning and end, spelled out; fillers only if alone."""
    listed = phrasebook(language).listed
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n{text[-_LONGEST // 4 :]}"
    found = _SIGN.findall(_COLON_ENDING.sub("", fold(shown)))
    if len(found) > _HEAD + _TAIL:
        found = [*found[:_HEAD], END, *found[-_TAIL:]]
    fillers = _fillers(language)
    spelled = [sign for one in found for sign in _spelled(listed, one)]
    signs = [END if sign[0] in ".!?;\n" else sign for sign in spelled]
    telling = [sign for sign in signs if sign not in fillers]
    return telling if any(sign != END for sign in telling) else signs


def _spelled(listed: Listed, folded: str, *, single: bool = False) -> list[str]:
    written = listed.spellings.get(folded)
    if written is None or (single and " " in written):
        return [folded]
    return written.split()


@cache
def _fillers(language: str) -> frozenset[str]:
    return frozenset(map(fold, phrasebook(language).listed.fillers))


@lru_cache(maxsize=20_000)
def _word(language: str, sign: str) -> Word:
    book = phrasebook(language)
    if sign == END:
        return Word(sign, frozenset(), 0.0)
    meant = _meant(book, sign)
    if sign[0].isdigit():
        return Word(sign, meant, _NUMBER)
    return Word(sign, meant, _COMMON if meant <= book.common else _TELLING)


def _meant(book: Phrasebook, sign: str) -> frozenset[str]:
    """The word itself if it is known, else what a stretched, compound or mistyped one may be."""
    if sign in book.vocabulary or sign in book.foreign or sign[0].isdigit():
        return frozenset({sign})
    for short in (_STRETCHED.sub(r"\1", sign), _STRETCHED.sub(r"\1\1", sign)):
        if short != sign and short in book.vocabulary:
            return frozenset({short})
    if tails := [tail for tail in book.tails if sign.endswith(tail)]:
        return frozenset({sign, *tails})
    near = {word for word in book.slips.meant(sign) if word[0] == sign[0]}
    return frozenset(near | {sign})
