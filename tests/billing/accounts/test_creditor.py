"""The creditor: the one provider whose bills these are."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from billing.accounts.creditor import Creditor, WayToPay


def test_a_creditor_needs_only_a_name() -> None:
    """Everything but the name may be left out; then days are counted in UTC and English is spoken."""
    clinic = Creditor("Sample Clinic")
    assert (ZoneInfo("UTC"), "en", ()) == (clinic.zone, clinic.language, clinic.ways_to_pay)


def test_the_ways_to_pay_keep_their_order() -> None:
    """Customers are told of the ways to pay in the order the provider wrote them."""
    ways = (WayToPay("Swish", "123 456 78 90"), WayToPay("Bankgiro", "123-4567"))
    clinic = Creditor("Sample Clinic", ways_to_pay=ways)
    assert [way.name for way in clinic.ways_to_pay] == [
        "Swish",
        "Bankgiro",
    ]
