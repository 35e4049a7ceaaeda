"""What is grave at the desk: holds of closed cases, pages that reach nobody, deadlines of what comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.channels import Channel
from billing.accounts.holds import Hold, HoldKind
from billing.accounts.roles import Role
from handlers.clock import orphan_holds, overdue
from handlers.desk import cases, holding, on_call, queue, users
from handlers.desk.hold_fates import HoldFate, HoldHangsOnCase
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.dunning import holds
from tests.handlers.desk.rota import hire, only, set_rota

if TYPE_CHECKING:
    from tests.world import World

KIM, LEE, MO = "+15035550901", "+15035550902", "+15035550903"
LIFT = HoldFate(lift=True)


def _paged(world: World) -> list[int]:
    on_call.page(world.database, world.installation, world.clock)
    world.deliver()
    return [len(world.screen(phone)) for phone in (KIM, LEE, MO)]


def _close(world: World, case: int, fate: HoldFate | None) -> None:
    with world.database.write() as session:
        cases.close(world.context(session), case, "kim", "done", fate=fate)


def _held(world: World, customer_id: str = "ada") -> set[str]:
    with world.database.read() as session:
        found = holds.active_holds(session, [customer_id], world.now).get(customer_id, [])
    return {hold.kind.value for hold in found}


def _place(world: World, kind: HoldKind, by: str = "kim", until: datetime | None = None) -> None:
    with world.database.write() as session:
        holds.place(session, "ada", Hold(kind, "told", until), by, world.now)


def _orphans(world: World) -> int:
    world.later(days=1)
    return orphan_holds.raise_orphans(world.database, world.installation, world.clock)


def test_a_wrong_number_of_two_is_lifted_from_both(world: World) -> None:
    """It was unlinked from both when the case was opened: their holds hang on it all the same."""
    world.customer()
    world.customer("bo", name="Bo Ek")
    world.says("wrong number")
    assert _orphans(world) == 0
    with pytest.raises(HoldHangsOnCase, match="a wrong_number hold on ada, bo hangs on case 1"):
        _close(world, 1, None)
    _close(world, 1, LIFT)
    assert (_held(world), _held(world, "bo")) == (set(), set())


def test_closing_a_dispute_asks_about_both_kinds_of_disputes(world: World) -> None:
    """A bill above its estimate is held twice over, and neither hold outlives the case unseen."""
    world.customer()
    world.says("this bill is wrong")
    _place(world, HoldKind.GFE_DISPUTE, "customer")
    assert _orphans(world) == 0
    case = only(world, "dispute").id
    with pytest.raises(HoldHangsOnCase, match="a dispute and gfe_dispute hold on ada"):
        _close(world, case, None)
    _close(world, case, HoldFate(keep_until=world.now.date() + timedelta(days=9)))
    assert _held(world) == {"dispute", "gfe_dispute"}
    assert only(world, "hold_review").detail == {"hold": "gfe_dispute"}


def test_what_another_case_has_placed_hangs_on_that_one(world: World) -> None:
    """A chargeback's hold is no orphan while its case is open, stays with it, and is asked about there."""
    world.customer()
    world.bill()
    world.says("this bill is wrong")
    with world.database.write() as session:
        bank = Case("chargeback:1", "chargeback", "answer the bank", world.now, customer_id="ada")
        escalations.open_case(session, bank, world.now)
        holds.place(session, "ada", Hold(HoldKind.DISPUTE, "charged back", bill_id="B1"), bank.key, world.now)
    _close(world, only(world, "dispute").id, LIFT)
    assert _held(world) == {"dispute"}
    assert _orphans(world) == 0
    with pytest.raises(HoldHangsOnCase):
        _close(world, only(world, "chargeback").id, None)


def test_keeping_a_hold_revives_none_that_has_ended(world: World) -> None:
    """Only what stands when the case is closed is kept longer."""
    world.customer()
    _place(world, HoldKind.DISPUTE, until=world.now + timedelta(hours=1))
    world.later(hours=2)
    world.says("this bill is wrong")
    _close(world, only(world, "dispute").id, HoldFate(keep_until=world.now.date() + timedelta(days=9)))
    with world.database.read() as session:
        assert len(holds.active_holds(session, ["ada"], world.now)["ada"]) == 1


def test_a_hold_that_was_lifted_already_lets_its_case_close(world: World) -> None:
    """Nothing is asked about what does not stand any more, and a colleague who was slower is told."""
    world.customer()
    world.says("this bill is wrong")
    with world.database.write() as session:
        holding.lift(world.context(session), 1, "kim", "explained")
    _close(world, 1, None)
    with pytest.raises(cases.CaseIsClosed):
        _close(world, 1, LIFT)


@pytest.mark.parametrize("kind", [kind for kind in HoldKind if not kind.traits.last_day], ids=str)
def test_every_endless_hold_of_a_person_is_raised_once(world: World, kind: HoldKind) -> None:
    """Also a kind that a claim or a plan ends by itself, where there is none: a day later, not each day."""
    world.customer()
    _place(world, kind)
    assert [_orphans(world) for _ in range(3)] == [1, 0, 0]
    assert [case.kind for case in world.queue()] == ["hold_review"]


def test_what_ends_by_itself_is_nobodys_orphan(world: World) -> None:
    """An application that is being decided holds by itself, and its decision ends it."""
    world.customer()
    _place(world, HoldKind.AID_APPLICATION, "customer")
    assert _orphans(world) == 0


def test_nobody_is_waited_for_who_cannot_be_paged(world: World) -> None:
    """One on call whose only way is not set up here costs no quarter of an hour; the doctor says it."""
    world.customer()
    hire(world, kim=KIM, lee=LEE)
    with world.database.write() as session:
        users.add(world.context(session), "tee", Role.REP, "99", "root")
    set_rota(world, "tee", "kim")
    world.installation = replace(world.installation, available=frozenset({Channel.SMS}))
    world.says("I want to die")
    assert _paged(world) == [1, 0, 0]
    set_rota(world, "tee")
    with world.database.read() as session, pytest.raises(on_call.NobodyOnCall):
        on_call.check_rota(session, world.installation.available)


def test_a_danger_of_somebody_who_left_is_paged_again(world: World) -> None:
    """The cases of a removed user are in the queue again."""
    world.customer()
    hire(world, kim=KIM, lee=LEE)
    set_rota(world, "kim")
    world.says("I want to die")
    assert _paged(world) == [1, 0, 0]
    with world.database.write() as session:
        cases.take(world.context(session), 1, "lee")
        users.remove(world.context(session), "lee", "root")
    assert only(world, "crisis").owner is None
    world.later(hours=1)
    assert _paged(world) == [2, 0, 0]


def test_who_has_a_danger_and_does_not_answer_is_not_the_last_who_hears(world: World) -> None:
    """The customer writes again: the owner at once, after a quarter of an hour the next, each once."""
    world.customer()
    hire(world, kim=KIM, lee=LEE, mo=MO)
    set_rota(world, "kim")
    world.says("I want to die")
    with world.database.write() as session:
        cases.take(world.context(session), 1, "lee")
    world.later(hours=8)
    world.says("I will kill myself now")
    counts = []
    for _ in range(4):
        counts.append(_paged(world))
        world.later(minutes=15)
    assert counts == [[0, 1, 0], [1, 1, 0], [2, 2, 1], [2, 2, 1]]
    world.later(hours=9)
    assert _paged(world) == [2, 2, 1]


def test_pages_that_a_dead_process_missed_are_caught_up(world: World) -> None:
    """Two hours later everybody is paged, once, however often it is looked."""
    world.customer()
    hire(world, kim=KIM, lee=LEE)
    set_rota(world, "kim")
    world.says("I want to die")
    world.later(hours=2)
    assert [_paged(world) for _ in range(2)] == [[2, 1, 0], [2, 1, 0]]


@pytest.mark.parametrize(
    ("days", "back"), [(1, date(2026, 3, 6)), (2, date(2026, 3, 7)), (3, date(2026, 3, 8))]
)
def test_a_case_that_comes_back_is_not_late_at_midnight(world: World, days: int, back: date) -> None:
    """Put off until a Friday, a Saturday, or the Sunday of a clock change: open hours count from there."""
    world.customer()
    world.later(days=3)
    world.says("let me talk to a person")
    case = only(world, "person")
    with world.database.write() as session:
        until = cases.snooze(world.context(session), case.id, "kim", days)
    assert until.date() == back
    deadline = only(world, "person").deadline
    assert deadline == world.context(session, until).answer_by()
    world.now = deadline - timedelta(minutes=1)
    assert overdue.note_late(world.database, world.installation, world.clock) == 0
    world.now = datetime(2026, 3, 20, tzinfo=UTC)
    for _ in range(2):
        overdue.note_late(world.database, world.installation, world.clock)
    with world.database.read() as session:
        happened = [event.what.value for event in queue.story(session, case.id).events]
    assert happened.count("late") == 1


def test_the_queue_has_one_order_for_every_kind(world: World) -> None:
    """Danger, who waits, death, law, minor, hardship, dispute, the rest; a kept hold counts as its kind."""
    order = [
        "crisis", "person", "deceased", "legal", "bankruptcy", "moratorium", "minor",
        "minor_without_guarantor", "hardship", "dispute", "gfe_dispute", "placement", "chargeback",
    ]  # fmt: skip
    with world.database.write() as session:
        for place, kind in enumerate(reversed(order)):
            waits = world.now if kind == "person" else None
            by = world.now + timedelta(hours=99 - place if kind != "chargeback" else 100)
            severity = 1 if kind == "crisis" else 2
            escalations.open_case(
                session, Case(kind, kind, "look", by, severity, unanswered_since=waits), world.now
            )
        review = Case(
            "hold:x:deceased", "hold_review", "?", world.now + timedelta(days=30), detail={"hold": "deceased"}
        )
        escalations.open_case(session, review, world.now)
    assert [case.kind for case in world.queue()] == [*order[:3], "hold_review", *order[3:]]
