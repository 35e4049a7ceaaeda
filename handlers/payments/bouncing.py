"""The fee for a bounced payment, where the policy names one with its legal authority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.channels import TO_ANY_LETTERBOX
from billing.dunning.blockers import small_sum
from billing.dunning.fees import Occasion, fee_due
from billing.ledger.ledger import Entry, EntryKind
from handlers.dunning import frozen
from storage.bills import bills
from storage.ledger import ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from handlers.context import Context
    from storage.payments.payments import Payment


def charge(context: Context, payment: Payment, bill_ids: Sequence[str | None], day: date) -> None:
    """Book the fee on the first bill that the payment had settled, once a payment; none over a small rest."""
    fee_id = context.policy.payments.bounce_fee
    listed = context.policy.fee(fee_id) if fee_id else None
    bill = next((bills.find(context.session, one) for one in bill_ids if one), None)
    if listed is None or bill is None:
        return
    channel = listed.channels[0] if listed.channels else TO_ANY_LETTERBOX
    rests = frozen.days(context, bill)
    occasion = Occasion(channel, day, bill.currency, fee_agreed=bill.fee_agreed, complete=False, frozen=rests)
    entries = ledger.of_bill(context.session, bill.id)
    small = sum(entry.amount.minor for entry in entries) < small_sum(context.policy, bill.currency)
    fee = None if small else fee_due(context.policy, fee_id, occasion, entries)
    if fee:
        entry = Entry(
            account_id=bill.account_id,
            kind=EntryKind.FEE,
            amount=fee,
            booked_on=day,
            source=f"bounce_fee:{payment.id}",
            bill_id=bill.id,
            rule=listed.authority,
        )
        ledger.append(context.session, [entry], context.now)
