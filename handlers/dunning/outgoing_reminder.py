"""A reminder as it leaves: about the bills still due, with today's deadline, fee and interest."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from billing.accounts.snapshot import StepState
from billing.calendar import local_day
from billing.dunning.blockers import zone_of
from billing.facts import Saying
from handlers.bills import bill_links
from handlers.dunning import demand_letters, demands
from handlers.dunning.unsolicited import Unsolicited
from handlers.outgoing import said_anew
from storage.delivery.outbox import REMINDER
from storage.dunning import steps

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from handlers.context import Context
    from handlers.installation import Installation
    from handlers.outgoing import Admitted, GateFacts, WrittenLetter
    from storage.delivery.outbox import Message


class OutgoingReminder(Unsolicited):
    """A level of reminders: each bill in it takes a step, and its costs are booked as it leaves."""

    names: ClassVar = (REMINDER,)

    def look_again(self, context: Context, message: Message) -> GateFacts:
        """The recipient, and the bills it is still about."""
        bill_ids = tuple(steps.bills_of(context.session, message.id))
        return self.facts(context, message, bill_ids=bill_ids)

    def final_text(self, context: Context, message: Message, passed: Admitted) -> Message:
        """About the bills still due, with today's deadline; fee and interest are booked."""
        leaving, verdict, person = passed.leaving, passed.verdict, passed.person
        assert person is not None
        assert message.level is not None
        # Bills paid or held since: they leave the reminder, and a fee for them is taken back (necessity,
        # 1981:739 4 §).
        gone = set(leaving.bill_ids) - set(verdict.bill_ids)
        steps.withdraw(context.session, message.id, gone)
        _take_back(context, message, gone)
        level, today = context.policy.level(message.level), local_day(context.now, zone_of(person))
        demands.charge(context, message, verdict.bill_ids, today)
        if level.final:
            answer_by = demands.deadline(context.installation, person, level, message.channel, context.now)
            steps.state_deadline(context.session, message.id, answer_by)
        said = demands.saying(
            context.installation, person, level, leaving.reach, len(verdict.bill_ids), context.now
        )
        page = bill_links.in_reminder(context, message, said, verdict.bill_ids)
        return said_anew(context.installation, message, said, *page)

    def letter(
        self, context: Context, message: Message, address: str, reference: str, post_on: date
    ) -> WrittenLetter:
        """The printed demand, with what is owed on the day of posting (``post_on``).

        Raises:
            IncompleteDemand: a final demand lacks something that the law requires in it.
        """
        return demand_letters.write(context, message, address, reference, post_on)

    def accepted(self, context: Context, message: Message, reference: str, at: datetime) -> None:
        """Its bills have heard this level, from ``at``."""
        del reference
        steps.set_step_state(context.session, message.id, StepState.HEARD, at)

    def ended(self, context: Context, message: Message, state: StepState, reason: str) -> list[str]:
        """Its level may be sent by another channel, and its costs are reversed unless it may have arrived."""
        del reason
        bill_ids = steps.set_step_state(context.session, message.id, state)
        if state is not StepState.PARKED:
            _take_back(context, message, bill_ids)
        return bill_ids

    def requeued(self, context: Context, message: Message) -> None:
        """Its costs are reversed until it leaves again."""
        bill_ids = steps.set_step_state(context.session, message.id, StepState.QUEUED)
        _take_back(context, message, bill_ids)

    reason_and_balance: ClassVar = True

    def why(self, installation: Installation, message: Message, sent_on: date) -> Saying:
        """Which reminder of how many it was."""
        assert message.level is not None
        of = len(installation.policy.levels)
        return Saying("answers.why_reminder", {"sent_on": sent_on, "number": message.level, "of": of})


def _take_back(context: Context, message: Message, bill_ids: Collection[str]) -> None:
    if bill_ids:
        demands.take_back(context, message, bill_ids, local_day(context.now, context.creditor.zone))
