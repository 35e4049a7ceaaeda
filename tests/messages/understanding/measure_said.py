"""How well each language is understood on lines put aside and on texts of writers who knew no intents.

Both are counted, never read to repair a miss. Printed by ``python -m tests.messages.understanding.measure``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from messages.languages import about
from messages.understanding.phrases import phrasebook
from messages.understanding.said import said
from messages.understanding.understanding import NONE, understand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from messages.understanding.understanding import Meaning

UNSEEN: Final = Path(__file__).parent / "unseen"
"""A file for each language by its English name: text, label of the first reader, label of the second."""
LANGUAGES: Final = ("en", "sv", "es")
COSTLY: Final = (
    "stop",
    "crisis",
    "deceased",
    "legal",
    "minor",
    "wrong_number",
    "dispute",
    "hardship",
)
"""Kinds of which a miss costs most: what is not heard goes on, and does harm."""
ANSWER: Final = "answer"
"""The label of a text that only answers a question: it has no intent by itself."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text, and what each of its labellers found in it."""

    text: str
    labels: tuple[frozenset[str], ...]

    @property
    def kinds(self) -> frozenset[str]:
        """What is right to find: any kind that a labeller named, as first, further or open wish."""
        return frozenset[str]().union(*self.labels)

    @property
    def agreed(self) -> frozenset[str]:
        """The kinds that every labeller named."""
        return self.labels[0].intersection(*self.labels)


@dataclass(frozen=True, slots=True)
class SaidMeasure:
    """What became of the texts of one set.

    Of those in scope, each is ``right`` on the first guess, ``beside`` (right as the second reading or a
    further wish), ``wrong`` (taken for something else: acted upon, or asked about, wrongly) or ``missed``
    (not understood). Those of no intent of ours are ``refused``, or not. ``heard`` of ``costly`` count a
    costly kind that every labeller named and that was found, as whichever reading. ``unknown`` are the texts
    in scope of kinds that have no intent yet; they count above, too.
    """

    right: int
    beside: int
    wrong: int
    missed: int
    refused: int
    none: int
    heard: Counter[str]
    costly: Counter[str]
    unknown: Counter[str]

    @property
    def in_scope(self) -> int:
        """How many texts ask for something that is ours."""
        return self.right + self.beside + self.wrong + self.missed


def aside(language: str) -> list[LabelledText]:
    """The lines of a language that are put aside, each with the intent it was written for."""
    return [LabelledText(line.text, (frozenset({line.intent}),)) for line in said(language) if line.put_aside]


def unseen(language: str) -> list[LabelledText]:
    """The texts of writers who knew no intents, without those that only answer a question."""
    rows = (row.split("\t") for row in unseen_file(language).read_text(encoding="utf-8").splitlines())
    texts = [LabelledText(text, (kinds_of(first), kinds_of(second))) for text, first, second in rows]
    return [one for one in texts if all(one.labels)]


def unseen_file(language: str) -> Path:
    """Where those texts are."""
    return UNSEEN / f"{about(language).option}.tsv"


def kinds_of(label: str) -> frozenset[str]:
    """The kinds of a label: ``pay,balance`` are two wishes, ``pay/balance`` is open between two."""
    return frozenset(label.replace("/", ",").split(",")) - {ANSWER}


def kinds(language: str) -> frozenset[str]:
    """All kinds that a text may be of: those that lines are written for."""
    return frozenset(line.intent for line in said(language))


def count(read: Iterable[tuple[LabelledText, Meaning]], known: frozenset[str]) -> SaidMeasure:
    """Count what became of texts; ``known`` are the intents that the reader has."""
    found, heard, costly, unknown = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for one, meaning in read:
        found[_outcome(one, meaning)] += 1
        named = one.agreed.intersection(COSTLY)
        costly.update(named)
        heard.update(named & _readings(meaning))
        unknown.update(one.agreed - known - {NONE})
    return SaidMeasure(
        found["right"],
        found["beside"],
        found["wrong"],
        found["missed"],
        found["refused"],
        found["refused"] + found["not refused"],
        heard,
        costly,
        unknown,
    )


def _outcome(one: LabelledText, meaning: Meaning) -> str:
    if one.kinds == {NONE}:
        return "refused" if meaning.intent == NONE else "not refused"
    if meaning.intent in one.kinds:
        return "right"
    if not one.kinds.isdisjoint(_readings(meaning)):
        return "beside"
    return "missed" if meaning.intent == NONE else "wrong"


def _readings(meaning: Meaning) -> frozenset[str]:
    return frozenset({meaning.intent, meaning.second, *meaning.also})


def measures() -> Mapping[str, SaidMeasure]:
    """The measure of each set of each language, by a name for people."""
    return {name: _measure(language, texts) for name, language, texts in _sets()}


def _sets() -> Iterator[tuple[str, str, list[LabelledText]]]:
    for language in LANGUAGES:
        name = about(language).english_name
        yield f"{name}, put aside", language, aside(language)
        yield f"{name}, unseen", language, unseen(language)


def _measure(language: str, texts: Iterable[LabelledText]) -> SaidMeasure:
    known = frozenset(phrasebook(language).listed.intents)
    return count(((one, understand(one.text, language)) for one in texts), known)


def tables(found: Mapping[str, SaidMeasure]) -> str:
    """The measures as Markdown: what became of the texts, costly kinds heard, and kinds without an intent."""
    return "\n".join(
        [
            "| Set | In scope | First guess | or beside it | Wrongly | Not understood | None | Refused |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(_row(name, one) for name, one in found.items()),
            "",
            f"| Heard | {' | '.join(COSTLY)} |",
            f"| --- |{' ---: |' * len(COSTLY)}",
            *(
                f"| {name} | {' | '.join(_heard(one, kind) for kind in COSTLY)} |"
                for name, one in found.items()
            ),
            "",
            *(
                f"No intent yet, {name}: {_counted(one.unknown)}."
                for name, one in found.items()
                if one.unknown
            ),
        ]
    )


def _row(name: str, one: SaidMeasure) -> str:
    parts = (one.right, one.right + one.beside, one.wrong, one.missed)
    shares = " | ".join(_share(part, one.in_scope) for part in parts)
    return f"| {name} | {one.in_scope} | {shares} | {one.none} | {_share(one.refused, one.none)} |"


def _heard(one: SaidMeasure, kind: str) -> str:
    return f"{one.heard[kind]}/{one.costly[kind]}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _counted(some: Counter[str]) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in sorted(some.items()))
