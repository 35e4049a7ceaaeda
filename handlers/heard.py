"""What a message says by its words, before anything is known of who wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from handlers.arrivals import ArrivalKind
from messages.understanding import lone_words, understanding, vocabulary

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
    natural: bool = False
    """Whether its words are enough to show in which language its writer writes."""


def hear(inbound: Inbound, channel: Channel, spoken: str, *, first: bool = False) -> Heard:
    """Understand a message in the language of its contact point, or in its own once that is clear enough.

    Of a ``first`` text of somebody unknown even one word shows it: nothing else says what they speak.
    """
    if inbound.kind == ArrivalKind.BUTTON:
        return nothing(spoken)
    meaning, language = understanding.understand(inbound.text, spoken), spoken
    word = lone_words.lone_word(inbound.text)
    natural = inbound.kind in WRITTEN and says_language(inbound.text) and meaning.intent != "none"
    if first and word and inbound.kind in WRITTEN:
        language = vocabulary.written_in(inbound.text, spoken)
    elif natural or (first and inbound.kind in WRITTEN and meaning.intent != "none"):
        language = meaning.language
    if language != spoken:
        meaning = understanding.understand(inbound.text, language)
    if word == "cancel" and _carrier_takes(inbound.text, channel):
        word = "stop"
    return Heard(meaning, language, word, natural)


def says_language(text: str) -> bool:
    """Whether a text has words enough to show in which language its writer writes."""
    return len(text.split()) >= _NATURAL


def nothing(spoken: str) -> Heard:
    """A message without words of the sender's own."""
    return Heard(understanding.understand("", spoken), spoken)


def _carrier_takes(text: str, channel: Channel) -> bool:
    """Whether the carrier opts this sender out for a lone CANCEL, as Twilio does.

    Elsewhere CANCEL may mean the plan, and "cancelar" often means to pay off: those are asked about.
    """
    return channel.capabilities.carrier_takes_cancel and text.strip(" .!").lower() == "cancel"
