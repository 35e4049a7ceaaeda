"""A CSV file as a table: its columns, and its rows one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.given_files import regular
from billing.refusals import Refusal
from bot import csv_text
from bot.importing.tally import ADDED, SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class FileRefused(Refusal):
    """A file cannot be read as the table it should be; nothing was imported."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file.name}: {reason}")


class UnknownFormat(Refusal):
    """A table is to be read or written in a file format that there is not."""

    def __init__(self, found: str, known: Iterable[str]) -> None:
        super().__init__(f"--format {found}: not known; use one of {', '.join(known)}")


class MissingColumns(FileRefused):
    """A CSV table lacks columns that it must have."""

    def __init__(self, table: CsvTable, missing: Iterable[str], required: Iterable[str]) -> None:
        hint = "; it is separated by semicolons: save it with commas" if ";" in table.columns[0] else ""
        super().__init__(
            table.file, f"column {', '.join(missing)} is missing; expected {', '.join(required)}{hint}"
        )


class CsvTable:
    """A CSV file (UTF-8, with or without a byte order mark, unless given), readable to its end."""

    def __init__(self, file: Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> None:
        """Read the header and count the rows.

        Raises:
            FileRefused: it cannot be opened, is no text or no CSV, or its header is empty or ambiguous.
        """
        self.file, self._encoding, self._delimiter = file, encoding, delimiter
        self.columns: tuple[str, ...] = ()
        try:
            self.rows = sum(1 for _ in self)
        except OSError as error:
            raise FileRefused(file, f"cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            name = "UTF-8" if encoding == "utf-8-sig" else encoding
            raise FileRefused(file, f"is not {name} text; save it as {name}") from None
        self._check_header()

    def require(self, required: Iterable[str]) -> None:
        """Insist on columns.

        Raises:
            MissingColumns: one is not there.
        """
        missing = [name for name in required if name not in self.columns]
        if missing:
            raise MissingColumns(self, missing, required)

    def __iter__(self) -> Iterator[SourceRow]:
        """Every row that is not empty, with the line it begins on."""
        with regular(self.file).open(encoding=self._encoding, newline="") as text:
            rows = csv_text.read(text, self._delimiter)
            try:
                ends, names = next(rows, (0, []))
                self.columns = tuple(name.strip() for name in names)
                for last, row in rows:
                    if any(value.strip() for value in row):
                        yield SourceRow(self.file, ends + 1, self.columns, tuple(row))
                    ends = last
            except csv_text.BadCsv as error:
                raise FileRefused(self.file, str(error)) from None

    def _check_header(self) -> None:
        if not any(self.columns):
            raise FileRefused(self.file, "is empty; the first line must name the columns")
        twice = sorted({name for name in self.columns if name and self.columns.count(name) > 1})
        if twice:
            raise FileRefused(self.file, f"column {', '.join(twice)} is there twice; keep one")


def carried_over(columns: tuple[str, ...]) -> frozenset[str]:
    """The columns that a table of corrected rejects still has besides its own."""
    return frozenset(ADDED) if columns[-len(ADDED) :] == ADDED else frozenset()
