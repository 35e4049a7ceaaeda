"""A claim that is filed by hand is looked at first, as one in a file is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from billing.payers.claims import ClaimState, Code
from billing.payers.coverage import CoverageTerms, PayerTerms
from handlers.payers import authorising, filing
from handlers.payers.claims import ClaimStateForbids
from storage import tables
from storage.desk import staff
from storage.payers import coverages
from storage.payers.terms import pack
from tests.handlers.payers.clinic import REP, Clinic

if TYPE_CHECKING:
    from datetime import date

    from handlers.payers.filing import Scrubbed

NO_DIAGNOSIS = "claim: has no diagnosis, and the payer's form needs one; add the condition treated"


def agreed(clinic: Clinic, terms: PayerTerms) -> None:
    """What the payer that is asked first wants."""
    with clinic.database.write() as session:
        assert coverages.set_payer_terms(session, "acme", terms)


def files(clinic: Clinic, key: str, anyway: str = "", on: date | None = None) -> Scrubbed:
    """A rep writes down that a claim was sent."""
    with clinic.database.write() as session:
        return filing.file_one(clinic.context(session), key, REP, on, anyway=anyway)


def claim_actions(clinic: Clinic, key: str) -> list[tuple[str, str, dict[str, object]]]:
    """What was done about a claim, by whom."""
    with clinic.database.read() as session:
        return [(one.actor, one.action, one.detail) for one in staff.trail(session, f"claim:{key}", 50)]


def test_what_a_payer_would_refuse_is_held_back(clinic: Clinic) -> None:
    """Nothing is booked and nobody counts it as filed; once fixed it goes."""
    agreed(clinic, PayerTerms(form="x12"))
    (claim,) = clinic.unbilled(10000)
    found = files(clinic, claim.key)
    assert [str(one) for one in found.findings] == [NO_DIAGNOSIS]
    assert (clinic.claim(claim.key).state, clinic.balances().asked) == (ClaimState.HELD, 0)
    with clinic.database.write() as session:
        filing.diagnose(clinic.context(session), claim.key, "ICD-10-CM", ["J10.1"], REP)
    assert files(clinic, claim.key).findings == ()
    assert (clinic.claim(claim.key).state, clinic.balances().asked) == (ClaimState.SENT, 10000)
    assert clinic.claim(claim.key).diagnoses == (Code("ICD-10-CM", "J10.1"),)
    assert "claim_filed_anyway" not in [action for _, action, _ in claim_actions(clinic, claim.key)]
    with pytest.raises(ClaimStateForbids, match="only what is ready, held can be filed"):
        files(clinic, claim.key)


def test_somebody_may_file_it_anyway(clinic: Clinic) -> None:
    """Held back or not, it goes when somebody says why; who, why and what was found stay in the trail."""
    agreed(clinic, PayerTerms(form="x12"))
    (claim,) = clinic.unbilled(10000)
    files(clinic, claim.key)
    done = files(clinic, claim.key, anyway="they take it by phone")
    assert (done.claim.state, clinic.claim(claim.key).state) == (ClaimState.SENT, ClaimState.SENT)
    assert claim_actions(clinic, claim.key)[-1] == (
        REP,
        "claim_filed_anyway",
        {"reason": "they take it by phone", "findings": [NO_DIAGNOSIS]},
    )


def test_what_was_sent_in_time_is_not_late(clinic: Clinic) -> None:
    """The deadline is held against the day it was sent on, not the day somebody wrote that down."""
    agreed(clinic, PayerTerms(file_days=10))
    (claim,) = clinic.unbilled(10000)
    sent = clinic.now.date()
    clinic.later(days=30)
    (late,) = files(clinic, claim.key).findings
    assert "had to be filed by" in str(late)
    assert files(clinic, claim.key, on=sent + timedelta(days=1)).findings == ()
    assert clinic.claim(claim.key).filed_on == sent + timedelta(days=1)


def test_a_claim_names_what_its_payer_agreed_to(clinic: Clinic) -> None:
    """Once the payer agrees beforehand the claim carries its number; another payer's helps nobody."""
    agreed(clinic, PayerTerms())
    (claim,) = clinic.unbilled(10000)
    clinic.covered("beta")
    needed = CoverageTerms(needs_authorisation=frozenset({claim.lines[0].code}))
    asked = {}
    with clinic.database.write() as session:
        session.execute(update(tables.Coverage).values(terms=pack(needed)))
        for one in authorising.start(
            clinic.context(session), "ada", claim.lines[0].code, clinic.now.date(), REP
        ):
            asked[one.coverage_id] = one.id
    mine = asked.pop(claim.coverage_id or "")
    (other,) = asked.values()
    assert len(files(clinic, claim.key).findings) == 1
    for number, agreement, left in ((other, "B-1", 1), (mine, "A-77", 0)):
        with clinic.database.write() as session:
            days = (claim.lines[0].service_on, None)
            authorising.grant(clinic.context(session), number, agreement, days, REP)
        assert len(files(clinic, claim.key).findings) == left
    assert [line.authorisation for line in clinic.claim(claim.key).lines] == ["A-77"]
