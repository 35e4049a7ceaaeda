"""Who may read the files that Kvitt makes: their owner alone, whatever the umask of the process.

Others fetch from some folders, which the operator made and named: print services and collectors. Such a
folder is known by its set-group-id bit (``chmod 2750``), and what is written there is for its group as well.
No folder or file that was there before gets another mode.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

OWN_FILE: Final = 0o600
OWN_FOLDER: Final = 0o700
_GROUP_FILE: Final = 0o640
_GROUP_FOLDER: Final = 0o2750


def file_mode(folder: Path) -> int:
    """The mode of a new file in a folder."""
    return _GROUP_FILE if _is_fetched_from(folder) else OWN_FILE


def folder_mode(folder: Path) -> int:
    """The mode of a new folder in a folder."""
    return _GROUP_FOLDER if _is_fetched_from(folder) else OWN_FOLDER


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are not there.

    Raises:
        OSError: it cannot be made, or is no folder.
    """
    missing = []
    above = folder
    while not above.exists():
        missing.append(above)
        above = above.parent
    for one in reversed(missing):
        try:
            one.mkdir(OWN_FOLDER)
        except FileExistsError:
            continue  # another process was quicker, and it is theirs
        one.chmod(folder_mode(one.parent))
    if not folder.is_dir():
        raise NotADirectoryError(20, "Not a directory", str(folder))


def make_file(file: Path) -> None:
    """Make an empty file, unless there is one, before a library makes it by the umask.

    Where the folder is not there nothing happens: whoever opens the file says so.
    """
    try:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN_FILE)
    except OSError:
        return
    with os.fdopen(made, "wb") as opened:
        os.fchmod(opened.fileno(), OWN_FILE)


def _is_fetched_from(folder: Path) -> bool:
    try:
        mode = folder.stat().st_mode
    except OSError:
        return False
    return bool(mode & stat.S_ISGID and mode & stat.S_IRGRP and mode & stat.S_IXGRP)
