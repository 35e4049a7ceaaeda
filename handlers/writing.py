"""Sayings become the text of one message, in a customer's language, as a channel carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.channels import Channel
from billing.policy import ContentClass
from messages import catalogue, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.facts import Saying
    from handlers.house import House

_SMS_LIKE = frozenset({Channel.SMS})


def write(
    house: House,
    sayings: Sequence[Saying],
    language: str,
    channel: Channel,
    choices: Sequence[tuple[str, str]] = (),
) -> str:
    """One text for everything that is said in a turn; plain characters where they cost less.

    Choices (label, value) are numbered in the text where the channel has no buttons.
    """
    text = "\n\n".join(house.words.say(saying.key, language, saying.facts) for saying in sayings)
    if choices and channel is not Channel.TELEGRAM:
        text = fit.numbered(text, [label for label, _ in choices])
    return fit.plain(text) if channel in _SMS_LIKE else text


def content_of(sayings: Sequence[Saying]) -> ContentClass:
    """How much these sayings give away together."""
    return max((catalogue.message(saying.key).content for saying in sayings), default=ContentClass.NOTICE)
