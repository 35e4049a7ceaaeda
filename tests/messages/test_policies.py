"""A policy in words: every part of it is told, with where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing import policy
from billing.policy import Checklist, PlanRules, PromiseRules, PromptPay
from messages.policies import in_words

if TYPE_CHECKING:
    from pathlib import Path

    from billing.policy import Policy


def _says(found: Policy, key: str) -> str:
    return " ".join(next(rule for rule in in_words(found) if rule.key == key).says)


@pytest.mark.parametrize("name", policy.every())
def test_every_part_of_every_policy_is_told_with_its_source(name: str) -> None:
    """Nothing in a policy stays unsaid, and no rule is said without a source."""
    found = policy.load(name)
    rules = in_words(found)
    parts = {rule.key.partition(".")[0] for rule in rules}
    unsaid = {"name", "title", "version"}
    filled = {part for part in type(found).model_fields if getattr(found, part)} - unsaid
    assert filled <= parts
    assert all(rule.source and rule.says and rule.title for rule in rules)
    assert len({rule.key for rule in rules}) == len(rules)
    for sentence in (sentence for rule in rules for sentence in rule.says):
        assert sentence.endswith((".", "]")), sentence
        assert "None" not in sentence
        assert "  " not in sentence


def test_hours_are_told_day_by_day_with_what_is_closed() -> None:
    """Days with the same hours stand together; closed days, holidays and eves are named."""
    assert "Monday to Friday 08:00 to 20:00; Saturday 10:00 to 15:00; not on Sunday." in _says(
        policy.load("se"), "window"
    )
    assert "holidays of SE, 24 December, 31 December and Midsummer Eve" in _says(policy.load("se"), "window")
    assert "days like any other" in _says(policy.load("us"), "window")


def test_fees_name_amount_cap_authority_and_conditions() -> None:
    """What a reminder may cost, what allows it, and when."""
    said = _says(policy.load("se"), "fees.reminder")
    assert "60 SEK; lag (1981:739) 2 §, 4 § allows 60 at most." in said
    assert "by letter or e-mail" in said
    assert "no later than the debt arose" in said
    assert _says(policy.load("se"), "fees.plan").startswith("Off.")
    assert "No message costs" in _says(policy.load("us"), "fees")


def test_interest_names_the_days_that_no_rate_covers(tmp_path: Path) -> None:
    """A gap in the table is told, and what happens after its end."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'extends = "se"\n[[interest.rates]]\nsince = 2027-01-01\nuntil = 2027-06-30\n'
        'percent = "2"\nsource = "x"\n'
    )
    said = _says(policy.load(str(file)), "interest")
    assert "2026-07-01 to 2026-12-31: no rate is known" in said
    assert "After 2027-06-30: no rate is known" in said


def test_what_is_off_says_how_it_is_switched_on() -> None:
    """An unverified rule is told with the line that switches it on, or that there is none yet."""
    care = policy.load("se+care")
    assert 'switch_on = ["reference_rate_2026_h2"]' in _says(care, "unverified.reference_rate_2026_h2")
    assert "cannot do it yet" in _says(care, "unverified.medicine_ceiling")


def test_what_is_not_offered_is_told_as_that() -> None:
    """A policy without plans, promises and a checklist says so instead of numbers."""
    generic = policy.load("generic")
    bare = generic.model_copy(
        update={
            "plan": PlanRules(source="x", offered=False, smallest=1, longest=2, grace_days=2),
            "promise": PromiseRules(
                source="x", offered=False, longest_days=1, most=1, most_days=1, grace_days=1
            ),
            "checklist": Checklist(source="x", asks=("minor",)),
        }
    )
    assert _says(bare, "plan") == _says(bare, "promise") == "Not offered."
    assert "keeps a demand back" in _says(bare, "checklist")


def test_what_is_agreed_beforehand_and_paid_promptly_stands_in_it() -> None:
    """The term and what may be written about; the share and the days; neither where a policy has none."""
    generic = policy.load("generic")
    prompt = PromptPay(source="our choice", percent=5, within_days=10)
    rules_by_key = {rule.key: rule for rule in in_words(generic.model_copy(update={"prompt_pay": prompt}))}
    assert "30 days after their date" in rules_by_key["obligations"].says[0]
    assert rules_by_key["prompt_pay"].says[0] == "A bill is 5 % less for whoever pays it within 10 days."
    bare = {rule.key for rule in in_words(generic.model_copy(update={"obligations": None}))}
    assert not {"obligations", "prompt_pay"} & bare
