"""kvitt import, kvitt payments import: files come in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing.channels import Channel
from bot.cli.opened import opened
from bot.cli.output import print_json, progress, tell, tell_error
from bot.importing.intake import import_paths
from bot.importing.mapping import load as load_mapping
from bot.importing.payments_file import import_payments

if TYPE_CHECKING:
    from collections.abc import Sequence

payments = typer.Typer(help="Money that arrived.", no_args_is_help=True)

SHOWN = 20
"""How many rejected rows are told one by one; all of them stand in the rejects files."""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import")(import_)
    app.add_typer(payments, name="payments")


def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of files.")],
    file_format: Annotated[str, typer.Option("--format", help="csv or synthea.")] = "csv",
    consent: Annotated[
        Channel | None, typer.Option(help="You vouch that everybody agreed to be written to on this channel.")
    ] = None,
    consent_basis: Annotated[str, typer.Option(help="How they agreed, such as 'signed intake form'.")] = "",
    map_file: Annotated[
        Path | None, typer.Option("--map", help="How your own export is to be read: docs/mapping.md.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, keep nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Register customers, coverages, bills and charges; doing it twice changes nothing."""
    if (consent is None) != (not consent_basis.strip()):
        raise typer.BadParameter("--consent and --consent-basis belong together: say on what basis you vouch")
    if map_file and file_format != "csv":
        raise typer.BadParameter("--map reads CSV files: leave --format out")
    mapping = load_mapping(map_file) if map_file else None
    vouched = (consent, consent_basis.strip()) if consent else None
    with opened() as house, progress() as show:
        tally = import_paths(
            house.database,
            house.house,
            paths,
            file_format,
            house.now,
            vouched,
            dry_run=dry_run,
            mapping=mapping,
            progress=show,
        )
    if json:
        counts = {
            kind: {"new": c.new, "changed": c.changed, "same": c.same, "rejected": c.rejected}
            for kind, c in tally.counts.items()
        }
        print_json({"dry_run": dry_run, **counts, "rejects": tally.lines, "notes": tally.notes})
    else:
        for kind, c in tally.counts.items():
            tell(f"{kind}: {c.new} new, {c.changed} changed, {c.same} as before, {c.rejected} set aside")
        tell_rejects(tally.lines, tally.notes)
        if dry_run:
            tell("dry run: nothing was kept")


@payments.command("import")
def payments_import(
    file: Annotated[Path, typer.Argument(help="A payments.csv.")],
    file_format: Annotated[str, typer.Option("--format", help="csv.")] = "csv",
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Match money to bills; what nobody's bill is found for is kept for the desk."""
    if file_format != "csv":
        raise typer.BadParameter(f"--format {file_format}: only csv can be read yet")
    with opened() as house, progress() as show:
        found = import_payments(house.database, house.house, file, house.now, show)
    counts = {
        "booked": found.booked,
        "unmatched": found.unmatched,
        "duplicates": found.duplicates,
        "rejected": found.rejected,
    }
    if json:
        print_json({**counts, "rejects": found.lines, "notes": found.notes})
        return
    tell(", ".join(f"{name} {count}" for name, count in counts.items()))
    tell_rejects(found.lines, found.notes)


def tell_rejects(lines: Sequence[str], notes: Sequence[str]) -> None:
    """What was set aside, the first of it one by one, and what else is to be said."""
    for line in lines[:SHOWN]:
        tell_error(line)
    if len(lines) > SHOWN:
        tell_error(f"and {len(lines) - SHOWN} more: see the .rejects.csv beside each file")
    for note in notes:
        tell_error(note)
