"""The days on which a moratorium lets no fee and no interest accrue on a bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.holds import HoldKind
from billing.calendar import local_day
from storage.dunning import holds
from storage.ledger import accounts

if TYPE_CHECKING:
    from datetime import date

    from handlers.context import Context
    from storage.bills.bills import Bill

_FREEZING = [kind for kind in HoldKind if kind.traits.freezes]


def days(context: Context, bill: Bill) -> tuple[tuple[date, date], ...]:
    """The first and last day of each moratorium that covers or covered a bill, local to the creditor.

    One of the guarantor covers the accounts of whom they answer for.
    """
    account = accounts.get(context.session, bill.account_id)
    assert account is not None
    zone = context.creditor.zone
    kept = holds.of_kinds(context.session, {account.customer_id, account.guarantor_id}, _FREEZING)
    return tuple(
        (local_day(one.placed_at, zone), local_day(one.lifted_at or context.now, zone))
        for one in kept
        if one.hold.covers(account.id, bill.id)
    )
