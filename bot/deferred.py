"""A part that is slow to load and that most commands do not need: it is made at its first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Deferred:
    """Stands for an object until somebody asks it for something, and then hands on what is asked."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Any:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        """The attribute of the object itself."""
        return getattr(self._made, name)
