"""A payment finds its bill however the bill is spelled, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from stdnum.iso7064 import mod_97_10

from billing.bills.reference_numbers import reference_for
from billing.ledger.money import Money
from handlers.payments import matching
from storage import tables
from storage.bills import bills

if TYPE_CHECKING:
    from tests.world import World

OLD, NEW = 4711, 100042
"""Running numbers of bills of before, whose references begin with zeros, and of today."""


@pytest.fixture
def billed(world: World) -> World:
    """Ada with a bill B-1001, Bo with INV/2026-0042, each of 600.00."""
    world.customer()
    world.bill("B-1001", "ada", 60000)
    world.customer("bo", name="Bo Ek", phone="+15035550177")
    world.bill("INV/2026-0042", "bo", 60000)
    return world


def _numbered(world: World, bill_id: str, number: int) -> str:
    with world.database.write() as session:
        row = session.get(tables.Bill, bill_id)
        assert row
        row.number = number
    return reference_for(number)


def _found(world: World, *, reference: str = "", text: str = "", amount: int = 1000) -> str | None:
    """The bill that is found by both ways of looking, which must agree."""
    money = Money(amount, "USD")
    references = [reference] if reference else []
    with world.database.read() as session:
        _, bill = matching.find_owner(session, references, text, money)
        ((_, quick),) = matching.owners(session, [(references, text, money)])
        (may_be,) = matching.may_be_named(session, [(references, text)])
    assert (bill and bill.id) == (quick and quick.id)
    assert may_be or bill is None
    return bill.id if bill else None


SPELLINGS = [
    "B-1001", "b-1001", "#B-1001", "B-1001.", "Invoice B-1001", "B1001", "b 1001", "(B-1001)", "B/1001",
    "B_1001", "B\u20111001", "B \u2013 1001", "invoice no. b1001, thank you",
    "\uff22-\uff11\uff10\uff10\uff11",
]  # fmt: skip


def test_a_bill_is_found_however_its_id_is_spelled(billed: World) -> None:
    """Case, dashes, spaces and words around it change nothing, in the reference as in the payer's words."""
    for written in SPELLINGS:
        assert _found(billed, reference=written) == _found(billed, text=written) == "B-1001", written


def test_an_id_of_several_parts_is_found(billed: World) -> None:
    """Whatever separates its parts."""
    for written in ("inv 2026 0042", "INV20260042", "Faktura: Inv.2026.0042!", "inv/2026-0042"):
        assert _found(billed, text=written) == "INV/2026-0042", written


@pytest.mark.parametrize("number", [OLD, NEW])
def test_a_payment_reference_is_found_however_long_it_is(billed: World, number: int) -> None:
    """Without its leading zeros, padded to 25 digits, in groups."""
    ocr = _numbered(billed, "B-1001", number)
    short, spaced = ocr.lstrip("0"), f"{ocr[:3]} {ocr[3:6]} {ocr[6:]}"
    padded = f"{ocr:0>25}"
    for written in (ocr, short, padded, f"OCR {padded}", spaced, f"ref {spaced}, tack"):
        assert _found(billed, reference=written, amount=60000) == "B-1001", written
        assert _found(billed, text=written, amount=60000) == "B-1001", written


def test_a_creditor_reference_is_found_inside_words(billed: World) -> None:
    """RF, its check digits and the reference, as one word of many."""
    ocr = _numbered(billed, "B-1001", NEW)
    creditor = f"RF{mod_97_10.calc_check_digits(ocr + 'RF')}{ocr}"
    assert _found(billed, text=f"Visit of May, {creditor} Lind") == "B-1001"
    assert _found(billed, reference=" ".join([creditor[:4], creditor[4:8], creditor[8:]])) == "B-1001"
    wrong = creditor[:-1] + str((int(creditor[-1]) + 1) % 10)
    assert _found(billed, text=f"Visit of May, {wrong} Lind") is None


def test_a_short_number_inside_words_counts_only_with_the_amount(billed: World) -> None:
    """Few digits with the right check digits may be a postal code: the amount must be the bill's."""
    short = _numbered(billed, "B-1001", 812).lstrip("0")
    assert len(short) == 5
    assert _found(billed, text=f"Elm Street 1, {short} Portland") is None
    assert _found(billed, text=f"OCR {short}", amount=60000) == "B-1001"
    assert _found(billed, reference=short) == "B-1001"


LOOKALIKES = ["1001", "AB1001", "B10011", "xB-1001x", "B 1002", "B-100", "room 1001", "10 01", "B", "-", "RF"]


def test_what_only_looks_like_a_bill_finds_nothing(billed: World) -> None:
    """Part of a number, or a number inside a longer word, names no bill."""
    for written in LOOKALIKES:
        assert _found(billed, text=written) is None, written


def test_a_short_id_is_found_only_where_it_is_all_that_is_said(billed: World) -> None:
    """A bill 12 is not each 12 that somebody writes."""
    billed.bill("12", "ada", 100)
    for written in ("flat 12", "A12B", "12/3", "unit 12, May", "112", "12-12-2026"):
        assert _found(billed, text=written) is None, written
        assert _found(billed, reference=written) is None, written
    assert _found(billed, reference="#12") == "12"


def test_a_day_is_no_bill(billed: World) -> None:
    """A bill with the digits of a day is found by its number, not by the day."""
    billed.bill("20260302", "ada", 100)
    assert _found(billed, text="visit on 2026-03-02") is None
    assert _found(billed, reference="2026-03-02") is None
    assert _found(billed, text="bill 20260302") == "20260302"


def test_the_longer_name_counts(billed: World) -> None:
    """B-1001-2 names that bill, not B-1001; what is spelled just so goes before what is spelled alike."""
    billed.bill("B-1001-2", "bo", 500)
    billed.bill("b1001", "bo", 500)
    assert _found(billed, text="for B-1001-2 please") == "B-1001-2"
    assert _found(billed, text="for B-1001, 2 visits") == "B-1001"
    assert _found(billed, text="for b1001 please") == "b1001"
    assert _found(billed, text="for B.1001 please") is None, "it may be either, of two people"


def test_bills_of_two_people_name_nobody(billed: World) -> None:
    """It waits for the desk."""
    assert _found(billed, text="B-1001 and INV/2026-0042") is None


def test_an_invoice_number_is_found_once_it_is_given(billed: World) -> None:
    """As it is for the id, whatever the spelling."""
    with billed.database.write() as session:
        row = session.get(tables.Bill, "B-1001")
        assert row
        row.state = "proposed"
    with billed.database.write() as session:
        bill = bills.find(session, "B-1001")
        assert bill
        assert bills.issue(session, bill.id, "K-000123", bill.amount, bill.issued_on, bill.due_on)
    assert _found(billed, text="faktura k 000123") == "B-1001"
    assert _found(billed, text="faktura b-1001") == "B-1001"


def test_new_references_do_not_begin_with_zero(billed: World) -> None:
    """Banks and spreadsheets take zeros away."""
    with billed.database.read() as session:
        for bill_id in ("B-1001", "INV/2026-0042"):
            bill = bills.find(session, bill_id)
            assert bill
            assert not bill.reference.startswith("0")
