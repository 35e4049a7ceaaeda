"""Whole turns: what a customer texts, and what they hear back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from billing import policy
from billing.accounts.channels import Channel
from handlers.arrivals import Arrival, ArrivalKind
from handlers.clock import expiry
from handlers.desk import cases
from handlers.people import inviting
from storage import tables
from storage.desk import escalations

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.both_databases

BORN = "1980-02-28"


def _cases(world: World) -> list[str]:
    return [case.kind for case in world.queue()]


def test_no_amount_is_said_before_somebody_shows_who_they_are(world: World) -> None:
    """The balance is answered in the turn that showed who is writing, not before."""
    world.customer()
    world.bill()
    assert world.heard("what do I owe?") == ["identity.ask"]
    assert world.heard(BORN) == ["answers.balance"]
    assert "$600.00" in world.screen()[-1].text
    assert "$" not in world.screen()[0].text


def test_an_unknown_number_learns_nothing(world: World) -> None:
    """A stranger meets the same question and the same words as a customer with a wrong date."""
    world.customer()
    world.bill()
    stranger = "+15035550199"
    asked = world.says("what do I owe?", stranger)
    assert asked == world.says("what do I owe?")
    assert world.says("1970-01-01", stranger) == world.says("1970-01-01")
    assert world.says(BORN, stranger) != world.says(BORN)
    assert "$" not in "".join(message.text for message in world.screen(stranger))


def test_five_wrong_tries_lock_and_tell_the_desk(world: World) -> None:
    """After five wrong birth dates no more are taken, even the right one, until the lock runs out."""
    world.customer()
    world.bill()
    world.says("balance")
    assert world.heard("1970-01-01") == ["identity.again"]
    for _ in range(3):
        assert world.heard("1970-01-01") == ["identity.again_own"]
    assert world.heard("1970-01-01") == ["identity.locked"]
    assert world.heard("balance") == ["identity.locked"]
    assert world.heard("how can I pay?") == ["answers.how_to_pay"]
    assert "identity_locked" in _cases(world)
    world.later(hours=25)
    assert world.heard("balance") == ["identity.ask"]


def test_who_needs_help_paying_is_told_how_and_offered_help(world: World) -> None:
    """Whoever needs help paying is told the ways to pay, and how to ask for help with the cost."""
    world.customer()
    world.bill()
    keys = ["answers.how_to_pay", "answers.help_with_cost"]
    assert sorted(world.heard("I need help paying my electric bill")) == sorted(keys)
    assert world.heard("how can I pay?") == ["answers.how_to_pay"]


def test_a_plan_of_three_instalments_is_agreed_and_kept(world: World) -> None:
    """A plan reads like a talk and ends in the database, with the receipt."""
    world.customer()
    world.bill()
    world.says("what do I owe?")
    world.says(BORN)
    assert world.heard("can I pay in parts?") == ["payment_plan.opening", "payment_plan.how_much"]
    assert world.heard("3 months") == ["payment_plan.which_day"]
    assert world.heard("the 25th") == ["payment_plan.confirm"]
    assert world.heard("yes") == ["payment_plan.opened"]
    with world.database.read() as session:
        amounts = list(session.scalars(select(tables.Instalment.amount)))
    assert amounts == [20000, 20000, 20000]
    assert world.heard("balance") == ["answers.on_plan"]


def test_asking_for_the_balance_does_not_lose_the_plan(world: World) -> None:
    """A question in the middle of a plan is answered, and the plan goes on where it was."""
    world.customer()
    world.bill()
    world.says("payment plan")
    assert world.heard(BORN) == ["payment_plan.opening", "payment_plan.how_much"]
    assert world.heard("100") == ["payment_plan.which_day"]
    asked_again = ["talk.back_to_it", "payment_plan.which_day"]
    assert world.heard("what's my balance?") == ["answers.balance", *asked_again]
    assert world.heard("back") == ["payment_plan.opening", "payment_plan.how_much"]
    assert world.heard("150") == ["payment_plan.which_day"]
    assert world.heard("start over")[0] == "talk.started_over"
    assert world.heard("200") == ["payment_plan.which_day"]
    assert world.heard("5") == ["payment_plan.confirm"]
    assert world.heard("another day") == ["payment_plan.which_day"]
    assert world.heard("10") == ["payment_plan.confirm"]
    assert world.heard("no") == ["payment_plan.what_else"]
    assert world.heard("no") == ["payment_plan.left"]


def test_an_amount_given_at_the_end_changes_the_proposal(world: World) -> None:
    """To say "make it 100" is no misread: it changes the amount, and the day stays."""
    world.customer()
    world.bill()
    world.says("payment plan")
    world.says(BORN)
    world.says("50")
    world.says("20")
    assert world.heard("make it 100 instead") == ["payment_plan.confirm"]
    assert world.heard("yes") == ["payment_plan.opened"]
    with world.database.read() as session:
        parts = session.execute(select(tables.Instalment.amount, tables.Instalment.due_on)).all()
    assert {(10000, 20)} == {(amount, due_on.day) for amount, due_on in parts}


def test_a_new_number_is_taken_for_a_change(world: World) -> None:
    """Contact details are confirmed or changed; a person checks what is new."""
    world.customer()
    world.says("I want to confirm my contact details")
    assert world.heard(BORN) == ["contact_details.confirm"]
    assert world.heard("+1 503 555 0188") == ["contact_details.noted"]
    assert "contact_details" in _cases(world)
    world.says("confirm my contact details")
    assert world.heard("yes all correct") == ["contact_details.confirmed"]


def test_why_is_answered_with_what_is_owed(world: World) -> None:
    """Who asks what a text is about is told, once they have shown who they are."""
    world.customer()
    world.bill()
    assert world.heard("why are you texting me") == ["identity.ask"]
    assert world.heard(BORN) == ["answers.why_nothing", "answers.balance"]
    world.later(days=21)
    world.run()
    world.deliver()
    world.says("balance")
    world.says(BORN)
    assert world.heard("why did I get this?")[0] == "answers.why_reminder"


def test_a_bill_is_explained_line_by_line_or_by_amounts(world: World) -> None:
    """What a bill is made of, as far as the policy lets the channel say."""
    world.customer()
    world.bill("B1")
    world.bill("B2", amount=1000)
    world.says("explain my bill")
    assert world.heard(BORN) == ["explain_bill.which"]
    assert world.heard("2") == ["answers.explained"]
    world.installation = replace(world.installation, policy=policy.load("us"))
    world.says("explain my bill")
    assert world.heard("1") == ["answers.explained_amounts"]
    assert "Visit" not in world.screen()[-1].text


def test_an_open_question_expires_with_a_polite_note(world: World) -> None:
    """Nobody is left hanging: after a day the question is closed and that is said, at a decent hour."""
    world.customer()
    world.says("balance")
    world.later(hours=24)
    assert expiry.expire(world.database, world.installation, world.clock) == 1
    assert expiry.expire(world.database, world.installation, world.clock) == 0
    world.deliver()
    assert "closed our open question" in world.screen()[-1].text
    assert world.heard(BORN) == ["answers.not_understood"]


def test_three_misreads_bring_a_person(world: World) -> None:
    """After three answers that cannot be read a person is asked for, and the bot goes on meanwhile."""
    world.customer()
    world.bill()
    world.says("payment plan")
    world.says(BORN)
    assert world.heard("purple") == ["talk.misread_amount"]
    assert world.heard("bananas") == ["talk.misread_amount_again"]
    assert world.heard("in my car") == ["talk.handed_over"]
    assert world.heard("hello?") == ["person.noted"]
    assert world.heard("balance") == ["answers.balance"]
    assert "person" in _cases(world)


def test_a_balance_that_changed_while_talking_reopens_the_plan(world: World) -> None:
    """What was quoted is compared with what is owed before anything is agreed."""
    world.customer()
    world.bill()
    world.says("payment plan")
    world.says(BORN)
    world.says("3 months")
    world.says("25")
    world.pays("B1", 10000)
    assert world.heard("yes") == ["payment_plan.changed", "payment_plan.confirm"]
    assert "$500.00" in world.screen()[-1].text
    assert world.heard("yes") == ["payment_plan.opened"]


def test_a_stop_is_a_stop(world: World) -> None:
    """STOP is confirmed once, a second one meets silence, and nothing is reminded after it."""
    world.customer()
    world.bill(due=date(2026, 2, 1))
    assert world.heard("STOP") == ["consent.stopped"]
    assert world.heard("stop") == []
    verdicts = world.preview()
    assert [(verdict.verdict, verdict.reason) for verdict in verdicts] == [("escalate", "stopped")]
    assert world.heard("START") == ["consent.started"]
    assert world.preview()[0].reason == "recent_contact"
    world.later(days=1)
    assert world.preview()[0].verdict == "remind"


def test_a_lone_cancel_is_a_stop_where_the_carrier_takes_it_for_one(world: World) -> None:
    """On SMS a lone *cancel* is an opt-out; on Telegram it leaves the conversation."""
    world.customer()
    world.bill()
    world.says("balance")
    assert world.heard("cancel") == ["consent.stopped"]
    world.says("what do I owe", "77", Channel.TELEGRAM)
    assert "Nothing has changed" in world.says("cancel", "77", Channel.TELEGRAM)


@pytest.mark.parametrize(
    ("text", "kind", "saying"),
    [
        ("my husband died last week", "deceased", "stop_states.deceased"),
        ("I lost my job and can't pay", "hardship", "stop_states.hardship"),
        ("this bill is wrong, I never had that visit", "dispute", "stop_states.dispute"),
        ("I have filed for bankruptcy", "legal", "stop_states.legal"),
        ("you have the wrong number", "wrong_number", "stop_states.wrong_number"),
        ("I want to kill myself", "crisis", "stop_states.crisis"),
    ],
)
def test_words_that_hold_everything_hold_it_in_the_same_turn(
    world: World, text: str, kind: str, saying: str
) -> None:
    """A dispute, a death, a crisis: nothing is demanded from the very turn on, and a person is told."""
    world.customer()
    world.bill(due=date(2026, 2, 1))
    assert world.preview()[0].verdict == "remind"
    assert world.heard(text)[0] == saying
    assert world.preview()[0].verdict in {"held", "escalate"}
    assert kind in _cases(world)


def test_a_dispute_that_is_closed_while_it_is_being_told_is_heard_again(world: World) -> None:
    """A rep closes the case before the customer has said what is wrong: they are heard once more."""
    world.customer()
    world.bill(due=date(2026, 2, 1))
    world.heard("this bill is wrong, I never had that visit")
    with world.database.write() as session:
        (case,) = escalations.queue(session)
        cases.close(world.context(session), case.id, "rep", "looked", lift=True)
    assert world.heard("I was in another town that day")[-1] == "dispute.noted"
    assert "dispute" in _cases(world)
    assert world.preview()[0].verdict == "held"


def test_a_promise_holds_the_reminders(world: World) -> None:
    """Somebody who says when they pay is left alone until then."""
    world.customer()
    world.bill(due=date(2026, 2, 1))
    world.says("I'll pay on friday")
    assert world.heard(BORN) == ["promise.how_much"]
    assert world.heard("all of it") == ["promise.confirm"]
    assert world.heard("yes") == ["promise.made"]
    assert [(v.verdict, v.reason) for v in world.preview()] == [("held", "promise")]


def test_two_people_with_one_phone_are_told_apart(world: World) -> None:
    """Two people born the same day are asked for a first name; a child never matches."""
    world.customer("ada", name="Ada Lind")
    world.customer("bo", name="Bo Lind")
    world.customer("kid", name="Kim Lind", birth_date=date(2020, 5, 5), guarantor_id="ada")
    world.bill("B1", "ada", 10000)
    world.bill("B2", "bo", 20000)
    world.bill("B3", "kid", 30000)
    world.says("balance")
    assert world.heard("2020-05-05") == ["identity.again"]
    assert world.heard(BORN) == ["identity.which_name"]
    assert world.heard("Bo") == ["answers.balance"]
    assert "$200.00" in world.screen()[-1].text
    world.later(hours=25)
    world.says("balance")
    world.says(BORN)
    assert "$400.00" in world.says("ada")


def test_swedish_is_answered_in_swedish(world: World) -> None:
    """Who writes Swedish is answered in Swedish, to the end."""
    world.customer(language="sv")
    world.bill()
    assert "född" in world.says("hur mycket är jag skyldig?")
    assert "att betala" in world.says(BORN)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000,
        "\U0001f600" * 50,
        "مرحبا كم علي أن أدفع",
        "a\x00b\x00c",
        "",
        "   ",
        "\ud800",
        "%s{{7*7}}'--",
    ],
    ids=["long", "emoji", "right-to-left", "nul", "empty", "blank", "surrogate", "tricks"],
)
def test_any_text_is_answered_politely_and_stored_safely(world: World, text: str) -> None:
    """Nothing a customer can send breaks a turn."""
    world.customer()
    assert world.says(text)
    with world.database.read() as session:
        state, kept = session.execute(select(tables.Inbox.state, tables.Inbox.text)).one()
    assert state == "done"
    assert "\x00" not in kept
    assert len(kept) <= 4000


def test_a_card_number_is_masked_before_it_is_stored(world: World) -> None:
    """A card number is never kept."""
    world.customer()
    world.says("take it from 4111 1111 1111 1111 please")
    with world.database.read() as session:
        kept = session.scalars(select(tables.Inbox.text)).one()
    assert "4111 1111" not in kept
    assert "1111" in kept


def test_the_same_message_twice_is_answered_once(world: World) -> None:
    """A provider that repeats itself changes nothing."""
    world.customer()
    arrival = world.phones[Channel.SMS].says("+15035550142", "hello", world.now)
    assert world.arrives(arrival) is not None
    assert world.arrives(arrival) is None
    assert world.deliver() == 1


def test_what_the_carrier_stopped_is_stopped_without_a_word(world: World) -> None:
    """An opt-out the carrier answered needs no second answer, and counts all the same."""
    world.customer()
    world.bill(due=date(2026, 2, 1))
    stopped = Arrival(Channel.SMS, "S1", "+15035550142", "STOP", world.now, ArrivalKind.STOPPED)
    world.arrives(stopped)
    assert world.deliver() == 0
    assert world.preview()[0].reason == "stopped"


def test_a_failing_turn_is_tried_three_times_and_then_given_to_a_person(world: World) -> None:
    """A turn that cannot be carried out is not lost: a person has it and the customer knows."""
    world.customer()
    with world.database.write() as session:
        bad = tables.Conversation(
            contact_point_id=session.scalars(select(tables.ContactPoint.id)).first(),
            flow="gone_since",
            offer={},
            answers={},
            asked="x",
            asked_at=world.now,
            misreads=0,
            then="",
            started_at=world.now,
            expires_at=world.now.replace(year=2030),
            state="open",
        )
        session.add(bad)
    from handlers.conversation import turn  # noqa: PLC0415 - only here

    world.arrives(world.phones[Channel.SMS].says("+15035550142", "50", world.now))
    for _ in range(2):
        world.later(minutes=2)
        (arrived,) = turn.unanswered(world.database, world.now)
        turn.take(world.database, world.installation, arrived, world.clock)
    world.deliver()
    assert turn.unanswered(world.database, world.now) == []
    assert "turn_failed" in _cases(world)
    assert len(world.screen()) == 1


def test_a_link_binds_a_chat_to_a_customer_once(world: World) -> None:
    """A deep link makes the chat the customer's, and works a single time."""
    world.customer()
    world.bill()
    world.installation = replace(world.installation, link_secret="pretend")
    with world.database.write() as session:
        token = inviting.invite(world.context(session), "ada", "pretend", "kim")
    assert len(token) <= 64
    wrong = token[:-1] + ("y" if token.endswith("x") else "x")
    forged = Arrival(Channel.TELEGRAM, "0", "76", wrong, world.now, ArrivalKind.LINK)
    world.arrives(forged)
    opened = Arrival(Channel.TELEGRAM, "1", "77", token, world.now, ArrivalKind.LINK)
    world.arrives(opened)
    world.deliver()
    assert "assistant" in world.screen("77", Channel.TELEGRAM)[-1].text
    world.says("balance", "77", Channel.TELEGRAM)
    assert "$600.00" in world.says(BORN, "77", Channel.TELEGRAM)
    world.arrives(Arrival(Channel.TELEGRAM, "2", "78", token, world.now, ArrivalKind.LINK))
    world.deliver()
    assert "link" in world.screen("78", Channel.TELEGRAM)[-1].text
    with world.database.read() as session:
        linked = select(func.count()).select_from(tables.Contact)
        assert session.scalar(linked) == 2
