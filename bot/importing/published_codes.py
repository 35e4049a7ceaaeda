"""Code lists as their publishers give them out: ICD-10-CM's order file, HCPCS in fixed columns, SNOMED CT.

Each is read into rows with our columns; a record that cannot be read is a row with its trouble, so that it
is set aside with its line, its column and the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.given_files import regular
from bot.importing.table import FileRefused
from bot.importing.tally import Origin, SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDER: Final = "icd10cm-order"
HCPCS: Final = "hcpcs"
MODIFIERS: Final = "hcpcs-modifiers"
SNOMED: Final = "snomed-rf2"
_COLUMNS: Final = ("code", "description", "valid_from", "valid_to", "billable")
_FIRST: Final = {HCPCS: "3", MODIFIERS: "7"}
_MORE: Final = {"3": "4", "7": "8"}
_KNOWN: Final = frozenset("3478")
_REACTIVATED: Final = "R"
_DETAIL: Final = 293
"""A first record says something up to this column: the action that was taken."""
_DAY: Final = 8
_FULLY_NAMED: Final = "900000000000003001"
_NAMES: Final = frozenset({_FULLY_NAMED, "900000000000013009"})
_CONCEPTS: Final = "sct2_Concept_"
_DESCRIPTIONS: Final = "sct2_Description_"


def order_file(file: Path) -> Iterator[SourceRow]:
    """The codes in the lines of an ICD-10-CM order file.

    CMS publishes it each year: columns 7 to 13 are the code without its dot, column 15 says whether it may
    be claimed (1) or is a heading (0), the long description begins in column 78.
    """
    for number, raw in _lines(file):
        flag, description = raw[14:15].strip(), raw[77:].strip() or raw[16:76].strip()
        billable = {"1": "yes", "0": "no"}.get(flag)
        trouble = None if billable else ("column 15", f"{flag!r} is neither 0 nor 1; take the published file")
        yield _place(file, number, raw, (raw[6:13].strip(), description, "", "", billable or ""), trouble)


def hcpcs_file(file: Path, shape: str) -> Iterator[SourceRow]:
    """The records of the alpha-numeric HCPCS file that CMS publishes each quarter, 320 columns each.

    Columns 1 to 5 are the code (a modifier is in the last two), 6 to 10 number the records of one code,
    11 says what it is (3 and 7 begin a procedure and a modifier, 4 and 8 continue their long description of
    columns 12 to 91), 92 to 119 are the short description, 269 to 276 the day it was added, 277 to 284 the
    day of the last action, 285 to 292 the last day it may be used, 293 the action. ``shape`` says which of
    both kinds is read; the other is passed over.
    """
    begun: _Record | None = None
    wanted = _FIRST[shape]
    for number, raw in _lines(file):
        kind = raw[10:11]
        if kind not in _KNOWN:
            yield _place(
                file, number, raw, (), ("column 11", f"{kind!r} is no kind of record; 3, 4, 7 or 8 is")
            )
            continue
        if kind == wanted:
            if begun:
                yield begun.place(file)
            begun = _Record(number, raw)
        elif kind == _MORE[wanted]:
            trouble = begun.more(raw) if begun else ("column 11", "continues a record that is not there")
            if trouble:
                yield _place(file, number, raw, (), trouble)
    if begun:
        yield begun.place(file)


class _Record:
    """One code of the HCPCS file, with the records that continue it."""

    def __init__(self, line: int, raw: str) -> None:
        self._line, self._raw = line, raw
        self._texts = [raw[11:91].strip()]
        self._number = raw[5:10]

    @property
    def code(self) -> str:
        return self._raw[:5].strip()

    def more(self, raw: str) -> tuple[str, str] | None:
        """Take a record that continues it; what is wrong with it."""
        if raw[:5].strip() != self.code:
            return "columns 1-5", f"continues {raw[:5].strip()!r}, but the code before is {self.code!r}"
        if not raw[5:10].isdecimal() or raw[5:10] <= self._number:
            return "columns 6-10", f"{raw[5:10]!r} does not follow {self._number!r}"
        self._number = raw[5:10]
        self._texts.append(raw[11:91].strip())
        return None

    def place(self, file: Path) -> SourceRow:
        """It as a row: held since it was added, or since it was taken up again."""
        raw = self._raw
        again = raw[292:293] == _REACTIVATED
        since, until = raw[276:284] if again else raw[268:276], raw[284:292]
        description = " ".join(text for text in self._texts if text) or raw[91:119].strip()
        values = (self.code, description, _day(since), _day(until), "")
        trouble = None
        if len(raw) < _DETAIL:
            trouble = (
                "row",
                f"ends in column {len(raw)}, a first record goes on to {_DETAIL}; it is cut short",
            )
        return _place(file, self._line, raw, values, trouble)


def snomed_file(file: Path) -> Iterator[SourceRow]:
    """The codes of a SNOMED CT release (RF2): a snapshot of descriptions, with that of concepts beside it.

    A concept that is not active is none; it is called by its fully specified name, or else by the first
    name that is active.
    """
    named: dict[str, tuple[bool, SourceRow] | None] = dict.fromkeys(_active_concepts(_concepts_beside(file)))
    for number, raw, row in _release(file, ("active", "conceptId", "typeId", "term")):
        if row is None:
            yield _place(file, number, raw, (), ("row", "has too few or too many columns; it is cut short"))
        elif row["active"] == "1" and row["typeId"] in _NAMES and row["conceptId"] in named:
            before, full = named[row["conceptId"]], row["typeId"] == _FULLY_NAMED
            if before is None or (full and not before[0]):
                values = (row["conceptId"], row["term"], "", "", "")
                named[row["conceptId"]] = full, _place(file, number, raw, values)
    yield from (found[1] for found in named.values() if found)


def _active_concepts(file: Path) -> Iterator[str]:
    for number, _, row in _release(file, ("id", "active")):
        if row is None:
            raise FileRefused(file, f"line {number} is cut short: take the published file")
        if row["active"] == "1":
            yield row["id"]


def _concepts_beside(file: Path) -> Path:
    """The concepts of the same release: of the same kind and day, in the same folder."""
    day = file.stem.rpartition("_")[2]
    found = sorted(file.parent.glob(f"{_CONCEPTS}Snapshot*_{day}.txt"))
    if not file.name.startswith(f"{_DESCRIPTIONS}Snapshot") or not found:
        raise FileRefused(
            file, f"is no {_DESCRIPTIONS}Snapshot file with its {_CONCEPTS}Snapshot file beside it; keep both"
        )
    return found[0]


def _release(file: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, str, dict[str, str] | None]]:
    """The rows of a release file by their columns' names; nothing where a row has not so many.

    Columns are separated by tabs, and quotation marks have no special meaning.
    """
    lines = _lines(file)
    columns = next(lines, (0, ""))[1].split("\t")
    missing = [name for name in needed if name not in columns]
    if missing:
        raise FileRefused(file, f"column {', '.join(missing)} is missing; it is no RF2 snapshot")
    for number, raw in lines:
        values = raw.split("\t")
        whole = len(values) == len(columns)
        yield number, raw, dict(zip(columns, values, strict=True)) if whole else None


def _day(text: str) -> str:
    """A day as the file writes it (YYYYMMDD); what is none stays, to be refused as one."""
    text = text.strip()
    if len(text) == _DAY and text.isdecimal():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def _place(
    file: Path, number: int, raw: str, values: tuple[str, ...], trouble: tuple[str, str] | None = None
) -> SourceRow:
    """A record as a row; if rejected it is written unchanged to the rejects file."""
    origin = Origin(("record",), (raw,), {}, "utf-8", ",", trouble)
    return SourceRow(file, number, _COLUMNS, values, origin)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, with their numbers."""
    try:
        with regular(file).open(encoding="utf-8-sig", newline="\n") as text:
            for number, line in enumerate(text, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except OSError as error:
        raise FileRefused(file, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise FileRefused(file, "is not UTF-8 text; save it as UTF-8") from None
