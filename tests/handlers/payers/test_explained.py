"""What a bill is made of, told in the chat: it adds up while a payer is asked, and after it has answered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.payers.claims import ClaimVerdict
from handlers.bills.bills import add_charges
from handlers.people import register
from handlers.people.register import Charge, Coverage, Payer
from tests.handlers.payers.clinic import Clinic
from tests.world import an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database


def explained(clinic: Clinic) -> dict[str, float]:
    """The lines of amounts that the customer reads, by their names."""
    clinic.says("what is it made of?")
    if "birth date" in clinic.screen()[-1].text:
        clinic.says("1980-02-28")
    lines = re.findall(r"^([\w ]+): \$([\d,.]+)$", clinic.screen()[-1].text, re.MULTILINE)
    return {name: float(amount.replace(",", "")) for name, amount in lines}


def half_covered(clinic: Clinic) -> None:
    """A bill of two visits; the insurance began between them."""
    today = clinic.now.date()
    clinic.customer()
    clinic.bill(amount=60000, due=today - timedelta(days=1))
    payer = Payer("acme", "Acme", "insurer")
    days = (today - timedelta(days=20), today - timedelta(days=3))
    with clinic.database.write() as session:
        register.add_coverage(session, Coverage("V1", "ada", payer, "M-1", 1, days[1], None))
        add_charges(
            session,
            [
                Charge(f"L{n}", "B1", n, day, "CPT", "99213", "Visit", "1", amount, amount)
                for n, (day, amount) in enumerate(zip(days, (20000, 40000), strict=True), 1)
            ],
        )


def test_what_is_asked_of_others_is_told_until_they_answer(database: Database) -> None:
    """Asked, then paid and taken off, then neither once the answer is taken back: the rest is the rest."""
    clinic = Clinic(database, an_installation("us"))
    half_covered(clinic)
    (claim,) = clinic.opens()
    clinic.does("file", claim.key)
    assert explained(clinic) == {"Total": 600.0, "Asked of others": 400.0, "Left to pay": 200.0}
    clinic.answered(claim.key, 25000, ("CO", "45", 10000), ("PR", "1", 5000))
    assert explained(clinic) == {
        "Total": 600.0,
        "Covered by insurance or others": 250.0,
        "Taken off": 100.0,
        "Left to pay": 250.0,
    }
    clinic.answered(claim.key, verdict=ClaimVerdict.REVERSED)
    sayings = explained(clinic)
    assert {"Taken off", "Covered by insurance or others"}.isdisjoint(sayings)
    assert sayings["Total"] == sayings["Left to pay"] + sayings.get("Asked of others", 0.0)
