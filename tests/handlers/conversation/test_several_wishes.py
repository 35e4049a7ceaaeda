"""Several wishes of one text, what is left for another question, and what shows a payment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.agenda import MOST, Agenda, Kept
from storage.conversation import conversations
from storage.desk import escalations

if TYPE_CHECKING:
    from tests.world import World

BORN = "1980-02-28"


def _detail(world: World, kind: str) -> dict[str, str]:
    with world.database.read() as session:
        return next(dict(case.detail) for case in escalations.queue(session) if case.kind == kind)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("i can pay 100 a month, also my e-mail changed to ada@lind.example", "payment_plan.which_day"),
        ("my e-mail changed to ada@lind.example, and when is it due", "answers.due_date"),
        ("paid 200, the rest on Friday, and I have a new number", "already_paid.searched"),
    ],
)
def test_the_first_of_several_wishes_is_met_after_who_it_is(world: World, said: str, heard: str) -> None:
    """All are noted at once; the payment is looked up first, then what is answered at once."""
    world.customer()
    world.bill()
    assert world.heard(said) == ["later.several", "identity.ask"]
    assert heard in world.heard(BORN)


def test_wishes_are_met_one_after_another_and_summed_up(world: World) -> None:
    """The rest is what the payment leaves, and at the end it is said what is done and what is open."""
    world.customer()
    world.bill()
    world.says("paid 20, the rest on Friday, and I have a new number")
    assert world.heard(BORN) == ["already_paid.searched", "later.next", "promise.confirm"]
    assert world.heard("yes") == ["promise.made", "later.next", "contact_details.new_phone"]
    assert world.heard("503 555 0188") == ["contact_details.noted", "later.summary"]
    assert _detail(world, "contact_details") == {"phone": "+15035550188"}


def test_a_plan_left_for_another_question_goes_on(world: World) -> None:
    """Nothing of it is asked again; what is agreed instead takes its place."""
    world.customer()
    world.bill()
    for said in ("payment plan", BORN, "50", "20"):
        world.says(said)
    assert world.heard("can I get a receipt?")[-1] == "receipt.copy"
    assert world.heard("no") == ["receipt.enough", "later.back", "payment_plan.confirm"]
    assert world.heard("yes") == ["payment_plan.opened"]


def test_an_answer_beside_a_wish_is_an_answer(world: World) -> None:
    """The wish is kept, and met afterwards."""
    world.customer()
    world.bill()
    for said in ("payment plan", BORN, "50", "20"):
        world.says(said)
    assert world.heard("yes, and please send me a receipt") == [
        "payment_plan.opened",
        "later.next",
        "receipt.nothing",
        "receipt.copy",
    ]


def test_a_plan_is_not_agreed_by_a_yes_beside_a_payment(world: World) -> None:
    """Whoever says to have paid a part of it does not agree to pay all of it."""
    world.customer()
    world.bill()
    for said in ("payment plan", BORN, "50", "20"):
        world.says(said)
    assert "payment_plan.opened" not in world.heard("yes, but I already paid 40 of it")


def test_the_receipt_that_was_asked_for_goes_to_the_case(world: World) -> None:
    """Its number is read right after it was asked for, and only then."""
    world.customer()
    world.bill()
    for said in ("I already paid this", BORN, "by card on february 20"):
        world.says(said)
    assert world.heard("it is 449-81") == ["already_paid.shown"]
    assert _detail(world, "already_paid")["receipt"] == "it is 449-81"


def test_another_who_writes_does_not_hear_what_was_kept(world: World) -> None:
    """The agenda is one person's: it is dropped where somebody else shows who they are."""
    world.customer()
    world.bill()
    world.says("paid 20, the rest on Friday, and I have a new number")
    world.says("this is not my bill, you have the wrong number")
    with world.database.read() as session:
        row = conversations.open_one(session, 1)
    assert row is None or not row.agenda


def test_an_agenda_is_the_same_after_it_was_stored() -> None:
    """What was kept, what was settled, and no more wishes than can be met."""
    agenda = Agenda()
    agenda.add([Kept(f"wish {number}", "said") for number in range(MOST + 2)])
    agenda.leave(Kept("payment_plan", left={"flow": "payment_plan"}, customer_id="ada"))
    agenda.note_outcome("receipt", "done")
    assert Agenda.of(agenda.packed()) == agenda
    assert len(agenda.kept) == MOST + 1
    assert Agenda.of(Agenda().packed()) == Agenda()
