"""Imports files into the register, and reports the result of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.calendar import local_day
from bot.importing import csv_files, fhir, mapped, synthea
from bot.importing.stages import vouch
from bot.importing.table import UnknownFormat
from bot.importing.tally import Tally, keep_rejects
from bot.importing.unused_consents import ConsentCount
from bot.importing.writing import BATCH, transactions, write
from handlers.payers import history, opening

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from billing.accounts.channels import Channel
    from bot.clock import Clock
    from bot.importing.mapping import ImportMap
    from bot.importing.stages import ImportStage, Kind
    from bot.importing.table import CsvTable
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation
    from handlers.people.register import Consent

FORMATS = ("csv", "synthea", "fhir")


def silent(kind: str, done: int, total: int) -> None:
    """An import's progress callback that prints nothing; it gets the kind, rows done, and rows expected."""


def import_paths(
    database: WriteDatabase,
    installation: Installation,
    paths: Sequence[Path],
    file_format: str,
    clock: Clock,
    vouched: tuple[Channel, str] | None = None,
    *,
    dry_run: bool = False,
    mapping: ImportMap | None = None,
    progress: Callable[[str, int, int], None] = silent,
    batch_size: int = BATCH,
) -> Tally:
    """Register what the files hold; doing it twice changes nothing.

    ``vouched`` is a consent that the operator confirms, with its basis: everyone with an address on that
    channel gets it, dated today. ``mapping`` reads the operator's own export. A dry run reports the
    same, shows how a mapping read the first row of each file, and leaves nothing behind. ``batch_size`` rows
    are written a transaction.

    Raises:
        Refusal: a file as a whole, the format or the consent is refused; nothing was written.
    """
    now = clock()
    today = local_day(now, installation.creditor.zone)
    if file_format == "fhir":
        stages, files, notes = fhir.stages(paths, today, vouch(vouched, today), _payers(database))
        tables: dict[Kind, list[CsvTable]] = {}
    else:
        stages, files, notes, tables = _read(paths, file_format, mapping, today, vouch(vouched, today))
    if dry_run and mapping:
        notes = [*mapped.first_rows(tables), *notes]
    tally = Tally(notes=notes, keeps_changes=dry_run)
    consents = ConsentCount()
    with transactions(database, dry_run=dry_run) as begin:
        for stage in stages:
            write(begin, installation, consents.over(stage), clock, tally, progress, batch_size)
        opened = opening.all_due(begin, installation, clock)
    tally.notes += [*_empty_days(tables), *consents.notes(installation.policy)]
    if opened:
        tally.notes.append(f"{opened} new claim{'s' if opened != 1 else ''} on payers: see kvitt claims list")
    if tally.replaced:
        many = "customers have" if tally.replaced != 1 else "customer has"
        tally.notes.append(
            f"{tally.replaced} {many} another phone number or e-mail address: the one before is retired, and "
            "a consent that was given for it allows nothing at the new one"
        )
    if not dry_run:
        tally.notes += keep_rejects(files, tally.rejects)
    return tally


def _empty_days(tables: Mapping[Kind, Sequence[CsvTable]]) -> list[str]:
    """A line for each column and way of writing that there is no day."""
    found: dict[tuple[str, str, str], set[int]] = {}
    for table in (table for each in tables.values() for table in each):
        for (column, text), lines in table.empty_days.items():
            found.setdefault((table.file.name, column, text), set()).update(lines)
    return [
        f"{file}:{min(lines)}: {column}: {text!r} says that there is no day, and was taken as empty"
        + (f" (in {len(lines)} rows)" if len(lines) > 1 else "")
        for (file, column, text), lines in found.items()
    ]


def _payers(database: WriteDatabase) -> dict[str, str]:
    with database.write() as session:
        return history.payer_ids(session)


def _read(
    paths: Sequence[Path],
    file_format: str,
    mapping: ImportMap | None,
    today: date,
    consents: tuple[Consent, ...],
) -> tuple[list[ImportStage], list[Path], list[str], dict[Kind, list[CsvTable]]]:
    match file_format:
        case "csv":
            tables, notes = mapped.tables(paths, mapping) if mapping else csv_files.tables_in(paths)
            stages, files = csv_files.stages(tables, today, consents)
            return stages, files, notes, tables
        case "synthea":
            found = [synthea.stages(path, today, consents) for path in paths]
            return (
                [stage for stages, _, _ in found for stage in stages],
                [file for _, files, _ in found for file in files],
                [],
                {},
            )
    raise UnknownFormat(file_format, FORMATS)
