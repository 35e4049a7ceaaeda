"""A dataclass decorator for values made by the hundred thousand, such as a run's snapshots and verdicts."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

__all__ = ["value"]

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as value
else:

    def value(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """A frozen dataclass to whoever checks types, which refuses to change one.

        At run time nothing asks: a frozen ``__init__`` takes seven times as long, and a run does little else.
        """
        return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)
