"""Forgets a person: their words, names and numbers go at once, the records when their time is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import Hold, HoldKind
from billing.accounts.personal_marks import PersonalMarks
from billing.accounts.roles import Right
from billing.calendar import local_day
from handlers import rights
from handlers.context import Context
from handlers.desk.messages import NoSuchCustomer
from handlers.dunning.reschedule import reschedule
from handlers.people import register
from handlers.privacy import open_matters as words
from handlers.registered import recognised_by
from storage.database import leftovers
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.people import customers
from storage.privacy import erasing, erasures, identity, letters_of, open_matters, person_rows, queued

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.privacy.erasures import Erasure
    from storage.privacy.identity import KnownBy
    from storage.privacy.person_rows import PersonRows

OUTCOME: Final = "erased"
"""Why messages are withdrawn and cases closed."""
_TIMES: Final = 3
"""How often everything is searched again for what was written meanwhile."""
BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: ``already`` is when it had been done before (UTC), empty for the first time."""

    already: datetime | None
    records_until: date | None
    letters: dict[int, list[str]]
    """The references of printed letters, by batch: their files are to go."""
    clean: bool = True
    """Whether nothing is left in free pages of the database's file."""


def erase(
    database: Database, installation: Installation, clock: Clock, customer_id: str, by: str, anyway: str
) -> Erased:
    """Erase a person everywhere, except what the law wants kept; ``anyway`` is why, if something is open.

    A second time changes nothing.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchCustomer: nobody has this id.
        NotSettled: something is open, and no reason was given, or none would help.
    """
    with database.read() as session:
        found = _marks_before(session, customer_id)
        mentioned = erasing.mentions(session, found) if found else {}
    with database.write() as session:
        context = Context(session, installation, clock)
        by = rights.check(session, by, Right.APPROVE)
        register.hold(session, [customer_id])
        customer = customers.find(session, customer_id)
        if customer is None:
            raise NoSuchCustomer(customer_id)
        person = person_rows.find(session, customer_id)
        letters = letters_of.printed(session, person)
        if customer.erased_at:
            before = erasures.of_customer(session, customer_id)
            return Erased(customer.erased_at, before.records_until if before else None, letters)
        matters = open_matters.find(session, person, context.now)
        words.check(customer_id, matters, anyway=bool(anyway))
        known = identity.known_by(session, person)
        _settle_open(context, person, by)
        until = _records_until(context, person)
        erasure = erasures.save(session, customer_id, by, anyway, until, context.now)
        marks = PersonalMarks.of(known.identity, known.shared, f"[erased {erasure}]")
        _keep_away(session, erasure, customer_id, known)
        erasing.erase_rows(session, person, marks)
        erasing.cut_mentions(session, marks, mentioned)
        demanded = any(amount > 0 for _, amount, _ in matters.owed)
        _close_account(context, customer_id, by, demanded=demanded)
        detail = {"open": bool(anyway)}
        staff.write_down(
            session, AuditEntry(context.now, by, "person_erased", f"customer:{customer_id}", detail)
        )
    _search_again(database, marks)
    return Erased(None, until, letters, leftovers.clean(database.engine))


def erasures_since(session: Session, moment: datetime | None) -> list[Erasure]:
    """Who was erased since a moment (UTC), or ever: an older backup brings them back, so erase them again."""
    return erasures.since(session, moment)


def readmit(context: Context, customer_id: str, by: str) -> None:
    """Let an erased person be registered again, as they wished; a stop of theirs goes on to count.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchCustomer: nobody with this id was erased.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    register.hold(context.session, [customer_id])
    found = erasures.of_customer(context.session, customer_id)
    if found is None or found.readmitted_at:
        raise NoSuchCustomer(customer_id)
    erasures.readmit(context.session, found, by, context.now)
    staff.write_down(
        context.session,
        AuditEntry(context.now, by, "person_readmitted", f"customer:{customer_id}", {}),
    )


def erase_records(database: Database, installation: Installation, clock: Clock) -> int:
    """Empty the records of erased people that were kept long enough; returns of how many people.

    What came about them since, as the name of who paid, goes at once.
    """
    count = 0
    with database.write() as session:
        context = Context(session, installation, clock)
        erasing.empty_late_payments(session)
        for one in erasures.without_end(session):
            until = _records_until(context, person_rows.find(session, one.customer_id))
            if until:
                erasures.keep_records_until(session, one.id, until)
    while True:
        with database.write() as session:
            context = Context(session, installation, clock)
            due = erasures.due(session, local_day(context.now, context.creditor.zone), BATCH)
            for one in due:
                erasing.erase_books(session, person_rows.find(session, one.customer_id))
                erasures.books_erased(session, one.id, context.now)
        count += len(due)
        if len(due) < BATCH:
            return count


def _marks_before(session: Session, customer_id: str) -> PersonalMarks | None:
    """The marks to search for before anything is locked: the search reads every table."""
    customer = customers.find(session, customer_id)
    if customer is None or customer.erased_at:
        return None
    known = identity.known_by(session, person_rows.find(session, customer_id))
    return PersonalMarks.of(known.identity, known.shared)


def _settle_open(context: Context, person: PersonRows, by: str) -> None:
    """Withdraw what waits to be sent to the person, and close their cases."""
    queued.withdraw(context.session, person, OUTCOME, context.now)
    for case_id in queued.open_cases(context.session, person):
        escalations.close(context.session, case_id, by, OUTCOME, context.now)


def _keep_away(session: Session, erasure: int, customer_id: str, known: KnownBy) -> None:
    """Keep digests by which the person is known again, and the numbers that must not be written to."""
    who = known.identity
    signs = recognised_by(customer_id, who.name, who.birth_date, who.addresses)
    erasures.keep_marks(session, erasure, erasures.PERSON, signs)
    erasures.keep_marks(session, erasure, erasures.STOP, known.stopped)


def _close_account(context: Context, customer_id: str, by: str, *, demanded: bool) -> None:
    """Nothing is demanded any more of somebody of whom nothing is known."""
    if demanded:
        hold = Hold(HoldKind.CEASED, OUTCOME)
        holds.place(context.session, customer_id, hold, by, context.now)
    reschedule(context, [customer_id])


def _records_until(context: Context, person: PersonRows) -> date | None:
    """The last day of the records: counted from the last entry, or from today; None if no policy says."""
    rules = context.policy.retention
    if rules is None or rules.records_days is None:
        return None
    last = queued.last_booked(context.session, person) or context.now
    return local_day(last, context.creditor.zone) + timedelta(days=rules.records_days)


def _search_again(database: Database, marks: PersonalMarks) -> None:
    """Cut what was written about the person while they were being erased."""
    for _ in range(_TIMES):
        with database.read() as session:
            found = erasing.mentions(session, marks)
        if not found:
            return
        with database.write() as session:
            erasing.cut_mentions(session, marks, found)
