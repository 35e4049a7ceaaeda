"""Every path of every flow, as the answers that lead there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import pytest

from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import (
    ChangeDetail,
    ConfirmDetails,
    ExplainBill,
    HandToPerson,
    Identify,
    KeepNumber,
    LeaveAsIs,
    MakePromise,
    OpenPlan,
    ReplaceNumber,
)
from billing.plans.frequency import Frequency
from billing.plans.plans import pay_off, spread
from handlers.conversation.flow_registry import FLOW_REGISTRY
from handlers.flows.change_plan import RunningPlan
from handlers.flows.contact_details import DetailsOffer
from handlers.flows.explain_bill import ExplainOffer
from handlers.flows.failing_number import FailingOffer
from handlers.flows.identity import IdentityOffer
from handlers.flows.payment_plan import PlanOffer
from handlers.flows.promise import PromiseOffer
from handlers.talk.bills import BillLine
from handlers.talk.conversation import Done, Flows, Going, NotRead
from handlers.talk.questions import Answer
from messages.understanding.reading import TextReader

if TYPE_CHECKING:
    from billing.facts import Facts
    from billing.outcomes import Outcome

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
TODAY = date(2026, 3, 2)
FRIDAY = date(2026, 3, 6)
DAY = timedelta(days=1)
THURSDAY = FRIDAY - DAY
LATEST = date(2026, 3, 20)
FORTY = Money(4000, "USD")
OWED = Money(60000, "USD")
FLOWS = Flows(FLOW_REGISTRY, TextReader())
PLAN = PlanOffer(OWED, Money(2500, "USD"), 12, TODAY)
PROMISE = PromiseOffer(OWED, LATEST, TODAY)
DETAILS = DetailsOffer("+15035550142", "ada@elm.example", "1 Elm St", "US")
BILLS = ExplainOffer(
    (
        BillLine("B1", Money(4000, "USD"), date(2026, 3, 9)),
        BillLine("B2", Money(6000, "USD"), date(2026, 3, 16)),
        BillLine("B3", Money(6000, "USD"), date(2026, 3, 20)),
    )
)

Said: TypeAlias = "str | tuple[str, int]"
"""What is said, and how many days after the talk began if not on its first day."""


def _hear(flow: str, offer: object, *said: Said) -> Going | Done | NotRead:
    """What the last of these answers leads to; all before it must read."""
    step: Going | Done | NotRead = FLOWS.start(flow, offer, NOW)
    for one in said:
        assert isinstance(step, Going), one
        words, days = one if isinstance(one, tuple) else (one, 0)
        span = timedelta(days=days)
        step = FLOWS.hear(step.open, Answer(words, "en", TODAY + span, NOW + span), NOW + span)
    return step


def _outcome(flow: str, offer: object, *said: Said) -> Outcome:
    step = _hear(flow, offer, *said)
    assert isinstance(step, Done), step
    return step.outcome


def _question(flow: str, offer: object, *said: Said) -> Saying:
    step = _hear(flow, offer, *said)
    assert isinstance(step, Going), step
    return step.said[-1]


def _unread(flow: str, offer: object, *said: Said) -> Saying:
    step = _hear(flow, offer, *said)
    assert isinstance(step, NotRead), step
    return step.saying


@pytest.mark.parametrize(
    ("offer", "said", "expected"),
    [
        (IdentityOffer(), ["1980-02-28"], Identify(date(1980, 2, 28))),
        (IdentityOffer(again=True), ["28 February 1980"], Identify(date(1980, 2, 28))),
        (IdentityOffer(needs_name=True), ["1980-02-28", " Ada "], Identify(date(1980, 2, 28), "Ada")),
    ],
)
def test_identity_asks_no_more_than_it_needs(
    offer: IdentityOffer, said: list[str], expected: Identify
) -> None:
    """A birth date, and a first name only where that is not enough."""
    assert expected == _outcome("identity", offer, *said)


@pytest.mark.parametrize(
    ("offer", "said", "expected"),
    [
        (IdentityOffer(), [], "identity.ask"),
        (IdentityOffer(again=True), [], "identity.again"),
        (IdentityOffer(needs_name=True), ["1980-02-28"], "identity.which_name"),
    ],
)
def test_identity_asks_in_its_own_words(offer: IdentityOffer, said: list[str], expected: str) -> None:
    """A second try is asked for as one, and a name by its own question."""
    assert Saying(expected) == _question("identity", offer, *said)


@pytest.mark.parametrize(
    ("offer", "said", "expected"),
    [
        (IdentityOffer(), ["hello"], "identity.unread"),
        (IdentityOffer(needs_name=True), ["1980-02-28", "?!"], "talk.misread"),
    ],
)
def test_identity_takes_nothing_it_cannot_read(offer: IdentityOffer, said: list[str], expected: str) -> None:
    """A text that is no birth date is no wrong try, and a name has letters."""
    assert Saying(expected) == _unread("identity", offer, *said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["3 months", "25", "yes"], OpenPlan(spread(60000, 3, 25, TODAY), OWED)),
        (["$250", "the 5th", "yes"], OpenPlan(pay_off(60000, 25000, 5, TODAY), OWED)),
        (["3 months", "25", "another amount", "200", "5", "yes"], OpenPlan(spread(60000, 3, 5, TODAY), OWED)),
        (["100", "25", "no, make it 200", "yes"], OpenPlan(spread(60000, 3, 25, TODAY), OWED)),
        (["100 on the 5th", "make it 200 on the 25th", "yes"], OpenPlan(spread(60000, 3, 25, TODAY), OWED)),
        (["3 months", "25", "the 5th please", "yes"], OpenPlan(spread(60000, 3, 5, TODAY), OWED)),
        (
            ["100 on the 25th", "another day", "5", "5 months", "yes"],
            OpenPlan(spread(60000, 5, 5, TODAY), OWED),
        ),
        (["3 months", "25", "no", "the 5th", "yes"], OpenPlan(spread(60000, 3, 5, TODAY), OWED)),
        (
            ["3 months", "25", "no", "another amount", "200", "5", "yes"],
            OpenPlan(spread(60000, 3, 5, TODAY), OWED),
        ),
        (
            ["3 months", "25", "when is the first one due?", "yes"],
            OpenPlan(spread(60000, 3, 25, TODAY), OWED),
        ),
        (["25 every friday", "yes"], OpenPlan(pay_off(60000, 2500, 0, THURSDAY, Frequency.WEEKLY), OWED)),
        (
            ["weekly", "25", "friday", "yes"],
            OpenPlan(pay_off(60000, 2500, 0, THURSDAY, Frequency.WEEKLY), OWED),
        ),
        (
            ["50", "25 every friday", "yes"],
            OpenPlan(pay_off(60000, 2500, 0, THURSDAY, Frequency.WEEKLY), OWED),
        ),
        (
            ["100 every second friday", "on thursday", "150", "yes"],
            OpenPlan(pay_off(60000, 15000, 0, THURSDAY - DAY, Frequency.EVERY_TWO_WEEKS), OWED),
        ),
        (["3 months", "25", "another day", "5", "yes"], OpenPlan(spread(60000, 3, 5, TODAY), OWED)),
        (["24 months", "fewer", "3 months", "25", "yes"], OpenPlan(spread(60000, 3, 25, TODAY), OWED)),
        (["3 months", "25", "no", "no"], LeaveAsIs("payment_plan.left")),
        (["3 months", "25", "no, leave it as it is"], LeaveAsIs("payment_plan.left")),
        (["24 months", "person"], HandToPerson("wants a longer plan")),
    ],
)
def test_a_plan_ends_as_it_was_agreed(said: list[str], expected: Outcome) -> None:
    """Straight on, round by another amount or day, shorter, or not at all."""
    assert expected == _outcome("payment_plan", PLAN, *said)


@pytest.mark.parametrize(
    ("offer", "said", "expected"),
    [
        (PLAN, ["purple"], Saying("talk.misread_amount")),
        (PLAN, ["3 months", "purple"], Saying("talk.misread_day_of_month")),
        (PLAN, ["3 months", "32"], Saying("talk.misread_day_of_month")),
        (PLAN, ["3 months", "25", "purple"], Saying("talk.misread_choice")),
        (PLAN, ["24 months", "purple"], Saying("talk.misread_choice")),
        (
            PlanOffer(Money(10000, "USD"), Money(2500, "USD"), 12, TODAY),
            ["5 months"],
            Saying("payment_plan.too_small", {"smallest": Money(2500, "USD"), "often": "monthly"}),
        ),
        (
            PlanOffer(Money(10000, "USD"), Money(2500, "USD"), 12, TODAY),
            ["$20"],
            Saying("payment_plan.too_small", {"smallest": Money(2500, "USD"), "often": "monthly"}),
        ),
        (
            PlanOffer(Money(10000, "USD"), Money(2500, "USD"), 12, TODAY),
            ["$5 a week"],
            Saying("payment_plan.too_small", {"smallest": Money(600, "USD"), "often": "weekly"}),
        ),
        (PLAN, ["40 or 50"], Saying("talk.which_amount", {"one": FORTY, "other": Money(5000, "USD")})),
        (PLAN, ["60 euros a month"], Saying("talk.other_currency")),
        (PLAN, ["100 twice a month"], Saying("payment_plan.other_frequency")),
        (PLAN, ["100 every three weeks"], Saying("payment_plan.other_frequency")),
        (PLAN, ["50 a month for 6 months"], Saying("payment_plan.does_not_add_up", {"balance": OWED})),
        (PLAN, ["100", "every second friday"], Saying("payment_plan.day_of_the_month")),
        (
            PLAN,
            ["100", "25", "ok but 40 or 50"],
            Saying("talk.which_amount", {"one": FORTY, "other": Money(5000, "USD")}),
        ),
        (PLAN, ["100", "25", "yes, 80 euros"], Saying("talk.other_currency")),
        (
            PLAN,
            ["100", "25", "30"],
            Saying("payment_plan.amount_or_day", {"amount": Money(3000, "USD"), "day": 30}),
        ),
    ],
)
def test_a_plan_says_what_it_could_not_take(offer: PlanOffer, said: list[str], expected: Saying) -> None:
    """What cannot be read, and what is too small to be an instalment, is named."""
    assert expected == _unread("payment_plan", offer, *said)


def test_a_plan_asks_with_what_fits() -> None:
    """The smallest amount named is one that also ends in time."""
    facts: Facts = {"smallest": Money(5000, "USD"), "longest": 12}
    assert Saying("payment_plan.how_much", facts) == _question("payment_plan", PLAN)
    longer: Facts = {**facts, "often": "monthly"}
    assert Saying("payment_plan.too_long", longer) == _question("payment_plan", PLAN, "24 months")
    weekly: Facts = {"smallest": Money(1200, "USD"), "longest": 12, "often": "weekly"}
    assert Saying("payment_plan.too_long", weekly) == _question("payment_plan", PLAN, "11 a week")


def test_a_plan_never_begins_in_the_past() -> None:
    """Who names a pay day two days into the talk gets a first instalment that is still to come."""
    outcome = _outcome("payment_plan", PLAN, "3 months", ("the 3rd", 2), ("yes", 2))
    assert isinstance(outcome, OpenPlan)
    assert date(2026, 4, 3) == outcome.instalments[0].due_on


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["friday", "all of it", "yes"], MakePromise(OWED, FRIDAY, OWED)),
        (["friday", "200", "yes"], MakePromise(Money(20000, "USD"), FRIDAY, OWED)),
        (["friday", "900", "yes"], MakePromise(OWED, FRIDAY, OWED)),
        (["2026-03-02", "whole", "yes"], MakePromise(OWED, TODAY, OWED)),
        (["2026-03-20", "whole", "yes"], MakePromise(OWED, LATEST, OWED)),
        (["friday", "200", "another amount", "whole", "yes"], MakePromise(OWED, FRIDAY, OWED)),
        (["2026-03-20", "200", "another day", "friday", "whole", "yes"], MakePromise(OWED, FRIDAY, OWED)),
        (["200 on friday", "yes"], MakePromise(Money(20000, "USD"), FRIDAY, OWED)),
        (["all of it on friday", "yes"], MakePromise(OWED, FRIDAY, OWED)),
        (["200 on friday", "another amount", "300", "yes"], MakePromise(Money(30000, "USD"), FRIDAY, OWED)),
        (["2026-03-20", "200", "no, friday", "yes"], MakePromise(Money(20000, "USD"), FRIDAY, OWED)),
        (["friday", "200", "no, make it 150", "yes"], MakePromise(Money(15000, "USD"), FRIDAY, OWED)),
        (["2026-03-20", "200", "150 on friday", "yes"], MakePromise(Money(15000, "USD"), FRIDAY, OWED)),
        (["friday", "200", "no", "150", "yes"], MakePromise(Money(15000, "USD"), FRIDAY, OWED)),
        (["friday", "whole", "no", "no"], LeaveAsIs("promise.left")),
    ],
)
def test_a_promise_ends_as_it_was_agreed(said: list[str], expected: Outcome) -> None:
    """Some or all of it, up to the latest day, round by another amount or day, or not at all."""
    assert expected == _outcome("promise", PROMISE, *said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["purple"], Saying("talk.misread_day")),
        (["2026-03-01"], Saying("promise.past")),
        (["2026-03-21"], Saying("promise.too_late", {"latest": LATEST})),
        (["friday", "purple"], Saying("talk.misread_amount")),
        (["friday", "0"], Saying("talk.no_such_amount")),
        (["friday", "-50"], Saying("talk.no_such_amount")),
        (["friday", "99999999"], Saying("talk.no_such_amount")),
        (["friday", "whole", "purple"], Saying("talk.misread_choice")),
        (["in june"], Saying("promise.too_late", {"latest": LATEST})),
        (
            ["friday", "60 or 70"],
            Saying("talk.which_amount", {"one": Money(6000, "USD"), "other": Money(7000, "USD")}),
        ),
        (["friday", "200", "yes, 100 euro"], Saying("talk.other_currency")),
    ],
)
def test_a_promise_says_what_it_could_not_take(said: list[str], expected: Saying) -> None:
    """A day that is past or too late, and what is no amount, is named."""
    assert expected == _unread("promise", PROMISE, *said)


def test_a_question_about_a_proposal_is_answered_after_a_bare_no_as_well() -> None:
    """What was proposed is said again, and the question stays open."""
    proposed = Saying("promise.confirm", {"amount": Money(20000, "USD"), "due_on": FRIDAY})
    assert proposed == _question("promise", PROMISE, "friday", "200", "no", "when would that be?")


def test_a_promise_is_never_for_a_day_gone_by() -> None:
    """A talk that goes on after midnight does not take the day it began on."""
    assert Saying("promise.past") == _unread("promise", PROMISE, ("2026-03-02", 1))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["correct"], ConfirmDetails()),
        (["yes"], ConfirmDetails()),
        (["1"], ConfirmDetails()),
        (["no", "phone", "503 555 0199"], ChangeDetail("phone", "+15035550199")),
        (["2", "email", "ada@oak.example"], ChangeDetail("email", "ada@oak.example")),
        (["change", "address", "2  Oak St,\n Salem"], ChangeDetail("address", "2 Oak St, Salem")),
        (["503 555 0199"], ChangeDetail("phone", "+15035550199")),
        (["ada@oak.example"], ChangeDetail("email", "ada@oak.example")),
        (
            ["I live at 2 Oak St, 97209 Salem now"],
            ChangeDetail("address", "I live at 2 Oak St, 97209 Salem now"),
        ),
        (["2 Oak Street"], ChangeDetail("address", "2 Oak Street")),
        (["I moved", "2 Oak St, Salem"], ChangeDetail("address", "2 Oak St, Salem")),
    ],
)
def test_details_are_confirmed_or_one_is_changed(said: list[str], expected: Outcome) -> None:
    """Yes and no are the two choices; what has changed may be said at once, with what it is now."""
    assert expected == _outcome("contact_details", DETAILS, *said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["purple"], "talk.misread_choice"),
        (["no", "purple"], "talk.misread_choice"),
        (["no", "phone", "purple"], "talk.misread_phone"),
        (["no", "email", "purple"], "talk.misread_email"),
        (["no", "address", "..."], "talk.too_little"),
    ],
)
def test_details_are_not_guessed(said: list[str], expected: str) -> None:
    """What is no phone number, e-mail address or text at all is not put on file."""
    assert Saying(expected) == _unread("contact_details", DETAILS, *said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("1", "B1"),
        ("3", "B3"),
        ("40", "B1"),
        ("$40", "B1"),
        ("the one of 9 march", "B1"),
        ("2026-03-16", "B2"),
    ],
)
def test_a_bill_is_found_by_number_amount_or_day(said: str, expected: str) -> None:
    """A bill is told apart by its number in the list, its amount or its due day."""
    assert ExplainBill(expected) == _outcome("explain_bill", BILLS, said)


@pytest.mark.parametrize("said", ["0", "4", "60", "purple", "1 april"])
def test_a_bill_that_is_not_the_only_one_meant_is_asked_for_again(said: str) -> None:
    """No number beyond the list, no amount that two bills share, no guess."""
    assert Saying("talk.misread_bill") == _unread("explain_bill", BILLS, said)


def test_a_single_bill_is_explained_at_once() -> None:
    """Where there is one bill there is nothing to ask."""
    assert ExplainBill("B1") == _outcome("explain_bill", ExplainOffer(BILLS.bills[:1]))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["yes"], KeepNumber(3)),
        (["no", "503 555 0177"], ReplaceNumber(3, "+15035550177")),
        (["503 555 0177"], ReplaceNumber(3, "+15035550177")),
        (["no", "no"], ReplaceNumber(3, "")),
    ],
)
def test_a_failing_number_is_kept_replaced_or_given_up(said: list[str], expected: Outcome) -> None:
    """Yes, another number at once or when asked, or none at all."""
    assert expected == _outcome("failing_number", FailingOffer(3, "42", "US"), *said)


def test_a_plan_that_has_skipped_a_month_says_so() -> None:
    """Whoever wants to skip another month hears why that is not among the choices."""
    offer = RunningPlan(1, OWED, Money(20000, "USD"), date(2026, 3, 25), can_pause=False)
    assert _unread("change_plan", offer, "skip a month") == Saying("change_plan.no_pause")
