"""What a contract test needs of a channel: an adapter, the other end of the line, and a way to break it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, Protocol, Self, TypeVar

from bot.channel import ChannelAdapter

A = TypeVar("A", bound=ChannelAdapter)


class Behaviour(Enum):
    """What the provider, or the way to it, does to every send from now on."""

    OPTED_OUT = auto()
    """The recipient does not want messages: a stop-word, a blocked bot."""
    BAD_ADDRESS = auto()
    BUSY = auto()
    """Too many requests: not taken, safe to try again."""
    LOST_ANSWER = auto()
    """The provider takes the message, but its answer never comes back."""
    DOWN = auto()
    """Nothing listens."""
    MISCONFIGURED = auto()
    """Our credentials are wrong."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message at the other end; ``choices`` are the labels on its buttons, in reading order."""

    address: str
    text: str
    choices: tuple[str, ...] = ()


class Rig(Protocol):
    """A channel with the far end in our hands; ``async with`` starts and stops it."""

    @property
    def adapter(self) -> ChannelAdapter: ...

    @property
    def address(self) -> str: ...

    @property
    def can_trace(self) -> bool:
        """Whether the provider can say what became of a message in doubt."""

    def delivered(self) -> list[Delivered]:
        """What the provider took, oldest first."""

    def attached(self) -> list[bytes]:
        """The PDFs on what the provider took, oldest first."""

    def answered(self) -> list[str]:
        """The ids that what the provider took names as answered, oldest first."""

    def behave(self, what: Behaviour) -> None: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...


class Closing(Generic[A]):
    """What ``async with`` does at the end: the adapter lets go, then the far end goes down.

    Nothing hangs on a message, and none names another, unless a rig looks for it.
    """

    adapter: A

    def attached(self) -> list[bytes]:
        """No PDF."""
        return []

    def answered(self) -> list[str]:
        """No message that is answered."""
        return []

    def stop(self) -> None:
        """Take the far end down; a handset has none."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.adapter.close()
        self.stop()
