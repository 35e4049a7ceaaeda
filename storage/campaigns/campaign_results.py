"""What the members of a campaign's audience did after their turn, read from the ordinary tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Text, cast, exists, func, literal, or_, select

from storage import tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session


@dataclass(frozen=True, slots=True)
class MemberTurn:
    """A campaign member whose turn came, with the outcome of their message, if they got one.

    ``at`` is when it left, else the planned turn: after a pause a message may leave before that.
    """

    customer_id: str
    arm: str
    at: datetime
    state: str
    """The message's state in the outbox; empty for the holdout, who get none."""
    reason: str
    delivered: bool


@dataclass(frozen=True, slots=True)
class CampaignEvent:
    """Something a member did: ``replied``, ``paid``, ``opt_out``, ``dispute`` or ``complaint``."""

    customer_id: str
    what: str
    at: datetime
    amount: int = 0
    currency: str = ""


def turns(session: Session, campaign_id: int) -> list[MemberTurn]:
    """Every campaign member whose turn came."""
    member, out = tables.CampaignMember, tables.Outbox
    rows = session.execute(
        select(member.customer_id, member.arm, _began(), out.state, out.reason, member.delivered_at)
        .outerjoin(out, out.id == member.outbox_id)
        .where(member.campaign_id == campaign_id, member.turn_at.is_not(None))
        .order_by(member.id)
    )
    return [
        MemberTurn(person, arm, at, state or "", reason or "", delivered is not None)
        for person, arm, at, state, reason, delivered in rows
    ]


def events(session: Session, campaign_id: int) -> Iterator[CampaignEvent]:
    """Everything that campaign members did since their turn, in no order."""
    yield from _replies(session, campaign_id)
    yield from _payments(session, campaign_id)
    yield from _stops(session, campaign_id)
    yield from _cases(session, campaign_id)
    yield from _disputes(session, campaign_id)


def _since(campaign_id: int, at: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
    member = tables.CampaignMember
    return (member.campaign_id == campaign_id) & (at >= _began())


def _began() -> ColumnElement[datetime]:
    member, out = tables.CampaignMember, tables.Outbox
    left = select(out.begun_at).where(out.id == member.outbox_id).correlate(member).scalar_subquery()
    return func.coalesce(left, member.turn_at)


def _replies(session: Session, campaign_id: int) -> Iterator[CampaignEvent]:
    member, contact, inbox = tables.CampaignMember, tables.Contact, tables.Inbox
    rows = session.execute(
        select(member.customer_id, inbox.received_at)
        .join(contact, contact.customer_id == member.customer_id)
        .join(inbox, inbox.contact_point_id == contact.contact_point_id)
        .where(_since(campaign_id, inbox.received_at))
    )
    return (CampaignEvent(person, "replied", at) for person, at in rows)


def _payments(session: Session, campaign_id: int) -> Iterator[CampaignEvent]:
    member, account, payment = tables.CampaignMember, tables.Account, tables.Payment
    rows = session.execute(
        select(member.customer_id, payment.received_at, payment.amount, payment.currency)
        .join(account, account.guarantor_id == member.customer_id)
        .join(payment, payment.account_id == account.id)
        .where(_since(campaign_id, payment.received_at), payment.reversed_at.is_(None))
    )
    return (CampaignEvent(person, "paid", at, amount, currency) for person, at, amount, currency in rows)


def _stops(session: Session, campaign_id: int) -> Iterator[CampaignEvent]:
    """Opt-outs, from the audit trail: it also has those that were withdrawn later."""
    member, contact, audit = tables.CampaignMember, tables.Contact, tables.Audit
    subject = literal("contact_point:") + cast(contact.contact_point_id, Text)
    rows = session.execute(
        select(member.customer_id, audit.at)
        .join(contact, contact.customer_id == member.customer_id)
        .join(audit, audit.subject == subject)
        .where(_since(campaign_id, audit.at), audit.action == "stopped")
    )
    return (CampaignEvent(person, "opt_out", at) for person, at in rows)


def _cases(session: Session, campaign_id: int) -> Iterator[CampaignEvent]:
    member, contact, case = tables.CampaignMember, tables.Contact, tables.Escalation
    dependant = select(tables.Customer.guarantor_id).where(tables.Customer.id == case.customer_id)
    theirs = exists().where(
        contact.customer_id == member.customer_id, contact.contact_point_id == case.contact_point_id
    )
    rows = session.execute(
        select(member.customer_id, case.kind, case.opened_at).where(
            _since(campaign_id, case.opened_at),
            case.kind.in_(["dispute", "complaint"]),
            or_(
                case.customer_id == member.customer_id,
                dependant.scalar_subquery() == member.customer_id,
                theirs,
            ),
        )
    )
    return (CampaignEvent(person, kind, at) for person, kind, at in rows)


def _disputes(session: Session, campaign_id: int) -> Iterator[CampaignEvent]:
    """Disputes that a member of staff recorded at the desk."""
    member, hold = tables.CampaignMember, tables.Hold
    rows = session.execute(
        select(member.customer_id, hold.placed_at)
        .join(hold, hold.customer_id == member.customer_id)
        .where(_since(campaign_id, hold.placed_at), hold.kind == "dispute")
    )
    return (CampaignEvent(person, "dispute", at) for person, at in rows)
