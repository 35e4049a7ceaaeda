"""Which accounts of the books the journal is written on, as ``kvitt.toml`` says."""

from __future__ import annotations

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from billing.ledger.journal import Chart
from billing.ledger.ledger import EntryKind


class JournalTable(BaseModel):
    """The ``[journal]`` table: the accounts of the books, by what is booked on them; BAS unless told."""

    model_config = ConfigDict(extra="forbid")
    receivable: str = Chart().receivable
    credit: str = Chart().credit
    kinds: dict[EntryKind, str] = Field(default_factory=dict)
    """The account opposite to the receivable, by the kind of entry."""
    money: dict[str, str] = Field(default_factory=dict)
    """The account that money arrives on, by where it comes from: ``camt``, ``csv``, ``stripe``."""
    names: dict[str, str] = Field(default_factory=dict)
    """What accounts are called."""

    @model_validator(mode="after")
    def _numbers(self) -> Self:
        every = (self.receivable, self.credit, *self.kinds.values(), *self.money.values())
        wrong = next((one for one in every if not re.fullmatch(r"[0-9A-Za-z]{1,10}", one)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is no account number; write one like 1510")
        return self

    def as_chart(self) -> Chart:
        """The chart as the rules know it."""
        plain = Chart()
        return Chart(
            self.receivable,
            self.credit,
            {**plain.kinds, **self.kinds},
            {**plain.money, **self.money},
            {**plain.names, **self.names},
        )
