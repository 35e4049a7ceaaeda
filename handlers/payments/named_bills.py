"""The bill that a text names, in whatever spelling, by two statements however much may be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.bills.mentions import mentions
from storage.bills import bills
from storage.ledger import ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from billing.bills.mentions import Mention
    from storage.bills.bills import Bill


def named(session: Session, text: str, amount: int | None = None) -> list[Bill]:
    """The bills that a text names.

    A whole text counts before its parts, a longer part before those in it, and parts without a space before
    those with one. A short number counts where the payment's ``amount`` (minor units) is that of its bill.
    """
    found = mentions(text)
    spelled = bills.spelled(session, {one.key for one in found if one.key})
    numbered = bills.by_numbers(session, {one.number for one in found if one.number is not None})
    taken: list[tuple[Mention, list[Bill]]] = []
    for one in sorted(found, key=_rank):
        known = _exactly(spelled.get(one.key, []), text[one.start : one.end])
        if one.number is not None and one.number in numbered:
            known = [numbered[one.number]]
        if not one.sure and amount is not None:
            known = [bill for bill in known if _is_of(session, bill, amount)]
        if not known or any(one.start < other.end and other.start < one.end for other, _ in taken):
            continue
        taken.append((one, known))
    return list({bill.id: bill for _, known in taken for bill in known}.values())


def any_named(session: Session, texts: Sequence[Iterable[str]]) -> list[bool]:
    """Whether any of each group of texts may name a bill; False is certain. Two statements for all."""
    found = [[one for text in group for one in mentions(text)] for group in texts]
    known = bills.any_spelled(session, {one.key for group in found for one in group if one.key})
    numbers = {one.number for group in found for one in group if one.number is not None}
    numbered = bills.by_numbers(session, numbers)
    return [any(one.key in known or one.number in numbered for one in group) for group in found]


def _rank(one: Mention) -> tuple[bool, bool, int, int]:
    return not one.sure, one.loose, one.start - one.end, one.start


def _exactly(known: list[Bill], written: str) -> list[Bill]:
    """Of bills that are spelled alike, the one that is spelled just so."""
    exact = [bill for bill in known if written.strip() in {bill.id, bill.invoice_number}]
    return exact or known


def _is_of(session: Session, bill: Bill, amount: int) -> bool:
    owed = ledger.owed_by_bill(session, [bill.account_id])[bill.account_id]
    return amount in {bill.amount, owed.get(bill.id)}
