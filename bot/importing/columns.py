"""Columns of the CSV files: what each is, and which one an unknown name probably means."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

_FILE: Final = Path(__file__).with_suffix(".toml")
_NEAR: Final = 80
"""Percent of likeness from which two names may be the same."""
_SHORTEST: Final = 4
"""Letters of a name that is compared by likeness: shorter ones resemble everything."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a CSV file."""

    name: str
    what: str
    needed: bool = False
    like: str = ""
    guards: bool = False
    """It protects people: a file is not taken without it by a slip of its name."""
    names: tuple[str, ...] = ()
    """What other systems call it."""


@dataclass(frozen=True, slots=True)
class CsvKind:
    """A kind of CSV file: what a row is, which command reads it, and its columns."""

    name: str
    row: str
    by: str
    columns: tuple[Column, ...]
    more: str = ""

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.needed)

    @property
    def optional(self) -> tuple[str, ...]:
        """The names of the other columns."""
        return tuple(column.name for column in self.columns if not column.needed)

    @property
    def known(self) -> frozenset[str]:
        """The names of all its columns."""
        return frozenset(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """One of its columns."""
        return next(column for column in self.columns if column.name == name)


@cache
def kinds() -> Mapping[str, CsvKind]:
    """Every kind of CSV file, in the order in which they are described."""
    found = {}
    for name, table in tomllib.loads(_FILE.read_text(encoding="utf-8")).items():
        columns = tuple(
            Column(one, **{**said, "names": tuple(said.get("names", ()))})
            for one, said in table["columns"].items()
        )
        found[name] = CsvKind(name, table["row"], table["by"], columns, table.get("more", ""))
    return found


def meant(kind: str, name: str, taken: AbstractSet[str] = frozenset()) -> str:
    """The column that an unknown name of a file probably means; empty if none resembles it.

    ``taken`` are columns that the file has besides: it means none of them.
    """
    found = likeness(kind, name, taken)
    return max(found, key=lambda one: found[one]) if found else ""


def is_name(kind: str, name: str) -> bool:
    """Whether a name is one of a kind's columns, in our words or another system's."""
    return plain(name) in _spellings(kind)


def likeness(kind: str, name: str, taken: AbstractSet[str] = frozenset()) -> dict[str, float]:
    """The columns of a kind that a name may mean, with percents of likeness."""
    known = {one: column for one, column in _spellings(kind).items() if column not in taken}
    wanted = plain(name)
    if wanted in known:
        return {known[wanted]: 100.0}
    if len(wanted) < _SHORTEST:
        return {}
    long = [one for one in known if len(one) >= _SHORTEST]
    found: dict[str, float] = {}
    for spelling, score, _ in process.extract(wanted, long, scorer=fuzz.ratio, score_cutoff=_NEAR, limit=5):
        found[known[spelling]] = max(score, found.get(known[spelling], 0.0))
    return found


def places(kind: str, columns: Iterable[str]) -> dict[str, str]:
    """Which of a file's columns is which of a kind's, by our name; each is used once, the likest first.

    Where several columns may be one of ours, the one decides whose name comes first in the table.
    """
    ranked = []
    for place, name in enumerate(columns):
        for ours, score in likeness(kind, name).items():
            ranked.append((-score, _rank(kind, ours, name), place, ours, name))
    found: dict[str, str] = {}
    for _, _, _, ours, name in sorted(ranked):
        if ours not in found and name not in found.values():
            found[ours] = name
    return found


def plain(name: str) -> str:
    """The letters and digits of a name, small and without accents."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in apart if sign.isalnum())


def _rank(kind: str, ours: str, name: str) -> int:
    spelled, wanted = [plain(one) for one in kinds()[kind].column(ours).names], plain(name)
    if wanted in spelled:
        return spelled.index(wanted)
    return -1 if wanted == plain(ours) else len(spelled)


@cache
def _spellings(kind: str) -> Mapping[str, str]:
    """Our name for each spelling; where two columns share one, the first has it."""
    found: dict[str, str] = {}
    for column in kinds()[kind].columns:
        found.setdefault(plain(column.name), column.name)
    for column in kinds()[kind].columns:
        for name in column.names:
            found.setdefault(plain(name), column.name)
    return found


def described() -> str:
    """Every column of every file as Markdown, as ``docs/columns.md`` has it."""
    parts = []
    for kind in kinds().values():
        lines = [f"## {kind.name}.csv", "", f"A row is {kind.row}. Read by `{kind.by}`.", ""]
        lines += ["| column | | like |", "|---|---|---|"]
        for column in kind.columns:
            need = "**needed.** " if column.needed else ""
            like = f"`{column.like}`" if column.like else ""
            lines.append(f"| `{column.name}` | {need}{column.what} | {like} |")
        if kind.more:
            lines += [
                "",
                f"{kind.more[0].upper()}{kind.more[1:]}." if kind.more[0] != "`" else f"{kind.more}.",
            ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
