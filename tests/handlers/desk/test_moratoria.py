"""A moratorium has its days, lets nothing accrue, and ends by a person alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.holds import EndsInThePast, HoldKind, NoTreatment, TreatmentGoesOn, kind_named
from billing.dunning.fees import Occasion, fee_due, interest_due
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from handlers.bills import statements
from handlers.clock import last_days
from handlers.desk import cases, holding
from handlers.desk.hold_fates import LIFT
from storage import tables
from storage.dunning import holds

if TYPE_CHECKING:
    from storage.dunning.holds import KeptHold
    from tests.world import World

SE = policy.load("se")
DUE = date(2026, 1, 31)
CHARGE = Entry("A", EntryKind.CHARGE, Money(1000000, "SEK"), date(2026, 1, 1), "charge:B", bill_id="B")


def _place(world: World, until: date | None = None, *, treatment: bool = False) -> KeptHold:
    ends = datetime.combine(until, time(8), tzinfo=UTC) + timedelta(days=1) if until else None
    with world.database.write() as session:
        subject = holding.of_customer(session, "ada")
        context = world.context(session)
        kind = HoldKind.MORATORIUM
        holding.place(context, subject, kind, "the court", ends, "kim", treatment=treatment)
        return holds.every(session, "ada")[-1]


def _ask(world: World) -> int:
    return last_days.ask(world.database, world.installation, world.clock)


@pytest.fixture
def owing(world: World) -> World:
    """A customer with a bill that is due for a reminder."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=10))
    return world


def test_a_moratorium_has_the_days_of_the_policy(owing: World) -> None:
    """Without a day named it is 60 days; one that is named counts; it can be called by its name in law."""
    assert _place(owing).hold.last_day == owing.now.date() + timedelta(days=60)
    assert kind_named("breathing space") is HoldKind.MORATORIUM


def test_a_moratorium_may_be_placed_until_a_day(owing: World) -> None:
    """What an authority says counts, and a day gone by is refused."""
    until = owing.now.date() + timedelta(days=20)
    assert _place(owing, until).hold.last_day == until
    owing.customer("bo", phone="+15035550143")
    with pytest.raises(EndsInThePast):
        _place(owing, owing.now.date() - timedelta(days=2))


def test_on_the_last_day_there_is_one_case_and_a_person_lifts_it(owing: World) -> None:
    """No reminder before a person has lifted it, however long ago its last day was."""
    kept = _place(owing, owing.now.date() + timedelta(days=20))
    owing.live(19)
    assert _ask(owing) == 0
    owing.live(1)
    assert [_ask(owing), _ask(owing)] == [1, 0]
    owing.live(40)
    assert not owing.screen()
    (case,) = owing.queue()
    assert (case.kind, case.customer_id) == ("moratorium", "ada")
    with owing.database.write() as session:
        assert kept.hold.id
        holding.lift(owing.context(session), kept.hold.id, "kim", "over")
    assert not owing.queue()
    owing.live(3)
    assert owing.screen()


def test_a_crisis_has_no_last_day_before_the_treatment_has_ended(owing: World) -> None:
    """A mental-health crisis moratorium waits; thirty days after the end that is recorded there is a case."""
    kept = _place(owing, treatment=True)
    assert kept.hold.last_day is None
    assert kept.hold.id
    owing.later(days=400)
    assert _ask(owing) == 0
    tomorrow = owing.now.date() + timedelta(days=1)
    with owing.database.write() as session, pytest.raises(TreatmentGoesOn):
        holding.treatment_ended(owing.context(session), kept.hold.id, tomorrow, "kim")
    with owing.database.write() as session:
        last = holding.treatment_ended(owing.context(session), kept.hold.id, owing.now.date(), "kim")
    assert last == owing.now.date() + timedelta(days=30)
    with owing.database.write() as session, pytest.raises(NoTreatment):
        holding.treatment_ended(owing.context(session), kept.hold.id, owing.now.date(), "kim")
    owing.later(days=30)
    assert _ask(owing) == 1


def test_only_a_moratorium_waits_for_a_treatment(owing: World) -> None:
    """Another stop state has no last day, and none can be recorded."""
    with owing.database.write() as session:
        subject = holding.of_customer(session, "ada")
        holding.place(owing.context(session), subject, HoldKind.VULNERABLE, "ill", None, "kim")
        kept = holds.every(session, "ada")[-1]
        assert (kept.hold.last_day, kept.hold.id is None) == (None, False)
        with pytest.raises(NoTreatment):
            holding.treatment_ended(owing.context(session), kept.hold.id or 0, owing.now.date(), "kim")


def test_no_interest_for_the_days_of_a_moratorium() -> None:
    """Two of four weeks frozen: half the interest, whether asked about at the end or in between."""
    until, frozen = date(2026, 2, 28), ((date(2026, 2, 8), date(2026, 2, 21)),)
    whole = sum(one.amount.minor for one in interest_due(SE.interest, [CHARGE], DUE, until))
    half = interest_due(SE.interest, [CHARGE], DUE, until, frozen=frozen)
    assert [(one.since.day, one.until.day) for one in half] == [(1, 7), (22, 28)]
    assert whole // 2 - 2 <= sum(one.amount.minor for one in half) <= whole // 2
    over = ((date(2026, 1, 1), date(2026, 3, 31)),)
    assert interest_due(SE.interest, [CHARGE], DUE, until, frozen=over) == []


def test_no_fee_in_a_moratorium() -> None:
    """What a letter that was under way, or a bounced payment, would cost is not charged."""
    days = ((date(2026, 2, 8), date(2026, 2, 21)),)
    for day, charged in ((7, True), (8, False), (21, False), (22, True)):
        occasion = Occasion(
            Channel.LETTER, date(2026, 2, day), "SEK", fee_agreed=True, complete=True, frozen=days
        )
        assert bool(fee_due(SE, "demand", occasion, [CHARGE])) == charged


def test_closing_the_case_of_one_moratorium_leaves_another(owing: World) -> None:
    """A crisis that goes on is not lifted with the other one whose last day has come."""
    with owing.database.write() as session:
        context, kind = owing.context(session), HoldKind.MORATORIUM
        holding.place(context, holding.of_bill(session, "B1"), kind, "the court", None, "kim")
    _place(owing, treatment=True)
    owing.later(days=61)
    assert _ask(owing) == 1
    (case,) = owing.queue()
    with owing.database.write() as session:
        cases.close(owing.context(session), case.id, "kim", "over", fate=LIFT)
        assert [one.lifted_at is None for one in holds.every(session, "ada")] == [False, True]


@pytest.mark.parametrize("paid", [0, 20000])
def test_a_plan_goes_on_after_a_moratorium(owing: World, paid: int) -> None:
    """What fell due meanwhile moves to months to come: the plan does not end on the day of lifting."""
    for text in ("what do I owe?", "1980-02-28", "plan", "3 months", "the 15th", "yes"):
        owing.says(text)
    owing.live(5)
    kept = _place(owing)
    if paid:
        owing.pays("B1", paid)
    owing.live(70)
    with owing.database.write() as session:
        assert kept.hold.id
        holding.lift(owing.context(session), kept.hold.id, "kim", "over")
    owing.live(1)
    with owing.database.read() as session:
        assert session.scalars(select(tables.Plan.state)).all() == ["active"]
        days = session.scalars(select(tables.Instalment.due_on).order_by(tables.Instalment.number)).all()
    first = [date(2026, 3, 15)] if paid else []
    assert days == [*first, *(date(2026, month, 15) for month in (6, 7, 8))][:3]
    assert not any("your plan ended" in one.text for one in owing.screen())


def test_a_statement_marks_what_is_past_its_limitation_date(owing: World) -> None:
    """A bill too old to demand is marked at its entries and summed up; a newer one is not."""
    owing.bill("B9", due=owing.now.date() - timedelta(days=365 * 12), amount=12300)
    with owing.database.read() as session:
        context = owing.context(session)
        found = statements.read(context, "ada", None, None)
        page = statements.page(context, found)
    assert found.statement.barred == {"B9": 12300}
    assert {row["bill_id"]: row["time_barred"] for row in statements.rows(found)[1:-1]} == {
        "B9": "yes",
        "B1": "",
    }
    assert ["Of it time-barred", "$123.00"] in page["aging"]["rows"]
    assert any("time-barred" in row[2] for row in page["rows"])
