"""Whether this process can do its work, for a load balancer or whoever watches at night."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from billing.refusals import Refusal
from storage.database import schema
from storage.database.probe import probe
from storage.database.trouble import DatabaseTrouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.database.transaction import Database

WRITE_EVERY: Final = 2.0
"""Seconds between writes: anybody may ask, and as often as they like."""


@dataclass(frozen=True, slots=True)
class ReadinessAnswer:
    """Whether the process is ready, and what it says of itself: no more than kinds and numbers."""

    fine: bool
    said: Mapping[str, Any]


class Readiness:
    """Asks the database whether it has this release's schema and takes a write; one asks at a time."""

    def __init__(self, database: Database) -> None:
        self._url = database.engine.url
        self._asking = asyncio.Lock()
        self._written_at: float | None = None

    async def ask(self) -> ReadinessAnswer:
        """What the database says now."""
        async with self._asking:
            return await run_in_threadpool(self._found)

    def _found(self) -> ReadinessAnswer:
        now = time.monotonic()
        write = self._written_at is None or now >= self._written_at + WRITE_EVERY
        try:
            found = probe(self._url, write=write)
        except DatabaseTrouble as trouble:
            self._written_at = None
            return ReadinessAnswer(
                fine=False, said={"status": "no database", "reason": trouble.kind.name.lower()}
            )
        except (Refusal, SQLAlchemyError, OSError) as error:
            self._written_at = None
            return ReadinessAnswer(fine=False, said={"status": "no database", "reason": type(error).__name__})
        if write:
            self._written_at = now
        if found != schema.HEAD:
            return ReadinessAnswer(fine=False, said={"status": "schema is not current", "found": found})
        return ReadinessAnswer(fine=True, said={"status": "ok", "schema": found})
