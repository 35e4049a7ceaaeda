"""The checklist: what may have gone wrong on our side is looked at before anybody is asked to pay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.dunning.checklist import blocker, walk
from billing.dunning.dunning import decide
from tests.builders import Someone, a_person, heard_up_to, moment

if TYPE_CHECKING:
    from billing.policy import Check

GENERIC = policy.load("generic")
MARCH = moment("2026-03-02 12:00")
OWES = a_person().owing(60000).with_sms()
UNTIL = moment("2026-03-03 00:00")


def _person(**more: object) -> Someone:
    return replace(OWES, snapshot=replace(OWES.snapshot, **more))  # type: ignore[arg-type]


def _with_credit() -> Someone:
    account = replace(OWES.snapshot.accounts[0], credit=500)
    return _person(accounts=(account,))


@pytest.mark.parametrize(
    ("who", "found"),
    [
        (_person(unbooked=True), "unbooked_money"),
        (_person(wrote_at=moment("2026-03-02 08:00")), "recent_contact"),
        (_with_credit(), "credit_elsewhere"),
        (OWES.held(HoldKind.CLAIM_OPEN), "open_claim"),
    ],
)
def test_what_may_be_our_fault_keeps_the_first_demand_back(who: Someone, found: Check) -> None:
    """Money to be matched, a fresh text, a credit, an open claim: nothing is demanded before tomorrow."""
    person = who.snapshot
    account, bill = person.accounts[0], person.accounts[0].bills[0]
    answers = walk(person, account, bill, GENERIC, MARCH)
    assert not answers[found]
    assert set(answers) == set(GENERIC.checklist.asks)
    stopped_by = blocker(person, account, bill, GENERIC, MARCH)
    assert stopped_by
    assert ("wait", found, UNTIL) == (stopped_by.verdict, stopped_by.reason, stopped_by.until)
    assert decide(person, GENERIC, frozenset(Channel), MARCH).reminder is None


def test_what_only_is_recorded_keeps_nothing_back() -> None:
    """No proof that the bill was sent is kept with the decision, and does not stop it under this policy."""
    person = OWES.snapshot
    account, bill = person.accounts[0], person.accounts[0].bills[0]
    assert not walk(person, account, bill, GENERIC, MARCH)["proof_sent"]
    assert blocker(person, account, bill, GENERIC, MARCH) is None
    strict = GENERIC.model_copy(
        update={"checklist": GENERIC.checklist.model_copy(update={"blocks": ("proof_sent",)})}
    )
    assert blocker(person, account, bill, strict, MARCH)
    sent = replace(bill, sent_on=bill.issued_on)
    assert blocker(person, account, sent, strict, MARCH) is None


def test_the_checklist_is_for_the_first_demand() -> None:
    """Who was reminded before and writes in between gets the next level when it is due."""
    again = a_person().owing(60000, steps=heard_up_to(1, "2026-02-10 12:00")).with_sms()
    who = replace(again.snapshot, wrote_at=moment("2026-03-02 11:00"))
    decision = decide(who, GENERIC, frozenset(Channel), MARCH)
    assert decision.reminder
    assert decision.reminder.level == 2
