"""Every account on one line, and the list of holds beside it: both say the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from billing.bills.bills import BillState
from handlers.bills import statements
from handlers.desk import holding
from handlers.desk.overview import lines
from handlers.payments import accounting
from storage.ledger import ledger

if TYPE_CHECKING:
    from tests.world import World


def _shown(world: World) -> dict[str, tuple[str, tuple[str, ...]]]:
    with world.database.read() as session:
        found = lines(world.context(session))
        return {line.customer_id: (line.state, line.holds) for line in found}


def _listed(world: World, customer_id: str | None = None) -> list[tuple[str, str, str]]:
    with world.database.read() as session:
        found = holding.in_register(world.context(session), customer_id)
    return [(one.customer_id, one.account_id, one.kind.value) for one in found]


def test_what_the_register_stops_is_held_in_both(world: World) -> None:
    """The dead, minors, and whoever they answer for: held by name in the accounts, listed among the holds."""
    world.customer("bo", phone="+15035550143")
    world.customer("child", guarantor_id="bo", phone="", birth_date=date(2018, 1, 1))
    world.customer("bo", died_on=date(2026, 2, 1), phone="+15035550143")
    world.customer("kid", birth_date=date(2020, 1, 1), phone="+15035550144")
    world.customer("nothing", died_on=date(2026, 2, 1), phone="+15035550145")
    world.customer("well", phone="+15035550146")
    for customer in ("bo", "child", "kid", "well"):
        world.bill(f"B-{customer}", customer, due=world.now.date() - timedelta(days=5))
    assert _shown(world) == {
        "bo": ("held", ("deceased",)),
        "child": ("held", ("deceased",)),
        "kid": ("held", ("minor",)),
        "well": ("overdue", ()),
    }
    assert sorted(_listed(world)) == [
        ("bo", "A-bo", "deceased"),
        ("child", "A-child", "deceased"),
        ("kid", "A-kid", "minor"),
    ]
    assert _listed(world, "child") == [("child", "A-child", "deceased")]
    assert _listed(world, "well") == []


def test_who_comes_of_age_is_held_no_more(world: World) -> None:
    """The day is the person's own: until it begins where they are, they are a minor."""
    world.customer("kid", birth_date=date(2008, 3, 3))
    world.bill("B1", "kid", due=world.now.date() - timedelta(days=5))
    assert _shown(world) == {"kid": ("held", ("minor",))}
    world.later(hours=13, minutes=59)
    assert _listed(world) == [("kid", "A-kid", "minor")]
    world.later(minutes=1)
    assert _shown(world) == {"kid": ("overdue", ())}
    assert _listed(world) == []


SAID = {
    "deceased": "my wife has passed away",
    "legal": "talk to my lawyer",
    "minor": "i'm a minor",
    "crisis": "I want to kill myself",
    "wrong_number": "wrong number",
    "hardship": "I lost my job",
}


def test_what_is_said_by_text_is_held_by_the_same_names(world: World) -> None:
    """A death, a lawyer, a minor, a crisis told by text hold the account, each under its own name."""
    for number, (kind, text) in enumerate(SAID.items()):
        phone = f"+1503555015{number}"
        world.customer(kind, phone=phone)
        world.bill(f"B-{kind}", kind, due=world.now.date() - timedelta(days=5))
        world.says(text, phone)
    assert _shown(world) == {kind: ("held", (kind,)) for kind in SAID}
    assert _listed(world) == []


def test_what_is_owed_is_one_number(world: World) -> None:
    """Accounts, aging and statement agree: a bill that is open, or closed with a rest, is not owed yet."""
    world.customer()
    world.bill("ISSUED", amount=46775)
    world.bill("OPEN", amount=135000, state=BillState.OPEN)
    world.bill("CLOSED", amount=700, state=BillState.CLOSED)
    assert _owed(world) == [46775, 46775, 46775]
    world.pays("ISSUED", 50000)
    assert _owed(world) == [-3225, -3225, -3225]
    with world.database.read() as session:
        assert ledger.owing_together(session, -3225, "USD") == ["A-ada"]


def _owed(world: World) -> list[int]:
    with world.database.read() as session:
        (line,) = lines(world.context(session))
        aged = accounting.aging(session, world.now.date())
        stated = statements.read(world.context(session), "ada", None, None).statement
    return [
        line.balance,
        sum(one.total for one in aged.customers) - aged.credits.get("USD", 0),
        stated.closing,
    ]
