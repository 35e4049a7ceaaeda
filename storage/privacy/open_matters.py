"""What is open about a person: it is settled before they are erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select

from billing.accounts.cases import GRAVEST
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import PlacementState
from billing.bills.bills import BillState
from billing.payers.claims import ClaimState
from billing.payments.refunds import RefundState
from storage import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.privacy.person_rows import PersonRows

_DISPUTES: Final = [
    kind.value for kind in HoldKind if kind.traits.dispute or kind is HoldKind.AID_APPLICATION
]
_PLACED: Final = [state.value for state in PlacementState if state.undecided or state.with_collector]
_CLAIMS: Final = [state.value for state in ClaimState if state.open]
_REFUNDS: Final = [
    RefundState.REQUESTED.value,
    RefundState.APPROVED_ONCE.value,
    RefundState.APPROVED.value,
]
_SENDING: Final = "sending"
_UNISSUED: Final = [BillState.OPEN.value, BillState.PROPOSED.value]


@dataclass(frozen=True, slots=True)
class OpenMatters:
    """What is open about a person, each by the name that commands know it by."""

    owed: tuple[tuple[str | None, int, str], ...] = ()
    """Bill (none for unused money), minor units, currency; negative is owed to them."""
    claims: tuple[str, ...] = ()
    disputes: tuple[int, ...] = ()
    """The numbers of holds: a dispute, an application for help that is not decided."""
    placements: tuple[str, ...] = ()
    refunds: tuple[int, ...] = ()
    chargebacks: tuple[int, ...] = ()
    unissued: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    dangers: tuple[int, ...] = ()
    """Open cases of a person in danger."""
    dependants: tuple[str, ...] = ()
    leaving: tuple[int, ...] = ()
    """Messages that are on their way at this moment, or printed and not posted."""


def find(session: Session, person: PersonRows, now: datetime) -> OpenMatters:
    """What is open about a person now (UTC)."""
    claim, hold, case = tables.Claim, tables.Hold, tables.Escalation
    placement, refund, back = tables.Placement, tables.Refund, tables.Chargeback
    bill, out = tables.Bill, tables.Outbox
    active = or_(hold.until.is_(None), hold.until > now)
    return OpenMatters(
        owed=_owed(session, person),
        claims=tuple(
            session.scalars(
                select(claim.key)
                .where(person.condition("claims"), claim.state.in_(_CLAIMS))
                .order_by(claim.key)
            )
        ),
        disputes=tuple(
            session.scalars(
                select(hold.id)
                .where(person.condition("holds"), hold.kind.in_(_DISPUTES), hold.lifted_at.is_(None), active)
                .order_by(hold.id)
            )
        ),
        placements=tuple(
            session.scalars(
                select(placement.key).where(person.condition("placements"), placement.state.in_(_PLACED))
            )
        ),
        refunds=tuple(
            session.scalars(select(refund.id).where(person.condition("refunds"), refund.state.in_(_REFUNDS)))
        ),
        chargebacks=tuple(
            session.scalars(select(back.id).where(person.condition("chargebacks"), back.closed_at.is_(None)))
        ),
        unissued=tuple(
            session.scalars(
                select(bill.id).where(person.condition("bills"), bill.state.in_(_UNISSUED)).order_by(bill.id)
            )
        ),
        subscriptions=_subscriptions(session, person),
        dangers=tuple(
            session.scalars(
                select(case.id).where(
                    person.condition("escalations"), case.closed_at.is_(None), case.severity == GRAVEST
                )
            )
        ),
        dependants=_dependants(session, person.customer_id),
        leaving=tuple(
            session.scalars(
                select(out.id).where(person.condition("outbox"), out.state == _SENDING).order_by(out.id)
            )
        ),
    )


def _owed(session: Session, person: PersonRows) -> tuple[tuple[str | None, int, str], ...]:
    entry = tables.Entry
    total = func.sum(entry.amount)
    rows = session.execute(
        select(entry.bill_id, total, entry.currency)
        .where(person.condition("entries"))
        .group_by(entry.bill_id, entry.currency)
        .having(total != 0)
        .order_by(entry.bill_id)
    )
    return tuple((bill_id, int(amount), currency) for bill_id, amount, currency in rows)


def _subscriptions(session: Session, person: PersonRows) -> tuple[str, ...]:
    row = tables.Subscription
    query = select(row.id).where(person.condition("subscriptions"), row.next_on.is_not(None))
    return tuple(session.scalars(query.order_by(row.id)))


def _dependants(session: Session, customer_id: str) -> tuple[str, ...]:
    """Who was served for bills that the person answers for, unless they were erased themselves."""
    account, row = tables.Account, tables.Customer
    of_accounts = select(account.customer_id).where(account.guarantor_id == customer_id)
    query = select(row.id).where(
        or_(row.guarantor_id == customer_id, row.id.in_(of_accounts)),
        row.id != customer_id,
        row.erased_at.is_(None),
    )
    return tuple(session.scalars(query.order_by(row.id)))
