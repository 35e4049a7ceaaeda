"""The part of a policy about money: what it settles first, and what follows when it goes back."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from billing.ledger.settlement import DebtPart
from billing.policy.parts import PolicyPart


class PromptPay(PolicyPart):
    """The policy's discount for prompt payment; never where a payer has a part in the bill."""

    percent: int = Field(ge=1, le=50)
    within_days: int = Field(ge=1)
    """From the day the bill is issued, or leaves if that is later."""


class PaymentRules(PolicyPart):
    """How money is handled; amounts in whole units of the currency, and 0 turns a rule off."""

    order: tuple[DebtPart, ...] = (DebtPart.PRINCIPAL, DebtPart.INTEREST, DebtPart.FEES)
    """What a payment settles first within a bill; no part is ever left out."""
    plan_first: bool = True
    """Whether the bills of a running plan come before older ones; a bill that is named comes before all."""
    small_balance: int = Field(ge=0, default=0)
    """What is left of a bill may be given up without a person when it is this small."""
    tolerance: Decimal = Field(ge=0, lt=10, decimal_places=2, default=Decimal(0))
    """A payment that is short or over by less than this settles its bill; the difference is rounding."""
    thanks_days: int = Field(ge=0, default=5)
    """Who pays is thanked, once, unless the payment is older than this when we learn of it."""
    double_days: int = Field(ge=0, default=10)
    """The same amount for the same bill within so many days is looked at by a person: paid twice?"""
    credit_days: int = Field(ge=0, default=60)
    """Money that no bill used for so long is looked at by a person, who pays it back."""
    refund_two_above: int | None = Field(ge=0, default=None)
    """A refund above this needs two people."""
    bounce_fee: str = ""
    """The id of the fee for a payment that bounced; empty for none."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sorted(self.order) != sorted(DebtPart):
            raise ValueError("order names principal, interest and fees, each once")
        return self
