"""Claims with a deadline today: not filed, not answered, an appeal ending; each opens a case.

Only due claims are read (a partial index on ``claims.look_on``). Agencies and employers billed by invoice are
reminded themselves (:mod:`handlers.payers.payer_reminders`); the desk gets a case if no channel reaches them,
or after the last reminder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.calendar import local_day
from billing.payers import claim_days
from billing.payers.claim_days import Mark
from handlers import set_aside
from handlers.payers import claim_file, payer_reminders
from handlers.payers.payer_reminders import ReminderLine
from storage.payers import claims

if TYPE_CHECKING:
    from handlers.context import Clock, Context
    from handlers.installation import Installation
    from handlers.payers.claim_file import LockedClaim
    from storage.database.transaction import Database

BATCH: Final = 200
CAN_WAIT: Final = 3
_REASONS: Final = {
    Mark.UNFILED: "claim {key} has not been filed: kvitt claims file {key}",
    Mark.TOO_LATE: "claim {key} was not filed in time: kvitt claims file {key} --anyway REASON, or forgo it",
    Mark.UNANSWERED: "claim {key} was not answered in time: ask the payer",
    Mark.UNDECIDED: "claim {key} was denied, and nobody has decided: kvitt claims show {key}",
    Mark.APPEAL_ENDS: "the time to appeal about claim {key} ends soon: kvitt claims appeal {key}",
    Mark.APPEAL_OVER: "the time to appeal about claim {key} is over: decide what becomes of it",
}
_GRAVE: Final = frozenset({Mark.TOO_LATE, Mark.APPEAL_ENDS, Mark.APPEAL_OVER})


def run(database: Database, installation: Installation, clock: Clock) -> int:
    """Check every due claim, each in its own transaction to lock one customer at a time; returns how many."""
    now = clock()
    count = 0
    while True:
        with database.read() as session:
            due = claims.due(session, local_day(now, installation.creditor.zone), BATCH)
        keys = [kept.claim.key for kept in due]
        named = "claim {}".format
        done = set_aside.one_by_one(database, installation, clock, "claims", keys, _look, named)
        count += sum(done)
        if len(due) < BATCH or not any(done):
            payer_reminders.queue_waiting(database, installation, clock)
            return count


def _look(context: Context, key: str) -> bool:
    """Open the case and set the next day; returns False if another process did it first."""
    file = claim_file.take(context, key)
    if file.kept.look_on is None or file.kept.look_on > file.today:
        return False
    if file.claim.state.open:
        _raise_case(file)
    claims.look_again(
        context.session, key, claim_days.look_on(file.claim, file.terms, file.today, file.reminded)
    )
    return True


def _raise_case(file: LockedClaim) -> None:
    mark, number = claim_days.matter(file.claim, file.terms, file.today, file.reminded)
    if mark is Mark.REMINDING:
        return
    if mark is Mark.REMIND:
        _remind(file, number)
        return
    detail = {
        name: day.isoformat()
        for name, day in (
            ("file_by", file.claim.file_by),
            ("answer_by", file.claim.answer_by),
            ("appeal_by", file.claim.appeal_by),
        )
        if day is not None
    }
    if mark is Mark.UNANSWERED and file.reminded:
        detail["reminders"] = str(len(file.reminded))
    severity = claim_file.WAITS if mark in _GRAVE else CAN_WAIT
    file.case(mark.value, _REASONS[mark].format(key=file.claim.key), severity, detail)


def _remind(file: LockedClaim, number: int) -> None:
    """Queue the next reminder to the payer; the desk gets a case if no channel reaches it."""
    line = ReminderLine(file.claim, number, file.book.asked)
    if not payer_reminders.begin(file.context, line, file.terms):
        payer_reminders.raise_case(file.context, line, "nothing reaches the payer")
