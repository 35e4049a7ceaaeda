"""Takes lines that were written for a language into `messages/<language>/said/`, without near-duplicates.

``python -m tests.messages.understanding.gather LANGUAGE FOLDER``.

FOLDER has a folder for each batch, of one letter, and in it a file for each intent, a text a line. Batches
that are there stay; what comes anew is compared with them. A line of five words or more that is in the unseen
set is left out, since that set is counted, not learned from.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process

from messages.languages import WORDING, languages
from messages.understanding.said import BATCH, FOLDER, SaidLine, said
from messages.understanding.spelling import fold, words
from tests.messages.understanding.measure_said import unseen, unseen_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NEAR: Final = 90.0  # per cent of the letters that two texts share in order
LONG: Final = 5
"""The words from which on two writers hardly write the same by chance."""
_SHORT: Final = 12  # letters: shorter texts differ by a letter or two, and are near only if they are the same


def written(folder: Path) -> list[SaidLine]:
    """The lines of a folder of batches, batch by batch.

    Raises:
        SystemExit: a line would be taken for the beginning of a batch.
    """
    lines = [
        SaidLine(text, file.stem, batch.name)
        for batch in sorted(one for one in folder.iterdir() if one.is_dir() and len(one.name) == 1)
        for file in sorted(batch.glob("*.txt"))
        for text in _texts(file)
    ]
    for line in lines:
        if BATCH.fullmatch(line.text):
            sys.exit(f"{line.batch}/{line.intent}.txt: {line.text!r} would begin a batch: leave it out")
    return lines


def _texts(file: Path) -> list[str]:
    return [text for one in file.read_text(encoding="utf-8").splitlines() if (text := " ".join(one.split()))]


def distinct(lines: Iterable[SaidLine]) -> tuple[list[SaidLine], list[tuple[SaidLine, SaidLine]]]:
    """The lines that say something new, and those that do not, each with the earlier line that it repeats.

    Two lines of one intent are near if nearly all their letters are the same; of two intents only if all are:
    "turn them on" and "turn them off" differ by little and mean different things.
    """
    kept, dropped = list[SaidLine](), list[tuple[SaidLine, SaidLine]]()
    same, alike = dict[str, SaidLine](), defaultdict[str, dict[str, SaidLine]](dict)
    for line in lines:
        plain = folded(line.text)
        earlier = same.get(plain) or _near(plain, alike[line.intent])
        if earlier is not None:
            dropped.append((line, earlier))
            continue
        same[plain] = alike[line.intent][plain] = line
        kept.append(line)
    return kept, dropped


def folded(text: str) -> str:
    """A text by its words alone, in one case and without accents; one without words as it is."""
    return " ".join(words(fold(text))) or text


def _near(plain: str, others: Mapping[str, SaidLine]) -> SaidLine | None:
    if len(plain) < _SHORT:
        return None
    found = process.extractOne(plain, others.keys(), scorer=fuzz.ratio, score_cutoff=_NEAR)
    return others[found[0]] if found else None


def save(folder: Path, lines: Sequence[SaidLine]) -> None:
    """Write a file for each intent, its batches one after another."""
    folder.mkdir(parents=True, exist_ok=True)
    for intent in sorted({line.intent for line in lines}):
        texts = list[str]()
        for batch in sorted({line.batch for line in lines if line.intent == intent}):
            texts.append(f"# {batch}")
            texts.extend(line.text for line in lines if (line.intent, line.batch) == (intent, batch))
        (folder / f"{intent}.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")


def _main(language: str, source: Path) -> None:
    spoken = language in languages()
    there = said(language) if spoken else ()
    others = unseen(language) if spoken and unseen_file(language).exists() else []
    counted = {folded(one.text) for one in others}
    kept, dropped = distinct([*there, *written(source)])
    kept = [one for one in kept if folded(one.text) not in counted or len(folded(one.text).split()) < LONG]
    repeated = [(line, near) for line, near in dropped if line != near]
    for line, near in repeated:
        print(f"{line.batch}/{line.intent}: {line.text}  =  {near.batch}/{near.intent}: {near.text}")  # noqa: T201
    save(WORDING / language / FOLDER, kept)
    print(f"{language}: {len(kept)} lines, {len(repeated)} near to others left out")  # noqa: T201


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
