"""kvitt aid: applications for help with the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from billing.costs.aid import AidState
from billing.ledger.money import Money
from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_list
from handlers.aid import decisions as deciding

if TYPE_CHECKING:
    from storage.costs.aid import Application

aid = typer.Typer(help="Help with the cost.", no_args_is_help=True)

_Number = Annotated[int, typer.Argument(metavar="APPLICATION", help="The application's number.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt aid``."""
    app.add_typer(aid, name="aid")


@aid.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Include decided applications.")] = False,
    json: _Json = False,
) -> None:
    """List applications for aid that wait for a decision, the oldest first."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = deciding.listed(session, everything=everything)
    rows = (
        (
            one.id, one.state.value, one.customer_id, one.household or "", _amount(one), one.closes_on or "",
            ", ".join(name for name, day in one.documents.items() if not day), one.programme,
            one.renew_on or "",
        )
        for one in found
    )  # fmt: skip
    columns = (
        "number", "state", "customer", "household", "income a year", "closes", "still to come", "programme",
        "renew",
    )  # fmt: skip
    print_list(map(_as_json, found), columns, rows, "no application waits for a decision", json=json)


@aid.command("show")
def show(number: _Number, json: _Json = False) -> None:
    """Show one application for aid with what each programme would do; a person decides."""
    with opened() as kvitt, kvitt.database.read() as session:
        one = deciding.get(session, number)
        proposals = deciding.proposals(kvitt.context(session), one)
    if json:
        found = [
            {"programme": each.programme, "off_percent": each.off, "off": off, "refer_to": each.refer_to}
            for each, off in proposals
        ]
        print_json(_as_json(one) | {"proposals": found})
        return
    print_line(f"application {one.id} of {one.customer_id}: {one.state.value}, asked {one.asked_at:%Y-%m-%d}")
    print_line(f"household {one.household or 'not asked'}, income a year {_amount(one) or 'not asked'}")
    for name, day in one.documents.items():
        print_line(f"  {name}: {f'came {day}' if day else 'still to come'}")
    for each, off in proposals:
        money = Money(off, one.currency).plain()
        share = f"{each.off} % off" if each.off else "off"
        does = f"refer to {each.refer_to}" if each.refer_to else f"{share}: {money} {one.currency}"
        print_line(f"{each.programme} ({each.name}), at {each.of_line} % of the poverty line: {does}")
    if not proposals:
        print_line("no programme fits")


@aid.command("document")
def document(
    number: _Number,
    name: Annotated[
        str, typer.Argument(metavar="DOCUMENT", help="The document, by the name it was asked for.")
    ],
) -> None:
    """Record that a document for an application for aid was received."""
    with opened() as kvitt, kvitt.database.write() as session:
        one = deciding.document_came(kvitt.context(session), number, name, kvitt.who(session))
    print_line(f"application {number} is {one.state.value}")


@aid.command("decide")
def decide(
    number: _Number,
    grant: Annotated[str | None, typer.Option(help="Grant help under this programme.")] = None,
    percent: Annotated[
        int | None, typer.Option(help="This discount in percent, instead of the programme's.")
    ] = None,
    close: Annotated[str | None, typer.Option("--outcome", help="denied, withdrawn or expired.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail and the customer.")] = "",
) -> None:
    """Grant aid or close the application; a new decision reverses what an earlier one booked."""
    if (grant is None) == (close is None):
        raise typer.BadParameter("give exactly one of --grant PROGRAMME and --outcome STATE")
    closing = {state.value for state in (AidState.DENIED, AidState.WITHDRAWN, AidState.EXPIRED)}
    if close is not None and close not in closing:
        raise typer.BadParameter(f"--outcome {close!r}: write one of {', '.join(sorted(closing))}")
    with opened() as kvitt, kvitt.database.write() as session:
        context = kvitt.context(session)
        if grant is not None:
            off = deciding.grant(context, number, grant, percent, kvitt.who(session), reason)
        else:
            assert close is not None
            deciding.close(context, number, AidState(close), kvitt.who(session), reason)
    print_line(f"application {number}: {f'{off} (minor units) taken off by {grant}' if grant else close}")


def _amount(one: Application) -> str:
    return "" if one.income is None else f"{Money(one.income, one.currency).plain()} {one.currency}"


def _as_json(one: Application) -> dict[str, object]:
    return {
        "application": one.id, "customer_id": one.customer_id, "state": one.state.value,
        "household": one.household, "income": one.income, "currency": one.currency,
        "documents": dict(one.documents), "asked_at": one.asked_at, "closes_on": one.closes_on,
        "programme": one.programme, "percent": one.percent, "renew_on": one.renew_on,
        "decided_by": one.decided_by, "reason": one.reason,
    }  # fmt: skip
