"""Sayings become the text of one message, in a customer's language, as a channel carries it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from billing.ledger.money import Money
from billing.policy import ContentClass
from messages.writing import catalogue, fit
from messages.writing import format as wording
from storage.delivery.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from billing.accounts.channels import Channel
    from billing.facts import Fact, Saying
    from billing.gate import Purpose
    from handlers.installation import Installation
    from storage.people.contact_points import ContactPoint


def write(
    installation: Installation,
    sayings: Sequence[Saying],
    language: str,
    channel: Channel,
    choices: Sequence[tuple[str, str]] = (),
) -> str:
    """Render all that is said in a turn as one text; plain characters where they cost less.

    Choices (label, value) are numbered in the text where the channel has no buttons.
    """
    text = "\n\n".join(installation.words.say(saying.key, language, saying.facts) for saying in sayings)
    if choices and not channel.capabilities.has_buttons:
        text = fit.numbered(text, [label for label, _ in choices])
    return fit.plain(text) if channel.capabilities.costs_per_segment else text


def draft(
    installation: Installation,
    point: ContactPoint,
    key: str,
    purpose: Purpose,
    sayings: Sequence[Saying],
    leaves_at: datetime,
    within: timedelta,
    *,
    customer_id: str | None = None,
    language: str = "",
    choices: Sequence[tuple[str, str]] = (),
    edits: int | None = None,
) -> Draft:
    """A rendered draft to a contact point, in its language or another; valid for a limited time."""
    spoken = language or point.language
    return Draft(
        key=key,
        purpose=purpose,
        channel=point.channel,
        contact_point_id=point.id,
        customer_id=customer_id,
        sayings=sayings,
        content=content_of(sayings),
        language=spoken,
        text=write(installation, sayings, spoken, point.channel, choices),
        choices=choices,
        not_before=leaves_at,
        expires_at=leaves_at + within,
        edits=edits,
    )


def content_of(sayings: Sequence[Saying]) -> ContentClass:
    """How much these sayings give away together once rendered."""
    return max((catalogue.message(saying.key).content for saying in sayings), default=ContentClass.NOTICE)


def values(saying: Saying, language: str) -> tuple[str, ...]:
    """The facts of a saying rendered as people write them, in the order the catalogue names them.

    An approved WhatsApp template is filled with these; a saying that takes rows of facts cannot be one.
    """
    facts = [saying.facts[name] for name in catalogue.message(saying.key).facts]
    plain = [fact for fact in facts if not isinstance(fact, list | tuple)]
    return tuple(_written(fact, language) for fact in plain) if len(plain) == len(facts) else ()


def _written(fact: Fact, language: str) -> str:
    match fact:
        case Money():
            return wording.money(fact, language)
        case date():
            return wording.day(fact, language)
    return str(fact)
