"""Letters for a print service: a folder per batch, with a PDF per letter and a list of addresses."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from bot import csv_text
from bot.outgoing_file import CannotWrite, write_bytes, write_text
from handlers import logs
from handlers.context import Context
from handlers.delivery import letters as handled
from messages.documents import bill_documents, documents, fonts
from storage import private_files
from storage.delivery import letters

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date

    from bot.clock import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.delivery.letters import Letter

ADDRESSES: Final = handled.LIST
LINES: Final = 7
"""Lines of a recipient in the list; a longer address joins what is left in the last."""
COLUMNS: Final = ["file", "reference", *(f"line_{at}" for at in range(1, LINES + 1)), "country", "pages"]
_UNDONE: Final = ".making-"


class CannotBePrinted(Refusal):
    """A page of a letter cannot be set."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"letter {reference} cannot be printed: look at its name, address and descriptions")


class NoFolder(Refusal):
    """The folder for letters cannot be written to."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"KVITT_LETTERS_FOLDER: {folder} cannot be written to ({why})")


class PrintRoom:
    """Writes batches of letters as folders. A folder appears complete, or not at all."""

    def __init__(self, database: Database, installation: Installation, clock: Clock, folder: Path) -> None:
        self._database = database
        self._installation = installation
        self._clock = clock
        self._folder = folder

    def print_batches(
        self, post_on: date, by: str, show: Callable[[str, int, int], None] = lambda *_: None
    ) -> list[tuple[int, Path]]:
        """Print batches claimed but not printed, then claim and print all letters that are due now.

        If a process dies anywhere in here, the next one makes up for it: claimed letters are printed
        from the content saved then, and an existing folder is never written again.

        Raises:
            NoFolder: the folder for letters cannot be written to.
        """
        self.tidy()
        done = [self._finish(batch_id, by, show) for batch_id in self._unprinted()]
        while True:
            with self._database.write() as session:
                batch_id = handled.gather(Context(session, self._installation, self._clock), post_on, by)
            if batch_id is None:
                return done
            done.append(self._finish(batch_id, by, show))

    def folder_of(self, batch_id: int) -> Path:
        """The folder of a batch, which may not exist yet."""
        return self._folder / f"batch-{batch_id}"

    def _put_away(self, batch_id: int) -> None:
        """A batch was withdrawn: its folder must not be posted any more."""
        here = self.folder_of(batch_id)
        if here.is_dir():
            here.rename(self._folder / f"withdrawn-{batch_id}")

    def _take_out(self, batch_id: int) -> None:
        """Single letters of a batch were withdrawn: their files and rows go, so that they are not posted."""
        where = self.folder_of(batch_id)
        with self._database.read() as session:
            gone = {one.reference for one in letters.of_batch(session, batch_id) if one.withdrawn_at}
        remove(where, gone)

    def tidy(self) -> None:
        """Make the folder, and remove what a killed process left incomplete."""
        try:
            private_files.make_folder(self._folder)
        except OSError as error:
            raise NoFolder(self._folder, error.strerror or type(error).__name__) from None
        states = [letters.BatchState.WITHDRAWN, letters.BatchState.PRINTED]
        with self._database.read() as session:
            found = letters.batches(session, states)
        for batch, _ in found:
            if batch.state is letters.BatchState.WITHDRAWN:
                self._put_away(batch.id)
            else:
                self._take_out(batch.id)

    def _unprinted(self) -> list[int]:
        with self._database.read() as session:
            return [batch.id for batch in handled.to_print(session)]

    def _finish(self, batch_id: int, by: str, show: Callable[[str, int, int], None]) -> tuple[int, Path]:
        where = self.folder_of(batch_id)
        with self._database.read() as session:
            found = [one for one in letters.of_batch(session, batch_id) if one.withdrawn_at is None]
        # Asked again after a crash: what is missing in the folder must not count as posted.
        refused = _not_printable(found)
        if not where.exists():
            self._make(batch_id, where, [one for one in found if one.reference not in refused], show)
        refused |= {
            one.reference: CannotBePrinted(one.reference)
            for one in found
            if one.reference not in refused and not (where / f"{one.reference}.pdf").exists()
        }
        for left_behind in self._folder.glob(f"{_UNDONE}{batch_id}-*"):
            shutil.rmtree(left_behind, ignore_errors=True)
        with self._database.write() as session:
            context = Context(session, self._installation, self._clock)
            if refused:
                handled.not_printed(context, batch_id, refused, by)
            handled.printed(context, batch_id, by)
        return batch_id, where

    def _make(
        self, batch_id: int, where: Path, found: Sequence[Letter], show: Callable[[str, int, int], None]
    ) -> None:
        """Write every file, and only then let the folder appear under its name."""
        try:
            making = Path(tempfile.mkdtemp(prefix=f"{_UNDONE}{batch_id}-", dir=self._folder))
            making.chmod(private_files.folder_mode(self._folder))
        except OSError as error:
            raise NoFolder(self._folder, error.strerror or type(error).__name__) from None
        try:
            rows = []
            for number, letter in enumerate(found, start=1):
                try:
                    rows.append(_print(making, letter))
                except (OSError, CannotWrite):
                    raise
                except Exception as error:  # noqa: BLE001 - what has no file is a case, the others are printed
                    logs.logger().error("letter.failed", name=letter.reference, error=type(error).__name__)
                show("letters", number, len(found))
            _list(making / ADDRESSES, [COLUMNS, *rows])
            making.rename(where)
            _sync_folder(self._folder)
        except (OSError, CannotWrite):
            if not where.is_dir():  # else another process was quicker, and has tidied up
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)


def erase(folder: Path, gone: Mapping[int, Collection[str]]) -> None:
    """Remove the files of these letters, by batch, whatever became of the batch: the person was erased."""
    for batch_id, references in gone.items():
        for where in (folder / f"batch-{batch_id}", folder / f"withdrawn-{batch_id}"):
            remove(where, references)


def remove(where: Path, gone: Collection[str]) -> None:
    """Remove letters from the folder of a batch: their files, and their rows in the list."""
    if not gone or not where.is_dir():
        return
    listed = where / ADDRESSES
    if listed.exists():
        with listed.open(encoding="utf-8", newline="") as opened:
            rows = [row for _, row in csv_text.read(opened)]
        kept = [row for row in rows if row[1] not in gone]
        if kept != rows:
            _list(where / f".{ADDRESSES}", kept)
            (where / f".{ADDRESSES}").rename(listed)
    for reference in gone:
        (where / f"{reference}.pdf").unlink(missing_ok=True)


def _not_printable(found: Sequence[Letter]) -> dict[str, Refusal]:
    """Letters with a character that no font has, by reference: one does not keep the others back."""
    refused: dict[str, Refusal] = {}
    for letter in found:
        try:
            fonts.check(letter.page)
        except fonts.CannotBeSet as refusal:
            refused[letter.reference] = refusal
    return refused


def _print(folder: Path, letter: Letter) -> list[str]:
    """One PDF, and its row of the list."""
    made, name = bill_documents.printed(letter.page), f"{letter.reference}.pdf"
    write_bytes(folder / name, made)
    recipient = list(letter.page["recipient"])
    lines = [*recipient[: LINES - 1], ", ".join(recipient[LINES - 1 :])][:LINES]
    lines += [""] * (LINES - len(lines))
    return [name, letter.reference, *lines, letter.page["country"], str(documents.count_pages(made))]


def _list(file: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write the list of addresses; ``rows`` begin with the names of the columns."""
    write_text(file, csv_text.text_of(rows[0], rows[1:], end="\r\n"))


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk (fsync), so that a new name survives a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
