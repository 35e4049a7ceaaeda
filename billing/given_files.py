"""Files that are named by somebody to be read: a pipe or a device is none, and would be waited for."""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def regular(file: Path) -> Path:
    """The same path, if it is one of a file that can be read to its end, or of a folder.

    Raises:
        OSError: there is none, or it is a pipe, a socket or a device.
    """
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "a pipe or a device is no file: save what it gives in one", str(file))
    return file
