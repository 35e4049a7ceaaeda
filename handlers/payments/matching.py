"""Finds the account and bill of a payment by its references.

Amount and payer's name only give candidates for a rep: two customers may owe the same amount.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, utils
from stdnum import iso11649

from billing.bills.reference_numbers import bill_number_of, is_reference
from billing.card_numbers import masked
from storage.bills import bills
from storage.bills.references import issued
from storage.ledger import accounts, ledger
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from storage.bills.bills import Bill
    from storage.ledger.accounts import Account
    from storage.payments.payments import Payment

_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_RUN: Final = re.compile(r"(?<!\d)\d(?:[ \-]?\d){7,24}(?!\d)", re.ASCII)
"""A number as people write it, with single spaces or dashes between digits (8 to 25 digits)."""
_WORD: Final = re.compile(r"[\w/.\-]*\d[\w/.\-]*")
_SHORTEST_NAME: Final = 5
"""Shorter words of a free text are not looked up: a short number is mostly a date, a floor, an age."""
_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class MatchCandidate:
    """A customer who owes exactly this amount; ``score`` is the similarity of the names, 0 to 100."""

    customer_id: str
    name: str
    bill_id: str | None
    score: int


def whose(session: Session, reference: str, currency: str) -> tuple[Account | None, Bill | None]:
    """The account and bill of a reference: a bill's id or number, a payment reference, a customer's id.

    (None, None) if nothing fits, or the account is in another currency.
    """
    named = reference.strip()
    bill = _bill(session, named)
    account = accounts.get(session, bill.account_id if bill else named)
    account = account or accounts.of_customer(session, named)
    return _in_currency(account, bill, currency)


def find_owner(
    session: Session, references: Iterable[str], text: str, currency: str
) -> tuple[Account | None, Bill | None]:
    """The account and bill of a bank's references, or else of a number in the payer's own text.

    A text that names bills of two accounts is ambiguous and gives (None, None).
    """
    for reference in references:
        account, bill = whose(session, reference, currency)
        if account:
            return account, bill
    found = {bill.id: bill for word in _words(text) if (bill := _bill(session, word))}
    if len({bill.account_id for bill in found.values()}) != 1:
        return None, None
    bill = next(iter(found.values()))
    return _in_currency(accounts.get(session, bill.account_id), bill, currency)


def owners(
    session: Session, payments: Sequence[tuple[Sequence[str], str, str]]
) -> list[tuple[Account | None, Bill | None]]:
    """The result of :func:`find_owner` for each payment, given by references, text and currency.

    Payments whose first reference is a bill's payment reference, which most are, share three statements.
    """
    firsts = [references[0].strip() if references else "" for references, _, _ in payments]
    called = bills.any_called(session, {name for name in firsts if name})
    digits = [_reference_digits(name) if name and name not in called else "" for name in firsts]
    numbers = {number for one in digits if (number := bill_number_of(one)) is not None}
    known = {one.reference: one for one in bills.by_numbers(session, numbers).values()}
    theirs = accounts.by_id(session, {known[one].account_id for one in digits if one in known})
    found = []
    for one, (references, text, currency) in zip(digits, payments, strict=True):
        bill = known.get(one) if one else None
        account = theirs.get(bill.account_id) if bill else None
        quick = account is not None and account.currency == currency
        found.append((account, bill) if quick else find_owner(session, references, text, currency))
    return found


def is_foreign_card(session: Session, reference: str) -> bool:
    """Whether a payment's reference is the number of a payment card, and none that we issued."""
    return masked(reference, issued(session)) != reference


def may_be_named(session: Session, payments: Sequence[tuple[Iterable[str], str]]) -> list[bool]:
    """Whether each payment may have an owner, by its references and text; False is certain, True is not.

    Two statements for all of them; those with True are then looked up by :func:`find_owner`.
    """
    names = [{name.strip() for name in (*references, *_words(text))} for references, text in payments]
    known = bills.any_called(session, {name for one in names for name in one})
    known |= accounts.any_called(session, {name for one in names for name in one})
    return [any(name in known or _looks_right(name) for name in one) for one in names]


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


def _bill(session: Session, named: str) -> Bill | None:
    if not named:
        return None
    return bills.called(session, named) or _by_payment_reference(session, named)


def _by_payment_reference(session: Session, named: str) -> Bill | None:
    """The bill of an OCR number, alone or inside a creditor reference (ISO 11649)."""
    digits = _reference_digits(named)
    number = bill_number_of(digits)
    found = None if number is None else bills.by_number(session, number)
    return found if found and found.reference == digits else None


def _reference_digits(named: str) -> str:
    """The digits of an OCR number, alone or inside a creditor reference (ISO 11649); else empty."""
    plain = iso11649.compact(named)
    if iso11649.is_valid(plain):
        named = plain[4:]
    return "".join(_DIGITS.findall(named)) if is_reference(named) else ""


def _looks_right(name: str) -> bool:
    """Whether a text has the form of a payment reference, alone or inside a creditor reference."""
    plain = iso11649.compact(name)
    return is_reference(name) or bool(iso11649.is_valid(plain))


def _words(text: str) -> Iterator[str]:
    if text.strip():
        yield text.strip()
    yield from _RUN.findall(text)
    yield from (word for word in _WORD.findall(text) if len(word) >= _SHORTEST_NAME)


def _in_currency(
    account: Account | None, bill: Bill | None, currency: str
) -> tuple[Account | None, Bill | None]:
    if account is None or account.currency != currency:
        return None, None
    return account, bill


def _alike(one: str, other: str) -> int:
    return round(fuzz.token_set_ratio(one, other, processor=utils.default_process)) if one else 0
