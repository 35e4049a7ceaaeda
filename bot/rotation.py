"""Gives every row a new key while processes run; after a kill it goes on where it was."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from billing.refusals import Refusal
from bot import key_files
from bot.key_files import KeyFiles
from storage.database import schema, sealing_keys
from storage.sealing import keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Settings
    from storage.database.sealed_rows import Progress
    from storage.database.transaction import Database
    from storage.sealing.keys import KeySource


class NothingToRotate(Refusal):
    """The key is in a setting, and there is no new one beside it."""

    def __init__(self) -> None:
        super().__init__(
            "KVITT_KEY has one key: write a new one before it (openssl rand -base64 32), with a comma "
            "between, for every process; start them again, and then kvitt keys rotate"
        )


def rotate(
    database: Database,
    settings: Settings,
    wait: Callable[[int], object],
    progress: Progress | None = None,
) -> str:
    """Seal every row by a new key, or by the newest where a rotation was begun; returns the new key's id.

    ``wait`` is called, with their number, while transactions go on that may still seal by an older key.

    Raises:
        NothingToRotate: the keys are in settings, and there is no new one.
        KeysHeld: another process is at it: each would take the other's new key for lost.
    """
    source = key_files.source(settings)
    with source.held() if isinstance(source, KeyFiles) else nullcontext():
        return _rotate(database, source, wait, progress)


def _rotate(
    database: Database, source: KeySource, wait: Callable[[int], object], progress: Progress | None
) -> str:
    lines = list(source.read().rows)
    if len(lines) == 1:
        if not isinstance(source, KeyFiles):
            raise NothingToRotate
        # Both are in the file until no row needs the older one: a kill at any moment loses neither.
        lines.insert(0, keys.new_text())
        source.replace(lines)
    database.keys.refresh()
    sealing_keys.begin(database.engine)
    began = sealing_keys.moment(database.engine)
    while older := sealing_keys.transactions_before(database.engine, began):
        wait(older)
    schema.seal(database.engine, progress)
    if isinstance(source, KeyFiles):
        source.replace(lines[:1])
    return database.keys.newest.id
