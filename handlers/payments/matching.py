"""Finds the account and bill of a payment by its references.

Amount and payer's name only give candidates for a rep: two customers may owe the same amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, utils

from billing.bills.mentions import mentions
from billing.card_numbers import masked
from handlers.payments import named_bills
from storage.bills import bills
from storage.bills.references import issued
from storage.ledger import accounts, ledger
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from billing.ledger.money import Money
    from storage.bills.bills import Bill
    from storage.ledger.accounts import Account
    from storage.payments.payments import Payment

_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class MatchCandidate:
    """A customer who owes exactly this amount; ``score`` is the similarity of the names, 0 to 100."""

    customer_id: str
    name: str
    bill_id: str | None
    score: int


def whose(
    session: Session, reference: str, currency: str, amount: int | None = None
) -> tuple[Account | None, Bill | None]:
    """The account and bill of a reference: a bill's id or number, a payment reference, a customer's id.

    Bills are found in any spelling, and inside other words. (None, None) if nothing fits, if it names bills
    of two accounts, or if the account is in another currency. ``amount`` in minor units.
    """
    name = reference.strip()
    bill = bills.called(session, name) if name else None
    if bill is None and (account := accounts.get(session, name) or accounts.of_customer(session, name)):
        return _in_currency(account, None, currency)
    return _one(session, [bill] if bill else named_bills.named(session, name, amount), currency)


def find_owner(
    session: Session, references: Iterable[str], text: str, amount: Money
) -> tuple[Account | None, Bill | None]:
    """The account and bill of a bank's references, or else of what the payer wrote.

    A text that names bills of two accounts is ambiguous and gives (None, None).
    """
    for reference in references:
        account, bill = whose(session, reference, amount.currency, amount.minor)
        if account:
            return account, bill
    return _one(session, named_bills.named(session, text, amount.minor), amount.currency)


def owners(
    session: Session, payments: Sequence[tuple[Sequence[str], str, Money]]
) -> list[tuple[Account | None, Bill | None]]:
    """The result of :func:`find_owner` for each payment, given by references, text and amount.

    Payments whose first reference is a bill's payment reference, which most are, share three statements.
    """
    firsts = [references[0].strip() if references else "" for references, _, _ in payments]
    called = bills.any_called(session, {name for name in firsts if name})
    called |= accounts.any_called(session, {name for name in firsts if name})
    numbers = [_only_number(name) if name and name not in called else None for name in firsts]
    known = bills.by_numbers(session, {number for number in numbers if number is not None})
    theirs = accounts.by_id(session, {bill.account_id for bill in known.values()})
    found = []
    for number, (references, text, amount) in zip(numbers, payments, strict=True):
        bill = known.get(number) if number is not None else None
        account = theirs.get(bill.account_id) if bill else None
        quick = account is not None and account.currency == amount.currency
        found.append((account, bill) if quick else find_owner(session, references, text, amount))
    return found


def is_foreign_card(session: Session, reference: str) -> bool:
    """Whether a payment's reference is the number of a payment card, and none that we issued."""
    return masked(reference, issued(session)) != reference


def may_be_named(session: Session, payments: Sequence[tuple[Iterable[str], str]]) -> list[bool]:
    """Whether each payment may have an owner, by its references and text; False is certain, True is not.

    A few statements for all of them; those with True are then looked up by :func:`find_owner`.
    """
    names = [{name.strip() for name in references} for references, _ in payments]
    known = bills.any_called(session, {name for one in names for name in one})
    known |= accounts.any_called(session, {name for one in names for name in one})
    spelled = named_bills.any_named(session, [(*references, text) for references, text in payments])
    return [may or not known.isdisjoint(mine) for may, mine in zip(spelled, names, strict=True)]


def candidates(session: Session, payment: Payment) -> list[MatchCandidate]:
    """Customers a payment may match: up to five who owe exactly the amount, the most similar name first."""
    owing: dict[str, str | None] = dict.fromkeys(
        ledger.owing_together(session, payment.amount, payment.currency)
    )
    owing |= dict(ledger.owing_just(session, payment.amount, payment.currency))
    found = []
    for account_id, bill_id in owing.items():
        account = accounts.get(session, account_id)
        if account is None or account.currency != payment.currency:
            continue
        people = customers.by_id(session, {account.customer_id, account.guarantor_id})
        score = max((_alike(payment.payer or payment.text, one.name) for one in people.values()), default=0)
        found.append(MatchCandidate(account.customer_id, people[account.customer_id].name, bill_id, score))
    return sorted(found, key=lambda one: (-one.score, one.customer_id))[:_MOST]


def _only_number(reference: str) -> int | None:
    """The running number of the bill that a whole reference is the payment reference of."""
    whole = (one for one in mentions(reference) if one.end - one.start == len(reference) and not one.key)
    return next((one.number for one in whole), None)


def _one(session: Session, found: Sequence[Bill], currency: str) -> tuple[Account | None, Bill | None]:
    """The account and bill, where bills of one account are named."""
    if len({bill.account_id for bill in found}) != 1:
        return None, None
    return _in_currency(accounts.get(session, found[0].account_id), found[0], currency)


def _in_currency(
    account: Account | None, bill: Bill | None, currency: str
) -> tuple[Account | None, Bill | None]:
    if account is None or account.currency != currency:
        return None, None
    return account, bill


def _alike(one: str, other: str) -> int:
    return round(fuzz.token_set_ratio(one, other, processor=utils.default_process)) if one else 0
