"""The ``[journal]`` table of ``kvitt.toml``: the general ledger accounts of the journal."""

from __future__ import annotations

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from billing.ledger.journal import Chart
from billing.ledger.ledger import EntryKind


class JournalTable(BaseModel):
    """General ledger accounts by kind of entry; the defaults are of the Swedish BAS chart."""

    model_config = ConfigDict(extra="forbid")
    receivable: str = Chart().receivable
    credit: str = Chart().credit
    kinds: dict[EntryKind, str] = Field(default_factory=dict)
    """The contra account to the receivable, by kind of entry."""
    money: dict[str, str] = Field(default_factory=dict)
    """The account for incoming money, by its source: ``camt``, ``mt940``, ``csv``, ``stripe``."""
    names: dict[str, str] = Field(default_factory=dict)
    """Names of accounts."""

    @model_validator(mode="after")
    def _numbers(self) -> Self:
        every = (self.receivable, self.credit, *self.kinds.values(), *self.money.values())
        wrong = next((one for one in every if not re.fullmatch(r"[0-9A-Za-z]{1,10}", one)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is no account number; write one like 1510")
        return self

    def as_chart(self) -> Chart:
        """The chart of accounts for the rules of the journal."""
        plain = Chart()
        return Chart(
            self.receivable,
            self.credit,
            {**plain.kinds, **self.kinds},
            {**plain.money, **self.money},
            {**plain.names, **self.names},
        )
