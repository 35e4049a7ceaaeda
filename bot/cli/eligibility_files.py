"""kvitt eligibility export, import: X12 270 inquiries to payers, and their 271 answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.claims import eligibility_file
from bot.cli.opened import opened
from bot.cli.output import end_with_nothing, print_error, print_json, print_line, print_rejects
from bot.outgoing_file import CannotWrite, write_text
from handlers.payers import asking

Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def add_to(eligibility: typer.Typer) -> None:
    """Add the commands for files to ``kvitt eligibility``."""
    eligibility.command("export")(export)
    eligibility.command("import")(import_)


def export(
    payer: Annotated[str, typer.Argument(help="The payer's id.")],
    out: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False)],
    everything: Annotated[
        bool, typer.Option("--all", help="Also repeat inquiries it has not answered.")
    ] = False,
    number: Annotated[
        int, typer.Option("--again", help="Write an earlier file again, unchanged, by its number.")
    ] = 0,
    json: Json = False,
) -> None:
    """Write all waiting eligibility inquiries to a payer into one X12 270."""
    with opened() as kvitt:
        by = "" if number else kvitt.sign_in()
        settings, zone = kvitt.settings, kvitt.installation.creditor.zone
        if number:
            with kvitt.database.read() as session:
                made = asking.again(session, payer, number)
        else:
            filer = settings.claims.as_filer(settings.creditor) if settings.claims else None
            called = next((one.number for one in settings.payers if one.id == payer), "")
            write = eligibility_file.writer(filer, called, kvitt.now, zone)
            with kvitt.database.write() as session:
                made = asking.export(kvitt.context(session), payer, by, write, everything=everything)
    if made.text:
        try:
            write_text(out, made.text)
        except CannotWrite:
            print_error(
                f"file {made.number} is saved in the database: write it elsewhere with --again {made.number}"
            )
            raise
    if json:
        file = str(out) if made.text else None
        print_json({"file": file, "number": made.number, "coverages": made.coverages, "aside": made.aside})
        return
    for line in made.aside:
        print_error(line)
    count = len(made.coverages)
    summary = f"{out}: file {made.number}, {count} coverage{'s' if count != 1 else ''}"
    print_line(summary if made.text else f"no inquiry to {payer} is waiting")


def import_(
    file: Annotated[Path, typer.Argument(help="A 271 from the payer.")],
    partial: Annotated[
        bool, typer.Option("--partial", help="Save what can be read even if control totals do not agree.")
    ] = False,
    json: Json = False,
) -> None:
    """Import a payer's eligibility answers (X12 271), each once, on the coverage that was asked about."""
    with opened() as kvitt:
        found = eligibility_file.import_answers(
            kvitt.database, kvitt.installation, file, kvitt.clock, anyway=partial
        )
    counts = {"kept": found.kept, "refused": found.refused, "duplicates": found.duplicates}
    lines = found.lines(file)
    if json:
        print_json({**counts, "aside": lines, "notes": found.notes})
    else:
        print_line(", ".join(f"{name} {count}" for name, count in counts.items()))
        print_rejects(lines, found.notes)
    end_with_nothing("saved", len(lines), sum(counts.values()), json=json)
