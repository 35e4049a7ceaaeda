"""Whatever somebody answers, whichever question is open: nothing breaks and nothing that was told is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.accounts.channels import Channel
from billing.ledger.money import Money
from billing.outcomes import AskAgain
from billing.payers.obligations import StatedObligations
from handlers.conversation.flow_registry import FLOW_REGISTRY
from handlers.flows.aid import AidOffer
from handlers.flows.already_paid import PaidOffer
from handlers.flows.bill_way import BillWayOffer
from handlers.flows.change_plan import RunningPlan
from handlers.flows.contact_details import DetailsOffer
from handlers.flows.dispute import DisputeOffer
from handlers.flows.doubt import DoubtOffer
from handlers.flows.enrolment import EnrolmentOffer
from handlers.flows.estimate import EstimateOffer, ServiceLine
from handlers.flows.explain_bill import ExplainOffer
from handlers.flows.failing_number import FailingOffer
from handlers.flows.hardship import HardshipOffer
from handlers.flows.identity import IdentityOffer
from handlers.flows.language import LanguageOffer
from handlers.flows.legal import LegalOffer
from handlers.flows.new_insurance import InsuranceOffer
from handlers.flows.next_step import NextStepOffer
from handlers.flows.obligations import ObligationsOffer
from handlers.flows.payment_plan import PlanOffer
from handlers.flows.promise import PromiseOffer
from handlers.flows.proof import ProofOffer
from handlers.flows.receipt import ReceiptOffer
from handlers.flows.report import ReportOffer
from handlers.flows.representative import RepresentativeOffer
from handlers.talk.bills import BillLine
from handlers.talk.conversation import Done, Flows, Going, NotRead
from handlers.talk.play import Finished, play
from handlers.talk.questions import Answer
from messages.languages import languages
from messages.understanding.phrases import phrasebook
from messages.understanding.reading import TextReader
from messages.writing.catalogue import check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handlers.talk.conversation import Open

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
TODAY = date(2026, 3, 2)
READER = TextReader()
FLOWS = Flows(FLOW_REGISTRY, READER)
OWED = Money(60000, "USD")
BILLS = tuple(BillLine(f"B{n}", Money(n * 1000, "USD"), date(2026, 3, n)) for n in range(1, 4))
OFFERS: dict[str, object] = {
    "identity": IdentityOffer(needs_name=True),
    "proof": ProofOffer(),
    "doubt": DoubtOffer("balance", "pay"),
    "payment_plan": PlanOffer(OWED, Money(2500, "USD"), 12, TODAY),
    "change_plan": RunningPlan(1, OWED, Money(20000, "USD"), date(2026, 3, 25), can_pause=True),
    "promise": PromiseOffer(OWED, date(2026, 3, 20), TODAY),
    "hardship": HardshipOffer(can_plan=True, can_wait=True),
    "dispute": DisputeOffer(BILLS),
    "already_paid": PaidOffer(),
    "explain_bill": ExplainOffer(BILLS),
    "bill_way": BillWayOffer((Channel.EMAIL, Channel.LETTER, Channel.SMS)),
    "receipt": ReceiptOffer(2026, OWED, OWED, TODAY),
    "report": ReportOffer("complaint"),
    "contact_details": DetailsOffer("+15035550142", "", "1 Elm St", "US"),
    "failing_number": FailingOffer(3, "42", "US"),
    "language": LanguageOffer(),
    "representative": RepresentativeOffer(),
    "estimate": EstimateOffer(
        (ServiceLine("CPT", "70551", "MRI of the brain"), ServiceLine("CPT", "73721", "MRI of a knee")),
        TODAY,
        "cost",
        "estimate",
    ),
    "obligations": ObligationsOffer(StatedObligations(days=30)),
    "next_step": NextStepOffer(
        "CPT", "70551", TODAY, can_authorise=True, can_aid=True, fee=Money(500, "USD")
    ),
    "new_insurance": InsuranceOffer(),
    "legal": LegalOffer(),
    "aid": AidOffer("USD"),
    "enrolment": EnrolmentOffer("", "US", TODAY),
}
"""One offer a flow, as wide as it goes."""

TELLING = (
    "yes", "no", "1", "2", "3 months", "10 a month", "24 months", "half now", "25", "march 20", "all of it",
    "change", "phone", "hours", "pause", "end", "1980-02-28", "Aetna", "none", "+15035550188",
)  # fmt: skip
"""Answers that lead on from one question or another."""


@cache
def open_questions() -> tuple[Open, ...]:
    """Every question that any flow can be waiting at, reached by answers that read."""
    found: dict[tuple[str, str, tuple[str, ...]], Open] = {}
    waiting = [FLOWS.start(name, offer, NOW) for name, offer in OFFERS.items()]
    while waiting:
        step = waiting.pop()
        if not isinstance(step, Going):
            continue
        key = (step.open.flow, step.open.asked, tuple(step.open.answers))
        if key in found:
            continue
        found[key] = step.open
        heard = [FLOWS.hear(step.open, _answer(one), NOW) for one in TELLING]
        waiting += [one for one in heard if not isinstance(one, NotRead)]
    return tuple(found.values())


def test_every_question_of_every_flow_is_among_them() -> None:
    """The texts below are tried at each flow there is."""
    assert OFFERS.keys() == FLOW_REGISTRY.keys()
    assert {one.flow for one in open_questions()} == FLOW_REGISTRY.keys()
    assert len(open_questions()) > 40


def _written() -> Iterable[str]:
    for language in languages():
        for intent in phrasebook(language).listed.intents.values():
            yield from (one.strip("=^@").replace("|", " ") for one in intent.said[:6])


TEXTS = st.one_of(
    st.sampled_from(TELLING),
    st.sampled_from(sorted(set(_written()))),
    st.text(max_size=200),
    st.integers(-(10**12), 10**12).map(str),
    st.dates().map(str),
    st.from_regex(r"[0-9]{1,4}([.,/ -][0-9]{1,4}){0,4}( (kr|usd|\$|%))?", fullmatch=True),
    st.sampled_from(
        ("x" * 10_000, "\x00", "🙃" * 50, "\u202eabc", "31 feb", "-50", "0", "٣ أشهر", "1e9", "½")
    ),
)


@settings(max_examples=600, deadline=None)
@given(index=st.integers(0, 10_000), said=TEXTS, language=st.sampled_from(languages()))
def test_no_text_breaks_a_question_or_loses_an_answer(index: int, said: str, language: str) -> None:
    """Any text either reads, or is asked again; what was told before stays, unless a choice takes it back."""
    open_ = open_questions()[index % len(open_questions())]
    heard = FLOWS.hear(open_, _answer(said, language), NOW)
    if isinstance(heard, NotRead):
        heard = FLOWS.misread(open_, heard, NOW, 3)
    for saying in heard.said:
        check(saying.key, saying.facts)
    if isinstance(heard, Done):
        return
    lost = open_.answers.keys() - heard.open.answers.keys()
    assert not lost or _takes_back(open_, said, language)


@settings(max_examples=200, deadline=None)
@given(index=st.integers(0, 10_000), said=TEXTS)
def test_the_third_misread_in_a_row_is_a_person(index: int, said: str) -> None:
    """Nobody is asked the same thing for ever."""
    open_ = replace(open_questions()[index % len(open_questions())], misreads=2)
    heard = FLOWS.hear(open_, _answer(said), NOW)
    if isinstance(heard, NotRead):
        assert isinstance(FLOWS.misread(open_, heard, NOW, 3), Done)


def _answer(said: str, language: str = "en") -> Answer:
    return Answer(said, language, TODAY, NOW)


def _takes_back(open_: Open, said: str, language: str) -> bool:
    """Whether the flow itself drops an answer here: "another amount"."""
    answers = {**open_.answers, open_.asked: _answer(said, language)}
    replayed = play(FLOW_REGISTRY[open_.flow].flow, OFFERS[open_.flow], answers, READER)
    return isinstance(replayed, Finished) and isinstance(replayed.outcome, AskAgain)
