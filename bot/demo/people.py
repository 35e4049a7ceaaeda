"""The sample clinic's people and bills. Every name and number is made up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from billing.accounts.channels import Channel
from billing.accounts.creditor import Creditor, WayToPay

ZONE: Final = ZoneInfo("America/Los_Angeles")
START: Final = datetime(2027, 3, 1, 10, 0, tzinfo=ZONE).astimezone(UTC)
"""A Monday morning."""

CLINIC: Final = Creditor(
    name="Elm Street Clinic",
    phone="503-555-0100",
    hours="weekdays 9 to 4",
    zone=ZONE,
    country="US",
    helpline="988",
    ways_to_pay=(
        WayToPay("Card", "elm.example/pay"),
        WayToPay("Check", "Elm Street Clinic, 1 Elm Street, Portland OR"),
    ),
)


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One service on a sample person's bill, in cents."""

    text: str
    cents: int


@dataclass(frozen=True, slots=True)
class SampleBill:
    """A bill due so many days after the demo begins; what an insurer took over of it, in cents."""

    id: str
    due_in: int
    lines: tuple[SampleLine, ...]
    covered: int = 0
    owner: str = ""

    @property
    def total(self) -> int:
        """What the services cost, in cents."""
        return sum(line.cents for line in self.lines)

    @property
    def due_on(self) -> date:
        """The local day it is due."""
        return START.astimezone(ZONE).date() + timedelta(days=self.due_in)


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the sample clinic's people, with a phone."""

    id: str
    name: str
    born: date
    address: str
    channel: Channel = Channel.SMS
    language: str = "en"
    bills: tuple[SampleBill, ...] = field(default_factory=tuple)
    child: str = ""


PEOPLE: Final = (
    Sample(
        "ada",
        "Ada Lindgren",
        date(1984, 2, 28),
        "+15035550142",
        bills=(
            SampleBill(
                "B-1001",
                0,
                (
                    SampleLine("Office visit", 21000),
                    SampleLine("X-ray, left wrist", 46500),
                    SampleLine("Splint", 8900),
                ),
                covered=16400,
            ),
        ),
    ),
    Sample(
        "bo",
        "Bo Carter",
        date(1971, 11, 3),
        "+15035550143",
        bills=(SampleBill("B-1002", 0, (SampleLine("Minor surgery", 48000), SampleLine("Lab work", 4500))),),
    ),
    Sample(
        "carla",
        "Carla Diaz",
        date(1990, 6, 17),
        "+15035550144",
        bills=(SampleBill("B-1003", 0, (SampleLine("Office visit", 21000),), covered=3000),),
    ),
    Sample(
        "dan",
        "Dan Okafor",
        date(1979, 9, 9),
        "51704",
        Channel.TELEGRAM,
        bills=(
            SampleBill("B-1004", 10, (SampleLine("Office visit", 21000), SampleLine("Vaccination", 9500))),
            SampleBill("B-1005", 10, (SampleLine("Allergy test", 32000),), covered=20000, owner="eli"),
        ),
        child="eli",
    ),
    Sample(
        "eva",
        "Eva Holm",
        date(1966, 4, 21),
        "+15035550145",
        language="sv",
        bills=(SampleBill("B-1006", 5, (SampleLine("Läkarbesök", 30000),)),),
    ),
)
"""Ada agrees a plan, Bo never answers, Carla pays in between; Dan (with his child Eli, whose bill is
due on the same day) and Eva wait."""
