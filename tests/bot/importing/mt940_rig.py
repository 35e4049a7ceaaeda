"""Writes MT940 files for tests: lines with their texts, and balances as a bank would."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tests.bot.importing.camt_rig import ACCOUNT


@dataclass
class Line:
    """One ``:61:`` and its ``:86:``, whose lines are given as they are."""

    amount: str
    text: str = ""
    way: str = "C"
    day: str = "260302"
    entry: str = "0302"
    names: str = "NTRFNONREF"

    @property
    def signed(self) -> Decimal:
        """What it moves."""
        amount = Decimal(self.amount.replace(",", "."))
        return amount if self.way in {"C", "RD"} else Decimal(0) if self.way[0] == "E" else -amount

    def __str__(self) -> str:
        """As a bank writes it."""
        line = f":61:{self.day}{self.entry}{self.way}{self.amount}{self.names}"
        return f"{line}\n:86:{self.text}" if self.text else line


@dataclass
class Statement:
    """One statement, or a page of one; it closes with what its lines make unless told."""

    lines: list[Line] = field(default_factory=list)
    opening: str = "100,00"
    closing: str = ""
    account: str = ACCOUNT
    pages: str = "FF"
    """Whether its balances are final (``F``) or of a page (``M``)."""
    end: str = "\n-"
    currency: str = "USD"

    def __str__(self) -> str:
        """As a bank writes it."""
        made = Decimal(self.opening.replace(",", ".")) + sum(one.signed for one in self.lines)
        closing = self.closing or f"{made:.2f}".replace(".", ",")
        parts = [
            ":20:STARTUMS", f":25:{self.account}", ":28C:7/1",
            f":60{self.pages[0]}:C260302{self.currency}{self.opening}",
            *map(str, self.lines),
            f":62{self.pages[1]}:C260302{self.currency}{closing}",
        ]  # fmt: skip
        return "\n".join(parts) + self.end


def mt940(*statements: Statement) -> str:
    """A whole file."""
    return "\n".join(map(str, statements)) + "\n"
