"""Lists of payments for the desk: what each settled, unmatched ones, chargebacks, old credits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.ledger.money import Money
from billing.ledger.payment_use import places
from billing.ledger.settlement import settle_bill
from handlers.desk.holding import of_customer as registered
from storage.ledger import accounts, ledger
from storage.payments import chargebacks, payments
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.ledger.settlement import Settlement, Split
    from handlers.context import Context
    from storage.payments.chargebacks import Chargeback
    from storage.payments.payments import Payment


@dataclass(frozen=True, slots=True)
class OnBill:
    """What a payment settled on one bill, in minor units."""

    bill_id: str
    principal: int
    interest: int
    fees: int
    unused: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A payment with what it settled, and its unused ``credit``; minor units."""

    payment: Payment
    bills: tuple[OnBill, ...]
    credit: int

    @property
    def words(self) -> str:
        """What it settled, as one line of text."""
        currency = self.payment.currency
        parts = [
            f"{one.bill_id}: " + ", ".join(_shown(one, currency)) for one in self.bills if any(_amounts(one))
        ]
        if self.credit:
            parts.append(f"credit {Money(self.credit, currency).plain()}")
        return "; ".join(parts) or "-"


@dataclass(frozen=True, slots=True)
class Credit:
    """A customer's unused money in the payments list; ``amount`` in minor units, booked on ``since``."""

    customer_id: str
    name: str
    account_id: str
    amount: int
    currency: str
    since: date


def of_customer(context: Context, customer_id: str) -> list[Explained]:
    """The payments of a customer, the newest first, each with what it settled, computed from the entries.

    Raises:
        NothingToHold: no customer has this id.
    """
    registered(context.session, customer_id)
    account = accounts.of_customer(context.session, customer_id)
    if account is None:
        return []
    mine = payments.every_of(context.session, account.id)
    bill_ids = {entry.bill_id for entry in ledger.of_account(context.session, account.id) if entry.bill_id}
    order = context.policy.payments.order
    unfolded = {
        bill_id: settle_bill(entries, order)
        for bill_id, entries in ledger.of_bills(context.session, bill_ids).items()
    }
    return [_explained(context.session, payment, unfolded) for payment in mine]


def unmatched(session: Session) -> list[Payment]:
    """Payments without an owner, the oldest first."""
    return payments.unmatched(session)


def charged_back(session: Session) -> list[Chargeback]:
    """Open chargebacks of payments, the oldest first."""
    return chargebacks.opened(session)


def old_credits(session: Session, until: date) -> list[Credit]:
    """Customers' credits from payments, unused since ``until`` or longer, the oldest first."""
    found = []
    for account_id, amount, since in ledger.unused(session):
        account = accounts.get(session, account_id)
        assert account is not None
        if since <= until:
            person = customers.by_id(session, [account.customer_id])[account.customer_id]
            found.append(
                Credit(account.customer_id, person.name, account_id, amount, account.currency, since)
            )
    return found


def _explained(session: Session, payment: Payment, unfolded: Mapping[str, Settlement]) -> Explained:
    sums: dict[str, list[tuple[Split, int]]] = {}
    for bill_id, settlement in unfolded.items():
        for line in settlement.payments:
            if line.entry.payment_id == payment.id:
                sums.setdefault(bill_id, []).append((line.parts, line.unused))
    bills = tuple(
        OnBill(
            bill_id,
            principal=sum(parts.principal for parts, _ in found),
            interest=sum(parts.interest for parts, _ in found),
            fees=sum(parts.costs for parts, _ in found),
            unused=sum(unused for _, unused in found),
        )
        for bill_id, found in sums.items()
    )
    entries = ledger.of_payment(session, payment.id)
    credit = sum(place.amount for place in places(entries) if place.bill_id is None)
    return Explained(payment, bills, credit)


def _amounts(one: OnBill) -> tuple[int, int, int, int]:
    return one.principal, one.interest, one.fees, one.unused


def _shown(one: OnBill, currency: str) -> list[str]:
    names = ("principal", "interest", "fees", "too much")
    return [
        f"{name} {Money(minor, currency).plain()}"
        for name, minor in zip(names, _amounts(one), strict=True)
        if minor
    ]
