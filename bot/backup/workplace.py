"""A folder to work in beside a file: what a killed command left there is cleared by the next."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from billing.refusals import Refusal
from bot.outgoing_file import CannotWrite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class WorkedOnAlready(Refusal):
    """Another process works on the same file."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file}: another kvitt backup or restore works on it: wait until it has ended")


@contextmanager
def beside(file: Path) -> Iterator[Path]:
    """An empty folder beside a file (mode 0700), for one process at a time; it is removed at the end.

    Raises:
        WorkedOnAlready: another process has it.
        CannotWrite: it cannot be made there.
    """
    folder = file.with_name(f".{file.name}.part")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise CannotWrite(file, error.strerror or type(error).__name__) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise WorkedOnAlready(file) from None
        _clear(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _clear(folder: Path) -> None:
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def empty_file(file: Path) -> Path:
    """The path of a new empty file that its owner alone may read, for a library that fills files by name."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return file


def put(made: Path, file: Path) -> None:
    """Put a finished file in its place in one step, safe from a power cut; an older one is replaced."""
    sync(made)
    made.replace(file)
    sync(file.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
