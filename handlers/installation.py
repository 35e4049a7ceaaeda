"""The installation: policy, wording, settings and connections that every handler gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from billing.accounts.channels import Channel
    from billing.accounts.creditor import Creditor
    from billing.collection.collectors import Collector
    from billing.gate import SendingSwitch
    from billing.payers.eligibility import Asks
    from billing.policy import Policy
    from handlers.talk.conversation import Flows
    from messages.understanding.reading import TextReader
    from messages.writing.render import Words


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation: one creditor, one policy, one way to speak. Holds nothing that changes."""

    policy: Policy
    creditor: Creditor
    words: Words
    reading: TextReader
    flows: Flows
    sending: SendingSwitch
    available: frozenset[Channel]
    """The channels that are set up, so that a reminder may go there."""
    outgoing: Callable[[], Mapping[str, object]]
    """The kinds of outgoing messages by name: see ``handlers/outgoing.py: kind_of``."""
    staff_chats: tuple[str, ...] = ()
    """The Telegram chats the desk reads; empty where there is none."""
    digest_hour: int = 8
    """Hour of the creditor's day from which the digest is posted to the staff chats."""
    link_secret: str = field(default="", repr=False)
    """Signs the links that bind a chat to a customer; empty where none are made."""
    collectors: tuple[Collector, ...] = ()
    """Who may be handed bills, and under which contract."""
    pay_url: str = ""
    """Base URL of payment links; empty if card payment is off."""
    public_url: str = ""
    """Where the web server is reached from outside, without a slash at its end; empty for nowhere."""
    desk_url: str = ""
    """Where the pages of the desk are reached, without a slash at its end; empty where none are served."""
    chats: Mapping[Channel, str] = field(default_factory=dict)
    """Where customers write to us, by channel: a number, a bot's name, an address."""
    eligibility: Mapping[str, Asks] = field(default_factory=dict, repr=False)
    """Eligibility check of each payer, by payer id; others are answered from our register."""
    opens_claims: bool = True
    """Whether payers are asked for a bill by themselves as soon as it is in the books."""
    heeds_stop: bool = True
    """Whether a stop of all sending applies; not in a terminal, which shows replies and sends none."""
