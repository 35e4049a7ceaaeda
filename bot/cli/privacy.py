"""kvitt privacy: everything about a person handed out, and a person forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing.calendar import start_of_day
from bot.channels import letter
from bot.cli.days import day_of
from bot.cli.opened import opened
from bot.cli.output import print_line, print_list
from handlers.privacy import erasing

if TYPE_CHECKING:
    from handlers.privacy.erasing import Erased

privacy = typer.Typer(
    help="People's rights: everything about a person handed out, and forgotten.", no_args_is_help=True
)

Customer = Annotated[str, typer.Argument(help="The customer's id.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt privacy``."""
    app.add_typer(privacy, name="privacy")


@privacy.command("export")
def export(customer: Customer, out: Annotated[Path, typer.Argument(help="The zip file to write.")]) -> None:
    """Write everything about a person into a zip file: readable, as PDF, and as JSON."""
    from bot.exporting import person_zip  # noqa: PLC0415 - slow to load

    with opened() as kvitt:
        by = kvitt.sign_in()
        made = person_zip.write(kvitt.database, kvitt.installation, kvitt.clock, customer, by, out)
    print_line(f"{made.rows} rows and {made.papers} papers about {customer!r}: {out}")
    for line in made.notes:
        print_line(line)


@privacy.command("erase")
def erase(
    customer: Customer,
    anyway: Annotated[
        str, typer.Option(help="Why, although a debt, a claim or a dispute is open; saved.")
    ] = "",
) -> None:
    """Forget a person: all but the records the law wants kept; a second time changes nothing."""
    with opened() as kvitt:
        by = kvitt.sign_in()
        done = erasing.erase(
            kvitt.database, kvitt.installation, kvitt.clock, customer, by, " ".join(anyway.split())
        )
        if kvitt.settings.letters_folder:
            letter.erase(kvitt.settings.letters_folder, done.letters)
    for line in _sentences(customer, done):
        print_line(line)


@privacy.command("readmit")
def readmit(customer: Customer) -> None:
    """Let an erased person be registered again, as they wished; their stops go on to count."""
    with opened() as kvitt, kvitt.database.write() as session:
        by = kvitt.who(session)
        erasing.readmit(kvitt.context(session), customer, by)
    print_line(f"{customer!r} may be registered again; where they said stop, only their own START opens it")


@privacy.command("erasures")
def erasures(
    since: Annotated[str, typer.Option("--since", help="The first day, as 2026-03-02; all days.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object an erasure.")] = False,
) -> None:
    """List who was erased, by id: erase them again after a backup from before is restored."""
    with opened() as kvitt, kvitt.database.read() as session:
        day = day_of(since, "--since") if since else None
        zone = kvitt.installation.creditor.zone
        found = erasing.erasures_since(session, start_of_day(day, zone) if day else None)
    rows = [
        {
            "customer_id": one.customer_id,
            "erased_at": one.erased_at,
            "erased_by": one.erased_by,
            "records_until": one.records_until,
            "records_erased_at": one.records_erased_at,
            "readmitted_at": one.readmitted_at,
        }
        for one in found
    ]
    print_list(
        rows,
        tuple(rows[0]) if rows else (),
        [tuple(one.values()) for one in rows],
        "nobody was erased",
        json=json,
    )


def _sentences(customer: str, done: Erased) -> list[str]:
    """What was done, what is kept and until when, and what is left to the operator."""
    kept = (
        f"until {done.records_until}"
        if done.records_until
        else "without an end: the policy's [retention] names no records_days"
    )
    if done.already:
        return [
            f"{customer!r} was erased on {done.already:%Y-%m-%d} already: nothing was changed; kept {kept}"
        ]
    lines = [
        f"{customer!r} is erased: names, numbers, texts, answers, cases, letters and links are gone",
        f"kept {kept}, under the id alone: ledger, bills and claims in figures, decisions, the audit trail",
        "backups, files you exported and what payers, collectors and providers hold are yours to look after",
    ]
    if not done.clean:
        lines.append(
            "the database's file is in use and may still have old pages: stop Kvitt and run this again"
        )
    return lines
