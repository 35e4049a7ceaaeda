"""kvitt authorisations, kvitt eligibility: prior approval by payers, and whom they cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from billing.payers.claims import Code
from bot.cli import eligibility_files
from bot.cli.days import day_of
from bot.cli.opened import opened
from bot.cli.output import print_line, print_list
from handlers.payers import authorising
from handlers.payers import eligibility as checking

if TYPE_CHECKING:
    from handlers.payers.eligibility import ListedCoverage

authorisations = typer.Typer(help="Prior authorisations by payers.", no_args_is_help=True)
eligibility = typer.Typer(help="Whether coverages are active.", no_args_is_help=True)

_Number = Annotated[int, typer.Argument(metavar="AUTHORISATION", help="The authorisation's number.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands about payers: ``kvitt authorisations`` and ``kvitt eligibility``."""
    app.add_typer(authorisations, name="authorisations")
    eligibility_files.add_to(eligibility)
    app.add_typer(eligibility, name="eligibility")


@authorisations.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Include decided ones.")] = False,
    json: _Json = False,
) -> None:
    """List authorisations that payers are asked for, the most urgent first."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = authorising.listed(session, everything=everything)
    rows = (
        (
            one.id, one.state, one.customer_id, one.coverage_id, f"{one.code_system}:{one.code}",
            "urgent" if one.urgent else "", one.answer_by, one.number, one.valid_to or "", one.reason,
        )
        for one in found
    )  # fmt: skip
    columns = (
        "number", "state", "customer", "coverage", "service", "", "decides by", "theirs", "holds to", "why",
    )  # fmt: skip
    print_list(found, columns, rows, "no payer is being asked for an authorisation", json=json)


@authorisations.command("ask")
def ask(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    service: Annotated[str, typer.Argument(help="The service, as SYSTEM:CODE.")],
    on: Annotated[str | None, typer.Option(help="The day of the service, as 2026-04-30.")] = None,
    urgent: Annotated[
        bool,
        typer.Option("--urgent", help="An urgent request: the payer must decide within hours, not days."),
    ] = False,
) -> None:
    """Record that the payer was asked to authorise a service; its deadline runs from now."""
    system, _, code = service.partition(":")
    with opened() as kvitt, kvitt.database.write() as session:
        day = day_of(on) if on else kvitt.today
        found = authorising.start(
            kvitt.context(session), customer, Code(system, code), day, kvitt.who(session), urgent=urgent
        )
    for one in found:
        print_line(f"authorisation {one.id}: {one.coverage_id} decides by {one.answer_by:%Y-%m-%d %H:%M} UTC")


@authorisations.command("grant")
def grant(
    number: _Number,
    their_number: Annotated[str, typer.Option("--reference", help="The payer's number for it.")],
    valid_from: Annotated[
        str | None, typer.Option("--since", help="Its first day; today unless given.")
    ] = None,
    valid_to: Annotated[str | None, typer.Option("--until", help="Its last day.")] = None,
) -> None:
    """Record that the payer granted it."""
    with opened() as kvitt, kvitt.database.write() as session:
        begins = day_of(valid_from) if valid_from else kvitt.today
        ends = day_of(valid_to) if valid_to else None
        one = authorising.grant(
            kvitt.context(session), number, their_number, (begins, ends), kvitt.who(session)
        )
    print_line(f"authorisation {number} is granted as {one.number}, to {one.valid_to}")


@authorisations.command("deny")
def deny(
    number: _Number,
    reason: Annotated[str, typer.Option(help="The payer's reason, as specific as it was given.")],
    expired: Annotated[bool, typer.Option("--expired", help="The request was withdrawn by us.")] = False,
) -> None:
    """Record that the payer denied it, or that it is no longer needed."""
    with opened() as kvitt, kvitt.database.write() as session:
        one = authorising.deny(kvitt.context(session), number, reason, kvitt.who(session), expired=expired)
    print_line(f"authorisation {number} is {one.state}")


@eligibility.command("list")
def coverages_list(
    attention: Annotated[
        bool, typer.Option("--attention", help="Only what is stale, failed or denied.")
    ] = False,
    json: _Json = False,
) -> None:
    """List payers' coverages that are active by the register, with the last answer about each."""
    with opened() as kvitt:
        found = checking.listed(kvitt.database, kvitt.installation, kvitt.clock, attention=attention)
    rows = (
        (
            one.coverage_id, one.customer_id, one.payer, one.member_id,
            one.check.result.value if one.check else "never asked",
            one.check.source if one.check else "", one.check.checked_at if one.check else "",
            _lacks(one), one.check.reason if one.check else "",
        )
        for one in found
    )  # fmt: skip
    columns = ("coverage", "customer", "payer", "member", "answer", "from", "asked", "", "why")
    print_list(found, columns, rows, "nothing needs a look" if attention else "no coverages", json=json)


@eligibility.command("check")
def check(
    coverage: Annotated[str, typer.Argument(help="The coverage's id.")],
    on: Annotated[str | None, typer.Option(help="The day to ask about; today unless given.")] = None,
) -> None:
    """Ask the payer's eligibility service whether a coverage is active, and save the answer."""
    with opened() as kvitt:
        day = day_of(on) if on else kvitt.today
        found = checking.check(kvitt.database, kvitt.installation, coverage, day, kvitt.clock)
    if found is None:
        print_line(f"{coverage}: the answer comes later, by a file: kvitt eligibility export PAYER FILE asks")
        return
    why = f", {found.reason}" if found.reason else ""
    print_line(f"{coverage}: {found.result.value} on {day} ({found.source}){why}")


def _lacks(one: ListedCoverage) -> str:
    waits = f"waits since {one.asked_at:%Y-%m-%d}" if one.asked_at else ""
    return ", ".join(filter(None, ("out of date" if one.stale else "", waits)))
