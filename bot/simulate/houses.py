"""The house of a simulation: a policy with the creditor it is tried with."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from billing import policy
from billing.accounts.channels import Channel
from billing.collection.collectors import Collector, Rate
from billing.gate import Sending
from bot.simulate.places import scene_of
from handlers.conversation.flow_registry import SCENES
from handlers.installation import House
from handlers.talk.conversation import Flows
from messages.understanding.reading import Reading
from messages.writing.render import Words

if TYPE_CHECKING:
    from bot.simulate.places import Scene

AVAILABLE = frozenset({Channel.SMS, Channel.TELEGRAM, Channel.LETTER})

AGENCY = Collector(
    id="summit",
    name="Summit Recovery",
    statement_of_work="SOW-1",
    rates=(Rate(Decimal(25)),),
    phone="+1 212 555 0190",
)
"""Whom bills are handed to."""


def house_for(policy_name: str, scene: Scene | None = None) -> House:
    """A house under a policy, live.

    Raises:
        BadPolicy: the policy cannot be used.
    """
    creditor = (scene or scene_of(policy_name)).creditor
    reading = Reading()
    return House(
        policy=policy.load(policy_name),
        creditor=creditor,
        words=Words(creditor),
        reading=reading,
        flows=Flows(SCENES, reading),
        sending=Sending.LIVE,
        available=AVAILABLE,
        collectors=(AGENCY,),
    )
