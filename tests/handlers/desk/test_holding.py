"""Holds that a person places and lifts, and users who may."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.holds import HoldKind, StopStateHasNoEnd
from billing.accounts.roles import Role
from handlers.desk import holding, reasons, users
from handlers.desk.holding import HeldAlready, HoldIsOver, NoSuchHold, NothingToHold
from handlers.desk.users import BadTelegramId, NoSuchRole, NoSuchUser, TelegramTaken, UserNameTaken
from handlers.rights import NotAllowed

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.desk.holding import Subject
    from tests.world import World


@pytest.fixture
def owing(world: World) -> World:
    """Somebody with two bills that are overdue."""
    world.customer()
    for bill in ("B1", "B2"):
        world.bill(bill, due=world.now.date() - timedelta(days=5))
    return world


def _place(
    world: World, subject: Subject, kind: HoldKind, until: datetime | None = None, by: str = "kim"
) -> int:
    with world.database.write() as session:
        holding.place(world.context(session), subject, kind, "as told", until, by)
        found = holding.history(session, subject.customer_id)[-1].hold.id
    assert found is not None
    return found


def _verdicts(world: World) -> dict[str, str]:
    return {verdict.bill_id: verdict.reason for verdict in world.preview()}


def test_a_hold_covers_a_bill_or_everything(owing: World) -> None:
    """What is held is left alone, and nothing else; the account is looked at again when the hold ends."""
    with owing.database.read() as session:
        bill, everything = holding.of_bill(session, "B1"), holding.of_customer(session, "ada")
    _place(owing, bill, HoldKind.CLAIM_OPEN)
    assert _verdicts(owing) == {"B1": "claim_open", "B2": "friendly"}
    until = owing.now + timedelta(days=3)
    _place(owing, everything, HoldKind.MANUAL, until)
    assert _verdicts(owing) == {"B1": "claim_open", "B2": "manual"}
    owing.now = until
    assert [verdict.bill_id for verdict in owing.run() if verdict.verdict == "remind"] == ["B2"]


def test_an_expired_hold_is_history_and_cannot_be_lifted(owing: World) -> None:
    """A hold ends by itself, needs no job for that, and the desk sees how it ended."""
    with owing.database.read() as session:
        subject = holding.of_account(session, "A-ada")
    until = owing.now + timedelta(days=3)
    hold = _place(owing, subject, HoldKind.DISPUTE, until)
    owing.now = until
    with owing.database.read() as session:
        assert [one.state(owing.now) for one in holding.history(session, "ada")] == ["ended"]
    with pytest.raises(HoldIsOver, match="ended by itself"), owing.database.write() as session:
        holding.lift(owing.context(session), hold, "kim", "")


def test_a_hold_is_lifted_once_and_written_down(owing: World) -> None:
    """Lifting reschedules the account; lifting again is told who did it; the audit trail has both."""
    with owing.database.read() as session:
        subject = holding.of_customer(session, "ada")
    hold = _place(owing, subject, HoldKind.MANUAL)
    assert owing.run() == []
    with owing.database.write() as session:
        holding.lift(owing.context(session), hold, "kim", "cleared up")
    assert [verdict.verdict for verdict in owing.run()] == ["remind", "remind"]
    with pytest.raises(HoldIsOver, match="kim lifted it"), owing.database.write() as session:
        holding.lift(owing.context(session), hold, "lee", "")
    with owing.database.read() as session:
        entries = reasons.trail(session, "customer:ada", 10)
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("kim", "hold_placed"),
        ("kim", "hold_lifted"),
    ]


def test_a_reminder_that_is_queued_does_not_leave_after_a_hold(owing: World) -> None:
    """What was decided before the hold is withdrawn by it."""
    owing.run()
    with owing.database.read() as session:
        subject = holding.of_customer(session, "ada")
    _place(owing, subject, HoldKind.BANKRUPTCY)
    owing.deliver()
    assert owing.screen() == ()


def test_a_stop_state_has_no_end_and_an_approver_lifts_it(owing: World) -> None:
    """Only a person ends it, and not just anybody."""
    with owing.database.write() as session:
        users.add(owing.context(session), "rolf", Role.REP, None, "root")
        users.add(owing.context(session), "anna", Role.APPROVER, None, "root")
        subject = holding.of_customer(session, "ada")
    with pytest.raises(StopStateHasNoEnd):
        _place(owing, subject, HoldKind.VULNERABLE, owing.now + timedelta(days=60))
    hold = _place(owing, subject, HoldKind.MORATORIUM, by="rolf")
    owing.later(days=400)
    assert set(_verdicts(owing).values()) == {"moratorium"}
    with pytest.raises(NotAllowed), owing.database.write() as session:
        holding.lift(owing.context(session), hold, "rolf", "")
    with owing.database.write() as session:
        holding.lift(owing.context(session), hold, "anna", "over")
    assert "moratorium" not in _verdicts(owing).values()


def test_the_same_hold_is_placed_once(owing: World) -> None:
    """A hold that stands is not doubled; what is not registered cannot be held."""
    with owing.database.read() as session:
        subject = holding.of_bill(session, "B1")
        for look in (holding.of_customer, holding.of_account, holding.of_bill):
            with pytest.raises(NothingToHold):
                look(session, "nobody")
    _place(owing, subject, HoldKind.MANUAL)
    with pytest.raises(HeldAlready, match="bill B1"):
        _place(owing, subject, HoldKind.MANUAL)
    with pytest.raises(NoSuchHold), owing.database.write() as session:
        holding.lift(owing.context(session), 99, "kim", "")


def test_users_come_change_and_go(world: World) -> None:
    """A name is one person, a Telegram user too; who left may come back."""
    with world.database.write() as session:
        users.add(world.context(session), "Kim  Ek", Role.REP, "11", "root")
        with pytest.raises(UserNameTaken, match="Kim Ek"):
            users.add(world.context(session), "kim ek", Role.REP, None, "root")
        with pytest.raises(TelegramTaken, match="Kim Ek"):
            users.add(world.context(session), "Lee", Role.REP, "11", "root")
        with pytest.raises(BadTelegramId, match="@lee"):
            users.add(world.context(session), "Lee", Role.REP, "@lee", "root")
        users.set_role(world.context(session), "kim ek", Role.APPROVER, None, "root")
        users.remove(world.context(session), "Kim Ek", "root")
        with pytest.raises(NoSuchUser):
            users.remove(world.context(session), "Kim Ek", "root")
        users.add(world.context(session), "Lee", Role.OPERATOR, "11", "root")
        users.add(world.context(session), "kim ek", Role.VIEWER, "12", "root")
        found = [(one.name, one.role, one.telegram_id, one.active) for one in users.everybody(session)]
    assert found == [("Kim Ek", Role.VIEWER, "12", True), ("Lee", Role.OPERATOR, "11", True)]
    with pytest.raises(NotAllowed, match="who works here"), world.database.write() as session:
        users.remove(world.context(session), "Lee", "Kim Ek")
    with pytest.raises(NoSuchRole, match="approver"):
        users.role_named("king")
