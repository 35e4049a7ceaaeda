"""Play the first day: ``python -m tests.first_day``; exits 1 when something was not as the documents say."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.first_day.day import OPERATORS, clone, play
from tests.first_day.terminal import WentWrong, say

MOST: Final = 9
"""Commands that a first day may take."""


def main() -> int:
    """Print what is typed and what it prints, then how many commands and seconds each day took."""
    wanted = argparse.ArgumentParser(prog="make first-day", description=__doc__)
    wanted.add_argument("--only", choices=list(OPERATORS), help="one operator's day alone")
    only = wanted.parse_args().only
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the mail server speaks of its own future
    found = []
    with tempfile.TemporaryDirectory() as folder:
        place = clone(Path(folder))
        for name, operator in OPERATORS.items():
            if only in {None, name}:
                try:
                    found.append((operator.name, play(operator, place, name)))
                except WentWrong as problem:
                    say(f"{operator.name}: {problem}")
                    return 1
    say("")
    for name, played in found:
        times = ", ".join(f"{seconds:.0f} s {what}" for what, seconds in played.seconds.items())
        say(f"{name}: {len(played.typed)} commands typed (at most {MOST}), {times}")
    return 0 if all(len(played.typed) <= MOST for _, played in found) else 1


if __name__ == "__main__":
    sys.exit(main())
