"""Every kind of hold that a customer's words place, taken through a turn as the table of kinds says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from billing.accounts.channels import Channel
from billing.accounts.holds import HOLD_OF_INTENT, HoldKind
from handlers.desk import cases
from messages.languages import languages
from messages.understanding.said import said
from messages.understanding.understanding import understand
from storage.conversation import conversations
from storage.dunning import holds
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from tests.world import World

SAID = [(kind, language) for kind in HOLD_OF_INTENT.values() for language in languages()]


def _text(kind: HoldKind, language: str) -> str:
    intent = kind.traits.intent
    for line in said(language):
        if line.intent == intent and not line.put_aside:
            found = understand(line.text, language)
            if found.intent == intent and not found.also and not found.learned:
                return line.text
    raise AssertionError(f"no line of {intent!r} in {language} leads to it")


def test_the_table_says_what_a_turn_needs() -> None:
    """A kind that words lead to has a reply and a case; no two have the same place among them."""
    for kind in HOLD_OF_INTENT.values():
        assert kind.traits.says
        assert kind.traits.case
    assert len({kind.traits.gravity for kind in HOLD_OF_INTENT.values()}) == len(HOLD_OF_INTENT)
    assert {"crisis", "deceased", "legal", "minor", "dispute", "hardship"} <= set(HOLD_OF_INTENT)


@pytest.mark.parametrize(("kind", "language"), SAID, ids=[f"{kind}-{language}" for kind, language in SAID])
def test_words_place_the_hold_say_the_reply_and_open_the_case(
    world: World, kind: HoldKind, language: str
) -> None:
    """What the entry names happens in the same turn, and nothing is demanded any more."""
    world.customer(language=language)
    world.bill(due=date(2026, 2, 1))
    assert world.preview()[0].verdict == "remind"
    assert world.heard(_text(kind, language))[0] == kind.traits.says

    with world.database.read() as session:
        (hold,) = holds.active_holds(session, ["ada"], world.now)["ada"]
        linked = [one.id for one in customers.at_address(session, Channel.SMS, "+15035550142")]
    assert (hold.kind, hold.until, hold.bill_id) == (kind, None, None)
    case = next(one for one in world.queue() if one.kind == kind.value)
    assert (case.reason, case.severity) == (kind.traits.case, kind.traits.severity)
    assert case.deadline == world.context(session).answer_by(kind.traits.severity)
    assert linked == ([] if kind.traits.unlinks else ["ada"])
    assert world.preview()[0].verdict in {"held", "escalate"}


@pytest.mark.parametrize("kind", HOLD_OF_INTENT.values(), ids=str)
def test_with_a_person_only_what_takes_over_is_answered(world: World, kind: HoldKind) -> None:
    """While a person has the conversation the hold is placed in silence, but for a crisis."""
    world.customer()
    world.bill()
    world.says("let me talk to a person")
    with world.database.write() as session:
        cases.take(world.context(session), world.queue()[0].id, "rep")
    heard = world.heard(_text(kind, "en"))
    assert heard == ([kind.traits.says] if kind.traits.takes_over else [])
    assert kind.value in {case.kind for case in world.queue()}


@pytest.mark.parametrize("kind", HOLD_OF_INTENT.values(), ids=str)
def test_only_a_grave_word_interrupts_what_is_told_of_a_hardship(world: World, kind: HoldKind) -> None:
    """In the middle of telling what would help each grave word holds, and what is graver ends the talk."""
    world.customer()
    world.bill()
    assert world.heard("I lost my job")[-1] == "hardship.what_helps"
    world.says(_text(kind, "en"))
    assert kind.value in {case.kind for case in world.queue()}
    with world.database.read() as session:
        point = contact_points.find(session, Channel.SMS, "+15035550142")
        assert point is not None
        talk = conversations.open_one(session, point.id)
        goes_on = talk is not None and talk.flow not in {"identity", "legal"}  # which begins then
    # Whoever says not to be the customer ends the talk that was the customer's.
    ends = kind.traits.interrupts or kind.traits.not_the_customer
    assert goes_on is not ends or kind is HoldKind.HARDSHIP  # which is the answer


def test_danger_is_never_taken_for_an_answer(world: World) -> None:
    """Words that no phrase shows to be danger, and that name a choice of the open question, fetch help."""
    world.customer()
    world.bill()
    assert world.heard("I lost my job")[-1] == "hardship.what_helps"
    assert "988" in world.says("more time? I won't be around much longer anyway")
    assert "crisis" in {case.kind for case in world.queue()}


def test_who_has_somebody_elses_number_is_a_wrong_number(world: World) -> None:
    """In a longer text "someone else" does not say that another has taken the phone."""
    world.customer()
    world.bill()
    world.says("nobody called Karin here, you want someone else")
    assert "wrong_number" in {case.kind for case in world.queue()}
