"""The same payment in a camt and in an MT940 of the same days, which give it other ids.

What both say is account, day and amount. Of payments that are alike in these, each may be one of the other
format once; ids, the bill, the reference and the payer tell which, and say where two are not the same.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, utils

from billing.bills.mentions import key_of
from billing.payments.bank import CAMT, MT940, Movement, alike
from handlers.payments import matching
from storage.payments import bank_files, payments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.payments.bank import BankTransaction
    from storage.payments.payments import Payment

_OTHER: Final = {CAMT: MT940, MT940: CAMT}
_ID, _OWNER, _REFERENCE, _NAME = 100, 50, 20, 10
"""How much a thing says that two have in common: more than all below it together."""
_SAME_NAME: Final = 60
"""From this similarity on (0 to 100) two banks' spellings of a payer are one name."""


def possible(session: Session, transactions: Sequence[BankTransaction]) -> list[bool]:
    """Whether each may be known from a file of the other format, in a few statements; False is certain."""
    if not transactions or not payments.any_of_source(session, _OTHER[transactions[0].kind]):
        return [False] * len(transactions)
    days = {day for one in transactions for day in _days(one)}
    found = payments.of_source(session, _OTHER[transactions[0].kind], days)
    sums = {(one.paid_on, one.amount) for one in found}
    totals = set()
    if transactions[0].kind == MT940:
        of = payments.marks_by_payment(session, [one.id for one in found])
        totals = {(one.paid_on, total) for one in found for total in _totals(of[one.id])}
    return [
        any(
            (day, amount) in sums or (day, amount) in totals
            for day in _days(one)
            for amount in (one.amount.minor, one.entry_total)
        )
        for one in transactions
    ]


def same(session: Session, one: BankTransaction) -> Payment | None:
    """The payment that a credit is, as a file of the other format had it."""
    if one.part and one.entry_total != one.amount.minor:
        return None
    best: tuple[int, int, Payment] | None = None
    for payment, marks in _unclaimed(session, one):
        if payment.amount == one.amount.minor and not _is_detail(payment, marks):
            score = _score(session, one, payment, marks)
            if score is not None and (best is None or (-score, payment.id) < best[:2]):
                best = -score, payment.id, payment
    return best[2] if best else _batch(session, one)


def whole(session: Session, one: BankTransaction) -> Payment | None:
    """The payment that an MT940 file had for the whole entry that this is a detail of."""
    if one.kind != CAMT or not one.part or one.entry_total == one.amount.minor:
        return None
    found = (payment for payment, _ in _unclaimed(session, one) if payment.amount == one.entry_total)
    return next((payment for payment in found if payment.reversed_at is None), None)


def same_return(session: Session, one: BankTransaction) -> int | None:
    """The payment that a return took back already, as a file of the other format had it."""
    mine = f"{Movement.RETURN.value}:{alike(one.kind)}:"
    for day in _days(one):
        back = bank_files.returned_on(session, _OTHER[one.kind], day, one.amount.minor, one.amount.currency)
        marks = payments.marks_by_payment(session, back)
        about = f":{one.account}:{one.amount.currency}:"
        for payment_id in back:
            if any(about in mark for mark in marks[payment_id]) and not _has(marks[payment_id], mine):
                return payment_id
    return None


def _batch(session: Session, one: BankTransaction) -> Payment | None:
    """A payment of the camt entry whose details come to this MT940 credit."""
    if one.kind != MT940:
        return None
    batches: dict[str, list[Payment]] = defaultdict(list)
    for payment, marks in _of_other(session, one):
        for mark in marks:
            if (
                ":part:" in mark
                and mark.endswith(f":{one.amount.minor}")
                and payment.amount != one.amount.minor
            ):
                batches[mark.partition(":part:")[2]].append(payment)
    claimed = _claimed(one)
    for members in batches.values():
        theirs = payments.marks_by_payment(session, [payment.id for payment in members])
        if not any(_has(mine, claimed) for mine in theirs.values()):
            return members[0]
    return None


def _of_other(session: Session, one: BankTransaction) -> list[tuple[Payment, set[str]]]:
    """Payments of its days and account that the other format reported first, with their marks."""
    found = payments.of_source(session, _OTHER[one.kind], _days(one), one.amount.currency)
    marks = payments.marks_by_payment(session, [payment.id for payment in found])
    here = _plain(one, _OTHER[one.kind])
    return [(payment, marks[payment.id]) for payment in found if _has(marks[payment.id], here)]


def _unclaimed(session: Session, one: BankTransaction) -> list[tuple[Payment, set[str]]]:
    """Those of them that no file of its own format has reported yet."""
    claimed = _claimed(one)
    return [(payment, marks) for payment, marks in _of_other(session, one) if not _has(marks, claimed)]


def _score(session: Session, one: BankTransaction, payment: Payment, marks: set[str]) -> int | None:
    """How much says that they are the same; None where something says that they are not."""
    ids = {f"id:{one.account}:{one.amount.currency}:{name}:{one.amount.minor}" for name in _ids(one)}
    if ids & marks:
        return _ID
    theirs = _own_id(marks, _plain(one, _OTHER[one.kind]))
    if theirs and one.own_ids:
        return None
    score = 0
    account, _ = matching.find_owner(session, one.references, one.text, one.amount)
    if account and payment.account_id:
        if account.id != payment.account_id:
            return None
        score += _OWNER
    score += _REFERENCE if _same_reference(one, payment) else 0
    if one.payer and payment.payer:
        names = fuzz.token_set_ratio(one.payer, payment.payer, processor=utils.default_process)
        if names < _SAME_NAME and not score:
            return None
        score += _NAME if names >= _SAME_NAME else 0
    return score


def _same_reference(one: BankTransaction, payment: Payment) -> bool:
    mine, theirs = key_of(one.reference), key_of(payment.reference)
    if mine and theirs:
        return mine == theirs
    return bool((theirs and theirs in key_of(one.text)) or (mine and mine in key_of(payment.text)))


def _ids(one: BankTransaction) -> tuple[str, ...]:
    return (*one.own_ids, *one.bank_ids)


def _own_id(marks: set[str], plain: str) -> str:
    """The payer's own id in a plain mark, behind amount and day."""
    mine = next((mark for mark in marks if mark.startswith(plain)), "")
    return mine.removeprefix(plain).split(":")[2] if mine else ""


def _plain(one: BankTransaction, kind: str) -> str:
    return f"{one.movement.value}:{alike(kind)}:{one.account}:{one.amount.currency}:"


def _claimed(one: BankTransaction) -> str:
    return _plain(one, one.kind)


def _has(marks: set[str], beginning: str) -> bool:
    return any(mark.startswith(beginning) for mark in marks)


def _days(one: BankTransaction) -> tuple[date, ...]:
    return (one.booked_on, *one.other_days)


def _is_detail(payment: Payment, marks: set[str]) -> bool:
    """Whether it is one of several details of an entry, which the other format has as a whole."""
    totals = _totals(marks)
    return bool(totals) and payment.amount not in totals


def _totals(marks: set[str]) -> set[int]:
    return {int(mark.rpartition(":")[2]) for mark in marks if ":part:" in mark}
