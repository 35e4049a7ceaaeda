"""The placement file: the data that a collector needs to validate and collect placed bills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from billing.accounts.concerns import closes, hides_address
from billing.collection import placement
from billing.collection.itemisation import itemise
from billing.dunning.limitation import last_day_to_demand
from handlers import set_aside, snapshot
from storage.bills import bills
from storage.collection import collector_files, placements
from storage.collection.collector_files import CollectorFileLine, FileKind, placed_key
from storage.database.transaction import lock_customers
from storage.dunning import last_contacts
from storage.ledger import accounts, ledger
from storage.people import customers, reachability

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.collection.collectors import Collector
    from billing.ledger.ledger import Entry
    from billing.policy import Policy
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.collection.placements import Placement
    from storage.dunning.last_contacts import Proof
    from storage.ledger.accounts import Account
    from storage.people.customers import Customer

COLUMNS: Final = (
    "placement_key", "account_ref", "bill_ref", "payment_reference", "statement_of_work", "creditor",
    "currency", "balance", "principal", "fees_and_interest", "issued_on", "due_on", "limitation_date",
    "itemisation_date", "itemised_amount", "interest_since", "fees_since", "payments_since", "credits_since",
    "last_contact_message", "last_contact_at", "last_contact_channel", "last_contact_state",
    "no_extraordinary_action_before", "debtor_ref", "name", "birth_date", "address", "postal_code", "city",
    "region", "country", "language", "phones", "emails", "wants_no_messages",
)  # fmt: skip
"""The columns of the file. Amounts are minor units, days ISO 8601, moments UTC."""

MOST: Final = 1000
"""How many bills one file holds: no more than these are locked at once."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The new file's number, the number of its bills, and those left out with the reason."""

    batch_id: int | None
    count: int
    left_out: tuple[tuple[str, str], ...]
    last_id: int
    """Id of the last placement checked; 0 if there was none."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One placement with what its line is made of."""

    placement: Placement
    bill: Bill
    account: Account
    debtor: Customer
    entries: list[Entry]
    limitation: date
    stopped: bool


def export(context: Context, collector: Collector, by: str, after: int = 0) -> Exported:
    """Write the next placed bills that are in no file yet into a new one, with their customers locked.

    A payment, dispute or hold since the approval keeps a bill out of it. Placements up to the id ``after``
    were checked before; a file holds at most :data:`MOST`.
    """
    names = {collector.id, collector.name}
    found = collector_files.not_handed_over(context.session, names, after, MOST)
    ready = list(placements.with_ids(context.session, found).values())
    kept = bills.by_id(context.session, [one.bill_id for one in ready])
    whose = {bill.id: accounts.get(context.session, bill.account_id) for bill in kept.values()}
    guarantors = {account.guarantor_id for account in whose.values() if account}
    # Locked until the file is written: a payment or dispute booked now must either keep the bill out or be
    # reported as a later event.
    lock_customers(context.session, guarantors)
    people = snapshot.load(context, guarantors)
    seen = {
        bill.bill_id: (person, account, bill)
        for person in people
        for account in person.accounts
        for bill in account.bills
    }
    lines, left_out = [], []
    last = last_contacts.last_contacts(context.session, list(kept))
    still = set(collector_files.not_handed_over(context.session, names, after, MOST))
    for one in ready:
        account = whose.get(one.bill_id)
        if account is None or one.id not in still:
            continue  # somebody moved it while we waited
        make = partial(_line, context, collector, one, (kept[one.bill_id], account), seen, last)
        line = set_aside.alone(context, "placement file", one.key, make) or "set_aside"
        if isinstance(line, str):
            left_out.append((one.key, line))
        else:
            lines.append(line)
    batch = None
    if lines:
        batch = collector_files.add(
            context.session, collector.id, FileKind.PLACEMENTS, lines, by, context.now
        )
    return Exported(batch, len(lines), tuple(left_out), max(found, default=0))


def _line(
    context: Context,
    collector: Collector,
    one: Placement,
    whose: tuple[Bill, Account],
    seen: Mapping[str, tuple[PersonSnapshot, AccountSnapshot, BillSnapshot]],
    last: Mapping[str, Proof],
) -> CollectorFileLine | str:
    """The line of one placement, or why it is left out after all."""
    reason = _between(seen.get(one.bill_id), context.policy, context.now)
    if reason:
        return reason
    case = _case(context, one, *whose, seen[one.bill_id])
    row = _row(context, collector, case, last.get(one.bill_id))
    counted = max(entry.id or 0 for entry in case.entries)
    return CollectorFileLine(placed_key(one.key), one.id, row, counted)


def no_extraordinary_action_before(policy: Policy, bill: Bill) -> date | None:
    """Before which day the collector may take no extraordinary collection action.

    A non-profit hospital's agency counts as the hospital: 26 CFR 1.501(r)-6(c).
    """
    days = policy.placement.no_action_before_issued_days
    return bill.issued_on + timedelta(days=days) if days else None


def _between(
    seen: tuple[PersonSnapshot, AccountSnapshot, BillSnapshot] | None, policy: Policy, now: datetime
) -> str:
    """What keeps an approved bill out of the file after all."""
    if seen is None:
        return "paid"
    found = placement.blocker(*seen, policy, now)
    return found.reason if found else ""


def _case(
    context: Context,
    one: Placement,
    bill: Bill,
    account: Account,
    seen: tuple[PersonSnapshot, AccountSnapshot, BillSnapshot],
) -> _Case:
    person, mine, _ = seen
    debtor = customers.find(context.session, account.guarantor_id)
    assert debtor is not None
    rules = context.policy.limitation
    return _Case(
        placement=one,
        bill=bill,
        account=account,
        debtor=debtor,
        entries=ledger.of_bill(context.session, bill.id),
        limitation=last_day_to_demand(rules, bill, mine),
        stopped=person.stopped,
    )


def _row(context: Context, collector: Collector, case: _Case, proof: Proof | None) -> dict[str, Any]:
    bill, terms = case.bill, case.placement.terms
    guarded = no_extraordinary_action_before(context.policy, bill)
    return {
        "placement_key": case.placement.key,
        "account_ref": case.account.id,
        "bill_ref": bill.id,
        "payment_reference": bill.reference,
        "statement_of_work": terms.get("statement_of_work", collector.statement_of_work),
        "creditor": context.creditor.name,
        "currency": bill.currency,
        "issued_on": bill.issued_on.isoformat(),
        "due_on": bill.due_on.isoformat(),
        "limitation_date": case.limitation.isoformat(),
        "no_extraordinary_action_before": guarded.isoformat() if guarded else "",
        "wants_no_messages": "yes" if case.stopped else "no",
        **_amounts(context.installation, case),
        **_proof(proof),
        **_debtor(context.session, case.debtor),
        **_ways(context.session, case.debtor.id),
    }


def _amounts(installation: Installation, case: _Case) -> dict[str, Any]:
    found = itemise(case.entries, case.bill.issued_on, installation.policy.payments.order)
    return {
        "balance": found.balance,
        "principal": found.principal,
        "fees_and_interest": found.extras,
        "itemisation_date": found.since.isoformat(),
        "itemised_amount": found.amount_then,
        "interest_since": found.interest,
        "fees_since": found.fees,
        "payments_since": found.payments,
        "credits_since": found.credits,
    }


def _proof(proof: Proof | None) -> dict[str, Any]:
    return {
        "last_contact_message": proof.message_id if proof else "",
        "last_contact_at": f"{proof.sent_at:%Y-%m-%dT%H:%M:%SZ}" if proof else "",
        "last_contact_channel": proof.channel if proof else "",
        "last_contact_state": proof.state if proof else "none",
    }


def _debtor(session: Session, debtor: Customer) -> dict[str, Any]:
    """The debtor; a protected address is left out."""
    concerns = customers.concerns_of(session, [debtor.id]).get(debtor.id, ())
    secret = hides_address(concerns)
    return {
        "debtor_ref": debtor.id,
        "name": debtor.name,
        "birth_date": debtor.birth_date.isoformat() if debtor.birth_date else "",
        "address": "" if secret else debtor.address,
        "postal_code": "" if secret else debtor.postal_code,
        "city": "" if secret else debtor.city,
        "region": debtor.region,
        "country": debtor.country,
        "language": debtor.language,
    }


def _ways(session: Session, customer_id: str) -> dict[str, Any]:
    """Phone numbers and addresses, without numbers that are unconfirmed or flagged unsafe."""
    concerns = customers.concerns_of(session, [customer_id]).get(customer_id, ())
    phones: dict[str, None] = {}
    emails: dict[str, None] = {}
    for way in reachability.ways(session, [customer_id]).get(customer_id, []):
        reach = way.reach
        if reach.channel.by_phone and not closes(concerns, reach.channel):
            phones[reach.address] = None
        if reach.channel.by_email:
            emails[reach.address] = None
    return {"phones": "; ".join(phones), "emails": "; ".join(emails)}
