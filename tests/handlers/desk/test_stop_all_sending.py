"""Stop all sending: it outranks the setting, in every process, before the next dispatch."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.roles import Role
from handlers.delivery import dispatch
from handlers.desk import sending
from handlers.rights import NotAllowed
from storage.database.transaction import Database
from storage.delivery import outbox
from storage.delivery.outbox import OutboxState
from storage.desk import staff
from storage.desk.staff import User
from tests.commands import Shell
from tests.keys import KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World

pytestmark = pytest.mark.both_databases


def _owing(world: World, *people: str) -> None:
    for number, person in enumerate(people):
        world.customer(person, phone=f"+1503555014{number}")
        world.bill(f"B{number}", person, due=world.now.date() - timedelta(days=5))
    world.run()


def _states(world: World) -> list[OutboxState]:
    with world.database.read() as session:
        return [outbox.get(session, number).state for number in (1, 2)]


def test_another_process_stops_what_this_one_would_send(
    world: World, database_url: str, tmp_path: Path
) -> None:
    """One message has left; the stop comes from a process of its own; the next stays queued until it ends."""
    _owing(world, "ada", "bo")
    assert world.send(1)
    kvitt = Shell(tmp_path)
    kvitt.usual["database_url"] = database_url
    kvitt.sign_in()
    assert kvitt("sending", "stop", "--reason", "wrong amounts").returncode == 0
    assert not world.send(2)
    assert _states(world) == [OutboxState.SENT, OutboxState.QUEUED]
    assert world.says("hello") == ""
    (status,) = kvitt.json("sending", "status", sending="live")
    assert (status["sending"], status["setting"], status["reason"]) == ("stopped", "live", "wrong amounts")
    again = kvitt("sending", "stop", "--reason", "me too")
    assert again.returncode == 1
    assert "all sending was stopped by" in again.stderr
    world.later(minutes=1)
    with world.database.write() as session:
        assert sending.resume(world.context(session), "kim") == 2
    assert world.deliver() == 2
    with world.database.read() as session:
        entries = [(entry.action, entry.detail) for entry in staff.trail(session, "sending", 9)]
    assert entries == [("sending_stopped", {"reason": "wrong amounts"}), ("sending_resumed", {"messages": 2})]


def test_a_stop_waits_for_the_dispatch_it_meets_and_no_other_follows(world: World, database_url: str) -> None:
    """Whoever is told that all is stopped knows that nothing is between its look and its commit."""
    _owing(world, "ada", "bo")
    elsewhere = Database(database_url, KEYS)

    def stop() -> None:
        with elsewhere.write() as session:
            sending.stop(world.context(session), "kim", "wrong amounts")

    stopping = threading.Thread(target=stop)
    with world.database.write() as session:
        assert dispatch.look_again(world.context(session), 1)
        stopping.start()
        stopping.join(0.3)
        assert stopping.is_alive()
    stopping.join(20)
    assert not stopping.is_alive()
    elsewhere.close()
    assert not world.send(2)
    assert _states(world) == [OutboxState.SENDING, OutboxState.QUEUED]


def test_whoever_only_looks_stops_nothing_and_a_rep_does_not_resume(world: World) -> None:
    """Anybody who works may stop; letting things leave again is for those who approve."""
    with world.database.write() as session:
        staff.add(session, User("Vi", Role.VIEWER, None, active=True), world.now)
        staff.add(session, User("Rep", Role.REP, None, active=True), world.now)
        with pytest.raises(NotAllowed):
            sending.stop(world.context(session), "Vi", "because")
        with pytest.raises(sending.NoReasonToStop):
            sending.stop(world.context(session), "Rep", " ")
        with pytest.raises(sending.NotStopped):
            sending.resume(world.context(session), "kim")
        sending.stop(world.context(session), "Rep", "because")
        with pytest.raises(NotAllowed):
            sending.resume(world.context(session), "Rep")
