"""How the bot speaks: who it is, to whom, once in the same words; what lapsed; when it is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.desk import cases

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture
def owing(world: World) -> World:
    """A customer with a bill."""
    world.customer()
    world.bill()
    return world


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ("are you a person?", "No,"),
        ("am I talking to a human", "No,"),
        ("are you a robot?", "Yes,"),
        ("är du en människa?", "Nej,"),
        ("är du en robot?", "Ja,"),
        ("¿es usted una persona?", "No,"),
    ],
)
def test_who_asks_for_a_person_or_a_machine_gets_the_right_word_first(
    world: World, said: str, begins: str
) -> None:
    """The same truth, as the answer to what was asked."""
    heard = world.says(said)
    assert heard.startswith(begins)
    assert "automat" in heard or "virtual" in heard


def test_the_question_who_writes_says_who_asks_and_why(owing: World) -> None:
    """The first message names the clinic, and no bill beside it."""
    asked = owing.says("balance")
    assert asked.startswith("Elm Street Clinic here. So that only you see")
    assert not {"bill", "pay", "owe", "debt"} & set(asked.lower().split())


def test_no_question_is_asked_twice_in_the_same_words(owing: World) -> None:
    """Whatever is said to the question who writes, it comes in other words each time."""
    heard = [
        owing.says(text)
        for text in ("balance", "how can I pay?", "bananas", "purple", "1980-02-27", "1980-02-26")
    ]
    questions = [text.rsplit("\n\n", 1)[-1] for text in heard]
    assert len(questions) == len(set(questions))


def test_after_something_else_the_question_comes_again_with_a_word_about_it(owing: World) -> None:
    """A digression is answered, and then we go back to what was asked."""
    owing.says("plan")
    owing.says("1980-02-28")
    heard = owing.heard("how much do I owe?")
    assert heard[-2:] == ["talk.back_to_it", "payment_plan.how_much"]


@pytest.mark.parametrize("text", ["1980-02-28", "503", "yes", "ada@elm.example", "no"])
def test_what_is_no_reason_is_not_taken_for_one(owing: World, text: str) -> None:
    """A date, a number, a yes: what is wrong with the bill is asked again."""
    owing.says("this bill is wrong")
    assert owing.heard(text)[0] in {"talk.too_little", "talk.misread"}
    assert owing.heard("I was never there in January") == ["dispute.noted"]


@pytest.mark.parametrize(("text", "taken"), [
    ("Friday", False), ("next friday", False), ("12345", False), ("yes", False),
    ("Domingo García", True), ("April Lund", True), ("Bo", True),
])  # fmt: skip
def test_a_day_is_no_name(world: World, text: str, taken: bool) -> None:
    """Who registers gives a name; those that are days of the week in another language are names, too."""
    world.says("I want to register")
    assert (world.heard(text) == ["enrolment.birth_date"]) is taken


def test_a_parent_is_spoken_to_as_one(owing: World) -> None:
    """Who writes for their child is asked for their own birth date, and the child's is not taken for it."""
    assert owing.heard("I write for my son") == ["identity.whose_child"]
    assert owing.heard("it is my own") == ["identity.ask_parent"]
    assert owing.heard("2016-05-01") == ["identity.again_parent"]
    assert owing.heard("1980-02-28") == ["answers.balance"]


def test_a_late_yes_agrees_to_nothing_and_is_answered_so(owing: World) -> None:
    """A question that lapsed says that it lapsed, before the clock has had time to say it."""
    for text in ("plan", "1980-02-28", "3 months", "25"):
        owing.says(text)
    owing.later(hours=30)
    assert owing.heard("yes") == ["talk.lapsed"]


def test_a_late_answer_that_begins_anew_says_so(owing: World) -> None:
    """An answer that is also a wish begins anew, and hears that the first question was closed."""
    owing.says("plan")
    owing.says("1980-02-28")
    owing.later(hours=30)
    assert owing.heard("3 months")[0] == "talk.begin_again"


def test_a_new_name_is_noted_for_a_person(owing: World) -> None:
    """Nothing is changed by itself."""
    for text in ("I have a new surname", "1980-02-28"):
        owing.says(text)
    assert owing.heard("Ada Berg") == ["contact_details.noted"]
    (case,) = owing.queue()
    assert case.detail["name"] == "Ada Berg"


def test_who_waits_for_a_person_is_answered_until_one_talks(owing: World) -> None:
    """The bot goes on, passes on what it does not understand, and is silent while a rep has the case."""
    assert owing.heard("can I talk to a person") == ["person.coming"]
    assert owing.heard("blue sky") == ["person.noted"]
    assert owing.heard("how can I pay?") == ["answers.how_to_pay"]
    (case,) = owing.queue()
    with owing.database.write() as session:
        cases.take(owing.context(session), case.id, "kim")
    assert owing.heard("how can I pay?") == ["person.noted"]
    assert owing.heard("how can I pay?") == []
    with owing.database.write() as session:
        cases.give_back(owing.context(session), case.id, "kim", "lunch")
    assert owing.heard("how can I pay?") == ["answers.how_to_pay"]


def test_a_bounce_in_a_text_is_a_case(owing: World) -> None:
    """Where an automatic answer says that something did not arrive, silence comes with a case."""
    assert owing.heard("Delivery failed: your message could not be delivered") == []
    assert [case.kind for case in owing.queue()] == ["not_deliverable"]
