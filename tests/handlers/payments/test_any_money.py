"""Whatever happens to money, in any order: the ledger says what became of every cent of every payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from billing.bills.prompt_pay import PromptPayDiscount
from billing.ledger.journal import Chart
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from billing.refusals import Refusal
from handlers.payments import accounting, chargebacks, corrections, payments, periods, refunds, small_balances
from handlers.payments.payments import PaymentRow
from storage import tables
from storage.bills import bills
from storage.database.transaction import Database
from storage.ledger import ledger
from storage.ledger import periods as closed
from storage.payments import payments as kept
from storage.payments import refunds as kept_refunds
from tests.keys import KEYS
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.conftest import Databases

PEOPLE = ("ada", "eva")
BILLS = ("B1", "B2", "B3")
_pick = st.integers(0, 7)
_action = st.one_of(
    st.tuples(st.just("pay"), st.sampled_from([*BILLS, *PEOPLE, "nobody"]), st.integers(1, 90000)),
    st.tuples(
        st.sampled_from(["bounce", "refund", "provider_refund", "charge", "win", "lose"]),
        _pick,
        st.integers(1, 70000),
    ),
    st.tuples(st.sampled_from(["assign", "move"]), _pick, st.sampled_from([*BILLS, *PEOPLE])),
    st.tuples(
        st.sampled_from(["fee", "discount", "write_off"]), st.sampled_from(BILLS), st.integers(1, 30000)
    ),
    st.tuples(st.sampled_from(["use", "close", "fail"]), st.sampled_from(PEOPLE), _pick),
)


class Desk:
    """Plays actions on a clinic of two people with three bills; what is refused changes nothing."""

    def __init__(self, world: World) -> None:
        self.world = world
        for name, phone in zip(PEOPLE, ("+15035550142", "+15035550143"), strict=True):
            world.customer(name, name=name.title(), phone=phone)
        for number, bill_id in enumerate(BILLS):
            world.bill(bill_id, PEOPLE[number // 2], 30000 * (number + 1))
        with world.database.write() as session:
            until = world.now.date() + timedelta(days=12)
            bills.promise(session, "B1", PromptPayDiscount(3000, until))
            bills.promise(session, "B3", PromptPayDiscount(9000, until))
        self.count = 0

    def play(self, action: tuple[Any, ...]) -> None:
        """One action, a transaction of its own, at a day of its own."""
        what, one, other = action
        self.count += 1
        self.world.later(days=1)
        do: Callable[[Session, Any, Any], object] = getattr(self, what)
        try:
            with self.world.database.write() as session:
                do(session, one, other)
        except Refusal:
            pass

    def payment(self, session: Session, pick: int) -> kept.Payment:
        known = list(session.scalars(select(tables.Payment.id).order_by(tables.Payment.id)))
        if not known:
            raise payments.NeverBooked("none")
        found = kept.get(session, known[pick % len(known)])
        assert found
        return found

    def pay(self, session: Session, reference: str, amount: int) -> None:
        now = self.world.now
        day = now.date() - timedelta(days=self.count % 3)
        row = PaymentRow("test", f"P{self.count}", reference, Money(amount, "USD"), day)
        payments.book(self.world.context(session), row)

    def bounce(self, session: Session, pick: int, _: int) -> None:
        corrections.bounce(self.world.context(session), self.payment(session, pick).id, "sam", "nsf")

    def refund(self, session: Session, pick: int, amount: int) -> None:
        one = refunds.request(
            self.world.context(session),
            self.payment(session, pick).id,
            Money(amount, "USD").plain(),
            "",
            "sam",
        )
        for by in ("mia", "tom"):
            if kept_refunds.find(session, one.id).state.value in {"requested", "approved_once"}:  # type: ignore[union-attr]
                refunds.approve(self.world.context(session), one.id, by)
        if amount % 3:
            refunds.sent(self.world.context(session), one.id, "mia", "")

    def fail(self, session: Session, _: str, pick: int) -> None:
        refunds.failed(self.world.context(session), pick + 1, "mia", "")

    def provider_refund(self, session: Session, pick: int, amount: int) -> None:
        payment = self.payment(session, pick)
        least = min(amount, payment.amount)
        if payment.reversed_at is None:
            refunds.book_provider_refund(
                self.world.context(session), payment, "x", f"R{self.count}", Money(least, "USD"), ""
            )

    def charge(self, session: Session, pick: int, amount: int) -> None:
        payment = self.payment(session, pick)
        chargebacks.open_(self.world.context(session), payment, "x", f"C{pick}", Money(amount, "USD"), "")

    def win(self, session: Session, pick: int, _: int) -> None:
        chargebacks.close(self.world.context(session), "x", f"C{pick}", won=True)

    def lose(self, session: Session, pick: int, _: int) -> None:
        chargebacks.close(self.world.context(session), "x", f"C{pick}", won=False)

    def assign(self, session: Session, pick: int, to: str) -> None:
        corrections.assign(self.world.context(session), self.payment(session, pick).id, to, "sam")

    def move(self, session: Session, pick: int, to: str) -> None:
        corrections.move(self.world.context(session), self.payment(session, pick).id, to, "sam", "")

    def write_off(self, session: Session, bill_id: str, _: int) -> None:
        corrections.write_off(self.world.context(session), bill_id, "mia", "")

    def fee(self, session: Session, bill_id: str, amount: int) -> None:
        self.entry(session, EntryKind.FEE, bill_id, amount)

    def discount(self, session: Session, bill_id: str, amount: int) -> None:
        self.entry(session, EntryKind.ADJUSTMENT, bill_id, -amount)

    def entry(self, session: Session, kind: EntryKind, bill_id: str, amount: int) -> None:
        now = self.world.now
        bill = bills.find(session, bill_id)
        assert bill
        one = small_balances.entry(self.world.context(session), bill, -amount)
        ledger.append(session, [replace(one, kind=kind, source=f"x:{self.count}")], now)

    def use(self, session: Session, customer_id: str, _: int) -> None:
        corrections.use_credit(self.world.context(session), customer_id, "sam")

    def close(self, session: Session, _: str, pick: int) -> None:
        now = self.world.now
        periods.close(self.world.context(session), now.date() - timedelta(days=pick + 1), "mia")


def _check_every_payment(session: Session) -> None:
    """The entries of a payment come to what is left of it with us; one of nobody's has none."""
    for row in session.scalars(select(tables.Payment)):
        entries = ledger.of_payment(session, row.id)
        total = -sum(entry.amount.minor for entry in entries)
        undone = {entry.reverses for entry in entries}
        back = sum(e.amount.minor for e in entries if e.kind is EntryKind.REFUND and e.id not in undone)
        taken = sum(
            entry.amount.minor
            for entry in entries
            if entry.source.startswith("chargeback:") and not entry.reverses and entry.id not in undone
        )
        if row.account_id is None:
            assert not entries
        elif row.reversed_at:
            assert total == -back
        else:
            assert total == row.amount - back - taken
            assert total >= 0
        if not row.reversed_at:
            held: dict[tuple[str, str | None], int] = {}
            for entry in entries:
                key = entry.account_id, entry.bill_id
                held[key] = held.get(key, 0) + entry.amount.minor
            assert max(held.values(), default=0) <= 0, "more left a place than was there"
        if row.account_id and total > 0:
            assert {e.account_id for e in entries if e.id not in undone and not e.reverses} >= {
                row.account_id
            }


def _check_every_bill(session: Session) -> None:
    """No bill is below zero by money: what is too much is a credit."""
    for bill_id in BILLS:
        assert sum(entry.amount.minor for entry in ledger.of_bill(session, bill_id)) >= 0


def _check_journal(session: Session) -> None:
    """Every entry is one voucher, each comes to zero, and the receivables are what customers owe."""
    days = session.execute(select(func.min(tables.Entry.booked_on), func.max(tables.Entry.booked_on))).one()
    found = accounting.of_period(session, days[0], days[1], Chart())
    assert [one.entry_id for one in found.vouchers] == list(
        session.scalars(select(tables.Entry.id).order_by(tables.Entry.id))
    )
    assert all(sum(line.amount.minor for line in one.lines) == 0 for one in found.vouchers)
    on_customers = sum(one.lines[0].amount.minor for one in found.vouchers)
    assert on_customers == sum(session.scalars(select(tables.Entry.amount)))


def _check_closed(session: Session) -> None:
    """No entry that was recorded after a period was closed lies in it."""
    for period in closed.every(session):
        late = select(func.count()).where(
            tables.Entry.booked_on <= period.through, tables.Entry.recorded_at > period.closed_at
        )
        assert session.scalar(late) == 0


@pytest.mark.parametrize("rounds", [40])
def test_whatever_happens_no_cent_is_lost(sqlite_databases: Databases, rounds: int) -> None:
    """Part payments, bounces, refunds, chargebacks, moves, write-offs, closed periods, in any order."""

    @settings(max_examples=rounds, deadline=None)
    @given(st.lists(_action, max_size=14))
    def play(actions: list[tuple[Any, ...]]) -> None:
        database = Database(sqlite_databases(), KEYS)
        desk = Desk(World(database))
        for action in actions:
            desk.play(action)
        with database.read() as session:
            _check_every_payment(session)
            if all(action[0] != "discount" for action in actions):
                _check_every_bill(session)
            _check_journal(session)
            _check_closed(session)
        database.close()

    play()


def test_a_period_that_is_closed_takes_no_entry_from_anybody(world: World) -> None:
    """The database refuses it, whoever writes; what comes late is booked on the first open day."""
    world.customer()
    world.bill()
    with world.database.write() as session:
        periods.close(world.context(session), date(2026, 2, 28), "mia")
    row = PaymentRow("bank", "late", "B1", Money(1000, "USD"), date(2026, 2, 20))
    with world.database.write() as session:
        payments.book(world.context(session), row)
    with world.database.read() as session:
        late = kept.find(session, "bank", "late")
        assert late
        assert late.paid_on == date(2026, 2, 20)
        assert [entry.booked_on for entry in ledger.of_payment(session, late.id)] == [date(2026, 3, 1)]
    with pytest.raises(Exception, match="period is closed"), world.database.write() as session:
        session.add(
            tables.Entry(
                account_id="A-ada",
                kind="fee",
                amount=1,
                currency="USD",
                booked_on=date(2026, 2, 28),
                recorded_at=world.now,
                source="by hand",
            )
        )


def test_a_period_is_closed_once_and_only_when_it_is_over(world: World) -> None:
    """Today is not over; what is closed stays closed."""
    with world.database.write() as session:
        with pytest.raises(periods.CannotClose, match="not over"):
            periods.close(world.context(session), date(2026, 3, 2), "mia")
        periods.close(world.context(session), date(2026, 3, 1), "mia")
        with pytest.raises(periods.CannotClose, match="closed already"):
            periods.close(world.context(session), date(2026, 3, 1), "mia")
