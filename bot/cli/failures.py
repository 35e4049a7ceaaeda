"""The one sentence of a command or process that failed as nobody foresaw: what, where, and what to do."""

from __future__ import annotations

import errno
import os
import sys
from typing import Final

from handlers import logs

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def sentence(error: BaseException) -> str:
    """One line about an exception that is no refusal: never its words, which may quote a text or a name."""
    if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        return sentence(error.exceptions[0])
    return _of_database(error) or _of_system(error) or _unforeseen(error)


def give_up_output(error: BaseException) -> None:
    """Try no more to write output that found no room: the interpreter would, at its end, and fail anew."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_database(error: BaseException) -> str | None:
    if "sqlalchemy" not in sys.modules:  # slow to load; what was not loaded has not failed
        return None
    from storage.database import trouble  # noqa: PLC0415

    found = trouble.explained(error, None)
    return str(found) if found else None


def _of_system(error: BaseException) -> str | None:
    if isinstance(error, MemoryError):
        return "the machine has no memory left; what was not finished has been undone"
    if not isinstance(error, OSError) or error.strerror is None:
        return None
    what = f"{error.filename}: " if isinstance(error.filename, str) else ""
    if error.errno in _NO_ROOM:
        return (
            f"{what}the disk is full or the file may not grow ({error.strerror}): make room, then try again"
        )
    return f"{what}{error.strerror} ({logs.place_of(error.__traceback__)})"


def _unforeseen(error: BaseException) -> str:
    found = logs.about(error)
    return (
        f"something failed that should not have ({found['error']} at {found['at']}); "
        "what was not finished has been undone: please report this line"
    )
