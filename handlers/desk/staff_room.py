"""Notices in the staff chat: numbers of cases and runs, never a name, a phone number or an amount.

A chat app is outside the creditor's systems, hence no personal data. Every notice is a row of the outbox like
any other message; a notice about a case is edited when the case changes, so that the chat shows its present
state.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from billing.accounts.channels import STAFF_CHAT
from billing.facts import Saying
from billing.gate import Purpose
from billing.plans.plans import Review
from handlers import rendering
from handlers.outgoing import OutgoingKind
from storage.database.transaction import lock_contact_point
from storage.delivery import drafts, lookups
from storage.desk import case_events, staff, staff_chats
from storage.desk.case_events import What
from storage.desk.staff import AuditEntry
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.facts import Facts
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.campaigns.campaigns import CampaignBatch, CampaignRecord
    from storage.delivery.outbox import Message
    from storage.desk.escalations import Escalation
    from storage.dunning.runs import DunningRun
    from storage.people.contact_points import ContactPoint

WITHIN = timedelta(days=1)
"""A notice older than this is dropped: the queue and the digest show the case."""
APPROVED = ":approved"
MOST = 20
"""Cases named in one notice."""


class OutgoingStaffNews(OutgoingKind):
    """A notice or an answer in the staff chat: no customer's consent or address is involved."""

    names: ClassVar = (Purpose.STAFF.value, Purpose.PAGE.value)
    # The queue and the digest show it: a case would be posted to the same chat and fail again.
    desk_hears: ClassVar = False

    def accepted(self, context: Context, message: Message, reference: str, at: datetime) -> None:  # noqa: ARG002
        """Where Telegram put it tells whether the group has another id by now."""
        chat = reference.partition(":")[0]
        if message.edits is None and chat.startswith("-"):
            follow(context, message.contact_point_id, chat)


def rooms(context: Context) -> list[ContactPoint]:
    """The staff chats, locked until the transaction ends; by id, so that no two processes deadlock."""
    language = context.creditor.language
    ids = {
        contact_points.at(context.session, STAFF_CHAT, chat, (), language, context.now)
        for chat in staff_chats.current(context.session, context.installation.staff_chats)
    }
    for room_id in sorted(ids):
        lock_contact_point(context.session, room_id)
    return [contact_points.get(context.session, room_id) for room_id in sorted(ids)]


def follow(context: Context, contact_point_id: int, new_chat: str) -> None:
    """Go on in the chat that a staff group became; its notices and its commands count there."""
    old = contact_points.get(context.session, contact_point_id).address
    if staff_chats.move(context.session, old, new_chat, context.now):
        staff.write_down(
            context.session,
            AuditEntry(context.now, "kvitt", "staff_chat_moved", f"chat:{old}", {"to": new_chat}),
        )


def post(
    context: Context,
    room: ContactPoint,
    key: str,
    saying: Saying,
    *,
    buttons: Sequence[str] = (),
    edits: int | None = None,
) -> None:
    """Queue a notice for a staff chat, once a ``key``; ``buttons`` are commands such as ``take 12``."""
    choices = [(_label(context.installation, room, command), command) for command in buttons]
    draft = rendering.draft(
        context.installation,
        room,
        key,
        Purpose.STAFF,
        (saying,),
        context.now,
        WITHIN,
        choices=choices,
        edits=edits,
    )
    drafts.queue(context.session, draft, context.now)


def post_case(context: Context, room: ContactPoint, case: Escalation) -> None:
    """Post a new case with its buttons."""
    said = Saying("staff.case", _facts(context, case))
    post(context, room, _case_key(case, room), said, buttons=_buttons(case))


def show_case(context: Context, in_rooms: Sequence[ContactPoint], case: Escalation) -> None:
    """Edit the notices about a case to show its present state."""
    already = lookups.with_keys(context.session, [_case_key(case, room) for room in in_rooms])
    version = case_events.newest(context.session, case.id)
    said = Saying("staff.case", _facts(context, case))
    for room in in_rooms:
        key = _case_key(case, room)
        if key in already:
            post(context, room, f"{key}:{version}", said, buttons=_buttons(case), edits=already[key])


def post_new(context: Context, room: ContactPoint, cases: Sequence[Escalation]) -> None:
    """Post several new cases as one notice, the most pressing first."""
    rows: list[Facts] = [
        {
            "number": case.id,
            "kind": case.kind.replace("_", " "),
            "deadline": clock(context.installation, case.deadline),
        }
        for case in cases[:MOST]
    ]
    key = f"staff:cases:{max(case.id for case in cases)}:{room.id}"
    post(context, room, key, Saying("staff.several", {"count": len(cases), "cases": rows}))


def tell_of_texts(context: Context, in_rooms: Sequence[ContactPoint], cases: Sequence[Escalation]) -> None:
    """The same as :func:`tell_of_text` of several cases, in one notice."""
    rows: list[Facts] = [
        {"number": case.id, "kind": case.kind.replace("_", " "), "owner": case.owner or ""}
        for case in cases[:MOST]
    ]
    last = max(case_events.newest(context.session, case.id, What.WROTE) for case in cases)
    for room in in_rooms:
        post(context, room, f"staff:wrote:{last}:{room.id}", Saying("staff.wrote_several", {"cases": rows}))


def wrote_again(context: Context, case: Escalation) -> bool:
    """Whether a case has a text of its customer that the staff chat was not told of."""
    if case.closed_at or case.unanswered_since is None:
        return False
    last = case_events.last(context.session, case.id, What.WROTE)
    # The text that opened the case was told with it.
    return last is not None and (case.told_at is None or last.at > case.told_at)


def look_at(installation: Installation, case_id: int) -> str:
    """What to open or type to see a whole case: the address of its page, where the desk is served."""
    if installation.desk_url:
        return f"{installation.desk_url}/cases/{case_id}"
    return f"kvitt escalations show {case_id}"


def tell_of_text(context: Context, in_rooms: Sequence[ContactPoint], case: Escalation) -> None:
    """Tell whoever has a case that its customer wrote again and waits for an answer; once a text."""
    if not wrote_again(context, case):
        return
    wrote = case_events.newest(context.session, case.id, What.WROTE)
    facts: Facts = {
        "number": case.id,
        "kind": case.kind.replace("_", " "),
        "owner": case.owner or "",
        "look": look_at(context.installation, case.id),
    }
    for room in in_rooms:
        post(context, room, f"staff:wrote:{case.id}:{wrote}:{room.id}", Saying("staff.wrote", facts))


def untold_runs(session: Session, room: ContactPoint, run_ids: Collection[int], after: str = "") -> set[int]:
    """The dunning runs not posted to a staff chat yet, or with ``after`` not their notice of that suffix."""
    already = lookups.with_keys(session, [_run_key(run_id, room) + after for run_id in run_ids])
    return {run_id for run_id in run_ids if _run_key(run_id, room) + after not in already}


def post_run(context: Context, room: ContactPoint, run_id: int, count: int) -> None:
    """Post to the staff chat that the messages of a dunning run wait for approval."""
    said = Saying("staff.run_waits", {"run": run_id, "count": count})
    post(
        context,
        room,
        _run_key(run_id, room),
        said,
    )


def post_batch(
    context: Context, room: ContactPoint, campaign: CampaignRecord, batch: CampaignBatch, count: int
) -> None:
    """Post to the staff chat that a campaign's batch waits for approval; once, however often called."""
    facts: Facts = {"campaign": campaign.name, "batch": batch.number, "count": count}
    key = f"staff:campaign:{campaign.id}:{batch.number}:{room.id}"
    post(context, room, key, Saying("staff.campaign_waits", facts))


def show_run(context: Context, in_rooms: Sequence[ContactPoint], run: DunningRun) -> None:
    """Edit the notice of a dunning run in the staff chats to show who approved it."""
    already = lookups.with_keys(context.session, [_run_key(run.id, room) for room in in_rooms])
    said = Saying("staff.run_approved", {"run": run.id, "by": run.approved_by or ""})
    for room in in_rooms:
        key = _run_key(run.id, room)
        if key in already:
            post(context, room, key + APPROVED, said, edits=already[key])


def waits_for_approval(case: Escalation) -> bool:
    """Whether a case is closed by approving or refusing: a placement, or a payment plan."""
    return case.kind == "placement" or (case.kind in set(Review) and Review(case.kind).decides)


def clock(installation: Installation, moment: datetime) -> str:
    """A time (UTC) as the staff chat writes it: in the creditor's time zone."""
    return f"{moment.astimezone(installation.creditor.zone):%Y-%m-%d %H:%M}"


def since(installation: Installation, case: Escalation) -> str:
    """Since when the customer waits for an answer, as the staff chat writes it; empty where they do not."""
    return clock(installation, case.unanswered_since) if case.unanswered_since else ""


def _case_key(case: Escalation, room: ContactPoint) -> str:
    return f"staff:case:{case.id}:{room.id}"


def _run_key(run_id: int, room: ContactPoint) -> str:
    return f"staff:run:{run_id}:{room.id}"


def _facts(context: Context, case: Escalation) -> dict[str, str | int]:
    return {
        "number": case.id,
        "kind": case.kind.replace("_", " "),
        "severity": case.severity,
        "deadline": clock(context.installation, case.deadline),
        "late": case.overdue(context.now),
        "unanswered": since(context.installation, case),
        "owner": case.owner or "",
        "snoozed": clock(context.installation, case.snoozed_until)
        if case.snoozed_until and case.snoozes(context.now)
        else "",
        "closed": case.closed_by or "",
        "approval": _approval(case),
        "look": look_at(context.installation, case.id),
    }


def _approval(case: Escalation) -> str:
    """What an approval would do: a button that only says so would be pressed unseen."""
    if not waits_for_approval(case):
        return ""
    return "placement" if case.kind == "placement" else "plan"


def _buttons(case: Escalation) -> list[str]:
    if case.closed_at:
        return []
    words = [] if case.owner else ["take"]
    words += ["return"] if case.owner or case.kind == "placement" else []
    words += ["hold"] if case.customer_id else []
    words += ["reply"] if case.contact_point_id else []
    return [f"{word} {case.id}" for word in words]


def _label(installation: Installation, room: ContactPoint, command: str) -> str:
    return installation.words.say(f"staff.button_{command.partition(' ')[0]}", room.language, {})
