"""A process that prints letters until it is killed: ``DATABASE_URL FOLDER``. Prints when it begins."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.channels.letter import PrintRoom
from storage.database.transaction import Database
from tests.keys import KEYS
from tests.letters import a_writing_installation
from tests.world import NOON


def main() -> None:
    """Print every letter there is."""
    database, installation = Database(sys.argv[1], KEYS), a_writing_installation()
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    PrintRoom(database, installation, lambda: NOON, Path(sys.argv[2])).print_batches(NOON.date(), "printer")


if __name__ == "__main__":
    main()
