"""The queue by pages: the order of the rules, whatever happens to a case; filters, counts and versions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.cases import Urgency
from bot.simulate.chance import Luck
from storage.desk import case_details, case_queue, case_texts, escalations
from storage.desk.case_events import CaseEvent, What
from storage.desk.case_queue import BadPlace, QueueFilter
from storage.desk.escalations import HOLD_REVIEW, Case

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.desk.escalations import Escalation
    from tests.world import World

pytestmark = pytest.mark.both_databases
KINDS = ("deceased", "legal", "minor", "hardship", "dispute", "person", "copy", HOLD_REVIEW, "placement")


def _some(world: World, session: Session, count: int) -> list[int]:
    """Cases of every kind, some waiting, some put off, some changed afterwards."""
    luck, ids = Luck(7).of("cases"), []
    for number in range(count):
        kind = luck.choice(KINDS)
        case = Case(
            key=f"case:{number}",
            kind=kind,
            reason="why",
            deadline=world.now + timedelta(hours=luck.randint(-5, 5)),
            severity=luck.choice((1, 2, 2, 3)),
            detail={"hold": luck.choice(("deceased", "manual"))} if kind == HOLD_REVIEW else {},
            unanswered_since=world.now - timedelta(minutes=luck.randint(1, 9))
            if luck.random() < 0.4
            else None,
        )
        made = escalations.open_case(session, case, world.now)
        assert made is not None
        ids.append(made)
    for one in luck.sample(ids, count // 3):
        event = CaseEvent(world.now, "ada", What.ANSWERED)
        escalations.happened(session, one, event, owner=luck.choice(("ada", "bo")), unanswered_since=None)
    for one in luck.sample(ids, count // 5):
        until = world.now + timedelta(hours=luck.choice((-1, 20)))
        event = CaseEvent(world.now, "ada", What.SNOOZED)
        later = world.now + timedelta(hours=luck.randint(30, 40))
        escalations.happened(session, one, event, snoozed_until=until, deadline=later)
    case_texts.waits(session, luck.sample(ids, count // 4), world.now, world.now + timedelta(hours=3))
    return ids


def _all(session: Session, world: World, chosen: QueueFilter, limit: int) -> list[Escalation]:
    found, after = [], ""
    while True:
        page = case_queue.page(session, chosen, world.now, after, limit)
        assert len(page.cases) <= limit
        found += page.cases
        after = page.after
        if not after:
            return found


@pytest.mark.parametrize("limit", [1, 7, 50])
def test_pages_have_every_case_once_in_the_order_of_the_rules(world: World, limit: int) -> None:
    """Whatever became of the cases: the stored place is the one that the rules compute."""
    with world.database.write() as session:
        _some(world, session, 60)
        expected = [case.id for case in escalations.queue(session, world.now)]
        chosen = QueueFilter(put_off=None, placements=True)
        assert expected == [case.id for case in _all(session, world, chosen, limit)]


def test_each_filter_shows_what_it_says_and_counts_agree(world: World) -> None:
    """Owner, group, kind, late and put off; placements are a list of their own."""
    with world.database.write() as session:
        _some(world, session, 60)
        every = [one for one in escalations.queue(session) if one.kind != "placement"]
        awake = [one for one in every if not one.snoozes(world.now)]
        counts = case_queue.counts(session, world.now, "ada")
        for chosen, expected, count in (
            (QueueFilter(), awake, None),
            (QueueFilter(owner="ada"), [one for one in awake if one.owner == "ada"], counts.mine),
            (QueueFilter(owner=""), [one for one in awake if one.owner is None], counts.nobodys),
            (QueueFilter(late=True), [one for one in awake if one.overdue(world.now)], counts.late),
            (QueueFilter(put_off=True), [one for one in every if one.snoozes(world.now)], counts.put_off),
            (QueueFilter(kind="dispute"), [one for one in awake if one.kind == "dispute"], None),
            (
                QueueFilter(urgency=Urgency.GRAVE),
                [one for one in awake if one.urgency is Urgency.GRAVE],
                counts.grave,
            ),
        ):
            assert [one.id for one in expected] == [one.id for one in _all(session, world, chosen, 7)]
            assert expected
            assert count in {None, len(expected)}
        placements = len(escalations.queue(session)) - len(every)
        assert placements == counts.placements
        totals = case_queue.totals(session, world.now)
        assert len(every) + placements == sum(totals.groups)
        assert sum(one.overdue(world.now) for one in escalations.queue(session)) == totals.overdue


def test_a_count_stops_at_a_thousand(world: World) -> None:
    """Of twelve hundred cases it says a thousand and one, which means more."""
    with world.database.write() as session:
        cases = [Case(f"c{one}", "copy", "why", world.now, 3) for one in range(1200)]
        escalations.open_all(session, cases, world.now)
        assert case_queue.counts(session, world.now, "ada").rest == case_queue.MOST + 1
        assert case_queue.totals(session, world.now).groups == (0, 0, 0, 1200)


def test_every_change_that_matters_makes_another_version(world: World) -> None:
    """Taken, waiting, a word more, closed; that it became late changes nothing to act on."""
    with world.database.write() as session:
        one = escalations.open_case(session, Case("k", "person", "why", world.now), world.now)
        assert one is not None

        def version() -> int:
            found = escalations.find(session, one)
            assert found is not None
            return found.version

        seen = [version()]
        escalations.happened(session, one, CaseEvent(world.now, "ada", What.TAKEN), owner="ada")
        seen.append(version())
        case_texts.waits(session, [one], world.now, world.now)
        seen.append(version())
        case_details.add(session, "k", {"words": "more"})
        seen.append(version())
        escalations.happened(session, one, CaseEvent(world.now, "kvitt", What.LATE), late_noted=world.now)
        assert seen[-1] == version()
        escalations.close(session, one, "ada", "done", world.now)
        seen.append(version())
        assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    "after", ["x", "1-2", "1-2-3-4-x", "0-1-99999999999999999999-1-1", "0-1-999999999999999999-1-1"]
)
def test_a_place_that_is_none_is_refused(world: World, after: str) -> None:
    """What an address was changed to is no page."""
    with world.database.read() as session, pytest.raises(BadPlace):
        case_queue.page(session, QueueFilter(), world.now, after)
