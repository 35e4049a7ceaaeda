"""kvitt eligibility export, import: payers are asked by a 270, and answer by a 271."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.claims import eligibility_file
from bot.cli.opened import opened, who
from bot.cli.output import print_json, tell, tell_error, tell_rejects
from bot.outgoing_file import CannotWrite, write_text
from handlers.payers import asking

Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def add_to(eligibility: typer.Typer) -> None:
    """Add these commands to the others about coverages."""
    eligibility.command("export")(export)
    eligibility.command("import")(import_)


def export(
    payer: Annotated[str, typer.Argument(help="The payer's id.")],
    out: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False)],
    everything: Annotated[
        bool, typer.Option("--all", help="Also what it was asked before and has not answered.")
    ] = False,
    number: Annotated[int, typer.Option("--file", help="Write this file again, as it was.")] = 0,
    json: Json = False,
) -> None:
    """Write whatever a payer has still to be asked about coverages into one X12 270."""
    with opened() as house:
        settings, zone = house.settings, house.house.creditor.zone
        if number:
            with house.database.read() as session:
                made = asking.again(session, payer, number)
        else:
            filer = settings.claims.as_filer(settings.creditor) if settings.claims else None
            called = next((one.number for one in settings.payers if one.id == payer), "")
            write = eligibility_file.writer(filer, called, house.now, zone)
            with house.database.write() as session:
                made = asking.export(session, payer, who(), house.now, write, everything=everything)
    if made.text:
        try:
            write_text(out, made.text)
        except CannotWrite:
            tell_error(f"file {made.number} is made and kept: write it elsewhere with --file {made.number}")
            raise
    if json:
        file = str(out) if made.text else None
        print_json({"file": file, "number": made.number, "coverages": made.coverages, "aside": made.aside})
        return
    for line in made.aside:
        tell_error(line)
    count = len(made.coverages)
    told = f"{out}: file {made.number}, {count} coverage{'s' if count != 1 else ''}"
    tell(told if made.text else f"nothing waits to be asked of {payer}")


def import_(
    file: Annotated[Path, typer.Argument(help="A 271 from the payer.")],
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Keep what can be read although control totals do not agree.")
    ] = False,
    json: Json = False,
) -> None:
    """Keep what a payer says in an X12 271: each answer once, at the coverage that was asked about."""
    with opened() as house:
        found = eligibility_file.keep(house.database, house.house, file, house.now, anyway=anyway)
    counts = {"kept": found.kept, "refused": found.refused, "duplicates": found.duplicates}
    lines = found.lines(file)
    if json:
        print_json({**counts, "aside": lines, "notes": found.notes})
        return
    tell(", ".join(f"{name} {count}" for name, count in counts.items()))
    tell_rejects(lines, found.notes)
