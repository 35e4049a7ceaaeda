"""A clinic that issues bills: charges not billed yet, ways to send bills, and billing runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.bills.bills import BillState
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from handlers.bills.bills import BillRow, add_bill, add_charges
from handlers.dunning.reschedule import reschedule
from handlers.issuing import billing_runs
from storage import tables
from storage.bills import bill_sendings, bills
from storage.bills.bills import Charge
from storage.ledger import ledger
from tests.letters import AT_HOME
from tests.world import CLINIC, World, an_installation

if TYPE_CHECKING:
    from handlers.installation import Installation
    from storage.bills.bill_sendings import BillSending
    from storage.bills.billing_runs import RunBill
    from storage.bills.bills import Bill
    from storage.database.transaction import Database

URL = "https://bills.elm.example"


def a_billing_installation(name: str = "generic", **more: Any) -> Installation:
    """The clinic with letters, SMS and bill pages; ``billing`` changes that part of the policy."""
    rules = more.pop("billing", {})
    made = an_installation(
        name,
        available=frozenset({Channel.SMS, Channel.TELEGRAM, Channel.LETTER, Channel.EMAIL}),
        public_url=URL,
        link_secret="a secret of the tests",
        chats={Channel.SMS: "+15035550100"},
        creditor=replace(
            CLINIC, address=("500 Oak Avenue", "Portland, OR 97205"), aid_url="elm.example/help"
        ),
    )
    policy = made.policy.model_copy(update={"billing": made.policy.billing.model_copy(update=rules)})
    return replace(made, policy=policy, **more)


def a_billing_world(database: Database, **more: Any) -> World:
    """That clinic on a Monday morning, with a database."""
    return World(database, a_billing_installation(**more))


def served(
    world: World, bill_id: str = "B1", customer_id: str = "ada", amount: int = 60000, **more: Any
) -> str:
    """Register a service that is not billed yet, in cents; returns the bill's id.

    ``covered`` is what payers took over.
    """
    covered = more.pop("covered", ())
    day = world.now.date()
    row = BillRow(
        bill_id,
        customer_id,
        day,
        day,
        "USD",
        amount,
        description="Visit",
        state=BillState.OPEN,
        **more,
    )
    with world.database.write() as session:
        for payer_id, _ in covered:
            session.merge(tables.Payer(id=payer_id, name=f"{payer_id.title()} Mutual", kind="insurer"))
        session.flush()
        add_bill(world.context(session), row)
        for payer_id, sum_ in covered:
            paid = Entry(
                f"A-{customer_id}",
                EntryKind.PAYER,
                Money(-sum_, "USD"),
                day,
                f"answer:{bill_id}:{payer_id}",
                bill_id,
                payer_id=payer_id,
            )
            ledger.append(session, [paid], world.now)
        half = amount // 2
        add_charges(
            session,
            [_charge(bill_id, 1, "Office visit", half), _charge(bill_id, 2, "Lab work", amount - half)],
        )
        reschedule(world.context(session), [customer_id])
    return bill_id


def _charge(bill_id: str, position: int, text: str, amount: int) -> Charge:
    number = f"9921{position}"
    return Charge(
        f"{bill_id}-{position}",
        bill_id,
        position,
        date(2026, 2, 20),
        "CPT",
        number,
        text,
        "1",
        amount,
        amount,
    )


def at_home(world: World, customer_id: str = "ada", **more: Any) -> str:
    """Add a customer with a phone and a postal address."""
    return world.customer(customer_id, **(AT_HOME | more))


def proposed(world: World) -> tuple[int, dict[str, RunBill]]:
    """Propose a run; returns its id and what it found, by bill."""
    with world.database.write() as session:
        run_id = billing_runs.propose(world.context(session), "desk")
        _, found = billing_runs.show(session, run_id)
    return run_id, {one.bill_id: one for one in found}


def issued(world: World) -> int:
    """Propose, approve and issue a run; returns how many bills were issued."""
    run_id, _ = proposed(world)
    with world.database.write() as session:
        billing_runs.approve(world.context(session), run_id, "boss")
    return billing_runs.issue(world.database, world.installation, run_id, world.clock)


def bill(world: World, bill_id: str = "B1") -> Bill:
    """A bill as it is stored now."""
    with world.database.read() as session:
        found = bills.find(session, bill_id)
    assert found
    return found


def sendings(world: World, bill_id: str = "B1") -> list[BillSending]:
    """Every attempt to send a bill."""
    with world.database.read() as session:
        return bill_sendings.of_bill(session, bill_id)


def claimed(world: World, bill_id: str, state: str = "sent", payer_id: str = "payer") -> None:
    """Add a claim on a payer for a bill."""
    with world.database.write() as session:
        session.merge(tables.Payer(id=payer_id, name="Blue Harbor", kind="insurer"))
        session.flush()
        account = session.scalar(select(tables.Bill.account_id).where(tables.Bill.id == bill_id))
        customer = session.scalar(select(tables.Account.customer_id).where(tables.Account.id == account))
        line = {
            "position": 1,
            "charge_id": f"{bill_id}-1",
            "service_on": "2026-02-20",
            "code": {"system": "CPT", "code": "99211"},
            "description": "Office visit",
            "amount": 30000,
            "charged": 30000,
            "quantity": "1",
        }
        session.merge(
            tables.Claim(
                key=f"{bill_id}-C1",
                bill_id=bill_id,
                customer_id=customer,
                payer_id=payer_id,
                sequence=1,
                number=1,
                state=state,
                currency="USD",
                amount=30000,
                lines=[line],
                diagnoses=[],
                replaces="",
                their_reference="",
                reason="",
                created_at=world.now,
            )
        )
