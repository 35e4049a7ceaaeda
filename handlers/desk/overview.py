"""Every account on one line: balance, state, level reached, and when it is checked next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.accounts.account_state import status_of
from billing.dunning.blockers import zone_of
from handlers import snapshot
from storage.ledger import accounts, ledger
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from billing.accounts.snapshot import PersonSnapshot
    from handlers.context import Context
    from storage.ledger.accounts import Account

BATCH = 200


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account in the overview.

    ``balance`` is what issued bills leave to pay, in minor units, a credit is negative; ``level`` is the
    highest that arrived.
    """

    customer_id: str
    name: str
    account_id: str
    balance: int
    currency: str
    state: str
    level: int
    holds: tuple[str, ...]
    next_action_at: datetime | None


def lines(context: Context) -> Iterator[AccountLine]:
    """The overview: a line for every account, grouped by guarantor and then ordered by customer id."""
    for people in accounts.people(context.session, BATCH):
        kept = accounts.answered_by(context.session, people)
        names = customers.by_id(context.session, [account.customer_id for account in kept])
        owed = ledger.balances(context.session, [account.id for account in kept])
        seen = {one.person_id: one for one in snapshot.load(context, people)}
        for account in sorted(kept, key=lambda account: account.customer_id):
            name = names[account.customer_id].name
            yield _line(account, name, owed[account.id], seen[account.guarantor_id], context.now)


def _line(account: Account, name: str, balance: int, person: PersonSnapshot, now: datetime) -> AccountLine:
    mine = next(one for one in person.accounts if one.account_id == account.id)
    status = status_of(person, mine, balance, now, zone_of(person))
    return AccountLine(
        customer_id=account.customer_id,
        name=name,
        account_id=account.id,
        balance=balance,
        currency=account.currency,
        state=status.state.value,
        level=max((bill.heard for bill in mine.bills), default=0),
        holds=tuple(kind.value for kind in status.holds),
        next_action_at=account.next_action_at,
    )
