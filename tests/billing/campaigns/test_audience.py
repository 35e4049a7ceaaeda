"""Who belongs to an audience, what keeps somebody back, and when their turn may come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import PastMessage, PlacementState
from billing.campaigns.audience import AudienceCandidate, Look, look, mismatch
from billing.campaigns.campaigns import Campaign, read
from tests.builders import Someone, a_person, heard_up_to, moment

POLICY = policy.load("generic")
NOW = moment("2026-03-02 11:00")
SMS = (Channel.SMS,)


def _campaign(**more: Any) -> Campaign:
    span = {"first_day": "2026-03-02", "last_day": "2026-03-06"}
    data = {"name": "spring", "message": "campaign.plan", "window": span, "pace": {"per_hour": 60}}
    return read(data | more, "spring.toml")


def _look(someone: Someone, **more: Any) -> Look:
    return look(AudienceCandidate(someone.snapshot), _campaign(**more), None, POLICY, SMS, NOW)


def _ada() -> Someone:
    known = a_person().owing(60000).with_sms()
    reaches = tuple(replace(reach, known_at=NOW) for reach in known.snapshot.reaches)
    return Someone(replace(known.snapshot, reaches=reaches))


def test_somebody_who_owes_and_may_be_written_to_is_written_to() -> None:
    """Their bills, their way, now."""
    found = _look(_ada().owing(500))
    assert (found.verdict, found.bill_ids) == ("write", ("b1", "b2"))
    assert found.reach is not None


@pytest.mark.parametrize(
    ("someone", "reason"),
    [
        (_ada().dead(), "deceased"),
        (_ada().born("2015-02-01"), "minor"),
        (_ada().stopped(), "stopped"),
        (_ada().owing(700, placement=PlacementState.PLACED), "placed"),
        (_ada().owing(700).held(HoldKind.DISPUTE, bill_id="b2"), "disputed"),
        (_ada().held(HoldKind.HARDSHIP), "hardship"),
        (_ada().on_plan(3, 25, "2026-03-01"), "plan"),
        (_ada().promising(60000, "2026-03-20"), "promise"),
        (a_person().owing(60000), "no_usable_channel"),
        (a_person().owing(60000).with_sms(consented=False), "no_usable_channel"),
        (Someone(replace(_ada().snapshot, with_a_person=True)), "with_a_person"),
        (Someone(replace(_ada().snapshot, zones=frozenset())), "unknown_zone"),
        (Someone(replace(_ada().snapshot, prefers=(time(19), time(20)))), "hours_never_meet"),
    ],
)
def test_everybody_who_is_left_out_is_left_out_for_a_reason(someone: Someone, reason: str) -> None:
    """Also where another bill of theirs could be spoken of."""
    found = _look(someone)
    assert (found.verdict, found.reason) == ("left_out", reason)


@pytest.mark.parametrize(
    ("audience", "why"),
    [
        ({"balance": {"at_least": 600, "at_most": 600}, "levels": [2], "languages": ["en"]}, ""),
        ({"balance": {"at_least": 601}}, "balance"),
        ({"days_overdue": {"at_least": 31}}, "days_overdue"),
        ({"days_overdue": {"at_least": 30, "at_most": 30}, "states": ["overdue"]}, ""),
        ({"levels": [0, 1]}, "levels"),
        ({"languages": ["sv"]}, "languages"),
        ({"payers": ["blue"]}, ""),
        ({"payers": ["none"]}, "payers"),
        ({"plan": "none"}, ""),
        ({"plan": "active"}, "plan"),
        ({"states": ["current"]}, "states"),
        ({"tags": ["vip", "segment=gold"]}, ""),
        ({"tags": ["vip", "student"]}, "tags"),
        ({"without_tags": ["vip"]}, "without_tags"),
    ],
)
def test_every_filter_narrows_by_what_it_says(audience: dict[str, Any], why: str) -> None:
    """Somebody who owes 600 since 30 days, heard two levels, is covered by blue, and tagged."""
    ada = a_person().owing(60000, due="2026-01-31", steps=heard_up_to(2, "2026-02-10 12:00"))
    tags = frozenset({"vip", "segment=gold"})
    candidate = AudienceCandidate(ada.snapshot, frozenset({"blue"}), tags)
    assert mismatch(candidate, _campaign(audience=audience).audience, date(2026, 3, 2)) == why


def test_who_has_paid_has_left_the_audience() -> None:
    """And that is said so, whatever the filters are."""
    found = _look(a_person().with_sms())
    assert (found.verdict, found.reason) == ("outside", "paid")


def test_caps_and_hours_put_a_turn_off_and_never_over_the_last_day() -> None:
    """A reminder counts against it; what would come after the last day does not come."""
    lately = replace(_ada().snapshot, past=(PastMessage(moment("2026-03-01 12:00"), frozenset()),))
    found = _look(Someone(lately))
    assert (found.verdict, found.reason, found.until) == ("later", "contact_cap", moment("2026-03-04 12:00"))
    short = {"window": {"first_day": "2026-03-02", "last_day": "2026-03-03"}}
    assert _look(Someone(lately), **short).reason == "window_over"
    afternoon = {"window": {"first_day": "2026-03-02", "last_day": "2026-03-03", "hours": ["14:00", "15:00"]}}
    assert _look(_ada(), **afternoon).until == moment("2026-03-02 14:00")
    tomorrow = {"window": {"first_day": "2026-03-03", "last_day": "2026-03-03"}}
    assert (_look(_ada(), **tomorrow).reason, _look(_ada(), **tomorrow).until) == (
        "not_yet",
        moment("2026-03-03 09:00"),
    )
