"""What the pages of the desk say to the staff, in every language: each language's ``desk.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from messages.languages import FALLBACK, about, file, known, languages

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE: Final = "desk.toml"


class DeskWords:
    """The words of one language; a key is the table and the name in it, like ``today.title``."""

    def __init__(self, language: str, words: Mapping[str, str], otherwise: DeskWords | None = None) -> None:
        self.language = language
        self._words, self._otherwise = words, otherwise

    def __call__(self, key: str, **facts: object) -> str:
        """The words of a key, with these facts in their places.

        Raises:
            KeyError: no language has the key.
        """
        if key not in self._words and self._otherwise is not None:
            return self._otherwise(key, **facts)
        text = self._words[key]
        return text.format(**facts) if facts else text

    def __contains__(self, key: str) -> bool:
        """Whether there are words for a key."""
        return key in self._words or (self._otherwise is not None and key in self._otherwise)

    def every_key(self) -> list[str]:
        """Every key that this language's own file has."""
        return list(self._words)

    def of(self, table: str, name: str) -> str:
        """The words of a table for a name that is not written here, such as a kind of case; else the name."""
        key = f"{table}.{name}"
        return self(key) if key in self else name.replace("_", " ")


@cache
def words(language: str) -> DeskWords:
    """What the pages say in a language, or in the fallback where it is not spoken."""
    spoken = known(language)
    own = _flat(tomllib.loads(file(spoken, _FILE).read_text(encoding="utf-8")))
    return DeskWords(spoken, own, None if spoken == FALLBACK else words(FALLBACK))


@cache
def names() -> tuple[tuple[str, str], ...]:
    """Every language of the pages: its code and its own name."""
    return tuple((one, about(one).label) for one in sorted(languages()))


def preferred(accepted: str) -> str:
    """The language of ours that a browser likes best, by its ``Accept-Language``; the fallback if none."""
    ranked: list[tuple[float, int, str]] = []
    for place, one in enumerate(accepted[:_LONGEST].split(",")):
        tag, _, rest = one.strip().partition(";")
        weight = rest.strip().removeprefix("q=") if rest else "1"
        try:
            ranked.append((-float(weight), place, tag.partition("-")[0].lower()))
        except ValueError:
            continue
    spoken = (code for weight, _, code in sorted(ranked) if weight < 0 and code in languages())
    return next(spoken, FALLBACK)


_LONGEST: Final = 500


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= _flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
    return found
