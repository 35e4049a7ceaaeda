"""A campaign as data: what its file may say, and who falls into which arm."""

from __future__ import annotations

from collections import Counter
from datetime import time
from typing import TYPE_CHECKING, Any

import pytest

from billing import policy
from billing.campaigns.campaigns import (
    HOLDOUT,
    NEVER,
    BadCampaign,
    ForbiddenAudience,
    NotForCampaigns,
    PolicyNotForCampaigns,
    SharesDoNotAddUp,
    check_against,
    draw,
    load,
    narrowed,
    read,
)

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
name = "spring"
message = "campaign.plan"
holdout = 20
[audience]
balance = { at_least = 50 }
[window]
first_day = 2026-03-02
last_day = 2026-03-06
hours = ["10:00", "15:00"]
[pace]
per_hour = 60
[[arms]]
name = "plan"
share = 40
[[arms]]
name = "help"
share = 40
message = "campaign.help"
"""


def _file_data(**more: Any) -> dict[str, Any]:
    span = {"first_day": "2026-03-02", "last_day": "2026-03-06"}
    return {"name": "spring", "message": "campaign.plan", "window": span, "pace": {"per_hour": 60}} | more


def test_a_file_becomes_a_campaign(tmp_path: Path) -> None:
    """What the file says is what the campaign is; an arm takes what it does not name from it."""
    file = tmp_path / "spring.toml"
    file.write_text(FILE)
    campaign = load(file)
    plan, help_ = campaign.drawn
    assert (campaign.message_of(plan), campaign.message_of(help_)) == ("campaign.plan", "campaign.help")
    assert campaign.window.hours == (time(10), time(15))
    assert campaign.audience.balance is not None
    assert [campaign.audience.balance.holds(cents, 100) for cents in (4999, 5000)] == [False, True]


@pytest.mark.parametrize(
    ("more", "refusal", "said"),
    [
        ({"holdout": 10, "arms": [{"name": "a", "share": 80}]}, SharesDoNotAddUp, "come to 90 %, not 100"),
        ({"policy": "se"}, PolicyNotForCampaigns, "one installation has one policy"),
        ({"pace": {"per_hour": 0}}, BadCampaign, "pace.per_hour"),
        ({"window": {"first_day": "2026-03-06", "last_day": "2026-03-02"}}, BadCampaign, "is after last_day"),
        ({"audience": {"balance": {}}}, BadCampaign, "needs at_least, at_most or both"),
        ({"audience": {"colour": "red"}}, BadCampaign, "audience.colour"),
        ({"audience": {"states": ["happy"]}}, BadCampaign, "neither current nor overdue"),
        ({"arms": [{"name": "holdout", "share": 100}]}, BadCampaign, "a name of its own"),
    ],
)
def test_what_is_wrong_is_named(more: dict[str, Any], refusal: type[Exception], said: str) -> None:
    """Each refusal is one line that says which key, and what is wrong with it."""
    with pytest.raises(refusal, match=said):
        read(_file_data(**more), "spring.toml")


@pytest.mark.parametrize("state", NEVER)
def test_a_forbidden_audience_is_refused_with_the_reason(state: str) -> None:
    """Nobody can ask for the dead, minors, who stopped us, whom we placed, who disputes."""
    with pytest.raises(ForbiddenAudience) as refused:
        read(_file_data(audience={"states": [state]}), "spring.toml")
    assert NEVER[state] in str(refused.value)


@pytest.mark.parametrize(
    ("more", "refusal", "said"),
    [
        ({"message": "reminder.firm"}, NotForCampaigns, "the policy's level 'firm'"),
        ({"channels": ["letter"]}, BadCampaign, "letter is none the policy writes notices on"),
        ({"arms": [{"name": "a", "share": 100, "channel": "email"}]}, BadCampaign, "arms a.channel"),
        ({"arms": [{"name": "a", "share": 100, "hours": ["19:00", "21:00"]}]}, BadCampaign, "never meet"),
    ],
)
def test_no_arm_may_break_the_policy(more: dict[str, Any], refusal: type[Exception], said: str) -> None:
    """A firmer level, a channel or hours the policy does not have: refused, also in one arm alone."""
    with pytest.raises(refusal, match=said):
        check_against(read(_file_data(**more), "spring.toml"), policy.load("generic"))


def test_a_person_falls_into_the_same_arm_whenever_it_is_asked() -> None:
    """By the hash of campaign and person: shares come out right, and another campaign draws anew."""
    arms = [{"name": "a", "share": 30}, {"name": "b", "share": 50}]
    campaign = read(_file_data(holdout=20, arms=arms), "spring.toml")
    people = [f"p{number}" for number in range(5000)]
    first = [draw(campaign, 7, one) for one in people]
    assert first == [draw(campaign, 7, one) for one in people]
    counted = Counter(first)
    assert counted[HOLDOUT] == pytest.approx(1000, abs=120)
    assert counted["a"] == pytest.approx(1500, abs=140)
    again = [draw(campaign, 8, one) for one in people]
    both = sum(one == HOLDOUT and other == HOLDOUT for one, other in zip(first, again, strict=True))
    assert both == pytest.approx(200, abs=60)


def test_hours_only_ever_narrow() -> None:
    """A day keeps what both allow and is closed where they do not meet; nothing is left of no day."""
    window = policy.load("generic").window
    cut = narrowed(window, (time(14), time(23)), (time(8), time(16)))
    assert cut is not None
    assert (cut.mon, cut.sat, cut.sun) == ((time(14), time(16)), (time(14), time(15)), None)
    late = narrowed(window, (time(16), time(23)))
    assert late is not None
    assert late.sat is None
    assert narrowed(window, (time(19), time(23))) is None
