"""What a provider says against our sender or our settings stops the channel, and counts against nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from bot.channel import RefusalReason
from bot.channels.twilio import report
from bot.delivery import Delivery
from handlers.delivery import results
from handlers.desk import cases
from handlers.people.register import Consent
from storage import tables
from tests.fakes.twilio_webhooks import TwilioWebhooks
from tests.world import World, an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database

NUMBERS = [f"+1503555014{digit}" for digit in range(10)]
MEXICAN = "+525512345678"
TWILIO = TwilioWebhooks()


@pytest.fixture
def world(database: Database) -> World:
    """Ten customers with a reminder each, and nothing else that falls due meanwhile."""
    return _world(database)


def _world(database: Database, *channels: Channel) -> World:
    installation = an_installation()
    first = installation.policy.levels[0].model_copy(update={"wait_days": 60})
    policy = installation.policy.model_copy(update={"levels": (first, *installation.policy.levels[1:])})
    available = frozenset(channels) or installation.available
    return World(database, replace(installation, policy=policy, available=available))


def _ten_owe(world: World) -> None:
    for place, number in enumerate(NUMBERS):
        world.customer(f"c{place}", phone=number)
        world.bill(f"B{place}", f"c{place}", due=world.now.date() - timedelta(days=5))
    world.run()


def _deliver(world: World) -> int:
    return asyncio.run(Delivery(world.database, world.installation, world.phones, world.clock).deliver_due())


def _all(world: World, table: Any) -> list[Any]:
    with world.database.read() as session:
        found = list(session.scalars(select(table).order_by(table.id)))
        session.expunge_all()
    return found


def _states(world: World) -> set[tuple[str, str]]:
    return {(row.state, row.reason) for row in _all(world, tables.Outbox)}


def _calls_back(world: World, row: Any, code: str) -> None:
    """Twilio reports a failure of a message that it had accepted."""
    form = TWILIO.status_form("SM1", _address(world, row), "undelivered", code)
    found = report(form, row.reference)
    assert found is not None
    with world.database.write() as session:
        results.take_report(world.context(session), found)


def _address(world: World, row: Any) -> str:
    with world.database.read() as session:
        point = session.get(tables.ContactPoint, row.contact_point_id)
        assert point
        return point.address


def _nobody_is_blamed(world: World) -> None:
    assert not [point.id for point in _all(world, tables.ContactPoint) if point.unreachable_at]
    assert {step.state for step in _all(world, tables.Step)} == {"queued"}


@pytest.mark.parametrize("code", ["30032", "30034", "30033", "21704"])
def test_a_sender_that_may_not_send_stops_the_channel_for_all(world: World, code: str) -> None:
    """One case; whom it was sent to has it queued again, and the others were not sent to at all."""
    _ten_owe(world)
    carrier = world.phones[Channel.SMS].carrier
    for number in NUMBERS[1:]:
        carrier.refuse(number, RefusalReason.ADDRESS, "21211")
    first = _all(world, tables.Outbox)[0]
    with world.database.write() as session:
        for row in session.scalars(select(tables.Outbox).where(tables.Outbox.id != first.id)):
            row.not_before = world.now + timedelta(minutes=1)
    assert _deliver(world) == 1
    _calls_back(world, first, code)
    for _ in range(4):
        world.later(minutes=20)
        assert _deliver(world) == 0
    assert _states(world) == {("queued", "channel_stopped")}
    _nobody_is_blamed(world)
    (case,) = world.queue()
    assert (case.kind, case.customer_id) == ("channel_down", None)
    assert code in case.reason


def test_closing_its_case_lets_a_stopped_channel_go_on(world: World) -> None:
    """What waited leaves at once."""
    _ten_owe(world)
    assert _deliver(world) == 10
    _calls_back(world, _all(world, tables.Outbox)[0], "30034")
    _calls_back(world, _all(world, tables.Outbox)[1], "30034")
    world.later(minutes=20)
    assert _deliver(world) == 0
    (case,) = world.queue()
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "kim", "registered")
    assert _deliver(world) == 2
    assert {state for state, _ in _states(world)} == {"sent"}


def test_one_message_tries_a_channel_that_refused_us_and_opens_it(world: World) -> None:
    """While it is refused one goes out every 15 minutes; once one is accepted all do, and the case closes."""
    _ten_owe(world)
    carrier = world.phones[Channel.SMS].carrier
    for number in NUMBERS:
        carrier.refuse(number, RefusalReason.CONFIGURATION, "20003")
    _deliver(world)
    tried = sum(row.tries for row in _all(world, tables.Outbox))
    for more in (1, 2, 3):
        world.later(minutes=16)
        assert _deliver(world) == 0
        assert sum(row.tries for row in _all(world, tables.Outbox)) == tried + more
    assert len(world.queue()) == 1
    for number in NUMBERS:
        carrier.fix(number)
    world.later(minutes=16)
    assert _deliver(world) + _deliver(world) == 10
    assert world.queue() == []
    assert not [point for point in _all(world, tables.ContactPoint) if point.unreachable_at]


def test_a_country_out_of_reach_stops_nobody_else(world: World) -> None:
    """One case names the country; who lives elsewhere is sent to."""
    world.customer("sol", phone=MEXICAN)
    world.bill("S1", "sol", due=world.now.date() - timedelta(days=5))
    _ten_owe(world)
    world.phones[Channel.SMS].carrier.refuse(MEXICAN, RefusalReason.ROUTE, "21612")
    assert _deliver(world) == 10
    world.later(minutes=5)
    assert _deliver(world) == 0
    (case,) = world.queue()
    assert case.kind == "channel_down"
    assert "sms to +52" in case.reason
    assert ("queued", "channel_stopped") in _states(world)


def test_who_has_another_way_goes_by_it(database: Database) -> None:
    """A country that SMS does not reach is reached by e-mail, and the number keeps its good name."""
    world = _world(database, Channel.SMS, Channel.EMAIL)
    given = tuple(Consent(one, date(2026, 1, 1), "signed form") for one in (Channel.SMS, Channel.EMAIL))
    world.customer("sol", phone=MEXICAN, email="sol@example.com", consents=given)
    world.bill("S1", "sol", due=world.now.date() - timedelta(days=5))
    world.run()
    world.phones[Channel.SMS].carrier.refuse(MEXICAN, RefusalReason.ROUTE, "21612")
    _deliver(world)
    world.run()
    rows = {row.channel: (row.state, row.reason) for row in _all(world, tables.Outbox)}
    assert rows["sms"] == ("failed", "route")
    assert "email" in rows
    assert not [point for point in _all(world, tables.ContactPoint) if point.unreachable_at]


@pytest.mark.parametrize("code", ["30003", "30008"])
def test_a_handset_that_is_off_is_tried_again(world: World, code: str) -> None:
    """By callback it is no end, either."""
    _ten_owe(world)
    assert _deliver(world) == 10
    first = _all(world, tables.Outbox)[0]
    _calls_back(world, first, code)
    assert (_all(world, tables.Outbox)[0].state, world.queue()) == ("queued", [])
    world.later(hours=7)
    while not _deliver(world):
        world.later(hours=1)
    assert _all(world, tables.Outbox)[0].state == "sent"


def test_a_filtered_text_is_one_case_for_all(world: World) -> None:
    """The same text is not sent again, and ten of them are one matter for the desk."""
    _ten_owe(world)
    assert _deliver(world) == 10
    for row in _all(world, tables.Outbox):
        _calls_back(world, row, "30007")
    assert {state for state, _ in _states(world)} == {"failed"}
    assert [case.kind for case in world.queue()] == ["not_deliverable"]
    assert not [point for point in _all(world, tables.ContactPoint) if point.unreachable_at]


@pytest.mark.parametrize("by_callback", [True, False])
def test_a_code_nobody_knows_is_raised_once(world: World, *, by_callback: bool) -> None:
    """Ten messages, one case, and after it was closed none again; nothing is lost meanwhile."""
    _ten_owe(world)
    if by_callback:
        assert _deliver(world) == 10
        for row in _all(world, tables.Outbox):
            _calls_back(world, row, "87654")
    else:
        for number in NUMBERS:
            world.phones[Channel.SMS].carrier.refuse(number, RefusalReason.UNKNOWN, "87654")
        assert _deliver(world) == 0
    assert _states(world) == {("queued", "unknown:87654")}
    _nobody_is_blamed(world)
    (case,) = world.queue()
    assert case.kind == "unknown_code"
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "kim", "looked up")
    for number in NUMBERS:
        world.phones[Channel.SMS].carrier.refuse(number, RefusalReason.UNKNOWN, "87654")
    world.later(hours=7)
    _deliver(world)
    assert world.queue() == []
