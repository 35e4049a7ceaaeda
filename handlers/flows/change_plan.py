"""A conversation: change, pause or end a running plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import EndPlan, GoOn, LeaveAsIs, PausePlan
from handlers.talk.questions import Answer, Misread, Question, Reader, one_of

if TYPE_CHECKING:
    from billing.facts import Facts
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class RunningPlan:
    """The plan, its next instalment, what is left on it, and whether it may still skip a month."""

    plan_id: int
    balance: Money
    amount: Money
    due_on: date
    can_pause: bool


async def change_plan(talk: Talk, offer: RunningPlan) -> Outcome:
    """Change, pause or end a plan, or leave it."""
    facts: Facts = {"balance": offer.balance, "amount": offer.amount, "due_on": offer.due_on}
    what = await talk.ask(_what(offer, Saying("change_plan.what", facts)))
    if what == "change":
        return GoOn("new_plan")
    if what == "keep":
        return LeaveAsIs("change_plan.kept")
    sure = await talk.ask(one_of("sure", Saying(f"change_plan.{what}"), "yes", "no", fresh=True))
    if sure == "no":
        return LeaveAsIs("change_plan.kept")
    return PausePlan(offer.plan_id) if what == "pause" else EndPlan(offer.plan_id)


def _what(offer: RunningPlan, saying: Saying) -> Question[str]:
    """Change, pause, end or keep; another amount or number of months in the answer means a change."""
    options = ("change", *["pause"] * offer.can_pause, "end", "keep")
    choice = one_of("what", saying, *options)

    def read(answer: Answer, reader: Reader) -> str:
        try:
            return choice.read(answer, reader)
        except Misread:
            if not offer.can_pause and reader.choice(answer.text, answer.language, ("pause",)):
                raise Misread(Saying("change_plan.no_pause")) from None
            amount = reader.amount(answer.text, answer.language, offer.balance.currency)
            if amount is None and reader.choice(answer.text, answer.language, ("amount", "day")) is None:
                raise
            return "change"

    return replace(choice, read=read)
