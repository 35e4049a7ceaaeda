"""Bills, payments, reversals, plans, stops and runs in any order: the promises hold all the time."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.calendar import local_day
from billing.dunning.quiet_hours import first_open
from billing.gate import Purpose
from billing.plans.plans import Review, spread
from billing.policy import ANNOUNCED
from bot.channel import RefusalReason
from handlers.dunning.reschedule import reschedule
from handlers.payments import payments
from handlers.people.consent import withdraw_queued
from storage import plans, tables
from storage.database.transaction import Database
from storage.delivery import outbox
from storage.dunning import notices, steps
from storage.ledger import ledger
from tests.keys import KEYS
from tests.world import CLINIC, World

if TYPE_CHECKING:
    from datetime import datetime

    from tests.conftest import Databases

PEOPLE = {"ada": "+15035550142", "bo": "+15035550143"}
BILLS = Bundle("bills")
PAYMENTS = Bundle("payments")
TROUBLE = st.sampled_from([None, None, None, RefusalReason.CONTENT, "busy", "lost"])


class AnyOrder(RuleBasedStateMachine):
    """Two customers, to whom anything may happen."""

    databases: ClassVar[list[Databases]] = []

    def __init__(self) -> None:
        super().__init__()
        self.world = World(Database(self.databases[-1](), KEYS))
        for customer_id, phone in PEOPLE.items():
            self.world.customer(customer_id, phone=phone)
        self.expected: dict[str, int] = defaultdict(int)
        self.amounts: dict[str, tuple[str, int]] = {}
        self.bill_count = 0
        self.sent: list[tuple[str, datetime]] = []

    def teardown(self) -> None:
        """Let go of the database."""
        self.world.database.close()

    @rule(
        target=BILLS,
        customer=st.sampled_from(sorted(PEOPLE)),
        amount=st.integers(1, 300_000),
        due=st.integers(-80, 20),
    )
    def bill(self, customer: str, amount: int, due: int) -> str:
        self.bill_count += 1
        day = self.world.now.date() + timedelta(days=due)
        self.expected[f"A-{customer}"] += amount
        return self.world.bill(f"B{self.bill_count}", customer, amount, day)

    @rule(target=PAYMENTS, bill=BILLS, amount=st.integers(1, 400_000))
    def pay(self, bill: str, amount: int) -> str:
        payment_id = f"P{len(self.amounts)}"
        assert self.world.pays(bill, amount, payment_id) is payments.PaymentOutcome.BOOKED
        assert self.world.pays(bill, amount, payment_id) is payments.PaymentOutcome.DUPLICATE
        with self.world.database.read() as session:
            account = session.scalar(select(tables.Bill.account_id).where(tables.Bill.id == bill))
        assert account is not None
        self.amounts[payment_id] = (account, amount)
        self.expected[account] -= amount
        return payment_id

    @rule(target=PAYMENTS, payment=consumes(PAYMENTS))
    def take_back(self, payment: str) -> Any:
        account, amount = self.amounts[payment]
        self.expected[account] += amount
        with self.world.database.write() as session:
            payments.take_back(self.world.context(session), "test", payment)
        return multiple()

    @rule(customer=st.sampled_from(sorted(PEOPLE)), months=st.integers(2, 12), pay_day=st.integers(1, 31))
    def plan(self, customer: str, months: int, pay_day: int) -> None:
        world = self.world
        with world.database.write() as session:
            owed = {
                bill: amount
                for bill, amount in ledger.owed_by_bill(session, [f"A-{customer}"])[f"A-{customer}"].items()
                if bill and amount > 0
            }
            if not owed or plans.running(session, [f"A-{customer}"]):
                return
            total = sum(owed.values())
            today = local_day(world.now, CLINIC.zone)
            from billing.ledger.money import Money  # noqa: PLC0415 - one use

            instalments = spread(total, months, pay_day, today)
            plans.open_plan(
                session, f"A-{customer}", Money(total, "USD"), instalments, list(owed), Review.NONE, world.now
            )
            withdraw_queued(world.context(session), [customer], "plan")
            reschedule(world.context(session), [customer])

    @rule(days=st.integers(0, 25), hours=st.integers(0, 23))
    def time_goes_by(self, days: int, hours: int) -> None:
        self.world.later(days=days, hours=hours)

    @rule()
    def run(self) -> None:
        self.world.run()
        assert self.world.run() == []

    @rule(days=st.integers(1, 20), trouble=TROUBLE)
    def days_go_by(self, days: int, trouble: Any) -> None:
        """A run and a delivery every morning; the last with trouble."""
        self.world.now = self.world.now.replace(hour=18)
        for day in range(days):
            self.world.later(days=1)
            self.run()
            self.deliver(trouble if day == days - 1 else None)

    @rule(trouble=TROUBLE)
    def deliver(self, trouble: Any) -> None:
        carrier = self.world.phones[Channel.SMS].carrier
        for phone in PEOPLE.values():
            match trouble:
                case RefusalReason():
                    carrier.refuse(phone, trouble, "1")
                case "busy":
                    carrier.busy(phone)
                case "lost":
                    carrier.lose_answer(phone)
        with self.world.database.read() as session:
            due = outbox.due(session, self.world.now, 100)
        for outbox_id in due:
            self._send(outbox_id)
        for phone in PEOPLE.values():
            carrier.fix(phone)

    @rule()
    def ask_the_provider(self) -> None:
        self.world.later(minutes=2)
        self.world.clear_doubts()

    @rule(customer=st.sampled_from(sorted(PEOPLE)), word=st.sampled_from(["STOP", "START", "hi"]))
    def text(self, customer: str, word: str) -> None:
        self.world.says(word, PEOPLE[customer])

    def _send(self, outbox_id: int) -> None:
        """Hand one message over and see that it may leave at this very moment."""
        world = self.world
        before = {phone: len(world.screen(phone)) for phone in PEOPLE.values()}
        world.send(outbox_id)
        arrived = [phone for phone in PEOPLE.values() if len(world.screen(phone)) > before[phone]]
        with world.database.read() as session:
            message = outbox.get(session, outbox_id)
            bills = steps.bills_of(session, outbox_id)
            _, noticed = notices.of_message(session, outbox_id)
            accounts = [f"A-{customer}" for customer in PEOPLE]
            owed = {
                bill: amount
                for each in ledger.owed_by_bill(session, accounts).values()
                for bill, amount in each.items()
            }
            planned = {bill for plan in plans.running(session, accounts).values() for bill in plan.bill_ids}
        if arrived and message.purpose is Purpose.OUT:
            assert bills or noticed
            assert all(owed.get(bill, 0) > 0 for bill in (*bills, *noticed)), "a word on a zero balance"
            assert not planned & set(bills), "a reminder on a planned bill"
            zones = ["America/Los_Angeles"]
            assert first_open(world.installation.policy.window, zones, world.now) == world.now
            self.sent += [(phone, world.now) for phone in arrived]

    @invariant()
    def balances_are_what_entries_add_up_to(self) -> None:
        with self.world.database.read() as session:
            accounts = [f"A-{customer}" for customer in PEOPLE]
            owed = ledger.owed_by_bill(session, accounts)
            for account in accounts:
                entries = ledger.of_account(session, account)
                assert self.expected[account] == sum(entry.amount.minor for entry in entries)
                assert self.expected[account] == sum(owed[account].values())

    @invariant()
    def no_level_is_skipped_or_repeated(self) -> None:
        with self.world.database.read() as session:
            step = tables.Step
            rows = session.execute(
                select(step.bill_id, step.episode, step.level, step.state, step.at).order_by(
                    step.bill_id, step.episode, step.level
                )
            ).all()
        heard: dict[tuple[str, int], list[Any]] = defaultdict(list)
        taken: dict[tuple[str, int], list[int]] = defaultdict(list)
        for bill, episode, level, state, at in rows:
            if level == ANNOUNCED:
                continue
            taken[bill, episode].append(level)
            if state == "heard":
                heard[bill, episode].append((level, at))
        for key, levels in taken.items():
            said = [level for level, _ in heard[key]]
            assert levels == list(range(1, len(levels) + 1)), "a level was skipped"
            assert said == list(range(1, len(said) + 1)), "a level was heard before the one below it"
            assert len(levels) - len(said) <= 1
            times = [at for _, at in heard[key]]
            assert times == sorted(set(times))

    @invariant()
    def nobody_is_written_to_too_often(self) -> None:
        by_phone: dict[str, list[datetime]] = defaultdict(list)
        for phone, at in self.sent:
            by_phone[phone].append(at)
        gap = timedelta(hours=self.world.installation.policy.caps.min_gap_hours)
        for times in by_phone.values():
            assert all(later - earlier >= gap for earlier, later in pairwise(times))


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 25), ("postgresql", 10)])
def test_in_any_order_the_promises_hold(request: pytest.FixtureRequest, kind: str, examples: int) -> None:
    """Balances add up, levels come in order and once, nothing paid or planned is demanded."""
    fixture = "sqlite_databases" if kind == "sqlite" else "postgres_databases"
    AnyOrder.databases.append(request.getfixturevalue(fixture))
    limits = settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_machine(AnyOrder, settings=limits)
