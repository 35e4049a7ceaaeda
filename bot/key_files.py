"""Where the keys lie by which the database is sealed: in files beside it, or in settings."""

from __future__ import annotations

import fcntl
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from bot import outgoing_file, own_files
from bot.setting_errors import MissingSetting
from storage.sealing import keys
from storage.sealing.keys import FixedKeys, Key, Keys, KeyTexts

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from pathlib import Path

    from bot.settings import Settings
    from storage.sealing.keys import KeySource

FILE: Final = own_files.KEY
STOPS_FILE: Final = own_files.STOPS_KEY


class KeyNotThere(Refusal):
    """The file with a key cannot be read."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(
            f"{file} cannot be read ({why}): it has a key of the database; put back the copy "
            "that you keep, or name its place with KVITT_KEY_FILE"
        )


class KeyFileOpen(Refusal):
    """Others than its owner may read a file with a key."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} can be read by others: chmod 600 {file}, and then kvitt keys rotate")


class KeysHeld(Refusal):
    """Another process is changing the keys."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file}: another kvitt keys rotate is at work; wait until it has ended")


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The file with the keys of rows, the newest first, a line for each, and the one of stops beside it."""

    rows: Path
    stops: Path

    @property
    def where(self) -> str:
        """The path of the file with the keys of rows."""
        return str(self.rows)

    def state(self) -> Hashable:
        """Which file it is, and when it was written."""
        try:
            found = self.rows.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def read(self) -> KeyTexts:
        """The keys of both files.

        Raises:
            KeyNotThere: one of them cannot be read.
            KeyFileOpen: others may read one of them.
            storage.sealing.keys.BadKey: what is in one of them is no key.
        """
        rows, stops = _lines(self.rows), _lines(self.stops)
        if len(stops) != 1:
            raise keys.BadKey(str(self.stops))
        Key.of_text(stops[0], str(self.stops))
        return KeyTexts(rows, stops[0])

    @property
    def complete(self) -> bool:
        """Whether both files are there."""
        return self.rows.exists() and self.stops.exists()

    def make(self) -> list[Path]:
        """Make the files that are not there, each with a new key; returns those that were made.

        Only for a database in which nothing is sealed: a file that is there is never replaced.
        """
        return [
            file for file in (self.rows, self.stops) if outgoing_file.write_new(file, f"{keys.new_text()}\n")
        ]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the files against others who would change them; a process that ends lets them go.

        Raises:
            KeysHeld: another process holds them.
        """
        # The file of stops is never replaced, so that everybody locks the same one.
        with self.stops.open(encoding="utf-8") as opened:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise KeysHeld(self.rows) from None
            yield

    def replace(self, lines: Sequence[str]) -> None:
        """Write other keys of rows, in one step."""
        outgoing_file.write_own(self.rows, "".join(f"{line}\n" for line in lines))


def source(loaded: Settings) -> KeySource:
    """Where the keys are read from, by the settings.

    Raises:
        billing.refusals.Refusal: only one of both keys is in the settings.
    """
    if loaded.key is None:
        return files(loaded)
    if loaded.stops_key is None:
        raise MissingSetting("KVITT_STOPS_KEY", "with KVITT_KEY it is the key of stops")
    rows = loaded.key.get_secret_value().replace(",", " ").split()
    return FixedKeys(KeyTexts(rows, loaded.stops_key.get_secret_value().strip()))


def read(loaded: Settings) -> Keys:
    """The keys of the settings.

    Raises:
        billing.refusals.Refusal: they cannot be read.
    """
    return Keys(source(loaded))


def files(loaded: Settings) -> KeyFiles:
    """The files of the keys: KVITT_KEY_FILE, or beside the SQLite database, or beside the settings.

    Raises:
        storage.database.engine.BadDatabaseUrl: KVITT_DATABASE_URL is malformed.
    """
    rows = own_files.key_file(loaded)
    return KeyFiles(rows, rows.parent / STOPS_FILE)


def beside(file: Path) -> KeyFiles:
    """The files of the keys beside a database's file."""
    return KeyFiles(file.parent / FILE, file.parent / STOPS_FILE)


def _lines(file: Path) -> list[str]:
    try:
        if stat.S_ISFIFO(file.stat().st_mode):
            # Keys are read again and again; a pipe gives them once, and would be waited for without an end.
            raise KeyNotThere(file, "it is a pipe")
        with file.open(encoding="utf-8") as opened:
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                raise KeyFileOpen(file)
            return [line.strip() for line in opened if line.strip() and not line.startswith("#")]
    except UnicodeDecodeError:
        raise keys.BadKey(str(file)) from None
    except OSError as error:
        raise KeyNotThere(file, error.strerror or type(error).__name__) from None
