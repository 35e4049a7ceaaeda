"""Claims of an export, in small: who is asked, what is set aside, and what an older release left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.payers.claim_entries import breakdown
from billing.payers.claims import ClaimState, ClaimVerdict, PayerAnswer
from handlers.context import Context, fixed
from handlers.payers import adjudication
from storage import tables
from storage.bills import bills
from storage.bills.bills import Bill
from storage.ledger import accounts, ledger
from storage.payers import claims
from tests.bot.importing.folder import Folder, counts
from tests.bot.importing.test_synthea import (
    ADA,
    E1,
    ENCOUNTERS,
    INSTALLATION,
    NOW,
    PATIENTS,
    PAYERS,
    PROCEDURES,
    TODAY,
    TRANSITIONS,
    bring_in,
)

if TYPE_CHECKING:
    from bot.importing.tally import Tally

CLAIMS = "Id,APPOINTMENTID,DIAGNOSIS1,DIAGNOSIS2"


def _export(folder: Folder, *visits: str, procedures: tuple[str, ...] = ()) -> Tally:
    folder.holds("patients.csv", PATIENTS, ADA)
    folder.holds("payers.csv", PAYERS, "acme,Acme Health", "care,Medicare", "none,NO_INSURANCE")
    folder.holds("encounters.csv", f"{ENCOUNTERS},REASONCODE", *visits)
    folder.holds("procedures.csv", PROCEDURES, *procedures)
    folder.holds("claims.csv", CLAIMS, "c1,e1,111,222", "c2,e1,222,", "c3,e9,5,")
    folder.holds("payer_transitions.csv", TRANSITIONS, "p1,M1,2020-01-10T12:00:00,,acme,care")
    return bring_in(folder.database, folder.path)


def _claims(folder: Folder) -> list[tuple[object, ...]]:
    return folder.rows(
        tables.Claim, "sequence", "payer_id", "coverage_id", "amount", "state", "diagnoses", "bill_id"
    )


def test_a_visit_is_a_claim_on_its_payer_and_on_the_second(folder: Folder) -> None:
    """The first took its part, the second is asked for the rest and takes nothing; diagnoses stand once."""
    assert _export(folder, f"{E1},333").lines == []
    codes = [{"system": "SNOMED CT", "code": code} for code in ("111", "222", "333")]
    first, second = "p1:2020-01-10T12:00:00:1", "p1:2020-01-10T12:00:00:2"
    assert _claims(folder) == [
        (1, "acme", first, 30000, "answered", codes, "e1"),
        (2, "care", second, 18000, "answered", codes, "e1"),
    ]
    assert folder.rows(tables.ClaimAnswer, "id", "paid", "verdict") == [
        (1, 12000, "paid"),
        (2, 0, "paid"),
    ]
    assert folder.rows(tables.Entry, "kind", "payer_id") == [("charge", None), ("payer", "acme")]


def test_what_no_payer_bears_has_no_claim_and_an_unknown_payer_is_set_aside(folder: Folder) -> None:
    """No insurance is no claim; a payer that stands nowhere, or money from nobody, is one line each."""
    visits = [
        E1.replace("e1", "e2").replace("acme", "none").replace("120.000", "0"),
        E1.replace("e1", "e3").replace("acme", "ghost"),
        E1.replace("e1", "e4").replace("acme", "none"),
    ]
    tally = _export(folder, *(f"{one}," for one in visits))
    assert _claims(folder) == []
    assert tally.lines == [
        "encounters.csv:3: PAYER: no payer 'ghost' is in payers.csv; add it there first",
        "encounters.csv:4: PAYER_COVERAGE: 120.000 is covered by no payer",
    ]
    assert folder.rows(tables.Bill, "id") == ["e2"]


def test_a_discount_is_taken_off_the_lines_of_the_claim(folder: Folder) -> None:
    """No payer is asked for a line below zero, and the claim comes to the total."""
    line = "2022-01-01T03:00:00Z,p1,e1,430193006,Care,200.50"
    _export(folder, f"{E1},", procedures=(line,))
    ((_, lines), _) = folder.rows(tables.Claim, "sequence", "lines")
    assert [(one["amount"], one["code"]["code"]) for one in lines] == [
        (10000, "308335008"),
        (20000, "430193006"),
    ]


def test_an_older_release_is_brought_up_to_date_and_nothing_is_booked_twice(folder: Folder) -> None:
    """Entries without a payer stay as they are; the claims come to them, once, and can be taken back."""
    _export(folder)
    _as_before(folder)
    before = folder.rows(tables.Entry, "id", "kind", "amount", "payer_id", "source")
    again = _export(folder, f"{E1},")
    assert counts(again)["claims"] == (1, 0, 0, 0)
    assert counts(again)["bills"] == (0, 0, 1, 0)
    third = bring_in(folder.database, folder.path)
    assert {(count.new, count.changed, count.rejected) for count in third.counts.values()} == {(0, 0, 0)}
    assert folder.rows(tables.Entry, "id", "kind", "amount", "payer_id", "source") == before
    _reversed(folder)


def test_an_imported_answer_can_be_taken_back(folder: Folder) -> None:
    """The payer is asked again for what nobody else took; the person owes nothing meanwhile."""
    _export(folder, f"{E1},")
    _reversed(folder)


def _reversed(folder: Folder) -> None:
    with folder.database.write() as session:
        (key,) = session.scalars(select(tables.Claim.key).where(tables.Claim.sequence == 1))
        taken_back = PayerAnswer("x12", "R1", key, ClaimVerdict.REVERSED, "USD", TODAY)
        adjudication.book(Context(session, INSTALLATION, fixed(NOW)), taken_back)
        found = breakdown(ledger.of_bill(session, "e1"))
        kept = claims.find(session, key)
    assert kept is not None
    assert kept.claim.state is ClaimState.SENT
    assert (found.charges, found.payers, found.asked, found.owed) == (30000, 0, 30000, 0)


def _as_before(folder: Folder) -> None:
    """A bill as a release without claims registered it: its payer stands in the source alone."""
    day = date(2021, 12, 31)
    charged = Entry("A-p1", EntryKind.CHARGE, Money(30000, "USD"), day, "bill:e1", "e1")
    covered = replace(charged, kind=EntryKind.PAYER, amount=Money(-12000, "USD"), source="bill:e1:payer:acme")
    with folder.database.write() as session:
        accounts.open_account(session, "p1", "p1", "USD")
        bill = Bill("e1", "A-p1", day, date(2022, 1, 30), "USD", 18000, "Visit")
        bills.add(session, bill)
        ledger.append(session, [charged, covered], NOW)
