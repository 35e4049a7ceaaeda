"""A backup as a file: a zip of the database's copy and a manifest that says what it is."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Final

from billing.given_files import regular
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

PRODUCT: Final = "kvitt"
FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
CONTENTS: Final = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
"""What the copy is called in the archive, by the kind of database."""
CHUNK: Final = 1 << 20
_LONGEST: Final = 1 << 16
"""Bytes that a manifest may have; ours has a few hundred."""


class BadBackup(Refusal):
    """A file is no whole backup that this release can restore."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: {why}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of: release, schema, moment (UTC), kind of database, size in bytes and digest."""

    version: str
    schema: str
    made_at: datetime
    database: str
    size: int
    sha256: str
    namespace: str = ""
    """PostgreSQL's schema that the tables are in."""
    proof: str = ""
    """The keyed digest of all the rest; empty where no key was there, or in backups of older releases."""

    @property
    def proven(self) -> str:
        """What the proof is of: everything that the manifest says, and by its digest the copy."""
        row = asdict(self) | {"made_at": self.made_at.astimezone(UTC).isoformat()}
        del row["proof"]
        return json.dumps({"product": PRODUCT, "format": FORMAT, **row}, sort_keys=True)


def write(file: Path, copied: Iterable[bytes], of: Manifest, prove: Callable[[str], str]) -> Manifest:
    """Write a database's copy as an archive; returns the manifest with its size, digest and proof."""
    digest, size = hashlib.sha256(), 0
    # PostgreSQL compresses its dump itself.
    packing = zipfile.ZIP_DEFLATED if of.database == "sqlite" else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", packing, compresslevel=1) as archive:
        with archive.open(CONTENTS[of.database], "w", force_zip64=True) as out:
            for chunk in copied:
                out.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        made = replace(of, size=size, sha256=digest.hexdigest())
        made = replace(made, proof=prove(made.proven))
        row = asdict(made) | {"made_at": of.made_at.isoformat()}
        archive.writestr(MANIFEST, json.dumps({"product": PRODUCT, "format": FORMAT, **row}, indent=1))
    return made


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was opened."""

    file: Path
    manifest: Manifest
    _archive: zipfile.ZipFile

    def chunks(self) -> Iterator[bytes]:
        """The database's copy, piece by piece; its end comes only if it was whole.

        Raises:
            BadBackup: what was read is not what was written.
        """
        digest = hashlib.sha256()
        with self._read() as source:
            while chunk := self._next(source):
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != self.manifest.sha256:
            raise BadBackup(self.file, _DAMAGED)

    def check(self) -> None:
        """Read all of it.

        Raises:
            BadBackup: it is damaged.
        """
        for _ in self.chunks():
            pass

    def _read(self) -> IO[bytes]:
        try:
            return self._archive.open(CONTENTS[self.manifest.database])
        except (KeyError, *_BROKEN):
            raise BadBackup(self.file, _DAMAGED) from None

    def _next(self, source: IO[bytes]) -> bytes:
        try:
            return source.read(CHUNK)
        except _BROKEN:
            raise BadBackup(self.file, _DAMAGED) from None


_DAMAGED: Final = "is damaged: what is in it is not what was written; take another backup"
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


@contextmanager
def opened(file: Path) -> Iterator[Backup]:
    """Open a backup by its manifest.

    Raises:
        BadBackup: the file is not there, damaged, or no backup that this release knows.
    """
    try:
        archive = zipfile.ZipFile(regular(file))
    except FileNotFoundError:
        raise BadBackup(file, "there is no such file") from None
    except zipfile.BadZipFile:
        raise BadBackup(file, "is no backup of Kvitt, or only a part of one") from None
    except OSError as error:
        raise BadBackup(file, f"cannot be read ({error.strerror})") from None
    with archive:
        yield Backup(file, _manifest(file, archive), archive)


def _manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        with archive.open(MANIFEST) as source:
            row = json.loads(source.read(_LONGEST))
        ours, newer, version = row["product"] == PRODUCT, row["format"] != FORMAT, str(row["version"])[:20]
        found = None if newer else _of_row(row)
    except (KeyError, TypeError, ValueError, *_BROKEN):
        raise BadBackup(file, "is no backup of Kvitt, or its manifest is damaged") from None
    if not ours:
        raise BadBackup(file, "is no backup of Kvitt")
    if found is None:
        raise BadBackup(file, f"was made by a newer Kvitt ({version}): install that release to restore it")
    return found


def _of_row(row: Mapping[str, Any]) -> Manifest:
    """A manifest from its JSON; one that lacks something, or has it wrong, raises what reading it raises."""
    made = datetime.fromisoformat(row["made_at"])
    CONTENTS[row["database"]]
    named = {name: str(row[name]) for name in ("version", "schema", "database", "sha256", "namespace")}
    proof = str(row.get("proof", ""))
    return Manifest(**named, made_at=_in_utc(made), size=int(row["size"]), proof=proof)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(moment)
    return moment.astimezone(UTC)
