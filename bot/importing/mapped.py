"""An operator's own file, row by row in our columns; errors name the operator's columns."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Final

from bot.importing import columns
from bot.importing.csv_files import OPTIONAL, REQUIRED, NoSuchPath, NothingToImport, each_once
from bot.importing.joining import joined
from bot.importing.mapping import BadMapping
from bot.importing.sniffing import LINES
from bot.importing.table import CsvTable, FileRefused
from bot.importing.tally import ADDED, SUFFIX, BadField, Origin, SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.importing.mapping import ImportMap, MappedSheet
    from bot.importing.stages import Kind

_SHOWN: Final = 8
"""The most words of left-out rows that a note names."""
_KINDS: tuple[Kind, ...] = ("customers", "coverages", "bills", "charges", "services")


class ColumnNotThere(FileRefused):
    """A mapping names a column that a file does not have."""

    def __init__(self, file: Path, column: str, key: str, there: Sequence[str]) -> None:
        super().__init__(
            file, f"column {column!r} is missing (mapping, {key}); it has {', '.join(filter(None, there))}"
        )


class MappedTable(CsvTable):
    """A file of the operator's, read as one kind of ours."""

    def __init__(self, file: Path, kind: Kind, sheet: MappedSheet, mapping: ImportMap) -> None:
        """Read the header, and see that every column is there.

        Raises:
            FileRefused: it cannot be read as the mapping says, or a column is missing.
        """
        self._kind, self._sheet, self._mapping = kind, sheet, mapping
        self.theirs: tuple[str, ...] = ()
        self.left_out: Counter[tuple[str, str]] = Counter()
        """How many rows the mapping left out, by column and what is in it."""
        self._names: dict[str, str] = {}
        self._called: dict[str, str] = {}
        """What the columns that the mapping names are called in the file: case and blanks do not count."""
        super().__init__(file, mapping.encoding, mapping.delimiter)
        for names, key in sheet.needs.items():
            if not self._called.keys() & set(names):
                raise ColumnNotThere(file, " or ".join(names), f"{kind}.{key}", self.theirs)
        self._names = {
            name: " + ".join(self._called[one] for one in source.theirs if one in self._called)
            or f"{name} (mapping)"
            for name, source in sheet.columns.items()
        }

    @property
    def unused(self) -> list[str]:
        """The columns of the file that the mapping needs nothing of."""
        used = {*self._called.values(), *ADDED, ""}
        return [name for name in self.theirs if name not in used]

    @property
    def notes(self) -> list[str]:
        """What was found out about the file, and which rows the mapping left out."""
        words: dict[str, list[str]] = {}
        for (column, word), count in self.left_out.most_common(_SHOWN):
            words.setdefault(column, []).append(f"{word or 'empty'} ({count})")
        said = "; ".join(f"{column} is {', '.join(each)}" for column, each in words.items())
        whole = self.left_out.total()
        left = f"{self.file.name}: {whole} of {whole + self._read} rows are left out as {self._kind}: {said}"
        return [*super().notes, *([left] if whole else [])]

    def __iter__(self) -> Iterator[SourceRow]:
        """Every row that is not empty and not left out, in our columns; rows that are one of ours joined."""
        self.left_out.clear()
        self._read = 0
        found = self._wanted()
        yield from self._joined(found) if self._sheet.one_per else map(self._ours, found)
        self.columns = tuple(self._sheet.columns)

    def _wanted(self) -> Iterator[SourceRow]:
        for place in super().__iter__():
            row = self._row(place)
            if why := self._left(row):
                self.left_out[why] += 1
            else:
                self._read += 1
                yield place

    def _found(self, header: Sequence[str]) -> dict[str, str]:
        there = {columns.plain(name): name for name in reversed(header) if name}
        exact = {name: name for name in self._sheet.theirs if name in header}
        near = {
            name: there[columns.plain(name)] for name in self._sheet.theirs if columns.plain(name) in there
        }
        return near | exact

    def _row(self, place: SourceRow) -> dict[str, str]:
        """What a row says, by the names that the mapping has for columns."""
        row = dict(zip(place.columns, map(str.strip, place.values), strict=False))
        return {name: row.get(theirs, "") for name, theirs in self._called.items()}

    def _left(self, row: Mapping[str, str]) -> tuple[str, str] | None:
        """The column, and what is in it, for which a row is left out; None if it is taken."""
        sheet = self._sheet
        for column, words in sheet.only.items():
            if row.get(column, "").casefold() not in map(str.casefold, words):
                return column, row.get(column, "")
        for column, words in sheet.leave_out.items():
            if row.get(column, "").casefold() in map(str.casefold, words):
                return column, row.get(column, "")
        if sheet.above_zero and not self._mapping.is_above_zero(row.get(sheet.above_zero, "")):
            return sheet.above_zero, "zero or less"
        return None

    def _header(self, rows: Iterator[tuple[int, list[str]]]) -> tuple[int, list[str]]:
        """The first row that has every column the mapping needs, below titles; else the one with most."""
        wanted, best = self._sheet.needs, (-1, (0, list[str]()))
        for ends, row in islice(rows, LINES):
            called = self._found([name.strip() for name in row])
            there = sum(bool(called.keys() & set(names)) for names in wanted)
            if there > best[0] and any(row):
                best = there, (ends, row)
            if there == len(wanted):
                break
        self.theirs = tuple(name.strip() for name in best[1][1])
        self._called = self._found(self.theirs)
        return best[1]

    def _check_header(self) -> None:
        """The header was checked when the rows were counted; a repeated name matters only if it is used."""
        if not any(self.theirs):
            raise FileRefused(self.file, "is empty; the first line must name the columns")
        twice = sorted({name for name in self._called.values() if self.theirs.count(name) > 1})
        if twice:
            raise FileRefused(self.file, f"column {', '.join(twice)} is there twice; rename one")

    def _ours(self, place: SourceRow) -> SourceRow:
        names = self._names
        mapping, trouble, values = self._mapping, None, []
        found, expected = len(place.values), len(place.columns)
        if found < expected or any(place.values[expected:]):
            why = f"has {found} values for {expected} columns"
            trouble = ("row", f"{why}; is {self.delimiter!r} the delimiter?")
        row = self._row(place)
        for name, source in self._sheet.columns.items():
            try:
                values.append(mapping.value(name, source, row) if names and not trouble else "")
            except BadField as refusal:
                trouble = trouble or (name, str(refusal).partition(": ")[2])
                values.append("")
        origin = Origin(place.columns, place.values, names, self.encoding, self.delimiter, trouble)
        return SourceRow(place.file, place.line, tuple(self._sheet.columns), tuple(values), origin)

    def _joined(self, found: Iterator[SourceRow]) -> Iterator[SourceRow]:
        """Rows with the same value in ``one_per`` as one, in the order of their first lines."""
        groups: dict[str, list[SourceRow]] = {}
        for place in found:
            key = self._row(place)[self._sheet.one_per] or f"line {place.line}"
            groups.setdefault(key, []).append(place)
        for places in groups.values():
            yield joined([self._ours(place) for place in places], self._sheet)


def tables(paths: Sequence[Path], mapping: ImportMap) -> tuple[dict[Kind, list[CsvTable]], list[str]]:
    """The operator's mapped files by kind, and notes on unused columns.

    Raises:
        BadMapping: a kind lacks a column it must have, or names one we do not know.
        NoSuchPath: a path does not exist.
        NothingToImport: the mapping names none of the files.
        FileRefused: a file cannot be read as the mapping says.
    """
    sheets = _sheets(mapping)
    found: dict[Kind, list[CsvTable]] = {kind: [] for kind in REQUIRED}
    notes: list[str] = []
    for file in _files(paths):
        mine = [
            (kind, MappedTable(file, kind, sheet, mapping))
            for kind, sheet in sheets.items()
            if fnmatchcase(file.name.casefold(), sheet.files.casefold())
        ]
        for kind, table in mine:
            found[kind].append(table)
            notes += [note for note in table.notes if note not in notes]
        unused = set.intersection(*(set(table.unused) for _, table in mine)) if mine else set()
        left = [name for name in mine[0][1].theirs if name in unused] if mine else []
        notes += _asked(file, mine, left)
        if left:
            notes.append(f"{file.name}: column {', '.join(left)} is not in the mapping and was not kept")
        if not mine:
            notes.append(f"{file.name}: left alone; no files = … of the mapping names it")
    if not any(found.values()):
        raise NothingToImport(paths)
    return found, notes


def first_rows(found: Mapping[Kind, Sequence[CsvTable]]) -> list[str]:
    """How the first row of each file was read, one line each: so that a mapping can be checked by eye."""
    return [line for kind, each in found.items() for table in each for line in shown_rows(kind, table, 1)]


def shown_rows(kind: str, table: CsvTable, count: int) -> list[str]:
    """How the first rows of a file were read, one line each."""
    shown = []
    for place in islice(list(table), count):
        pairs = zip(place.columns, place.values, strict=True)
        row = ", ".join(f"{name}={value}" for name, value in pairs if value)
        trouble = place.origin.trouble if place.origin else None
        wrong = f" (set aside: {place.called(trouble[0])}: {trouble[1]})" if trouble else ""
        shown.append(f"{table.file.name}:{place.line} is read as {kind}: {row}{wrong}")
    return shown


def _asked(file: Path, mine: Sequence[tuple[Kind, MappedTable]], left: Sequence[str]) -> list[str]:
    """Columns left over that seem to protect people."""
    found = []
    for kind, table in mine:
        there = frozenset(table.columns)
        for name in left:
            near = columns.meant(kind, name, there)
            if near and columns.kinds()[kind].column(near).guards:
                found.append(f"{file.name}: column {name!r}: is it {near}? It protects people: map it")
    return found


def _sheets(mapping: ImportMap) -> dict[Kind, MappedSheet]:
    sheets: dict[Kind, MappedSheet] = {}
    for kind in _KINDS:
        sheet: MappedSheet | None = getattr(mapping, kind)
        if sheet is None:
            continue
        missing = [name for name in REQUIRED[kind] if name not in sheet.columns]
        if missing:
            what = "; ".join(f"{name} ({columns.kinds()[kind].column(name).what})" for name in missing)
            raise BadMapping("mapping", f"{kind}.columns", f"{', '.join(missing)} is missing: {what}")
        known = {*REQUIRED[kind], *OPTIONAL[kind]}
        unknown = [name for name in sheet.columns if name not in known]
        if unknown and kind != "customers":
            why = f"{', '.join(unknown)} is no column of {kind}; known: {', '.join(sorted(known))}"
            raise BadMapping("mapping", f"{kind}.columns", why)
        sheets[kind] = sheet
    return sheets


def _files(paths: Sequence[Path]) -> list[Path]:
    """The files meant, each once; in a folder every file but the lists of rejects."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NoSuchPath(path)
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [one for one in inside if one.is_file() and (one == path or not one.name.endswith(SUFFIX))]
    return each_once(found)
