"""Where the web application meets the world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.web.shares import Patience, Shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.accounts.creditor import Creditor
    from bot.proxies import Network


@dataclass(frozen=True, slots=True)
class Edge:
    """The web application seen from outside: whose it is, its address, its proxies, its limits."""

    creditor: Creditor | None = None
    public_url: str = ""
    proxies: Sequence[Network] = ()
    shares: Shares = field(default_factory=Shares)
    patience: Patience = field(default_factory=Patience)
