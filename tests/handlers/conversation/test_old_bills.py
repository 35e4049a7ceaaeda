"""Plans over bills near their limitation date: a person looks before anything counts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.calendar import add_years
from handlers.desk import agreements
from storage import tables
from storage.desk import escalations

if TYPE_CHECKING:
    from tests.world import World


def _agree(world: World) -> list[str]:
    world.customer()
    world.bill(due=date(2020, 5, 1))
    world.says("what do I owe?")
    world.says("1980-02-28")
    assert world.heard("plan") == [
        "payment_plan.opening",
        "payment_plan.looked_at",
        "payment_plan.how_much",
    ]
    world.says("3 months")
    world.says("the 15th")
    return world.heard("yes")


def _plan(world: World) -> tables.Plan:
    with world.database.read() as session:
        found = session.scalars(select(tables.Plan)).one()
        session.expunge(found)
    return found


def test_a_plan_over_old_bills_waits_for_a_person(world: World) -> None:
    """Paying a part may start the limitation anew, so the plan is noted and a case is raised."""
    assert _agree(world) == ["payment_plan.proposed"]
    assert (_plan(world).state, _plan(world).review) == ("proposed", "limitation_review")
    assert [case.kind for case in world.queue()] == ["limitation_review"]
    assert world.heard("plan") == ["payment_plan.proposed_already"]
    assert world.heard("balance") == ["answers.balance", "answers.barred", "payment_plan.proposed_already"]


def test_an_approved_plan_runs_from_a_day_that_is_still_to_come(world: World) -> None:
    """The desk may take weeks: no instalment is then missed before the plan has begun."""
    _agree(world)
    world.later(days=40)
    with world.database.write() as session:
        agreements.approve(world.context(session), _plan(world).id, "rep")
    world.deliver()
    assert "Your payment plan is set" in world.screen()[-1].text
    assert _plan(world).state == "active"
    with world.database.read() as session:
        days = list(session.scalars(select(tables.Instalment.due_on)))
        assert escalations.queue(session) == []
    assert days == [date(2026, 4, 15), date(2026, 5, 15), date(2026, 6, 15)]


def test_a_refused_plan_is_over_and_the_customer_is_told(world: World) -> None:
    """Nothing is left hanging, and a second decision is refused."""
    _agree(world)
    plan_id = _plan(world).id
    with world.database.write() as session:
        agreements.refuse(world.context(session), plan_id, "rep", "too old")
    world.deliver()
    assert "can't set it up" in world.screen()[-1].text
    assert _plan(world).state == "cancelled"
    with world.database.write() as session, pytest.raises(agreements.NoSuchPlan):
        agreements.approve(world.context(session), plan_id, "rep")


@pytest.mark.parametrize(
    ("language", "asked", "word"),
    [("en", "what do I owe?", "time-barred"), ("es", "saldo", "prescrito"), ("sv", "saldo", "preskriberat")],
)
def test_what_is_past_its_limitation_date_is_marked_so(
    world: World, language: str, asked: str, word: str
) -> None:
    """Who asks what they owe reads how much of it is too old to demand; a new bill is not in it."""
    world.customer(language=language)
    world.bill("B1", amount=12300, due=date(2015, 5, 1))
    world.bill("B2", due=date(2026, 2, 20))
    world.says(asked)
    (line,) = [one for one in world.says("1980-02-28").splitlines() if word in one]
    assert "123" in line


def test_a_bill_on_its_last_day_is_not_marked_yet(world: World) -> None:
    """The limitation date itself is the last day on which a claim may be demanded."""
    world.customer(region="")
    issued = add_years(world.now.date(), -world.installation.policy.limitation.years)
    world.bill(due=issued + timedelta(days=30))
    world.says("what do I owe?")
    assert "time-barred" not in world.says("1980-02-28")
    world.later(hours=23)
    assert "time-barred" in world.says("when is it due?")
