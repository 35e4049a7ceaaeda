"""The phrases of a language that must be heard, and those of its choices, compiled to patterns of words.

A phrase is words in order. ``a|b`` is either word, ``a?`` may be missing, ``betal*`` is any word that begins
so, ``@reach`` any word of a group, ``..`` up to six words of the same sentence. ``^`` before the first word
ties a phrase to the start of a sentence, ``$`` to its end, ``=`` makes it the whole message apart from
greetings and thanks, ``&`` allows its words in any order within one sentence.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from messages import languages
from messages.languages import FALLBACK
from messages.refusals import BadWordList
from messages.understanding import vocabulary
from messages.understanding.patterns import END, PatternStep, Phrase, Word
from messages.understanding.spelling import Slips, fold
from messages.understanding.word_lists import Option, PhraseFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_LONGEST: Final = 2000
_HEAD, _TAIL = 150, 50
_EMOJI: Final = "\U0001f44d\U0001f44e\U0001f44c\u2705\u274c\U0001f64f\U0001f6d1"
_SIGN: Final = re.compile(f"[a-z]+|\\d+[a-z]*|[.!?;\\n]+|[{_EMOJI}]")
_COLON_ENDING: Final = re.compile(r"(?<=[a-z]):(?=[a-z])")
_STRETCHED: Final = re.compile(r"([a-z])\1{2,}")
_MARKS: Final = "=^&$"
_NEAR: Final = 3  # how many words before a match a "not" may be to negate it


@dataclass(frozen=True)
class Phrasebook:
    """The phrases of one language, indexed by the words they may begin with."""

    language: str
    listed: PhraseFile
    phrases: tuple[Phrase, ...]
    by_word: Mapping[str, tuple[Phrase, ...]]
    by_start: Mapping[str, tuple[Phrase, ...]]
    spoken: frozenset[str]
    """The words of all phrases and choices."""
    slips: Slips
    negations: frozenset[str]
    breaks: frozenset[str]
    turns: frozenset[str]
    polite: frozenset[str]
    options: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)

    def words(self, text: str) -> list[Word]:
        """A message as words: folded, short spellings written out, typing errors corrected."""
        return [_word(self.language, sign) for sign in self._signs(text)]

    def core(self, words: Sequence[Word]) -> list[Word]:
        """The words without ends of sentences and, unless nothing else is said, without courtesies."""
        plain = [word for word in words if word.text != END]
        return [word for word in plain if word.meant.isdisjoint(self.polite)] or plain

    def matches(self, text: str) -> Iterator[tuple[Phrase, tuple[int, ...]]]:
        """Every phrase that a message has, with the places of its words."""
        words = self.words(text)
        for start, word in enumerate(words):
            for phrase in self._starting(word):
                places = None if phrase.whole else phrase.match(words, start)
                if places is not None and not self._denied(phrase, words, places):
                    yield phrase, places
        for read in ([word for word in words if word.text != END], self.core(words)):
            for phrase in self._starting(read[0]) if read else ():
                if phrase.whole and phrase.match(read, 0) is not None:
                    yield phrase, tuple(range(len(words)))

    def _denied(self, phrase: Phrase, words: Sequence[Word], places: Sequence[int]) -> bool:
        """Whether a "not" shortly before a match, or in a gap of it, reverses it; never that of danger."""
        if phrase.intent == "crisis" or any(step.words & self.negations for step in phrase.steps):
            return False
        start = places[0]
        gap = {words[place].text for place in range(start, places[-1])}
        if not self.negations.isdisjoint(gap):
            return True
        before = [word.text for word in words[max(start - _NEAR, 0) : start]]
        while not self.breaks.isdisjoint(before):
            before = before[1:]
        return not self.negations.isdisjoint(before)

    def _starting(self, word: Word) -> Iterator[Phrase]:
        """The phrases that may start with a word."""
        for known in sorted(word.meant):
            yield from self.by_word.get(known, ())
            for length in range(1, len(known) + 1):
                yield from self.by_start.get(known[:length], ())

    def _signs(self, text: str) -> list[str]:
        """The words of a text, of a long one its beginning and end, spelled out."""
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n{text[-_LONGEST // 4 :]}"
        found = _SIGN.findall(_COLON_ENDING.sub("", fold(shown)))
        if len(found) > _HEAD + _TAIL:
            found = [*found[:_HEAD], END, *found[-_TAIL:]]
        spelled = _paired(self.listed.pairs, [sign for one in found for sign in _spelled(self.listed, one)])
        return [END if sign[0] in ".!?;\n" else sign for sign in spelled]


@cache
def phrasebook(language: str, root: Path | None = None) -> Phrasebook:
    """The phrases of a language, from another root if one is given; English for a language we do not have.

    Raises:
        BadWordList: the language's file is invalid.
    """
    if root is None and language not in languages.languages():
        return phrasebook(FALLBACK)
    listed = _listed(language, root / language if root else languages.file(language, ""))
    reader = _Compiler(language, listed)
    phrases = tuple(
        reader.phrase(intent, written) for intent, entry in listed.intents.items() for written in entry.said
    )
    # The name of a language asks for it: alone, or in a text that says nothing else clearly.
    phrases += tuple(
        reader.phrase("change_language", f"{mark}{name}")
        for code in languages.languages()
        for name in languages.names(code, language)
        for mark in ("=", "")
    )
    options = {
        name: tuple(reader.phrase(name, written) for written in (fold(option.label), *option.said))
        for name, option in listed.choices.items()
    }
    spoken = _spoken((*phrases, *(one for said in options.values() for one in said)))
    by_word, by_start = _indexed(phrases)
    return Phrasebook(
        language,
        listed,
        phrases,
        by_word,
        by_start,
        spoken,
        Slips(spoken),
        frozenset(map(fold, listed.negations)),
        frozenset(map(fold, [END, *listed.breaks])),
        frozenset(map(fold, listed.turns)),
        frozenset(map(fold, languages.about(language).polite)),
        options,
    )


def _listed(language: str, folder: Path) -> PhraseFile:
    """A language's word lists, and in them the languages that may be asked for."""
    written = _table(language, folder / "phrases.toml")
    choices = _table(language, folder / "choices.toml")
    try:
        offered = {name: Option.model_validate(one) for name, one in choices.items()}
    except ValidationError as broken:
        raise BadWordList.because(f"{language}/choices.toml", broken, Option) from broken
    for code in languages.languages():
        about = languages.about(code)
        offered[about.option] = Option(label=about.label, said=languages.names(code, language))
    try:
        return PhraseFile.model_validate(written | {"choices": offered})
    except ValidationError as broken:
        raise BadWordList.because(f"{language}/phrases.toml", broken, PhraseFile) from broken


def _table(language: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as broken:
        raise BadWordList.because(f"{language}/{file.name}", broken) from broken


@dataclass(frozen=True)
class _Compiler:
    language: str
    listed: PhraseFile

    def phrase(self, intent: str, written: str) -> Phrase:
        pattern = written.lstrip(_MARKS)
        steps = tuple(step for part in pattern.split() for step in self._steps(part))
        if not any(step for step in steps if not step.gap and not step.optional):
            raise BadWordList(f"{self.language}/phrases.toml", f"{intent}: {written!r} has no word")
        marks = written[: len(written) - len(pattern)]
        return Phrase(intent, written, steps, "=" in marks, "^" in marks, "$" in marks, "&" in marks)

    def _steps(self, part: str) -> list[PatternStep]:
        if part == "..":
            return [PatternStep(gap=True)]
        optional, bare = part.endswith("?"), part.removesuffix("?")
        if "|" not in bare and "*" not in bare and not bare.startswith("@"):
            signs = _spelled(self.listed, fold(bare))
            return [PatternStep(frozenset({sign}), optional=optional) for sign in signs]
        words: set[str] = set()
        starts: list[str] = []
        for one in self._alternatives(bare):
            folded = fold(one)
            if folded.endswith("*"):
                starts.append(folded.removesuffix("*"))
            else:
                words.update(_spelled(self.listed, folded, single=True))
        return [PatternStep(frozenset(words), tuple(starts), optional)]

    def _alternatives(self, bare: str) -> Iterable[str]:
        for one in bare.split("|"):
            if not one.startswith("@"):
                yield one
            elif one[1:] in self.listed.groups:
                yield from self.listed.groups[one[1:]]
            else:
                raise BadWordList(f"{self.language}/phrases.toml", f"{one} is no group")


def _spoken(phrases: Iterable[Phrase]) -> frozenset[str]:
    """Every word of some phrases."""
    return frozenset(
        word for phrase in phrases for step in phrase.steps for word in (*step.words, *step.starts)
    )


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


def _spelled(listed: PhraseFile, folded: str, *, single: bool = False) -> list[str]:
    written = listed.spellings.get(folded)
    if written is None or (single and " " in written):
        return [folded]
    return written.split()


def _paired(pairs: Mapping[str, str], signs: list[str]) -> list[str]:
    """The words, with every pair that is spelled differently side by side corrected."""
    if not pairs:
        return signs
    put = list[str]()
    for sign in signs:
        righted = pairs.get(f"{put[-1]} {sign}") if put else None
        put = [*put[:-1], *righted.split()] if righted else [*put, sign]
    return put


@lru_cache(maxsize=20_000)
def _word(language: str, sign: str) -> Word:
    return Word(sign, frozenset() if sign == END else _meant(phrasebook(language), sign))


def _meant(book: Phrasebook, sign: str) -> frozenset[str]:
    """The word itself, or, of one that nobody writes, what a stretched or mistyped one may be."""
    if sign in book.spoken or sign[0].isdigit() or sign in vocabulary.words(book.language):
        return frozenset({sign})
    for short in (_STRETCHED.sub(r"\1", sign), _STRETCHED.sub(r"\1\1", sign)):
        if short != sign and short in book.spoken:
            return frozenset({short})
    return frozenset({word for word in book.slips.meant(sign) if word[0] == sign[0]} | {sign})
