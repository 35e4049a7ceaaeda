"""kvitt accounts, explain, audit: overviews for a billing representative."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import amount, print_json, print_line, print_list, print_table
from handlers.desk import overview, reasons


def add_to(app: typer.Typer) -> None:
    """Add the overviews for the desk: ``kvitt accounts``, ``explain`` and ``audit``."""
    app.command("accounts")(accounts)
    app.command("explain")(explain)
    app.command("audit")(audit)


def accounts(
    json: Annotated[bool, typer.Option("--json", help="One JSON object an account.")] = False,
) -> None:
    """List every account: what is owed, its dunning level, and the next check."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = overview.lines(kvitt.context(session))
        if json:
            for line in found:
                print_json(record(line) | {"holds": list(line.holds)})
            return
        rows = [
            (
                line.customer_id,
                line.name,
                amount(line.balance, line.currency),
                line.state,
                line.level or "-",
                ", ".join(line.holds) or "-",
                line.next_action_at,
            )
            for line in found
        ]
    columns = ("customer", "name", "balance", "state", "level", "holds", "next look")
    print_table(columns, rows, "no accounts yet: kvitt import brings them in")


def explain(
    message_id: Annotated[int, typer.Argument(metavar="MESSAGE", help="The message's number.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object a decision.")] = False,
) -> None:
    """Show why a message was sent or held: each decision with the policy rule behind it."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = reasons.of_message(session, message_id)
    for one in found:
        if json:
            print_json(record(one))
        else:
            about = f" bill {one.bill_id}" if one.bill_id else ""
            why = one.reason.replace("_", " ")
            print_line(f"{one.at:%Y-%m-%d %H:%MZ} {one.made_by}{about}: {one.verdict}, {why}")
            print_line(f"    policy {one.policy} {one.policy_version}; " + _facts_line(one.inputs))


def audit(
    subject: Annotated[str | None, typer.Argument(help="Only entries about this, such as bill:B1.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most entries to print.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="One JSON object an entry.")] = False,
) -> None:
    """Print the audit trail: what users did, and what Kvitt did on its own."""
    with opened() as kvitt, kvitt.database.read() as session:
        entries = reasons.trail(session, subject, limit)
    rows = (
        (entry.at, entry.actor, entry.action.replace("_", " "), entry.subject, _facts_line(entry.detail))
        for entry in entries
    )
    nothing = f"nothing was done yet to {subject}" if subject else "nothing was done yet"
    print_list(entries, ("at", "who", "did", "to", "with"), rows, nothing, json=json)


def _facts_line(facts: object) -> str:
    assert isinstance(facts, dict)
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value not in (None, [], ""))
