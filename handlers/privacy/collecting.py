"""Everything about one person: the rows, a page in their language, and the papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from billing.accounts.personal_marks import PersonalMarks
from billing.accounts.roles import Right
from billing.calendar import local_day
from handlers import rights
from handlers.bills import invoices, statements
from handlers.desk.messages import NoSuchCustomer
from messages.documents import person_summary
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.ledger import accounts
from storage.people import customers
from storage.privacy import collected, identity, person_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handlers.context import Context
    from storage.people.customers import Customer
    from storage.privacy.collected import Collected

ANOTHER_PERSON: Final = "[another person]"
"""Stands where somebody else was named."""


@dataclass(frozen=True, slots=True)
class PersonFile:
    """What a person is handed: ``data`` as JSON, ``summary`` as HTML, ``papers`` as pages by file name."""

    data: dict[str, Any]
    summary: str
    papers: dict[str, dict[str, Any]]
    rows: int


def collect(context: Context, customer_id: str, by: str) -> PersonFile:
    """Everything about a person, without other people's data; the audit trail in it has this export, too.

    The caller undoes the transaction: what was collected is not handed out yet (see :func:`note`).

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchCustomer: nobody has this id.
    """
    session = context.session
    customer = customers.find(session, customer_id)
    if customer is None:
        raise NoSuchCustomer(customer_id)
    note(context, customer_id, by)
    session.flush()
    person = person_rows.find(session, customer_id)
    me = identity.known_by(session, person).identity
    others = [
        PersonalMarks.beside(one, me, ANOTHER_PERSON) for one in collected.people_beside(session, person)
    ]
    found: Collected = _without(collected.of_person(session, person), others)
    zone = _zone(context, customer, found)
    account = accounts.of_customer(session, customer_id)
    return PersonFile(
        data={
            "customer_id": customer_id,
            "made_at": _moment(context.now, zone),
            "time_zone": zone.key,
            "amounts": "integers in minor units of the currency beside them",
            **_plain(found, zone),
        },
        summary=person_summary.page(
            found,
            customer.language,
            zone,
            context.now,
            account.currency if account else "USD",
            customer.name or customer_id,
            customer.erased_at,
        ),
        papers={} if customer.erased_at else _without(_papers(context, customer, found), others),
        rows=sum(len(rows) for tables in found.values() for rows in tables.values()),
    )


def note(context: Context, customer_id: str, by: str) -> None:
    """Note in the audit trail that everything about a person was handed out.

    Raises:
        rights.NotAllowed: the user may only look.
    """
    by = rights.check(context.session, by, Right.WORK)
    entry = AuditEntry(context.now, by, "person_exported", f"customer:{customer_id}", {})
    staff.write_down(context.session, entry)


def _without(value: Any, others: Iterable[PersonalMarks]) -> Any:
    """A value without other people, wherever they are named in it; days and numbers stay what they are."""
    for marks in others:
        value = marks.cut(value, about=True)
    return value


def _zone(context: Context, customer: Customer, found: Collected) -> ZoneInfo:
    """The customer's time zone: as registered, or of their number; the creditor's if neither tells."""
    zones = [zone for point in found["contacts"]["contact_points"] for zone in point["zones"]]
    named = customer.timezone or min(zones, default="")
    return ZoneInfo(named) if named else context.creditor.zone


def _papers(context: Context, customer: Customer, found: Collected) -> dict[str, dict[str, Any]]:
    """Pages to be set as PDF: each bill with its present balance, each letter as it was, the statement."""
    today = local_day(context.now, context.creditor.zone)
    papers = {}
    for bill in found["bills"]["bills"]:
        if bill["state"] == "issued":
            papers[f"bills/{bill['number']}.pdf"] = invoices.page(context, bill["id"], dated_on=today)
    for letter in found["letters"]["letters"]:
        if letter["page"]:
            papers[f"letters/{letter['reference']}.pdf"] = letter["page"]
    for sent in found["letters"]["bill_sendings"]:
        if sent["page"]:
            papers[f"letters/bill-{sent['bill_id']}-{sent['number']}.pdf"] = sent["page"]
    if found["ledger"]["entries"]:
        read = statements.read(context, customer.id, None, None)
        papers["statement.pdf"] = statements.page(context, read)
    return papers


def _plain(value: Any, zone: ZoneInfo) -> Any:
    """A value as JSON has it: moments in UTC and local to the customer."""
    match value:
        case dict():
            return {key: _plain(one, zone) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one, zone) for one in value]
        case datetime():
            return _moment(value, zone)
        case date() | time():
            return value.isoformat()
    return value


def _moment(at: datetime, zone: ZoneInfo) -> dict[str, str]:
    local = at.astimezone(zone)
    return {"utc": f"{at:%Y-%m-%dT%H:%M:%SZ}", "local": local.isoformat(timespec="seconds")}
