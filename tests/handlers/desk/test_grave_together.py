"""What is grave, said together with something else: every word acts, whatever stands beside it."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from handlers.desk import cases
from messages.languages import languages
from messages.understanding.understanding import STOPPING, understand
from storage.dunning import holds
from tests.languages import sample

if TYPE_CHECKING:
    from tests.world import World


@pytest.mark.parametrize("language", languages())
def test_two_grave_things_in_one_text_are_both_understood(language: str) -> None:
    """Every pair, in both orders: "my husband died, and I want to die" is no husband who wants to die."""
    said, wrong = sample(language).grave, []
    assert {"crisis", "deceased", "legal", "minor", "dispute", "hardship", "stop"} <= set(said)
    for first, second in permutations(said, 2):
        text = said[first] + sample(language).joined + said[second]
        meaning = understand(text, language)
        if not {first, second} <= {meaning.intent, *meaning.also}:
            wrong.append((text, meaning.intent, meaning.also))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Jag orkar inte leva längre, STOPP", {"stop", "crisis"}),
        ("STOP, ya no quiero vivir", {"stop", "crisis"}),
        ("stop! min advokat svarar", {"stop", "legal"}),
        ("STOP min man har dött", {"stop", "deceased"}),
    ],
)
def test_a_stop_in_one_language_hides_nothing_grave_in_another(text: str, meant: set[str]) -> None:
    """STOP is said in any language, also by somebody whose contact point speaks English so far."""
    meaning = understand(text, "en")
    assert {meaning.intent, *meaning.also} & set(STOPPING) == meant


@pytest.mark.parametrize(
    ("first", "second", "held"),
    [
        ("this bill is wrong", "I lost my job and can't pay", {"dispute", "hardship"}),
        ("I can't pay, I lost my job", "and the bill is wrong", {"dispute", "hardship"}),
        ("I can't pay", "I filed for bankruptcy and the bill is wrong", {"dispute", "hardship", "legal"}),
        ("payment plan", "this bill is wrong and my husband died", {"dispute", "deceased"}),
        ("this bill is wrong", "I want to die", {"dispute", "crisis"}),
    ],
)
def test_grave_words_act_in_the_middle_of_a_conversation(
    world: World, first: str, second: str, held: set[str]
) -> None:
    """A dispute that is being told does not swallow that there is no money either."""
    world.customer()
    world.bill()
    world.says(first)
    world.says(second)
    with world.database.read() as session:
        found = holds.active_holds(session, ["ada"], world.now)["ada"]
    assert {hold.kind.value for hold in found} == held
    assert {case.kind for case in world.queue()} == held


@pytest.mark.parametrize("grave", ["talk to my lawyer", "this bill is wrong", "my husband died"])
@pytest.mark.parametrize(
    "asked",
    [
        "is payment required?", "what happens if I don't pay?", "who pays for this now?",
        "is it ok if I do not pay?", "payment plan", "can I pay 50 a month", "I'll pay on friday",
        "¿me toca pagar a mí?", "är det jag som ska betala?", "balance",
    ],
)  # fmt: skip
def test_no_words_lead_to_ways_to_pay_after_something_grave(world: World, grave: str, asked: str) -> None:
    """Whatever the words are: a person answers, and nobody is offered PAY, PLAN or an instalment."""
    world.customer()
    world.bill()
    world.says("balance")
    assert "PAY" in world.says("1980-02-28")
    world.says(grave)
    world.says("cancel" if "wrong" not in grave else "it is the wrong amount")
    said = world.says(asked)
    assert not {"PAY", "PLAN", "BETALA", "PAGAR", "month?"} & set(said.replace(",", " ").split()), said


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("thanks", False), ("Thank you!", False), ("gracias", False), ("tack så mycket!", False),
        ("Thanks! Have a good weekend.", False), ("🙏", False), ("ok thanks bye", False),
        ("thanks. the papers burned", True), ("gracias, ¿y cuándo?", True), ("thanks?", True),
        ("hello is anybody there?", True), ("thank you. my number is 555", True), ("yes", True),
        ("tack, men när?", True),
    ],
)  # fmt: skip
def test_only_a_courtesy_waits_for_no_answer(world: World, text: str, waits: bool) -> None:
    """A question or a sentence beside the thanks is one that somebody answers."""
    world.customer()
    world.says("let me talk to a person")
    (case,) = world.queue()
    with world.database.write() as session:
        cases.answer(world.context(session), case.id, "kim", "Hello, Kim here.")
    world.says(text)
    (case,) = world.queue()
    assert (case.unanswered_since is not None) is waits


def test_after_an_expired_question_the_customer_waits_again(world: World) -> None:
    """A question of ours that nobody answered for days does not answer what is written then."""
    world.customer()
    world.bill()
    world.says("this bill is wrong")
    assert [case.unanswered_since for case in world.queue()] == [None]
    world.now += timedelta(days=8)
    world.says("the bill is still wrong")
    (case,) = world.queue()
    assert case.unanswered_since == world.now
