"""Who is paged when a person is in danger: the rota one after the other, then everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

NEXT_AFTER: Final = timedelta(minutes=15)
"""How long one has to take the case before the next is paged too."""
AGAIN_AFTER: Final = timedelta(hours=1)
"""How often everybody is paged again while nobody has taken it (our choice)."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page that is due by now: for whom, and in which round; the rota is round 0."""

    name: str
    round: int


def pages(rota: Sequence[str], everybody: Sequence[str], since: datetime, now: datetime) -> list[Page]:
    """The pages due at ``now`` (UTC) about a danger known ``since`` then, which nobody has taken.

    One who is paged is paged once a round. With an empty rota everybody is paged at once.
    """
    waited = now - since
    found = [Page(name, 0) for place, name in enumerate(rota) if waited >= place * NEXT_AFTER]
    over = waited - len(rota) * NEXT_AFTER
    if over >= timedelta():
        found += [Page(name, 1 + over // AGAIN_AFTER) for name in everybody]
    return found
