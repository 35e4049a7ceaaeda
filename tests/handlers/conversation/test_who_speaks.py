"""Who is taken for the customer: nobody who says to be somebody else, and nobody who guesses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from handlers.bills import bill_links
from handlers.conversation import bill_page
from handlers.conversation.bill_page import Access
from handlers.desk import cases
from handlers.people import register
from handlers.people.register import Consent
from storage import tables
from storage.people import contact_points
from tests.world import an_installation

if TYPE_CHECKING:
    from tests.world import World

BORN = "1980-02-28"
SAID = (
    "I have power of attorney for my dad",
    "how much does my dad owe",
    "this is her daughter, she died",
    "I am his colleague, he is on vacation",
    "I'm Ada's roommate",
    "this isn't Ada",
    "wrong number",
    "STOP texting, this is his wife",
    "I'm 12",
    "jag är hennes dotter",
    "soy su hija",
)


@pytest.mark.parametrize("text", SAID)
def test_whoever_is_not_the_customer_is_not_taken_for_the_customer(world: World, text: str) -> None:
    """A birth date opens nothing after such words, nor after STOP and START, before a person looked."""
    world.customer()
    world.bill()
    said = world.says(text)
    for later in ("STOP", "START", "what do I owe?", BORN, "balance", BORN, "payment plan", BORN):
        said += world.says(later)
    assert "$" not in said
    kinds = {case.kind for case in world.queue()}
    assert kinds & {"not_the_customer", "representative", "deceased", "wrong_number", "minor"}


def test_whoever_identified_before_such_words_is_not_identified_any_longer(world: World) -> None:
    """In the middle of an identified chat, somebody else is somebody else."""
    world.customer()
    world.bill()
    world.says("what do I owe?")
    assert "$600.00" in world.says(BORN)
    assert "$" not in world.says("this is her daughter. what does she owe?")
    assert "$" not in world.says("what do I owe?")
    assert "$" not in world.says("payment plan")


def test_a_person_who_looked_opens_the_contact_point_again(world: World) -> None:
    """Closing the case clears the mark; the customer identifies anew."""
    world.customer()
    world.bill()
    assert world.heard("I'm not Ada") == ["identity.person_first"]
    assert world.heard("what do I owe?") == ["identity.person_first"]
    (case,) = world.queue()
    assert case.kind == "not_the_customer"
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "mia", "it is her after all", lift=False)
    assert world.heard("what do I owe?") == ["identity.ask"]
    assert "$600.00" in world.says(BORN)


@pytest.mark.parametrize(
    "text", ["I'm not Ada", "I am his colleague, he is on vacation", "jag är hennes dotter"]
)
def test_nobody_is_reminded_where_somebody_else_answers(world: World, text: str) -> None:
    """Neither a reminder nor a collector while nobody has looked; once somebody has, reminders go on."""
    world.customer()
    world.bill()
    world.says(text)
    before = len(world.screen())
    world.live(days=120)
    assert len(world.screen()) == before
    assert {(one.verdict, one.reason) for one in world.preview()} == {("held", "person_first")}
    (case,) = world.queue()
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "mia", "it is her after all", lift=False)
    world.live(days=10)
    assert len(world.screen()) > before


def test_the_case_of_a_representative_takes_the_place_of_the_first(world: World) -> None:
    """Who says by what right makes one case, and the mark stands until that one is closed."""
    world.customer()
    world.bill()
    for text in ("I have power of attorney for my dad", "Eva Lind", "1", "until further notice"):
        world.says(text)
    assert [case.kind for case in world.queue()] == ["representative"]
    assert world.heard("what do I owe?") == ["identity.person_first"]


HINTS = (
    "mom's in hospital and I'm sorting her post. what do I owe",
    "I'm a widow",
    "hers is 1948-05-27",
    "mamma ligger på sjukhus",
)


@pytest.mark.parametrize("text", HINTS)
def test_whose_bill_it_is_is_asked_where_a_text_leaves_it_open(world: World, text: str) -> None:
    """A relative proves nothing: a birth date alone opens nothing, "my own" and the right one do."""
    world.customer()
    world.bill()
    world.says(text)
    assert "identity.whose" in world.heard("balance")
    assert "$" not in world.says(BORN)
    assert world.heard("it is my own") == ["identity.ask"]
    assert "600" in world.says(BORN)
    assert world.heard("balance")[0] == "answers.balance"


@pytest.mark.parametrize("text", HINTS)
def test_whoever_writes_for_somebody_else_waits_for_a_person(world: World, text: str) -> None:
    """The answer "for somebody else" is as if they had said so at once, on the page of a bill as well."""
    world.customer()
    world.bill()
    world.says(text)
    world.says("balance")
    assert world.heard("for somebody else") == ["identity.person_first"]
    said = "".join(world.says(later) for later in ("START", "balance", BORN, "it is my own", BORN))
    assert "600" not in said
    assert {case.kind for case in world.queue()} & {"not_the_customer", "deceased"}


AFTER_IDENTITY = (
    "no creo que él pueda pagar todo",
    "my wife won't say what it is. what's on the bill",
    "how much does my dad owe",
    "my boyfriend can pay 50 a month",
    "why was my wife at your clinic",
    "thats a lot for her",
    "when did the patient have this done",
    "i'm doing this for a neighbour, he's 87",
    "can the estate pay in parts",
    "the owner of this phone is dead. what was the bill for",
    "what does the account holder owe",
    "min fru säger inget, vad är det här för räkning",
)


@pytest.mark.parametrize("text", AFTER_IDENTITY)
def test_a_relative_named_after_identity_has_it_asked_whose_the_bill_is(world: World, text: str) -> None:
    """A phone is picked up by others: nothing more is shown before the bill is said to be one's own."""
    world.customer()
    world.bill()
    world.says("how much do I owe")
    assert "$600.00" in world.says(BORN)
    said = "".join(world.says(one) for one in (text, "balance"))
    assert "600" not in said
    if "In what role" in said:
        return  # who plainly writes for another is asked that instead
    assert "own name" in said or "eget namn" in said or "su nombre" in said
    world.says("2")
    assert "600" in world.says(BORN)


@pytest.mark.parametrize(
    "text",
    [
        "the nurse said it was free",
        "my insurance paid that",
    ],
)
def test_everyday_words_after_identity_ask_nothing_anew(world: World, text: str) -> None:
    """Children, staff and insurers are spoken of by customers themselves."""
    world.customer()
    world.bill()
    world.says("how much do I owe")
    assert "$600.00" in world.says(BORN)
    world.says(text)
    world.says("cancel")
    assert world.heard("balance")[0] == "answers.balance"


ANSWERS_OF_OTHERS = (
    "the patient's is 1980-02-28",
    "not mine, its 1980-02-28",
    "1980-02-28 is ada's",
    "Ada's birthday is 28 feb 1980",
    "the account holder was born on 1980-02-28",
    "Ada was born on 1980-02-28",
    "birth date of Ada Lind: 1980-02-28",
    "nan's: 28.02.1980",
    "let me ask. 28 feb 1980 it says in the passport",
    "el titular nació 1980-02-28",
    "kunden är född 1980-02-28",
)


@pytest.mark.parametrize("answer", ANSWERS_OF_OTHERS)
def test_a_birth_date_in_words_about_another_opens_nothing(world: World, answer: str) -> None:
    """The right date is asked whose it is where its words are not those of its owner."""
    world.customer()
    world.bill()
    world.says("what do I owe?")
    assert "600" not in world.says(answer) + world.says("balance")


@pytest.mark.parametrize(
    "answer", ["I was born on 28 Feb 1980", "Ada Lind, 1980-02-28", "its 02/28/1980 thanks", "28.2.1980"]
)
def test_a_birth_date_in_ones_own_words_is_taken(world: World, answer: str) -> None:
    """Their own name, "I was born", thanks: whoever is asked answers so."""
    world.customer()
    world.bill()
    world.says("what do I owe?")
    assert "$600.00" in world.says(answer)


NOT_OWN = (
    "mine as heir",
    "the bill is in Ada's own name",
    "well it is my own now, I inherited everything",
    "not my own",
)


@pytest.mark.parametrize("answer", NOT_OWN)
def test_only_a_plain_answer_says_that_a_bill_is_ones_own(world: World, answer: str) -> None:
    """*Own* or *mine* beside other words is asked again, or is somebody else."""
    world.customer()
    world.bill()
    said = world.says("how much does my dad owe") + world.says(answer) + world.says(BORN)
    assert "600" not in said


@pytest.mark.parametrize(
    "text",
    [
        "can u tell me wat my mam owes ye",
        "whats adas balance",
        "Jenny. what's the balance",
        "Ada Bergs saldo",
    ],
)
def test_words_that_nobody_knows_have_it_asked_whose_the_bill_is(world: World, text: str) -> None:
    """Before identity only plain words are taken for a customer's own; what is told of them later is not."""
    world.customer()
    world.bill()
    said = world.says(text) + world.says("balance") + world.says(BORN)
    assert "600" not in said


def test_a_talk_in_which_another_turns_up_is_left_and_not_silent(world: World) -> None:
    """A plan that is being agreed asks whose bill it is as soon as *he* or *she* stands in an answer."""
    world.customer()
    world.bill()
    world.says("can I pay in parts")
    world.says(BORN)
    for text in ("he says 100", "15", "balance"):
        assert world.says(text)
    assert not world.owed("B1") - 60000


@pytest.mark.parametrize("text", ["my mother died two weeks ago", "soy viuda", "min mamma dog i januari"])
def test_a_customer_whose_relative_died_is_spoken_with(world: World, text: str) -> None:
    """Everything is held and a person reads it; whose bill it is may agree a plan meanwhile."""
    world.customer()
    world.bill()
    assert world.heard(text)[-1] == "identity.whose"
    world.says("it is my own" if text.startswith("my") else "2")
    assert "600" in world.says(BORN)
    (case,) = [case for case in world.queue() if case.kind == "deceased"]
    assert case.detail["who_died"] == "the customer writes, with the right birth date: somebody of theirs"
    assert world.heard("payment plan")[0].startswith("payment_plan.")
    world.live(days=60)
    assert {one.reason for one in world.preview()} <= {"deceased", "plan"}


@pytest.mark.parametrize("text", ["hi its jon", "joe here", "what does he owe", "I live with Ada"])
def test_another_who_takes_the_phone_is_not_told_what_the_first_could_hear(world: World, text: str) -> None:
    """Another name, or the customer's as somebody else's, ends what the first had shown."""
    world.customer()
    world.bill()
    world.says("balance")
    world.says(BORN)
    said = world.says(text) + world.says("balance")
    assert "$" not in said
    assert "in your own name" in said


def test_a_text_before_identity_does_not_tell_whose_number_it_is(world: World) -> None:
    """The customer's name and any other are answered alike, known number or not."""
    for number, text in enumerate(("no {} here", "who is {}", "I'm not {}", "{} is at work", "{}'s phone")):
        said = set()
        for place, (known, name) in enumerate(((True, "Ada"), (True, "Mia"), (False, "Ada"))):
            phone = f"+15035550{number}{place}0"
            if known:
                world.customer(f"c{number}{place}", phone=phone)
            said.add(tuple(world.heard(text.format(name), phone)))
        assert len(said) == 1, (text, said)


def test_a_lock_comes_sooner_and_lasts_longer_each_time(world: World) -> None:
    """Whoever tries again whenever a lock is over gets a dozen tries in a year, and makes one case."""
    world.customer()
    world.bill()
    compared = 0
    for _ in range(365):
        for _ in range(3):
            if world.heard("balance") == ["identity.locked"]:
                break
            compared += 1
            world.says("1970-01-01")
        world.later(hours=24)
    assert compared < 15
    (case,) = world.queue()
    assert case.detail["wrong_answers"] == str(compared)


def test_wrong_postal_codes_lock_and_asking_again_does_not_undo_it(world: World) -> None:
    """Sixty wrong codes in one sitting are five that were compared, and one case."""
    world.customer(postal_code="97201")
    world.bill()
    world.says("balance")
    world.says(BORN)
    for number in range(60):
        world.says("change my phone number")
        assert "All correct" not in world.says(f"{10000 + number}")
    assert [case.kind for case in world.queue()] == ["identity_locked"]
    assert world.queue()[0].detail["wrong_answers"] == "5"
    assert world.heard("balance") == ["identity.locked"]


def test_a_stranger_on_another_phone_locks_no_verified_chat(world: World) -> None:
    """Unverified contact points share a budget; the chat that identified before has its own."""
    world.customer()
    world.says("hello", "+15035550177")
    with world.database.write() as session:
        second = contact_points.find(session, Channel.SMS, "+15035550177")
        assert second is not None
        register.bind_chat(world.context(session), "ada", second.id, "an old form")
    world.bill()
    world.says("balance")
    world.says(BORN)
    world.later(days=2)
    for _ in range(8):
        world.says("balance", "+15035550177")
        world.says("1970-01-01", "+15035550177")
    assert "couldn't confirm" in world.says("balance", "+15035550177")
    assert world.heard("balance") == ["identity.ask"]
    assert "$600.00" in world.says(BORN)
    assert "$" not in world.says(BORN, "+15035550177")


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_nothing_unsolicited_goes_to_somebody_else(world: World, channel: Channel) -> None:
    """Neither a reminder nor thanks nor what waits already is sent there before a person has looked.

    A channel of the same phone that comes later is no way round it.
    """
    world.installation = an_installation(thanks=True, available=frozenset(Channel))
    world.customer()
    world.bill()
    world.run()
    world.says("this is her daughter")
    agreed = (Consent(channel, world.now.date(), "signed form"),)
    world.customer(consents=agreed)
    before = len(world.screen())
    world.pays("B1", 1000)
    world.live(8)
    assert len(world.screen()) == before
    with world.database.read() as session:
        sent = select(tables.Outbox.key).where(
            tables.Outbox.purpose == "out", tables.Outbox.state.in_(("sending", "sent"))
        )
        assert session.scalars(sent).all() == []


def test_after_a_person_has_looked_reminders_go_on(world: World) -> None:
    """The mark holds them back, and nothing else does."""
    world.customer()
    world.bill()
    world.says("this is her daughter")
    (case,) = world.queue()
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "mia", "it is her after all", lift=False)
    before = len(world.screen())
    world.live(8)
    assert len(world.screen()) > before


def test_a_birth_date_buys_no_new_tries_at_the_postal_code(world: World) -> None:
    """On a shared phone a thief may become nobody again: the wrong codes stay counted."""
    world.customer(postal_code="97201")
    world.customer("bo", name="Bo Ek", birth_date=date(1979, 5, 6), postal_code="97301")
    compared = 0
    for number in range(20):
        world.says("balance")
        world.says(BORN)
        if world.heard("change my phone number") == ["identity.postal_code"]:
            compared += 1
            world.says(f"{10000 + number}")
        world.says("someone else")
    assert compared == world.installation.policy.identity.tries


@pytest.mark.both_databases
def test_guesses_at_one_moment_share_the_tries(world: World) -> None:
    """On a page and in a chat that never identified: what comes in together is not compared twice."""
    world.installation = an_installation(public_url="https://elm.example", link_secret="secret")
    world.customer()
    world.bill()
    with world.database.write() as session:
        point = contact_points.find(session, Channel.SMS, "+15035550142")
        assert point is not None
        token = bill_links.make(world.context(session), "B1", "ada", point.id).rpartition("/")[2]

    def guess(day: int) -> Access:
        with world.database.write() as session:
            return bill_page.answer(world.context(session), token, date(1970, 1, day), "")[0].access

    tries = world.installation.policy.identity.tries
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(guess, range(1, 2 * tries + 1)))
    assert heard.count(Access.ASK) == tries - 1
    assert world.heard("balance") == ["identity.locked"]
    assert world.queue()[0].detail["wrong_answers"] == str(tries)


@pytest.mark.parametrize(
    "text",
    ["my dad gave me his phone", "tengo la carta de mi papá", "I am a widow", "my daughter helps me write"],
)
def test_what_may_be_anothers_shows_no_balance_to_a_birth_date(world: World, text: str) -> None:
    """Whatever is asked or noted first: the birth date alone opens nothing after such words."""
    world.customer()
    world.bill()
    said = "".join(world.says(one) for one in (text, "balance", BORN))
    assert "600" not in said
