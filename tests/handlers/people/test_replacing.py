"""A number that another one replaced is retired."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from handlers.desk import confirming
from handlers.desk.confirming import NobodysNumber
from handlers.dunning.reschedule import reschedule
from handlers.import_results import ImportChange
from handlers.people import register
from handlers.people.register import Consent, CustomerRow
from storage import tables
from storage.bills import bill_links
from storage.people import customers
from tests.world import World

if TYPE_CHECKING:
    from storage.database.transaction import Database

OLD, NEW, LATER = "+15035550142", "+15035550177", "+15035550188"
SIGNED = Consent(Channel.SMS, date(2026, 1, 1), "signed form")
SIGNED_AGAIN = Consent(Channel.SMS, date(2026, 3, 1), "signed form")


@pytest.fixture
def world(database: Database) -> World:
    """Ada, who owes for a visit, at the number that she had."""
    world = World(database)
    world.customer(postal_code="97205")
    world.bill()
    return world


def comes(world: World, *consents: Consent, phone: str = NEW, email: str = "") -> ImportChange:
    """Ada's row as the register has it now."""
    row = CustomerRow(
        "ada",
        "Ada Lind",
        date(1980, 2, 28),
        phone,
        email,
        country="US",
        region="CA",
        postal_code="97205",
        consents=consents,
    )
    with world.database.write() as session:
        register.hold(session, {"ada"})
        change = register.add_customer(world.context(session), row)
        reschedule(world.context(session), ["ada"])
        return change


def reached(world: World) -> set[str]:
    """Ada's addresses that are in use."""
    contact, point = tables.Contact, tables.ContactPoint
    found = select(point.address).join(contact, contact.contact_point_id == point.id)
    with world.database.read() as session:
        return set(session.scalars(found.where(contact.removed_at.is_(None))))


def test_a_number_of_the_register_replaces_the_one_before(world: World) -> None:
    """The change is told; reminders go to the new number, for which she signed, and never to the old one."""
    assert comes(world, SIGNED_AGAIN) is ImportChange.REPLACED
    assert comes(world, SIGNED_AGAIN) is ImportChange.SAME
    assert reached(world) == {NEW}
    world.live(8)
    assert world.screen(NEW)
    assert not world.screen(OLD)


def test_what_was_queued_does_not_leave_to_the_old_number(world: World) -> None:
    """A reminder that waits is withdrawn by the gate."""
    world.run()
    comes(world)
    world.deliver()
    assert not world.screen(OLD)


def test_whoever_has_the_old_number_learns_nothing(world: World) -> None:
    """Neither by her birth date, nor because she had shown who she is, nor by an old link, nor in a talk."""
    world.says("balance")
    assert "600" in world.says("1980-02-28")
    world.says("payment plan")
    with world.database.write() as session:
        point = session.scalar(select(tables.ContactPoint.id).where(tables.ContactPoint.address == OLD))
        token = bill_links.make(session, "B1", "ada", point or 0, world.now.replace(year=2027), world.now)
    comes(world)
    for text in ("50", "balance", "1980-02-28", "97205", "pay", "1980-02-28"):
        heard = world.says(text)
        assert "600" not in heard
        assert "Ada" not in heard
    with world.database.read() as session:
        link = bill_links.find(session, token)
        assert link is not None
        assert not link.works(world.now)


def test_a_stop_follows_to_the_new_number(world: World) -> None:
    """Who said STOP at the old number hears nothing at the new one, though a form allows it."""
    world.says("STOP")
    comes(world, SIGNED_AGAIN)
    world.live(8)
    assert not world.screen(NEW)


def test_a_stop_of_the_number_itself_follows_too(world: World) -> None:
    """A stop that came before the number was hers is hers from the day it is replaced."""
    with world.database.write() as session:
        customers.set_stopped(session, ["ada"], None)
        session.scalars(select(tables.ContactPoint)).one().stopped_at = world.now
    comes(world, SIGNED_AGAIN)
    world.live(8)
    assert not world.screen(NEW)


def test_a_consent_does_not_follow(world: World) -> None:
    """The same signed form allowed messages to the old number; a newer one allows the new number."""
    comes(world, SIGNED)
    comes(world, SIGNED)
    world.live(8)
    assert not world.screen(NEW)
    comes(world, SIGNED, SIGNED_AGAIN)
    world.live(8)
    assert world.screen(NEW)


def test_the_register_may_take_its_own_word_back(world: World) -> None:
    """A number that was replaced by mistake is hers again when the register names it again."""
    comes(world)
    assert comes(world, SIGNED, phone=OLD) is ImportChange.REPLACED
    assert reached(world) == {OLD}
    world.live(8)
    assert world.screen(OLD)


def test_there_and_back_ends_no_lock(world: World) -> None:
    """Neither of a chat that had identified, nor of one that never had."""
    world.says("balance")
    world.says("1980-02-28")
    world.later(days=2)
    for day in range(1, 6):
        world.says("balance")
        world.says(f"1970-01-0{day}")
    assert world.heard("balance") == ["identity.locked"]
    comes(world)
    comes(world, phone=OLD)
    assert world.heard("balance") == ["identity.locked"]


def test_a_number_changed_by_chat_retires_the_old_one_after_its_yes(world: World) -> None:
    """Before the yes the old number is hers; afterwards only the new one, whatever an export says."""
    for text in ("change my phone number", "1980-02-28", "97205", NEW):
        world.says(text)
    assert reached(world) == {OLD}
    world.says("yes", NEW)
    assert reached(world) == {NEW}
    assert "600" not in world.says("balance") + world.says("1980-02-28")
    assert comes(world, SIGNED, phone=OLD) is ImportChange.SAME
    assert reached(world) == {NEW}


_ASKED = ("change my phone number", "1980-02-28", "97205")


@pytest.mark.parametrize(
    ("before", "meanwhile", "answer"),
    [
        ((), (OLD, "this is her daughter"), "yes"),
        ((), (), "yes, this is her husband"),
        ((NEW, "wrong number, I don't know Ada"), (), "yes"),
        ((NEW, *(text for day in range(1, 6) for text in ("balance", f"1970-01-0{day}"))), (), "yes"),
    ],
)
def test_a_yes_of_somebody_else_links_nothing(
    world: World, before: tuple[str, ...], meanwhile: tuple[str, ...], answer: str
) -> None:
    """Neither where whoever asked, nor where whoever answers, may be somebody else: a person looks first."""
    for text in before[1:]:
        world.says(text, before[0])
    for text in (*_ASKED, NEW):
        world.says(text)
    for text in meanwhile[1:]:
        world.says(text, meanwhile[0])
    world.says(answer, NEW)
    assert reached(world) == {OLD}
    assert "number_shared" in {case.kind for case in world.queue()}


def test_a_late_yes_does_not_undo_the_register(world: World) -> None:
    """The number that asked was replaced meanwhile: the register's newer one stays."""
    for text in (*_ASKED, NEW):
        world.says(text)
    comes(world, SIGNED_AGAIN, phone=LATER)
    world.says("yes", NEW)
    assert reached(world) == {LATER}


def test_of_two_numbers_given_by_chat_the_first_yes_counts(world: World) -> None:
    """The second was asked from a number that is given up by then."""
    for number in (NEW, LATER):
        for text in (*_ASKED, number):
            world.says(text)
    world.says("yes", NEW)
    world.says("yes", LATER)
    assert reached(world) == {NEW}


def test_back_to_an_earlier_number_by_chat(world: World) -> None:
    """The number that was given up may be confirmed again: then it is hers, and the other one is not."""
    asked = ("change my phone number", "1980-02-28", "97205")
    for text in (*asked, NEW):
        world.says(text)
    world.says("yes", NEW)
    for text in (*asked, OLD):
        world.says(text, NEW)
    world.says("yes", OLD)
    assert reached(world) == {OLD}


def test_an_address_for_mail_is_replaced_like_a_number(world: World) -> None:
    """Only the newest e-mail address is hers; a first one replaces nothing, and counts as a change."""
    assert comes(world, phone=OLD, email="Ada@old.example") is ImportChange.CHANGED
    assert comes(world, phone=OLD, email="ada@old.example") is ImportChange.SAME
    assert comes(world, phone=OLD, email="ada@new.example") is ImportChange.REPLACED
    assert reached(world) == {OLD, "ada@new.example"}


def test_a_row_without_a_number_replaces_none(world: World) -> None:
    """An export that leaves the number out says nothing about it."""
    assert comes(world, phone="") is ImportChange.SAME
    assert reached(world) == {OLD}


def test_not_the_customer_at_the_number_keeps_it(world: World) -> None:
    """Bo lives there too: Ada's new number is hers alone, the old one is his."""
    world.customer("bo", name="Bo Lind", birth_date=date(1979, 5, 6))
    world.bill("B2", "bo", amount=7000)
    comes(world)
    world.says("balance")
    assert "600" not in world.says("1980-02-28")
    assert "70" in world.says("1979-05-06")


def test_a_number_that_the_carrier_gave_to_not_the_customer(world: World) -> None:
    """Everybody there is looked for; an export that still names it does not bring it back."""
    world.customer("bo", name="Bo Lind", birth_date=date(1979, 5, 6))
    with world.database.write() as session:
        people = confirming.number_reassigned(world.context(session), "(503) 555-0142", "desk")
    assert people == ["ada", "bo"]
    assert {case.customer_id for case in world.queue() if case.kind == "number_reassigned"} == {"ada", "bo"}
    assert comes(world, SIGNED, phone=OLD) is ImportChange.SAME
    assert reached(world) == set()
    world.live(8)
    assert not world.screen(OLD)
    with world.database.write() as session, pytest.raises(NobodysNumber):
        confirming.number_reassigned(world.context(session), OLD, "desk")
