"""Letters for a print service: a folder a batch, a PDF a letter, and the list of where each goes."""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from handlers import letters as handled
from messages import documents
from storage import letters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from bot.clock import Clock
    from handlers.house import House
    from storage.letters import Letter
    from storage.transaction import Database

ADDRESSES: Final = "addresses.csv"
LINES: Final = 7
"""Lines of a recipient in the list; a longer address joins what is left in the last."""
_UNDONE: Final = ".making-"


class NoFolder(Refusal):
    """The folder for letters cannot be written to."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"KVITT_LETTERS_FOLDER: {folder} cannot be written to ({why})")


class PrintRoom:
    """Where batches become folders. A folder is there whole, or not at all."""

    def __init__(self, database: Database, house: House, clock: Clock, folder: Path) -> None:
        self._database = database
        self._house = house
        self._clock = clock
        self._folder = folder

    def print_batches(
        self, post_on: date, by: str, show: Callable[[str, int, int], None] = lambda *_: None
    ) -> list[tuple[int, Path]]:
        """Print what was claimed and not printed, then claim and print all that may be written now.

        A process that dies anywhere in here is made good by the next: what was claimed is printed
        from what was written down then, and a folder that is there is never made again.

        Raises:
            NoFolder: there is nowhere to put them.
        """
        self._tidy()
        done = [self._finish(batch_id, by, show) for batch_id in self._unprinted()]
        while True:
            with self._database.write() as session:
                batch_id = handled.gather(session, self._house, post_on, by, self._clock())
            if batch_id is None:
                return done
            done.append(self._finish(batch_id, by, show))

    def folder_of(self, batch_id: int) -> Path:
        """Where a batch is, or would be."""
        return self._folder / f"batch-{batch_id}"

    def put_away(self, batch_id: int) -> None:
        """A batch was withdrawn: its folder must not be posted any more."""
        here = self.folder_of(batch_id)
        if here.is_dir():
            here.rename(self._folder / f"withdrawn-{batch_id}")

    def _tidy(self) -> None:
        """Make the folder, and put away what a process that died left half done."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NoFolder(self._folder, error.strerror or type(error).__name__) from None
        with self._database.read() as session:
            withdrawn = letters.batches(session, [letters.BatchState.WITHDRAWN])
        for batch, _ in withdrawn:
            self.put_away(batch.id)

    def _unprinted(self) -> list[int]:
        with self._database.read() as session:
            return [batch.id for batch in handled.to_print(session)]

    def _finish(self, batch_id: int, by: str, show: Callable[[str, int, int], None]) -> tuple[int, Path]:
        where = self.folder_of(batch_id)
        if not where.exists():
            with self._database.read() as session:
                found = letters.of_batch(session, batch_id)
            self._make(where, found, show)
        with self._database.write() as session:
            handled.printed(session, batch_id, by, self._clock())
        return batch_id, where

    def _make(self, where: Path, found: Sequence[Letter], show: Callable[[str, int, int], None]) -> None:
        """Write every file, and only then let the folder appear under its name."""
        try:
            making = Path(tempfile.mkdtemp(prefix=_UNDONE, dir=self._folder))
        except OSError as error:
            raise NoFolder(self._folder, error.strerror or type(error).__name__) from None
        try:
            rows = []
            for number, letter in enumerate(found, start=1):
                rows.append(_print(making, letter))
                show("letters", number, len(found))
            _list(making / ADDRESSES, rows)
            making.chmod(0o750)
            _appear(making, where)
        finally:
            shutil.rmtree(making, ignore_errors=True)


def _print(folder: Path, letter: Letter) -> list[str]:
    """One PDF, and its row of the list."""
    made, name = documents.pdf(letter.page), f"{letter.reference}.pdf"
    _write(folder / name, made)
    recipient = list(letter.page["recipient"])
    lines = [*recipient[: LINES - 1], ", ".join(recipient[LINES - 1 :])][:LINES]
    lines += [""] * (LINES - len(lines))
    return [name, letter.reference, *lines, letter.page["country"], str(documents.count_pages(made))]


def _list(file: Path, rows: Sequence[Sequence[str]]) -> None:
    columns = ["file", "reference", *(f"line_{number}" for number in range(1, LINES + 1)), "country", "pages"]
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([columns, *rows])
        opened.flush()
        os.fsync(opened.fileno())


def _write(file: Path, made: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(made)
        opened.flush()
        os.fsync(opened.fileno())


def _appear(making: Path, where: Path) -> None:
    """Rename, which happens whole or not at all; another process may have been quicker."""
    try:
        making.rename(where)
    except OSError:
        if not where.is_dir():
            raise
        return
    handle = os.open(where.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
