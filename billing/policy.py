"""A policy, typed: what may be said to whom, when, and what follows. Policies are data: policies/*.toml."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import time
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from billing.calendar import public_holidays
from billing.channels import Channel
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "policies"
ANNOUNCED = 0
"""The number of the announcement: it comes before the first level and demands nothing."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class BadPolicy(Refusal):
    """A policy file cannot be used."""

    def __init__(self, place: str, key: str, found: str, expected: str) -> None:
        at = f", {key}" if key else ""
        got = f" (found {found})" if found else ""
        super().__init__(f"policy {place}{at}: {expected}{got}")


class ContentClass(IntEnum):
    """How much a message gives away, from least to most."""

    NOTICE = 0
    AMOUNT = 1
    LINE_ITEMS = 2


def _content(value: object) -> object:
    return (
        ContentClass[value.upper()]
        if isinstance(value, str) and value.upper() in ContentClass.__members__
        else value
    )


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("is no time zone: write one like Europe/Stockholm")
    return value


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _country(value: str) -> str:
    try:
        public_holidays(value, 2026)
    except NotImplementedError:
        raise ValueError("no holidays are known for this country: write a code like SE") from None
    return value


Proven = Literal["contact_details", "payment_plan", "explain_bill"]
Content = Annotated[ContentClass, BeforeValidator(_content)]
Zone = Annotated[str, AfterValidator(_zone)]
Eve = Annotated[str, Field(pattern=r"^(midsummer|(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))$")]
Hours = tuple[time, time]


class Part(BaseModel):
    """A group of rules. ``source`` says where they come from, or that they are our choice."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str


class Window(Part):
    """When a message may leave, in the recipient's local time; a day left out is a closed day."""

    mon: Hours | None = None
    tue: Hours | None = None
    wed: Hours | None = None
    thu: Hours | None = None
    fri: Hours | None = None
    sat: Hours | None = None
    sun: Hours | None = None
    holidays: Annotated[str, AfterValidator(_country)] = ""
    """The country whose public holidays are closed days; empty for none."""
    eves: tuple[Eve, ...] = ()

    def on(self, weekday: int) -> Hours | None:
        """The hours of a weekday, Monday being 0."""
        hours: Hours | None = getattr(self, DAYS[weekday])
        return hours

    @model_validator(mode="after")
    def _opens(self) -> Self:
        hours = [h for h in map(self.on, range(7)) if h]
        if not hours:
            raise ValueError("needs at least one day with hours")
        if any(opens >= closes for opens, closes in hours):
            raise ValueError("a day opens before it closes")
        return self


class Caps(Part):
    """How often we may write unasked, over all channels, in any sliding span of ``days``."""

    per_bill: int = Field(ge=1)
    per_person: int = Field(ge=1)
    days: int = Field(ge=1)
    min_gap_hours: int = Field(ge=0)


class Identity(Part):
    """How a customer shows who is writing, before any amount is said."""

    lasts_hours: int = Field(ge=1)
    tries: int = Field(ge=1)
    lock_hours: int = Field(ge=1)
    proof_for: tuple[Proven, ...] = ("contact_details",)
    """What a second answer is asked for, beside the birth date and the phone on file."""


class Talk(Part):
    """How long an open question waits, how often it is asked again, when a person should answer."""

    expires_hours: int = Field(ge=1)
    misreads: int = Field(ge=1)
    person_within_hours: int = Field(ge=1)


class Level(Part):
    """One step of the reminders."""

    name: str
    template: str
    after_due_days: int = Field(ge=0)
    wait_days: int = Field(ge=1)
    channels: tuple[Channel, ...] = Field(min_length=1)
    final: bool = False


class Announcement(Part):
    """A large bill is first announced, with the ways to make it lighter, before anything is demanded."""

    above: int = Field(ge=1)
    """In whole units of the currency."""
    wait_days: int = Field(ge=0)
    channels: tuple[Channel, ...] = Field(min_length=1)

    def as_level(self) -> Level:
        """The announcement as the level before the first."""
        return Level(
            source=self.source,
            name="announcement",
            template="reminder.announcement",
            after_due_days=0,
            wait_days=max(self.wait_days, 1),
            channels=self.channels,
        )


class PlanRules(Part):
    """What a payment plan may look like; amounts in whole units of the currency."""

    offered: bool = True
    smallest: int = Field(ge=1)
    longest: int = Field(ge=2)
    grace_days: int = Field(ge=0)
    pauses: int = Field(ge=0, default=1)
    """How often a running plan may skip a month without a person."""
    credit_above: int = Field(ge=1, default=12)
    """With more instalments than this a plan is marked for a person: it may count as a credit."""


class HoldRules(Part):
    """How long the demands rest for what a customer says and a person has not looked into yet."""

    already_paid_days: int = Field(ge=1)
    answer_days: int = Field(ge=1)
    """Within how many days a complaint or a refund is answered."""


class PromiseRules(Part):
    """What a promise to pay may look like."""

    offered: bool = True
    longest_days: int = Field(ge=1)
    most: int = Field(ge=1)
    """How many in ``most_days``."""
    most_days: int = Field(ge=1)
    grace_days: int = Field(ge=0)


class Placement(Part):
    """When an unpaid bill may be flagged for a collector; a person decides, always."""

    after_final_days: int = Field(ge=0)
    after_due_days: int = Field(ge=0)
    minimum: int = Field(ge=0)
    """In whole units of the currency; less is never flagged."""
    needs_written_notice: bool = False
    """The law wants a written demand first, so a letter (or digital mailbox) channel is needed."""
    minimum_answer_days: int = Field(ge=1, default=14)
    """What a final notice gives the customer to answer."""


class Limitation(Part):
    """After how many years a claim may no longer be demanded, by region or country."""

    years: int = Field(ge=1)
    counts_from: Literal["issued", "due"] = "issued"
    regions: dict[str, Annotated[int, Field(ge=1)]] = {}


class Content_(Part):  # noqa: N801 - the field is called content
    """The most a channel may carry, before and after the customer has shown who they are."""

    before_identity: Content = ContentClass.NOTICE
    sms: Content
    whatsapp: Content
    telegram: Content
    email: Content = ContentClass.AMOUNT
    letter: Content = ContentClass.LINE_ITEMS
    """A sealed letter to the address on file needs nobody to show who they are."""

    def most(self, channel: Channel, *, identified: bool) -> ContentClass:
        """The content class a message on this channel may have."""
        if channel is Channel.LETTER:
            return self.letter
        return getattr(self, channel.value, ContentClass.NOTICE) if identified else self.before_identity


class Policy(BaseModel):
    """Everything the rules need to know about a jurisdiction and a provider's choices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    version: str = ""
    window: Window
    zones: dict[str, tuple[Zone, ...]] = {}
    caps: Caps
    identity: Identity
    talk: Talk
    content: Content_
    levels: tuple[Level, ...] = Field(min_length=1)
    announcement: Announcement | None = None
    plan: PlanRules
    promise: PromiseRules
    holds: HoldRules
    placement: Placement
    limitation: Limitation

    @model_validator(mode="after")
    def _levels_climb(self) -> Self:
        days = [level.after_due_days for level in self.levels]
        if days != sorted(set(days)):
            raise ValueError("levels: after_due_days must grow from level to level")
        if [level.final for level in self.levels] != [False] * (len(self.levels) - 1) + [True]:
            raise ValueError("levels: the last level, and only it, is final")
        return self

    def level(self, number: int) -> Level:
        """A level by its number, the first being 1; 0 is the announcement of a large bill."""
        if number == ANNOUNCED and self.announcement:
            return self.announcement.as_level()
        return self.levels[number - 1]


def load(name: str) -> Policy:
    """A policy by name (``generic``, ``se``, ``us``) or by the path of a TOML file.

    Raises:
        BadPolicy: with file, key, what was found and what was expected.
    """
    path = FOLDER / f"{name}.toml" if name in names() else Path(name)
    try:
        raw = path.read_bytes()
        data = tomllib.loads(raw.decode())
    except FileNotFoundError:
        raise BadPolicy(name, "", "", f"is none of {', '.join(names())} and no such file exists") from None
    except OSError as error:
        raise BadPolicy(name, "", "", f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadPolicy(name, "", "", f"is not TOML: {error}") from None
    try:
        return Policy.model_validate(data | {"version": hashlib.sha256(raw).hexdigest()[:12]})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"])
        shown = repr(first["input"]) if isinstance(first["input"], str | int | float) else ""
        raise BadPolicy(name, key, shown, first["msg"]) from None


def names() -> tuple[str, ...]:
    """The policies that come with Kvitt."""
    return tuple(sorted(path.stem for path in _files()))


def _files() -> Iterator[Path]:
    return FOLDER.glob("*.toml")
