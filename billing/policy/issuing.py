"""The part of a policy that turns finished accounts into bills: numbers, days, ways, what a link may say."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from billing.accounts.channels import BILL_WAYS, Channel
from billing.policy.parts import PolicyPart


class Billing(PolicyPart):
    """How bills are numbered, when they are to be paid, and by which way they reach people."""

    days_to_pay: int = Field(ge=1, default=30)
    """From the day a bill is issued to the day it is due."""
    least_days: int = Field(ge=1, default=14)
    """What is left at least when it leaves: a bill that leaves late is due later."""
    smallest: Decimal = Field(ge=0, default=Decimal(0))
    """In whole units of the currency: less than this waits until more has come together."""
    prefix: str = Field(pattern=r"^[A-Z0-9-]{0,8}$", default="")
    """What stands before the running number."""
    digits: int = Field(ge=1, le=12, default=6)
    """How many digits the running number has at least."""
    reference: Literal["ocr", "invoice_number"] = "ocr"
    """What a payment is to carry: a number with length and check digits, or the number of the bill."""
    ways: tuple[Channel, ...] = Field(min_length=1, default=BILL_WAYS)
    """In this order a bill is sent where the customer has chosen none; the next where one fails."""
    email_pdf: bool = False
    """Whether an e-mail brings the bill itself; else a link, behind which somebody shows who they are."""
    link_days: int = Field(ge=1, default=60)
    """How long the link to a bill's page works."""
    link_in_reminders: bool = False
    """Whether a reminder may carry that link."""

    def attaches(self, channel: Channel) -> bool:
        """Whether a message on this channel brings the bill itself."""
        return self.email_pdf and channel.by_email

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.least_days > self.days_to_pay:
            raise ValueError("least_days must be within days_to_pay")
        if len(set(self.ways)) != len(self.ways):
            raise ValueError("ways names a channel twice")
        return self
