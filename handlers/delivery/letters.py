"""Letters: gathered into a batch, printed, then posted or withdrawn; some are returned by the post."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
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
from handlers import rights, set_aside
from handlers.delivery import dispatch, plain_letter, results
from handlers.dunning.reschedule import reschedule
from handlers.outgoing import kind_of
from handlers.people import address_search
from messages.documents import fonts
from messages.documents.fonts import CannotBeSet
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
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from handlers.context import Context
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


def gather(context: Context, post_on: date, by: str) -> int | None:
    """Gather due letters into a new batch; returns its id, or None if no letter is due.

    Every letter passes the gate and its page is stored, so that the batch can be printed after a crash and is
    printed once. Until it is posted it counts as sent at noon of ``post_on`` (the creditor's local time), so
    that the policy's gap between messages holds around that day.
    """
    waiting = outbox.letters_due(context.session, context.now, MOST)
    _hold(context, waiting)
    batch_id, number = None, 0
    for message in waiting:
        try:
            # A savepoint: a letter that turns out incomplete is undone with its fees, the others of the batch
            # stay.
            with context.session.begin_nested():
                found = _claim(context, message, batch_id, number + 1, post_on, by)
        except (IncompleteDemand, CannotBeSet) as refusal:
            _incomplete(context, message, refusal)
            continue
        except Exception as error:  # noqa: BLE001 - one bad row never stops the rest
            set_aside.raise_of_database(error)
            outbox.again(context.session, message.id, context.now + AGAIN_AFTER, "set_aside")
            set_aside.put(context, "letters", f"message {message.id}", error, message.customer_id)
            continue
        if found is not None:
            batch_id, number = found, number + 1
    return batch_id


def queued(context: Context) -> tuple[int, datetime | None]:
    """How many letters are queued, and when (UTC) the first of them may be printed."""
    return outbox.letters_queued(context.session)


def _claim(
    context: Context, message: Message, batch_id: int | None, number: int, post_on: date, by: str
) -> int | None:
    """Add one letter to the batch, opening one if needed; returns the batch, None if the gate refuses.

    Raises:
        IncompleteDemand: it cannot be written; the caller undoes everything done for it.
        CannotBeSet: no font has a character of it; the same.
    """
    ready = dispatch.look_again(context, message.id)
    if ready is None:
        return None
    batch_id = batch_id or letters.open_batch(context.session, post_on, by, context.now)
    reference = letters.reference_of(batch_id, number)
    written = _written(context, ready, reference, post_on)
    fonts.check(written.page)
    planned = max(datetime.combine(post_on, _NOON, tzinfo=context.creditor.zone).astimezone(UTC), context.now)
    outbox.begin(context.session, message.id, written.text, written.sayings, planned, None)
    letters.add(context.session, batch_id, number, message.id, written.page, written.answer_by)
    if written.final:
        steps.state_deadline(context.session, message.id, written.answer_by)
    return batch_id


def _written(context: Context, ready: dispatch.Ready, reference: str, post_on: date) -> WrittenLetter:
    message, address = ready.message, ready.address
    own = kind_of(context.installation, message).letter(context, message, address, reference, post_on)
    return own or plain_letter.write(context, message, address, reference, post_on)


def to_print(session: Session) -> list[LetterBatch]:
    """Batches of letters whose folder of PDFs is not complete yet, the oldest first."""
    return [batch for batch, _ in reversed(letters.batches(session, [BatchState.PRINTING]))]


def printed(context: Context, batch_id: int, by: str) -> None:
    """Mark a batch of letters as printed: its folder is complete. No effect in any other state."""
    batch = letters.batch(context.session, batch_id)
    if batch and batch.state is BatchState.PRINTING:
        letters.set_batch_state(context.session, batch_id, BatchState.PRINTED, by, context.now)


def posted(context: Context, batch_id: int, on: date | None, by: str) -> int:
    """Confirm that a batch was posted, today or earlier (``on``): its letters count as sent that noon.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchBatch: no batch has this number.
        BatchNotOpen: it was posted or withdrawn already, or is not printed yet.
        PostedTooLate: the letters leave too little time to answer.
        PostedInTheFuture: the day is in the future.
    """
    by = rights.check(context.session, by, Right.WORK)
    batch = _open(context.session, batch_id)
    today = local_day(context.now, context.creditor.zone)
    day = on or today
    if day > today:
        raise PostedInTheFuture(day)
    found = _unwithdrawn(context.session, batch_id)
    # The printed deadline was computed for the planned day; posted later, it may be shorter than the law
    # allows.
    least = last_day_to_answer(day, 0, context.creditor.country, context.policy.eves)
    for letter in found:
        if letter.answer_by and letter.answer_by < least:
            raise PostedTooLate(batch_id, day, letter.answer_by)
    _hold(context, _messages(context.session, found))
    left_at = min(datetime.combine(day, _NOON, tzinfo=context.creditor.zone).astimezone(UTC), context.now)
    for letter in found:
        results.accepted(context, letter.outbox_id, letter.reference, left_at)
    letters.set_batch_state(context.session, batch.id, BatchState.POSTED, by, context.now, day)
    detail = {"on": day.isoformat(), "letters": len(found)}
    staff.write_down(
        context.session, AuditEntry(context.now, by, "letters_posted", f"batch:{batch_id}", detail)
    )
    return len(found)


def withdraw(context: Context, batch_id: int, only: Sequence[str], by: str) -> list[str]:
    """Withdraw a batch, or ``only`` these letters of it, before posting; returns their references.

    They go into another batch if they are still due.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchBatch: no batch has this number.
        BatchNotOpen: it was posted or withdrawn already, or is not printed yet.
        NotInBatch: a named letter is not one of those to be posted.
    """
    by = rights.check(context.session, by, Right.WORK)
    _open(context.session, batch_id)
    still = _unwithdrawn(context.session, batch_id)
    found = [letter for letter in still if not only or letter.reference in only]
    for reference in sorted(set(only) - {letter.reference for letter in found}):
        raise NotInBatch(batch_id, reference)
    messages = _messages(context.session, found)
    _hold(context, messages)
    for message in messages:
        kind_of(context.installation, message).requeued(context, message)
        outbox.again(context.session, message.id, context.now, "withdrawn")
    letters.withdraw(context.session, [letter.id for letter in found], context.now)
    if len(found) == len(still):
        letters.set_batch_state(context.session, batch_id, BatchState.WITHDRAWN, by, context.now)
    reschedule(context, {message.customer_id for message in messages if message.customer_id})
    references = [letter.reference for letter in found]
    staff.write_down(
        context.session,
        AuditEntry(context.now, by, "letters_withdrawn", f"batch:{batch_id}", {"letters": references}),
    )
    return references


def returned(context: Context, reference: str, why: str, by: str) -> None:
    """Record a returned letter: its deadline and costs are void, placement stops, an address search opens.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchLetter: no letter with this reference was posted.
    """
    by = rights.check(context.session, by, Right.WORK)
    letter = letters.by_reference(context.session, reference.strip())
    message = outbox.get(context.session, letter.outbox_id) if letter else None
    if letter is None or message is None or message.state is not OutboxState.SENT:
        raise NoSuchLetter(reference)
    _hold(context, [message])
    letters.returned(context.session, letter.id, why, context.now)
    outbox.failed(context.session, message.id, "returned", why, context.now)
    contact_points.set_unreachable(context.session, message.contact_point_id, context.now)
    kind = kind_of(context.installation, message)
    bill_ids = kind.ended(context, message, StepState.UNHEARD, "returned")
    detail = {"why": why}
    if message.customer_id:
        at_collector = address_search.stop_placement(context, bill_ids, "letter returned")
        reason = f"letter {letter.reference} came back" + (f" ({why})" if why else "")
        if at_collector:
            reason += f"; a collector has {', '.join(at_collector)}: call it back"
        address_search.open_search(context, message.customer_id, reason)
        detail["customer"] = message.customer_id
    staff.write_down(
        context.session, AuditEntry(context.now, by, "letter_returned", f"letter:{letter.reference}", detail)
    )
    dispatch.reschedule_recipient(context, message)


def settled_since(context: Context, batch_id: int) -> list[str]:
    """References of letters in a batch that are no longer due: paid, held or stopped since."""
    found = _unwithdrawn(context.session, batch_id)
    return [
        letter.reference
        for letter, message in zip(found, _messages(context.session, found), strict=True)
        if dispatch.would_drop(context, message)
    ]


def _hold(context: Context, messages: list[Message]) -> None:
    """Lock everything these letters concern.

    Contact points before customers, each sorted: the order of the whole product, so that no two processes
    wait for each other.
    """
    for point_id in sorted({message.contact_point_id for message in messages}):
        lock_contact_point(context.session, point_id)
    people: set[str] = set()
    lock_customers(
        context.session,
        people.union(*(kind_of(context.installation, one).concerned(context, one) for one in messages)),
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


def not_printed(context: Context, batch_id: int, refusals: Mapping[str, Refusal], by: str) -> None:
    """Take letters that cannot be printed out of a batch, by reference: each is a case of its own."""
    found = [letter for letter in _unwithdrawn(context.session, batch_id) if letter.reference in refusals]
    messages = _messages(context.session, found)
    _hold(context, messages)
    for letter, message in zip(found, messages, strict=True):
        kind_of(context.installation, message).requeued(context, message)
        _incomplete(context, message, refusals[letter.reference])
    letters.withdraw(context.session, [letter.id for letter in found], context.now)
    detail = {"letters": [letter.reference for letter in found]}
    subject = f"batch:{batch_id}"
    staff.write_down(context.session, AuditEntry(context.now, by, "letters_withdrawn", subject, detail))
    reschedule(context, {message.customer_id for message in messages if message.customer_id})


def _incomplete(context: Context, message: Message, refusal: Refusal) -> None:
    """A detail is missing, or cannot be printed: postpone the letter and open a case that names it."""
    outbox.again(context.session, message.id, context.now + AGAIN_AFTER, "incomplete")
    case = Case(
        key=f"letter_incomplete:{message.id}",
        kind="letter_incomplete",
        reason=str(refusal),
        deadline=context.answer_by(),
        severity=3,
        customer_id=message.customer_id,
        contact_point_id=message.contact_point_id,
    )
    escalations.open_case(context.session, case, context.now)
