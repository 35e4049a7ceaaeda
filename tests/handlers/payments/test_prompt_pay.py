"""Paying promptly: promised with the bill, told in the chat, booked when earned, back when it bounces."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from billing.costs.prices import Price
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from billing.payers.claims import Code
from billing.policy import PromptPay
from handlers.bills import invoices
from handlers.payments import chargebacks, corrections, payments
from handlers.payments.payments import PaymentRow
from messages.documents import bill_documents
from storage.costs import prices
from storage.ledger import ledger
from storage.payments import payments as kept
from tests.issuing import a_billing_world, bill, issued, served

if TYPE_CHECKING:
    from storage.database.transaction import Database
    from tests.world import World

RULES = PromptPay(source="our choice", percent=10, within_days=10)


@pytest.fixture
def clinic(database: Database) -> World:
    """A clinic that takes ten per cent off what is paid within ten days, and a bill of 600 dollars."""
    world = a_billing_world(database)
    policy = world.installation.policy.model_copy(update={"prompt_pay": RULES})
    world.installation = replace(world.installation, policy=policy)
    world.customer()
    served(world)
    assert issued(world) == 1
    world.deliver()
    return world


def pays(world: World, amount: int, days: int = 0, number: int = 1, named: str = "B1") -> None:
    """Money comes in so many days after the bill."""
    day = bill(world).issued_on + timedelta(days=days)
    row = PaymentRow("bank", f"P{number}", named, Money(amount, "USD"), day)
    with world.database.write() as session:
        payments.book(world.context(session), row)


def taken_off(world: World) -> list[int]:
    """Every entry of the rule, reversals not among them."""
    with world.database.read() as session:
        return [one.amount.minor for one in ledger.of_bill(session, "B1") if one.rule == "prompt_pay"]


def test_the_promise_stands_on_the_bill_and_is_told(clinic: World) -> None:
    """On paper and on the page, and to whoever asks how to pay or whether it can be cheaper."""
    with clinic.database.read() as session:
        found = invoices.read(clinic.context(session), "B1").invoice
    words = bill_documents.prompt_notice(found, "en", clinic.now.date())
    assert words == "Pay $540.00 by March 12, 2026 and $60.00 is taken off this bill."
    assert bill_documents.prompt_notice(found, "en", date(2026, 3, 13)) == ""
    clinic.says("can it be cheaper?")
    said = clinic.says("1980-02-28")
    assert "Pay $540.00 by" in said
    assert "help with the cost" in said
    assert "$60.00 is taken off" in clinic.says("how can I pay?")
    clinic.later(days=11)
    clinic.says("can I get a discount?")
    assert "taken off" not in clinic.says("1980-02-28")


def test_what_covers_the_rest_in_time_settles_the_bill(clinic: World) -> None:
    """Booked as an adjustment of its own rule, once; what came later on is a credit."""
    pays(clinic, 54_000, 10)
    assert clinic.owed_by_bill() == {}
    assert taken_off(clinic) == [-6_000]
    pays(clinic, 1_000, 10, 2)
    assert (clinic.owed_by_bill(), taken_off(clinic)) == ({None: -1_000}, [-6_000])
    with clinic.database.read() as session:
        found = invoices.read(clinic.context(session), "B1").invoice
    assert bill_documents.prompt_notice(found, "en", clinic.now.date()) == ""


def test_two_parts_in_time_earn_it(clinic: World) -> None:
    """The day that counts is the day it was paid, however late we hear of it."""
    pays(clinic, 30_000, 3)
    assert clinic.owed_by_bill() == {"B1": 30_000}
    clinic.later(days=15)
    pays(clinic, 24_000, 10, 2)
    assert (clinic.owed_by_bill(), taken_off(clinic)) == ({}, [-6_000])


def test_late_money_earns_nothing(clinic: World) -> None:
    """A day after the promise ends the whole bill is owed."""
    pays(clinic, 30_000, 3)
    pays(clinic, 24_000, 11, 2)
    assert (clinic.owed_by_bill(), taken_off(clinic)) == ({"B1": 6_000}, [])


def test_who_pays_all_of_it_in_time_has_the_discount_as_credit(clinic: World) -> None:
    """Nobody loses it for having paid too much: the next bill uses it."""
    pays(clinic, 60_000)
    assert (clinic.owed_by_bill(), taken_off(clinic)) == ({None: -6_000}, [-6_000])


def test_money_that_bounces_takes_the_discount_with_it(clinic: World) -> None:
    """All of the bill is owed again, and paid again in time it is earned again."""
    pays(clinic, 54_000)
    with clinic.database.write() as session:
        payments.take_back(clinic.context(session), "bank", "P1", bounced=True)
    assert clinic.owed_by_bill() == {"B1": 60_000}
    pays(clinic, 54_000, 9, 2)
    assert clinic.owed_by_bill() == {}
    assert taken_off(clinic) == [-6_000, -6_000]


def test_money_that_is_moved_or_charged_back_takes_it_too(clinic: World) -> None:
    """And gives it back when the chargeback is won."""
    clinic.customer("eva", name="Eva", phone="+15035550143")
    clinic.bill("B9", "eva", 70_000)
    pays(clinic, 54_000)
    with clinic.database.write() as session:
        payment = kept.find(session, "bank", "P1")
        assert payment
        chargebacks.open_(clinic.context(session), payment, "x", "C1", Money(54_000, "USD"), "")
    assert clinic.owed_by_bill() == {"B1": 60_000}
    with clinic.database.write() as session:
        chargebacks.close(clinic.context(session), "x", "C1", won=True)
    assert clinic.owed_by_bill() == {}
    with clinic.database.write() as session:
        corrections.move(clinic.context(session), payment.id, "B9", "sam", "misposted")
    assert clinic.owed_by_bill() == {"B1": 60_000}


def test_a_bill_with_a_payers_share_promises_nothing(database: Database) -> None:
    """What a payer left to the person is not lowered, whoever pays when."""
    world = a_billing_world(database)
    world.installation = replace(
        world.installation, policy=world.installation.policy.model_copy(update={"prompt_pay": RULES})
    )
    world.customer()
    served(world, covered=(("blue", 20_000),))
    issued(world)
    assert bill(world).promised is None
    pays(world, 36_000)
    assert world.owed_by_bill() == {"B1": 4_000}


def test_a_bill_that_leaves_late_gives_as_many_days(database: Database) -> None:
    """The days are counted from when it leaves, and end when it is due."""
    world = a_billing_world(database)
    world.installation = replace(
        world.installation, policy=world.installation.policy.model_copy(update={"prompt_pay": RULES})
    )
    world.customer()
    served(world)
    issued(world)
    world.later(days=4)
    world.deliver()
    promised = bill(world).promised
    assert promised
    assert (promised.until - bill(world).issued_on).days == 14


def test_it_is_suggested_beforehand_to_whom_nobody_covers(clinic: World) -> None:
    """What a service costs comes with what paying promptly would take off."""
    with clinic.database.write() as session:
        mri = Price(Code("CPT", "70551"), "MRI of the brain", 100_000, "USD", date(2026, 1, 1))
        prices.save_price(session, mri)
    clinic.says("how much is an MRI?")
    assert "within 10 days of the bill, $100.00 is taken off" in clinic.says("1980-02-28")


def test_everything_on_the_bill_still_adds_up(clinic: World) -> None:
    """Charges are the customer's payments, the adjustment, and what is still owed."""
    for number, amount in enumerate((10_000, 44_000, 2_500), 1):
        pays(clinic, amount, number, number)
        with clinic.database.read() as session:
            entries = ledger.of_bill(session, "B1")
        sums = {kind: sum(e.amount.minor for e in entries if e.kind is kind) for kind in EntryKind}
        off = -sums[EntryKind.ADJUSTMENT]
        left = sum(one.amount.minor for one in entries)
        assert sums[EntryKind.CHARGE] == -sums[EntryKind.PAYMENT] + off + left
        assert off in {0, 6_000}
