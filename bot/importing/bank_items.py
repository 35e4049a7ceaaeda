"""What readers of bank files have in common: what they give, and what they refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from billing.payments.bank import BankTransaction
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal
    from pathlib import Path


class BrokenBankFile(Refusal):
    """A bank file ends too early, or is not of the format that was said."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}; ask the bank for the file again")


@dataclass(frozen=True, slots=True)
class BadEntry:
    """An entry of a bank file, or one of its details, has a value that cannot be used."""

    position: str
    booked_on: date | None
    amount: Decimal
    """Signed, in whole units; what the entry says it is."""
    currency: str
    reason: str
    line: int | None = None
    """Its line in the file, where the format has lines."""


Item = BankTransaction | BadEntry


class BankReport(Protocol):
    """One statement or notification of a bank file."""

    def mistakes(self) -> Iterator[str]:
        """The totals that do not agree with the entries, one line each; then the whole file is refused."""


class BankReader(Protocol):
    """Reads a bank file, and collects what its parts say about themselves."""

    def __call__(self, file: Path, reports: list[BankReport], *, anyway: bool) -> Iterator[Item]:
        """Everything that moved; ``anyway`` also what is whole in a part that does not add up.

        Raises:
            BrokenBankFile: the file ends too early, or is not of this format; what came before was whole.
        """
