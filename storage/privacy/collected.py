"""Everything of one person, table by table, as it is stored; tokens and other people are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import or_, select

from storage import tables
from storage.database.id_lists import one_of
from storage.privacy import identity, person_rows
from storage.privacy.declaration import rules, table_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing.accounts.personal_marks import PersonIdentity
    from storage.privacy.person_rows import PersonRows

Row = dict[str, Any]
Collected = dict[str, dict[str, list[Row]]]
"""Rows by table, by section of an export; what is a row of the person's is a dict by column."""
_OF_ALL: Final = ("id", "channel", "address", "language", "zones")
"""What a contact point is to each of the people it reaches."""


def of_person(session: Session, person: PersonRows) -> Collected:
    """All rows of a person, by section and table."""
    found: Collected = {}
    for name, rule in rules().items():
        if rule.section:
            rows = _rows(session, name, person)
            if name == "contact_points":
                rows += _shared_points(session, person)
            found.setdefault(rule.section, {})[name] = rows
    return found


def people_beside(session: Session, person: PersonRows) -> list[PersonIdentity]:
    """Those who may be named in what is the person's.

    Whom they answer for, who answers for them, and who is reached at the same contact points.
    """
    row, contact, account = tables.Customer, tables.Contact, tables.Account
    me = person.customer_id
    mine = select(row.guarantor_id).where(row.id == me)
    there = select(contact.customer_id).where(one_of(contact.contact_point_id, person.points | person.shared))
    of_accounts = select(account.guarantor_id).where(account.customer_id == me)
    served = select(account.customer_id).where(account.guarantor_id == me)
    query = select(row.id).where(
        or_(row.guarantor_id == me, *(row.id.in_(one) for one in (mine, there, of_accounts, served))),
        row.id != me,
        row.erased_at.is_(None),
    )
    found = [person_rows.find(session, one) for one in session.scalars(query.order_by(row.id))]
    return [identity.known_by(session, one).identity for one in found]


def _rows(session: Session, name: str, person: PersonRows) -> list[Row]:
    table, hidden = table_of(name), set(rules()[name].hide)
    columns = [column for column in table.columns if column.key not in hidden]
    found = session.execute(select(*columns).where(person.condition(name)).order_by(*table.primary_key))
    return [{column.key: value for column, value in zip(columns, row, strict=True)} for row in found]


def _shared_points(session: Session, person: PersonRows) -> list[Row]:
    table = table_of("contact_points")
    columns = [table.c[name] for name in _OF_ALL]
    found = session.execute(select(*columns).where(one_of(table.c.id, person.shared)).order_by(table.c.id))
    return [dict(zip(_OF_ALL, row, strict=True)) for row in found]
