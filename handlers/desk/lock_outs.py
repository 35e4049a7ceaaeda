"""Who tries too often to sign in waits, by the name that is tried and by the address it comes from.

A try counts as wrong before the password is looked at, and no more once it was right: of many at one moment
none is free. Whether a name exists changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from storage.desk import sign_in_tries

if TYPE_CHECKING:
    from handlers.context import Context

FORGOTTEN_AFTER: Final = timedelta(hours=24)
"""After so long without a try they are counted anew."""


@dataclass(frozen=True, slots=True)
class _Limit:
    """How many tries are free, and how long the first and the longest lock lasts."""

    free: int
    first: timedelta
    longest: timedelta


LIMITS: Final = {
    "name": _Limit(5, timedelta(seconds=30), timedelta(minutes=15)),
    "address": _Limit(20, timedelta(minutes=1), timedelta(hours=1)),
}
"""An address may be an office of many; a name must not be locked for long by who wants its user out."""


class LockedOut(Refusal):
    """Too many wrong tries; ``until`` says when the next is taken (UTC)."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"too many wrong tries: try again at {until:%H:%M:%S} UTC")


def count(context: Context, name: str, address: str) -> None:
    """Count one try as wrong.

    Raises:
        LockedOut: it is not taken; nothing is counted then.
    """
    marks = {"address": _mark(address), "name": _mark(_known_as(name))}
    found = {
        kind: sign_in_tries.lock(context.session, kind, mark, context.now) for kind, mark in marks.items()
    }
    locks = [until for _, _, until in found.values() if until is not None and until > context.now]
    if locks:
        raise LockedOut(max(locks))
    for kind, (before, last, _) in found.items():
        tries = 1 if context.now - last > FORGOTTEN_AFTER else before + 1
        until = _until(LIMITS[kind], tries, context.now)
        sign_in_tries.write(context.session, kind, marks[kind], tries, context.now, until)


def was_right(context: Context, name: str, address: str) -> None:
    """Count no try of this name any more, and take the last one back from its address."""
    mark = _mark(address)
    tries, last, _ = sign_in_tries.lock(context.session, "address", mark, context.now)
    sign_in_tries.write(context.session, "address", mark, max(tries - 1, 0), last, None)
    sign_in_tries.forget(context.session, "name", _mark(_known_as(name)))


def _until(limit: _Limit, tries: int, now: datetime) -> datetime | None:
    """Until when no more is taken after so many wrong tries."""
    if tries < limit.free:
        return None
    doubled: timedelta = limit.first * 2 ** min(tries - limit.free, 20)
    return now + min(doubled, limit.longest)


def _known_as(name: str) -> str:
    return " ".join(name.split()).casefold()


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
