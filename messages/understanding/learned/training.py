"""Trains the learned reader from the lines of `said/`: ``python -m messages.understanding.learned.training``.

Languages may be named behind it (``… training de``); otherwise each is trained. With ``--check`` nothing is
written: it ends with 1 where committed weights are not those of the lines. The same lines give the same
bytes. It needs scikit-learn, which no part of Kvitt that runs does.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from messages.languages import file, languages
from messages.understanding.learned.features import PLACES, capital, features, place, words, written
from messages.understanding.learned.model import NAME, OF_OTHERS, Model
from messages.understanding.said import said
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from messages.understanding.learned.model import Numbers
    from messages.understanding.said import SaidLine

_STRICTNESS: Final = 1.0
"""What a line on the wrong side costs against small weights; found by leaving out a batch at a time."""
_DIGITS: Final = 6
"""Logarithms are rounded to so many places: machines differ in the last of them."""
_STEPS: Final = 127
_KNOWN: Final = 2
"""A word that so many lines have is one that people write: one of one line may be a slip."""
_SMALL: Final = 0.3
"""A word of which so few lines have no capital letter is a name."""
_PARTS: Final = 3
"""Writers are left out a third at a time."""
_SHARPEST: Final = 12
_FINER: Final = 4
"""Sharpness is looked for in quarters, up to twelve."""


def train(language: str) -> Model:
    """The model of a language, from its lines that are not put aside.

    Raises:
        BadWordList: its lines cannot be read.
    """
    lines = [line for line in said(language) if not line.put_aside]
    everyday = _everyday(lines)
    seen = [sorted({place(one) for one in features(line.text, everyday)}) for line in lines]
    rarities = _rarities(seen)
    rows = _matrix(seen, rarities)
    wanted = np.array([line.intent for line in lines])
    learner = _learner().fit(rows, wanted)
    of_others = [line for line in lines if line.intent in OF_OTHERS]
    weights = learner.coef_.T
    scales = np.abs(weights).max(axis=0)
    return Model(
        tuple(str(one) for one in learner.classes_),
        np.round(weights / scales * _STEPS).astype(np.int8),
        (scales / _STEPS).astype(np.float32),
        learner.intercept_.astype(np.float32),
        rarities,
        _sharpness(lines, rows, wanted),
        everyday,
        {
            word: many
            for word, many in _having(words(line.text) for line in of_others).items()
            if word in everyday
        },
    )


def _everyday(lines: Sequence[SaidLine]) -> dict[str, int]:
    """How many lines have each word, in alphabetical order: those of two lines or more that are no names."""
    having = _having(words(line.text) for line in lines)
    small = _having(
        [fold(one) for one in written(line.text) if one[0].isalpha() and not capital(one)] for line in lines
    )
    return {
        word: many
        for word, many in sorted(having.items())
        if many >= _KNOWN and small[word] >= max(_KNOWN, _SMALL * many)
    }


def _having(texts: Iterable[Iterable[str]]) -> Counter[str]:
    """How many texts have each word."""
    return Counter(word for text in texts for word in set(text))


def _learner() -> LinearSVC:
    return LinearSVC(C=_STRICTNESS, random_state=0, max_iter=2_000)


def _rarities(seen: Sequence[Sequence[int]]) -> Numbers:
    """What each place counts: the logarithm of how few lines have it."""
    having = Counter(at for one in seen for at in one)
    return np.array(
        [round(math.log((1 + len(seen)) / (1 + having[at])), _DIGITS) for at in range(PLACES)],
        dtype=np.float32,
    )


def _matrix(seen: Sequence[Sequence[int]], rarities: Numbers) -> csr_matrix:
    """A row a line: what each of its places counts, brought to the length of 1."""
    values = list[float]()
    for places in seen:
        counted = [float(rarities[at]) for at in places]
        length = math.sqrt(math.fsum(one * one for one in counted)) or 1.0
        values += [one / length for one in counted]
    ends = np.cumsum([0, *map(len, seen)])
    return csr_matrix((values, [at for one in seen for at in one], ends), shape=(len(seen), PLACES))


def _sharpness(lines: Sequence[SaidLine], rows: csr_matrix, wanted: np.ndarray) -> float:
    """What makes probabilities of scores: that which fits best to writers who were not learned from.

    Where a language has one writer so far, a third of the lines is left out at a time.
    """
    names = sorted({line.batch for line in lines})
    alone = len(names) == 1
    parts = np.array(
        [(at if alone else names.index(line.batch)) % _PARTS for at, line in enumerate(lines)], dtype=int
    )
    unlearned = list[tuple[np.ndarray, np.ndarray]]()
    for one in sorted(set(parts)):
        learner = _learner().fit(rows[parts != one], wanted[parts != one])
        # An intent that only the writers left out have lines for cannot be found.
        known = (parts == one) & np.isin(wanted, learner.classes_)
        there = np.array([list(learner.classes_).index(name) for name in wanted[known]])
        unlearned.append((learner.decision_function(rows[known]), there))
    tried = [step / _FINER for step in range(1, _SHARPEST * _FINER + 1)]
    return min(tried, key=lambda one: _surprise(unlearned, one))


def _surprise(unlearned: Iterable[tuple[np.ndarray, np.ndarray]], sharpness: float) -> float:
    """How unlikely the true intents are held at a sharpness."""
    whole = 0.0
    for scores, there in unlearned:
        sharp = scores * sharpness
        sharp -= sharp.max(axis=1, keepdims=True)
        whole -= float((sharp[np.arange(len(there)), there] - np.log(np.exp(sharp).sum(axis=1))).sum())
    return whole


def _main(arguments: Sequence[str]) -> int:
    checking = "--check" in arguments
    named = [one for one in arguments if one != "--check"]
    unknown = [one for one in named if one not in languages()]
    if unknown:
        sys.exit(f"{unknown[0]} is no language: there are {', '.join(languages())}")
    different = 0
    for language in named or languages():
        if not said(language):
            continue
        committed = file(language, NAME)
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / NAME
            train(language).save(fresh)
            written = fresh.read_bytes()
        if checking and (not committed.exists() or committed.read_bytes() != written):
            different += 1
            print(f"{language}/{NAME} is not what its lines give: say make train", file=sys.stderr)  # noqa: T201
        elif not checking:
            committed.write_bytes(written)
            print(f"{language}: {len(written) / 1_000_000:.2f} MB from {len(said(language))} lines")  # noqa: T201
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
