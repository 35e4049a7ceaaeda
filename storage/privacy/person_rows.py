"""The rows of one person in every table: found by the columns that the declaration names."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, false, or_, select

from billing.accounts.channels import STAFF_CHAT
from storage import tables
from storage.database.id_lists import one_of
from storage.privacy.declaration import leads_to, rules, table_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Column, Table
    from sqlalchemy.orm import Session

_REPLY: Final = "reply:"


@dataclass(frozen=True, slots=True)
class PersonRows:
    """A person, and the rows that no column leads to.

    ``points`` are the contact points that reach nobody else now; ``shared`` those that reach others too.
    """

    customer_id: str
    points: frozenset[int] = frozenset()
    shared: frozenset[int] = frozenset()
    inbox: frozenset[int] = frozenset()
    outbox: frozenset[int] = frozenset()
    subjects: frozenset[str] = field(default=frozenset(), repr=False)

    def condition(self, name: str) -> ColumnElement[bool]:
        """Which rows of a table are the person's."""
        table = table_of(name)
        ids = {"contact_points": self.points, "inbox": self.inbox, "outbox": self.outbox}.get(name)
        if ids is not None:
            return one_of(table.c.id, ids)
        match name:
            case "customers":
                return table.c.id == self.customer_id
            case "audit":
                return one_of(table.c.subject, self.subjects)
            case "forgotten" | "retained":
                return self._of_texts(table)
        return self._by_columns(table)

    def _of_texts(self, table: Table) -> ColumnElement[bool]:
        """What is noted about texts, by the table and id of each."""
        cases = select(table_of("escalations").c.id).where(self.condition("escalations"))
        return or_(
            and_(table.c.kind == "inbox", one_of(table.c.row_id, self.inbox)),
            and_(table.c.kind == "outbox", one_of(table.c.row_id, self.outbox)),
            and_(table.c.kind == "escalations", table.c.row_id.in_(cases)),
        )

    def _by_columns(self, table: Table) -> ColumnElement[bool]:
        """The first column that is not empty says whose a row is."""
        found: list[ColumnElement[bool]] = []
        before: list[ColumnElement[bool]] = []
        for name in rules()[table.name].whose:
            column = table.c[name]
            found.append(and_(*before, self._leads_here(column)))
            before.append(column.is_(None))
        return or_(*found) if found else false()

    def _leads_here(self, column: Column[Any]) -> ColumnElement[bool]:
        other = leads_to(column)
        if other is None:
            raise LookupError(f"{column} leads to no table")
        if other == "customers":
            return column == self.customer_id
        key = next(iter(table_of(other).primary_key))
        return column.in_(select(key).where(self.condition(other)))


def find(session: Session, customer_id: str) -> PersonRows:
    """Everything that is a person's, as it is now."""
    points, shared = _points(session, customer_id)
    cases = _cases(session, PersonRows(customer_id, points, shared))
    inbox = _inbox(session, customer_id, points, shared) | _staff_texts(session, cases)
    person = PersonRows(
        customer_id, points, shared, inbox, frozenset(_outbox(session, customer_id, points, inbox))
    )
    return PersonRows(
        customer_id, points, shared, person.inbox, person.outbox, frozenset(_subjects(session, person))
    )


def _points(session: Session, customer_id: str) -> tuple[frozenset[int], frozenset[int]]:
    contact, customer = tables.Contact, tables.Customer
    mine = set(session.scalars(select(contact.contact_point_id).where(contact.customer_id == customer_id)))
    others = set(
        session.scalars(
            select(contact.contact_point_id)
            .join(customer, customer.id == contact.customer_id)
            .where(
                one_of(contact.contact_point_id, mine),
                contact.customer_id != customer_id,
                contact.removed_at.is_(None),
                customer.erased_at.is_(None),
            )
        )
    )
    return frozenset(mine - others), frozenset(mine & others)


def _inbox(
    session: Session, customer_id: str, points: frozenset[int], shared: frozenset[int]
) -> frozenset[int]:
    """The texts that came in from the person: where others wrote too, those that were answered to them.

    At a number that was somebody else's before, what came since it is theirs.
    """
    row, out = tables.Inbox, tables.Outbox
    since = _since(session, customer_id, points)
    answered: dict[int, str | None] = {}
    for key, whose in session.execute(
        select(out.key, out.customer_id).where(
            one_of(out.contact_point_id, points | shared), out.key.startswith(_REPLY, autoescape=True)
        )
    ):
        number = key.removeprefix(_REPLY)
        if number.isdecimal():
            answered[int(number)] = whose
    found = set()
    for row_id, point, at in session.execute(
        select(row.id, row.contact_point_id, row.received_at).where(
            one_of(row.contact_point_id, points | shared)
        )
    ):
        whose = answered.get(row_id)
        alone = point in points and at >= since.get(point, at)
        if whose == customer_id or (whose is None and alone):
            found.add(row_id)
    return frozenset(found)


def _since(session: Session, customer_id: str, points: frozenset[int]) -> dict[int, datetime]:
    """Since when a contact point is the person's, of those that were somebody else's once."""
    contact = tables.Contact
    rows = session.execute(
        select(contact.contact_point_id, contact.customer_id, contact.added_at).where(
            one_of(contact.contact_point_id, points)
        )
    ).all()
    others = {point for point, whose, _ in rows if whose != customer_id}
    return {point: at for point, whose, at in rows if whose == customer_id and point in others}


def _staff_texts(session: Session, cases: frozenset[int]) -> frozenset[int]:
    """What the staff wrote in their chat about a case of the person: it names the case by its number."""
    if not cases:
        return frozenset()
    row = tables.Inbox
    texts = session.execute(select(row.id, row.text).where(row.channel == STAFF_CHAT.value))
    return frozenset(
        row_id for row_id, text in texts if {int(one) for one in re.findall(r"\b\d{1,18}\b", text)} & cases
    )


def _cases(session: Session, person: PersonRows) -> frozenset[int]:
    return frozenset(session.scalars(select(tables.Escalation.id).where(person.condition("escalations"))))


def _outbox(session: Session, customer_id: str, points: frozenset[int], inbox: frozenset[int]) -> set[int]:
    row = tables.Outbox
    mine = or_(
        row.customer_id == customer_id,
        and_(row.customer_id.is_(None), one_of(row.contact_point_id, points)),
        one_of(row.key, [f"{_REPLY}{one}" for one in inbox]),
    )
    return set(session.scalars(select(row.id).where(mine)))


def _subjects(session: Session, person: PersonRows) -> set[str]:
    """What the audit trail calls everything of the person."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, rule in rules().items():
        if rule.subject:
            kind, column = rule.subject
            table = table_of(name)
            ids = session.scalars(select(table.c[column]).where(person.condition(name)))
            found[kind] |= {f"{kind}:{one}" for one in ids}
    return {subject for each in found.values() for subject in each}
