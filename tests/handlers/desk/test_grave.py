"""What is grave reaches a person: the queue, pages, words at the desk, holds that nobody forgets."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from billing.accounts.channels import Channel
from billing.accounts.holds import Hold, HoldKind
from billing.gate import SendingSwitch
from handlers.clock import orphan_holds, overdue
from handlers.desk import cases, holding, messages, on_call, overview, queue
from handlers.desk.hold_fates import HoldFate, HoldHangsOnCase
from storage.desk import case_details, escalations
from storage.desk.escalations import Case
from storage.dunning import holds
from storage.people import contact_points
from tests.handlers.desk.rota import hire, only, set_rota
from tests.world import World, an_installation

KIM, LEE = "+15035550901", "+15035550902"


def _page(world: World) -> None:
    on_call.page(world.database, world.installation, world.clock)
    world.deliver()


def _holds(world: World) -> list[Hold]:
    with world.database.read() as session:
        return holds.active_holds(session, ["ada"], world.now).get("ada", [])


def test_danger_comes_first_and_then_who_waits(world: World) -> None:
    """Sixty bills flagged on a Friday, danger on Saturday: row 1 on Monday; who waits is row 2."""
    world.later(days=4)
    with world.database.write() as session:
        context = world.context(session)
        for number in range(60):
            flagged = Case(f"placement:B{number}", "placement", "decide", context.answer_by(), 3)
            escalations.open_case(session, flagged, context.now)
        died = Case("deceased:x", "deceased", "somebody died", context.answer_by())
        escalations.open_case(session, died, context.now)
    world.customer()
    world.customer("bo", name="Bo Ek", phone="+15035550143")
    world.says("let me talk to a person", "+15035550143")
    world.later(days=1)
    world.says("I want to die")
    world.later(days=2)
    for _ in range(3):
        overdue.note_late(world.database, world.installation, world.clock)
        world.later(days=1)
    with world.database.read() as session:
        rows = [case.kind for case in queue.waiting(world.context(session))]
        history = queue.story(session, 1).events
    assert rows[:4] == ["crisis", "person", "deceased", "placement"]
    assert [event.what.value for event in history] == ["opened", "late"]


@pytest.mark.parametrize("sending", [SendingSwitch.STOPPED, SendingSwitch.SHADOW, SendingSwitch.APPROVE])
def test_danger_waits_for_no_switch(world: World, sending: SendingSwitch) -> None:
    """Emergency number and helpline are texted, and who is on call is paged, whatever the switch says."""
    world.installation = an_installation(sending=sending)
    world.customer()
    hire(world, kim=KIM, lee=LEE)
    set_rota(world, "kim", "lee")
    held = world.says("hello")
    said = world.says("I want to die")
    assert "988" in said
    assert "911" in said
    assert bool(held) == (sending is SendingSwitch.APPROVE)
    _page(world)
    assert f"case {only(world, 'crisis').id}" in world.screen(KIM)[-1].text
    assert not world.screen(LEE)


def test_the_next_is_paged_after_fifteen_minutes_until_somebody_takes_it(world: World) -> None:
    """The rota one after the other, then everybody; nobody once the case is taken."""
    world.customer()
    hire(world, kim=KIM, lee=LEE, mo="+15035550903")
    set_rota(world, "kim", "lee")
    world.says("I want to die")
    counts = []
    for _ in range(4):
        _page(world)
        counts.append([len(world.screen(phone)) for phone in (KIM, LEE, "+15035550903")])
        world.later(minutes=15)
    assert counts == [[1, 0, 0], [1, 1, 0], [2, 2, 1], [2, 2, 1]]
    with world.database.write() as session:
        cases.take(world.context(session), only(world, "crisis").id, "lee")
    world.later(hours=3)
    _page(world)
    assert len(world.screen(KIM)) == 2
    world.says("are you there")
    _page(world)
    assert [len(world.screen(phone)) for phone in (KIM, LEE)] == [2, 3]  # it is Lee's


def test_nobody_on_call_pages_everybody(world: World) -> None:
    """Without a rota nobody is waited for, and the doctor says so."""
    world.customer()
    hire(world, kim=KIM, lee=LEE)
    world.says("I want to die")
    _page(world)
    assert [len(world.screen(phone)) for phone in (KIM, LEE)] == [1, 1]
    with world.database.read() as session, pytest.raises(on_call.NobodyOnCall):
        on_call.check_rota(session, world.installation.available)


def test_what_is_written_under_a_handover_is_read_in_the_case(world: World) -> None:
    """Each text is an event, sets since when they wait, and can be read; a courtesy waits for nothing."""
    world.customer()
    world.says("let me talk to a person")
    case = only(world, "person")
    first = case.unanswered_since
    assert first is not None
    with world.database.write() as session:
        cases.answer(world.context(session), case.id, "kim", "Hello, Kim here.")
    world.deliver()
    assert only(world, "person").unanswered_since is None
    world.says("thanks")
    assert only(world, "person").unanswered_since is None
    world.says("my flat burned down and the papers are gone")
    world.says("and my mother is ill")
    since = only(world, "person").unanswered_since
    assert since == world.now - timedelta(seconds=20)
    with world.database.read() as session:
        story = queue.story(session, case.id)
        texts = messages.of_case(session, story.case)
        thread = messages.of_customer(session, "ada", 50)
    assert [event.what.value for event in story.events].count("wrote") == 4
    said = [(one.came_in, one.state, one.text) for one in texts]
    assert (True, "done", "my flat burned down and the papers are gone") in said
    assert (True, "done", "and my mother is ill") in said
    assert (False, "sent", "Hello, Kim here.") in said
    assert thread == texts


def test_a_second_text_about_a_dispute_keeps_the_first(world: World) -> None:
    """What a customer said is told is never written over by what they say later."""
    world.customer()
    with world.database.write() as session:
        escalations.open_case(session, Case("x", "dispute", "look", world.now), world.now)
        for said in ("I was never there", "it was my brother", "I was never there"):
            case_details.add(session, "x", {"words": said, "bill": ""})
    assert only(world, "dispute").detail == {"words": "I was never there", "words 2": "it was my brother"}


def test_a_snoozed_case_comes_back_when_the_customer_writes(world: World) -> None:
    """Nobody waits for the end of a snooze."""
    world.customer()
    world.says("let me talk to a person")
    case = only(world, "person").id
    with world.database.write() as session:
        cases.snooze(world.context(session), case, "kim", 20)
    world.says("where are you?")
    assert only(world, "person").snoozed_until is None


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Talk to my lawyer, do not contact me again", {"legal"}),
        ("stop texting me, he died", {"deceased"}),
        ("Stop writing to me. I want to die", {"crisis"}),
        ("my husband died and this bill is wrong", {"deceased", "dispute"}),
    ],
)
def test_grave_words_in_one_text_all_act(world: World, text: str, kinds: set[str]) -> None:
    """A stop beside a lawyer stops and holds; two grave things place two holds and open two cases."""
    world.customer()
    world.bill(due=date(2026, 2, 1))
    stops = "contact" in text or "stop" in text.lower()
    said = world.says(text)
    assert {hold.kind.value for hold in _holds(world)} == kinds
    assert {case.kind for case in world.queue()} == kinds
    with world.database.read() as session:
        stopped = contact_points.find(session, Channel.SMS, "+15035550142")
    assert stopped is not None
    assert (stopped.stopped_at is not None) == stops
    assert ("988" in said) == ("crisis" in kinds)
    assert world.preview()[0].verdict != "remind"


@pytest.mark.parametrize("grave", ["my dad died", "talk to my lawyer", "this bill is wrong"])
@pytest.mark.parametrize("asked", ["do I have to pay?", "must I pay this bill?", "how can I pay?"])
def test_whether_to_pay_goes_to_a_person_after_something_grave(world: World, grave: str, asked: str) -> None:
    """After a death, a lawyer or a dispute no way to pay is named."""
    world.customer()
    world.bill()
    world.says(grave)
    world.says("cancel")
    assert "elm.example/pay" not in world.says(asked)
    assert "person" in {case.kind for case in world.queue()}


def test_closing_a_case_asks_what_becomes_of_its_hold(world: World) -> None:
    """Without a word it is refused in one line; lifted it is gone; kept it ends or comes back."""
    world.customer()
    world.bill()
    world.says("this bill is wrong")
    case = only(world, "dispute").id
    refused = pytest.raises(HoldHangsOnCase, match=f"a dispute hold on ada hangs on case {case}")
    with refused, world.database.write() as session:
        cases.close(world.context(session), case, "kim", "explained")
    until = world.now.date() + timedelta(days=10)
    with world.database.write() as session:
        cases.close(world.context(session), case, "kim", "explained", fate=HoldFate(keep_until=until))
    (hold,) = _holds(world)
    assert hold.until is not None
    assert hold.until.date() == until


@pytest.mark.parametrize("fate", [HoldFate(hand_to="lee"), HoldFate(keep_until=date(2026, 4, 1))])
def test_a_stop_state_that_is_kept_has_a_case_that_comes_back(world: World, fate: HoldFate) -> None:
    """A lawyer's hold has no end: a colleague has its case, or it comes back on the day."""
    world.customer()
    hire(world, kim=KIM, lee=LEE)
    world.says("talk to my lawyer")
    with world.database.write() as session:
        cases.close(world.context(session), only(world, "legal").id, "kim", "wrote to them", fate=fate)
    review = only(world, "hold_review")
    assert (review.owner, bool(review.snoozed_until)) == (fate.hand_to or None, bool(fate.keep_until))
    assert [hold.kind for hold in _holds(world)] == [HoldKind.LEGAL]
    with pytest.raises(HoldHangsOnCase), world.database.write() as session:
        cases.close(world.context(session), review.id, review.owner or "lee", "done")
    _orphans(world, days=40)
    assert [case.kind for case in world.queue()] == ["hold_review"]


def _orphans(world: World, days: int) -> int:
    world.later(days=days)
    return orphan_holds.raise_orphans(world.database, world.installation, world.clock)


def test_an_endless_hold_without_a_case_is_raised(world: World) -> None:
    """A day after it was placed, once; one with an end, or with a case, is nobody's orphan."""
    world.customer()
    with world.database.write() as session:
        subject, context = holding.of_customer(session, "ada"), world.context(session)
        holding.place(context, subject, HoldKind.MANUAL, "told me so", None, "kim")
        until = world.now + timedelta(days=90)
        holding.place(context, subject, HoldKind.HARDSHIP, "told me so", until, "kim")
    assert _orphans(world, days=0) == 0
    assert [_orphans(world, days=1) for _ in range(3)] == [1, 0, 0]
    case = only(world, "hold_review")
    assert (case.customer_id, case.detail) == ("ada", {"hold": "manual"})
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "kim", "over", lift=True)
    assert _orphans(world, days=1) == 0
    assert [hold.kind for hold in _holds(world)] == [HoldKind.HARDSHIP]


def test_the_dead_of_an_import_have_a_case_and_a_stop(world: World) -> None:
    """Accounts and holds show the stop; a case that a person has closed is not opened at the next look."""
    world.customer(died_on=date(2026, 2, 1))
    world.bill()
    with world.database.read() as session:
        (line,) = overview.lines(world.context(session))
        (stop,) = holding.in_register(world.context(session), None)
    assert (line.state, line.holds, stop.kind.value) == ("held", ("deceased",), "deceased")
    case = only(world, "deceased")
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "kim", "wrote to the estate")
    world.later(days=1)
    world.bill("B2")
    assert world.queue() == []
