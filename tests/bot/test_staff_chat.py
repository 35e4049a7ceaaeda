"""The staff chat, over real HTTP: what is told there, who may do what, and that nothing is done twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.gate import SendingSwitch
from bot.delivery import Delivery
from bot.inbound import Reception
from bot.staff_chats import StaffChats
from handlers.desk import cases
from storage import tables
from storage.desk import case_events, escalations
from storage.desk.case_events import What
from storage.desk.escalations import Case
from tests.bot.staff_rig import ANNA, ANNAS_OWN, GROUP, KIM, LEE, STRANGER, VERA, staffed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bot.staff_rig import StaffRig
    from tests.world import World

MARKED: dict[str, Any] = {
    "name": "Zebulon Quagmire",
    "phone": "+15035550142",
    "address": "77 Xanadu Lane",
    "postal_code": "97209",
    "city": "Ponderosa",
}
AMOUNT = 61753
SUPERGROUP = -1009999


@pytest.fixture
def desk(world: World) -> Iterator[StaffRig]:
    """A staff chat that has heard the morning's digest."""
    world.customer(**MARKED)
    with staffed(world) as rig:
        rig.run_until_quiet()
        yield rig


@pytest.fixture
def asked(desk: StaffRig) -> int:
    """A customer asked for a person, and the chat was told."""
    desk.world.says("talk to a person please")
    desk.run_until_quiet()
    (case,) = desk.cases()
    return case.id


def _flagged(desk: StaffRig) -> int:
    """The number of a case about a bill that is flagged for a collector."""
    world = desk.world
    world.bill(amount=AMOUNT, due=world.now.date() - timedelta(days=5))
    for _ in range(200):
        world.run()
        world.deliver()
        world.later(days=1)
        found = [case for case in desk.cases() if case.kind == "placement"]
        if found:
            desk.run_until_quiet()
            return found[0].id
    pytest.fail("the bill was never flagged")


def test_a_new_case_is_told_with_its_buttons(desk: StaffRig, asked: int) -> None:
    """Every staff chat hears of it once, with what can be done."""
    desk.run_until_quiet()
    messages = [sent for sent in desk.server.sent if sent.text.startswith(f"Case {asked}")]
    assert sorted(sent.chat_id for sent in messages) == [GROUP, ANNAS_OWN]
    assert messages[0].text == (
        f"Case {asked}, person, severity 2: answer by 2026-03-03 10:00.\n"
        "The customer has waited for an answer since 2026-03-02 10:00.\nNobody has taken it."
    )
    assert messages[0].buttons == (
        ("Take", f"take {asked}"),
        ("Hold", f"hold {asked}"),
        ("Reply", f"reply {asked}"),
    )


def test_two_press_take_at_once_and_one_has_it(desk: StaffRig, asked: int) -> None:
    """The second is told who was quicker, every chat shows the owner, and each button was released."""
    said = desk.presses((KIM, f"take {asked}"), (LEE, f"take {asked}"))
    assert said == f"Not done: case {asked} was taken by Kim on 2026-03-02 18:00Z"
    assert [case.owner for case in desk.cases()] == ["Kim"]
    for chat in (GROUP, ANNAS_OWN):
        shown = desk.notice(f"take {asked}", chat)
        assert shown.text.endswith("Kim has it.")
        assert ("Take", f"take {asked}") not in shown.buttons
    assert len(desk.server.answered) == 2


def test_a_button_pressed_twice_acts_once(desk: StaffRig, asked: int) -> None:
    """Pressing again changes nothing and says so."""
    desk.presses((KIM, f"hold {asked}"), (KIM, f"hold {asked}"))
    with desk.world.database.read() as session:
        assert len(session.scalars(select(tables.Hold)).all()) == 1
        assert len([e for e in case_events.history(session, asked) if e.what is What.HELD]) == 1


def test_two_chats_press_at_once_through_two_processes(desk: StaffRig, asked: int) -> None:
    """The group and a private chat, served by two processes on one database: one wins."""
    world = desk.world
    other = Reception(
        world.database,
        world.installation,
        world.clock,
        Delivery(world.database, world.installation, {}, world.clock),
    )
    pressed = [
        desk.server.colleague_presses(GROUP, KIM, 1, f"take {asked}"),
        desk.server.colleague_presses(ANNAS_OWN, ANNA, 2, f"take {asked}"),
    ]
    arrivals = [desk.channel.parse_webhook(body, world.now) for body in pressed]

    async def both() -> None:
        import asyncio  # noqa: PLC0415 - one use

        assert arrivals[0]
        assert arrivals[1]
        await asyncio.gather(desk.reception.receive(arrivals[0]), other.receive(arrivals[1]))
        await other.finish()

    desk.run(both())
    desk.run_until_quiet()
    with world.database.read() as session:
        taken = [event for event in case_events.history(session, asked) if event.what is What.TAKEN]
    assert len(taken) == 1
    assert sum("was taken by" in sent.text for sent in desk.server.sent) == 1


def test_an_approver_approves_a_placement_and_the_other_is_told(desk: StaffRig) -> None:
    """A rep may not; of two who may, one places the bill, and the notice says who."""
    case = _flagged(desk)
    shown = desk.notice(f"approve {case}")
    assert f"/approve {case} hands the bill to the collector" in shown.text
    assert f"kvitt escalations show {case}" in shown.text
    assert not any(data.startswith("approve") for _, data in shown.buttons)
    assert "Kim is rep here and may not approve" in desk.hears(KIM, f"/approve {case}")
    desk.hears(ANNA, f"/approve {case}")
    assert f"case {case} was closed by Anna" in desk.hears(ANNA, f"/approve {case}")
    assert desk.notice(f"approve {case}").text == f"Case {case}, placement: closed by Anna."
    assert desk.notice(f"approve {case}").buttons == ()
    with desk.world.database.read() as session:
        assert session.scalars(select(tables.Placement.state)).all() == ["placed"]


def test_a_button_of_an_earlier_release_approves_nothing(desk: StaffRig) -> None:
    """It is answered with what to look at and what to write: whoever pressed it saw nothing of it."""
    case = _flagged(desk)
    said = desk.presses((ANNA, f"approve {case}"))
    assert said == (
        f"A button approves nothing. Look first: kvitt escalations show {case}. Then write: /approve {case}"
    )
    with desk.world.database.read() as session:
        assert session.scalars(select(tables.Placement.state)).all() == ["flagged"]
    desk.server.colleague_presses(GROUP, ANNA, desk.notice(f"approve {case}").message_id, "approve run 3")
    desk.run_until_quiet()
    assert desk.server.sent[-1].text.endswith("Then write: /approve run 3")


def test_a_flagged_bill_is_returned_from_the_chat(desk: StaffRig) -> None:
    """Return gives the bill back to the customer's reminders, and closes the case."""
    case = _flagged(desk)
    desk.presses((ANNA, f"return {case}"))
    with desk.world.database.read() as session:
        assert session.scalars(select(tables.Placement.state)).all() == ["returned"]
    assert desk.cases() == []


def test_a_run_that_waits_is_approved_from_the_chat_once(world: World) -> None:
    """Reminders wait for a person: the chat asks, one command lets them leave, the other is told."""
    world.installation = replace(world.installation, sending=SendingSwitch.APPROVE)
    world.customer(**MARKED)
    with staffed(world) as desk:
        desk.run_until_quiet()
        world.bill(amount=AMOUNT, due=world.now.date() - timedelta(days=5))
        world.run()
        desk.run_until_quiet()
        assert desk.notice("approve run 1").text == (
            "Run 1 waits for approval: 1 message.\nLook first: kvitt runs list. /approve run 1 lets it leave."
        )
        assert desk.notice("approve run 1").buttons == ()
        assert "1 message may leave now" in desk.hears(ANNA, "/approve run 1")
        assert desk.hears(ANNA, "/approve run 1").startswith("Not done: run 1 was approved by Anna")
        assert desk.notice("approve run 1").text == "Run 1 was approved by Anna."
        desk.run_until_quiet()
        assert len(world.screen()) == 1


@pytest.mark.parametrize("where", ["old", "new"])
def test_a_group_that_became_a_supergroup_is_followed(desk: StaffRig, asked: int, where: str) -> None:
    """Telegram tells it in either chat: commands from the new one count, and what is new is told there."""
    assert desk.hears(KIM, "/queue", SUPERGROUP) == ""
    desk.server.becomes_supergroup(GROUP, SUPERGROUP, where)
    desk.run_until_quiet()
    assert "person" in desk.hears(KIM, "/queue", SUPERGROUP)
    assert f"Case {asked} is yours, Kim." in desk.hears(KIM, f"/take {asked}", SUPERGROUP)
    assert [case.owner for case in desk.cases()] == ["Kim"]
    assert any(sent.chat_id == SUPERGROUP and sent.text.endswith("Kim has it.") for sent in desk.server.sent)
    again = StaffChats({str(GROUP)}, desk.world.database)
    assert str(SUPERGROUP) in again
    assert "-777" not in again


def test_a_group_that_moved_before_is_learned_by_sending_to_it(desk: StaffRig, asked: int) -> None:
    """The answer to a message names the group's new id; nobody has to be told."""
    desk.server.moves(GROUP, SUPERGROUP)
    desk.world.says("talk to a person please, now")
    desk.hears(KIM, "/help")
    assert f"Case {asked} is yours" in desk.hears(KIM, f"/take {asked}", SUPERGROUP)


def test_a_colleague_cannot_move_the_chat(desk: StaffRig) -> None:
    """Only Telegram says that a group has another id: what is typed is a command like any other."""
    desk.hears(KIM, f"/staff_moved {SUPERGROUP}")
    desk.server.becomes_supergroup(-4242, SUPERGROUP, "new")
    desk.run_until_quiet()
    assert desk.hears(KIM, "/queue", SUPERGROUP) == ""


def test_a_customer_is_answered_from_the_chat(desk: StaffRig, asked: int) -> None:
    """/say goes through the outbox, masks a card number, and makes the case one's own."""
    assert "/say" in desk.presses((KIM, f"reply {asked}"))
    said = desk.hears(KIM, f"/say@kvitt_bot {asked} Is 4242 4242 4242 4242 your card?\nKim")
    assert said == f"Case {asked}: your answer is on its way."
    assert desk.world.screen()[-1].text == "Is ****4242 your card?\nKim"
    with desk.world.database.read() as session:
        kept = [row.text for row in session.scalars(select(tables.Inbox))]
    assert not any("4242 4242" in text for text in kept)
    assert "was taken by Kim" in desk.hears(LEE, f"/say {asked} Hello")


def test_a_case_is_worked_from_the_chat(desk: StaffRig, asked: int) -> None:
    """Taking, putting off, giving back, looking and closing, by command."""
    assert desk.hears(KIM, f"/take {asked}") == f"Case {asked} is yours, Kim."
    assert "comes back on 2026-03-04 00:00" in desk.hears(KIM, f"/snooze {asked} 2")
    assert "Put off until" in desk.notice(f"take {asked}").text
    assert desk.hears(VERA, "/queue") == (
        f"{asked}: person, severity 2, by 2026-03-04 00:00, waits for an answer since 2026-03-02 10:00, Kim"
    )
    assert desk.hears(VERA, f"/account {asked}") == f"Case {asked}: kvitt escalations show {asked}"
    assert "in the queue again" in desk.hears(KIM, f"/giveback {asked} at lunch")
    assert desk.hears(LEE, f"/close #{asked} called back") == f"Case {asked} is closed by Lee."
    assert desk.hears(VERA, "/queue") == "Nothing needs a person."
    assert f"case {asked} was closed by Lee" in desk.hears(KIM, f"/take {asked}")
    assert "no open escalation 77" in desk.hears(KIM, "/take 77")


@pytest.mark.parametrize("text", ["/help", "/take", "/take twelve", "/dance 7", "/approve run", "/say 9"])
def test_what_is_no_command_is_answered_with_help_or_why(desk: StaffRig, text: str) -> None:
    """A slip in a command is never silence."""
    assert desk.hears(KIM, text)


def test_who_has_no_rights_is_refused_politely(desk: StaffRig, asked: int) -> None:
    """A stranger in the group, and a viewer, change nothing and hear why."""
    assert f"--telegram {STRANGER}" in desk.hears(STRANGER, f"/take {asked}")
    assert "don't know you" in desk.presses((STRANGER, f"take {asked}"))
    assert "Vera is viewer here and may not" in desk.presses((VERA, f"take {asked}"))
    assert [case.owner for case in desk.cases()] == [None]


def test_other_groups_and_other_talk_are_left_alone(desk: StaffRig) -> None:
    """A group that is not the staff chat is ignored; in the staff group only commands are kept."""
    before = len(desk.server.sent)
    desk.server.group_writes(-777, "/queue")
    desk.server.colleague_writes(-777, KIM, "/queue")
    desk.server.colleague_writes(GROUP, KIM, "Zebulon called again, who has that?")
    desk.run_until_quiet()
    assert len(desk.server.sent) == before
    with desk.world.database.read() as session:
        assert session.scalars(select(tables.Inbox)).all() == []


def test_a_customer_cannot_press_a_button_of_the_desk(desk: StaffRig, asked: int) -> None:
    """A command from a chat that is no staff chat is a customer's text."""
    desk.server.customer_presses(555, 1, f"take {asked}")
    desk.server.customer_writes(555, f"/close {asked}")
    desk.run_until_quiet()
    assert [case.owner for case in desk.cases()] == [None]


def test_a_missed_deadline_is_told_once(desk: StaffRig, asked: int) -> None:
    """The chat hears of it once, its notice shows it, and what is at stake stays."""
    desk.world.later(days=1)
    for _ in range(2):
        desk.run(desk.clockwork.note_late())
        desk.run_until_quiet()
    late = [sent.text for sent in desk.server.sent if "is late" in sent.text]
    assert len(late) == 2  # one for each chat
    assert "severity 2, is late: an answer was due by 2026-03-03 10:00" in late[0]
    assert "severity 2: late, since 2026-03-03 10:00" in desk.notice(f"take {asked}").text


def test_many_new_cases_are_one_message(desk: StaffRig) -> None:
    """A run that raises many cases does not flood the chat; somebody in danger is told of alone."""
    world = desk.world
    with world.database.write() as session:
        for number in range(40):
            grave = Case(f"k{number}", "copy", "send it", world.now, severity=1 if number == 7 else 3)
            escalations.open_case(session, grave, world.now)
    before = len(desk.server.sent)
    desk.run_until_quiet()
    messages = [sent.text for sent in desk.server.sent[before:] if sent.chat_id == GROUP]
    openings = ["A person may be in danger", "Case 8, copy, severity 1", "39 new cases"]
    assert [text.partition(":")[0] for text in messages] == openings
    assert "and 20 more" in desk.hears(VERA, "/queue")


def test_what_the_command_line_does_is_shown_in_the_chat(desk: StaffRig, asked: int) -> None:
    """A case that somebody closes elsewhere is shown closed, without buttons."""
    with desk.world.database.write() as session:
        cases.close(desk.world.context(session), asked, "root", "done", lift=False)
    desk.run_until_quiet()
    shown = desk.notice(f"take {asked}")
    assert (shown.text, shown.buttons) == (f"Case {asked}, person: closed by root.", ())


def test_the_digest_comes_once_a_day(desk: StaffRig, asked: int) -> None:
    """From the hour that is set on, in the creditor's zone; numbers only."""

    def digests() -> list[str]:
        return [s.text for s in desk.server.sent if s.chat_id == GROUP and "Good morning" in s.text]

    assert len(digests()) == 1
    desk.world.now = desk.world.now.replace(hour=15, minute=59) + timedelta(days=1)  # 7:59 in California
    desk.run_until_quiet()
    assert len(digests()) == 1
    desk.world.later(minutes=1)
    desk.run_until_quiet()
    desk.run_until_quiet()
    assert len(digests()) == 2
    assert desk.cases()[0].id == asked
    assert "0 of danger, 1 with somebody who waits for an answer" in digests()[-1]


def test_nothing_is_told_while_all_sending_is_stopped(desk: StaffRig) -> None:
    """The operator's switch holds for the staff chat too; nothing is lost."""
    world = desk.world
    before = len(desk.server.sent)
    stopped = replace(world.installation, sending=SendingSwitch.STOPPED)
    going = world.installation
    desk.delivery._installation = stopped
    world.says("talk to a person please")
    desk.run_until_quiet()
    assert len(desk.server.sent) == before
    desk.delivery._installation = going
    world.later(hours=2)
    desk.run_until_quiet()
    assert len(desk.server.sent) == before + 2


def test_no_staff_text_holds_anything_of_a_customer(world: World) -> None:
    """Whatever customers write and whatever becomes of it: no name, address, number or amount."""
    world.customer(**MARKED)
    with staffed(world, ANNAS_OWN) as desk:
        everything = _everything_said(desk)
    secrets = [*MARKED.values(), "Zebulon", "Quagmire", "Xanadu", "5550142", "5550199", "617", "B1", "$"]
    assert [secret for secret in secrets if secret in everything] == []


def _everything_said(desk: StaffRig) -> str:
    """All that the staff chat reads while customers write and colleagues try every command."""
    world = desk.world
    case = _flagged(desk)
    for text in (
        f"this is {MARKED['name']}, I dispute the bill, it should be 617.53",
        "my number is +15035550199 now and I live at 77 Xanadu Lane",
        "I lost my job and cannot pay",
        "I already paid 617.53 last week",
        "talk to a person please",
        "my husband died",
        "I want to kill myself",
    ):
        world.says(text)
        desk.run_until_quiet()
    open_ones = [one.id for one in desk.cases()]
    assert len(open_ones) >= 4
    for number in open_ones:
        for command in ("account", "approve", "reply", "hold", "snooze", "take", "say", "close"):
            desk.hears(ANNA, f"/{command} {number}", ANNAS_OWN)
    world.later(days=2)
    desk.run(desk.clockwork.note_late())
    desk.hears(ANNA, "/queue", ANNAS_OWN)
    said = [sent.text + str(sent.buttons) for sent in desk.server.sent]
    with world.database.read() as session:
        said += session.scalars(select(tables.Outbox.text).where(tables.Outbox.key.like("staff:%"))).all()
    everything = "\n".join(said)
    assert f"Case {case}" in everything
    return everything
