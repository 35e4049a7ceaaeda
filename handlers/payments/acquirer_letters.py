"""Chargebacks that the acquirer announces by letter: a rep records the start and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from billing.ledger.money import Money
from billing.refusals import Refusal
from handlers import rights
from handlers.dunning.reschedule import answering_for
from handlers.payments.chargebacks import close, open_
from handlers.payments.refunds import NoSuchPayment
from storage.database.transaction import lock_customers
from storage.ledger import accounts
from storage.payments import chargebacks, payments

if TYPE_CHECKING:
    from handlers.context import Context
    from storage.payments.chargebacks import Chargeback
    from storage.payments.payments import Payment

LETTER: Final = "letter"
"""Source of chargebacks recorded by a rep; with the acquirer's case number it is a unique key."""


class TooMuchChargedBack(Refusal):
    """The chargeback is larger than what is left of the payment."""

    def __init__(self, payment: Payment, asked: Money, left: Money) -> None:
        super().__init__(
            f"payment {payment.id}: {asked.plain()} {asked.currency} is to be charged back, but "
            f"{left.plain()} of it is left to argue about: see kvitt payments chargebacks"
        )


class ChargebackKnown(Refusal):
    """A chargeback with the case number of the acquirer's letter is recorded already."""

    def __init__(self, number: str) -> None:
        super().__init__(
            f"--reference {number}: a chargeback of this number is recorded already, open or decided"
        )


class NoCaseNumber(Refusal):
    """The acquirer's case number is missing, by which a chargeback counts once."""

    def __init__(self) -> None:
        super().__init__(
            "--reference is empty: write the case number that is printed on the acquirer's letter"
        )


class NotArguedAbout(Refusal):
    """No open chargeback has this number, for the acquirer to decide."""

    def __init__(self, number: int) -> None:
        super().__init__(f"no chargeback {number} is open: see kvitt payments chargebacks")


def begun(
    context: Context, payment_id: int, number: str, amount: str | None, reason: str, by: str
) -> Chargeback:
    """Record that the acquirer took back what is left of a payment, or ``amount`` (a plain decimal).

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchPayment: it is not booked on an account, or was taken back.
        NoCaseNumber: the acquirer's case number is missing.
        ChargebackKnown: it was recorded before.
        TooMuchChargedBack: less of the payment is left.
    """
    by = rights.check(context.session, by, Right.WORK)
    payment = payments.get(context.session, payment_id)
    account = accounts.get(context.session, payment.account_id) if payment and payment.account_id else None
    if payment is None or account is None:
        raise NoSuchPayment(payment_id)
    if not number.strip():
        raise NoCaseNumber
    lock_customers(context.session, answering_for(context.session, [account.customer_id]))
    payment = payments.get(context.session, payment_id)
    if payment is None or payment.reversed_at:
        raise NoSuchPayment(payment_id)
    # Computed under the lock: two reps may record letters about one payment at the same time.
    left = payment.amount - chargebacks.taken(context.session, payment_id)
    asked = Money.typed(amount, payment.currency).minor if amount is not None else left
    if chargebacks.find(context.session, LETTER, number.strip()):
        raise ChargebackKnown(number)
    if not 0 < asked <= left:
        raise TooMuchChargedBack(payment, Money(asked, payment.currency), Money(left, payment.currency))
    whole = Money(asked, payment.currency)
    if not open_(context, payment, LETTER, number.strip(), whole, reason, by=by):
        raise ChargebackKnown(number)
    found = chargebacks.find(context.session, LETTER, number.strip())
    assert found is not None
    return found


def decided(context: Context, chargeback_id: int, by: str, *, won: bool) -> None:
    """Record the acquirer's decision on a chargeback: ``won`` books the money again, lost leaves it owed.

    Raises:
        rights.NotAllowed: the user may only look.
        NotArguedAbout: no open chargeback has this number.
    """
    by = rights.check(context.session, by, Right.WORK)
    one = chargebacks.get(context.session, chargeback_id)
    if one is None or not close(context, one.source, one.source_id, won=won, by=by):
        raise NotArguedAbout(chargeback_id)
