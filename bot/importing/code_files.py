"""Code lists from files: CSV, and the publishers' formats of ICD-10-CM, HCPCS and SNOMED CT."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from billing.calendar import local_day
from billing.given_files import regular
from billing.payers.claims import Code
from billing.payers.code_forms import BadCode
from billing.payers.coding import ALWAYS, Crosswalk, KnownCode
from billing.refusals import Refusal
from bot.importing import published_codes as published
from bot.importing.fields import Fields
from bot.importing.table import CsvTable, FileRefused, UnknownFormat
from bot.importing.tally import BadField, Counts, Reject, SourceRow, keep_rejects
from handlers.context import Context
from handlers.payers import coding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from billing.payers.code_forms import CodeSystem
    from bot.clock import Clock
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation

COLUMNS: Final = ("code", "description", "valid_from", "valid_to", "billable", "unit", "price", "currency")
"""The columns of a code list; only ``code`` must be there. ``price`` is a plain decimal a unit."""
CROSSWALK: Final = ("from_system", "from_code", "to_system", "to_code")
"""The columns a crosswalk must have; payer_id, modifiers, valid_from and valid_to are optional."""
SHAPES: Final = ("csv", published.ORDER, published.HCPCS, published.MODIFIERS, published.SNOMED)
_LONGEST = 400


class UnknownColumn(Refusal):
    """A column is named that a code list does not have."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"--columns {text!r}: write ours=yours, like code=HCPC; ours are {', '.join(COLUMNS)}"
        )


@dataclass(slots=True)
class CodesFound:
    """The result of importing a code list or a crosswalk."""

    counts: Counts = field(default_factory=Counts)
    ended: int = 0
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def columns_named(pairs: Iterable[str]) -> dict[str, str]:
    """What our columns are called in the file, as the command line says it: ``code=HCPC``.

    Raises:
        UnknownColumn: a part is no such pair, or names no column of ours.
    """
    found = {}
    for one in pairs:
        ours, _, theirs = one.partition("=")
        if ours.strip() not in COLUMNS or not theirs.strip():
            raise UnknownColumn(one)
        found[ours.strip()] = theirs.strip()
    return found


def import_codes(
    database: WriteDatabase,
    installation: Installation,
    file: Path,
    system: CodeSystem,
    valid_from: date | None,
    clock: Clock,
    *,
    shape: str = "csv",
    columns: Mapping[str, str] | None = None,
    whole: bool = True,
) -> CodesFound:
    """Load a version of a code system, all in one transaction; doing it twice changes nothing.

    Without ``valid_from`` the first version of a system holds since always, a later one from today. Where a
    row is set aside nothing of the earlier version ends: it may be the very code that could not be read.

    Raises:
        Refusal: the file as a whole, or the version, is refused; nothing was loaded.
    """
    now = clock()
    today = local_day(now, installation.creditor.zone)
    with database.write() as session:
        first = valid_from or (today if coding.is_loaded(session, system.name) else ALWAYS)
        found = CodesFound()
        rows = list(_rows(_places(file, shape), system, first, columns or {}, today, found))
        whole = whole and not found.rejects
        loaded = coding.load(Context(session, installation, clock), system, rows, first, whole=whole)
    found.counts = Counts(loaded.new, loaded.changed, loaded.same, len(found.rejects))
    found.ended = loaded.ended
    if found.rejects:
        found.notes.append("rows were set aside, so no code was ended: fix them and import the file again")
    found.notes += keep_rejects([file], found.rejects)
    return found


def import_crosswalk(
    database: WriteDatabase, installation: Installation, file: Path, clock: Clock
) -> CodesFound:
    """Save a crosswalk: the codes payers want instead; a second import changes nothing.

    Raises:
        FileRefused: the file cannot be read, or lacks a required column; nothing was kept.
    """
    now = clock()
    table = CsvTable(file)
    table.require(CROSSWALK)
    found, today = CodesFound(), local_day(now, installation.creditor.zone)
    with database.write() as session:
        for place in table:
            try:
                row = _crosswalk(Fields.of(place, today))
                change = coding.keep_crosswalk(session, row)
                doubt = coding.doubt(session, row)
            except Refusal as refusal:
                found.rejects.append(Reject.because(place, refusal))
                found.counts.rejected += 1
            else:
                setattr(found.counts, change, getattr(found.counts, change) + 1)
                if doubt:
                    found.notes.append(f"{file.name}:{place.line}: from_code: saved unchanged: {doubt}")
    found.notes += keep_rejects([file], found.rejects)
    return found


def _crosswalk(fields: Fields) -> Crosswalk:
    source = Code(fields.need("from_system"), fields.need("from_code"))
    target = Code(fields.need("to_system"), fields.need("to_code"))
    first, last = _days(fields, ALWAYS)
    modifiers = tuple(fields.text("modifiers").upper().split())
    wrong = [one for one in modifiers if len(one) != 2 or not one.isalnum()]  # noqa: PLR2004
    if wrong:
        raise BadField("modifiers", f"{wrong[0]!r} is no modifier; write two characters each, like 25 GT")
    return Crosswalk(fields.text("payer_id"), source, target, modifiers, first, last)


def _places(file: Path, shape: str) -> Iterable[SourceRow]:
    match shape:
        case "csv":
            return _table(file)
        case published.ORDER:
            return published.order_file(file)
        case published.HCPCS | published.MODIFIERS:
            return published.hcpcs_file(file, shape)
        case published.SNOMED:
            return published.snomed_file(file)
    raise UnknownFormat(shape, SHAPES)


def _table(file: Path) -> CsvTable:
    """A list with commas, semicolons or tabs, by its header; what is not UTF-8 is Windows-1252."""
    try:
        raw = regular(file).read_bytes()
    except OSError as error:
        raise FileRefused(file, f"cannot be read ({error.strerror})") from None
    try:
        raw.decode()
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "cp1252"
    header = raw.partition(b"\n")[0]
    delimiter = max(",;\t", key=lambda one: header.count(one.encode()))
    return CsvTable(file, encoding, delimiter)


def _rows(
    places: Iterable[SourceRow],
    system: CodeSystem,
    first: date,
    columns: Mapping[str, str],
    today: date,
    found: CodesFound,
) -> Iterator[KnownCode]:
    required = columns.get("code", "code")
    if isinstance(places, CsvTable):
        places.require([required, *(theirs for theirs in columns.values() if theirs != required)])
    seen: dict[tuple[str, date], SourceRow] = {}
    for place in places:
        try:
            row = _code(_renamed(place, columns, today), system, first)
            earlier = seen.setdefault((row.code, row.valid_from), place)
            if earlier is not place:
                raise BadField("code", f"{row.code!r} is on line {earlier.line} already; keep one")
            yield row
        except Refusal as refusal:
            found.rejects.append(Reject.because(place, refusal))


def _renamed(place: SourceRow, columns: Mapping[str, str], today: date) -> Fields:
    names = {theirs: ours for ours, theirs in columns.items()}
    ours = tuple(names.get(name, name if name not in columns else "") for name in place.columns)
    return Fields.of(SourceRow(place.file, place.line, ours, place.values, place.origin), today)


def _code(fields: Fields, system: CodeSystem, first: date) -> KnownCode:
    try:
        code = system.normal(fields.need("code"))
    except BadCode as refusal:
        raise BadField("code", str(refusal).removeprefix("code: ")) from None
    description = " ".join(fields.text("description").split())
    if len(description) > _LONGEST:
        description = description[: _LONGEST - 1] + "…"
    begins, ends = _days(fields, first)
    priced = bool(fields.text("price"))
    currency = fields.currency("currency") if priced else ""
    return KnownCode(
        system=system.name,
        code=code,
        description=description,
        valid_from=begins,
        valid_to=ends,
        version=system.version,
        billable=fields.yes("billable") if fields.text("billable") else True,
        unit=fields.text("unit"),
        unit_amount=fields.money("price", currency) if priced else None,
        currency=currency,
    )


def _days(fields: Fields, first: date) -> tuple[date, date | None]:
    begins, ends = fields.day("valid_from") or first, fields.day("valid_to")
    if ends and ends < begins:
        raise BadField("valid_to", f"{ends} lies before the first day, {begins}; swap them")
    return begins, ends
