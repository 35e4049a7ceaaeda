"""Every path of the conversations about a cost, an insurance and help, as the answers that lead there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from billing.ledger.money import Money
from billing.outcomes import (
    AcceptObligations,
    ApplyForAid,
    AskAuthorisation,
    GiveEstimate,
    GoOn,
    LeaveAsIs,
    NoteInsurance,
    Report,
)
from billing.payers.obligations import StatedObligations, Topic
from handlers.conversation.flow_registry import FLOW_REGISTRY
from handlers.flows.aid import AidOffer
from handlers.flows.estimate import EstimateOffer, ServiceLine
from handlers.flows.new_insurance import InsuranceOffer
from handlers.flows.next_step import NextStepOffer
from handlers.flows.obligations import ObligationsOffer
from handlers.talk.conversation import Done, Flows, Going, NotRead
from handlers.talk.questions import Answer
from messages.understanding.reading import TextReader

if TYPE_CHECKING:
    from billing.outcomes import Outcome

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
DAY = date(2026, 3, 2)
FLOWS = Flows(FLOW_REGISTRY, TextReader())
BRAIN, KNEE = ServiceLine("CPT", "70551", "MRI of the brain"), ServiceLine("CPT", "73721", "MRI of the knee")
STEP = NextStepOffer("CPT", "70551", DAY, can_authorise=True, can_aid=True, fee=Money(6000, "SEK"))


def hear(flow: str, offer: object, *said: str) -> Going | Done | NotRead:
    """What the last of these answers leads to; all before it must read."""
    step: Going | Done | NotRead = FLOWS.start(flow, offer, NOW)
    for words in said:
        assert isinstance(step, Going), words
        step = FLOWS.hear(step.open, Answer(words, "en", DAY, NOW), NOW)
    return step


def outcome(flow: str, offer: object, *said: str) -> Outcome:
    """What the conversation decides."""
    step = hear(flow, offer, *said)
    assert isinstance(step, Done), step
    return step.outcome


def a_cost(*services: ServiceLine, named: bool = True, unknown: str = "") -> EstimateOffer:
    """Somebody asks what something costs."""
    return EstimateOffer(services, DAY, "cost", "my_cost", named, unknown)


@pytest.mark.parametrize(
    ("offer", "said", "expected"),
    [
        (a_cost(BRAIN), [], GiveEstimate("CPT", "70551", DAY)),
        (a_cost(BRAIN, KNEE), ["2"], GiveEstimate("CPT", "73721", DAY)),
        (a_cost(BRAIN, KNEE), ["the brain"], GiveEstimate("CPT", "70551", DAY)),
        (a_cost(), ["MRI knee"], GoOn("my_cost", "MRI knee")),
        (a_cost(BRAIN, KNEE, named=False), ["MRI of the knee"], GoOn("my_cost", "MRI of the knee")),
        (a_cost(unknown="a colonoscopy"), [], Report("estimate", "a colonoscopy")),
    ],
)
def test_a_cost(offer: EstimateOffer, said: list[str], expected: Outcome) -> None:
    """One is told at once, of several one is picked, without any it is asked, unknown a person has it."""
    assert outcome("estimate", offer, *said) == expected


@pytest.mark.parametrize("said", ["3", "0", "MRI", "what?"])
def test_which_service_is_not_guessed(said: str) -> None:
    """A number that is not there, or words that fit both, are asked again."""
    assert isinstance(hear("estimate", a_cost(BRAIN, KNEE), said), NotRead)


def test_obligations_are_accepted_or_left() -> None:
    """Only a yes to what was just stated accepts it."""
    whole = StatedObligations(Money(6000, "SEK"), 30, (Topic.BILLS,), "v1")
    step = hear("obligations", ObligationsOffer(whole))
    assert isinstance(step, Going)
    assert [one.key for one in step.said] == ["obligations.fee", "obligations.stated", "obligations.accept"]
    assert outcome("obligations", ObligationsOffer(whole), "I accept") == AcceptObligations(whole)
    assert outcome("obligations", ObligationsOffer(whole), "not now") == LeaveAsIs("obligations.left")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("1", AcceptObligations(StatedObligations(Money(6000, "SEK")))),
        ("ask for approval", AskAuthorisation("CPT", "70551", DAY)),
        ("help with the cost", GoOn("aid")),
        ("nothing now", LeaveAsIs("estimate.fine")),
    ],
)
def test_what_follows_a_cost(said: str, expected: Outcome) -> None:
    """Nothing happens but what is chosen."""
    assert outcome("next_step", STEP, said) == expected


def test_a_new_insurance_is_taken_down() -> None:
    """Name, number and day in the customer's words."""
    decided = outcome("new_insurance", InsuranceOffer(), "Green Valley", "GV-1", "since March")
    assert decided == NoteInsurance("Green Valley", "GV-1", "since March")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["3", "2000", "yes"], ApplyForAid(3, Money(200_000, "USD"))),
        (["1", "0", "yes"], ApplyForAid(1, Money(0, "USD"))),
        (["1", "nothing", "yes"], ApplyForAid(1, Money(0, "USD"))),
        (["3", "2000", "no"], LeaveAsIs("aid.left")),
    ],
)
def test_an_application(said: list[str], expected: Outcome) -> None:
    """Household and income, said back before they count; no income is an answer."""
    assert outcome("aid", AidOffer("USD"), *said) == expected


@pytest.mark.parametrize("said", [["none"], ["0"], ["21"], ["2", "a lot"], ["2", "-5"]])
def test_an_application_takes_nothing_that_cannot_be(said: list[str]) -> None:
    """No household of none, no income below nothing."""
    assert isinstance(hear("aid", AidOffer("USD"), *said), NotRead)


def test_where_no_programme_goes_by_income_none_is_asked() -> None:
    """The ceiling of the law needs no numbers of the customer's."""
    assert outcome("aid", AidOffer("SEK", by_income=False)) == ApplyForAid(0, Money(0, "SEK"))
