"""The worklist: what is due goes to the desk once, climbs by itself, and is over when the claim moves on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import event

from billing.payers.claims import ClaimVerdict
from billing.payers.coverage import PayerTerms
from handlers.clock import overdue
from handlers.payers import claims_due
from storage.payers import coverages

if TYPE_CHECKING:
    from tests.handlers.payers.clinic import Clinic

TERMS = PayerTerms(file_days=20, answer_days=30, appeal_days=60)


def agreed(clinic: Clinic, terms: PayerTerms) -> None:
    """Both payers are bound to terms."""
    with clinic.database.write() as session:
        for payer in ("acme", "beta"):
            assert coverages.set_payer_terms(session, payer, terms)
            kept = coverages.payer(session, payer)
            assert kept is not None
            assert kept.terms == terms


def looks(clinic: Clinic, days: int) -> int:
    """Some days later the clock looks; how many claims were due."""
    clinic.later(days=days)
    return claims_due.run(clinic.database, clinic.installation, clinic.clock)


def test_each_day_that_goes_by_is_told_once(clinic: Clinic) -> None:
    """Not filed, filed too late, not answered, denied and undecided, an appeal that ends, and is over."""
    agreed(clinic, TERMS)
    (claim,) = clinic.unbilled(10000)
    assert looks(clinic, 1) == 0
    assert looks(clinic, 6) == 1
    assert looks(clinic, 0) == 0
    assert clinic.cases() == ["claim:C100001-1:unfiled"]
    looks(clinic, 11)
    assert clinic.cases() == ["claim:C100001-1:too_late", "claim:C100001-1:unfiled"]
    clinic.does("file", claim.key)
    assert clinic.cases() == []
    assert looks(clinic, 30) == 0
    assert looks(clinic, 1) == 1
    assert clinic.cases() == ["claim:C100001-1:unanswered"]
    clinic.answered(claim.key, 0, ("CO", "50", 10000), verdict=ClaimVerdict.DENIED)
    assert clinic.cases() == ["claim:C100001-1:denied"]
    for days in (7,) * 8:
        looks(clinic, days)
    assert "claim:C100001-1:undecided" in clinic.cases()
    assert "claim:C100001-1:appeal_ends" in clinic.cases()
    looks(clinic, 7)
    assert "claim:C100001-1:appeal_over" in clinic.cases()
    clinic.does("forgo", claim.key)
    assert clinic.cases() == []
    assert looks(clinic, 400) == 0


def test_what_nobody_takes_is_noted_as_late_like_every_case(clinic: Clinic) -> None:
    """A deadline that goes by is noted; what is at stake stays."""
    (_,) = clinic.unbilled(10000)
    looks(clinic, 7)
    clinic.later(days=5)
    assert overdue.note_late(clinic.database, clinic.installation, clinic.clock) == 1
    assert [one.severity for one in clinic.queue()] == [3]


def test_an_employer_nobody_can_write_to_is_the_desks(clinic: Clinic) -> None:
    """A step that cannot be sent is a case with the text to send; it is over with the claim."""
    agreed(clinic, PayerTerms(form="invoice", remind_days=(30, 45)))
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    assert looks(clinic, 29) == 0
    assert looks(clinic, 1) == 1
    assert looks(clinic, 15) == 1
    assert clinic.cases() == ["claim:C100001-1:remind1"]
    (text,) = [one.detail["text"] for one in clinic.queue()]
    assert text.startswith("Elm Street Clinic has had no answer about this invoice")
    assert "C100001-1" in text
    assert "$100.00" in text
    clinic.answered(claim.key, 10000)
    assert clinic.cases() == []


def test_a_look_costs_what_is_due_and_not_what_there_is(clinic: Clinic) -> None:
    """With nothing due the clock asks one question, however many claims wait."""
    for number in range(5):
        clinic.unbilled(1000, bill_id=f"B{number}")
    asked: list[str] = []
    event.listen(
        clinic.database.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2])
    )
    assert looks(clinic, 0) == 0
    assert len([one for one in asked if "claims" in one]) <= 2
