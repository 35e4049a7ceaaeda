"""A process that issues a billing run until it is killed: ``DATABASE_URL RUN``. Prints when it begins."""

from __future__ import annotations

import sys

from handlers.context import fixed
from handlers.issuing import billing_runs
from storage.database.transaction import Database
from tests.issuing import a_billing_installation
from tests.keys import KEYS
from tests.world import NOON


def main() -> None:
    """Issue every bill left, few per transaction, so that a kill is likely to hit in the middle."""
    database, installation = Database(sys.argv[1], KEYS), a_billing_installation()
    billing_runs.AT_ONCE = 3
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    billing_runs.issue(database, installation, int(sys.argv[2]), fixed(NOON))


if __name__ == "__main__":
    main()
