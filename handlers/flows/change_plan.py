"""A conversation: change, pause or end a running plan."""

from __future__ import annotations

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
    missing: Money | None = None
    """What is left to pay of the next instalment; empty where all of it is."""


async def change_plan(talk: Talk, offer: RunningPlan) -> Outcome:
    """Change, pause or end a plan, or leave it."""
    missing = offer.missing or offer.amount
    facts: Facts = {"balance": offer.balance, "amount": missing, "due_on": offer.due_on}
    what, said = await talk.ask(_what(offer, Saying("change_plan.what", facts)))
    if what == "change":
        return GoOn("new_plan", said)
    if what == "keep":
        return LeaveAsIs("change_plan.kept")
    sure = await talk.ask(one_of("sure", Saying(f"change_plan.{what}"), "yes", "no", fresh=True))
    if sure == "no":
        return LeaveAsIs("change_plan.kept")
    return PausePlan(offer.plan_id) if what == "pause" else EndPlan(offer.plan_id)


def _what(offer: RunningPlan, saying: Saying) -> Question[tuple[str, str]]:
    """Change, pause, end or keep; other terms in the answer mean a change, and go on with these words."""
    options = ("change", *["pause"] * offer.can_pause, "end", "keep")
    choice = one_of("what", saying, *options)

    def read(answer: Answer, reader: Reader) -> tuple[str, str]:
        text, language = answer.text, answer.language
        if not offer.can_pause and reader.choice(text, language, ("pause",)) and not _terms(answer, reader):
            raise Misread(Saying("change_plan.no_pause"))
        try:
            what = choice.read(answer, reader)
        except Misread:
            if _terms(answer, reader) or reader.choice(text, language, ("amount", "day")):
                what = "change"
            elif offer.can_pause and reader.choice(text, language, ("pause", "end", "keep")) == "pause":
                what = "pause"  # "I can't this month, skip it": a no that is no change
            else:
                raise
        return what, text if what == "change" and _terms(answer, reader) else ""

    def _terms(answer: Answer, reader: Reader) -> bool:
        text, language = answer.text, answer.language
        if text.strip(" .)#(").isdigit() and len(text.strip(" .)#(")) == 1:
            return False  # the number of a choice
        return bool(
            reader.amount(text, language, offer.balance.currency)
            or reader.either_amount(text, language, offer.balance.currency)
            or reader.no_amount(text, language, offer.balance.currency)
            or reader.day_of_month(text, language)
            or reader.frequency(text, language) not in {"", "monthly"}
        )

    return Question("what", saying, read, options)
