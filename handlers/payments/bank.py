"""Payments from bank files: each is booked once, whichever files report it and in any order.

The same payment may be in camt.054, camt.053 and MT940. It is recognised by marks: strong ones are ids of
the bank, a plain one is made of day, amount and reference and numbered among equals. Over two formats, whose
marks differ, :mod:`handlers.payments.other_format` looks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.payments.bank import REFUND_ID, Movement, is_strong
from billing.refusals import Refusal
from billing.whole_numbers import whole_number
from handlers.dunning.reschedule import answering_for
from handlers.payments import matching, other_format, payments, refunds
from handlers.payments.payments import PaymentOutcome, PaymentRow
from storage.database import advisory_locks
from storage.database.advisory_locks import AdvisoryLock
from storage.database.transaction import lock_customers
from storage.payments import bank_files
from storage.payments import payments as kept_payments
from storage.payments.bank_files import BankLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.payments.bank import BankTransaction, Marks
    from handlers.context import Context
    from storage.payments.payments import Payment


class NothingToTakeBack(Refusal):
    """A bank returns a payment that is not booked here, or was returned before."""

    def __init__(self) -> None:
        super().__init__("reference: no payment of this amount is booked that it could take back; look it up")


@dataclass(frozen=True, slots=True)
class BankLineResult:
    """The result of one transaction; ``fate`` as in :class:`storage.payments.bank_files.BankLine`."""

    fate: str
    payment_id: int | None = None
    reason: str = ""


def open_file(context: Context, digest: str, name: str, kind: str, by: str) -> int:
    """Insert a bank file by its digest; returns its id."""
    return bank_files.add(context.session, digest, name, kind, by, context.now)


def read_before(session: Session, digest: str) -> datetime | None:
    """When the bank file with this digest was read first (UTC); None for a new one."""
    return bank_files.read_before(session, digest)


def save_bank_lines(
    session: Session, file_id: int, booked: Iterable[tuple[BankTransaction, BankLineResult]]
) -> None:
    """Insert each line of a file with its result, for the tie-out of the day."""
    lines = [
        BankLine(
            one.position,
            one.booked_on,
            one.amount.minor if one.movement in _IN else -one.amount.minor,
            one.amount.currency,
            taken.fate,
            taken.reason,
            taken.payment_id,
        )
        for one, taken in booked
    ]
    bank_files.add_lines(session, file_id, lines)


_IN = frozenset({Movement.CREDIT, Movement.CREDIT_RETURN})


def take_quickly(
    context: Context, transactions: Sequence[tuple[BankTransaction, Marks]]
) -> list[BankLineResult | None]:
    """Results of the simple bank transactions of many; None where :func:`take` must decide one by one.

    Simple are debits, payments booked already, and new ones without any reference of ours. They take a few
    statements together instead of a transaction each, which is what makes a large file fast.
    """
    advisory_locks.hold(context.session, AdvisoryLock.BANK_FILE)
    asked = [set(_asked(marks)) for _, marks in transactions]
    known = kept_payments.known_by(context.session, set().union(*asked))
    elsewhere = other_format.possible(context.session, [one for one, _ in transactions])
    owned = {
        one
        for one, kept in kept_payments.with_ids(context.session, set(known.values())).items()
        if kept.account_id
    }
    named = matching.may_be_named(context.session, [(one.references, one.text) for one, _ in transactions])
    taken: list[BankLineResult | None] = []
    fresh: list[int] = []
    ours = set[str]()
    for number, (one, marks) in enumerate(transactions):
        before = _same(known, marks)
        if one.movement is Movement.DEBIT:
            taken.append(BankLineResult("ignored", reason="money that left"))
        elif one.movement is Movement.CREDIT and before and (before in owned or not named[number]):
            taken.append(BankLineResult("duplicate", before))
        elif (
            one.movement is Movement.CREDIT
            and not named[number]
            and not elsewhere[number]
            and asked[number].isdisjoint({*known, *ours})
        ):
            fresh.append(number)
            ours |= {*asked[number], *marks.wholes}
            taken.append(BankLineResult(PaymentOutcome.UNMATCHED.value))
        else:
            taken.append(None)
    for number, payment_id in zip(
        fresh, _keep_for_the_desk(context, [transactions[n] for n in fresh]), strict=True
    ):
        taken[number] = BankLineResult(PaymentOutcome.UNMATCHED.value, payment_id)
    return taken


def take_together(
    context: Context, transactions: Sequence[tuple[BankTransaction, Marks]]
) -> list[BankLineResult | None]:
    """Book the new payments among these together; None where :func:`take` must decide, after this commits.

    New is a credit none of whose marks is known, neither from before nor from another of these.

    Raises:
        billing.refusals.Refusal: one of them cannot be booked; then none is.
    """
    advisory_locks.hold(context.session, AdvisoryLock.BANK_FILE)
    asked = [set(_asked(marks)) for _, marks in transactions]
    known = kept_payments.known_by(context.session, set().union(*asked))
    elsewhere = other_format.possible(context.session, [one for one, _ in transactions])
    fresh: list[int] = []
    ours = set[str]()
    for number, (one, marks) in enumerate(transactions):
        new = asked[number].isdisjoint(known) and asked[number].isdisjoint(ours)
        if one.movement is Movement.CREDIT and new and not elsewhere[number]:
            fresh.append(number)
        ours |= {*asked[number], *marks.wholes}
    booked = payments.book_all(context, [_row(*transactions[number]) for number in fresh])
    taken: list[BankLineResult | None] = [None] * len(transactions)
    carried: list[tuple[int, str]] = []
    for number, (fate, payment_id) in zip(fresh, booked, strict=True):
        taken[number] = BankLineResult(fate.value, payment_id)
        marks = transactions[number][1]
        carried += [(payment_id, mark) for mark in _carried(marks, marks.plain_number)]
    kept_payments.mark_all(context.session, carried)
    return taken


def _same(known: Mapping[str, int], marks: Marks) -> int | None:
    """The one payment that a transaction certainly is; None where :func:`take` must decide.

    All strong marks lead to that payment, or there are none and the plain mark does.
    """
    found = {known.get(mark) for mark in marks.strong or (marks.plain_mark(marks.plain_number),)}
    return next(iter(found)) if len(found) == 1 else None


def _keep_for_the_desk(context: Context, transactions: Sequence[tuple[BankTransaction, Marks]]) -> list[int]:
    """Insert new payments without an owner; returns their ids."""
    rows = [_row(one, marks) for one, marks in transactions]
    ids = kept_payments.save_payments(context.session, [payments.nobodys(row) for row in rows], context.now)
    carried = [
        (payment_id, mark)
        for payment_id, (_, marks) in zip(ids, transactions, strict=True)
        for mark in _carried(marks, marks.plain_number)
    ]
    kept_payments.mark_all(context.session, carried)
    return ids


def take(context: Context, one: BankTransaction, marks: Marks) -> BankLineResult:
    """Book one bank transaction, or recognise it as known.

    Raises:
        NothingToTakeBack: it returns a payment that is not booked.
        billing.refusals.Refusal: it cannot be booked.
    """
    advisory_locks.hold(context.session, AdvisoryLock.BANK_FILE)
    match one.movement:
        case Movement.DEBIT:
            return BankLineResult("ignored", reason="money that left")
        case Movement.RETURN:
            return _returned(context, one, marks)
        case Movement.CREDIT_RETURN:
            came_back = _refund_came_back(context, one)
            if came_back:
                return came_back
    return _credit(context, one, marks)


def _credit(context: Context, one: BankTransaction, marks: Marks) -> BankLineResult:
    found = kept_payments.known_by(context.session, _asked(marks))
    known = _known(context.session, marks, found)
    known = known or other_format.same(context.session, one)
    if known:
        return _again(context, one, known, marks)
    if one.part:
        # An earlier file had the batch entry, this one has its details: never both may count.
        whole = _whole(context.session, marks, found) or other_format.whole(context.session, one)
        if whole and whole.account_id:
            return BankLineResult("duplicate", whole.id, "its entry was booked as a whole")
        if whole:
            kept_payments.mark_reversed(context.session, whole.id, context.now)
    booked, payment_id = payments.book_numbered(context, _row(one, marks))
    _mark(context.session, payment_id, marks, free=marks.plain_mark(marks.plain_number) not in found)
    return BankLineResult(booked.value, payment_id)


def _asked(marks: Marks) -> list[str]:
    """Every mark the payment may be known by, on its own or as part of a batch entry."""
    plain = marks.plain_mark(marks.plain_number)
    return [*marks.strong, plain, *marks.parts, *_as_wholes(marks)]


def _as_wholes(marks: Marks) -> list[str]:
    return [mark.replace(":part:", ":whole:", 1) for mark in marks.parts]


def _known(session: Session, marks: Marks, found: Mapping[str, int]) -> Payment | None:
    """The payment of these marks: by the bank's ids, or by the plain mark where one side has no ids.

    Two payments of equal amount and reference on one day are told apart by ids only, so ids go first.
    """
    plain = marks.plain_mark(marks.plain_number)
    for mark in marks.strong:
        if mark in found:
            return kept_payments.get(session, found[mark])
    if plain in found:
        named = any(is_strong(mark) for mark in kept_payments.marks_of(session, found[plain]))
        if not (named and marks.strong):
            return kept_payments.get(session, found[plain])
    whole = next((found[mark] for mark in marks.parts if mark in found and marks.wholes), None)
    return kept_payments.get(session, whole) if whole else None


def _whole(session: Session, marks: Marks, found: Mapping[str, int]) -> Payment | None:
    """The payment inserted for the whole batch entry, before its details came."""
    known = next((found[mark] for mark in _as_wholes(marks) if mark in found), None)
    whole = kept_payments.get(session, known) if known else None
    return whole if whole and whole.reversed_at is None else None


def _again(context: Context, one: BankTransaction, known: Payment, marks: Marks) -> BankLineResult:
    """A known payment: add its new marks; if it has no owner yet, this file's references may name one."""
    _mark(context.session, known.id, marks)
    if known.account_id is None and known.reversed_at is None and known.amount == one.amount.minor:
        account, bill = payments.find_owner(context.session, _row(one, marks))
        if account:
            lock_customers(context.session, answering_for(context.session, [account.customer_id]))
            # Only if it still has no owner: a rep may have assigned it while we waited for the lock.
            if kept_payments.give(context.session, known.id, account.id, None):
                payments.book_on_account(context, account, bill, known.owned_by(account.id))
                return BankLineResult(
                    PaymentOutcome.BOOKED.value, known.id, "its reference came with this file"
                )
    return BankLineResult("duplicate", known.id)


def _mark(session: Session, payment_id: int, marks: Marks, *, free: bool = False) -> None:
    """Insert every mark; the plain one with the first free number."""
    number = marks.plain_number
    known = {} if free else kept_payments.known_by(session, [marks.plain_mark(number)])
    while known and known[marks.plain_mark(number)] != payment_id:
        number += 1
        known = kept_payments.known_by(session, [marks.plain_mark(number)])
    kept_payments.mark(session, payment_id, _carried(marks, number))


def _carried(marks: Marks, number: int) -> list[str]:
    """Every mark that is stored with a payment."""
    mine = (*marks.strong, marks.plain_mark(number), *marks.wholes, *marks.ids)
    return [*mine, *([] if marks.wholes else marks.parts)]


def _row(one: BankTransaction, marks: Marks) -> PaymentRow:
    return PaymentRow(
        source=one.kind,
        id=_id(marks),
        reference=one.reference,
        amount=one.amount,
        paid_on=one.booked_on,
        method="bank",
        payer=one.payer,
        text=one.text,
        references=one.references[1:],
    )


def _id(marks: Marks) -> str:
    """Source id of a payment: the bank's own id if it gives one, else the plain mark."""
    return marks.strong[0] if marks.strong else marks.plain_mark(marks.plain_number)


def _returned(context: Context, one: BankTransaction, marks: Marks) -> BankLineResult:
    mine = [*marks.strong, marks.plain_mark(marks.plain_number)]
    known = kept_payments.known_by(context.session, mine)
    if known:
        return BankLineResult("duplicate", next(iter(known.values())))
    before = other_format.same_return(context.session, one)
    if before is not None:
        kept_payments.mark(context.session, before, mine)
        return BankLineResult("duplicate", before)
    payment = _undone(context.session, one)
    if payment is None:
        raise NothingToTakeBack
    if payment.account_id:
        payments.take_back(context, payment.source, payment.source_id, bounced=True)
    else:
        kept_payments.mark_reversed(context.session, payment.id, context.now)
    kept_payments.mark(context.session, payment.id, mine)
    return BankLineResult("returned", payment.id, one.reason)


def _undone(session: Session, one: BankTransaction) -> Payment | None:
    """The payment that a return is about: by the bank's ids, else by reference and amount."""
    about = f"{one.account}:{one.amount.currency}"
    names = [f"id:{about}:{name}:{one.amount.minor}" for name in (*one.undoes, *one.own_ids)]
    found = kept_payments.known_by(session, names)
    known: Sequence[Payment | None] = [
        kept_payments.get(session, found[name]) for name in names if name in found
    ]
    for reference in one.references:
        known = [
            *known,
            *kept_payments.with_reference(session, reference, one.amount.minor, one.amount.currency),
        ]
    return next((payment for payment in known if payment and payment.reversed_at is None), None)


def _refund_came_back(context: Context, one: BankTransaction) -> BankLineResult | None:
    for name in (*one.undoes, *one.own_ids):
        number = whole_number(name.removeprefix(REFUND_ID)) if name.startswith(REFUND_ID) else None
        if number is not None:
            refund = refunds.came_back(context, number, one.amount, one.reason)
            if refund:
                return BankLineResult("returned", refund.payment_id, f"refund {refund.id} came back")
    return None
