"""How well each language is understood on lines put aside and on texts of writers who knew no intents.

Both are counted, never read to repair a miss. Printed by ``python -m tests.messages.understanding.measure``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from messages.languages import about, offered
from messages.understanding.said import said
from messages.understanding.understanding import NONE, understand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from messages.understanding.understanding import Meaning

UNSEEN: Final = Path(__file__).parent / "unseen"
"""A file for each language by its English name: text, label of the first reader, label of the second."""
LANGUAGES: Final = tuple(one for one in offered().values() if (UNSEEN / f"{about(one).option}.tsv").exists())
"""Those that are measured: each that has such a file."""
COSTLY: Final = (
    "stop",
    "crisis",
    "deceased",
    "legal",
    "minor",
    "wrong_number",
    "dispute",
    "hardship",
    "already_paid",
)
"""Kinds of which a miss costs most: what is not heard goes on, and does harm."""
HOLDING: Final = ("stop", "crisis", "deceased", "legal", "minor", "wrong_number")
"""Kinds that stop or hold everything: what is taken for one by mistake does harm, too."""
_MOST: Final = 12
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

    ``became`` counts those in scope: ``right`` was acted upon rightly, ``asked`` was asked which of two was
    meant and one of them is right, ``beside`` is right as a further wish alone, ``wrongly`` was taken for
    something else or asked about wrongly, ``missed`` was not understood. ``first`` is right at the first
    guess, acted upon or not. Those of no intent of ours are ``refused``, or not. ``heard`` of ``costly``
    count a costly kind that every labeller named and that was found, as whichever reading; ``alarms`` are
    texts
    that stopped or held and are not of that kind. ``sure`` counts first guesses by tenths of their
    likelihood, ``sure_right`` the right ones; ``confused`` counts (meant, taken for).
    """

    became: Counter[str]
    first: int
    refused: int
    none: int
    heard: Counter[str]
    costly: Counter[str]
    alarms: Counter[str]
    sure: Counter[int]
    sure_right: Counter[int]
    confused: Counter[tuple[str, str]]

    @property
    def in_scope(self) -> int:
        """How many texts ask for something that is ours."""
        return self.became.total()


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


def count(read: Iterable[tuple[LabelledText, Meaning]]) -> SaidMeasure:
    """Count what became of texts."""
    found = SaidMeasure(Counter(), 0, 0, 0, Counter(), Counter(), Counter(), Counter(), Counter(), Counter())
    first = refused = none = 0
    for one, meaning in read:
        named, readings = one.agreed.intersection(COSTLY), _readings(meaning)
        found.costly.update(named)
        found.heard.update(named & readings)
        found.alarms.update(readings.intersection(HOLDING) - one.kinds)
        if one.kinds == {NONE}:
            none += 1
            refused += meaning.intent == NONE
            continue
        right = meaning.intent in one.kinds
        first += right
        found.became[_outcome(one, meaning)] += 1
        if meaning.intent != NONE:
            found.sure[int(meaning.score * 10)] += 1
            found.sure_right[int(meaning.score * 10)] += right
        if not right:
            found.confused[min(one.kinds), meaning.intent] += 1
    return replace(found, first=first, refused=refused, none=none)


def _outcome(one: LabelledText, meaning: Meaning) -> str:
    if meaning.intent == NONE:
        return "missed"
    if meaning.second:
        return "wrongly" if one.kinds.isdisjoint({meaning.intent, meaning.second}) else "asked"
    if meaning.intent in one.kinds:
        return "right"
    return "wrongly" if one.kinds.isdisjoint(_readings(meaning)) else "beside"


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
    return count((one, understand(one.text, language)) for one in texts)


def tables(found: Mapping[str, SaidMeasure]) -> str:
    """The measures as Markdown: what became of texts, costly kinds, how sure and how right, confusions."""
    parts = (_became(found), _costly(found), _sure(found), _confused(found))
    return "\n\n".join("\n".join(part) for part in parts)


def _became(found: Mapping[str, SaidMeasure]) -> list[str]:
    columns = "First guess | acted upon | asked | further wish | wrongly | not understood"
    return [
        f"| Set | In scope | {columns} | None | refused |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(_row(name, one) for name, one in found.items()),
    ]


def _row(name: str, one: SaidMeasure) -> str:
    parts = (one.first, *(one.became[what] for what in ("right", "asked", "beside", "wrongly", "missed")))
    shares = " | ".join(_share(part, one.in_scope) for part in parts)
    return f"| {name} | {one.in_scope} | {shares} | {one.none} | {_share(one.refused, one.none)} |"


def _costly(found: Mapping[str, SaidMeasure]) -> list[str]:
    return [
        f"| Heard | {' | '.join(COSTLY)} |",
        f"| --- |{' ---: |' * len(COSTLY)}",
        *(
            f"| {name} | {' | '.join(f'{one.heard[kind]}/{one.costly[kind]}' for kind in COSTLY)} |"
            for name, one in found.items()
        ),
        *(
            f"| {name}, false | {' | '.join(str(one.alarms[kind]) for kind in COSTLY)} |"
            for name, one in found.items()
        ),
    ]


def _sure(found: Mapping[str, SaidMeasure]) -> list[str]:
    tenths = range(3, 11)
    return [
        f"| Right, of guesses so likely | {' | '.join(f'{tenth / 10:.1f}' for tenth in tenths)} |",
        f"| --- |{' ---: |' * len(tenths)}",
        *(
            f"| {name} | {' | '.join(f'{one.sure_right[at]}/{one.sure[at]}' for at in tenths)} |"
            for name, one in found.items()
        ),
    ]


def _confused(found: Mapping[str, SaidMeasure]) -> list[str]:
    return [
        f"{name}, confused most: "
        + ", ".join(
            f"{meant} for {taken} {times}" for (meant, taken), times in one.confused.most_common(_MOST)
        )
        + "."
        for name, one in found.items()
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"
