"""A CSV file as a table: its columns, and its rows one by one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from billing.given_files import regular
from billing.refusals import Refusal
from bot import csv_text
from bot.importing import columns, file_kinds, sniffing
from bot.importing.tally import ADDED, SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


class FileRefused(Refusal):
    """A file cannot be read as the table it should be; nothing was imported."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file.name or file}: {reason}")


def refuse_no_table(file: Path) -> None:
    """Refuse a file that is something else than a table.

    Raises:
        FileRefused: it begins as a PDF, a spreadsheet, a bank's file or the like.
        OSError: it cannot be read.
    """
    what, do = file_kinds.of(file)
    if what:
        raise FileRefused(file, f"is {what}, not CSV: {do}")


class UnknownFormat(Refusal):
    """A table is to be read or written in a file format that there is not."""

    def __init__(self, found: str, known: Iterable[str]) -> None:
        super().__init__(f"--format {found}: not known; use one of {', '.join(known)}")


class MissingColumns(FileRefused):
    """A CSV table lacks columns that it must have."""

    def __init__(
        self, table: CsvTable, missing: Iterable[str], required: Iterable[str], near: Mapping[str, str]
    ) -> None:
        asked = [f"is {name} what you call {theirs!r}?" for name, theirs in near.items()]
        hint = f"; {' '.join(asked)} Rename it, or read it with a mapping (docs/mapping.md)" if asked else ""
        super().__init__(
            table.file, f"column {', '.join(missing)} is missing; expected {', '.join(required)}{hint}"
        )


class CsvTable:
    """A CSV file, readable to its end.

    Its encoding (UTF-8, UTF-16 or Windows letters) and what separates its cells are found out unless given.
    """

    def __init__(self, file: Path, encoding: str = "", delimiter: str = "") -> None:
        """Read the header and count the rows.

        Raises:
            FileRefused: it cannot be opened, is no text or no CSV, or its header is empty or ambiguous.
        """
        self.file, self.encoding, self.delimiter = file, encoding, delimiter
        self.columns: tuple[str, ...] = ()
        self.empty_days: dict[tuple[str, str], set[int]] = {}
        """Days that say none, by column and what is written, with the lines they are on."""
        try:
            refuse_no_table(file)
            self.encoding = encoding or sniffing.encoding_of(file)
            self.delimiter = delimiter or sniffing.separator_of(sniffing.first_lines(file, self.encoding))
            self.rows = sum(1 for _ in self)
        except OSError as error:
            raise FileRefused(file, f"cannot be read ({error.strerror})") from None
        except UnicodeError:
            if self.encoding and not encoding:
                begins = self.encoding.removesuffix("-sig").upper()
                reason = f"begins as {begins} text and is cut off or damaged further on; save it anew"
                raise FileRefused(file, reason) from None
            name = encoding or "UTF-8"
            raise FileRefused(file, f"is not {name} text; save it as {name}") from None
        self._check_header()

    @property
    def notes(self) -> list[str]:
        """What was found out about the file that the operator should look at."""
        if self.encoding != sniffing.WINDOWS:
            return []
        return [f"{self.file.name}: is not UTF-8, and was read as Windows letters ({sniffing.WINDOWS})"]

    def require(self, required: Iterable[str], kind: str = "") -> None:
        """Insist on columns; ``kind`` of file, so that others can be named that may be meant.

        Raises:
            MissingColumns: one is not there.
        """
        missing = [name for name in required if name not in self.columns]
        if missing:
            there = [name for name in self.columns if kind and name not in columns.kinds()[kind].known]
            found = columns.places(kind, there) if kind else {}
            raise MissingColumns(
                self, missing, required, {one: found[one] for one in missing if one in found}
            )

    def __iter__(self) -> Iterator[SourceRow]:
        """Every row that is not empty, with the line it begins on."""
        with regular(self.file).open(encoding=self.encoding, newline="") as text:
            rows = csv_text.read(text, self.delimiter)
            try:
                ends, names = self._header(rows)
                self.columns = tuple(name.strip() for name in names)
                for last, row in rows:
                    if any(value.strip() for value in row):
                        yield SourceRow(self.file, ends + 1, self.columns, tuple(row))
                    ends = last
            except csv_text.BadCsv as error:
                raise FileRefused(self.file, str(error)) from None

    def _header(self, rows: Iterator[tuple[int, list[str]]]) -> tuple[int, list[str]]:
        """The row that names the columns, and the line it ends on."""
        ends, names = next(rows, (0, []))
        return next(rows, (0, [])) if sniffing.says_separator(names) else (ends, names)

    def _check_header(self) -> None:
        if not any(self.columns):
            raise FileRefused(self.file, "is empty; the first line must name the columns")
        twice = sorted(name for name, count in Counter(self.columns).items() if name and count > 1)
        if twice:
            raise FileRefused(self.file, f"column {', '.join(twice)} is there twice; keep one")


def carried_over(columns: tuple[str, ...]) -> frozenset[str]:
    """The columns that a table of corrected rejects still has besides its own."""
    return frozenset(ADDED) if columns[-len(ADDED) :] == ADDED else frozenset()
