"""A person is erased: what goes, what is kept, and who may not come back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.ledger.money import Money
from billing.policy.parts import Retention
from handlers.bills.bills import BillRow, add_bill
from handlers.clock import orphan_holds
from handlers.desk import holding
from handlers.desk.messages import NoSuchCustomer
from handlers.import_results import ImportChange
from handlers.payments import payments
from handlers.payments.payments import PaymentRow
from handlers.people import register
from handlers.people.register import CustomerRow
from handlers.privacy import erasing
from handlers.privacy.open_matters import NotSettled
from handlers.registered import WasErased
from storage import tables
from storage.people import contact_points
from tests.handlers.conversation.test_enrolment import enrols

if TYPE_CHECKING:
    from billing.accounts.holds import HoldKind as Kind
    from tests.world import World

pytestmark = pytest.mark.both_databases

PHONE = "+15035550142"
NAME = "Ada Quillfeather"
SIGNS = ("quillfeather", "5550142", "1980-02-28", "19800228", "zebrine")


def _erase(world: World, customer_id: str = "ada", anyway: str = "") -> erasing.Erased:
    return erasing.erase(world.database, world.installation, world.clock, customer_id, "desk", anyway)


def _settled(world: World) -> None:
    """A customer with a bill that was reminded of, asked about, told about at the desk, and paid."""
    world.customer(name=NAME, address="7 Zebrine Road", postal_code="97201")
    world.bill()
    world.run()
    world.deliver()
    world.says("balance")
    world.says("1980-02-28")
    world.says(f"my name is {NAME}, let me talk to a person about zebrine pills")
    world.pays("B1", 60000)


def _dump(world: World) -> str:
    """Everything that is stored, as one text in lower case."""
    found: list[Any] = []
    with world.database.read() as session:
        for table in tables.Table.metadata.sorted_tables:
            found += [list(row) for row in session.execute(select(table))]
    return json.dumps(found, default=str, ensure_ascii=False).lower()


def _trail(world: World) -> list[tuple[Any, ...]]:
    row = tables.Audit
    with world.database.read() as session:
        found = session.execute(select(row.at, row.actor, row.action, row.subject).order_by(row.id))
        return [tuple(one) for one in found]


def _entries(world: World) -> list[tuple[Any, ...]]:
    with world.database.read() as session:
        return [tuple(one) for one in session.execute(select(tables.Entry.__table__))]


def _place(world: World, kind: Kind) -> None:
    with world.database.write() as session:
        context = world.context(session)
        holding.place(context, holding.of_customer(session, "ada"), kind, "why", None, "desk")


def test_nothing_of_the_person_is_left_and_the_books_are_as_they_were(world: World) -> None:
    """Name, number, birth date and words are nowhere; entries and the audit trail are what they were."""
    _settled(world)
    before, entries, trail = _dump(world), _entries(world), _trail(world)
    assert all(sign in before for sign in ("quillfeather", "5550142", "1980-02-28", "zebrine"))
    done = _erase(world)
    assert done.already is None
    left = _dump(world)
    assert [sign for sign in SIGNS if sign in left] == []
    assert _entries(world) == entries
    after = _trail(world)
    assert after[: len(trail)] == trail
    assert [one[2] for one in after[len(trail) :]] == ["person_erased"]
    assert world.owed() == 0
    assert world.queue() == []


def test_a_second_time_changes_nothing(world: World) -> None:
    """Who was erased is not erased again, and it is said since when."""
    _settled(world)
    _erase(world)
    before = _dump(world)
    world.later(days=3)
    assert _erase(world).already == world.now - timedelta(days=3)
    assert _dump(world) == before


def test_nobody_of_that_id_is_refused(world: World) -> None:
    """An id that is not registered is no erasure."""
    with pytest.raises(NoSuchCustomer):
        _erase(world, "nobody")


def test_what_is_open_is_named_with_what_to_do(world: World) -> None:
    """A debt, a dispute and a guarantor's child are each named; nothing is changed."""
    world.customer(name=NAME)
    world.bill()
    _place(world, HoldKind.DISPUTE)
    before = _dump(world)
    with pytest.raises(NotSettled) as refused:
        _erase(world)
    said = str(refused.value)
    assert "\n" not in said
    for word in ("$600.00", "B1", "write-off", "hold 1", "dispute", "--anyway"):
        assert word in said
    assert _dump(world) == before
    world.customer("kid", name="Emma Quillfeather", phone="", birth_date=date(2016, 5, 5), guarantor_id="ada")
    with pytest.raises(NotSettled, match="answer for the bills of kid"):
        _erase(world, anyway="a court says so")


def test_with_a_reason_a_debtor_is_erased_and_never_reminded(world: World) -> None:
    """The debt stays in the books as it was, and nobody is asked for it any more."""
    world.customer(name=NAME)
    world.bill()
    _erase(world, anyway="the court of Elm says so")
    assert world.owed() == 60000
    world.live(60)
    orphan_holds.raise_orphans(world.database, world.installation, world.clock)
    assert [one.text for one in world.screen(PHONE) if one.text] == []
    assert world.queue() == []
    with world.database.read() as session:
        assert session.scalar(select(tables.Erasure.anyway)) == "the court of Elm says so"


def test_the_person_is_not_registered_again_under_any_id(world: World) -> None:
    """The same id, and the same name with the birth date or the number, are refused in one line."""
    _settled(world)
    _erase(world)
    for row in (
        CustomerRow("ada", "Somebody Else"),
        CustomerRow("p-77", NAME.upper(), date(1980, 2, 28), PHONE, country="US"),
        CustomerRow("p-78", f" {NAME}", birth_date=date(1980, 2, 28)),
        CustomerRow("p-79", NAME, phone="(503) 555-0142", country="US"),
    ):
        with (
            pytest.raises(WasErased, match="kvitt privacy readmit ada") as refused,
            world.database.write() as session,
        ):
            register.add_customer(world.context(session), row)
        assert NAME.lower() not in str(refused.value).lower()
    with pytest.raises(WasErased), world.database.write() as session:
        add_bill(world.context(session), BillRow("B9", "ada", world.now.date(), world.now.date(), "USD", 1))
    with world.database.write() as session:
        other = CustomerRow("p-80", NAME, birth_date=date(1991, 1, 1), phone="+15035550177", country="US")
        assert register.add_customer(world.context(session), other) is ImportChange.NEW


def test_a_stop_outlives_the_person(world: World) -> None:
    """Whoever is registered with a number where the erased person said stop is not written to there."""
    world.customer(name=NAME)
    world.says("STOP")
    _erase(world)
    assert "5550142" not in _dump(world)
    world.customer("bo", name="Bo Ek", birth_date=date(1990, 1, 1))
    world.bill("B2", "bo")
    world.live(40)
    assert [one.text for one in world.screen(PHONE)][1:] == []
    with world.database.read() as session:
        found = contact_points.find(session, Channel.SMS, PHONE)
        assert found is not None
        assert found.stopped_at is not None


@pytest.mark.parametrize("kind", [HoldKind.DECEASED, HoldKind.WRONG_NUMBER])
def test_a_number_of_who_died_or_of_somebody_else_is_kept_closed(world: World, kind: Kind) -> None:
    """Not only who said stop is left in peace."""
    world.customer(name=NAME)
    words = "he died last week" if kind is HoldKind.DECEASED else "wrong number, i dont know this person"
    world.bill()
    world.run()
    world.deliver()
    world.says(words)
    world.pays("B1", 60000)
    _erase(world)
    with world.database.write() as session:
        made = contact_points.at(session, Channel.SMS, PHONE, (), "en", world.now)
        assert contact_points.get(session, made).stopped_at is not None


def test_a_number_without_a_stop_is_free_again(world: World) -> None:
    """Who never said stop leaves a number that the next one may be written to at."""
    _settled(world)
    _erase(world)
    with world.database.write() as session:
        made = contact_points.at(session, Channel.SMS, PHONE, (), "en", world.now)
        assert contact_points.get(session, made).stopped_at is None


def test_on_a_shared_phone_the_other_stays(world: World) -> None:
    """The texts, the number and the consent of who is reached there too are untouched."""
    world.customer(name=NAME)
    world.customer("bo", name="Bo Ek", birth_date=date(1990, 1, 1))
    world.bill("B2", "bo")
    world.says("balance")
    world.says("1990-01-01")
    world.says("zebrine stays with me")
    _erase(world)
    left = _dump(world)
    assert "bo ek" in left
    assert "zebrine stays with me" in left
    assert "5550142" in left
    assert "quillfeather" not in left
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(tables.Contact)) == 1


def test_what_others_wrote_about_the_person_loses_the_person(world: World) -> None:
    """Another customer's text, a bank's line and a stop of all sending are rid of name and number."""
    world.customer(name=NAME)
    world.customer("bo", name="Bo Ek", phone="+15035550177", birth_date=date(1990, 1, 1))
    world.says(f"I pay for {NAME} ({PHONE}) on friday", "+15035550177")
    _erase(world)
    with world.database.read() as session:
        assert session.scalar(select(tables.Inbox.text)) == "I pay for [erased 1] ([erased 1]) on friday"


def test_a_namesake_keeps_the_name(world: World) -> None:
    """A son of the same name is not renamed."""
    world.customer(name=NAME)
    world.customer("son", name=NAME, phone="+15035550177", birth_date=date(2001, 1, 1))
    _erase(world)
    with world.database.read() as session:
        assert session.get_one(tables.Customer, "son").name == NAME


def test_readmitted_they_are_a_customer_again(world: World) -> None:
    """By their own wish they may be registered; a stop of theirs still counts."""
    world.customer(name=NAME)
    world.says("STOP")
    _erase(world)
    with world.database.write() as session:
        erasing.readmit(world.context(session), "ada", "desk")
    world.customer(name=NAME)
    with world.database.read() as session:
        row = session.get_one(tables.Customer, "ada")
        found = contact_points.find(session, Channel.SMS, PHONE)
        assert (row.name, row.erased_at) == (NAME, None)
        assert found is not None
        assert found.stopped_at is not None
    assert _erase(world).already is None


def test_who_enrols_after_being_erased_is_left_to_a_person(world: World) -> None:
    """A conversation registers nobody who was erased; the desk hears how they can be."""
    _settled(world)
    _erase(world)
    enrols(world, PHONE, NAME, "1980-02-28")
    [case] = [one for one in world.queue() if one.kind == "erased"]
    assert "kvitt privacy readmit ada" in case.reason
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(tables.Customer)) == 1


def test_records_go_when_their_time_is_over(world: World) -> None:
    """Words of bills and claims stay until the policy's days after the last entry, figures for good."""
    rules = Retention(source="a test", messages_days=10, records_days=30)
    policy = world.installation.policy.model_copy(update={"retention": rules})
    world.installation = replace(world.installation, policy=policy)
    _settled(world)
    done = _erase(world)
    assert done.records_until == (world.now.date() + timedelta(days=30))
    entries = _entries(world)
    world.later(days=30)
    assert erasing.erase_records(world.database, world.installation, world.clock) == 0
    with world.database.read() as session:
        assert session.get_one(tables.Bill, "B1").description == "Visit"
    world.later(days=1)
    assert erasing.erase_records(world.database, world.installation, world.clock) == 1
    assert erasing.erase_records(world.database, world.installation, world.clock) == 0
    with world.database.read() as session:
        assert session.get_one(tables.Bill, "B1").description == ""
    assert _entries(world) == entries


def test_records_without_an_end_get_one_once_the_policy_names_it(world: World) -> None:
    """What was erased before the policy said how long is counted from the last entry too."""
    _settled(world)
    assert _erase(world).records_until is None
    rules = Retention(source="a test", messages_days=10, records_days=30)
    policy = world.installation.policy.model_copy(update={"retention": rules})
    world.installation = replace(world.installation, policy=policy)
    world.later(days=31)
    assert erasing.erase_records(world.database, world.installation, world.clock) == 1


def test_who_pays_after_an_erasure_is_not_kept(world: World) -> None:
    """A bank names the sender of money that comes late: the money is booked, the name goes."""
    _settled(world)
    _erase(world)
    with world.database.write() as session:
        late = PaymentRow(
            "bank", "late", "B1", Money(500, "USD"), world.now.date(), payer=NAME, text="zebrine"
        )
        payments.book(world.context(session), late)
    erasing.erase_records(world.database, world.installation, world.clock)
    assert "quillfeather" not in _dump(world)
    assert "zebrine" not in _dump(world)
    assert world.owed(None) == -500


def test_who_was_erased_since_a_backup_is_listed(world: World) -> None:
    """A restored backup brings people back: the list says whom to erase again."""
    world.customer(name=NAME)
    _erase(world)
    with world.database.read() as session:
        listed = erasing.erasures_since(session, world.now)
        assert [one.customer_id for one in listed] == ["ada"]
        assert erasing.erasures_since(session, world.now + timedelta(seconds=1)) == []


@pytest.mark.parametrize("column", ["subject", "actor"])
def test_a_permit_lets_words_go_and_nothing_else(world: World, column: str) -> None:
    """Even while somebody is erased, who did what to whom cannot be changed, and no row deleted."""
    _settled(world)
    row = tables.Audit
    for statement in (update(row).values({column: "x"}), delete(row)):
        _refused(world, statement, permitted=True)
    _refused(world, update(row).values(detail={}), permitted=False)


def _refused(world: World, statement: Any, *, permitted: bool) -> None:
    with world.database.write() as session:
        if permitted:
            session.add(tables.ErasurePermit(id=1))
            session.flush()
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(statement)
        session.rollback()
