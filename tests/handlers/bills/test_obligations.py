"""What somebody accepts beforehand is what allows a reminder fee on later bills."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from billing.costs.prices import Price
from billing.dunning.fees import fee_to_agree
from billing.ledger.money import Money
from billing.payers.claims import Code
from billing.payers.obligations import Topic
from billing.policy import load
from handlers.bills import obligations
from handlers.bills.bills import BillRow, add_bill, add_charges, agreed_days
from handlers.payers import due, planning
from handlers.payers.planning import ServiceRow
from handlers.people.register import Charge
from storage import tables
from storage.bills import acceptances, bills
from storage.costs import prices
from storage.people import contact_points, reachability
from tests.issuing import a_billing_world, issued, served
from tests.issuing import bill as issued_bill
from tests.world import CLINIC, World, an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database

VISIT = Code("local", "visit")
PHONE = "+46701740605"


def a_world(database: Database, policy: str = "se") -> World:
    """A Swedish provider with one price, and a customer who is to come in a week."""
    creditor = replace(CLINIC, country="SE", zone=ZoneInfo("Europe/Stockholm"))
    world = World(database, replace(an_installation(policy), creditor=creditor))
    world.customer(country="SE", region="", phone=PHONE, language="en")
    day = world.now.date() + timedelta(days=7)
    with database.write() as session:
        prices.save_price(session, Price(VISIT, "Visit", 90_000, "SEK", date(2026, 1, 1)))
        planning.add(world.context(session), ServiceRow("S1", "ada", day, *_pair()))
    return world


def _pair() -> tuple[str, str]:
    return VISIT.system, VISIT.code


def accepts(world: World) -> str:
    """The customer asks what it costs, hears the obligation, and accepts it; what was said before that."""
    for text in ("what does a visit cost?", "1980-02-28"):
        said = world.says(text, PHONE)
    world.says("I accept", PHONE)
    return said


def kept(world: World) -> list[tuple[str, str]]:
    """What was accepted, by kind and words."""
    with world.database.read() as session:
        row = tables.Acceptance
        return [(kind, text) for kind, text in session.execute(select(row.kind, row.text).order_by(row.id))]


def bill(world: World, bill_id: str, issued_on: date, service_on: date | None = None) -> bool:
    """A bill is registered; whether it may carry a fee."""
    with world.database.write() as session:
        row = BillRow(bill_id, "ada", issued_on, issued_on + timedelta(days=30), "SEK", 90_000)
        add_bill(world.context(session), row)
        if service_on:
            line = Charge(f"c{bill_id}", bill_id, 1, service_on, *_pair(), "Visit", "1", 90_000, 90_000)
            add_charges(session, [line])
    with world.database.read() as session:
        found = bills.find(session, bill_id)
    assert found
    return found.fee_agreed


def test_the_fee_is_stated_before_a_service_and_kept_as_it_was_shown(database: Database) -> None:
    """Before the first planned service it is asked once; the words that were shown are what is kept."""
    world = a_world(database)
    said = accepts(world)
    ((kind, text),) = kept(world)
    assert kind == "obligations"
    assert "60" in text
    assert text in said
    assert "reminder" not in world.says("what does a visit cost?", PHONE)
    with database.read() as session:
        (one,) = acceptances.of_customer(session, "ada")
    assert one.digest == sha256(text.encode()).hexdigest()
    stated = obligations.stated(world.installation)
    assert stated
    assert (one.version, one.days, one.fee) == (stated.version, 30, True)


def test_only_an_older_acceptance_allows_a_fee(database: Database) -> None:
    """Not on the day itself, not for a service before it; and without one there is none."""
    world = a_world(database)
    today = world.now.date()
    assert not bill(world, "B0", today + timedelta(days=9))
    accepts(world)
    assert not bill(world, "B1", today)
    assert bill(world, "B2", today + timedelta(days=9))
    assert bill(world, "B3", today + timedelta(days=9), today + timedelta(days=7))
    assert not bill(world, "B4", today + timedelta(days=9), today)


def test_where_no_fee_has_to_be_agreed_nothing_is_asked(database: Database) -> None:
    """A policy without such a fee states none."""
    world = a_world(database, "generic")
    for text in ("what does a visit cost?", "1980-02-28"):
        said = world.says(text, PHONE)
    assert "reminder" not in said
    assert fee_to_agree(load("us")) is None
    assert fee_to_agree(load("se")) == Money(6_000, "SEK")


def a_clinic(database: Database, **rules: Any) -> World:
    """A clinic that issues bills, with a customer and one price; ``rules`` change what is to be agreed."""
    world = a_billing_world(database)
    agreed = world.installation.policy.obligations
    assert agreed
    policy = world.installation.policy.model_copy(update={"obligations": agreed.model_copy(update=rules)})
    world.installation = replace(world.installation, policy=policy)
    world.customer()
    with database.write() as session:
        prices.save_price(session, Price(VISIT, "Visit", 90_000, "USD", date(2026, 1, 1)))
    return world


def announced(world: World, service_id: str = "S1", days: int = 5) -> list[str]:
    """A service is planned and looked at; what the customer reads of it."""
    world.later(days=8)
    before = len(world.screen())
    with world.database.write() as session:
        day = world.now.date() + timedelta(days=days)
        planning.add(world.context(session), ServiceRow(service_id, "ada", day, *_pair()))
    due.run(world.database, world.installation, world.clock)
    world.deliver()
    return [message.text for message in world.screen()[before:]]


def agrees(world: World, word: str = "ACCEPT") -> str:
    """The customer accepts what was announced; the last they hear."""
    world.says(word)
    asked = world.says("1980-02-28")
    assert "Do you accept" in asked
    return world.says("I accept")


def test_a_planned_service_is_announced_with_what_is_to_be_accepted(database: Database) -> None:
    """It is read in that message; a yes is kept with these very words, and nobody is asked twice."""
    world = a_clinic(database)
    (text,) = announced(world)
    stated = obligations.stated(world.installation)
    assert stated
    words = obligations.wording(world.installation, stated, "en")
    assert words in text
    assert agrees(world) == "Thank you, that is noted."
    assert kept(world) == [("obligations", words)]
    (again,) = announced(world, "S2")
    assert words not in again
    assert "Do you accept" not in world.says("ok")


def test_a_new_version_is_put_to_them_anew(database: Database) -> None:
    """Whoever accepted 30 days is asked again about 45, and both are kept."""
    world = a_clinic(database)
    announced(world)
    agrees(world, "yes")
    rules = world.installation.policy.obligations
    assert rules
    longer = rules.model_copy(update={"days_to_pay": 45})
    world.installation = replace(
        world.installation, policy=world.installation.policy.model_copy(update={"obligations": longer})
    )
    (text,) = announced(world, "S2")
    assert "45 days" in text
    agrees(world)
    with database.read() as session:
        assert [one.days for one in acceptances.of_customer(session, "ada")] == [30, 45]


def test_the_agreed_term_is_what_later_bills_give(database: Database) -> None:
    """A bill for a service after the acceptance gives 45 days; one for a service before it the usual."""
    world = a_clinic(database, days_to_pay=45)
    served(world, "B1")
    announced(world)
    agrees(world)
    world.later(days=3)
    served(world, "B2")
    with database.write() as session:
        session.execute(
            update(tables.Charge)
            .where(tables.Charge.bill_id == "B2")
            .values(service_on=world.now.date() - timedelta(days=1))
        )
    assert issued(world) == 2
    found = {one: issued_bill(world, one) for one in ("B1", "B2")}
    terms = {one: (bill_.due_on - bill_.issued_on).days for one, bill_ in found.items()}
    assert terms == {"B1": 30, "B2": 45}


def test_a_guardians_acceptance_holds_for_the_childs_bills(database: Database) -> None:
    """Who answers for a bill is who has to have agreed."""
    world = a_clinic(database, days_to_pay=45)
    world.customer("kid", phone="", birth_date=date(2018, 5, 5), guarantor_id="ada")
    announced(world)
    agrees(world)
    world.later(days=3)
    served(world, "B1", "kid")
    with database.write() as session:
        session.execute(update(tables.Charge).values(service_on=world.now.date()))
    issued(world)
    found = issued_bill(world)
    assert (found.due_on - found.issued_on).days == 45


def test_a_consent_to_bills_alone_keeps_everything_else_back(database: Database) -> None:
    """Whoever accepts to be written to about bills hears no word of a planned service, but of bills."""
    world = a_clinic(database, topics=(Topic.BILLS,))
    (text,) = announced(world)
    assert "planned for you" not in text.rpartition("We write")[2]
    agrees(world)
    assert announced(world, "S2") == []
    with database.read() as session:
        (way,) = reachability.ways(session, ["ada"])["ada"]
    assert way.reach.about == frozenset({Topic.BILLS})
    world.bill("B1")
    world.later(days=40)
    world.run()
    assert world.deliver() == 1


def test_what_was_queued_before_somebody_narrowed_their_consent_never_leaves(database: Database) -> None:
    """The gate asks again right before it would: the consent speaks of bills only by now."""
    world = a_clinic(database)
    with database.write() as session:
        day = world.now.date() + timedelta(days=5)
        planning.add(world.context(session), ServiceRow("S1", "ada", day, *_pair()))
    due.run(world.database, world.installation, world.clock)
    with database.write() as session:
        point = contact_points.of_customers(session, ["ada"])["ada"][0]
        contact_points.grant(session, "ada", point, world.now.date(), "bills only", [Topic.BILLS])
    assert world.deliver() == 0
    with database.read() as session:
        states = list(session.scalars(select(tables.Outbox.state)))
    assert states == ["dropped"]


def test_a_policy_that_states_nothing_asks_nothing(database: Database) -> None:
    """Without the part only a fee is stated, in the words of the fee; without a fee nothing is."""
    world = a_world(database)
    policy = world.installation.policy.model_copy(update={"obligations": None})
    world.installation = replace(world.installation, policy=policy)
    stated = obligations.stated(world.installation)
    assert stated
    assert (stated.days, [one.key for one in stated.sayings()]) == (None, ["obligations.fee"])
    accepts(world)
    with database.read() as session:
        assert obligations.missing(world.context(session), "ada") is None
        (way,) = reachability.ways(session, ["ada"])["ada"]
    assert way.reach.about is None
    bare = replace(world.installation, policy=policy.model_copy(update={"fees": ()}))
    assert obligations.stated(bare) is None


def test_an_acceptance_of_before_there_were_versions_still_allows_its_fee(database: Database) -> None:
    """It spoke of the fee alone: later bills carry it, their days are the policy's, and the rest is asked."""
    world = a_world(database)
    with database.write() as session:
        words = "A reminder costs 60."
        acceptances.save_acceptance(session, "ada", None, acceptances.REMINDER_FEE, words, "en", world.now)
        assert obligations.missing(world.context(session), "ada") == obligations.stated(world.installation)
    assert bill(world, "B1", world.now.date() + timedelta(days=9))
    with database.read() as session:
        found = bills.find(session, "B1")
        assert found
        assert agreed_days(session, found) is None
