"""Account statements and bills to payers: every entry, and what it comes to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.bills.statement import Age, BadPeriod
from billing.ledger.money import Money
from handlers.bills import statements
from handlers.import_results import UnknownPayer
from handlers.payers import payer_invoices
from handlers.payments import payments
from messages.documents import bill_documents
from tests.issuing import a_billing_world, at_home, bill, claimed, issued, served
from tests.letters import text_of

if TYPE_CHECKING:
    from storage.database.transaction import Database
    from tests.world import World


@pytest.fixture
def clinic(database: Database) -> World:
    """Ada has two bills, one old, one not billed yet, and paid a part that bounced."""
    world = a_billing_world(database)
    at_home(world)
    world.bill("OLD", amount=30000, due=world.now.date() - timedelta(days=70))
    served(world, "B1", amount=20000)
    issued(world)
    served(world, "OPEN", amount=77700)
    world.pays("OLD", 10000, "P1")
    with world.database.write() as session:
        payments.take_back(world.context(session), "test", "P1")
    world.pays("OLD", 5000, "P2")
    return world


def test_a_statement_runs_from_balance_to_balance(clinic: World) -> None:
    """Opening and entries come to closing; what is not billed is left out; ages add up."""
    with clinic.database.read() as session:
        found = statements.read(clinic.context(session), "ada", None, None).statement
        assert (found.opening, found.closing) == (0, 45000)
        assert [row.balance for row in found.rows][-1] == 45000
        assert found.aging[Age.TO_90] == 25000
        assert found.aging[Age.NOT_DUE] == 20000  # it has not reached anybody
        assert sum(found.aging.values()) - found.credit == found.closing
        today = clinic.now.date()
        later = statements.read(clinic.context(session), "ada", today, today).statement
        assert (later.opening, later.closing) == (30000, 45000)
        with pytest.raises(BadPeriod):
            statements.read(clinic.context(session), "ada", today, today - timedelta(days=1))
        with pytest.raises(statements.NoAccount):
            statements.read(clinic.context(session), "nobody", None, None)


def test_paper_and_file_say_the_same(clinic: World) -> None:
    """The PDF and the CSV name every entry, the bill's number, and the balance."""
    with clinic.database.read() as session:
        stated = statements.read(clinic.context(session), "ada", None, None)
        page = statements.page(clinic.context(session), stated)
    made = bill_documents.pdf(page)
    assert made == bill_documents.pdf(page)
    read = text_of(made)
    for text in (
        "Account statement",
        "000001",
        "OLD",
        "Payment came back",
        "$450.00",
        "61-90 days",
        "Ada Lind",
    ):
        assert text in read, text
    assert "777" not in read
    rows = statements.rows(stated)
    assert (rows[0]["kind"], rows[-1]["kind"], rows[-1]["balance"]) == ("opening", "closing", "450.00")
    assert sum(float(row["amount"] or 0) for row in rows) == 450.0


def test_a_payer_is_told_what_it_is_asked_for(clinic: World) -> None:
    """Every claim that is open on it with person, lines and sum; none, and nobody, are refused."""
    claimed(clinic, "OPEN", "sent", "city")
    claimed(clinic, "B1", "answered", "city")
    with clinic.database.read() as session:
        found = payer_invoices.read(session, "city")
        page = payer_invoices.page(clinic.installation, found, clinic.now)
        with pytest.raises(UnknownPayer):
            payer_invoices.read(session, "nobody")
    read = text_of(bill_documents.pdf(page))
    for text in ("Blue Harbor", "Claim OPEN-C1", "Ada Lind", "Office visit", "$300.00", "elm.example/pay"):
        assert text in read, text
    assert "B1-C1" not in read
    (row,) = payer_invoices.rows(found)
    assert (row["claim"], row["amount"], row["code"]) == ("OPEN-C1", "300.00", "99211")
    claimed(clinic, "OPEN", "closed", "city")
    with clinic.database.read() as session, pytest.raises(payer_invoices.NothingAskedOfPayer):
        payer_invoices.read(session, "city")


def test_money_beyond_a_bill_is_told_as_credit(clinic: World) -> None:
    """Who paid too much sees it as credit, and the ages do not count it."""
    clinic.pays("ada", 60000, "P9")
    with clinic.database.read() as session:
        found = statements.read(clinic.context(session), "ada", None, None).statement
    assert found.closing == -15000
    assert found.credit == 15000
    assert not any(found.aging.values())
    assert bill(clinic).amount == Money(20000, "USD").minor


def test_a_payer_is_named_where_it_took_something_over(clinic: World) -> None:
    """What a payer paid is told with its name, on paper and in the file."""
    served(clinic, "B2", covered=(("harbor", 12000),))
    issued(clinic)
    with clinic.database.read() as session:
        stated = statements.read(clinic.context(session), "ada", None, None)
        page = statements.page(clinic.context(session), stated)
    (row,) = [row for row in statements.rows(stated) if row["kind"] == "payer"]
    assert (row["amount"], row["payer"]) == ("-120.00", "Harbor Mutual")
    assert "Paid by Harbor Mutual" in text_of(bill_documents.pdf(page))
