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


def test_hours_and_ways_to_pay_come_in_the_language_they_were_written_in() -> None:
    """A language nobody wrote them in has the usual ways, and no hours that are words of another."""
    card = WayToPay("Card", "at the desk", {"sv": WayToPay("Kort", "i receptionen")})
    clinic = Creditor(
        "Clinic", hours="weekdays 9 to 4", hours_translated={"sv": "vardagar 9-16"}, ways_to_pay=(card,)
    )
    assert [clinic.hours_in(one) for one in ("en", "sv", "es")] == ["weekdays 9 to 4", "vardagar 9-16", ""]
    assert [clinic.ways_in(one)[0].details for one in ("en", "sv", "es")] == [
        "at the desk", "i receptionen", "at the desk",
    ]  # fmt: skip
    assert Creditor("Clinic", hours="9-16").hours_in("es") == "9-16"
