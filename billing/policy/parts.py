"""The parts of a policy that bind every message: hours, caps, identity, what a channel may carry."""

from __future__ import annotations

from datetime import time
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    model_validator,
)

from billing.accounts.channels import Channel, ContentClass
from billing.bounded_table import BoundedTable
from billing.calendar import public_holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
        raise ValueError("no holidays are known for this country: write a code like SE or GB-SCT") from None
    return value


Proven = Literal["contact_details", "payment_plan", "explain_bill"]
Content = Annotated[ContentClass, BeforeValidator(_content)]
Zone = Annotated[str, AfterValidator(_zone)]
Country = Annotated[str, AfterValidator(_country)]
Eve = Annotated[str, Field(pattern=r"^(midsummer|(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))$")]
Hours = tuple[time, time]


class PolicyPart(BoundedTable):
    """A group of rules. ``source`` says where they come from, or that they are our choice."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str


class Window(PolicyPart):
    """The policy's sending window in the recipient's local time; a day left out is a closed day."""

    mon: Hours | None = None
    tue: Hours | None = None
    wed: Hours | None = None
    thu: Hours | None = None
    fri: Hours | None = None
    sat: Hours | None = None
    sun: Hours | None = None
    holidays: Country = ""
    """The country whose public holidays are closed days, and no bank days; empty for none."""
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


class Caps(PolicyPart):
    """The policy's caps on unsolicited messages, over all channels, in any sliding span of ``days``."""

    per_bill: int = Field(ge=1)
    per_person: int = Field(ge=1)
    days: int = Field(ge=1)
    min_gap_hours: int = Field(ge=0)
    attempts: bool = False
    """Whether a message that did not arrive counts too; the gap runs from those that did, always."""


class Identity(PolicyPart):
    """The policy on identity: how a customer shows who is writing, before any amount is said."""

    lasts_hours: int = Field(ge=1)
    tries: int = Field(ge=1)
    lock_hours: int = Field(ge=1)
    proof_for: tuple[Proven, ...] = ("contact_details",)
    """What a second answer is asked for, beside the birth date and the phone on file."""


class TalkRules(PolicyPart):
    """How long an open question waits, how often it is asked again, when a person should answer."""

    expires_hours: int = Field(ge=1)
    misreads: int = Field(ge=1)
    person_within_hours: int = Field(ge=1)
    """Hours in which the creditor is open: eight are one working day."""


class ContactRules(PolicyPart):
    """What is known of a number: after so long a silence somebody else may have it by now."""

    reverify_days: int = Field(ge=1)
    """Nothing that mentions a bill goes to a number that neither wrote nor was confirmed for longer."""


class GuarantorRules(PolicyPart):
    """What somebody who pays for another adult may see, beside what is owed and when."""

    sees_services: bool = False
    """Whether services are named to them; those of a minor always are."""


class StopRules(PolicyPart):
    """What a stop closes; it always counts at once, on every electronic channel."""

    scope: Literal["all", "channel"] = "all"
    letters: bool = True
    """Whether levels that the law requires may still go, by letter; ``ceased`` closes these too."""


class _BeforeIdentity(PolicyPart):
    before_identity: Content = ContentClass.NOTICE


def leave_to_remind(channel: Channel) -> str:
    """The key by which a policy lets a channel remind that bars collection."""
    return f"{channel.value}_reminders"


def _said_by_channel() -> dict[str, Any]:
    """The keys of each channel: ``sms``, and ``whatsapp_reminders`` where it bars collection."""
    most = {channel.value: (Content, _unsaid(channel)) for channel in Channel}
    leave = {leave_to_remind(channel): (bool, False) for channel in Channel if _barred(channel)}
    return most | leave


def _unsaid(channel: Channel) -> Any:
    discloses = channel.capabilities.discloses
    return ... if discloses is None else discloses


def _barred(channel: Channel) -> bool:
    return channel.capabilities.bars_collection


if TYPE_CHECKING:
    _ByChannel = _BeforeIdentity
else:
    _ByChannel = create_model("_ByChannel", __base__=_BeforeIdentity, **_said_by_channel())


class Content_(_ByChannel):  # noqa: N801 - the field is called content
    """The most a channel may carry, before and after the customer has shown who they are.

    Every channel has a key of its name here, and where it bars collection one by which it may remind.
    """

    opt_out_line: bool = True
    """Whether every unsolicited electronic message names a way to opt out."""

    def most(self, channel: Channel, *, identified: bool) -> ContentClass:
        """The content class a message on this channel may have.

        A sealed letter to the address on file needs nobody to show who they are.
        """
        if not identified and channel.electronic:
            return self.before_identity
        most: ContentClass = getattr(self, channel.value)
        return most

    def reminds(self, channel: Channel) -> bool:
        """Whether the channel may carry what nobody asked for."""
        return not _barred(channel) or bool(getattr(self, leave_to_remind(channel)))


class Retention(PolicyPart):
    """The policy on retention: how long texts are kept once an account is settled; the ledger stays."""

    messages_days: int = Field(ge=1)
    records_days: int | None = Field(default=None, ge=1)
    """How long the records of an erased person are kept after the last entry; without it, without end."""
