"""Random numbers by a seed: the same seed gives the same run, whatever the number of processes."""

from __future__ import annotations

from random import Random as Chance

__all__ = ["Chance", "Luck", "by_seed"]


def by_seed(*parts: object) -> Chance:
    """Chance of its own for whatever the parts name."""
    return Chance(":".join(str(part) for part in parts))


class Luck:
    """Chance for each person, address and case by itself: what befalls one never changes another's.

    So two policies are compared on people who would have done the same.
    """

    def __init__(self, *seed: object) -> None:
        self._seed = seed
        self._kept: dict[object, Chance] = {}

    def of(self, *name: object) -> Chance:
        """The chance of one person, address or case, always the same one."""
        if name not in self._kept:
            self._kept[name] = by_seed(*self._seed, *name)
        return self._kept[name]
