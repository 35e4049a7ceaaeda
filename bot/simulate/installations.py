"""The installation of a simulation: a policy with the creditor it is tried with."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from billing import policy
from billing.accounts.channels import Channel
from billing.collection.collectors import Collector, Rate
from billing.gate import SendingSwitch
from bot.simulate.places import setting_of
from bot.wiring import outgoing_kinds
from handlers.conversation.flow_registry import FLOW_REGISTRY
from handlers.installation import Installation
from handlers.talk.conversation import Flows
from messages.understanding.reading import TextReader
from messages.writing.render import Words

if TYPE_CHECKING:
    from bot.simulate.places import Setting

AVAILABLE = frozenset({Channel.SMS, Channel.TELEGRAM, Channel.LETTER})

AGENCY = Collector(
    id="summit",
    name="Summit Recovery",
    statement_of_work="SOW-1",
    rates=(Rate(Decimal(25)),),
    phone="+1 212 555 0190",
)
"""Whom bills are handed to."""


def installation_for(policy_name: str, setting: Setting | None = None) -> Installation:
    """An installation under a policy, live.

    Raises:
        BadPolicy: the policy cannot be used.
    """
    creditor = (setting or setting_of(policy_name)).creditor
    reading = TextReader()
    return Installation(
        policy=policy.load(policy_name),
        creditor=creditor,
        words=Words(creditor),
        reading=reading,
        flows=Flows(FLOW_REGISTRY, reading),
        sending=SendingSwitch.LIVE,
        available=AVAILABLE,
        outgoing=outgoing_kinds,
        collectors=(AGENCY,),
    )
