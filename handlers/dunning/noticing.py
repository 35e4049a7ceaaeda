"""Notices that a run decided on: queued once each, with the day it promises; counted anew as they leave."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from billing.calendar import start_of_day
from billing.dunning.blockers import zone_of
from billing.dunning.notices import NoticeKind
from billing.facts import Saying
from handlers.dunning import unsolicited
from handlers.dunning.unsolicited import CountedNotice
from storage import plans
from storage.delivery import drafts
from storage.dunning import notices

if TYPE_CHECKING:
    from datetime import date

    from billing.accounts.snapshot import PersonSnapshot
    from billing.dunning.notices import Planned
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.delivery.outbox import Message


class OutgoingNotice(CountedNotice):
    """A notice about a day; the gate asks whether it is still true."""

    names: ClassVar = ("notice",)
    reason_and_balance: ClassVar = True

    def why(self, installation: Installation, message: Message, sent_on: date) -> Saying:
        """The answer to "why did I get this?", by the day that the notice is about."""
        del installation
        reason = _WHY.get(message.sayings[0].key, "answers.why_notice")
        return Saying(reason, {"sent_on": sent_on})


_WHY: Final = {
    "notice.estimate_exceeded": "answers.why_estimate",
    "notice.plan_ended": "answers.why_lapse",
    "notice.promise_broken": "answers.why_lapse",
    "notice.instalment_missed": "answers.why_missed",
}
"""The answer for notices that have one of their own."""


def queue(context: Context, person: PersonSnapshot, planned: Planned, run_id: int) -> int | None:
    """Queue the notice; returns its outbox id, or None if it was queued before.

    A missed instalment may be paid until the day the notice names: the plan is kept alive until then. The
    notice itself expires at the end of the last day on which it is true, local to the customer.
    """
    notice, reach = planned.notice, planned.reach
    assert notice
    assert reach
    about = "" if notice.plan_id else f":{notice.bill_ids[0]}"
    draft = unsolicited.notice(
        context.installation,
        person,
        (reach.channel, reach.contact_point_id),
        f"notice:{notice.mark}{about}",
        saying(notice.kind, notice.day, len(notice.bill_ids)),
        context.now,
        start_of_day(max(notice.day, notice.last_on) + timedelta(days=1), zone_of(person)),
        run_id,
    )
    outbox_id = drafts.queue(context.session, draft, context.now)
    if outbox_id is None:
        return None
    notices.save_notice(context.session, outbox_id, notice.mark, notice.bill_ids)
    if notice.kind is NoticeKind.INSTALMENT_MISSED:
        plans.allow_until(context.session, notice.plan_id, notice.number, notice.day)
    return outbox_id


def saying(kind: NoticeKind, day: date, count: int) -> Saying:
    """The saying of a notice: a day, never an amount, because the recipient is not identified."""
    match kind:
        case NoticeKind.ESTIMATE_EXCEEDED:
            return Saying("notice.estimate_exceeded", {"count": count, "until": day})
        case NoticeKind.PLAN_ENDED:
            return Saying("notice.plan_ended", {"ended_on": day})
        case NoticeKind.PROMISE_BROKEN:
            return Saying("notice.promise_broken", {"due_on": day})
        case NoticeKind.INSTALMENT_MISSED:
            return Saying("notice.instalment_missed", {"until": day})
        case NoticeKind.INSTALMENT_DUE:
            return Saying("notice.instalment_due", {"due_on": day})
        case NoticeKind.PAYMENT_DUE_SOON:
            return Saying("notice.payment_due_soon", {"count": count, "due_on": day})
