"""kvitt placements export, report, remit, activity: files to and from a collector."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing.collection import collectors
from billing.ledger.money import Money
from bot.cli.opened import CommandContext, opened
from bot.cli.output import (
    amount,
    end_with_nothing,
    print_error,
    print_json,
    print_line,
    print_rejects,
    progress,
)
from bot.importing.collector_statements import import_activity, import_remittance
from bot.outgoing_file import write_csv
from handlers.collection import collector_report, placement_file
from storage.collection import collector_files
from storage.collection.collector_files import FileKind

if TYPE_CHECKING:
    from billing.collection.collectors import Collector
    from bot.importing.collector_statements import BookedLine, CollectorStatement
    from storage.collection.collector_files import CollectorFile

Folder = Annotated[
    Path, typer.Option("--folder", help="The folder the file is written to.", file_okay=False, exists=True)
]
Json = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Named = Annotated[str, typer.Option("--collector", help="Which collector; may be left out if there is one.")]
Again = Annotated[int, typer.Option("--again", help="Write an earlier file again, unchanged, by its number.")]

"""How many rejected lines are printed one by one; the rejects file has all of them."""
NUMBERS = frozenset({
    "balance", "principal", "fees_and_interest", "itemised_amount", "interest_since", "fees_since",
    "payments_since", "credits_since", "amount", "phones",
})  # fmt: skip
"""The columns of both files that machines read as numbers, and phones."""
COLUMNS = {FileKind.PLACEMENTS: placement_file.COLUMNS, FileKind.REPORT: collector_report.COLUMNS}


def add_to(placements: typer.Typer) -> None:
    """Add the commands for a collector's files to ``kvitt placements``."""
    for command in (export, report, remit, activity):
        placements.command()(command)


def export(collector: Named = "", folder: Folder = Path(), batch: Again = 0, json: Json = False) -> None:
    """Write a collector's placement file: bills placed since the last; a second run writes the same file."""
    with opened() as kvitt:
        chosen, by = _chosen(kvitt, collector), kvitt.who_if_anybody()
        after, done = 0, bool(batch)
        while not done:
            with kvitt.database.write() as session:
                found = placement_file.export(kvitt.context(session), chosen, by, after)
            for key, reason in found.left_out:
                print_error(f"{key}: left out, {reason.replace('_', ' ')}: recall it, or close it as paid")
            after, done = found.last_id, not found.last_id
        _write(
            kvitt,
            chosen,
            FileKind.PLACEMENTS,
            folder,
            batch,
            json=json,
            empty="no bill is with a collector yet",
        )


def report(collector: Named = "", folder: Folder = Path(), batch: Again = 0, json: Json = False) -> None:
    """Write the report: payments, reversals, adjustments and recalls not yet reported to the collector."""
    with opened() as kvitt:
        chosen, by = _chosen(kvitt, collector), kvitt.who_if_anybody()
        if not batch:
            with kvitt.database.write() as session:
                collector_report.report(kvitt.context(session), chosen, by)
        _write(
            kvitt,
            chosen,
            FileKind.REPORT,
            folder,
            batch,
            json=json,
            empty="there is nothing to report",
        )


def remit(
    file: Annotated[Path, typer.Argument(help="The collector's remittance, as CSV.")],
    collector: Named = "",
    json: Json = False,
) -> None:
    """Book a collector's remittance, and compare the fee with the contract."""
    with opened() as kvitt, progress() as show:
        chosen, by = _chosen(kvitt, collector), kvitt.who_if_anybody()
        found = import_remittance(kvitt.database, kvitt.installation, chosen, file, by, kvitt.clock, show)
    if json:
        print_json(_as_json(found))
    else:
        _print_remittance(found, file)
    end_with_nothing("booked", len(found.rejects), len(found.booked) + found.duplicates, json=json)


def _print_remittance(found: CollectorStatement, file: Path) -> None:
    counts = {"booked": len(found.booked), "duplicates": found.duplicates, "rejected": len(found.rejects)}
    print_line(", ".join(f"{name} {count}" for name, count in counts.items()))
    for one in found.drifting:
        print_line(f"{file.name}:{one.line}: {one.remittance_id}: {_drift(one)}")
    for currency, (gross, fee, expected) in found.sums().items():
        said, due = Money(fee, currency).plain(), Money(expected, currency).plain()
        over = Money(fee - expected, currency).plain()
        print_line(f"{amount(gross, currency)} collected; fee {said}, contract {due}, drift {over}")
    print_rejects([str(one) for one in found.rejects], found.notes)


def activity(
    file: Annotated[Path, typer.Argument(help="CSV: placement_key, reported_on, activity.")],
    json: Json = False,
) -> None:
    """Save what a collector reports: paid, active_plan, payment_in_transit, disputed or none."""
    with opened() as kvitt:
        by = kvitt.who_if_anybody()
        kept, rejects, notes = import_activity(kvitt.database, kvitt.installation, file, by, kvitt.clock)
    lines = [str(one) for one in rejects]
    if json:
        print_json({"kept": kept, "rejected": len(rejects), "rejects": lines, "notes": notes})
    else:
        print_line(f"saved {kept}, rejected {len(rejects)}")
        print_rejects(lines, notes)
    end_with_nothing("saved", len(rejects), kept, json=json)


def _chosen(kvitt: CommandContext, name: str) -> Collector:
    found = collectors.named(kvitt.installation.collectors, name)
    if found is None:
        raise collectors.NoSuchCollector(name, [])
    return found


def _write(
    kvitt: CommandContext,
    collector: Collector,
    kind: FileKind,
    folder: Path,
    again: int,
    *,
    json: bool,
    empty: str,
) -> None:
    """Write every file not written yet; if there is none, the newest again."""
    with kvitt.database.read() as session:
        every = collector_files.batches(session, collector.id, kind)
        wanted = _wanted(every, again)
        lines = {batch.id: collector_files.lines_of(session, batch.id) for batch in wanted}
    if again and not wanted:
        raise typer.BadParameter(f"--again {again}: {collector.id} has no such {kind.value} file")
    for batch in wanted:
        file = folder / f"{collector.id}-{kind.value}-{batch.id:04}.csv"
        write_csv(file, COLUMNS[kind], [line.row for line in lines[batch.id]], plain=NUMBERS)
        with kvitt.database.write() as session:
            collector_files.mark_written(session, batch.id, kvitt.now)
        count, old = len(lines[batch.id]), batch.written_at is not None
        if json:
            print_json({"batch": batch.id, "file": str(file), "lines": count, "again": old})
        else:
            print_line(f"{file}: {count} line{'s' if count != 1 else ''}" + (", as before" if old else ""))
    if not wanted and not json:
        print_line(empty)


def _wanted(every: list[CollectorFile], again: int) -> list[CollectorFile]:
    if again:
        return [batch for batch in every if batch.id == again]
    return [batch for batch in every if batch.written_at is None] or every[-1:]


def _as_json(found: CollectorStatement) -> dict[str, object]:
    return {
        "booked": len(found.booked),
        "duplicates": found.duplicates,
        "rejected": len(found.rejects),
        "drift": [
            {
                "line": one.line,
                "remittance_id": one.remittance_id,
                "fee": one.result.fee,
                "expected_fee": one.result.expected_fee,
                "currency": one.result.currency,
            }
            for one in found.drifting
        ],
        "totals": {
            currency: {"gross": gross, "fee": fee, "expected_fee": expected, "drift": fee - expected}
            for currency, (gross, fee, expected) in found.sums().items()
        },
        "rejects": [str(one) for one in found.rejects],
        "notes": found.notes,
    }


def _drift(one: BookedLine) -> str:
    result = one.result
    said, due = (
        Money(result.fee, result.currency).plain(),
        Money(result.expected_fee, result.currency).plain(),
    )
    return f"collector says {said}, contract says {due} ({result.terms})"
