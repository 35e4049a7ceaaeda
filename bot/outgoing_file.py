"""Writes files for others: atomically, and readable by their owner alone."""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


class CannotWrite(Refusal):
    """A file cannot be written at its path."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: cannot be written ({why}); nothing is lost, give the command again")


def write_text(file: Path, text: str) -> None:
    """Write a text (UTF-8), readable by its owner alone; an older file is replaced in one step.

    Raises:
        CannotWrite: the folder is not there, or cannot be written to.
    """
    _replace(file, lambda out: out.write(text))


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
        _write(file, lambda out: out.write(text), put)
    except FileExistsError:
        return False
    return True


def write_csv(file: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as CSV (UTF-8, LF), readable by its owner alone; an older file is replaced in one step.

    Raises:
        CannotWrite: the folder is not there, or cannot be written to.
    """

    def fill(out: TextIO) -> None:
        writer = csv.DictWriter(out, columns, lineterminator="\n", extrasaction="raise")
        writer.writeheader()
        writer.writerows(rows)

    _replace(file, fill)


def _replace(file: Path, fill: Callable[[TextIO], object]) -> None:
    """Write a new file beside an older one, then put it in its place."""
    _write(file, fill, lambda name: name.replace(file))


def _write(file: Path, fill: Callable[[TextIO], object], put: Callable[[Path], object]) -> None:
    """Write a new file beside, then put it where it belongs."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # for its owner alone
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                fill(out)
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
