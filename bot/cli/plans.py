"""kvitt plans: payment plans that need a person's approval."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opened import opened
from bot.cli.output import print_line, print_list
from handlers.desk import agreements

plans = typer.Typer(help="Payment plans that need a person's approval.", no_args_is_help=True)

_Plan = Annotated[int, typer.Argument(help="The plan's number.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt plans``."""
    app.add_typer(plans, name="plans")


@plans.command("list")
def plans_list(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a plan.")] = False,
) -> None:
    """Plans that wait for a decision, the oldest first."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = agreements.waiting(session)
    rows = (
        (plan.id, plan.account_id, len(plan.instalments), plan.instalments[0].due_on, len(plan.bill_ids))
        for plan in found
    )
    columns = ("plan", "account", "instalments", "first", "bills")
    print_list(found, columns, rows, "no plan waits for a decision", json=json)


@plans.command("approve")
def plans_approve(plan: _Plan) -> None:
    """Approve a plan, and notify the customer."""
    with opened() as kvitt, kvitt.database.write() as session:
        agreements.approve(kvitt.context(session), plan, kvitt.who(session))
    print_line(f"plan {plan} runs; the customer is notified")


@plans.command("refuse")
def plans_refuse(
    plan: _Plan,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "refused by the desk",
) -> None:
    """Refuse a plan, and notify the customer."""
    with opened() as kvitt, kvitt.database.write() as session:
        agreements.refuse(kvitt.context(session), plan, kvitt.who(session), reason)
    print_line(f"plan {plan} is refused; the customer is notified")
