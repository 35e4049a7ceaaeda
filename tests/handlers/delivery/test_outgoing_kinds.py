"""Every kind of outgoing message leaves, arrives and fails by the same road, and reads what is its own."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, update

from billing.accounts.channels import Channel
from billing.campaigns.campaigns import read
from billing.facts import Saying
from billing.gate import Purpose
from bot.outgoing_kinds import OUTGOING_KINDS
from handlers import outgoing, rendering
from handlers.acts import registry
from handlers.arrivals import DeliveryFate, DeliveryReport
from handlers.campaigns import campaign_run, campaigns
from handlers.conversation.outgoing_reply import OutgoingReply
from handlers.delivery import dispatch, results
from handlers.desk import staff_room
from handlers.outgoing import KindTwice
from handlers.payers import claims_due, due
from handlers.payments import bill_changes, payments
from storage import tables
from storage.delivery import drafts, outbox
from storage.delivery.outbox import OutboxState
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.people import contact_points
from tests.handlers.payers.clinic import Clinic
from tests.handlers.payers.test_payer_reminders import LADDER, agreed
from tests.handlers.payers.test_planned import a_world, plan
from tests.issuing import a_billing_world, issued, served
from tests.world import World, an_installation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.database.transaction import Database
    from storage.delivery.outbox import Message

NUMBER = "+15035550142"


def _writes(database: Database, text: str) -> World:
    world = World(database)
    world.customer()
    world.arrives(world.phones[Channel.SMS].says(NUMBER, text, world.now))
    return world


def _reply(database: Database) -> World:
    return _writes(database, "hello")


def _stop_confirmation(database: Database) -> World:
    return _writes(database, "stop")


def _danger(database: Database) -> World:
    return _writes(database, "I want to die")


def _verification(database: Database) -> World:
    return _drafted(database, Purpose.VERIFICATION, Saying("contact_details.is_it_yours"))


def _page(database: Database) -> World:
    return _drafted(database, Purpose.PAGE, Saying("staff.page", {"number": 1, "owner": ""}))


def _drafted(database: Database, purpose: Purpose, *said: Saying) -> World:
    world = World(database)
    with database.write() as session:
        point_id = contact_points.at(session, Channel.SMS, NUMBER, (), "en", world.now)
        point, within = contact_points.get(session, point_id), timedelta(days=1)
        draft = rendering.draft(
            world.installation, point, f"{purpose.value}:1", purpose, said, world.now, within
        )
        drafts.queue(session, draft, world.now)
    return world


def _staff(database: Database) -> World:
    world = World(database, an_installation(staff_chats=("-100",)))
    with database.write() as session:
        (room,) = staff_room.rooms(world.context(session))
        staff_room.post(world.context(session), room, "staff:1", Saying("staff.failed"))
    return world


def _reminder(database: Database) -> World:
    world = World(database)
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    return world


def _notice(database: Database) -> World:
    world = World(database)
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    for text in ("payment plan", "1980-02-28", "3 months", "25", "yes"):
        world.says(text)
    while world.now.date() < date(2026, 4, 20):
        world.later(days=1)
        world.run()
        if _queued(world):
            return world
        world.deliver()
    raise AssertionError("no notice came")


def _campaign(database: Database) -> World:
    world = World(database)
    world.customer()
    world.bill(due=world.now.date() + timedelta(days=20))
    span = {"first_day": "2026-03-02", "last_day": "2026-03-06"}
    rules = {"name": "spring", "message": "campaign.plan", "window": span, "pace": {"per_hour": 60}}
    with database.write() as session:
        campaigns.create(world.context(session), read(rules, "spring.toml"), "kim")
        campaigns.start(world.context(session), "spring", "kim")
    campaign_run.run(database, world.installation, world.clock)
    return world


def _bill(database: Database) -> World:
    world = a_billing_world(database)
    world.customer()
    served(world)
    issued(world)
    world.later(days=1)
    return world


def _thanks(database: Database) -> World:
    world = World(database, an_installation(thanks=True))
    world.customer()
    world.bill()
    world.pays("B1", 60000, "P1")
    return world


def _bounced(database: Database) -> World:
    world = World(database)
    world.customer()
    world.bill()
    world.pays("B1", 60000, "P1")
    with database.write() as session:
        payments.take_back(world.context(session), "test", "P1", bounced=True)
    return world


def _credited(database: Database) -> World:
    world = World(database)
    world.customer()
    world.bill()
    with database.write() as session:
        bill_changes.credit(world.context(session), "B1", "10.00", "kvitt", "wrong")
    return world


def _moved(database: Database) -> World:
    world = World(database)
    world.customer()
    world.bill()
    with database.write() as session:
        day = world.now.date() + timedelta(days=9)
        bill_changes.move(world.context(session), "B1", day, "kvitt", "asked")
    return world


def _agreed(database: Database) -> World:
    world = World(database)
    world.customer()
    world.bill()
    with database.write() as session:
        registry.do(world.context(session), "plan", "ada", {"months": "6", "pay_day": "15"}, "kvitt")
    return world


def _settled(database: Database) -> World:
    world = World(database)
    world.customer()
    world.bill()
    with database.write() as session:
        by_letter = Case("dispute:ada", "dispute", "by letter", world.now, customer_id="ada", bill_id="B1")
        case = escalations.open_case(session, by_letter, world.now)
        how = {"amount": "40.00", "sentence": "The visit was cancelled."}
        registry.do(world.context(session), "dispute-for", str(case), how, "kvitt")
    return world


def _planned(database: Database) -> World:
    world = a_world(database, copay=3_000)
    plan(world)
    world.later(days=8)
    due.run(database, world.installation, world.clock)
    return world


def _payer(database: Database) -> World:
    clinic = Clinic(database, an_installation("us"))
    clinic.customer()
    clinic.covered("acme", "beta")
    available = frozenset({Channel.EMAIL, Channel.LETTER})
    clinic.installation = replace(clinic.installation, available=available)
    agreed(clinic, LADDER)
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    clinic.later(days=30)
    claims_due.run(database, clinic.installation, clinic.clock)
    return clinic


QUEUED: dict[str, Callable[[Database], World]] = {
    "reply": _reply,
    "stop_confirmation": _stop_confirmation,
    "danger": _danger,
    "page": _page,
    "verification": _verification,
    "staff": _staff,
    "reminder": _reminder,
    "notice": _notice,
    "campaign": _campaign,
    "bill": _bill,
    "thanks": _thanks,
    "bounced": _bounced,
    "credited": _credited,
    "moved": _moved,
    "agreed": _agreed,
    "settled": _settled,
    "planned": _planned,
    "payer": _payer,
}
"""How a message of each kind comes to be queued."""


@pytest.fixture(params=sorted(OUTGOING_KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    """The name of every kind of the registry, one after the other."""
    return str(request.param)


def _queued(world: World) -> list[int]:
    with world.database.read() as session:
        return outbox.due(session, world.now, 100)


def _message(world: World, outbox_id: int) -> Message:
    with world.database.read() as session:
        return outbox.get(session, outbox_id)


def _leaves(world: World, kind: str) -> int:
    """The one queued message, which is of this kind, passes the gate."""
    (outbox_id,) = _queued(world)
    assert _message(world, outbox_id).kind == kind
    with world.database.write() as session:
        assert dispatch.look_again(world.context(session), outbox_id)
    assert _message(world, outbox_id).state is OutboxState.SENDING
    return outbox_id


def _reports(world: World, outbox_id: int, fate: DeliveryFate) -> None:
    message = _message(world, outbox_id)
    report = DeliveryReport(message.channel, "there-1", message.reference, fate, "30005")
    with world.database.write() as session:
        results.take_report(world.context(session), report)


def test_every_kind_leaves_and_arrives(kind: str, database: Database) -> None:
    """Queued, being sent, sent, reported delivered; a second report changes nothing."""
    world = QUEUED[kind](database)
    outbox_id = _leaves(world, kind)
    with world.database.write() as session:
        results.accepted(world.context(session), outbox_id, "there-1")
    for _ in range(2):
        _reports(world, outbox_id, DeliveryFate.DELIVERED)
        sent = _message(world, outbox_id)
        assert (sent.state, sent.provider_id) == (OutboxState.SENT, "there-1")


def test_every_kind_may_fail(kind: str, database: Database) -> None:
    """Accepted and then not delivered: it has failed, and does not leave again by itself."""
    world = QUEUED[kind](database)
    outbox_id = _leaves(world, kind)
    with world.database.write() as session:
        results.accepted(world.context(session), outbox_id, "there-1")
    _reports(world, outbox_id, DeliveryFate.FAILED)
    assert _message(world, outbox_id).state is OutboxState.FAILED
    assert outbox_id not in _queued(world)


def test_every_kind_may_be_refused_or_lost(kind: str, database: Database) -> None:
    """A refusal ends it; where nobody can tell, a person decides about what nobody waits for."""
    world = QUEUED[kind](database)
    outbox_id = _leaves(world, kind)
    with world.database.write() as session:
        results.untraceable(world.context(session), outbox_id)
    parked = _message(world, outbox_id)
    waited_for = not parked.purpose.unsolicited
    assert parked.state is (OutboxState.QUEUED if waited_for else OutboxState.PARKED)
    with world.database.write() as session:
        results.refused(world.context(session), outbox_id, "content", "30007")
    assert _message(world, outbox_id).state is OutboxState.FAILED


def test_a_kind_that_this_release_does_not_know_waits(database: Database) -> None:
    """A message that a newer release queued stays in the queue for it, and is not sent unexamined."""
    world = _reminder(database)
    with database.write() as session:
        session.execute(update(tables.Outbox).values(key="novelty:1", level=None))
    (outbox_id,) = _queued(world)
    with database.write() as session:
        assert dispatch.look_again(world.context(session), outbox_id) is None
    assert _message(world, outbox_id).state is OutboxState.QUEUED
    assert _queued(world) == []


def test_two_kinds_of_one_name_are_refused() -> None:
    """A row of the outbox has one kind."""
    with pytest.raises(KindTwice):
        outgoing.by_name((OutgoingReply(), OutgoingReply()))


@pytest.fixture
def touched(database: Database) -> Iterator[list[str]]:
    """The tables that statements name, in order; clear it before what is to be seen."""
    named: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        named.extend(re.findall(r"(?:FROM|INTO|UPDATE|JOIN) ([a-z_]+)", statement))

    event.listen(database.engine, "before_cursor_execute", note)
    yield named
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_reply_reads_nothing_that_only_other_kinds_have(database: Database, touched: list[str]) -> None:
    """Its own row, its contact point, the stop of all sending, the log of decisions; then its row alone."""
    world = World(database)
    world.customer()
    world.says("help")
    world.says("how much do I owe?")
    world.arrives(world.phones[Channel.SMS].says(NUMBER, "1980-02-28", world.now))
    (outbox_id,) = _queued(world)
    touched.clear()
    with database.write() as session:
        assert dispatch.look_again(world.context(session), outbox_id)
    # How the log is written is the database's own way: by an insert, or copied in.
    assert set(touched) <= {"contact_points", "decisions", "generate_series", "outbox", "sending_stops"}
    assert (touched.count("outbox"), touched.count("contact_points")) == (4, 1)
    touched.clear()
    with database.write() as session:
        results.accepted(world.context(session), outbox_id, "there-1")
    assert touched == ["outbox"]
