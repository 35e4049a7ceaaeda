"""The weights of a language's learned reader, written by `make train` and read when first needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias
from zipfile import BadZipFile

from messages.languages import FALLBACK, file, languages
from messages.refusals import BadWordList
from messages.understanding.learned.features import PLACES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Weights: TypeAlias = NDArray[np.int8]
    Numbers: TypeAlias = NDArray[np.float32]

OF_OTHERS: Final = ("deceased", "representative", "wrong_number")
"""Intents of texts that are about somebody else than whoever writes."""
NAME: Final = "reader.npz"
"""The file in a language's folder."""

_PARTS: Final = (
    "intents", "weights", "scales", "offsets", "rarities", "sharpness", "words", "counts", "of_others",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """A linear model: one weight for each place of `features` and each intent.

    ``weights`` has a row a place and a column an intent, in steps of a hundred and twenty-seventh of the
    ``scales`` of its intent; ``offsets`` are what each intent starts with. ``rarities`` are what each place
    counts: what few lines have says more. ``sharpness`` makes probabilities of scores. ``words`` are the
    everyday words with how many lines have them, ``of_others`` how many of these are about somebody else.
    """

    intents: tuple[str, ...]
    weights: Weights
    scales: Numbers
    offsets: Numbers
    rarities: Numbers
    sharpness: float
    words: Mapping[str, int]
    of_others: Mapping[str, int]

    def save(self, path: Path) -> None:
        """Write the model; the same model is the same bytes."""
        import numpy as np  # noqa: PLC0415 - a fifth of a second that most commands need not wait

        np.savez(
            path,
            intents=np.array(self.intents),
            weights=self.weights,
            scales=self.scales,
            offsets=self.offsets,
            rarities=self.rarities,
            sharpness=np.array(self.sharpness, dtype=np.float32),
            words=np.frombuffer("\n".join(self.words).encode(), dtype=np.uint8),
            counts=np.array(list(self.words.values()), dtype=np.uint16),
            of_others=np.array([self.of_others.get(word, 0) for word in self.words], dtype=np.uint16),
        )


@cache
def model(language: str) -> Model | None:
    """The model of a language, that of English for one we do not have, or none where none was trained.

    Raises:
        BadWordList: the file is damaged, or from another release.
    """
    path = file(language if language in languages() else FALLBACK, NAME)
    return read(path) if path.exists() else None


def read(path: Path) -> Model:
    """The model in a file.

    Raises:
        BadWordList: see `model`.
    """
    import numpy as np  # noqa: PLC0415 - see `Model.save`

    where = "/".join(path.parts[-2:])
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            parts = {name: kept[name] for name in _PARTS}
    except (KeyError, EOFError, BadZipFile) as broken:
        raise BadWordList(where, "is not whole: say make train") from broken
    except (OSError, ValueError) as broken:
        raise BadWordList.because(where, broken) from broken
    intents = tuple(str(one) for one in parts["intents"])
    words = parts["words"].tobytes().decode().split("\n")
    if parts["weights"].shape != (PLACES, len(intents)):
        raise BadWordList(where, "does not fit this release: say make train")
    return Model(
        intents,
        parts["weights"],
        parts["scales"],
        parts["offsets"],
        parts["rarities"],
        float(parts["sharpness"]),
        dict(zip(words, parts["counts"].tolist(), strict=True)),
        {word: many for word, many in zip(words, parts["of_others"].tolist(), strict=True) if many},
    )
