"""The token of who acts: from the environment, or from a file that only its owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from billing.given_files import regular
from billing.refusals import Refusal
from bot import own_files

VARIABLE: Final = "KVITT_TOKEN"
FILE_VARIABLE: Final = own_files.TOKEN_VARIABLE
FILE: Final = own_files.TOKEN
OWN: Final = 0o600
"""Read and written by its owner, and by nobody else."""


class TokenFileOpen(Refusal):
    """Others than its owner may read the file with the token."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} can be read by others: chmod 600 {file}, "
            "and then make a new token with kvitt users token"
        )


class NoTokenFile(Refusal):
    """The file that should have the token cannot be read."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(
            f"{FILE_VARIABLE}: {file} cannot be read ({why}): it is the file with your token, "
            "which kvitt users token makes"
        )


class TokenFileThere(Refusal):
    """A file with a token is there already."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} is there already and was left as it is: move it away, and then "
            "kvitt users add NAME --role operator makes the first user"
        )


def token() -> str | None:
    """The token of who acts: KVITT_TOKEN, or the file that KVITT_TOKEN_FILE names, or kvitt.token.

    That file is beside the settings file. None if there is none.

    Raises:
        TokenFileOpen: others may read the file.
        NoTokenFile: it is named and cannot be read.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        return given
    named = os.environ.get(FILE_VARIABLE)
    file = own_files.token_file()
    try:
        with regular(file).open(encoding="utf-8") as opened:
            if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077:
                raise TokenFileOpen(file)
            return opened.read().strip() or None
    except (OSError, UnicodeDecodeError) as error:
        if named or not isinstance(error, FileNotFoundError):
            raise NoTokenFile(file, getattr(error, "strerror", None) or "it is no text") from None
        return None


def save(text: str, folder: Path) -> Path | None:
    """Write a token into a new file that only its owner may read; None where there is one already."""
    file = folder / FILE
    try:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN)
    except FileExistsError:
        return None
    with os.fdopen(made, "w", encoding="utf-8") as opened:
        opened.write(f"{text}\n")
    return file
