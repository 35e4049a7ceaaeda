"""What a message says by its words, before anything is known of who wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from handlers.arrivals import ArrivalKind
from messages.understanding import lone_words, understanding

if TYPE_CHECKING:
    from billing.accounts.channels import Channel
    from messages.understanding.understanding import Meaning
    from storage.conversation.inbox import Inbound

SURE: Final = understanding.SURE
"""Score from which a meaning may interrupt an open question or be acted on."""
DOUBTFUL: Final = understanding.CLEAR
"""Score below which a second reading leads to a question back."""
WRITTEN: Final = frozenset({ArrivalKind.TEXT.value, ArrivalKind.MEDIA.value})
"""Kinds with text in the sender's own words: a text, or words beside a photo or an attachment."""
_NATURAL: Final = 3
"""Fewer words than this do not show which language is written."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it is understood."""

    meaning: Meaning
    language: str
    word: str | None = None
    """What it means if it is only one opt-out, help, start or navigation word."""


def hear(inbound: Inbound, channel: Channel, spoken: str) -> Heard:
    """Understand a message in the language of its contact point, or in its own once that is clear enough."""
    if inbound.kind == ArrivalKind.BUTTON:
        return nothing(spoken)
    meaning, language = understanding.understand(inbound.text, spoken), spoken
    clear = inbound.kind in WRITTEN and len(inbound.text.split()) >= _NATURAL and meaning.intent != "none"
    if clear and meaning.language != spoken:
        language = meaning.language
        meaning = understanding.understand(inbound.text, language)
    word = lone_words.lone_word(inbound.text)
    if word == "cancel" and _carrier_takes(inbound.text, channel):
        word = "stop"
    return Heard(meaning, language, word)


def nothing(spoken: str) -> Heard:
    """A message without words of the sender's own."""
    return Heard(understanding.understand("", spoken), spoken)


def _carrier_takes(text: str, channel: Channel) -> bool:
    """Whether the carrier opts this sender out for a lone CANCEL, as Twilio does.

    Elsewhere CANCEL may mean the plan, and "cancelar" often means to pay off: those are asked about.
    """
    return channel.capabilities.carrier_takes_cancel and text.strip(" .!").lower() == "cancel"
