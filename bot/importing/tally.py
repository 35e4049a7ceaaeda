"""The counts of an import: new, changed and rejected rows, with reasons."""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.card_numbers import masked, masked_numbers
from billing.refusals import Refusal
from bot.csv_text import CsvWriter
from bot.outgoing_file import CannotWrite, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

SUFFIX = ".rejects.csv"
ADDED = ("line", "field", "reason")
"""The columns a rejects file has besides those of the file it comes from."""


class BadField(Refusal):
    """A row is rejected by an import: one of its fields has a value that cannot be used."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a row was in the operator's own import file, before a mapping read it."""

    columns: tuple[str, ...]
    values: tuple[str, ...]
    names: Mapping[str, str]
    """What each of our columns is called there."""
    encoding: str
    delimiter: str
    trouble: tuple[str, str] | None = None
    """Our column and why it could not be read, if one could not."""
    joined: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """The other rows, with their lines, where several are one of ours."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of an import file, as it was read."""

    file: Path
    line: int
    columns: tuple[str, ...]
    values: tuple[str, ...]
    origin: Origin | None = None

    def called(self, name: str) -> str:
        """What a column of ours is called in the file."""
        return self.origin.names.get(name, name) if self.origin else name


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that an import rejected: its file and line, its field, and how to correct it."""

    place: SourceRow
    field: str
    reason: str

    @classmethod
    def because(cls, place: SourceRow, refusal: Refusal) -> Reject:
        """A row that was refused; a refusal names its field before the first colon."""
        name, _, reason = str(refusal).partition(": ")
        return cls(place, place.called(name), masked(reason))

    def __str__(self) -> str:
        return f"{self.place.file.name}:{self.place.line}: {self.field}: {self.reason}"


@dataclass(slots=True)
class Counts:
    """How many rows of one kind an import found new, changed or the same, and rejected."""

    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0


@dataclass(slots=True)
class Tally:
    """What an import came to, by kind (``customers``, ``bills`` and so on)."""

    counts: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    rejects: list[Reject] = field(default_factory=list)
    replaced: int = 0
    """Customers whose number or e-mail address was retired for another one."""
    notes: list[str] = field(default_factory=list)
    """What else the operator should know, one line each."""
    keeps_changes: bool = False
    changes: list[str] = field(default_factory=list)
    """With ``keeps_changes``, as a dry run has it: one line a row that changes what is registered."""
    billed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What new bills come to, by currency, in minor units."""
    _refused: set[tuple[Path, int]] = field(default_factory=set)

    def reject(self, kind: str, reject: Reject) -> None:
        """Set a row aside; a row that several lines were made of is set aside once."""
        key = (reject.place.file, reject.place.line)
        if key not in self._refused:
            self._refused.add(key)
            self.rejects.append(reject)
            self.counts[kind].rejected += 1

    @property
    def taken(self) -> int:
        """How many rows were not set aside."""
        return sum(count.new + count.changed + count.same for count in self.counts.values())

    @property
    def lines(self) -> list[str]:
        """One line a rejected row."""
        return [str(reject) for reject in self.rejects]


def rejects_file(file: Path) -> Path:
    """Where an import keeps the rejected rows of a file."""
    return file.with_name(file.name + SUFFIX)


def keep_rejects(files: Iterable[Path], rejects: Iterable[Reject]) -> list[str]:
    """Write an import's rejects next to each file; a file without rejects loses its old list.

    Returns a line for each list that could not be written.
    """
    found: dict[Path, list[Reject]] = {file: [] for file in files}
    for reject in rejects:
        found[reject.place.file].append(reject)
    notes = []
    for file, refused in found.items():
        try:
            _write(rejects_file(file), refused)
        except CannotWrite as error:
            notes.append(f"{error}; rejects are only printed here")
        except OSError as error:
            notes.append(
                f"{rejects_file(file)}: cannot be written ({error.strerror}); rejects are only printed here"
            )
    return notes


def _write(target: Path, rejects: list[Reject]) -> None:
    if not rejects:
        if target.exists():
            target.unlink()
        return
    rejects.sort(key=lambda reject: reject.place.line)
    place = rejects[0].place
    own = place.origin
    encoding, delimiter = (own.encoding, own.delimiter) if own else ("utf-8", ",")
    columns = (own or place).columns
    out = io.StringIO(newline="")
    # Of the columns of somebody's own file nobody knows which hold amounts: any may.
    writer = CsvWriter(out, [*columns, *ADDED], plain=None, end="\r\n", delimiter=delimiter)
    for reject in rejects:
        from_file = reject.place.origin
        rows = [(reject.place.line, (from_file or reject.place).values)]
        for line, values in rows + list(from_file.joined if from_file else ()):
            kept = tuple(masked_numbers(value) for value in values)
            padded = [*kept, *[""] * len(columns)][: max(len(columns), len(kept))]
            writer.row([*padded, line, reject.field, reject.reason])
    write_text(target, out.getvalue(), encoding)
