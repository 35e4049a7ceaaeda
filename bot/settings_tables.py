"""The tables of kvitt.toml: creditor, collectors, payers, costs, claims."""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from stdnum import luhn

from billing.accounts.creditor import Creditor, WayToPay
from billing.accounts.opening_hours import OpeningHours
from billing.bounded_table import BoundedTable
from billing.collection.collectors import Basis, Collector, Rate, Remits
from billing.payers.filing import Filer

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are this machine, to which connections may be unencrypted."""


Worded = str | Annotated[dict[str, str], Field(min_length=1)]
"""Words for customers: in the creditor's language, or by codes of languages: ``{ en = "…", sv = "…" }``."""


def _in(words: Worded, language: str) -> str:
    """The words in a language; those that come first where nobody wrote them in it."""
    return words if isinstance(words, str) else words.get(language) or next(iter(words.values()), "")


def _languages(*all_words: Worded) -> set[str]:
    """The codes of the languages in which any of these is written beside the creditor's own."""
    return {language for words in all_words if not isinstance(words, str) for language in words}


class PayBy(BoundedTable):
    """One way to pay, as the settings in ``kvitt.toml`` name it."""

    model_config = ConfigDict(extra="forbid")
    name: Worded
    details: Worded = ""

    @property
    def languages(self) -> set[str]:
        """The languages it is worded in, by code; none where it has one wording for all."""
        return _languages(self.name, self.details)

    def as_way(self, language: str) -> WayToPay:
        """The way to pay in a language, with its words in the others."""
        translated = {one: WayToPay(_in(self.name, one), _in(self.details, one)) for one in self.languages}
        return WayToPay(_in(self.name, language), _in(self.details, language), translated)


class OpeningTable(BoundedTable):
    """When the creditor's desk is open: ``opening = { mon = ["09:00", "16:00"] }``; other days are closed."""

    model_config = ConfigDict(extra="forbid")
    mon: tuple[time, time] | None = None
    tue: tuple[time, time] | None = None
    wed: tuple[time, time] | None = None
    thu: tuple[time, time] | None = None
    fri: tuple[time, time] | None = None
    sat: tuple[time, time] | None = None
    sun: tuple[time, time] | None = None

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if any(hours and hours[0] >= hours[1] for hours in self._days()):
            raise ValueError("a day opens before it closes")
        return self

    def as_hours(self) -> OpeningHours:
        """The opening hours for the rules; those of the rules where no day is given."""
        return OpeningHours(self._days()) if any(self._days()) else OpeningHours()

    def _days(self) -> tuple[tuple[time, time] | None, ...]:
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


class CreditorTable(BoundedTable):
    """The ``[creditor]`` table: the organisation that is owed."""

    model_config = ConfigDict(extra="forbid")
    name: str = "Your provider"
    phone: str = ""
    hours: Worded = ""
    opening: OpeningTable = Field(default_factory=OpeningTable)
    zone: str = "UTC"
    country: str = ""
    language: str = "en"
    helpline: str = ""
    emergency: str = ""
    ways_to_pay: tuple[PayBy, ...] = ()
    address: tuple[str, ...] = ()
    """Street, place, country: the lines of the sender on a letter."""
    aid_phone: str = ""
    aid_url: str = ""
    company_number: str = ""

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{zone!r} is no time zone; write one like Europe/Stockholm") from None
        return zone

    @field_validator("country")
    @classmethod
    def _two_letters(cls, country: str) -> str:
        if country and not re.fullmatch("[A-Za-z]{2}", country):
            raise ValueError("is no country; write its two letters, like US")
        return country.upper()

    def as_creditor(self) -> Creditor:
        """The creditor for the rules and the wording."""
        facts = self.model_dump(exclude={"zone", "ways_to_pay", "opening", "hours"})
        return Creditor(
            **facts,
            hours=_in(self.hours, self.language),
            hours_translated=self.hours if isinstance(self.hours, dict) else {},
            opening=self.opening.as_hours(),
            zone=ZoneInfo(self.zone),
            ways_to_pay=tuple(way.as_way(self.language) for way in self.ways_to_pay),
        )

    @property
    def languages(self) -> dict[str, set[str]]:
        """The languages, by code, in which hours and ways to pay are written, by the key they are under."""
        return {
            "hours": _languages(self.hours),
            "ways_to_pay": {language for way in self.ways_to_pay for language in way.languages},
        }


class RateTable(BoundedTable):
    """A contingency percentage, and the days past due up to which it applies."""

    model_config = ConfigDict(extra="forbid")
    percent: Decimal = Field(ge=0, le=100)
    up_to_days: int | None = Field(default=None, ge=0)


class CollectorTable(BoundedTable):
    """A ``[[collectors]]`` table: a collector and the contract; amounts in whole currency units."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    name: str = Field(min_length=1)
    statement_of_work: str = Field(min_length=1)
    rates: tuple[RateTable, ...] = Field(min_length=1)
    phone: str = ""
    email: str = ""
    basis: Basis = Basis.PRINCIPAL
    keeps_fees_and_interest: bool = False
    remits: Remits = Remits.NET
    minimum: int = Field(default=0, ge=0)
    recall_days: int = Field(default=0, ge=0)
    four_eyes_above: int | None = Field(default=None, ge=0)

    @field_validator("rates")
    @classmethod
    def _climbing(cls, rates: tuple[RateTable, ...]) -> tuple[RateTable, ...]:
        days = [rate.up_to_days for rate in rates]
        ends = [day for day in days if day is not None]
        if days[-1] is not None or None in days[:-1] or ends != sorted(set(ends)):
            raise ValueError("up_to_days must grow from rate to rate, and the last rate has none")
        return rates

    def as_collector(self) -> Collector:
        """The collector for the rules of placement; amounts stay whole currency units."""
        facts = self.model_dump(exclude={"rates", "keeps_fees_and_interest"})
        rates = tuple(Rate(rate.percent, rate.up_to_days) for rate in self.rates)
        return Collector(**facts, rates=rates, keeps_extras=self.keeps_fees_and_interest)


class PayerTable(BoundedTable):
    """A ``[[payers]]`` table: how one payer is asked about eligibility."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1)
    eligibility: Literal["register", "fhir", "x12"] = "register"
    number: str = Field(default="", pattern=r"^([0-9A-Za-z ]{2,80})?$")
    """For ``x12``: the payer's identifier in files; its id if left out."""
    url: str = ""
    """For ``fhir``: where a CoverageEligibilityRequest is submitted."""
    token: SecretStr | None = None
    timeout_seconds: float = Field(default=10, gt=0, le=30)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.eligibility == "fhir":
            parts = urlsplit(self.url)
            safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
            if not (safe and parts.netloc):
                raise ValueError(f"{self.url!r} is no address that starts with https://")
        return self


class CostsTable(BoundedTable):
    """The ``[costs]`` table: prices of sending, for estimates only."""

    model_config = ConfigDict(extra="forbid")
    sms_price: Decimal | None = Field(default=None, ge=0)
    """Of one SMS segment, in whole units of ``currency``."""
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")

    def of_segments(self, count: int) -> Decimal | None:
        """The cost of these SMS segments; None if no price is set."""
        return None if self.sms_price is None else self.sms_price * count


class ClaimsTable(BoundedTable):
    """The ``[claims]`` table: who files claims as X12, and how the files are addressed."""

    model_config = ConfigDict(extra="forbid")
    npi: str
    tax_id: str = Field(pattern=r"^\d{2}-?\d{7}$")
    street: str = Field(min_length=1)
    city: str = Field(min_length=1)
    region: str = Field(pattern=r"^[A-Z]{2}$")
    postal_code: str = Field(pattern=r"^\d{5}-?\d{4}$")
    """The billing provider's ZIP has nine digits (005010X222A1, loop 2010AA)."""
    sender_id: str = Field(min_length=2, max_length=15)
    receiver_id: str = Field(min_length=2, max_length=15)
    receiver_name: str = Field(min_length=1)
    taxonomy: str = Field(default="", pattern=r"^([0-9A-Z]{10})?$")
    contact: str = ""
    phone: str = ""
    """Of the contact; the creditor's if left out."""
    sender_qualifier: str = Field(default="ZZ", pattern=r"^(01|14|20|27|28|29|30|33|ZZ)$")
    receiver_qualifier: str = Field(default="ZZ", pattern=r"^(01|14|20|27|28|29|30|33|ZZ)$")
    place_of_service: str = Field(default="11", pattern=r"^\d{2}$")
    live: bool = False
    """If false, every file is marked as a test."""

    @field_validator("npi")
    @classmethod
    def _checked(cls, npi: str) -> str:
        if not re.fullmatch(r"[12]\d{9}", npi) or not luhn.is_valid(f"80840{npi}"):
            raise ValueError(f"{npi!r} is no NPI: look for a mistyped digit")
        return npi

    def as_filer(self, creditor: CreditorTable) -> Filer:
        """The filer for claim files."""
        facts = self.model_dump()
        return Filer(name=creditor.name, **facts | {"phone": self.phone or creditor.phone})
