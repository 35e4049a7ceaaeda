"""Bills and their lines: registered and booked once; a file never changes a bill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from billing.bills.bills import BillState
from billing.calendar import refuse_far
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.refusals import Refusal
from handlers.import_results import ImportChange, UnknownBill
from handlers.ledger import unused_money
from handlers.registered import registered
from storage.bills import acceptances, bills, open_items
from storage.bills.bills import Bill
from storage.ledger import accounts, ledger
from storage.payers import coverages, unclaimed_bills

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.bills.bills import Charge


class OtherCurrency(Refusal):
    """A bill is in another currency than its account."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"currency: found {found}, but this account is kept in {expected}")


class BillDiffers(Refusal):
    """A bill of this id is registered with other figures."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(
            f"bill_id: {bill_id!r} is registered with other figures, and a file changes no bill: issue a new "
            "one, or use kvitt bills credit and kvitt bills move"
        )


class ChargeDiffers(Refusal):
    """A line of a bill is registered under this id with other figures."""

    def __init__(self, charge_id: str) -> None:
        super().__init__(
            f"charge_id: {charge_id!r} is registered with other figures; give this one an id of its own"
        )


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill to register.

    ``total`` is what the services cost, ``covered`` what each payer took over of it, both in minor
    units; the difference is what the bill asks for.
    """

    id: str
    customer_id: str
    issued_on: date
    due_on: date
    currency: str
    total: int
    covered: tuple[tuple[str, int], ...] = ()
    description: str = ""
    sent_on: date | None = None
    fee_agreed: bool = False
    estimate: int | None = None
    state: BillState = BillState.ISSUED
    """``open`` for one that the billing run is to issue."""
    ledger: str = ""
    """The ledger kept elsewhere whose lists of open items it follows."""

    @property
    def amount(self) -> int:
        """What is left to the customer, in minor units."""
        return self.total - sum(amount for _, amount in self.covered)


def add_bill(context: Context, row: BillRow) -> ImportChange:
    """Register a bill and book it: the charge, and what payers took over.

    Raises:
        UnknownCustomer: no customer has this id.
        OtherCurrency: the customer's account is kept in another currency.
        BillDiffers: the bill is registered with other figures.
        DayFar: it is issued or due on a day with which no deadline could be counted.
    """
    refuse_far("issued_on", row.issued_on, context.now.date())
    refuse_far("due_on", row.due_on, context.now.date())
    customer = registered(context.session, row.customer_id, "customer_id")
    known = bills.find(context.session, row.id)
    if known:
        mine = accounts.of_customer(context.session, customer.id)
        _same_or_refuse(context.session, known, row, mine.id if mine else "")
        if row.ledger:
            open_items.follow(context.session, [known.id], row.ledger)
        return ImportChange.SAME
    account = accounts.open_account(
        context.session, customer.id, customer.guarantor_id or customer.id, row.currency
    )
    if account.currency != row.currency:
        raise OtherCurrency(row.currency, account.currency)
    bill = Bill(
        id=row.id,
        account_id=account.id,
        issued_on=row.issued_on,
        due_on=row.due_on,
        currency=row.currency,
        amount=row.amount,
        description=row.description,
        sent_on=row.sent_on,
        fee_agreed=row.fee_agreed
        or acceptances.fee_before(context.session, account.guarantor_id, row.issued_on),
        estimate=row.estimate,
        state=row.state,
    )
    bills.add(context.session, bill)
    if row.ledger:
        open_items.follow(context.session, [bill.id], row.ledger)
    payers = (
        coverages.payers(context.session, [payer_id for payer_id, _ in row.covered]) if row.covered else ()
    )
    ledger.append(context.session, _entries(row, account.id, payers), context.now)
    unused_money.use(context, account.id, account.currency, row.issued_on)
    if row.state is BillState.OPEN:
        unclaimed_bills.add(context.session, [row.id])
    return ImportChange.NEW


def currencies(session: Session, bill_ids: Collection[str]) -> dict[str, str]:
    """The currency of each of these bills that is registered."""
    return {bill.id: bill.currency for bill in bills.by_id(session, bill_ids).values()}


def add_charges(session: Session, charges: Sequence[Charge]) -> list[ImportChange | Refusal]:
    """Register lines of bills; for each what it did, or why it was refused."""
    billed = bills.by_id(session, {charge.bill_id for charge in charges})
    known = bills.charges_by_id(session, {charge.id for charge in charges})
    done: list[ImportChange | Refusal] = []
    for charge in charges:
        before = known.setdefault(charge.id, charge)
        if charge.bill_id not in billed:
            done.append(UnknownBill(charge.bill_id, "bill_id"))
        elif before is charge:
            done.append(ImportChange.NEW)
        else:
            done.append(
                ImportChange.SAME
                if before == replace(charge, position=before.position)
                else ChargeDiffers(charge.id)
            )
    new = [charge for charge, change in zip(charges, done, strict=True) if change is ImportChange.NEW]
    bills.add_charges(session, new)
    loose = {one.bill_id for one in new if billed[one.bill_id].state is not BillState.ISSUED}
    unclaimed_bills.add(session, loose)
    _unagreed(session, new)
    return done


def _unagreed(session: Session, charges: Sequence[Charge]) -> None:
    """A service that is older than what the customer accepted: no fee was agreed when the debt arose."""
    for bill in bills.by_id(session, {charge.bill_id for charge in charges}).values():
        days = [charge.service_on for charge in charges if charge.bill_id == bill.id]
        owner = accounts.get(session, bill.account_id) if bill.fee_agreed else None
        accepted = acceptances.of_customer(session, owner.guarantor_id) if owner else []
        if any(one.fee for one in accepted) and not any(
            one.fee and one.accepted_at.date() < min(days) for one in accepted
        ):
            bills.agree_to_no_fee(session, bill.id)


def agreed_days(session: Session, bill: Bill) -> int | None:
    """Days to pay a bill, as its guarantor last agreed before the first service; None if never agreed.

    Terms accepted later do not bind: a fee must be agreed no later than the debt arose (1981:739, 2 §).
    """
    owner = accounts.get(session, bill.account_id)
    assert owner is not None
    days = [charge.service_on for charge in bills.charges_of(session, bill.id)]
    known = acceptances.before(session, owner.guarantor_id, min(days, default=bill.issued_on))
    return next((one.days for one in reversed(known) if one.days is not None), None)


def _same_or_refuse(session: Session, known: Bill, row: BillRow, account_id: str) -> None:
    """Days and amount of a bill that came in open are the billing run's: what it is of stays."""
    same = (account_id, row.currency) == (known.account_id, known.currency)
    if row.state is BillState.OPEN:
        entries = ledger.of_bill(session, known.id)
        same &= row.total == sum(one.amount.minor for one in entries if one.kind is EntryKind.CHARGE)
    else:
        given = (row.issued_on, row.due_on, row.amount)
        same &= given == (known.issued_on, known.due_on, known.amount)
    if not same:
        raise BillDiffers(row.id)


def _entries(row: BillRow, account_id: str, payers: Collection[str]) -> list[Entry]:
    """What the services cost, and what each payer took over; ``payers`` are those that are registered."""
    charged = Entry(
        account_id=account_id,
        kind=EntryKind.CHARGE,
        amount=Money(row.total, row.currency),
        booked_on=row.issued_on,
        source=f"bill:{row.id}",
        bill_id=row.id,
    )
    covered = [
        replace(
            charged,
            kind=EntryKind.PAYER,
            amount=Money(-amount, row.currency),
            source=f"bill:{row.id}:payer:{payer_id}",
            payer_id=payer_id if payer_id in payers else None,
        )
        for payer_id, amount in row.covered
        if amount
    ]
    return [charged, *covered]
