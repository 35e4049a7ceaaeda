"""The report of a simulation as one page that needs nothing from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.simulate.simulation import Simulation


def page(done: Sequence[Simulation]) -> str:
    """The page."""
    return "".join(one.policy for one in done)
