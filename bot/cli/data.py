"""kvitt import: customers, coverages, bills and charges from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing.accounts.channels import Channel
from billing.ledger.money import Money
from bot import settings
from bot.cli import following
from bot.cli.opened import opened
from bot.cli.output import (
    SHOWN,
    end_with_nothing,
    print_json,
    print_line,
    print_rejects,
    progress,
)
from bot.importing import columns, guessing
from bot.importing.intake import import_paths
from bot.importing.mapping import load as load_mapping

if TYPE_CHECKING:
    from bot.importing.mapping import ImportMap
    from bot.importing.tally import Tally


def add_to(app: typer.Typer) -> None:
    """Add ``kvitt import``, which takes data from files."""
    app.command("import")(import_)


def import_(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files, or folders of files.")] = None,
    file_format: Annotated[str, typer.Option("--format", help="csv, synthea or fhir.")] = "csv",
    consent: Annotated[
        Channel | None,
        typer.Option(help="You confirm that everyone in the files agreed to messages on this channel."),
    ] = None,
    consent_basis: Annotated[
        str, typer.Option(help="How they agreed, such as 'signed intake form'; saved with the consent.")
    ] = "",
    map_file: Annotated[
        Path | None, typer.Option("--map", help="The mapping of your own export's columns: docs/mapping.md.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, save nothing.")] = False,
    show_columns: Annotated[
        bool, typer.Option("--columns", help="Print every column of every CSV file, and import nothing.")
    ] = False,
    guess: Annotated[
        Path | None,
        typer.Option("--guess", help="Print a mapping proposed for this file, and import nothing."),
    ] = None,
    open_items: Annotated[
        bool,
        typer.Option(
            "--open-items",
            help="The file lists what is open in a ledger kept elsewhere; its bills follow it.",
        ),
    ] = False,
    ledger: Annotated[str, typer.Option(help="The name of that ledger, such as quickbooks.")] = "",
    as_of: Annotated[str, typer.Option(help="The day the list is of, as 2026-03-31.")] = "",
    anyway: Annotated[
        str, typer.Option(metavar="REASON", help="Take a list that is doubted; the reason is audited.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Import data from files: customers, coverages, bills, charges; a second import changes nothing.

    Ends with 1 where every row was set aside.
    """
    if guess and paths:
        raise typer.BadParameter(f"--guess reads one file, {guess}: leave out {', '.join(map(str, paths))}")
    if _explained(guess, show_columns=show_columns):
        return
    if not paths:
        raise typer.BadParameter("name the files to import, or a folder; --columns shows what they may hold")
    if not open_items:
        if ledger or as_of or anyway:
            raise typer.BadParameter("--ledger, --as-of and --anyway go with --open-items")
        vouched = _vouched(consent, consent_basis.strip())
        _import_rows(paths, file_format, vouched, map_file, dry_run=dry_run, json=json)
    elif consent or consent_basis or file_format != "csv":
        raise typer.BadParameter("--open-items goes with --ledger, --as-of, --map, --anyway and --dry-run")
    else:
        following.take(paths, ledger, as_of, anyway, map_file, dry_run=dry_run, json=json)


def _import_rows(
    paths: list[Path],
    file_format: str,
    vouched: tuple[Channel, str] | None,
    map_file: Path | None,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    mapping = _mapping(map_file, file_format)
    with opened() as kvitt, progress() as show:
        tally = import_paths(
            kvitt.database,
            kvitt.installation,
            paths,
            file_format,
            kvitt.clock,
            vouched,
            dry_run=dry_run,
            mapping=mapping,
            progress=show,
        )
    if json:
        _print_as_json(tally, dry_run=dry_run)
    else:
        _print(tally, dry_run=dry_run)
    end_with_nothing("imported", len(tally.rejects), tally.taken, json=json)


def _mapping(file: Path | None, file_format: str) -> ImportMap | None:
    if file and file_format != "csv":
        raise typer.BadParameter("--map reads CSV files: leave out --format")
    return load_mapping(file) if file else None


def _explained(guess: Path | None, *, show_columns: bool) -> bool:
    """Whether it was only asked what files may hold; then that is printed."""
    if show_columns:
        print_line(columns.described().rstrip())
    elif guess:
        print_line(guessing.proposal(guess, settings.load().creditor.country).rstrip())
    return show_columns or guess is not None


def _vouched(consent: Channel | None, basis: str) -> tuple[Channel, str] | None:
    if (consent is None) != (not basis):
        raise typer.BadParameter("--consent and --consent-basis go together: give the basis of the consent")
    return (consent, basis) if consent else None


def _print_as_json(tally: Tally, *, dry_run: bool) -> None:
    counts = {
        kind: {"new": c.new, "changed": c.changed, "same": c.same, "rejected": c.rejected}
        for kind, c in tally.counts.items()
    }
    row: dict[str, object] = {"dry_run": dry_run, **counts, "replaced": tally.replaced}
    row |= {"rejects": tally.lines, "notes": tally.notes}
    if dry_run:
        row |= {"changes": tally.changes, "new_bills_minor": dict(tally.billed)}
    print_json(row)


def _print(tally: Tally, *, dry_run: bool) -> None:
    for kind, c in tally.counts.items():
        print_line(f"{kind}: {c.new} new, {c.changed} changed, {c.same} as before, {c.rejected} set aside")
    if dry_run:
        for line in tally.changes[:SHOWN]:
            print_line(line)
        if len(tally.changes) > SHOWN:
            print_line(f"and {len(tally.changes) - SHOWN} more rows that would change")
        for currency, minor in tally.billed.items():
            print_line(f"new bills come to {Money(minor, currency).plain()} {currency}")
    print_rejects(tally.lines, tally.notes)
    if dry_run:
        print_line("dry run: nothing was saved")
