"""The staff chat: commands that reps write, or press as buttons.

A rep is known by the Telegram user id; their rights are checked by the action itself, as for the terminal.
Two who press at once are served one after the other: the second learns who was quicker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from billing.facts import Saying
from billing.refusals import Refusal
from handlers import rights
from handlers.arrivals import ArrivalKind
from handlers.collection import collector
from handlers.desk import agreements, batches, cases, hold_fates, queue, staff_room
from handlers.desk.hold_fates import LIFT, HoldFate
from handlers.rights import DeskRefusal, NoSuchUser
from storage.conversation import inbox
from storage.desk import case_queue, escalations, staff
from storage.desk.case_queue import QueueFilter
from storage.dunning import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.facts import Facts
    from handlers.context import Context
    from storage.conversation.inbox import Inbound
    from storage.people.contact_points import ContactPoint

SHOWN: Final = 20
REST_DAYS: Final = 14
"""How long a hold from the chat lasts, unless another number of days is written (our choice)."""
RETURN_DAYS: Final = 30
"""How long a bill is held after its placement was refused; the default of kvitt placements return."""

_COMMAND = re.compile(r"/?([a-z]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL | re.IGNORECASE)
_NUMBERED = re.compile(r"#?(\d{1,9})(?:\s+(.*))?", re.DOTALL)
_RUN = re.compile(r"run\s+(\d{1,9})", re.IGNORECASE)
_FATE = re.compile(r"(?:(lift)|keep\s+(\d{4}-\d\d-\d\d)|handon\s+(\S+))(\s.*)?", re.DOTALL | re.IGNORECASE)
_DAYS = re.compile(r"\d{1,3}")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a rep: who gives it, the number of the case or run, and the words after it."""

    context: Context
    by: str
    number: int = 0
    words: str = ""

    def about(self, key: str, **facts: str | int) -> Saying:
        """A reply that names the case."""
        return Saying(f"staff.{key}", {"number": self.number, **facts})

    def days(self, usual: int) -> int:
        """The number of days in the command, or ``usual``."""
        return int(self.words.split()[0]) if _DAYS.fullmatch(self.words.partition(" ")[0]) else usual


def answer(context: Context, inbox_id: int) -> None:
    """Carry out one message or button of the staff chat, once, and reply with the result."""
    rooms = staff_room.rooms(context)
    # Read once the chats are locked: an action must not be dated before one that was served first.
    inbound = inbox.get(context.session, inbox_id)
    if inbound.state != "waiting":
        return
    if inbound.kind == ArrivalKind.STAFF_MOVED:
        staff_room.follow(context, inbound.contact_point_id, inbound.text)
        inbox.done(context.session, inbox_id, context.now)
        return
    here = next((room for room in rooms if room.id == inbound.contact_point_id), None)
    if here is not None:
        said = _reply_to(context, inbound, rooms)
        if said is not None:
            staff_room.post(context, here, f"reply:{inbox_id}", said)
    inbox.done(context.session, inbox_id, context.now)


def give_up(context: Context, inbound: Inbound) -> None:
    """Reply in the staff chat that a command failed, after the last retry."""
    for room in staff_room.rooms(context):
        if room.id == inbound.contact_point_id:
            said = Saying("staff.failed")
            staff_room.post(context, room, f"reply:{inbound.id}", said)


def _reply_to(context: Context, inbound: Inbound, rooms: Sequence[ContactPoint]) -> Saying | None:
    user = staff.on_telegram(context.session, inbound.sender)
    if user is None:
        return Saying("staff.no_rights", {"id": inbound.sender})
    found = _COMMAND.fullmatch(inbound.text.strip())
    word, rest = (found[1].lower(), (found[2] or "").strip()) if found else ("", "")
    command = Command(context, user.name, words=rest)
    if word == "approve" and inbound.asked_at:
        # A button of an earlier release, or of whoever sent it: what it approves was not seen.
        return _to_approve(command)
    try:
        # A savepoint: a refused command leaves nothing behind, but its reply is still queued.
        with context.session.begin_nested():
            said = _do(command, word, rooms)
    except (DeskRefusal, hold_fates.KeptTooShort, NoSuchUser) as refusal:
        return Saying("staff.refused", {"text": str(refusal)})
    except Refusal:
        return Saying("staff.not_possible")
    pressed = bool(inbound.asked_at)
    return None if pressed and said.key in _SEEN_IN_THE_NOTICE else said


# No reply to a pressed button whose result shows in the edited notice anyway.
_SEEN_IN_THE_NOTICE: Final = frozenset({"staff.taken", "staff.given_back", "staff.closed"})


def _do(command: Command, word: str, rooms: Sequence[ContactPoint]) -> Saying:
    if word in _PLAIN:
        return _PLAIN[word](command)
    run = _RUN.fullmatch(command.words)
    if word == "approve" and run:
        return _approve_run(command, int(run[1]), rooms)
    numbered = _NUMBERED.fullmatch(command.words)
    if word not in _ABOUT_A_CASE or numbered is None:
        return Saying("staff.help")
    about = Command(command.context, command.by, int(numbered[1]), (numbered[2] or "").strip())
    said = _ABOUT_A_CASE[word](about)
    case = escalations.find(about.context.session, about.number)
    if case is not None:
        staff_room.show_case(about.context, rooms, case)
    return said


def _to_approve(command: Command) -> Saying:
    """How a press of a button that approves is answered: with what to look at, and what to write then."""
    run, numbered = _RUN.fullmatch(command.words), _NUMBERED.fullmatch(command.words)
    if run:
        return Saying("staff.how_to_approve_run", {"run": int(run[1])})
    if numbered:
        look = staff_room.look_at(command.context.installation, int(numbered[1]))
        return Saying("staff.how_to_approve", {"number": int(numbered[1]), "look": look})
    return Saying("staff.help")


def _help(command: Command) -> Saying:  # noqa: ARG001
    return Saying("staff.help")


def _queue(command: Command) -> Saying:
    rights.check(command.context.session, command.by, Right.LOOK)
    chosen = QueueFilter(put_off=None, placements=True)
    waiting = queue.page(command.context, chosen, limit=SHOWN).cases
    if not waiting:
        return Saying("staff.queue_empty")
    total = sum(case_queue.totals(command.context.session, command.context.now).groups)
    rows: list[Facts] = [
        {
            "number": case.id,
            "kind": case.kind.replace("_", " "),
            "severity": case.severity,
            "deadline": staff_room.clock(command.context.installation, case.deadline),
            "owner": case.owner or "",
            "overdue": case.overdue(command.context.now),
            "unanswered": staff_room.since(command.context.installation, case),
        }
        for case in waiting
    ]
    return Saying("staff.queue", {"cases": rows, "more": total - len(rows)})


def _account(command: Command) -> Saying:
    rights.check(command.context.session, command.by, Right.LOOK)
    queue.story(command.context.session, command.number)
    return command.about("account", look=staff_room.look_at(command.context.installation, command.number))


def _take(command: Command) -> Saying:
    cases.take(command.context, command.number, command.by)
    return command.about("taken", by=command.by)


def _approve(command: Command) -> Saying:
    case = cases.decidable(command.context.session, command.number, command.by)
    if case.kind == "placement" and case.bill_id:
        collector.approve(command.context, case.bill_id, command.by, "")
    elif staff_room.waits_for_approval(case):
        plan_id = int(case.key.partition(":")[2])
        agreements.approve(command.context, plan_id, command.by)
    else:
        return command.about("nothing_to_approve")
    return command.about("closed", by=command.by)


def _return(command: Command) -> Saying:
    case = cases.decidable(command.context.session, command.number, command.by)
    if case.kind != "placement" or case.bill_id is None:
        return _give_back(command)
    reason = command.words or "returned by the desk"
    collector.give_back(command.context, case.bill_id, command.by, reason, RETURN_DAYS)
    return command.about("closed", by=command.by)


def _give_back(command: Command) -> Saying:
    cases.give_back(command.context, command.number, command.by, command.words)
    return command.about("given_back", by=command.by)


def _hold(command: Command) -> Saying:
    until = cases.rest(command.context, command.number, command.by, command.days(REST_DAYS))
    return command.about("held", until=staff_room.clock(command.context.installation, until))


def _reply(command: Command) -> Saying:
    rights.check(command.context.session, command.by, Right.WORK)
    return command.about("how_to_reply")


def _say(command: Command) -> Saying:
    cases.answer(command.context, command.number, command.by, command.words)
    return command.about("said")


def _snooze(command: Command) -> Saying:
    until = cases.snooze(command.context, command.number, command.by, command.days(1))
    return command.about("snoozed", until=staff_room.clock(command.context.installation, until))


def _close(command: Command) -> Saying:
    found = _FATE.fullmatch(command.words)
    fate = _fate(found) if found else None
    outcome = (found[4] if found else command.words) or "settled"
    cases.close(command.context, command.number, command.by, outcome.strip(), fate=fate)
    return command.about("closed", by=command.by)


def _fate(found: re.Match[str]) -> HoldFate:
    """What becomes of the hold: ``lift``, ``keep 2026-04-01`` or ``handon Kim``, before the outcome."""
    if found[1]:
        return LIFT
    return HoldFate(keep_until=date.fromisoformat(found[2])) if found[2] else HoldFate(hand_to=found[3])


def _approve_run(command: Command, run_id: int, rooms: Sequence[ContactPoint]) -> Saying:
    count = batches.approve(command.context, run_id, command.by)
    run = runs.find(command.context.session, run_id)
    if run is not None:
        staff_room.show_run(command.context, rooms, run)
    return Saying("staff.run_may_leave", {"run": run_id, "count": count})


_PLAIN: Final = {"help": _help, "start": _help, "queue": _queue}
_ABOUT_A_CASE: Final = {
    "account": _account,
    "take": _take,
    "approve": _approve,
    "return": _return,
    "giveback": _give_back,
    "hold": _hold,
    "reply": _reply,
    "say": _say,
    "snooze": _snooze,
    "close": _close,
}
