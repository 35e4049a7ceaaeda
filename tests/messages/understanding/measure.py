"""How well English is understood on what others wrote, and each language on lines put aside and unseen texts.

``python -m tests.messages.understanding.measure [FILE]``.

FILE is the development set of CLINC150, columns ``text`` and ``intent``. It prints the tables of
docs/understanding.md; where there is no such file, only those of
`tests/messages/understanding/measure_said.py`.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from messages.understanding.understanding import NONE, understand
from tests.messages.understanding import measure_said

DATA: Final = Path(__file__).resolve().parents[4] / "shared/data/intents/clinc150_dev.csv"
OURS: Final = {
    "bill_balance": {"balance"},
    "bill_due": {"due_date"},
    "pay_bill": {"pay"},
    "what_can_i_ask_you": {"help"},
    "thank_you": {"thanks"},
    "are_you_a_bot": {"bot_question"},
    "oos": {NONE},
    "cancel": {"cancel", "stop"},
}
_NOT_OURS: Final = frozenset({"maybe", "min_payment"})
_OUTSIDE: Final = "oos"
_KILOBYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Measure:
    """How many texts of each intent were tried and understood, and what one text cost in hashed kilobytes."""

    tried: Counter[str]
    right: Counter[str]
    kilobytes: float

    def share(self, intent: str) -> float:
        """The share of an intent's texts that were understood, from 0 to 1."""
        return self.right[intent] / self.tried[intent]

    @property
    def in_scope(self) -> float:
        """The share of all texts that ask for something we do."""
        asked = [intent for intent in self.tried if intent != _OUTSIDE]
        return sum(self.right[one] for one in asked) / sum(self.tried[one] for one in asked)

    @property
    def refused(self) -> float:
        """The share of texts about something else that were taken for none of ours."""
        return self.share(_OUTSIDE)


def measure(file: Path) -> Measure:
    """Read every text of a file as an English message.

    Raises:
        FileNotFoundError: there is no such file.
    """
    with file.open(encoding="utf-8", newline="") as rows:
        texts = [(row["intent"], row["text"]) for row in csv.DictReader(rows)]
    texts = [(intent, text) for intent, text in texts if intent not in _NOT_OURS]
    understand("warm up", "en")
    began = time.process_time()
    meant = [understand(text, "en").intent for _, text in texts]
    spent = time.process_time() - began
    right = Counter(
        intent for (intent, _), one in zip(texts, meant, strict=True) if one in OURS.get(intent, {intent})
    )
    return Measure(Counter(intent for intent, _ in texts), right, spent / len(texts) / _hashing())


def _hashing() -> float:
    """The seconds of processor time that the SHA-256 of one kilobyte takes here."""
    block = bytes(1024 * _KILOBYTES)
    began = time.process_time()
    hashlib.sha256(block).hexdigest()
    return max(time.process_time() - began, 1e-6) / _KILOBYTES


def table(found: Measure) -> str:
    """The measure as a Markdown table, the worst intent first."""
    outside = f"{found.right[_OUTSIDE]} | {found.tried[_OUTSIDE]} | **{found.refused:.1%}**"
    rows = [
        f"| {intent} | {' or '.join(sorted(OURS.get(intent, {intent})))} | {found.right[intent]} "
        f"| {found.tried[intent]} | {found.share(intent):.1%} |"
        for intent in sorted(found.tried, key=lambda one: (found.share(one), one))
        if intent != _OUTSIDE
    ]
    return "\n".join(
        [
            "| Their intent | Ours | Right | Tried | |",
            "| --- | --- | ---: | ---: | ---: |",
            *rows,
            f"| **all of these** | | | | **{found.in_scope:.1%}** |",
            f"| **out of scope, refused** | {NONE} | {outside} |",
            "",
            f"A message costs as much processor time as the SHA-256 of {found.kilobytes:.0f} kB.",
        ]
    )


def _main(file: Path) -> None:
    if file.exists():
        sys.stdout.write(table(measure(file)) + "\n\n")
    else:
        sys.stderr.write(f"{file}: not there, so CLINC150 is left out: say DATA=clinc150_dev.csv\n")
    sys.stdout.write(measure_said.tables(measure_said.measures()) + "\n")


if __name__ == "__main__":
    _main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
