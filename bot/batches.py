"""Work that many ask for at the same time, done together: one transaction for all who waited for the last."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from storage.database.transaction import Database

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Failed:
    """What doing something raised."""

    error: Exception


class Batches(Generic[Item, Result]):
    """Does something with items in the database, and hands each result to whoever asked for it.

    ``do`` gives a result for each item, in their order.
    """

    def __init__(
        self,
        database: Database,
        do: Callable[[Session, Sequence[Item]], Sequence[Result]],
        *,
        at_once: int,
        name: str,
    ) -> None:
        self._database = database
        self._do = do
        self._at_once = at_once
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, name)
        self.idle = asyncio.Event()
        """Set while nothing is being done."""
        self.idle.set()

    async def do(self, item: Item) -> Result:
        """Have it done, with all that others ask for meanwhile.

        Raises whatever doing it raises; then it is as if it had not been asked for.
        """
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        self.idle.clear()
        if self._task is None:
            self._task = asyncio.create_task(self._do_all())
        return await result

    async def _do_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[: self._at_once], self._waiting[self._at_once :]
            found = await loop.run_in_executor(self._thread, self._together, [item for item, _ in batch])
            for (_, future), result in zip(batch, found, strict=True):
                if isinstance(result, _Failed) and not future.cancelled():
                    future.set_exception(result.error)
                elif not isinstance(result, _Failed) and not future.cancelled():
                    future.set_result(result)
        self._task = None
        self.idle.set()

    def _together(self, items: Sequence[Item]) -> list[Result | _Failed]:
        """Do them in one transaction; if that fails each alone, so that one cannot hold up the others."""
        try:
            with self._database.write(urgent=True) as session:
                return [*self._do(session, items)]
        except Exception as error:  # noqa: BLE001 - whoever asked hears of it
            return [_Failed(error)] if len(items) == 1 else [self._together([item])[0] for item in items]
