"""kvitt payments: incoming payments, matching them to bills, refunds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import bank_accounts, refunds
from bot.cli import chargebacks as by_letter
from bot.cli.claim_files import answers_import
from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import (
    amount,
    end_with_nothing,
    print_json,
    print_line,
    print_list,
    print_rejects,
    progress,
)
from bot.cli.whole_numbers import LONGEST_DAYS
from bot.importing.bank_files import READERS, import_bank_file
from bot.importing.payments_file import import_payments
from handlers.payments import corrections, matching, payments_list

if TYPE_CHECKING:
    from handlers.payments.matching import MatchCandidate

payments = typer.Typer(help="Incoming payments, matching and refunds.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Number = Annotated[
    int, typer.Argument(metavar="PAYMENT", help="The payment's number: see kvitt payments list.")
]
To = Annotated[
    str, typer.Option("--to", help="A customer, a bill, an invoice number or a payment reference.")
]
Reason = Annotated[str, typer.Option("--reason", help="The reason, for the audit trail.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt payments``."""
    app.add_typer(payments, name="payments")
    refunds.add_to(payments)
    by_letter.add_to(payments)
    bank_accounts.add_to(payments)


@payments.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="payments.csv, a camt.053, camt.054 or MT940, a remittance.")],
    file_format: Annotated[str, typer.Option("--format", help="csv, camt, mt940 or x835.")] = "csv",
    partial: Annotated[
        bool, typer.Option("--partial", help="Book what is complete in a file whose totals do not add up.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Import payments and match them to bills; unmatched ones wait for the desk.

    Ends with 1 where every one was set aside.
    """
    if file_format == "x835":
        answers_import(file, file_format, partial=partial, json=json)
        return
    if file_format != "csv" and file_format not in READERS:
        raise typer.BadParameter(f"--format {file_format}: write csv, camt, mt940 or x835")
    with opened() as kvitt, progress() as show:
        if file_format == "csv":
            found = import_payments(kvitt.database, kvitt.installation, file, kvitt.clock, show)
        else:
            found = import_bank_file(
                kvitt.database,
                kvitt.installation,
                file,
                kvitt.who_if_anybody(),
                kvitt.clock,
                show,
                kind=file_format,
                anyway=partial,
            )
    counts = {
        "booked": found.booked,
        "unmatched": found.unmatched,
        "duplicates": found.duplicates,
        "rejected": found.rejected,
    }
    if file_format in READERS:
        counts["returned"] = found.returned
    if json:
        print_json({**counts, "rejects": found.lines, "notes": found.notes})
    else:
        print_line(", ".join(f"{name} {count}" for name, count in counts.items()))
        print_rejects(found.lines, found.notes)
    end_with_nothing("booked", found.rejected, found.taken, json=json)


@payments.command("list")
def list_(
    customer: Annotated[str, typer.Argument(help="Whose payments.")],
    json: Json = False,
) -> None:
    """List a customer's payments, the newest first, and what each settled."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = payments_list.of_customer(kvitt.context(session), customer)
    rows = (
        (
            one.payment.id,
            one.payment.paid_on,
            amount(one.payment.amount, one.payment.currency),
            one.payment.source,
            one.payment.reference or "-",
            "taken back" if one.payment.reversed_at else one.words,
        )
        for one in found
    )
    columns = ("payment", "paid", "amount", "source", "reference", "settled")
    print_list(found, columns, rows, "no payment is booked", json=json)


@payments.command("unmatched")
def unmatched(json: Json = False) -> None:
    """List unmatched payments, each with the likely payers; a person decides."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = [(one, matching.candidates(session, one)) for one in payments_list.unmatched(session)]
    rows = (
        (
            one.id,
            one.paid_on,
            amount(one.amount, one.currency),
            one.reference or one.text or "-",
            one.payer or "-",
            ", ".join(_candidate(candidate) for candidate in candidates) or "-",
        )
        for one, candidates in found
    )
    columns = ("payment", "paid", "amount", "reference", "payer", "may be")
    as_json = (
        {**record(one), "candidates": [record(candidate) for candidate in candidates]}
        for one, candidates in found
    )
    print_list(as_json, columns, rows, "every payment has found its account", json=json)


@payments.command("assign")
def assign(payment: Number, to: To) -> None:
    """Book an unmatched payment on the account, bill or customer it belongs to."""
    with opened() as kvitt, kvitt.database.write() as session:
        account = corrections.assign(kvitt.context(session), payment, to, kvitt.who(session))
    print_line(f"payment {payment} is booked on account {account.id}")


@payments.command("move")
def move(payment: Number, to: To, reason: Reason = "booked on the wrong account") -> None:
    """Move a payment that was booked on the wrong account or bill."""
    with opened() as kvitt, kvitt.database.write() as session:
        account = corrections.move(kvitt.context(session), payment, to, kvitt.who(session), reason)
    print_line(f"payment {payment} is booked on account {account.id}")


@payments.command("bounce")
def bounce(payment: Number, reason: Reason = "the bank sent it back") -> None:
    """Reverse a payment that bounced: its bills are owed again, and the customer is notified once."""
    with opened() as kvitt, kvitt.database.write() as session:
        corrections.bounce(kvitt.context(session), payment, kvitt.who(session), reason)
    print_line(f"payment {payment} is taken back; what it had settled is owed again")


@payments.command("write-off")
def write_off(
    bill: Annotated[str, typer.Argument(help="The bill to write off.")], reason: Reason = "given up"
) -> None:
    """Write off what is left of a bill after its payments."""
    with opened() as kvitt, kvitt.database.write() as session:
        given_up = corrections.write_off(kvitt.context(session), bill, kvitt.who(session), reason)
    print_line(f"bill {bill}: {given_up.plain()} {given_up.currency} is written off")


@payments.command("credits")
def credits_(
    older: Annotated[
        int | None,
        typer.Option(
            "--older-than", min=0, max=LONGEST_DAYS, help="Days; the policy's credit_days unless given."
        ),
    ] = None,
    use: Annotated[str, typer.Option(help="Use this customer's credit on their open bills.")] = "",
    json: Json = False,
) -> None:
    """List old credits (payments that no bill has used), the oldest first: they are the customers' money."""
    if use:
        with opened() as kvitt, kvitt.database.write() as session:
            used = corrections.use_credit(kvitt.context(session), use, kvitt.who(session))
        print_line(f"{used.plain()} {used.currency} of credit was used on open bills")
        return
    with opened() as kvitt, kvitt.database.read() as session:
        days = kvitt.installation.policy.payments.credit_days if older is None else older
        until = kvitt.today - timedelta(days=days)
        found = payments_list.old_credits(session, until)
    rows = ((one.customer_id, one.name, amount(one.amount, one.currency), one.since) for one in found)
    columns = ("customer", "name", "amount", "since")
    print_list(found, columns, rows, f"no credit is older than {days} days", json=json)


@payments.command("chargebacks")
def chargebacks(json: Json = False) -> None:
    """List chargebacks: payments disputed through the payer's bank; their bills are on hold."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = payments_list.charged_back(session)
    rows = (
        (one.id, one.payment_id, amount(one.amount, one.currency), one.reason or "-", one.source_id)
        for one in found
    )
    columns = ("chargeback", "payment", "amount", "reason", "theirs")
    print_list(found, columns, rows, "no chargeback is open", json=json)


@payments.command("sweep")
def sweep() -> None:
    """Write off small remainders of bills after their payments, up to the policy's small_balance."""
    with opened() as kvitt:
        count = corrections.sweep(kvitt.database, kvitt.installation, kvitt.clock)
    print_line(f"{count} small balances were written off")


def _candidate(one: MatchCandidate) -> str:
    about = f" (bill {one.bill_id})" if one.bill_id else ""
    return f"{one.customer_id} {one.name}{about}, name {one.score} %"
