"""Letters: gathered into a batch, printed, then posted or withdrawn; some are returned by the post."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.snapshot import StepState
from billing.calendar import local_day
from billing.dunning.demand import (
    AFTER_RECEIPT,
    POST_DAYS,
    SHORTEST_DAYS,
    IncompleteDemand,
    last_day_to_answer,
)
from billing.refusals import Refusal
from handlers.delivery import dispatch, plain_letter, results
from handlers.dunning.reschedule import reschedule
from handlers.outgoing import kind_of
from handlers.people import address_search
from storage.database.transaction import lock_contact_point, lock_customers
from storage.delivery import letters, outbox
from storage.delivery.letters import BatchState
from storage.delivery.outbox import OutboxState
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.dunning import steps
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from handlers.installation import Installation
    from handlers.outgoing import WrittenLetter
    from storage.delivery.letters import Letter, LetterBatch
    from storage.delivery.outbox import Message

LIST: Final = "addresses.csv"
MOST: Final = 200
"""Letters in one batch: each holds locks until the batch commits. The rest goes into the next."""
AGAIN_AFTER: Final = timedelta(days=1)
"""Retry of a letter that lacks a required detail: an import may have brought it meanwhile."""
_NOON: Final = time(12)


class NoSuchBatch(Refusal):
    """No batch of letters has this number."""

    def __init__(self, batch_id: int) -> None:
        super().__init__(f"there is no batch {batch_id}: see kvitt letters list")


class BatchNotOpen(Refusal):
    """The batch of letters was posted or withdrawn already, or is not printed yet."""

    def __init__(self, batch_id: int, state: BatchState) -> None:
        super().__init__(f"batch {batch_id} is {state.value}: only a printed one can be posted or withdrawn")


class NotInBatch(Refusal):
    """The letter is not one of those of the batch that are still to be posted."""

    def __init__(self, batch_id: int, reference: str) -> None:
        super().__init__(f"batch {batch_id} has no letter {reference!r} to take out: see its {LIST}")


class PostedTooLate(Refusal):
    """Posted on this day, the letters would leave less time to answer than the law requires."""

    def __init__(self, batch_id: int, posted_on: date, answer_by: date) -> None:
        super().__init__(
            f"batch {batch_id} asks for an answer by {answer_by}, which is less than {SHORTEST_DAYS} days or "
            f"{POST_DAYS + AFTER_RECEIPT} bank days after {posted_on}: withdraw it and print it again"
        )


class PostedInTheFuture(Refusal):
    """The day on which letters are said to be posted is in the future."""

    def __init__(self, posted_on: date) -> None:
        super().__init__(f"--on {posted_on}: that day has not come yet")


class NoSuchLetter(Refusal):
    """No letter with this reference was posted."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"no letter {reference!r} was posted: its reference is printed on it, like 17-003")


def gather(session: Session, installation: Installation, post_on: date, by: str, now: datetime) -> int | None:
    """Gather due letters into a new batch; returns its id, or None if no letter is due.

    Every letter passes the gate and its page is stored, so that the batch can be printed after a crash and is
    printed once. Until it is posted it counts as sent at noon of ``post_on`` (the creditor's local time), so
    that the policy's gap between messages holds around that day.
    """
    waiting = outbox.letters_due(session, now, MOST)
    _hold(session, installation, waiting)
    batch_id, number = None, 0
    for message in waiting:
        try:
            # A savepoint: a letter that turns out incomplete is undone with its fees, the others of the batch
            # stay.
            with session.begin_nested():
                found = _claim(session, installation, message, batch_id, number + 1, post_on, by, now)
        except IncompleteDemand as refusal:
            _incomplete(session, installation, message, refusal, now)
            continue
        if found is not None:
            batch_id, number = found, number + 1
    return batch_id


def _claim(
    session: Session,
    installation: Installation,
    message: Message,
    batch_id: int | None,
    number: int,
    post_on: date,
    by: str,
    now: datetime,
) -> int | None:
    """Add one letter to the batch, opening one if needed; returns the batch, None if the gate refuses.

    Raises:
        IncompleteDemand: it cannot be written; the caller undoes everything done for it.
    """
    ready = dispatch.look_again(session, installation, message.id, now)
    if ready is None:
        return None
    batch_id = batch_id or letters.open_batch(session, post_on, by, now)
    reference = letters.reference_of(batch_id, number)
    written = _written(session, installation, ready, reference, post_on)
    planned = max(datetime.combine(post_on, _NOON, tzinfo=installation.creditor.zone).astimezone(UTC), now)
    outbox.begin(session, message.id, written.text, written.sayings, planned, None)
    letters.add(session, batch_id, number, message.id, written.page, written.answer_by)
    if written.final:
        steps.state_deadline(session, message.id, written.answer_by)
    return batch_id


def _written(
    session: Session, installation: Installation, ready: dispatch.Ready, reference: str, post_on: date
) -> WrittenLetter:
    message, address = ready.message, ready.address
    own = kind_of(installation, message).letter(session, installation, message, address, reference, post_on)
    return own or plain_letter.write(session, installation, message, address, reference, post_on)


def to_print(session: Session) -> list[LetterBatch]:
    """Batches of letters whose folder of PDFs is not complete yet, the oldest first."""
    return [batch for batch, _ in reversed(letters.batches(session, [BatchState.PRINTING]))]


def printed(session: Session, batch_id: int, by: str, now: datetime) -> None:
    """Mark a batch of letters as printed: its folder is complete. No effect in any other state."""
    batch = letters.batch(session, batch_id)
    if batch and batch.state is BatchState.PRINTING:
        letters.set_batch_state(session, batch_id, BatchState.PRINTED, by, now)


def posted(
    session: Session, installation: Installation, batch_id: int, on: date | None, by: str, now: datetime
) -> int:
    """Confirm that a batch was posted, today or earlier (``on``): its letters count as sent that noon.

    Raises:
        NoSuchBatch: no batch has this number.
        BatchNotOpen: it was posted or withdrawn already, or is not printed yet.
        PostedTooLate: the letters leave too little time to answer.
        PostedInTheFuture: the day is in the future.
    """
    batch = _open(session, batch_id)
    today = local_day(now, installation.creditor.zone)
    day = on or today
    if day > today:
        raise PostedInTheFuture(day)
    found = _unwithdrawn(session, batch_id)
    # The printed deadline was computed for the planned day; posted later, it may be shorter than the law
    # allows.
    least = last_day_to_answer(day, 0, installation.creditor.country, installation.policy.eves)
    for letter in found:
        if letter.answer_by and letter.answer_by < least:
            raise PostedTooLate(batch_id, day, letter.answer_by)
    _hold(session, installation, _messages(session, found))
    left_at = min(datetime.combine(day, _NOON, tzinfo=installation.creditor.zone).astimezone(UTC), now)
    for letter in found:
        results.accepted(session, installation, letter.outbox_id, letter.reference, now, left_at)
    letters.set_batch_state(session, batch.id, BatchState.POSTED, by, now, day)
    detail = {"on": day.isoformat(), "letters": len(found)}
    staff.write_down(session, AuditEntry(now, by, "letters_posted", f"batch:{batch_id}", detail))
    return len(found)


def withdraw(
    session: Session, installation: Installation, batch_id: int, only: Sequence[str], by: str, now: datetime
) -> list[str]:
    """Withdraw a batch, or ``only`` these letters of it, before posting; returns their references.

    They go into another batch if they are still due.

    Raises:
        NoSuchBatch: no batch has this number.
        BatchNotOpen: it was posted or withdrawn already, or is not printed yet.
        NotInBatch: a named letter is not one of those to be posted.
    """
    _open(session, batch_id)
    still = _unwithdrawn(session, batch_id)
    found = [letter for letter in still if not only or letter.reference in only]
    for reference in sorted(set(only) - {letter.reference for letter in found}):
        raise NotInBatch(batch_id, reference)
    messages = _messages(session, found)
    _hold(session, installation, messages)
    for message in messages:
        kind_of(installation, message).requeued(session, installation, message, now)
        outbox.again(session, message.id, now, "withdrawn")
    letters.withdraw(session, [letter.id for letter in found], now)
    if len(found) == len(still):
        letters.set_batch_state(session, batch_id, BatchState.WITHDRAWN, by, now)
    reschedule(
        session, installation, {message.customer_id for message in messages if message.customer_id}, now
    )
    references = [letter.reference for letter in found]
    staff.write_down(
        session, AuditEntry(now, by, "letters_withdrawn", f"batch:{batch_id}", {"letters": references})
    )
    return references


def returned(
    session: Session, installation: Installation, reference: str, why: str, by: str, now: datetime
) -> None:
    """Record a returned letter: its deadline and costs are void, placement stops, an address search opens.

    Raises:
        NoSuchLetter: no letter with this reference was posted.
    """
    letter = letters.by_reference(session, reference.strip())
    message = outbox.get(session, letter.outbox_id) if letter else None
    if letter is None or message is None or message.state is not OutboxState.SENT:
        raise NoSuchLetter(reference)
    _hold(session, installation, [message])
    letters.returned(session, letter.id, why, now)
    outbox.failed(session, message.id, "returned", why, now)
    contact_points.set_unreachable(session, message.contact_point_id, now)
    kind = kind_of(installation, message)
    bill_ids = kind.ended(session, installation, message, StepState.UNHEARD, "returned", now)
    detail = {"why": why}
    if message.customer_id:
        at_collector = address_search.stop_placement(session, bill_ids, "letter returned", now)
        reason = f"letter {letter.reference} came back" + (f" ({why})" if why else "")
        if at_collector:
            reason += f"; a collector has {', '.join(at_collector)}: call it back"
        address_search.open_search(session, installation, message.customer_id, reason, now)
        detail["customer"] = message.customer_id
    staff.write_down(session, AuditEntry(now, by, "letter_returned", f"letter:{letter.reference}", detail))
    dispatch.reschedule_recipient(session, installation, message, now)


def settled_since(session: Session, installation: Installation, batch_id: int, now: datetime) -> list[str]:
    """References of letters in a batch that are no longer due: paid, held or stopped since."""
    found = _unwithdrawn(session, batch_id)
    return [
        letter.reference
        for letter, message in zip(found, _messages(session, found), strict=True)
        if dispatch.would_drop(session, installation, message, now)
    ]


def _hold(session: Session, installation: Installation, messages: list[Message]) -> None:
    """Lock everything these letters concern.

    Contact points before customers, each sorted: the order of the whole product, so that no two processes
    wait for each other.
    """
    for point_id in sorted({message.contact_point_id for message in messages}):
        lock_contact_point(session, point_id)
    people: set[str] = set()
    lock_customers(
        session, people.union(*(kind_of(installation, one).concerned(session, one) for one in messages))
    )


def _unwithdrawn(session: Session, batch_id: int) -> list[Letter]:
    return [letter for letter in letters.of_batch(session, batch_id) if letter.withdrawn_at is None]


def _messages(session: Session, found: list[Letter]) -> list[Message]:
    return [outbox.get(session, letter.outbox_id) for letter in found]


def _open(session: Session, batch_id: int) -> LetterBatch:
    batch = letters.batch(session, batch_id)
    if batch is None:
        raise NoSuchBatch(batch_id)
    if batch.state is not BatchState.PRINTED:
        raise BatchNotOpen(batch_id, batch.state)
    return batch


def _incomplete(
    session: Session, installation: Installation, message: Message, refusal: IncompleteDemand, now: datetime
) -> None:
    """A required detail is missing: postpone the letter and open a case that names the detail."""
    outbox.again(session, message.id, now + AGAIN_AFTER, "incomplete")
    case = Case(
        key=f"letter_incomplete:{message.id}",
        kind="letter_incomplete",
        reason=str(refusal),
        deadline=now + timedelta(hours=installation.policy.talk.person_within_hours),
        severity=3,
        customer_id=message.customer_id,
        contact_point_id=message.contact_point_id,
    )
    escalations.open_case(session, case, now)
