"""The one writer and the one reader of CSV: no cell of ours is a formula in a spreadsheet.

Texts of customers, payers and files end up in cells, and a spreadsheet computes a cell that begins like a
formula. Such a cell is written with an apostrophe before it, which spreadsheets show and do not compute, and
which the reader takes away. Cells of columns that hold amounts or phone numbers are written as they are where
they are that; machines that read our files find them unchanged.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final, TextIO

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

_SIGNS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212\u207a\u207b"
"""What begins a formula, also in full width, small and raised forms."""
_SKIPPED: Final = (
    r"\s\x00-\x1f\x7f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\"`\u00ab\u00bb\u2018-\u201f"
)
"""Blanks, signs without width, and quotes, which spreadsheets skip before it."""
_FORMULA: Final = rf"'*(?:[\t\r\n]|[{_SKIPPED}']*[{_SIGNS}])"
_WITHIN: Final = r"'*[ \"']*(?:[=@\uff1d\uff20]|[+\-\uff0b\uff0d][^;,\t\r\n]*[(!|])"
_ARM: Final = re.compile(rf"\A(?={_FORMULA})|(?<=[;,\t\r\n])(?={_WITHIN})")
_DISARM: Final = re.compile(rf"\A'(?={_FORMULA})|(?<=[;,\t\r\n])'(?={_WITHIN})")
"""Also after what separates cells elsewhere: a spreadsheet may take a semicolon for the end of a cell."""
_NUMBER: Final = re.compile(r"[+\-]?[0-9][0-9 .,]*%?")
_PHONE: Final = r"\+?[0-9][0-9 ()./\-]*"
_PHONES: Final = re.compile(rf"{_PHONE}(?:(?:[;,] ?|(?<= )(?=\+)){_PHONE})*")
_BREAK: Final = "\r\n"


_WHY: Final = {
    "unexpected end of data": "a quotation mark is opened in this row and never closed; is the file cut off?",
    "field larger than": "a cell has more than 131,072 letters; is a quotation mark before it never closed?",
    "expected after": "a quotation mark inside a quoted cell must be written twice",
    "new-line character": "a line ends as in no CSV: save the file again, with line ends of Windows or Unix",
}
"""What the reader of CSV can refuse, by what it says then."""


class BadCsv(Refusal):
    """A file is no CSV."""

    def __init__(self, line: int, why: str) -> None:
        known = next((ours for theirs, ours in _WHY.items() if theirs in why), why)
        super().__init__(f"line {line} is no CSV: {known}")


def disarmed(text: str) -> str:
    """A text as a cell that no spreadsheet computes; :func:`armed` gives the text back, whatever it is."""
    return _ARM.sub("'", text)


def armed(cell: str) -> str:
    """The text of a cell that :func:`disarmed` made; any other cell as it is."""
    return _DISARM.sub("", cell)


class CsvWriter:
    """Writes rows to a stream.

    ``plain`` are the columns that hold amounts or phone numbers; None where any of them may.
    """

    def __init__(
        self,
        out: TextIO,
        columns: Sequence[str],
        *,
        plain: Container[str] | None = frozenset(),
        end: str = "\n",
        delimiter: str = ",",
    ) -> None:
        """Write the names of the columns."""
        self._out, self._columns, self._plain, self._end = out, columns, plain, end
        self._delimiter = delimiter
        self._write([disarmed(name) for name in columns])

    def row(self, values: Iterable[object]) -> None:
        """Write one row, in the order of the columns; values behind the last have no name, and are texts."""
        self._write([self._cell(place, value) for place, value in enumerate(values)])

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows by the names of their columns.

        Raises:
            ValueError: a row has a column that the file has not.
        """
        for row in rows:
            if unknown := row.keys() - set(self._columns):
                raise ValueError(f"no column {min(unknown)}")
            self.row(row.get(name, "") for name in self._columns)

    def _write(self, cells: Iterable[object]) -> None:
        line = io.StringIO(newline="")
        # Cells with either half of this line end are quoted; with another, a reader would break a row there.
        csv.writer(line, lineterminator=_BREAK, delimiter=self._delimiter).writerow(cells)
        self._out.write(line.getvalue().removesuffix(_BREAK) + self._end)

    def _cell(self, place: int, value: object) -> object:
        if not isinstance(value, str):
            return value  # numbers and days are never a text of somebody
        name = self._columns[place] if place < len(self._columns) else ""
        plain = self._plain is None or name in self._plain
        if plain and (_NUMBER.fullmatch(value) or _PHONES.fullmatch(value)):
            return value
        return disarmed(value)


def text_of(
    columns: Sequence[str],
    rows: Iterable[Iterable[object]],
    *,
    plain: Container[str] = frozenset(),
    end: str = "\n",
) -> str:
    """A whole file as text; see :class:`CsvWriter`."""
    out = io.StringIO(newline="")
    writer = CsvWriter(out, columns, plain=plain, end=end)
    for row in rows:
        writer.row(row)
    return out.getvalue()


def read(text: Iterable[str], delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, header and all, each with the line it ends on; what was disarmed is as it was.

    Raises:
        BadCsv: it is no CSV from here on.
    """
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    while True:
        begins = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise BadCsv(begins, str(error)) from None
        if row is None:
            return
        yield reader.line_num, [armed(cell) for cell in row]
