"""Customers' phrases from `phrases.toml` of each language, compiled to patterns of words.

A phrase is words in order. ``a|b`` is either word, ``a?`` may be missing, ``betal*`` is any word that begins
so, ``@bill`` any word of a group, ``..`` up to six words of the same sentence. ``^`` before the first word
ties a phrase to the start of a sentence, ``=`` makes it the whole message apart from greetings and thanks,
``$`` ties it to the end of a sentence, ``&`` allows its words in any order within one sentence. ``>`` allows
anything after it, such as a name or an address. ``~`` makes it a hint: a second reading, used where there is
no first.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from messages import languages
from messages.languages import FALLBACK
from messages.refusals import BadWordList
from messages.understanding.patterns import END, PatternStep, Phrase, Word
from messages.understanding.spelling import Slips, fold
from messages.understanding.word_lists import Option, PhraseFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_LONGEST = 2000
_HEAD, _TAIL = 150, 50
ELSEWHERE = "none"
_EMOJI = "\U0001f44d\U0001f44e\U0001f44c\u2705\u274c\U0001f64f\U0001f6d1"
_SIGN = re.compile(f"[a-z]+|\\d+[a-z]*|[.!?;\\n]+|[{_EMOJI}]")
_COLON_ENDING = re.compile(r"(?<=[a-z]):(?=[a-z])")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_PART = 4  # letters of the shortest part of a compound
_NAME = 4  # how many words before "bill" its issuer may be named
_SAYS = 3  # letters: shorter ones are initials and slips of the thumb
_COMMON, _NUMBER, _TELLING = 0.25, 0.4, 1.0
_PLAIN, _FAMILIAR, _ASIDE, _ODD, _STRANGE = (
    0.3,
    0.6,
    1.5,
    1.5,
    3.0,
)  # against a match that leaves a word unexplained


@dataclass(frozen=True)
class Phrasebook:
    """The phrases of one language, indexed by their first words."""

    language: str
    listed: PhraseFile
    phrases: tuple[Phrase, ...]
    by_word: Mapping[str, tuple[Phrase, ...]]
    by_start: Mapping[str, tuple[Phrase, ...]]
    vocabulary: frozenset[str]
    ours: frozenset[str]
    slips: Slips
    negations: frozenset[str]
    breaks: frozenset[str]
    turns: frozenset[str]
    common: frozenset[str]
    polite: frozenset[str]
    foreign: frozenset[str]
    tails: tuple[str, ...]
    plain: frozenset[str]
    objects: frozenset[str]
    options: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)

    def words(self, text: str) -> list[Word]:
        """A message as words: folded, contractions expanded, no fillers, typing errors corrected."""
        return self._named([_word(self.language, sign) for sign in _signs(self.language, text)])

    def _named(self, words: list[Word]) -> list[Word]:
        """The same words without the name of who is paid: "my Edison bill" is my bill."""
        payable, owners = self.listed.payable, self.listed.owners
        for last, word in enumerate(words):
            if word.text in self.listed.owing:
                self._ignore_words(words, range(last + 1, min(last + _NAME, len(words))))
            if word.text not in payable:
                continue
            first = next(
                (at for at in range(last - 1, max(last - _NAME, 0) - 1, -1) if words[at].text in owners), last
            )
            self._ignore_words(words, range(first + 1, last))
        return words

    @staticmethod
    def _ignore_words(words: list[Word], places: Iterable[int]) -> None:
        for at in places:
            if words[at].text == END:
                break
            if words[at].foreign or words[at].against > _FAMILIAR:
                words[at] = Word(words[at].text, words[at].meant, _COMMON, _PLAIN)

    def starting(self, word: Word) -> tuple[Phrase, ...]:
        """The phrases that may start with a word."""
        return _starting(self.language, word.meant)

    def core(self, words: Sequence[Word]) -> list[Word]:
        """The words without ends of sentences and, unless nothing else is said, without courtesies."""
        plain = [word for word in words if word.text != END]
        return [word for word in plain if word.meant.isdisjoint(self.polite)] or plain


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
        reader.phrase(intent, written, excuse=excuse)
        for intent, entry in listed.intents.items()
        for excuse, writings in ((False, entry.said), (True, entry.unless))
        for written in writings
    )
    phrases += tuple(reader.phrase(ELSEWHERE, written, excuse=True) for written in listed.elsewhere)
    options = {
        name: tuple(reader.phrase(name, written) for written in (fold(option.label), *option.said))
        for name, option in listed.choices.items()
    }
    common = frozenset(map(fold, [*listed.common, *listed.fillers]))
    plain = frozenset(map(fold, listed.plain))
    wishes = [phrase for phrase in phrases if not phrase.excuse]
    ours = _spoken((*wishes, *(one for said in options.values() for one in said)))
    known = ours | _spoken(phrases)
    by_word, by_start = _indexed(phrases)
    return Phrasebook(
        language,
        listed,
        phrases,
        by_word,
        by_start,
        known | common | plain,
        ours | common | plain,
        Slips(known),
        frozenset(map(fold, listed.negations)),
        frozenset(map(fold, [END, *listed.breaks])),
        frozenset(map(fold, listed.turns)),
        common,
        frozenset(map(fold, listed.polite)),
        frozenset(map(fold, listed.foreign)),
        tuple(map(fold, listed.tails)),
        plain,
        frozenset(map(fold, listed.objects)),
        options,
    )


def _listed(language: str, folder: Path) -> PhraseFile:
    """A language's word lists, and in them the languages that may be asked for."""
    written = _table(language, folder / "phrases.toml")
    choices = _table(language, folder / "choices.toml")
    try:
        offered = {name: Option.model_validate(one) for name, one in choices.items()}
    except ValidationError as broken:
        raise BadWordList.because(f"{language}/choices.toml", broken) from broken
    try:
        listed = PhraseFile.model_validate(written | {"choices": offered})
    except ValidationError as broken:
        raise BadWordList.because(f"{language}/phrases.toml", broken) from broken
    return _asking(listed, language)


def _table(language: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as broken:
        raise BadWordList.because(f"{language}/{file.name}", broken) from broken


def _asking(listed: PhraseFile, language: str) -> PhraseFile:
    """The word lists with every language as a choice, in the group ``@lang``, and as a request of its own."""
    choices, groups, intents = dict(listed.choices), dict(listed.groups), dict(listed.intents)
    for code in languages.languages():
        names = languages.names(code, language)
        choices[languages.about(code).option] = Option(label=languages.about(code).label, said=names)
        groups["lang"] = [*groups.get("lang", []), *(one for one in names if " " not in one)]
        asked = intents.get("change_language")
        if asked:
            alone = [f"={one}" for one in names]
            intents["change_language"] = asked.model_copy(update={"said": [*asked.said, *alone]})
    return listed.model_copy(update={"choices": choices, "groups": groups, "intents": intents})


@dataclass(frozen=True)
class _Compiler:
    language: str
    listed: PhraseFile

    def phrase(self, intent: str, written: str, *, excuse: bool = False) -> Phrase:
        pattern = written.lstrip("=^&$>~")
        steps = tuple(step for part in pattern.split() for step in self._steps(part))
        if not any(step for step in steps if not step.gap and not step.optional):
            raise BadWordList(f"{self.language}/phrases.toml", f"{intent}: {written!r} has no word")
        marks = written[: len(written) - len(pattern)]
        tied = ("=" in marks, "^" in marks, excuse, "&" in marks, "$" in marks, ">" in marks, "~" in marks)
        return Phrase(intent, written, steps, *tied, self._rarest(steps))

    def _rarest(self, steps: Sequence[PatternStep]) -> frozenset[str]:
        """The words of the step that is least likely to match by chance; none if every step is open."""
        common = set(self.listed.common)
        needed = [step.words for step in steps if step.words and not step.optional and not step.starts]
        return min(needed, key=lambda words: (len(words & common), len(words)), default=frozenset())

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


def _signs(language: str, text: str) -> list[str]:
    """The words of a text (of a long one its beginning and end), spelled out; fillers only if alone."""
    listed = phrasebook(language).listed
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n{text[-_LONGEST // 4 :]}"
    found = _SIGN.findall(_COLON_ENDING.sub("", fold(shown)))
    if len(found) > _HEAD + _TAIL:
        found = [*found[:_HEAD], END, *found[-_TAIL:]]
    fillers = _fillers(language)
    spelled = _paired(listed.pairs, [sign for one in found for sign in _spelled(listed, one)])
    signs = [END if sign[0] in ".!?;\n" else sign for sign in spelled]
    telling = [sign for sign in signs if sign not in fillers]
    return telling if any(sign != END for sign in telling) else signs


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


@cache
def _fillers(language: str) -> frozenset[str]:
    return frozenset(map(fold, phrasebook(language).listed.fillers))


@lru_cache(maxsize=20_000)
def _starting(language: str, meant: frozenset[str]) -> tuple[Phrase, ...]:
    book = phrasebook(language)
    found = [phrase for known in sorted(meant) for phrase in book.by_word.get(known, ())]
    beginnings = {known[:length] for known in meant for length in range(1, len(known) + 1)}
    for beginning in sorted(beginnings & book.by_start.keys()):
        found += book.by_start[beginning]
    return tuple(found)


@lru_cache(maxsize=20_000)
def _word(language: str, sign: str) -> Word:
    book = phrasebook(language)
    if sign == END:
        return Word(sign, frozenset(), 0.0)
    meant = _meant(book, sign)
    if sign[0].isdigit():
        return Word(sign, meant, _NUMBER, _NUMBER)
    weight = _COMMON if meant <= book.common or sign in book.plain else _TELLING
    foreign = not meant.isdisjoint(book.foreign)
    shared = not meant.isdisjoint(book.objects)
    return Word(sign, meant, weight, *_left_over(book, sign, meant, weight), foreign, shared)


def _left_over(book: Phrasebook, sign: str, meant: frozenset[str], weight: float) -> tuple[float, bool]:
    """How much a word counts against a match that does not explain it, and whether it is unknown."""
    if sign in book.plain:
        return _PLAIN, False
    if book.plain and sign in book.vocabulary and sign not in book.ours and not _plain(book, sign):
        return _ASIDE, False
    known = sign in book.vocabulary or (meant & book.vocabulary and sign not in meant)
    if known or _compound(book, sign):
        return weight * _FAMILIAR, False
    if _plain(book, sign):
        return _PLAIN, False
    if meant & book.vocabulary:
        return _ODD if book.plain else weight * _FAMILIAR, False
    strange = bool(book.plain) and len(sign) >= _SAYS
    return _STRANGE if strange else weight, strange


def _compound(book: Phrasebook, sign: str) -> bool:
    """Whether a word ends with a known tail, or is two known words written as one."""
    if not book.tails or len(sign) < 2 * _PART:
        return False
    if sign.endswith(book.tails):
        return True
    parts = ((sign[:cut], sign[cut:]) for cut in range(_PART, len(sign) - _PART + 1))
    return any(
        {first, first.removesuffix("s")} & book.vocabulary and last in book.vocabulary
        for first, last in parts
        if len(first.removesuffix("s")) >= _PART
    )


def _plain(book: Phrasebook, sign: str) -> bool:
    """Whether a word is an ordinary one with another ending, or with a letter lost or swapped."""
    return not _stems(sign, book.listed.endings).isdisjoint(book.vocabulary) or sign in _clipped(
        book.language
    )


def _stems(sign: str, endings: Iterable[str]) -> frozenset[str]:
    """The forms a word may have without its ending: "postponed" is "postpone"."""
    cut = [sign.removesuffix(ending) for ending in endings if sign.endswith(ending)]
    return frozenset(stem for one in cut if len(one) >= _SAYS for stem in (one, f"{one}e"))


@cache
def _clipped(language: str) -> frozenset[str]:
    """The ordinary words without one of their letters, or with two letters swapped."""
    book = phrasebook(language)
    plain = [word for word in book.plain | book.common if book.plain and len(word) > _SAYS]
    clipped = {word[:place] + word[place + 1 :] for word in plain for place in range(1, len(word))}
    swapped = {
        word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        for word in plain
        for place in range(len(word) - 1)
    }
    return frozenset((clipped | swapped) - book.foreign)


def _meant(book: Phrasebook, sign: str) -> frozenset[str]:
    """The word itself if it is known, otherwise what a stretched, compound or mistyped one may be."""
    if sign in book.foreign or sign[0].isdigit():
        return frozenset({sign})
    if sign not in book.ours and (stems := _stems(sign, book.listed.forms) & book.ours - book.common):
        return frozenset({sign, *stems})
    if sign in book.vocabulary:
        return frozenset({sign})
    for short in (_STRETCHED.sub(r"\1", sign), _STRETCHED.sub(r"\1\1", sign)):
        if short != sign and short in book.vocabulary:
            return frozenset({short})
    if tails := [tail for tail in book.tails if sign.endswith(tail)]:
        return frozenset({sign, *tails})
    near = {word for word in book.slips.meant(sign) if word[0] == sign[0]}
    return frozenset(near | {sign})
