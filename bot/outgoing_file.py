"""Writes files: in one step, and readable by their owner alone (``storage/private_files.py``)."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from billing.refusals import Refusal
from bot import own_files
from bot.csv_text import CsvWriter
from storage import private_files

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence


class CannotWrite(Refusal):
    """A file cannot be written at its path."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: cannot be written ({why}); nothing is lost, give the command again")


def write_text(file: Path, text: str, encoding: str = "utf-8", *, own: bool = False) -> None:
    """Write a text, readable by its owner alone; an older file is replaced in one step.

    A character that the encoding has not is written as a question mark. ``own`` files are the settings.

    Raises:
        CannotWrite: the folder is not there, or cannot be written to.
        bot.own_files.OwnFile: the file is one that the installation lives by.
    """
    write_bytes(file, text.encode(encoding, errors="replace"), own=own)


def write_bytes(file: Path, made: bytes, *, own: bool = False) -> None:
    """Write a file, readable by its owner alone; an older file is replaced in one step.

    What is no plain file, as a pipe or a terminal, is written to.

    Raises:
        CannotWrite: the folder is not there, or cannot be written to.
        bot.own_files.OwnFile: the file is one that the installation lives by.
    """
    if not own:
        own_files.refuse(file)
    if file.exists() and not file.is_file() and not file.is_dir():
        try:
            # A pipe that nobody reads is not waited for.
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_NONBLOCK), "wb") as out:
                os.set_blocking(out.fileno(), True)
                out.write(made)
        except OSError as error:
            raise CannotWrite(file, error.strerror or type(error).__name__) from None
        return
    _write(file, made, lambda name: name.replace(file))


def write_own(file: Path, text: str) -> None:
    """Write a file that the installation lives by, in one step.

    Raises:
        CannotWrite: the folder is not there, or cannot be written to.
    """
    _write(file, text.encode(), lambda name: name.replace(file))


def write_new(file: Path, text: str) -> bool:
    """Write a text as :func:`write_text` does, unless the file is there; returns whether it was written.

    Raises:
        CannotWrite: the folder is not there, or cannot be written to.
    """

    def put(name: Path) -> None:
        try:
            os.link(name, file)  # fails where the file is there, and never shows half of it
        finally:
            name.unlink()

    try:
        _write(file, text.encode(), put)
    except FileExistsError:
        return False
    return True


def write_csv(
    file: Path,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    plain: Container[str] = frozenset(),
    end: str = "\n",
) -> None:
    """Write rows as CSV (UTF-8), readable by its owner alone; an older file is replaced in one step.

    ``plain`` are the columns that hold amounts or phone numbers; see :class:`bot.csv_text.CsvWriter`.

    Raises:
        CannotWrite: the folder is not there, or cannot be written to.
    """
    out = io.StringIO(newline="")
    CsvWriter(out, columns, plain=plain, end=end).rows(rows)
    write_text(file, out.getvalue())


def _write(file: Path, made: bytes, put: Callable[[Path], object]) -> None:
    """Write a new file beside, then put it where it belongs."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # for its owner alone
        try:
            with os.fdopen(handle, "wb") as out:
                os.fchmod(out.fileno(), private_files.file_mode(file.parent))
                out.write(made)
                out.flush()
                os.fsync(out.fileno())
            put(Path(name))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise
    except OSError as error:
        raise CannotWrite(file, error.strerror or type(error).__name__) from None
