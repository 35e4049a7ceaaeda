"""Writes down how chats go: ``python -m tests.chats FILE…``. Read them before you keep them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from storage.database import schema
from storage.database.transaction import Database
from tests.chats.transcript import played, read, written
from tests.keys import KEYS


def main(paths: list[str]) -> None:
    """Play each file on the first of its channels and write it anew."""
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(paths):
            path = Path(name)
            transcript = read(path)
            database = Database(f"sqlite:///{folder}/{number}.db", KEYS)
            schema.ensure(database.engine)
            path.write_text(written(played(transcript, database, transcript.channels[0])), encoding="utf-8")
            sys.stdout.write(f"{path}\n{path.read_text(encoding='utf-8')}\n")
            database.close()


if __name__ == "__main__":
    main(sys.argv[1:])
