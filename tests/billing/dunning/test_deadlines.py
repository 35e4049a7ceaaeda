"""Deadlines: what a final notice gives, and from when a bill may be flagged."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import policy
from billing.accounts.channels import Channel
from billing.calendar import add_bank_days, is_bank_day
from billing.dunning.deadlines import answer_by, flag_from

SE = policy.load("se")
EVES = ("12-24", "12-31", "midsummer")
DAYS = st.dates(date(2026, 1, 1), date(2035, 12, 31))


@given(DAYS)
def test_a_swedish_demand_gives_eight_days_and_four_bank_days(sent_on: date) -> None:
    """The deadline leaves 8 days from sending and 4 bank days from receipt, whatever holidays lie between."""
    by = answer_by(SE, sent_on, Channel.LETTER)
    received = add_bank_days(sent_on, 3, "SE", EVES)
    assert by >= sent_on + timedelta(days=8)
    assert by >= add_bank_days(received, 4, "SE", EVES)
    assert is_bank_day(by, "SE", EVES)


@pytest.mark.parametrize(
    ("sent_on", "expected"),
    [
        (date(2026, 12, 15), date(2026, 12, 29)),
        (date(2027, 3, 19), date(2027, 4, 2)),
        (date(2026, 12, 22), date(2027, 1, 7)),
    ],
)
def test_the_deadline_goes_round_christmas_and_easter(sent_on: date, expected: date) -> None:
    """A demand sent just before the holidays waits for the bank days after them."""
    assert answer_by(SE, sent_on, Channel.LETTER) == expected


@given(DAYS, st.sampled_from(policy.every()))
def test_nothing_is_flagged_before_the_stated_deadline_has_passed(sent_on: date, name: str) -> None:
    """Under every policy the flag comes after the deadline, the waiting time and the days from due date."""
    rules = policy.load(name)
    issued, due = sent_on - timedelta(days=70), sent_on - timedelta(days=45)
    first = flag_from(rules, sent_on, due, issued)
    assert first > answer_by(rules, sent_on, Channel.LETTER)
    assert first >= sent_on + timedelta(days=rules.placement.after_final_days)
    assert first >= due + timedelta(days=rules.placement.after_due_days)
    assert first >= issued + timedelta(days=rules.placement.after_issued_days)


def test_a_hospital_waits_from_the_first_bill() -> None:
    """In California nothing is flagged for 180 days after the bill was issued, at a non-profit for 120."""
    long_ago = date(2026, 1, 1)
    sent = long_ago + timedelta(days=60)
    for name, days in (("us+ca_hospital", 180), ("us+nonprofit_hospital", 120)):
        first = flag_from(policy.load(name), sent, long_ago, long_ago)
        assert first == long_ago + timedelta(days=days)


def test_a_text_counts_as_received_when_it_was_sent() -> None:
    """Only a letter is given time to arrive."""
    sent = date(2026, 3, 2)
    assert answer_by(SE, sent, Channel.SMS) == sent + timedelta(days=14)
