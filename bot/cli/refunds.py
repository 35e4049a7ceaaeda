"""kvitt payments refund: money that no bill has used goes back to the payment it came from."""

from __future__ import annotations

from typing import Annotated

import typer

from billing.payments.bank import REFUND_ID
from billing.payments.refunds import RefundState
from bot.cli.opened import opened, who
from bot.cli.output import amount, print_line, print_list
from handlers.payments import refunds

refund = typer.Typer(help="Money on its way back.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The refund's number: see kvitt payments refund list.")]
Because = Annotated[str, typer.Option("--because", help="Why, for the trail.")]


def add_to(payments: typer.Typer) -> None:
    """Add these commands."""
    payments.add_typer(refund, name="refund")


@refund.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Those that ended, too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False,
) -> None:
    """The refunds that wait for somebody, the oldest first."""
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
    print_list(found, columns, rows, "no refund waits for anybody", json=json)


@refund.command("request")
def request(
    payment: Annotated[int, typer.Argument(help="The payment it came with: see kvitt payments list.")],
    much: Annotated[
        str | None, typer.Option("--amount", help="How much, as 120.50; all that is unused unless given.")
    ] = None,
    because: Because = "paid too much",
) -> None:
    """Ask for money back; it is set aside until somebody decides."""
    with opened() as kvitt, kvitt.database.write() as session:
        one = refunds.request(session, payment, much, because, who(), kvitt.now)
    print_line(f"refund {one.id} over {amount(one.amount, one.currency)} waits for somebody to approve it")


@refund.command("approve")
def approve(number: Number) -> None:
    """Let a refund go; above the policy's amount a second person approves, too."""
    with opened() as kvitt, kvitt.database.write() as session:
        state = refunds.approve(session, kvitt.installation, number, who(), kvitt.now)
    if state is RefundState.APPROVED_ONCE:
        print_line(
            f"refund {number} needs a second person: nothing goes back before somebody else approves it"
        )
    else:
        print_line(
            f"refund {number} may go: pay it with the reference {REFUND_ID}{number}, then say it was sent"
        )


@refund.command("refuse")
def refuse(number: Number, because: Because = "refused") -> None:
    """The money stays a credit."""
    with opened() as kvitt, kvitt.database.write() as session:
        refunds.refuse(session, number, who(), because, kvitt.now)
    print_line(f"refund {number} is refused; the money stays a credit")


@refund.command("sent")
def sent(
    number: Number, reference: Annotated[str, typer.Option(help="What the bank calls it.")] = ""
) -> None:
    """The money has left."""
    with opened() as kvitt, kvitt.database.write() as session:
        refunds.sent(session, kvitt.installation, number, who(), reference, kvitt.now)
    print_line(f"refund {number} is booked")


@refund.command("failed")
def failed(number: Number, because: Because = "it came back") -> None:
    """It could not be sent, or came back: the money is a credit again."""
    with opened() as kvitt, kvitt.database.write() as session:
        refunds.failed(session, kvitt.installation, number, who(), because, kvitt.now)
    print_line(f"refund {number} has failed; the money is a credit again")
