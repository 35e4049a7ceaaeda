"""The channels by which a person can be reached, and what each can do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum, auto
from typing import Final


class ContentClass(IntEnum):
    """How much a message gives away by the policy, from least to most."""

    NOTICE = 0
    AMOUNT = 1
    LINE_ITEMS = 2


class AddressKind(Enum):
    """What a channel's addresses are."""

    PHONE = auto()
    """A number: another person may read along, and carriers give it to somebody else."""
    EMAIL = auto()
    POST = auto()
    CHAT = auto()
    """An address inside an app, known only once the customer has written: they begin, never we."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What rules and texts ask of a channel; its adapter is held to it by ``tests/bot/channels``."""

    called: str
    """Its name in policies and reports."""
    address: AddressKind
    reaches_all: bool = False
    """It reaches every address of its kind; another reaches only those who agreed to it."""
    needs_consent: bool = True
    """Nothing unsolicited goes by it unless the customer agreed."""
    written: bool = False
    """What it brings is in writing before the law: a complete demand, a written notice."""
    bars_collection: bool = False
    """Its owner's terms are read as barring collection: it reminds only where the policy says so."""
    fixed_wording: bool = False
    """Outside a conversation it takes approved templates only: no link and no terms beside them."""
    carrier_takes_cancel: bool = False
    """A lone *cancel*, *end* or *quit* is an opt-out at the carrier (COMPLIANCE.md 1.2)."""
    costs_per_segment: bool = False
    """A text is billed by the segment, so plain characters are cheaper."""
    has_buttons: bool = False
    """Choices are sent as buttons; elsewhere the text lists them by number."""
    edits: bool = False
    """A message may take the place of an earlier one."""
    attaches: bool = False
    """PDFs may hang on a message."""
    threads: bool = False
    """A message has a subject, and names the one that it answers."""
    longest: int = 1600
    """The most characters one message may hold."""
    discloses: ContentClass | None = ContentClass.NOTICE
    """The most it may carry where a policy does not say; None where every policy has to say it."""
    chat_url: str = ""
    """Opens a chat with us, by ``address``, ``phone`` or ``digits``, and the ``text`` to send."""
    for_staff: bool = False
    """The desk can work in a chat there."""


class Channel(StrEnum):
    """A way to reach a person; its value is the word used in files, settings and tables.

    Rules ask what a channel can do, never which it is: only its adapter and the settings name a member.
    """

    SMS = "sms"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    EMAIL = "email"
    LETTER = "letter"

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return _CAPABILITIES[self]

    @property
    def on_paper(self) -> bool:
        """It is printed and posted in batches, and comes days later."""
        return self.capabilities.address is AddressKind.POST

    @property
    def electronic(self) -> bool:
        """A stop closes every electronic channel; post may still come."""
        return not self.on_paper

    @property
    def by_phone(self) -> bool:
        """Its addresses are phone numbers."""
        return self.capabilities.address is AddressKind.PHONE

    @property
    def by_email(self) -> bool:
        """Its addresses are e-mail addresses."""
        return self.capabilities.address is AddressKind.EMAIL

    @property
    def customer_begins(self) -> bool:
        """Nobody can be reached there before they wrote."""
        return self.capabilities.address is AddressKind.CHAT


_CAPABILITIES: Final = {
    Channel.SMS: Capabilities(
        called="SMS",
        address=AddressKind.PHONE,
        reaches_all=True,
        carrier_takes_cancel=True,
        costs_per_segment=True,
        discloses=None,
        chat_url="sms:{phone}?body={text}",
    ),
    Channel.WHATSAPP: Capabilities(
        called="WhatsApp",
        address=AddressKind.PHONE,
        bars_collection=True,
        fixed_wording=True,
        carrier_takes_cancel=True,
        discloses=None,
        chat_url="https://wa.me/{digits}?text={text}",
    ),
    Channel.TELEGRAM: Capabilities(
        called="Telegram",
        address=AddressKind.CHAT,
        has_buttons=True,
        edits=True,
        longest=4096,
        discloses=None,
        chat_url="https://t.me/{address}?text={text}",
        for_staff=True,
    ),
    Channel.EMAIL: Capabilities(
        called="e-mail",
        address=AddressKind.EMAIL,
        reaches_all=True,
        attaches=True,
        threads=True,
        longest=20_000,
        discloses=ContentClass.AMOUNT,
        chat_url="mailto:{address}?subject={text}&body={text}",
    ),
    Channel.LETTER: Capabilities(
        called="letter",
        address=AddressKind.POST,
        reaches_all=True,
        needs_consent=False,
        written=True,
        discloses=ContentClass.LINE_ITEMS,
    ),
}


def reaching(kind: AddressKind) -> Channel:
    """The channel that reaches every address of a kind."""
    return next(
        channel
        for channel in Channel
        if channel.capabilities.address is kind and channel.capabilities.reaches_all
    )


TO_ANY_PHONE: Final = reaching(AddressKind.PHONE)
TO_ANY_EMAIL: Final = reaching(AddressKind.EMAIL)
TO_ANY_LETTERBOX: Final = reaching(AddressKind.POST)
STAFF_CHAT: Final = next(channel for channel in Channel if channel.capabilities.for_staff)
BILL_WAYS: Final = (Channel.EMAIL, Channel.LETTER, Channel.TELEGRAM, Channel.SMS, Channel.WHATSAPP)
"""The order in which a bill is sent where neither policy nor customer chose."""
NOTICE_WAYS: Final = (Channel.TELEGRAM, Channel.SMS, Channel.EMAIL)
"""The order for a notice of a payment where a policy has no channels for notices."""
