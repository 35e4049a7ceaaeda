"""A campaign as data: to whom, what, when, at which pace, in which arms, and what ends it.

A campaign sends one message once to each member. It demands nothing and is no level: the policy's
hours, caps, consents and holds bind it like a notice, and it may only ever be narrower than they are.
"""

from __future__ import annotations

import tomllib
from datetime import date, time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.bounded_table import BoundedTable
from billing.given_files import regular
from billing.policy import keys
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from billing.policy import Policy, Window

HOLDOUT: Final = "holdout"
"""Those who are not written to, so that it can be seen what would have come by itself."""
MARK: Final = "campaign:"
"""A campaign's message is kept against its bills under this mark and the campaign's number."""
MILD: Final = frozenset({"notice", "friendly"})
"""The tones a campaign may use of the policy's levels: anything firmer is said in its order or not at all."""

Hours = tuple[time, time]
Measure = Literal["opt_out", "dispute", "complaint"]
MEASURES: Final[tuple[Measure, ...]] = ("opt_out", "dispute", "complaint")

NEVER: Final[Mapping[str, str]] = {
    **{kind.value: kind.traits.register.never for kind in HoldKind if kind.traits.register},
    "stopped": "they asked for no more messages, and only their own START changes that",
    "placed": "a collector has the bill, and we are silent about it",
    "disputed": "nothing is said about a bill while somebody says that it is wrong",
    "held": "what is held rests until the hold ends or a person lifts it",
    "flagged": "a person is deciding about a collector",
    "settled": "they owe nothing, so that there is nothing to say",
}
"""Whom no campaign ever writes to, and why."""


class BadCampaign(Refusal):
    """A campaign file cannot be used."""

    def __init__(self, place: str, key: str, why: str) -> None:
        at = f", {key}" if key else ""
        super().__init__(f"campaign {place}{at}: {why}")


class ForbiddenAudience(Refusal):
    """A campaign asks for people whom no campaign may write to."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"campaign {name}, audience.states {what!r}: {NEVER[what]}; take it out")


class EmptyAudience(Refusal):
    """The audience of a campaign is empty; the exclusions are counted in the refusal."""

    def __init__(self, name: str, left_out: Mapping[str, int]) -> None:
        why = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in left_out.items())
        sentence = (
            f"everybody it means may not be written to: {why}" if why else "it means nobody on the book"
        )
        super().__init__(f"campaign {name}: {sentence}; change [audience]")


class SharesDoNotAddUp(Refusal):
    """The arms and the holdout of a campaign are not the whole audience."""

    def __init__(self, name: str, found: int) -> None:
        super().__init__(f"campaign {name}: holdout and the shares of [[arms]] come to {found} %, not 100")


class NotForCampaigns(Refusal):
    """A message cannot be what a campaign says."""

    def __init__(self, name: str, message: str, why: str) -> None:
        super().__init__(f"campaign {name}, message {message!r}: {why}")


class PolicyNotForCampaigns(Refusal):
    """A campaign names a policy of its own."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"campaign {name}, policy: one installation has one policy, and no arm breaks a rule; name a "
            "message, and hold two policies against each other with kvitt policy diff or kvitt simulate"
        )


class CampaignTable(BoundedTable):
    """A table of a campaign file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(CampaignTable):
    """A range that a campaign's audience is narrowed to: from, to, or both; both ends belong to it."""

    at_least: int | None = None
    at_most: int | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        low, high = self.at_least, self.at_most
        if low is None and high is None:
            raise ValueError("needs at_least, at_most or both")
        if low is not None and high is not None and low > high:
            raise ValueError(f"at_least {low} is more than at_most {high}")
        return self

    def holds(self, value: int, unit: int = 1) -> bool:
        """Whether a value lies in it; ``unit`` is what one of the range's numbers stands for."""
        low, high = self.at_least, self.at_most
        return (low is None or value >= low * unit) and (high is None or value <= high * unit)


class Audience(CampaignTable):
    """Criteria of a campaign's audience; empty ones do not narrow it."""

    balance: Range | None = None
    """What they can pay here, in whole units of their currency."""
    days_overdue: Range | None = None
    """Days since their oldest open bill was due; negative before."""
    levels: tuple[int, ...] = ()
    """The highest reminder they heard; 0 for none."""
    payers: tuple[str, ...] = ()
    """Covered today by one of these, by id; ``none`` for nobody's cover."""
    languages: tuple[str, ...] = ()
    plan: Literal["none", "active", "broken"] | None = None
    states: tuple[str, ...] = ()
    """``current`` or ``overdue``."""
    tags: tuple[str, ...] = ()
    """All of these: ``column=value`` of a customers file's own columns, or one word of a column ``tags``."""
    without_tags: tuple[str, ...] = ()


class CampaignWindow(CampaignTable):
    """The days (local to each recipient) and the hours, which narrow the policy's and never widen them."""

    first_day: date
    last_day: date
    hours: Hours | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first_day > self.last_day:
            raise ValueError(f"first_day {self.first_day} is after last_day {self.last_day}")
        return self


class Pace(CampaignTable):
    """How fast a campaign writes to its audience."""

    per_hour: int = Field(ge=1, le=36000)


class Arm(CampaignTable):
    """One way to say it, to a share of the audience; what is not named is the campaign's."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    share: int = Field(ge=1, le=100)
    message: str = ""
    channel: Channel | None = None
    hours: Hours | None = None


class Harm(CampaignTable):
    """The rates, in percent of those written to, above which a campaign's arm stops; 100 never does."""

    at_least: int = Field(default=50, ge=1)
    """Nothing is concluded from fewer messages."""
    opt_out: float = Field(default=3.0, gt=0, le=100)
    dispute: float = Field(default=3.0, gt=0, le=100)
    complaint: float = Field(default=1.0, gt=0, le=100)


class Campaign(CampaignTable):
    """One campaign, whole."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    message: str = Field(min_length=1)
    audience: Audience = Field(default_factory=Audience)
    window: CampaignWindow
    pace: Pace
    channels: tuple[Channel, ...] = ()
    """In order of preference; the policy's for notices, if none is named."""
    arms: tuple[Arm, ...] = ()
    holdout: int = Field(default=0, ge=0, le=99)
    counted_days: int = Field(default=14, ge=1, le=365)
    """How long after somebody's turn what they do counts as a result."""
    harm: Harm = Field(default_factory=Harm)

    @field_validator("arms")
    @classmethod
    def _names_unique(cls, arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
        names = [arm.name for arm in arms]
        if len(set(names)) < len(names) or HOLDOUT in names:
            raise ValueError(f"each arm has a name of its own, and none is {HOLDOUT!r}")
        return arms

    @property
    def drawn(self) -> tuple[Arm, ...]:
        """The arms; without any, one for all who are no holdout."""
        return self.arms or (Arm(name="all", share=100 - self.holdout),)

    def arm(self, name: str) -> Arm | None:
        """The arm of this name; nothing for the holdout."""
        return next((arm for arm in self.drawn if arm.name == name), None)

    def message_of(self, arm: Arm | None) -> str:
        """What an arm says."""
        return (arm and arm.message) or self.message

    def channels_of(self, arm: Arm | None, policy: Policy) -> tuple[Channel, ...]:
        """Where an arm may say it, in order of preference."""
        if arm and arm.channel:
            return (arm.channel,)
        return self.channels or (policy.notices or policy.levels[0]).channels

    def limit(self, measure: Measure) -> float:
        """The rate of harm that is too much, as a fraction."""
        return float(getattr(self.harm, measure)) / 100


def load(file: Path) -> Campaign:
    """A campaign from a TOML file.

    Raises:
        BadCampaign: it cannot be read, or a value is wrong, unknown or missing.
        PolicyNotForCampaigns: it names a policy instead of a message.
        SharesDoNotAddUp: arms and holdout are not the whole.
        ForbiddenAudience: it asks for people no campaign may write to.
    """
    try:
        data = tomllib.loads(regular(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadCampaign(file.name, "", f"cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCampaign(file.name, "", f"is not TOML: {error}") from None
    return read(data, file.name)


def read(data: Mapping[str, Any], place: str) -> Campaign:
    """A campaign from what a file says; ``place`` is what errors call it. Raises what :func:`load` does."""
    if "policy" in data:
        raise PolicyNotForCampaigns(str(data.get("name", place)))
    try:
        campaign = Campaign.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"])
        shown = f" (found {first['input']!r})" if isinstance(first["input"], str | int | float) else ""
        raise BadCampaign(place, key, keys.mistake(Campaign, first)[0] + shown) from None
    _check(campaign)
    return campaign


def _check(campaign: Campaign) -> None:
    shares = campaign.holdout + sum(arm.share for arm in campaign.drawn)
    if shares != 100:  # noqa: PLR2004 - percent
        raise SharesDoNotAddUp(campaign.name, shares)
    for state in campaign.audience.states:
        if state in NEVER:
            raise ForbiddenAudience(campaign.name, state)
        if state not in {"current", "overdue"}:
            raise BadCampaign(campaign.name, "audience.states", f"{state!r} is neither current nor overdue")


def check_against(campaign: Campaign, policy: Policy) -> None:
    """Refuse a campaign that the policy never allows: closed hours, an unused channel, a firm tone.

    Raises:
        BadCampaign: hours or a channel lie outside the policy.
        NotForCampaigns: the message is one of the policy's firmer levels.
    """
    allowed = {channel for level in policy.levels for channel in level.channels}
    allowed |= set(policy.notices.channels) if policy.notices else set()
    for arm in (None, *campaign.drawn):
        key = f"arms {arm.name}" if arm else "window"
        if narrowed(policy.window, campaign.window.hours, arm.hours if arm else None) is None:
            raise BadCampaign(campaign.name, f"{key}.hours", "never meet the hours of the policy")
        for channel in campaign.channels_of(arm, policy):
            if channel not in allowed or not channel.electronic:
                raise BadCampaign(
                    campaign.name, f"{key}.channel", f"{channel.value} is none the policy writes notices on"
                )
        message = campaign.message_of(arm)
        firm = [level for level in policy.levels if level.template == message and level.tone not in MILD]
        if firm:
            why = f"it is the policy's level {firm[0].name!r}: reminders say that, in their order"
            raise NotForCampaigns(campaign.name, message, why)


def draw(campaign: Campaign, campaign_id: int, person_id: str) -> str:
    """A person's arm of a campaign, or the holdout: drawn from a hash, so the same every time."""
    point = _hash(campaign_id, person_id, 0) / 2**64 * 100
    edge = float(campaign.holdout)
    if point < edge:
        return HOLDOUT
    for arm in campaign.drawn:
        edge += arm.share
        if point < edge:
            return arm.name
    return campaign.drawn[-1].name


def turn(campaign_id: int, person_id: str) -> int:
    """A person's place in a campaign's order of turns: by chance, and the same every time."""
    return _hash(campaign_id, person_id, 8)


def _hash(campaign_id: int, person_id: str, start: int) -> int:
    digest = sha256(f"{campaign_id}:{person_id}".encode()).digest()
    return int.from_bytes(digest[start : start + 8])


def narrowed(window: Window, *hours: Hours | None) -> Window | None:
    """The window cut to a campaign's hours; nothing if it never opens then."""
    wanted = [one for one in hours if one]
    days: dict[str, Hours | None] = {}
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        whole: Hours | None = getattr(window, day)
        if whole is None:
            continue
        opens = max(whole[0], *(begins for begins, _ in wanted)) if wanted else whole[0]
        closes = min(whole[1], *(ends for _, ends in wanted)) if wanted else whole[1]
        days[day] = (opens, closes) if opens < closes else None
    return window.model_copy(update=days) if any(days.values()) else None
