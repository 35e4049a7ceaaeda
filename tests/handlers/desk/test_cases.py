"""Cases: one owner at a time, a history, and deadlines that are not forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from billing.accounts.roles import Role
from handlers.clock import overdue
from handlers.desk import batches, cases, queue, users
from handlers.desk.batches import ApprovedAlready
from handlers.desk.cases import (
    CaseIsClosed,
    NobodyHasIt,
    NobodyToHold,
    NothingToSay,
    NotToBeSnoozed,
    TakenAlready,
)
from handlers.desk.queue import NoSuchCase
from handlers.rights import HasLeft, NotAllowed
from storage.desk import escalations
from storage.desk.escalations import Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from storage.desk.escalations import Escalation
    from tests.world import World


@pytest.fixture
def asked(world: World) -> int:
    """The number of a case: a customer asked for a person."""
    world.customer()
    world.bill()
    world.says("talk to a person please")
    return _only(world).id


def _only(world: World) -> Escalation:
    with world.database.read() as session:
        (case,) = escalations.queue(session, world.now)
    return case


def _done(world: World, case: int) -> list[tuple[str, str]]:
    with world.database.read() as session:
        return [(event.actor, event.what.value) for event in queue.story(session, case).events]


def _hire(world: World, **people: Role) -> None:
    with world.database.write() as session:
        for name, role in people.items():
            users.add(world.context(session), name, role, None, "root")


def _at_once(world: World, *actions: Callable[[Session], object]) -> list[object]:
    """Do these in transactions of their own that begin together; what each gave, or was refused with."""
    together = Barrier(len(actions))

    def one(action: Callable[[Session], object]) -> object:
        together.wait(10)
        try:
            with world.database.write() as session:
                return action(session)
        except (TakenAlready, CaseIsClosed, ApprovedAlready) as refusal:
            return refusal

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(one, actions))


def test_two_take_a_case_at_once_and_one_has_it(world: World, asked: int) -> None:
    """Who was slower is told who was quicker, and when; the history has one of them."""
    found = _at_once(
        world,
        lambda session: cases.take(world.context(session), asked, "kim"),
        lambda session: cases.take(world.context(session), asked, "lee"),
    )
    (refusal,) = [one for one in found if isinstance(one, TakenAlready)]
    owner = _only(world).owner
    assert owner in {"kim", "lee"}
    assert f"case {asked} was taken by {owner} on 2026-03-02 18:00Z" in str(refusal)
    assert _done(world, asked) == [("kvitt", "opened"), (owner, "taken")]


def test_two_answer_at_once_and_the_customer_hears_one(world: World, asked: int) -> None:
    """Answering a case makes it one's own: the other's answer is not sent."""
    before = len(world.screen())
    found = _at_once(
        world,
        lambda session: cases.answer(world.context(session), asked, "kim", "Hi, this is Kim."),
        lambda session: cases.answer(world.context(session), asked, "lee", "Hi, this is Lee."),
    )
    assert sum(isinstance(one, TakenAlready) for one in found) == 1
    world.deliver()
    assert len(world.screen()) == before + 1
    assert str(_only(world).owner).title() in world.screen()[-1].text


def test_two_close_at_once_and_one_is_told(world: World, asked: int) -> None:
    """A case is closed once, by one person."""
    found = _at_once(
        world,
        lambda s: cases.close(world.context(s), asked, "kim", "helped", lift=False),
        lambda s: cases.close(world.context(s), asked, "lee", "helped", lift=False),
    )
    (refusal,) = [one for one in found if isinstance(one, CaseIsClosed)]
    assert "was closed by" in str(refusal)
    assert [what for _, what in _done(world, asked)] == ["opened", "closed"]


def test_two_approve_a_run_at_once_and_one_lets_it_leave(world: World) -> None:
    """A run is approved once; who was slower is told who was quicker."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    found = _at_once(
        world,
        lambda session: batches.approve(world.context(session), 1, "kim"),
        lambda session: batches.approve(world.context(session), 1, "lee"),
    )
    assert 1 in found
    (refusal,) = [one for one in found if isinstance(one, ApprovedAlready)]
    assert "run 1 was approved by" in str(refusal)


def test_a_case_goes_back_to_the_queue(world: World, asked: int) -> None:
    """Who took a case may return it, and somebody else takes it."""
    with world.database.write() as session:
        cases.take(world.context(session), asked, "kim")
    _hire(world, lee=Role.REP)
    with pytest.raises(TakenAlready), world.database.write() as session:
        cases.give_back(world.context(session), asked, "lee", "")
    with world.database.write() as session:
        cases.give_back(world.context(session), asked, "kim", "on holiday")
        cases.take(world.context(session), asked, "lee")
    assert _only(world).owner == "lee"
    with world.database.write() as session:
        cases.give_back(world.context(session), asked, "boss", "")
    with pytest.raises(NobodyHasIt), world.database.write() as session:
        cases.give_back(world.context(session), asked, "boss", "")


def test_an_answer_may_close_the_case(world: World, asked: int) -> None:
    """One step answers, closes and hands the conversation back to the bot."""
    with world.database.write() as session:
        cases.answer(world.context(session), asked, "kim", "All settled.", and_close=True)
    world.deliver()
    assert world.screen()[-1].text == "All settled."
    assert world.heard("balance") == ["identity.ask"]
    assert [what for _, what in _done(world, asked)] == ["opened", "answered", "closed"]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 1501])
def test_an_answer_that_is_no_message_is_not_sent(world: World, asked: int, text: str) -> None:
    """Nothing at all, and more than one message carries, are refused."""
    with pytest.raises(NothingToSay), world.database.write() as session:
        cases.answer(world.context(session), asked, "kim", text)


def test_a_card_number_in_an_answer_is_masked(world: World, asked: int) -> None:
    """What a colleague pastes by mistake is neither sent nor kept."""
    with world.database.write() as session:
        text = "Is 4242 4242 4242 4242, CVC 123, your card?"
        cases.answer(world.context(session), asked, "kim", text)
    world.deliver()
    assert world.screen()[-1].text == "Is ****4242, CVC ***, your card?"
    assert "4242 4242" not in str(_story(world, asked))


def _story(world: World, case: int) -> queue.CaseStory:
    with world.database.read() as session:
        return queue.story(session, case)


def test_a_snoozed_case_comes_back(world: World, asked: int) -> None:
    """A case that was put off comes last, misses no deadline, and is back when its time has come."""
    with world.database.write() as session:
        until = cases.snooze(world.context(session), asked, "kim", 3)
        escalations.open_case(session, Case("x", "copy", "send it", until, severity=3), world.now)
    world.later(days=2)
    with world.database.read() as session:
        assert [case.kind for case in queue.waiting(world.context(session))] == ["copy", "person"]
    assert overdue.climb(world.database, world.installation, world.clock) == 0
    world.now = until
    with world.database.read() as session:
        assert [case.kind for case in queue.waiting(world.context(session))] == ["person", "copy"]


def test_what_may_not_be_put_off(world: World) -> None:
    """A person in danger is not put off, and nothing for longer than a month."""
    world.customer()
    world.says("I want to kill myself")
    with pytest.raises(NotToBeSnoozed, match="danger"), world.database.write() as session:
        cases.snooze(world.context(session), _only(world).id, "kim", 1)
    with world.database.write() as session:
        case = Case("x", "copy", "send it", world.now, severity=3)
        other = escalations.open_case(session, case, world.now)
        assert other is not None
        with pytest.raises(NotToBeSnoozed, match="30 days"):
            cases.snooze(world.context(session), other, "kim", 40)


def test_a_hold_from_a_case_rests_the_customer_or_the_bill(world: World, asked: int) -> None:
    """A case's hold is a manual hold with an end; a case about nobody has nothing to hold."""
    with world.database.write() as session:
        cases.rest(world.context(session), asked, "kim", 14)
        case = Case("channel_down:sms", "channel_down", "sms refuses us", world.now)
        down = escalations.open_case(session, case, world.now)
        assert down is not None
        with pytest.raises(NobodyToHold):
            cases.rest(world.context(session), down, "kim", 14)
    assert [(v.verdict, v.reason) for v in world.preview()] == [("held", "manual")]


def test_a_breached_deadline_climbs_once(world: World) -> None:
    """Each missed deadline raises the case one step and gives it a new one, by how grave it is now."""
    with world.database.write() as session:
        by = world.now + timedelta(hours=24)
        escalations.open_case(session, Case("x", "copy", "send it", by, severity=3), world.now)
    severities, missed = [], []
    for _ in range(4):
        world.now = _only(world).deadline
        missed.append(world.now)
        assert overdue.climb(world.database, world.installation, world.clock) == 1
        assert overdue.climb(world.database, world.installation, world.clock) == 0
        severities.append(_only(world).severity)
    assert severities == [2, 1, 1, 1]
    hours = [(later - earlier) / timedelta(hours=1) for earlier, later in pairwise(missed)]
    assert hours == [24, 6, 6]
    assert [what for _, what in _done(world, _only(world).id)] == ["opened"] + ["climbed"] * 4


def test_two_clocks_raise_a_case_once(world: World, asked: int) -> None:
    """Any number of processes may ask what is overdue."""
    world.now = _only(world).deadline
    with ThreadPoolExecutor(2) as threads:
        asking = [
            threads.submit(overdue.climb, world.database, world.installation, world.clock) for _ in range(2)
        ]
        assert sum(one.result() for one in asking) == 1
    assert _only(world).severity == 1
    assert [what for _, what in _done(world, asked)] == ["opened", "climbed"]


def test_who_asked_for_a_person_and_got_none_is_told(world: World, asked: int) -> None:
    """After the deadline the customer hears that it takes longer, once, and is answered again meanwhile.

    Nothing is demanded until a person has closed the case.
    """
    world.later(days=21)
    for _ in range(2):
        overdue.climb(world.database, world.installation, world.clock)
        world.deliver()
        world.later(days=2)
    late = [message.text for message in world.screen() if f"number {asked}" in message.text]
    assert len(late) == 1
    assert "+1 503 555 0100" in late[0]
    assert world.heard("balance") == ["identity.ask"]
    assert [(v.verdict, v.reason) for v in world.preview()] == [("held", "with_a_person")]
    with world.database.write() as session:
        cases.close(world.context(session), asked, "kim", "called", lift=False)
    world.later(days=1)
    assert [v.verdict for v in world.preview()] == ["remind"]


def test_who_waits_for_a_colleague_that_took_the_case_is_not_told(world: World, asked: int) -> None:
    """A case that somebody has is theirs to answer: the machine keeps quiet."""
    with world.database.write() as session:
        cases.take(world.context(session), asked, "kim")
    before = len(world.screen())
    world.later(days=30)
    assert overdue.climb(world.database, world.installation, world.clock) == 1
    world.deliver()
    assert len(world.screen()) == before
    assert world.heard("hello") == ["person.noted"]


def test_rights_are_asked_where_things_are_done(world: World, asked: int) -> None:
    """A viewer may not work on cases, a rep may not approve, who left may do nothing."""
    _hire(world, vera=Role.VIEWER, rolf=Role.REP, anna=Role.APPROVER)
    for name, refused in (("vera", True), ("Rolf", False)):
        if refused:
            with pytest.raises(NotAllowed, match="vera is viewer"), world.database.write() as session:
                cases.take(world.context(session), asked, name)
        else:
            with world.database.write() as session:
                cases.take(world.context(session), asked, name)
    assert _only(world).owner == "rolf"
    with pytest.raises(NotAllowed, match="approve"), world.database.write() as session:
        batches.approve(world.context(session), 1, "rolf")
    with world.database.write() as session:
        users.remove(world.context(session), "rolf", "root")
    with pytest.raises(HasLeft), world.database.write() as session:
        cases.give_back(world.context(session), asked, "rolf", "")
    with world.database.write() as session:
        cases.close(world.context(session), asked, "anna", "done", lift=False)


def test_a_case_that_never_was(world: World) -> None:
    """A number that no case has is refused with where to look."""
    with pytest.raises(NoSuchCase, match="kvitt escalations list"), world.database.write() as session:
        cases.take(world.context(session), 7, "kim")
