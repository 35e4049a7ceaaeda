"""Reminders to agencies and employers: one message a payer, about every claim that is due.

They are rows of the outbox and pass the gate like every message. They name claims, days and amounts, never a
patient or a service (45 CFR 164.502(b), the minimum necessary).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import TO_ANY_EMAIL, TO_ANY_LETTERBOX, Channel
from billing.accounts.snapshot import StepState
from billing.calendar import local_day
from billing.facts import Saying
from billing.gate import Purpose
from billing.ledger.money import Money
from billing.payers import claim_days, payer_levels
from billing.payers.claim_entries import Book
from billing.payers.payer_levels import TakenReminder, ToPayer
from handlers import rendering
from handlers.context import Context
from handlers.dunning.reschedule import answering_for
from storage.bills import bills
from storage.database.transaction import lock_customers
from storage.delivery import drafts
from storage.delivery.drafts import Draft
from storage.desk import escalations
from storage.desk.escalations import BY_ITSELF, Case
from storage.ledger import ledger
from storage.payers import claim_reminders, claims, coverages
from storage.payers.claim_reminders import TAKEN, ReminderState
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.facts import Facts
    from billing.payers.claims import Claim
    from billing.payers.coverage import PayerTerms
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.delivery.outbox import Message
    from storage.payers.claim_reminders import ClaimReminder

MOST: Final = 40
"""Claims in one message; the rest goes into the next."""
ANSWERED: Final = "answered"
_CAN_WAIT: Final = 3
_OVER: Final = frozenset({ANSWERED, "too_late"})


@dataclass(frozen=True, slots=True)
class ReminderLine:
    """One claim in a reminder: the number of the reminder, and the amount asked for now (minor units)."""

    claim: Claim
    number: int
    amount: int

    @property
    def facts(self) -> Facts:
        """The facts of the claim for the wording."""
        assert self.claim.filed_on is not None
        return {
            "claim": self.claim.their_reference or self.claim.key,
            "amount": Money(self.amount, self.claim.currency),
            "filed_on": self.claim.filed_on,
            "number": self.number,
        }


def taken(context: Context, claim_key: str) -> list[TakenReminder]:
    """Reminders that are queued or sent, for the rules; days in the creditor's zone."""
    zone = context.creditor.zone
    return [
        TakenReminder(one.number, local_day(one.settled_at, zone) if one.settled_at else None)
        for one in claim_reminders.of_claim(context.session, claim_key)
        if one.state in TAKEN
    ]


def asked(session: Session, claim: Claim) -> int:
    """The amount that a claim asks for now, in minor units."""
    bill = bills.find(session, claim.bill_id)
    assert bill is not None
    return Book(claim, bill.account_id, ledger.of_bill(session, bill.id)).asked


def text(installation: Installation, lines: Sequence[ReminderLine]) -> str:
    """The text of a reminder about these claims, in the creditor's language."""
    said = _saying(lines)
    return installation.words.say(said.key, installation.creditor.language, said.facts)


def way(context: Context, claim: Claim, terms: PayerTerms, number: int) -> Channel | None:
    """The first channel to the payer by which this reminder did not fail; None if the desk must find one."""
    failed = {
        one.channel
        for one in claim_reminders.of_claim(context.session, claim.key)
        if one.number == number and one.state is ReminderState.FAILED
    }
    for channel, address in _addresses(context.installation, terms).items():
        point = contact_points.find(context.session, channel, address)
        closed = point is not None and (point.stopped_at or point.unreachable_at)
        if channel.value not in failed and not closed:
            return channel
    return None


def begin(context: Context, line: ReminderLine, terms: PayerTerms) -> bool:
    """Add a claim to the payer's next message; returns False if no channel reaches the payer."""
    channel = way(context, line.claim, terms, line.number)
    if channel is None:
        return False
    claim = line.claim
    claim_reminders.add(
        context.session, claim.key, claim.payer_id, line.number, line.amount, channel.value, context.now
    )
    return True


def queue_waiting(database: Database, installation: Installation, clock: Clock) -> int:
    """Queue a message to every payer with waiting reminders, a transaction each; returns how many."""
    count = 0
    with database.read() as session:
        payers = claim_reminders.waiting_payers(session)
    for payer_id, channel in payers:
        while True:
            with database.write() as session:
                found = claim_reminders.take_waiting(session, payer_id, channel, MOST)
                if not found:
                    break
                count += _queue(Context(session, installation, clock), found)
    return count


def _queue(context: Context, found: Sequence[ClaimReminder]) -> bool:
    payer = coverages.payer(context.session, found[0].payer_id)
    channel = Channel(found[0].channel)
    address = _addresses(context.installation, payer.terms).get(channel) if payer else None
    if address is None:
        _give_up(context, found, "no_address")
        return False
    language = context.creditor.language
    point_id = contact_points.at(context.session, channel, address, (), language, context.now)
    lines = _lines(context.session, found)
    said = _saying(lines)
    draft = Draft(
        key=f"payer_reminder:{found[0].id}",
        purpose=Purpose.PAYER,
        channel=channel,
        contact_point_id=point_id,
        customer_id=None,
        sayings=(said,),
        content=rendering.content_of([said]),
        language=language,
        text=text(context.installation, lines),
        choices=(),
        not_before=_office_hour(context) if channel.electronic else context.now,
    )
    outbox_id = drafts.queue(context.session, draft, context.now)
    assert outbox_id is not None
    claim_reminders.queued(context.session, [one.id for one in found], outbox_id)
    return True


def gate_facts(context: Context, message: Message) -> ToPayer:
    """The gate's facts about a reminder: the claims still unpaid, and when the payer's office opens."""
    lines = _lines(context.session, claim_reminders.of_message(context.session, message.id))
    still = tuple(one.claim.key for one in lines if one.claim.state in claim_days.REMINDED and one.amount > 0)
    return ToPayer(still, _office_hour(context))


def final(context: Context, message: Message, still: Collection[str]) -> Message:
    """The reminder as it leaves: about the claims still unpaid, with today's amounts."""
    found = claim_reminders.of_message(context.session, message.id)
    gone = [one.id for one in found if one.claim_key not in still]
    claim_reminders.set_reminder_state(context.session, gone, ReminderState.DROPPED, context.now, ANSWERED)
    lines = _lines(context.session, [one for one in found if one.claim_key in still])
    said = _saying(lines)
    if message.sayings == (said,):
        return message
    return replace(message, sayings=(said,), text=text(context.installation, lines))


def lines_of(session: Session, message: Message) -> tuple[str, list[ReminderLine]]:
    """The payer's id, and the claims of a reminder."""
    found = [
        one
        for one in claim_reminders.of_message(session, message.id)
        if one.state is not ReminderState.DROPPED
    ]
    return found[0].payer_id, _lines(session, found)


def concerned(session: Session, message: Message) -> set[str]:
    """The customers of a reminder's claims and their guarantors."""
    return _people(session, claim_reminders.of_message(session, message.id))


def accepted(context: Context, message: Message, at: datetime) -> None:
    """The carrier accepted it: mark the reminders sent (``at``, UTC) and set the next day of each claim."""
    found = _with_state(context.session, message, ReminderState.QUEUED)
    _hold(context.session, found)
    claim_reminders.set_reminder_state(context.session, [one.id for one in found], ReminderState.SENT, at)
    for one in found:
        escalations.close_key(context.session, _case_key(one), BY_ITSELF, "sent", context.now)
        look_again(context, one.claim_key)


def ended(context: Context, message: Message, state: StepState, reason: str) -> None:
    """Record that a reminder to a payer failed or was withdrawn: the next channel, then a case."""
    found = _with_state(context.session, message, ReminderState.QUEUED, ReminderState.SENT)
    ids = [one.id for one in found]
    _hold(context.session, found)
    if reason == "shadow":
        claim_reminders.set_reminder_state(context.session, ids, ReminderState.WITHHELD, context.now, reason)
    elif state is StepState.CANCELLED and reason in _OVER:
        claim_reminders.set_reminder_state(context.session, ids, ReminderState.DROPPED, context.now, reason)
    else:
        _give_up(context, found, reason)


def look_again(context: Context, claim_key: str) -> None:
    """Set the day on which a claim is checked next, after a reminder was sent or failed."""
    kept = claims.find(context.session, claim_key)
    if kept is None or kept.look_on is None:
        return
    payer = coverages.payer(context.session, kept.claim.payer_id)
    assert payer is not None
    today = local_day(context.now, context.creditor.zone)
    day = claim_days.look_on(kept.claim, payer.terms, today, taken(context, claim_key))
    claims.look_again(context.session, claim_key, day)


def raise_case(context: Context, line: ReminderLine, why: str) -> None:
    """Open a case for a rep to send the text: no channel reaches the payer."""
    claim = line.claim
    case = Case(
        key=f"claim:{claim.key}:remind{line.number}",
        kind=f"claim_remind{line.number}",
        reason=(
            f"claim {claim.key} is not paid and {why}: remind {claim.payer_id}, then say "
            f"kvitt claims reminded {claim.key}; kvitt payers terms {claim.payer_id} keeps an address"
        ),
        deadline=context.answer_by(_CAN_WAIT),
        severity=_CAN_WAIT,
        customer_id=claim.customer_id,
        bill_id=claim.bill_id,
        detail={"claim": claim.key, "text": text(context.installation, [line])},
    )
    escalations.open_case(context.session, case, context.now)


def _give_up(context: Context, found: Iterable[ClaimReminder], reason: str) -> None:
    for one in found:
        claim_reminders.set_reminder_state(
            context.session, [one.id], ReminderState.FAILED, context.now, reason
        )
        (line,) = _lines(context.session, [one])
        payer = coverages.payer(context.session, one.payer_id)
        assert payer is not None
        if line.claim.state not in claim_days.REMINDED or line.amount <= 0:
            continue
        if not begin(context, line, payer.terms):
            why = f"the reminder by {one.channel} did not arrive ({reason.replace('_', ' ')})"
            raise_case(context, line, why)
        look_again(context, one.claim_key)


def _lines(session: Session, found: Sequence[ClaimReminder]) -> list[ReminderLine]:
    return [_line(session, one) for one in found]


def _line(session: Session, one: ClaimReminder) -> ReminderLine:
    kept = claims.find(session, one.claim_key)
    assert kept is not None
    return ReminderLine(kept.claim, one.number, asked(session, kept.claim))


def _with_state(session: Session, message: Message, *states: ReminderState) -> list[ClaimReminder]:
    return [one for one in claim_reminders.of_message(session, message.id) if one.state in states]


def _saying(lines: Sequence[ReminderLine]) -> Saying:
    return Saying("payer.reminder", {"claims": [one.facts for one in lines]})


def _case_key(one: ClaimReminder) -> str:
    return f"claim:{one.claim_key}:remind{one.number}"


def _hold(session: Session, found: Sequence[ClaimReminder]) -> None:
    lock_customers(session, _people(session, found))


def _people(session: Session, found: Sequence[ClaimReminder]) -> set[str]:
    kept = [claims.find(session, one.claim_key) for one in found]
    return answering_for(session, {one.claim.customer_id for one in kept if one})


def _addresses(installation: Installation, terms: PayerTerms) -> dict[Channel, str]:
    """The payer's usable addresses by channel, in the order in which they are tried."""
    addresses = {TO_ANY_EMAIL: terms.email, TO_ANY_LETTERBOX: terms.address}
    return {
        channel: address
        for channel, address in addresses.items()
        if address and channel in installation.available
    }


def _office_hour(context: Context) -> datetime:
    creditor = context.creditor
    return payer_levels.first_office_hour(context.now, creditor.zone, creditor.country, context.policy.eves)
