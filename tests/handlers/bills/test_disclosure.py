"""A guarantor sees of another adult's bills what is owed and when, never what was done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from billing.policy import ContentClass
from billing.policy.parts import GuarantorRules
from handlers.bills import invoices
from handlers.bills.bills import add_charges
from handlers.conversation import bill_page
from handlers.people.register import Charge
from messages.documents import bill_documents
from storage.bills import bill_links
from storage.people import contact_points
from tests.handlers.payers.test_planned import DAY, a_world, plan
from tests.letters import AT_HOME, a_writing_installation, room, text_of
from tests.world import World, an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database.transaction import Database

ADULT, CHILD = date(2001, 4, 5), date(2015, 4, 5)
CLINIC_OF = "Abortion clinic"


def family(database: Database, born: date | None = ADULT, installation: Any = None) -> World:
    """Ada answers for Kim, who was at a clinic that nobody else need know of."""
    world = World(database, installation or an_installation())
    world.customer(**AT_HOME)
    world.customer("kim", name="Kim Lind", birth_date=born, phone="", guarantor_id="ada", consent=False)
    world.bill("B1", "kim", amount=4444, due=world.now.date() - timedelta(days=5), description=CLINIC_OF)
    return world


def itemised(world: World) -> None:
    """The bill has lines, too."""
    with world.database.write() as session:
        line = Charge("L1", "B1", 1, date(2026, 1, 15), "CPT", "59840", "Induced abortion", "1", 4444, 4444)
        add_charges(session, [line])


def allowed(world: World) -> World:
    """The same under a policy that lets guarantors see services."""
    rules = GuarantorRules(source="a law that says so", sees_services=True)
    policy = world.installation.policy.model_copy(update={"guarantor": rules})
    world.installation = replace(world.installation, policy=policy)
    return world


def explained(world: World) -> str:
    """What Ada reads when she asks what the bill is made of."""
    texts = ("explain my bill", "1980-02-28", AT_HOME["postal_code"], "1")
    return "\n".join(world.says(text) for text in texts)


def printed(world: World) -> str:
    """All words of the printed bill."""
    with world.database.write() as session:
        page = invoices.page(world.context(session), "B1", dated_on=world.now.date())
    return text_of(bill_documents.pdf(page))


def named(text: str) -> bool:
    """Whether a text gives the service away."""
    return "abortion" in text.lower() or "59840" in text


@pytest.mark.parametrize("lines", [False, True])
def test_a_guarantor_reads_what_is_owed_and_no_service(database: Database, lines: bool) -> None:
    """In the chat and on paper: the amount and the day, with lines and without."""
    world = family(database)
    if lines:
        itemised(world)
    for text in (explained(world), printed(world)):
        assert "44.44" in text
        assert not named(text)


def test_the_page_of_a_bill_names_no_service(database: Database) -> None:
    """Neither the page nor the paper that can be had there."""
    world = family(database)
    itemised(world)
    with world.database.write() as session:
        point = contact_points.of_customers(session, ["ada"])["ada"][0]
        token = bill_links.make(session, "B1", "ada", point, world.now.replace(year=2027), world.now)
        link = bill_links.find(session, token)
        assert link is not None
        seen = bill_page.view(world.context(session), link)
        paper = bill_page.page(world.context(session), link, "https://elm.example/b/x")
    assert seen.invoice.owed.minor == 4444
    assert not named(repr(seen) + repr(paper))


def test_without_a_birth_date_they_are_an_adult(database: Database) -> None:
    """Nobody knows that they are a child."""
    assert not named(explained(family(database, None)))


@pytest.mark.parametrize("what", [explained, printed])
def test_a_minors_services_are_seen(database: Database, what: Any) -> None:
    """A parent reads what their child's bill is made of."""
    assert named(what(family(database, CHILD)))


@pytest.mark.parametrize("what", [explained, printed])
def test_a_policy_may_say_otherwise(database: Database, what: Any) -> None:
    """With its source."""
    assert named(what(allowed(family(database))))


def test_a_letter_names_who_and_not_what(database: Database, tmp_path: Path) -> None:
    """The letter of a reminder has the patient's name beside the sum."""
    installation = a_writing_installation()
    most = installation.policy.content.model_copy(update={"letter": ContentClass.LINE_ITEMS})
    policy = installation.policy.model_copy(update={"content": most})
    world = family(database, installation=replace(installation, policy=policy))
    itemised(world)
    world.run()
    [(_, where)] = room(world, tmp_path).print_batches(world.now.date(), "desk")
    text = text_of((where / "1-001.pdf").read_bytes())
    assert "Kim Lind" in text
    assert not named(text)


def test_planned_services_of_another_adult_are_not_offered(database: Database) -> None:
    """Who asks what it will cost is not shown what is planned for an adult they answer for."""
    world = a_world(database)
    world.customer("kim", name="Kim Lind", birth_date=ADULT, phone="", guarantor_id="ada", consent=False)
    world.bill("B1", "kim")
    plan(world, DAY, customer_id="kim")
    heard = "".join(world.says(text) for text in ("cost", "1980-02-28"))
    assert "MRI" not in heard
