"""Chance, by a seed: the same seed tells the same story, whatever the number of processes."""

from __future__ import annotations

from random import Random as Chance

__all__ = ["Chance", "by_seed"]


def by_seed(*parts: object) -> Chance:
    """Chance of its own for whatever the parts name."""
    return Chance(":".join(str(part) for part in parts))
