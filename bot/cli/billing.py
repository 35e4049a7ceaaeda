"""kvitt billing: finished accounts become bills, with numbers, days and proof of sending."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from billing.accounts.channels import Channel
from billing.bills.billing_run import RunReason, RunVerdict
from bot.cli import recurring
from bot.cli.opened import opened
from bot.cli.output import amount, print_json, print_line, print_list, print_table, progress
from bot.cli.papers import payer_invoice
from handlers.bills import bill_links, invoices
from handlers.issuing import billing_runs as desk
from handlers.payers import opening
from storage.bills import bill_sendings, billing_runs

if TYPE_CHECKING:
    from storage.bills.billing_runs import BillingRun, RunBill

billing = typer.Typer(help="Bills: propose, review, approve, issue, send.", no_args_is_help=True)

RunId = Annotated[int, typer.Argument(metavar="RUN", help="The run's number.")]
BillId = Annotated[str, typer.Argument(metavar="BILL", help="The bill's id or number.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt billing``."""
    billing.command("payer-invoice")(payer_invoice)
    recurring.add_to(billing)
    app.add_typer(billing, name="billing")


@billing.command("propose")
def propose(json: Json = False) -> None:
    """Check every bill not issued yet: which are complete, and why the others are not."""
    with opened() as kvitt:
        by = kvitt.sign_in()
        opening.run(kvitt.database, kvitt.installation, kvitt.clock)
        with kvitt.database.write() as session:
            run_id = desk.propose(kvitt.context(session), by)
        with kvitt.database.read() as session:
            run, found = desk.show(session, run_id)
    _show(run, found, json=json)


@billing.command("show")
def show(run_id: RunId, json: Json = False) -> None:
    """Show one run: each bill, what happens to it, and why it is left out or closed."""
    with opened() as kvitt, kvitt.database.read() as session:
        run, found = desk.show(session, run_id)
    _show(run, found, json=json)


@billing.command("list")
def list_(json: Json = False) -> None:
    """List the latest billing runs, the newest first."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = [(run, billing_runs.counts(session, run.id)) for run in billing_runs.runs(session)]
    rows = (
        (
            run.id,
            run.state.value,
            *(counts[verdict] for verdict in RunVerdict),
            run.created_at,
            run.approved_by,
            run.issued_on,
        )
        for run, counts in found
    )
    columns = ("run", "state", "bills", "closed", "left", "proposed", "approved by", "issued on")
    as_json = (
        _run(run) | {verdict.value: count for verdict, count in counts.items()} for run, counts in found
    )
    print_list(as_json, columns, rows, "no billing run was proposed yet: kvitt billing propose", json=json)


@billing.command("take-out")
def take_out(
    run_id: RunId,
    bill_ids: Annotated[list[str], typer.Argument(metavar="BILL", help="The bills to leave out.")],
    reason: Annotated[str, typer.Option(help="The reason; it is saved with the run.")] = "",
) -> None:
    """Take bills out of a proposed run; the next run considers them again."""
    with opened() as kvitt, kvitt.database.write() as session:
        desk.take_out(kvitt.context(session), run_id, bill_ids, reason, kvitt.who(session))
    print_line(f"billing run {run_id}: {', '.join(bill_ids)} taken out")


@billing.command("withdraw")
def withdraw(run_id: RunId) -> None:
    """Withdraw a proposed run: its bills are open again."""
    with opened() as kvitt, kvitt.database.write() as session:
        count = desk.withdraw(kvitt.context(session), run_id, kvitt.who(session))
    print_line(f"billing run {run_id} is withdrawn: {count} bill{'s' if count != 1 else ''} open again")


@billing.command("approve")
def approve(run_id: RunId) -> None:
    """Approve a proposed run: its bills get their numbers, issue dates and due dates, and are sent."""
    with opened() as kvitt:
        with kvitt.database.write() as session:
            desk.approve(kvitt.context(session), run_id, kvitt.who(session))
        with kvitt.database.read() as session:
            total = billing_runs.counts(session, run_id)[RunVerdict.BILL]
        with progress() as bar:
            count = desk.issue(
                kvitt.database,
                kvitt.installation,
                run_id,
                kvitt.clock,
                lambda done: bar("bills", done, total),
            )
    print_line(f"billing run {run_id}: {count} bill{'s' if count != 1 else ''} issued")
    if count:
        print_line(
            "what goes by letter waits for kvitt letters batch; everything else leaves with kvitt serve"
        )


@billing.command("resume")
def resume() -> None:
    """Finish approved billing runs that were interrupted; kvitt serve does this by itself."""
    with opened() as kvitt:
        with kvitt.database.read() as session:
            waiting = desk.unfinished(session)
        for run_id in waiting:
            count = desk.issue(kvitt.database, kvitt.installation, run_id, kvitt.clock)
            print_line(f"billing run {run_id}: {count} more bill{'s' if count != 1 else ''} issued")
    if not waiting:
        print_line("every approved run is issued")


@billing.command("sent")
def sent(bill_id: BillId, json: Json = False) -> None:
    """Show the proof of sending: every attempt to deliver a bill, with its result."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = bill_sendings.of_bill(session, invoices.named(session, bill_id).id)
    rows = (
        (one.number, one.way.value, one.state.value, one.queued_at, one.sent_at, one.outbox_id, one.reference)
        for one in found
    )
    columns = ("try", "way", "state", "queued", "sent", "message", "reference")
    as_json = (
        {
            "bill_id": one.bill_id,
            "number": one.number,
            "way": one.way.value,
            "state": one.state.value,
            "queued_at": one.queued_at,
            "sent_at": one.sent_at,
            "message": one.outbox_id,
            "reference": one.reference,
            "reason": one.reason,
        }
        for one in found
    )
    print_list(as_json, columns, rows, f"bill {bill_id} was not sent by us", json=json)


@billing.command("send")
def send(bill_id: BillId) -> None:
    """Send an issued bill through a channel that was not tried yet."""
    with opened() as kvitt, kvitt.database.write() as session:
        way = desk.send_again(kvitt.context(session), bill_id, kvitt.who(session))
    print_line(
        f"bill {bill_id}: queued by {way.value}" if way else f"bill {bill_id}: no way is left to send it by"
    )


@billing.command("way")
def way(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer.")],
    channel: Annotated[Channel, typer.Argument(help="The channel the customer chose.")],
) -> None:
    """Set the channel by which a customer gets bills."""
    with opened() as kvitt, kvitt.database.write() as session:
        desk.choose_way(kvitt.context(session), customer_id, channel, kvitt.who(session))
    print_line(f"{customer_id}: bills go by {channel.value}, where that can be used")


@billing.command("unlink")
def unlink(bill_id: BillId) -> None:
    """Disable every link to a bill's page."""
    with opened() as kvitt, kvitt.database.write() as session:
        count = bill_links.unlink(kvitt.context(session), bill_id, kvitt.who(session))
    print_line(f"bill {bill_id}: {count} link{'s' if count != 1 else ''} closed")


def _show(run: BillingRun, found: list[RunBill], *, json: bool) -> None:
    if json:
        print_json(_run(run))
        for one in found:
            print_json(_bill(one))
        return
    print_line(f"billing run {run.id}: {run.state.value}")
    rows = [
        (
            one.bill_id,
            _DOES[one.verdict],
            amount(one.amount, one.currency),
            one.way,
            " ".join(part for part in (one.reason.replace("_", " "), one.detail) if part) or None,
        )
        for one in found
    ]
    print_table(("bill", "what", "amount", "way", "why"), rows, "it looked at no bill")
    if any(one.reason == RunReason.NO_WAY for one in found):
        print_line(
            "no way to send it: none that the customer gave is set up here; kvitt doctor says which are"
        )
    sums = Counter[str]()
    for one in found:
        if one.verdict is RunVerdict.BILL:
            sums[one.currency] += one.amount
    for currency, minor in sorted(sums.items()):
        print_line(f"to bill: {amount(minor, currency)}")


_DOES = {RunVerdict.BILL: "bill", RunVerdict.CLOSE: "close", RunVerdict.LEAVE: "leave"}


def _run(run: BillingRun) -> dict[str, object]:
    return {
        "run": run.id,
        "state": run.state.value,
        "created_at": run.created_at,
        "created_by": run.created_by,
        "approved_by": run.approved_by,
        "issued_on": run.issued_on,
    }


def _bill(one: RunBill) -> dict[str, object]:
    return {
        "bill_id": one.bill_id,
        "verdict": one.verdict.value,
        "reason": one.reason,
        "detail": one.detail,
        "amount": one.amount,
        "currency": one.currency,
        "way": one.way,
    }
