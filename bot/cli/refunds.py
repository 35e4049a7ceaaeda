"""kvitt payments refund: unused money goes back the way it was paid."""

from __future__ import annotations

from typing import Annotated

import typer

from billing.payments.bank import REFUND_ID
from billing.payments.refunds import RefundState
from bot.cli.opened import opened
from bot.cli.output import amount, print_line, print_list
from handlers.payments import refunds

refund = typer.Typer(help="Refunds: request, approve, confirm.", no_args_is_help=True)

Number = Annotated[
    int, typer.Argument(metavar="REFUND", help="The refund's number: see kvitt payments refund list.")
]
Reason = Annotated[str, typer.Option("--reason", help="The reason, for the audit trail.")]


def add_to(payments: typer.Typer) -> None:
    """Add the commands of ``kvitt payments refund``."""
    payments.add_typer(refund, name="refund")


@refund.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Include ended refunds.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False,
) -> None:
    """List refunds that wait for a decision or for sending, the oldest first."""
    states = [state for state in RefundState if everything or state.waits]
    with opened() as kvitt, kvitt.database.read() as session:
        found = refunds.in_states(session, states)
    rows = (
        (
            one.id,
            one.payment_id,
            amount(one.amount, one.currency),
            one.state.value,
            one.requested_by,
            one.reason,
        )
        for one in found
    )
    columns = ("refund", "payment", "amount", "state", "by", "reason")
    print_list(found, columns, rows, "no refund is waiting", json=json)


@refund.command("request")
def request(
    payment: Annotated[int, typer.Argument(help="The payment it came with: see kvitt payments list.")],
    much: Annotated[
        str | None, typer.Option("--amount", help="The amount, as 120.50; all that is unused unless given.")
    ] = None,
    reason: Reason = "paid too much",
) -> None:
    """Request a refund; the amount is reserved until it is decided."""
    with opened() as kvitt, kvitt.database.write() as session:
        one = refunds.request(kvitt.context(session), payment, much, reason, kvitt.who(session))
    print_line(f"refund {one.id} over {amount(one.amount, one.currency)} waits for approval")


@refund.command("approve")
def approve(number: Number) -> None:
    """Approve a refund; above the policy's amount a second person must approve it, too."""
    with opened() as kvitt, kvitt.database.write() as session:
        state = refunds.approve(kvitt.context(session), number, kvitt.who(session))
    if state is RefundState.APPROVED_ONCE:
        print_line(f"refund {number} needs a second person's approval before it is paid")
    else:
        print_line(
            f"refund {number} may go: pay it with the reference {REFUND_ID}{number}, then say it was sent"
        )


@refund.command("refuse")
def refuse(number: Number, reason: Reason = "refused") -> None:
    """Refuse a refund: the money stays a credit."""
    with opened() as kvitt, kvitt.database.write() as session:
        refunds.refuse(kvitt.context(session), number, kvitt.who(session), reason)
    print_line(f"refund {number} is refused; the money stays a credit")


@refund.command("sent")
def sent(number: Number, reference: Annotated[str, typer.Option(help="The bank's reference.")] = "") -> None:
    """Record that the refund was paid, and book it."""
    with opened() as kvitt, kvitt.database.write() as session:
        refunds.sent(kvitt.context(session), number, kvitt.who(session), reference)
    print_line(f"refund {number} is booked")


@refund.command("failed")
def failed(number: Number, reason: Reason = "it came back") -> None:
    """Record that the refund could not be paid or came back: the money is a credit again."""
    with opened() as kvitt, kvitt.database.write() as session:
        refunds.failed(kvitt.context(session), number, kvitt.who(session), reason)
    print_line(f"refund {number} has failed; the money is a credit again")
