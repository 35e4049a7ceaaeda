"""What users of other systems complain about most: each of the twelve is held here, on the real code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.holds import Hold, HoldKind
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from handlers.arrivals import DeliveryFate, DeliveryReport
from handlers.conversation import turn
from handlers.delivery import results
from handlers.desk import cases
from handlers.dunning import dunning_run
from handlers.dunning.reschedule import reschedule
from storage import tables
from storage.desk import escalations
from storage.dunning import holds
from storage.ledger import ledger
from tests.world import World, an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database


def _entry(world: World, kind: EntryKind, amount: int, source: str, bill_id: str = "B1") -> None:
    """A line on a bill, written now."""
    with world.database.write() as session:
        account = session.scalar(select(tables.Bill.account_id).where(tables.Bill.id == bill_id))
        assert account is not None
        line = Entry(account, kind, Money(amount, "USD"), world.now.date(), source, bill_id, rule="a rule")
        ledger.append(session, [line], world.now)
        reschedule(world.context(session), ["ada"])


def _heard(world: World) -> list[tuple[str, int]]:
    """Bill and level of everything that was heard, in order."""
    with world.database.read() as session:
        step = tables.Step
        heard = select(step.bill_id, step.level).where(step.state == "heard").order_by(step.at, step.level)
        return [(bill_id, level) for bill_id, level in session.execute(heard)]


def test_complaint_01_paying_the_bill_does_not_swallow_its_fee(world: World) -> None:
    """A fee is owed separately: who pays the bill's own amount still owes it, until it is waived."""
    world.customer()
    world.bill(amount=10000)
    _entry(world, EntryKind.FEE, 500, "fee:1")

    world.pays("B1", 10000)
    owed_after_payment = world.owed()
    _entry(world, EntryKind.ADJUSTMENT, -500, "waived:1")

    assert owed_after_payment == 500
    assert world.owed() == 0


def test_complaint_02_each_bill_of_a_message_has_its_own_balance(world: World) -> None:
    """Several bills in one conversation each show their present balance, never a former one."""
    world.customer()
    world.bill("B1", amount=30000)
    world.bill("B2", amount=20000)
    world.pays("B1", 12500)

    world.says("balance")
    replies = world.says("1980-02-28")

    assert "$375.00" in replies
    assert "$175.00" in replies
    assert "$200.00" in replies


def test_complaint_03_no_level_is_skipped_after_a_part_payment(world: World) -> None:
    """However late the next check is, and whatever was paid in part, the levels come one by one."""
    world.customer()
    world.bill()
    world.live(5)
    world.pays("B1", 20000)
    world.later(days=40)
    world.live(45)

    levels = [level for _, level in _heard(world)]

    assert levels == sorted(set(levels))
    assert levels == list(range(1, len(levels) + 1))
    assert len(levels) > 1


def test_complaint_04_money_that_races_a_reminder_wins(world: World) -> None:
    """A payment booked after a reminder was planned withdraws it; nothing more comes of a settled bill."""
    world.customer()
    world.bill()
    world.later(days=5)
    world.run()
    world.pays("B1", 60000)
    world.deliver()
    world.later(days=60)

    assert world.run() == []
    assert world.screen() == ()


def test_complaint_05_one_step_is_said_once_however_often_it_is_asked(world: World) -> None:
    """Runs that are repeated at one moment, and deliveries, queue and send the same step once."""
    world.customer()
    world.bill()
    world.later(days=5)

    for _ in range(5):
        world.run()
        world.deliver()

    assert len(world.screen()) == 1


def test_complaint_06_days_are_the_customers_own(database: Database) -> None:
    """A bill due today is not late today, by the customer's calendar, on either side of the date line."""
    for place, zone in (("kiritimati", "Pacific/Kiritimati"), ("niue", "Pacific/Niue")):
        world = World(database, an_installation())
        world.customer(place, phone="", timezone=zone, consent=False, country="XX", region="")
        today = world.now.astimezone(ZoneInfo(zone)).date()
        world.bill(f"B-{place}", place, due=today)
        due = next(one for one in world.preview() if one.bill_id == f"B-{place}")
        first = policy.load("generic").levels[0].after_due_days

        assert due.at is not None
        assert (due.at.astimezone(ZoneInfo(zone)).date() - today).days >= first


def test_complaint_07_a_hold_stops_everybody_who_would_send(world: World) -> None:
    """A typed, dated, reasoned hold stops the run and what is queued already, and ends by itself."""
    world.customer()
    world.bill()
    world.later(days=5)
    world.run()
    until = world.now + timedelta(days=10)
    with world.database.write() as session:
        holds.place(session, "ada", Hold(HoldKind.MANUAL, "asked us to", until), "rep", world.now)
        reschedule(world.context(session), ["ada"])

    world.deliver()
    during = len(world.screen())
    world.live(15)

    assert during == 0
    assert world.screen()
    assert world.screen()[0].at >= until


def test_complaint_08_a_promise_pauses_the_reminders_until_it_is_broken(world: World) -> None:
    """While a promise is open nothing is demanded; once its day has passed the reminders go on."""
    world.customer()
    world.bill()
    world.live(5)
    before = len(world.screen())
    for text in ("I will pay in 10 days", "1980-02-28", "in 10 days", "all of it", "yes"):
        said = world.says(text)
        if "noted" in said:
            break
    talked = len(world.screen())
    world.live(10)
    during = len(world.screen())
    world.live(25)

    assert before == 1
    assert during == talked
    assert len(world.screen()) > during


def test_complaint_09_what_a_payer_may_still_pay_is_not_asked_of_the_customer(world: World) -> None:
    """While a payer's claim is open nothing is demanded; when it has been decided the reminders begin."""
    world.customer()
    world.bill()
    with world.database.write() as session:
        holds.place(session, "ada", Hold(HoldKind.CLAIM_OPEN, "insurer", bill_id="B1"), "kvitt", world.now)
        reschedule(world.context(session), ["ada"])
    world.live(30)
    while_open = len(world.screen())
    with world.database.write() as session:
        holds.lift(session, "ada", [HoldKind.CLAIM_OPEN], "kvitt", world.now)
        reschedule(world.context(session), ["ada"])
    world.live(10)

    assert while_open == 0
    assert world.screen()


@pytest.mark.parametrize("reported_by", ["text", "provider"])
def test_complaint_10_a_stop_is_known_to_ourselves_on_every_channel(world: World, reported_by: str) -> None:
    """Whether the customer or the carrier says so, no later campaign comes, on any electronic channel."""
    world.customer()
    world.bill()
    world.live(5)
    if reported_by == "text":
        world.says("please stop texting me")
    else:
        newest = select(tables.Outbox.reference).order_by(tables.Outbox.id.desc()).limit(1)
        with world.database.write() as session:
            reference = session.scalar(newest)
            assert reference is not None
            opted_out = DeliveryReport(
                Channel.SMS, "", reference, DeliveryFate.FAILED, "21610", opted_out=True
            )
            results.take_report(world.context(session), opted_out)
    after = len(world.screen())
    world.live(90)

    assert len(world.screen()) == after
    with world.database.read() as session:
        assert session.scalar(select(tables.Customer.stopped_at)) is not None


def test_complaint_11_the_machine_is_quiet_while_a_person_talks_and_is_back_afterwards(world: World) -> None:
    """The database records whose turn it is: from when a person takes the case until they hand it back."""
    world.customer()
    world.says("I want to talk to a person")
    with world.database.write() as session:
        case = escalations.queue(session)[0]
        cases.take(world.context(session), case.id, "rita")
    world.says("hello?")
    silent = world.says("balance")
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "rita", "done", lift=True)
    back = world.says("balance")

    assert silent == ""
    assert back != ""


def test_complaint_12_a_reminder_and_a_reply_never_talk_over_each_other(database: Database) -> None:
    """Eight clocks at once send one reminder; an answer that crosses them is answered once."""
    world = World(database)
    world.customer()
    world.bill()
    world.later(days=5)
    arrival = world.phones[Channel.SMS].says("+15035550142", "balance", world.now)
    with database.write() as session:
        arrived = turn.receive(world.context(session), arrival)
    assert arrived is not None

    with ThreadPoolExecutor(9) as pool:
        runs = [pool.submit(dunning_run.run, database, world.installation, world.now) for _ in range(8)]
        talk = pool.submit(turn.take, database, world.installation, arrived, world.clock)
        talk.result()
        for run in runs:
            run.result()
    with database.read() as session:
        purposes = list(session.scalars(select(tables.Outbox.purpose).order_by(tables.Outbox.purpose)))

    assert purposes in (["out", "reply"], ["reply"])
