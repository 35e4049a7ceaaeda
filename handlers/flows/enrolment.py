"""A conversation: a new customer registers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from pydantic.dataclasses import dataclass as offered

from billing.calendar import is_minor
from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import Enrol, LeaveAsIs
from billing.payers.obligations import StatedObligations
from handlers.talk.questions import (
    Answer,
    Question,
    Reader,
    birth_date,
    insurer,
    name,
    one_of,
    phone,
    text,
    words,
)

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk

T = TypeVar("T")


@offered(frozen=True, slots=True)
class EnrolmentOffer:
    """The phone number that is writing (empty where the channel has none), its country, the local day."""

    phone: str
    region: str
    today: date
    fee: Money | None = None
    """What a reminder costs, where nothing else is to be agreed."""
    stated: StatedObligations | None = None
    """What is accepted with the terms."""
    payer: str = ""
    """Who pays with them, and under which number, where the first text named both."""
    member_id: str = ""


async def enrolment(talk: Talk, offer: EnrolmentOffer) -> Outcome:
    """Take down who it is, how to reach them, who pays, what they need; and have the terms accepted."""
    called = await talk.ask(name("name", Saying("enrolment.name")))
    born = await talk.ask(birth_date("birth_date", Saying("enrolment.birth_date"), unread="identity.unread"))
    if is_minor(born, offer.today):
        return LeaveAsIs("enrolment.minor")
    address = await talk.ask(words("address", Saying("enrolment.address"), longest=200))
    number = offer.phone or await talk.ask(phone("phone", Saying("enrolment.phone"), offer.region))
    payer, member = offer.payer, offer.member_id
    if not payer:
        payer, member = await talk.ask(_or_none(insurer("payer", Saying("enrolment.payer")), ("", "")))
    if payer and not member:
        member = await talk.ask(text("member_id", Saying("enrolment.member_id"), longest=60))
    needs = await talk.ask(_or_none(text("needs", Saying("enrolment.needs")), ""))
    stated = offer.stated or (StatedObligations(offer.fee) if offer.fee else None)
    for saying in stated.sayings() if stated else ():
        talk.say(saying.key, **saying.facts)
    if await talk.ask(one_of("terms", Saying("enrolment.terms"), "yes", "no", fresh=True)) == "no":
        return LeaveAsIs("enrolment.left")
    return Enrol(called, born, address, number, payer, member, needs, stated)


def _or_none(question: Question[T], nothing: T) -> Question[T]:
    """The same question, which may be answered with NONE."""

    def read(answer: Answer, reader: Reader) -> T:
        if reader.choice(answer.text, answer.language, ("none",)) == "none":
            return nothing
        return question.read(answer, reader)

    return replace(question, read=read, options=("none",))
