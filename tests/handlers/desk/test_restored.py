"""A restored database: nothing leaves by itself, a person decides each doubt, missing stops come first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.accounts.roles import Role
from handlers.arrivals import DeliveryFate, DeliveryReport
from handlers.delivery import dispatch, results
from handlers.desk import restored
from handlers.desk import sending as desk
from handlers.desk.restored import BadStop, Fate, GivenStop, NoReasonForNone, NothingMissing, NotInDoubt
from handlers.desk.sending import StopsMissing
from handlers.rights import NotAllowed
from storage import tables
from storage.delivery import outbox
from storage.desk import staff
from storage.desk.staff import User

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.both_databases


def _restored(world: World) -> None:
    """Two reminders, one of them handed to the carrier already, as a backup finds them."""
    world.customer()
    world.customer("bo", phone="+15035550177")
    for number, who in enumerate(("ada", "bo"), 1):
        world.bill(f"B{number}", who, due=world.now.date() - timedelta(days=5))
    with world.database.write() as session:
        staff.add(session, User("Kim", Role.APPROVER, None, active=True), world.now)
        staff.add(session, User("Lee", Role.REP, None, active=True), world.now)
    world.run()
    with world.database.write() as session:
        dispatch.look_again(world.context(session), _ids(world)[0])
    with world.database.write() as session:
        made_at = world.now - timedelta(hours=3)
        assert restored.begin(world.context(session), "Kim", made_at, "night.zip") == 2


def _ids(world: World) -> list[int]:
    with world.database.read() as session:
        return list(session.scalars(select(tables.Outbox.id).order_by(tables.Outbox.id)))


def _states(world: World) -> list[str]:
    with world.database.read() as session:
        return list(session.scalars(select(tables.Outbox.state).order_by(tables.Outbox.id)))


def _resume(world: World) -> None:
    with world.database.write() as session:
        restored.none_missing(world.context(session), "Kim", "the carrier lists none")
        desk.resume(world.context(session), "Kim")


def test_what_had_not_left_leaves_by_no_time_and_no_run(world: World) -> None:
    """Neither delivery, nor asking the provider, nor a run, nor the end of the stop sends it."""
    _restored(world)
    for _ in range(2):
        world.live(3)
        world.clear_doubts()
        assert _states(world) == ["in_doubt", "in_doubt"]
        assert not world.screen()
        assert not world.screen("+15035550177")
        if not _resumed(world):
            _resume(world)


def _resumed(world: World) -> bool:
    with world.database.read() as session:
        return desk.state(session) is None


def test_sending_is_not_resumed_before_the_stops_are_given(world: World) -> None:
    """The refusal names the backup and what to do; a rep may not say that there were none."""
    _restored(world)
    with world.database.write() as session, pytest.raises(StopsMissing, match=r"15:00Z.*sending stops FILE"):
        desk.resume(world.context(session), "Kim")
    with world.database.write() as session, pytest.raises(NotAllowed):
        restored.none_missing(world.context(session), "Lee", "I think so")
    with world.database.write() as session, pytest.raises(NoReasonForNone, match="--no-stops-since"):
        restored.none_missing(world.context(session), "Kim", " ")
    _resume(world)
    assert _resumed(world)
    with world.database.write() as session, pytest.raises(NothingMissing):
        restored.give_stops(world.context(session), "Kim", [])


def test_a_given_stop_is_a_stop_and_one_of_nobody_is_kept(world: World) -> None:
    """Who stopped after the backup is not written to, nor who is imported later with such an address."""
    _restored(world)
    given = [
        GivenStop("stops.csv line 2", "whatsapp:+1 503 555 0142"),
        GivenStop("stops.csv line 3", "+15035550199"),
        GivenStop("stops.csv line 4", "Cal@Example.org"),
        GivenStop("stops.csv line 5", "77", "telegram"),
    ]
    with world.database.write() as session:
        taken = restored.give_stops(world.context(session), "Kim", given)
        desk.resume(world.context(session), "Kim")
    assert (taken.stopped, taken.unknown) == (4, 3)
    with world.database.write() as session:
        restored.decide(world.context(session), "Kim", Fate.AGAIN, ())
    world.customer("cal", phone="+15035550199", email="cal@example.org")
    world.bill("B3", "cal", due=world.now.date() - timedelta(days=5))
    world.run()
    world.deliver()
    assert not world.screen()
    assert not world.screen("+15035550199")
    assert len(world.screen("+15035550177")) == 1
    with world.database.read() as session:
        points = session.execute(select(tables.ContactPoint.channel, tables.ContactPoint.stopped_at))
        assert {channel for channel, stopped in points if stopped} == {"sms", "email", "telegram"}


@pytest.mark.parametrize(
    ("address", "channel", "why"),
    [
        ("", "", "empty"),
        ("ada", "", "neither"),
        ("+15035550142", "pigeon", "'pigeon'"),
        ("x", "letter", "letter"),
    ],
)
def test_a_stop_that_is_none_takes_none(world: World, address: str, channel: str, why: str) -> None:
    """Its line is named, and the ones before it are not taken either."""
    _restored(world)
    given = [GivenStop("s.csv line 2", "+15035550142"), GivenStop("s.csv line 3", address, channel)]
    with pytest.raises(BadStop, match=f"s.csv line 3: .*{why}"), world.database.write() as session:
        restored.give_stops(world.context(session), "Kim", given)
    with world.database.read() as session:
        assert set(session.scalars(select(tables.ContactPoint.stopped_at))) == {None}


@pytest.mark.parametrize("fate", list(Fate))
def test_each_doubt_is_decided_by_a_person(world: World, fate: Fate) -> None:
    """Left counts as sent, again leaves once, withdrawn never; each decision is in the audit trail."""
    _restored(world)
    _resume(world)
    first, second = _ids(world)
    with world.database.write() as session:
        assert restored.decide(world.context(session), "Kim", fate, [first]) == 1
    world.deliver()
    expected = {Fate.LEFT: ("sent", 0), Fate.AGAIN: ("sent", 1), Fate.WITHDRAW: ("dropped", 0)}[fate]
    assert (_states(world)[0], len(world.screen())) == expected
    assert _states(world)[1] == "in_doubt"
    with world.database.write() as session, pytest.raises(NotInDoubt, match=f"message {first} "):
        restored.decide(world.context(session), "Kim", fate, [first, second])
    with world.database.write() as session, pytest.raises(NotAllowed):
        restored.decide(world.context(session), "Lee", fate, [])
    with world.database.write() as session:
        assert restored.decide(world.context(session), "Kim", fate, []) == 1
        actions = [entry.action for entry in staff.trail(session, "database", 10)]
    assert actions == ["restored", "no_stops_missing", f"doubt_{fate}", f"doubt_{fate}"]
    if fate is not Fate.WITHDRAW:
        world.run()
        world.deliver()
        assert len(_ids(world)) == 2


def test_a_late_report_of_the_carrier_decides_a_doubt(world: World) -> None:
    """A message that left after the backup counts as sent when its delivery report comes in."""
    _restored(world)
    with world.database.write() as session:
        reference = outbox.get(session, _ids(world)[1]).reference
        report = DeliveryReport(Channel.SMS, "SM1", reference, DeliveryFate.DELIVERED)
        results.take_report(world.context(session), report)
    assert _states(world) == ["in_doubt", "sent"]
    with world.database.read() as session:
        assert [message.id for message in restored.doubted(session)] == _ids(world)[:1]
