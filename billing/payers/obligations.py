"""Payment terms that a customer accepts beforehand, and what the acceptance permits later.

An acceptance allows a reminder fee (lag 1981:739 2 §: agreed no later than the debt arose), an agreed day to
pay (räntelag 1975:635 3 §: a due date fixed in advance), and says what they may be written to about (47 USC
227(b)(1)(A)): nothing of it reaches back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from billing.facts import Saying
from billing.ledger.money import Money  # noqa: TC001 - what is offered is read back by its types

if TYPE_CHECKING:
    from collections.abc import Iterable


class Topic(StrEnum):
    """Topic of an unsolicited message."""

    BILLS = "bills"
    SERVICES = "services"
    """What is planned for somebody: who covers it, what it may cost."""


@dataclass(frozen=True, slots=True)
class StatedObligations:
    """The terms as stated to a customer; empty fields are not part of them.

    ``days`` is how long they have to pay a bill from the day it is issued.
    """

    fee: Money | None = None
    days: int | None = None
    topics: tuple[Topic, ...] = ()
    version: str = ""

    def sayings(self) -> list[Saying]:
        """The words in which they are stated: these are what is accepted."""
        said = [Saying("obligations.fee", {"fee": self.fee})] if self.fee else []
        if self.days is None:
            return said
        services = Topic.SERVICES in self.topics
        return [*said, Saying("obligations.stated", {"days": self.days, "services": services})]


def digest(texts: Iterable[str]) -> str:
    """The digest of one wording of the obligations: the same words always have the same digest."""
    return sha256("\n".join(texts).encode()).hexdigest()


def days_to_pay(agreed: int | None, usual: int, least: int) -> int:
    """The days to pay that the obligations state: what was agreed, and never less than the least."""
    return usual if agreed is None else max(agreed, least)
