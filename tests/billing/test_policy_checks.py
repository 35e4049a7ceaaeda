"""What contradicts itself in a policy is found before anything runs, and a sound policy is left in peace."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from billing import policy, policy_checks
from billing.accounts.channels import Channel
from billing.policy_checks import Deployment, Severity
from billing.policy_checks.whole import RULES

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 3, 2)
EVERYWHERE = Deployment(TODAY, frozenset(Channel))
FIX, NOTE = Severity.FIX, Severity.NOTE

CASES = [
    (
        "levels.barred",
        FIX,
        "generic",
        "levels.firm.channels",
        '[[levels]]\nname="firm"\nchannels=["whatsapp"]',
    ),
    ("levels.barred", FIX, "generic", "notices.channels", '[notices]\nchannels=["whatsapp", "sms"]'),
    (
        "levels.barred_wording",
        FIX,
        "generic",
        "levels.firm.mentions",
        '[content]\nwhatsapp_reminders=true\n[[levels]]\nname="firm"\nchannels=["whatsapp"]\nmentions=["court"]',
    ),
    (
        "levels.written_first",
        FIX,
        "se",
        "levels.final.channels",
        '[[levels]]\nname="final"\nchannels=["letter", "sms"]',
    ),
    (
        "levels.required_by_law",
        FIX,
        "us",
        "levels.firm.required_by_law",
        '[[levels]]\nname="firm"\nrequired_by_law=true',
    ),
    ("levels.required_by_law", NOTE, "se", "levels.final.required_by_law", "[stop]\nletters=false"),
    ("levels.tones", FIX, "generic", "levels.firm.tone", '[[levels]]\nname="firm"\ntone="friendly"'),
    ("levels.tones", FIX, "generic", "levels.final.tone", '[[levels]]\nname="final"\ntone="firm"'),
    (
        "levels.waiting",
        NOTE,
        "generic",
        "levels.friendly.wait_days",
        '[[levels]]\nname="friendly"\nwait_days=2',
    ),
    ("levels.waiting", NOTE, "us", "announcement.wait_days", "[announcement]\nwait_days=1"),
    (
        "levels.on_its_day",
        FIX,
        "us",
        "levels.reminder.after_due_days",
        '[[levels]]\nname="reminder"\nafter_due_days=5',
    ),
    (
        "levels.on_its_day",
        FIX,
        "us",
        "levels.firm.after_due_days",
        "[caps]\nper_bill=2\nper_person=2\ndays=60",
    ),
    ("levels.on_its_day", FIX, "us", "levels.reminder.after_due_days", "[caps]\nmin_gap_hours=720"),
    (
        "levels.before_limitation",
        FIX,
        "us",
        "levels.final.after_due_days",
        '[[levels]]\nname="final"\nafter_due_days=1200',
    ),
    ("levels.before_limitation", FIX, "us", "placement", "[placement]\nafter_issued_days=1200"),
    ("levels.before_placement", NOTE, "us", "placement.after_due_days", "[placement]\nafter_due_days=20"),
    ("levels.before_placement", NOTE, "us", "placement.after_final_days", "[placement]\nafter_final_days=20"),
    ("money.channels", FIX, "se", "levels.firm.fee", '[[levels]]\nname="firm"\nfee="reminder"'),
    ("money.conditions", FIX, "se", "fees.reminder.needs", '[[fees]]\nid="reminder"\nneeds=["business"]'),
    (
        "money.conditions",
        FIX,
        "se",
        "levels.reminder.fee",
        '[[fees]]\nid="reminder"\nneeds=["complete_demand"]\nchannels=["email"]',
    ),
    ("money.kinds", FIX, "se", "levels.reminder.fee", '[[fees]]\nid="reminder"\nkind="plan"'),
    ("money.kinds", FIX, "se", "plan.fee", '[plan]\nfee="reminder"'),
    ("money.used", NOTE, "se", "fees.plan", '[[fees]]\nid="plan"\non=true'),
    ("money.used", NOTE, "se", "fees.reminder", '[[fees]]\nid="reminder"\non=false'),
    ("money.booked", NOTE, "se", "interest.on", '[[levels]]\nname="final"\ninterest=false'),
    ("money.booked", FIX, "se", "levels.final.interest", "[interest]\non=false"),
    (
        "money.rates",
        NOTE,
        "se",
        "interest.rates",
        '[[interest.rates]]\nsince=2028-01-01\nuntil=2028-06-30\npercent="2"\nsource="x"',
    ),
    ("days.bank_days", FIX, "us", "placement.posting_bank_days", "[placement]\nposting_bank_days=3"),
    ("days.forced", FIX, "se", "placement.minimum_answer_days", "[placement]\nanswer_bank_days=15"),
    ("days.shortest", FIX, "se", "placement.minimum_answer_days", "[placement]\nminimum_answer_days=7"),
    ("days.holidays", FIX, "se", "window.holidays", '[window]\nholidays="NO"'),
    ("days.holidays", NOTE, "se", "bank_days.country", '[bank_days]\ncountry="NO"'),
    ("days.holidays", NOTE, "generic", "window.eves", '[window]\neves=["12-24"]'),
    ("days.already_paid", FIX, "se", "holds.already_paid_days", "[holds]\nalready_paid_days=3"),
    ("days.aid", NOTE, "us+nonprofit_hospital", "aid.window_days", 'switch_on=["application_window"]'),
    ("agreements.limitation", FIX, "generic", "promise.longest_days", "[promise]\nlongest_days=1200"),
    ("agreements.limitation", FIX, "us", "plan.longest", "[plan]\nlongest=37"),
    ("agreements.large_bills", FIX, "generic", "announcement", "[plan]\noffered=false"),
    ("agreements.large_bills", FIX, "generic", "plan.smallest", "[plan]\nsmallest=600"),
    ("agreements.large_bills", NOTE, "generic", "plan.longest", "[plan]\nsmallest=100"),
    ("agreements.plans", NOTE, "generic", "plan.longest", "[plan]\nlongest=24"),
    (
        "agreements.notices",
        FIX,
        "generic",
        "notices.instalment_missed_days",
        "[notices]\ninstalment_due_days=1",
    ),
    (
        "agreements.notices",
        NOTE,
        "generic",
        "notices.instalment_missed_days",
        "[notices]\ninstalment_due_days=4",
    ),
    (
        "agreements.identity",
        FIX,
        "generic",
        "content.before_identity",
        '[content]\nbefore_identity="amount"',
    ),
    ("agreements.identity", FIX, "generic", "identity.tries", "[identity]\ntries=11"),
    ("agreements.identity", FIX, "generic", "identity.lasts_hours", "[identity]\nlasts_hours=100"),
]


def _name(rule: object) -> str:
    return f"{getattr(rule, '__module__', '').rpartition('.')[2]}.{getattr(rule, '__name__', '')}"


@pytest.mark.parametrize("name", policy.every())
def test_what_comes_with_kvitt_has_nothing_to_fix(name: str) -> None:
    """Every policy that is shipped, alone and with each overlay, can be used as it is."""
    found = policy_checks.check(policy.load(name), EVERYWHERE)
    assert [one for one in found if one.severity is FIX] == []


@pytest.mark.parametrize(("rule", "severity", "base", "key", "change"), CASES)
def test_each_contradiction_is_found_by_its_rule(
    tmp_path: Path, rule: str, severity: Severity, base: str, key: str, change: str
) -> None:
    """One changed line, one finding at its key; without the change that rule has nothing to say there."""
    file = tmp_path / "mine.toml"
    file.write_text(f'extends = "{base}"\n{change}\n')
    asked = next(one for one in RULES if _name(one) == rule)
    found = [(one.severity, one.key) for one in asked(policy.load(str(file)), EVERYWHERE)]
    assert (severity, key) in found
    assert (severity, key) not in [(one.severity, one.key) for one in asked(policy.load(base), EVERYWHERE)]
    findings = policy_checks.check(policy.load(str(file)), EVERYWHERE)
    assert (severity, key) in [(one.severity, one.key) for one in findings]
    assert all("\n" not in one.sentence and one.sentence for one in findings)


def test_every_rule_has_a_case() -> None:
    """No rule is kept that nothing has shown to find anything."""
    apart = {"levels.set_up", "levels.names"}
    assert {_name(rule) for rule in RULES} == {case[0] for case in CASES} | apart


def test_a_level_that_no_channel_carries_is_found() -> None:
    """A final by letter where no letters are set up can never be heard; with them it can."""
    se = policy.load("se")
    by_text = policy_checks.check(se, Deployment(TODAY, frozenset({Channel.SMS})))
    assert [one.key for one in by_text if one.severity is FIX] == ["levels.final.channels"]
    assert "no letters are set up" in next(one.sentence for one in by_text if one.severity is FIX)
    assert policy_checks.check(se, Deployment(TODAY))[0].key == "channels"
    only_mail = policy_checks.check(policy.load("us"), Deployment(TODAY, frozenset({Channel.EMAIL})))
    assert {one.key for one in only_mail} >= {
        "announcement.channels",
        "notices.channels",
        "levels.firm.channels",
    }


def test_two_levels_of_one_name_are_found() -> None:
    """Levels are told apart by their names, in files and on screens."""
    generic = policy.load("generic")
    first, second, *others = generic.levels
    doubled = generic.model_copy(
        update={"levels": (first, second.model_copy(update={"name": first.name}), *others)}
    )
    assert "levels.friendly.name" in [one.key for one in policy_checks.check(doubled, EVERYWHERE)]


def test_a_day_without_a_rate_is_told_and_what_is_known_of() -> None:
    """Interest that is on and has no rate for today bears nothing: a note, with the rule that is off."""
    (found,) = [
        one
        for one in policy_checks.check(policy.load("se"), Deployment(date(2026, 11, 24), frozenset(Channel)))
        if one.key == "interest.rates"
    ]
    assert found.severity is NOTE
    assert "reference_rate_2026_h2 is known of and off" in found.sentence


def test_a_policy_without_announcement_notices_or_aid_can_be_looked_at() -> None:
    """What a policy leaves out contradicts nothing."""
    bare = policy.load("generic").model_copy(update={"announcement": None, "notices": None, "aid": None})
    assert policy_checks.check(bare, EVERYWHERE) == []
