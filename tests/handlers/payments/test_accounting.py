"""The books: a journal that balances and loads, what is owed by age, a day that ties out or says why not."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.accounts.creditor import Creditor
from billing.ledger.aging import SPANS, OwedAmount, aged, span, totals
from billing.ledger.journal import Chart, OtherCurrencies
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from bot.exporting import journal_files
from bot.importing.bank_files import import_bank_file
from bot.journal_table import JournalTable
from handlers.payments import accounting, corrections, periods
from storage import tables
from storage.bills import bills
from storage.ledger import ledger
from tests.bot.importing.camt_rig import Detail, camt
from tests.bot.importing.camt_rig import Entry as BankEntry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World

MARCH = date(2026, 3, 1), date(2026, 3, 31)
DAY = date(2026, 3, 2)


@pytest.fixture
def billed(world: World) -> World:
    """Ada with a bill of 600.00 from January."""
    world.customer()
    world.bill()
    return world


def _book(world: World, *made: Entry) -> None:
    with world.database.write() as session:
        ledger.append(session, made, world.now)


def _entry(kind: EntryKind, minor: int, source: str, **more: str | None) -> Entry:
    return replace(Entry("A-ada", kind, Money(minor, "USD"), DAY, source, "B1"), **more)  # type: ignore[arg-type]


def test_each_kind_stands_on_its_account(billed: World) -> None:
    """Fee, claim, payer, write-off, payment, credit: the accounts of the chart; stripe's money on its own."""
    with billed.database.write() as session:
        session.add(tables.Payer(id="P", name="Acme", kind="insurer", terms={}))
    _book(
        billed,
        _entry(EntryKind.FEE, 600, "fee"),
        _entry(EntryKind.CLAIM, -40000, "claim", payer_id="P"),
        _entry(EntryKind.WRITE_OFF, -100, "off"),
    )
    billed.pays("B1", 30000, "P1")
    with billed.database.read() as session:
        found = accounting.of_period(session, *MARCH, Chart())
    lines = [
        (one.lines[0].account, one.lines[1].account, one.lines[0].amount.minor) for one in found.vouchers
    ]
    assert lines == [
        ("1510", "3541", 600),
        ("1510", "1513", -40000),
        ("1510", "6351", -100),
        ("1510", "1930", -20500),
        ("2890", "1930", -9500),
    ]


def test_a_reversal_stands_where_the_entry_stood(billed: World) -> None:
    """A bounced payment leaves the bank; a chart of one's own is followed."""
    billed.pays("B1", 30000, "P1")
    with billed.database.write() as session:
        corrections.bounce(billed.context(session), 1, "sam", "")
        chart = JournalTable(kinds={EntryKind.PAYMENT: "1940"}, money={"test": "1920"}).as_chart()
        found = accounting.of_period(session, *MARCH, chart)
    assert [one.lines[1].account for one in found.vouchers] == ["1920", "1920"]
    assert [one.lines[1].amount.minor for one in found.vouchers] == [30000, -30000]
    assert "reversed payment" in found.vouchers[1].text


def test_a_sie_file_is_one_that_a_program_loads(billed: World) -> None:
    """Head, accounts, vouchers; PC8; each voucher balances; the same period is the same file."""
    billed.pays("B1", 30000, "P1")
    creditor = Creditor('Åsas "Klinik" AB', company_number="556677-8899")
    with billed.database.read() as session:
        found = accounting.of_period(session, date(2025, 12, 1), MARCH[1], Chart())
        again = accounting.of_period(session, date(2025, 12, 1), MARCH[1], Chart())
    raw = journal_files.sie(found, Chart(), creditor)
    assert raw == journal_files.sie(again, Chart(), creditor)
    lines = raw.decode("cp437").split("\r\n")
    assert lines[:1] == ["#FLAGGA 0"]
    assert "#FORMAT PC8" in lines
    assert "#SIETYP 4" in lines
    assert '#FNAMN "Åsas \\"Klinik\\" AB"' in lines
    assert '#ORGNR "556677-8899"' in lines
    assert "#RAR 0 20260101 20261231" in lines
    assert "#RAR -1 20250101 20251231" in lines
    assert "#VALUTA USD" in lines
    assert '#KONTO 1930 "Bank"' in lines
    sums: list[Decimal] = []
    for line in lines:
        if line.startswith("#VER"):
            sums.append(Decimal(0))
        if line.startswith("#TRANS"):
            sums[-1] += Decimal(line.split()[-1])
    assert sums == [Decimal(0)] * 2
    assert lines.count("{") == lines.count("}") == 2


def test_the_same_journal_as_csv(billed: World) -> None:
    """Debits and credits come to the same."""
    billed.pays("B1", 30000, "P1")
    with billed.database.read() as session:
        found = accounting.of_period(session, date(2026, 1, 1), MARCH[1], Chart())
    rows = list(csv.DictReader(io.StringIO(journal_files.as_csv(found, Chart()).decode())))
    debit, credit = (sum(Decimal(row[side] or 0) for row in rows) for side in ("debit", "credit"))
    assert debit == credit == Decimal(900)
    assert {row["account_name"] for row in rows} == {"Accounts receivable", "Services", "Bank"}


def test_a_journal_has_one_currency(billed: World) -> None:
    """Where there are several, one must be named."""
    billed.customer("eva", phone="+15035550143")
    with billed.database.write() as session:
        bill = bills.find(session, "B1")
        assert bill
        session.execute(tables.Account.__table__.update().values(currency="EUR"))  # type: ignore[attr-defined]
        euro = replace(_entry(EntryKind.FEE, 5, "e"), amount=Money(5, "EUR"))
        ledger.append(session, [euro, _entry(EntryKind.FEE, 5, "d")], billed.now)
        with pytest.raises(OtherCurrencies, match="EUR, USD"):
            accounting.of_period(session, *MARCH, Chart())
        found = accounting.of_period(session, *MARCH, Chart(), "EUR")
    assert [one.lines[0].amount.currency for one in found.vouchers] == ["EUR"]


def test_what_is_owed_by_age_is_what_entries_said_that_day(billed: World) -> None:
    """Customers by the bill's day, payers by the day they were asked, credits beside; as of any day."""
    with billed.database.write() as session:
        session.add(tables.Payer(id="P", name="Acme", kind="insurer", terms={}))
    _book(billed, _entry(EntryKind.CLAIM, -40000, "claim", payer_id="P"))
    billed.bill("B9", amount=1000, due=date(2026, 4, 1))
    billed.pays("ada", 30000)
    with billed.database.read() as session:
        before = accounting.aging(session, date(2026, 3, 1))
        today = accounting.aging(session, date(2026, 3, 2))
        later = accounting.aging(session, date(2026, 6, 15))
    assert before.customers[0].spans["not_due"] == 60000
    assert (today.customers, today.credits) == ([], {"USD": 9000})
    assert [(row.who, row.spans["not_due"]) for row in today.payers] == [("P", 40000)]
    assert later.payers[0].spans["over_90"] == 40000


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-200, 200), st.integers(1, 999)), max_size=20))
def test_no_debt_is_in_two_spans_or_in_none(drawn: list[tuple[str, int, int]]) -> None:
    """Every debt is in one span; rows and totals come to the same."""
    debts = [OwedAmount(who, who, "USD", DAY + timedelta(days=days), amount) for who, days, amount in drawn]
    rows = aged(debts, DAY)
    assert sum(row.total for row in rows) == sum(debt.amount for debt in debts)
    assert sum(row.total for row in totals(rows)) == sum(debt.amount for debt in debts)
    assert all(span(debt.due_on, DAY) in SPANS for debt in debts)


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (-1, "not_due"),
        (0, "not_due"),
        (1, "1_30"),
        (30, "1_30"),
        (31, "31_60"),
        (90, "61_90"),
        (91, "over_90"),
    ],
)
def test_a_span_begins_the_day_after(days: int, name: str) -> None:
    """On its due day nothing is overdue."""
    assert span(DAY - timedelta(days=days), DAY) == name


def test_a_day_ties_out_or_says_line_by_line_why_not(billed: World, tmp_path: Path) -> None:
    """Bank, payments, ledger and journal; what waits, was set aside, or came another way is named."""
    with billed.database.read() as session:
        bill = bills.find(session, "B1")
        assert bill
    file = tmp_path / "bank.xml"
    paid = BankEntry([Detail("100.00", bill.reference, end_to_end="E1")])
    file.write_text(camt([paid]))
    import_bank_file(billed.database, billed.installation, file, "sam", billed.clock)
    with billed.database.read() as session:
        found = periods.tie_out(session, Chart(), DAY, DAY)
    assert found.totals == [periods.Total("USD", 10000, 10000, 10000, 10000)]
    assert found.differences == []
    more = [
        BankEntry([Detail("5.00", "nobody")]),
        BankEntry([Detail("7.00", "x", original="NOT-OURS")], direction="DBIT"),
    ]
    file.write_text(camt([paid, *more]))
    import_bank_file(billed.database, billed.installation, file, "sam", billed.clock)
    billed.pays("B1", 2000, "P9")
    with billed.database.read() as session:
        found = periods.tie_out(session, Chart(), DAY, DAY)
    assert found.totals == [periods.Total("USD", 9800, 12500, 12000, 12000)]
    text = "\n".join(found.differences)
    assert "bank.xml report 1 entry 3: -7.00 USD was set aside" in text
    assert "payment 2: 5.00 USD of 2026-03-02 waits for an owner" in text
    assert "payment 3: 20.00 USD came by test, which no file of the bank tells of" in text


def test_a_sum_whose_payments_came_later_counts_once(billed: World, tmp_path: Path) -> None:
    """The bank's total is that of the payments, though both files tell of it."""
    file = tmp_path / "bank.xml"
    file.write_text(camt([BankEntry([], amount="150.00", bank_id="E", batch=2)]))
    import_bank_file(billed.database, billed.installation, file, "sam", billed.clock)
    details = [Detail("100.00", "B1"), Detail("50.00", "B1")]
    file.write_text(camt([BankEntry(details, bank_id="E")], 54))
    import_bank_file(billed.database, billed.installation, file, "sam", billed.clock)
    with billed.database.read() as session:
        found = periods.tie_out(session, Chart(), DAY, DAY)
    assert found.totals == [periods.Total("USD", 15000, 15000, 15000, 15000)]
    assert found.differences == []


def test_what_a_closed_period_pushed_on_is_named(billed: World) -> None:
    """A payment of February that is booked in March is told in both."""
    with billed.database.write() as session:
        periods.close(billed.context(session), date(2026, 2, 28), "mia")
    billed.now -= timedelta(days=4)
    billed.pays("B1", 2000, "P9")
    with billed.database.read() as session:
        february = periods.tie_out(session, Chart(), date(2026, 2, 1), date(2026, 2, 28))
        march = periods.tie_out(session, Chart(), *MARCH)
    assert any("was booked, or changed, on 2026-03-01" in line for line in february.differences)
    assert any("of 2026-02-26: 20.00 USD was booked between" in line for line in march.differences)
