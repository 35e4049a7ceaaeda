"""Reminders to payers at the desk: the list of due ones, approval, and one sent by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from billing.calendar import local_day
from billing.gate import SendingSwitch
from billing.payers import claim_days
from billing.payers.claim_days import Mark
from billing.refusals import Refusal
from handlers import rights
from handlers.payers import claim_file, payer_reminders
from handlers.payers.payer_reminders import ReminderLine
from storage.delivery import approvals
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.payers import claim_reminders, claims
from storage.payers.claim_reminders import HAND

if TYPE_CHECKING:
    from datetime import date

    from handlers.context import Context

MOST: Final = 10_000
"""Claims read for a preview, at most."""
_NOON: Final = time(12)


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A due reminder; ``way`` is its channel, empty if the desk sends it. ``amount`` in minor units."""

    claim_key: str
    payer_id: str
    number: int
    amount: int
    currency: str
    way: str


class NotReminded(Refusal):
    """No reminder by hand can be recorded for the claim now."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"claim {key}: no reminder can be written down; it has no ladder, is not with its payer, or one "
            f"is on its way: see kvitt claims show {key}"
        )


class RemindedInTheFuture(Refusal):
    """The day of the reminder is in the future."""

    def __init__(self, on: date) -> None:
        super().__init__(f"--on {on}: that day has not come yet")


def due(context: Context) -> list[DueReminder]:
    """Reminders due now, with the channel of each; nothing is written."""
    today = local_day(context.now, context.creditor.zone)
    found = []
    for kept in claims.due(context.session, today, MOST):
        claim = kept.claim
        terms = claim_file.terms_of(context.session, claim.payer_id)
        steps = payer_reminders.taken(context, claim.key)
        mark, number = claim_days.matter(claim, terms, today, steps)
        if claim.state.open and mark is Mark.REMIND:
            way = payer_reminders.way(context, claim, terms, number)
            asked = payer_reminders.asked(context.session, claim)
            found.append(
                DueReminder(
                    claim.key, claim.payer_id, number, asked, claim.currency, way.value if way else ""
                )
            )
    return found


def approve(context: Context, by: str) -> int:
    """Approve the queued reminders to payers; returns how many. 0 if the installation needs no approval.

    Raises:
        rights.NotAllowed: the user may not approve.
    """
    if context.installation.sending is not SendingSwitch.APPROVE:
        return 0
    by = rights.check(context.session, by, Right.APPROVE)
    count = approvals.approve_reminders_to_payers(context.session, by, context.now)
    if count:
        detail = {"messages": count}
        staff.write_down(
            context.session,
            AuditEntry(context.now, by, "payer_reminders_approved", "payer_reminders", detail),
        )
    return count


def by_hand(context: Context, key: str, on: date | None, by: str) -> int:
    """Record that a rep reminded the payer, today or earlier (``on``); returns the number of the reminder.

    Raises:
        rights.NotAllowed: the user may only look.
        claim_file.NoSuchClaim: no claim has this number.
        NotReminded: no reminder is due for it.
        RemindedInTheFuture: the day is in the future.
    """
    by = rights.check(context.session, by, Right.WORK)
    file = claim_file.take(context, key)
    day = on or file.today
    if day > file.today:
        raise RemindedInTheFuture(day)
    steps = file.reminded
    number = len(steps) + 1
    on_ladder = claim_days.on_ladder(file.claim, file.terms) and number <= len(file.terms.remind_days)
    at = min(datetime.combine(day, _NOON, tzinfo=context.creditor.zone).astimezone(UTC), context.now)
    if not on_ladder or not _add_reminder(context, ReminderLine(file.claim, number, file.book.asked), at):
        raise NotReminded(key)
    escalations.close_key(context.session, f"claim:{key}:remind{number}", by, "reminded", context.now)
    payer_reminders.look_again(context, key)
    detail = {"step": number, "on": day.isoformat()}
    staff.write_down(context.session, AuditEntry(context.now, by, "payer_reminded", f"claim:{key}", detail))
    return number


def _add_reminder(context: Context, line: ReminderLine, at: datetime) -> bool:
    claim = line.claim
    return claim_reminders.add(
        context.session, claim.key, claim.payer_id, line.number, line.amount, HAND, context.now, sent_at=at
    )
