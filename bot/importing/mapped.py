"""An operator's own file, row by row in our columns; errors name the operator's columns."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from bot.importing.csv_files import OPTIONAL, REQUIRED, NoSuchPath, NothingToImport
from bot.importing.mapping import BadMapping
from bot.importing.table import CsvTable, FileRefused
from bot.importing.tally import ADDED, SUFFIX, BadField, Origin, SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.importing.mapping import ImportMap, MappedSheet
    from bot.importing.stages import Kind

_KINDS: tuple[Kind, ...] = ("customers", "coverages", "bills", "charges")


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
        self._sheet, self._mapping = sheet, mapping
        self.theirs: tuple[str, ...] = ()
        self._names: dict[str, str] = {}
        super().__init__(file, mapping.encoding, mapping.delimiter)
        for name, source in sheet.columns.items():
            for column in source.theirs:
                if column not in self.theirs:
                    raise ColumnNotThere(file, column, f"{kind}.columns.{name}", self.theirs)
        self._names = {
            name: " + ".join(source.theirs) or f"{name} (mapping)" for name, source in sheet.columns.items()
        }

    @property
    def unused(self) -> list[str]:
        """The columns of the file that the mapping takes nothing from."""
        taken = {column for source in self._sheet.columns.values() for column in source.theirs}
        return [name for name in self.theirs if name and name not in taken and name not in ADDED]

    def __iter__(self) -> Iterator[SourceRow]:
        """Every row that is not empty, in our columns."""
        for place in super().__iter__():
            self.theirs = place.columns
            yield self._ours(place)
        self.theirs = self.theirs or self.columns
        self.columns = tuple(self._sheet.columns)

    def _check_header(self) -> None:
        """The header was checked when the rows were counted; a repeated name matters only if it is used."""
        if not any(self.theirs):
            raise FileRefused(self.file, "is empty; the first line must name the columns")
        taken = {column for source in self._sheet.columns.values() for column in source.theirs}
        twice = sorted(name for name in taken if self.theirs.count(name) > 1)
        if twice:
            raise FileRefused(self.file, f"column {', '.join(twice)} is there twice; rename one")

    def _ours(self, place: SourceRow) -> SourceRow:
        names = self._names
        mapping, trouble, values = self._mapping, None, []
        if len(place.values) != len(place.columns):
            why = f"has {len(place.values)} values for {len(place.columns)} columns"
            trouble = ("row", f"{why}; is {mapping.delimiter!r} the delimiter?")
        row = dict(zip(place.columns, [*place.values, *[""] * len(place.columns)], strict=False))
        for name, source in self._sheet.columns.items():
            try:
                values.append(mapping.value(name, source, row) if names and not trouble else "")
            except BadField as refusal:
                trouble = trouble or (name, str(refusal).partition(": ")[2])
                values.append("")
        origin = Origin(place.columns, place.values, names, mapping.encoding, mapping.delimiter, trouble)
        return SourceRow(place.file, place.line, tuple(self._sheet.columns), tuple(values), origin)


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
            if fnmatchcase(file.name, sheet.files)
        ]
        for kind, table in mine:
            found[kind].append(table)
        unused = set.intersection(*(set(table.unused) for _, table in mine)) if mine else set()
        left = [name for name in mine[0][1].theirs if name in unused] if mine else []
        if left:
            notes.append(f"{file.name}: column {', '.join(left)} is not in the mapping and was not kept")
        if not mine:
            notes.append(f"{file.name}: left alone; no files = … of the mapping names it")
    if not any(found.values()):
        raise NothingToImport(paths)
    return found, notes


def first_rows(found: Mapping[Kind, Sequence[CsvTable]]) -> list[str]:
    """How the first row of each file was read, one line each: so that a mapping can be checked by eye."""
    problems = []
    for kind, each in found.items():
        for table in each:
            place = next(iter(table), None)
            if place:
                pairs = zip(place.columns, place.values, strict=True)
                row = ", ".join(f"{name}={value}" for name, value in pairs if value)
                problems.append(f"{table.file.name}:{place.line} is read as {kind}: {row}")
    return problems


def _sheets(mapping: ImportMap) -> dict[Kind, MappedSheet]:
    sheets: dict[Kind, MappedSheet] = {}
    for kind in _KINDS:
        sheet: MappedSheet | None = getattr(mapping, kind)
        if sheet is None:
            continue
        missing = [name for name in REQUIRED[kind] if name not in sheet.columns]
        if missing:
            raise BadMapping("mapping", f"{kind}.columns", f"{', '.join(missing)} is missing")
        known = {*REQUIRED[kind], *OPTIONAL[kind]}
        unknown = [name for name in sheet.columns if name not in known]
        if unknown and kind != "customers":
            why = f"{', '.join(unknown)} is no column of {kind}; known: {', '.join(sorted(known))}"
            raise BadMapping("mapping", f"{kind}.columns", why)
        sheets[kind] = sheet
    return sheets


def _files(paths: Sequence[Path]) -> list[Path]:
    """The files meant, each once; in a folder every file but the lists of rejects."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise NoSuchPath(path)
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        kept = [one for one in inside if one.is_file() and (one == path or not one.name.endswith(SUFFIX))]
        found |= dict.fromkeys(kept)
    return list(found)
