"""Every ``--json`` on a book in which everything has happened: JSON lines whose amounts say their unit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from bot.cli import CommandToLoad, command_line
from bot.cli.json_rows import AMOUNTS, record, with_minor
from handlers.campaigns.results import ArmResult
from tests import whole_book

if TYPE_CHECKING:
    from tests.commands import Shell

READS: Final = (
    "aging", "run --dry-run", "accounts", "explain 1", "messages 2", "audit", "sending status", "keys show",
    "policy show", "policy diff generic us", "payers list", "payments list 4",
    "payments unmatched", "payments accounts list",
    "payments credits --older-than 0", "payments chargebacks", "payments refund list",
    "period list", "period tie-out", "runs list", "runs show 1", "escalations list", "escalations show 1",
    "claims list --all", "claims show C100001-1",
    "codes list", "codes show G8427 --system HCPCS", "prices list",
    "authorisations list", "eligibility list", "holds list --all", "placements list --all",
    "placements show B7-P1", "billing list", "billing show 1", "billing sent 000001", "users list",
    "letters list", "campaigns list", "campaigns preview spring --exclusions", "campaigns progress spring",
    "privacy erasures", "act list customer 2", "book",
)  # fmt: skip
"""Each prints at least one row of this book."""
MAY_BE_EMPTY: Final = (
    "policy check",
    "plans list",
    "aid list",
    "sending doubts",
    "shadow tomorrow",
    "find Ada",
)
ELSEWHERE: Final = frozenset({
    "act answer", "act approve-plan", "act close", "act contact", "act credit", "act dispute-against",
    "act dispute-for", "act extend", "act extend-all", "act hand-back", "act hand-over", "act log",
    "act plan", "act refuse-plan", "act return", "act take", "act write-off", "aid show",
    "claims acknowledge", "claims answers import", "claims bill-person", "claims export", "claims forgo",
    "claims pass-on", "claims resend", "claims void", "eligibility import", "escalations answer",
    "escalations close", "restore", "simulate", "understand", "users sessions",
})  # fmt: skip
"""Printed by the tests of what they do: they need files of others, or end what the book goes on with."""
COUNTS: Final = frozenset({
    "arms", "bill", "close", "disputed", "handed_over_in", "hardship", "id", "leave", "level", "members",
    "no_usable_channel", "number", "payment_id", "placed", "placement_id", "position", "recall_days",
    "segments", "sequence", "stopped", "to_write",
})  # fmt: skip
"""Whole numbers that stand beside a currency and are no amounts."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The book, made once: it is only read here."""
    return whole_book.write(tmp_path_factory.mktemp("book"))


def _with_json() -> set[str]:
    waiting: list[tuple[str, Any]] = [("", get_command(command_line()))]
    found = set()
    for path, command in waiting:
        real = command.real() if isinstance(command, CommandToLoad) else command
        if isinstance(real, TyperGroup):
            waiting += [(f"{path} {name}".strip(), one) for name, one in real.commands.items()]
        elif any("--json" in one.opts for one in real.params):
            found.add(path)
    return found


def test_every_command_that_has_json_is_tried() -> None:
    """A new one stands among what is typed for the book, or among what is read from it."""
    typed = [*whole_book.BEFORE_THE_COLLECTOR, *whole_book.WITH_THE_COLLECTOR, *READS, *MAY_BE_EMPTY]
    known = _with_json()
    assert {one for one in known if not any(f"{line} ".startswith(f"{one} ") for line in typed)} == ELSEWHERE
    assert known >= ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("line", [*READS, *MAY_BE_EMPTY])
def test_what_a_program_reads_is_json_whatever_has_happened(book: Shell, line: str) -> None:
    """Each line is an object; a whole number beside a currency is an amount with its unit, or a count."""
    rows = book.json(*line.split())
    assert rows or line in MAY_BE_EMPTY
    for row in rows:
        _check(row, currency=False)


def _check(value: Any, *, currency: bool) -> None:
    if isinstance(value, dict):
        inside = currency or isinstance(value.get("currency"), str)
        for key, one in value.items():
            if inside and isinstance(one, int) and not isinstance(one, bool):
                assert key in COUNTS or key.endswith("_minor") or f"{key}_minor" in value, key
            if key in AMOUNTS and not key.endswith("_minor") and f"{key}_minor" in value:
                assert value[f"{key}_minor"] == one
            _check(one, currency=inside and not _is_map(key, value))
    if isinstance(value, list):
        for one in value:
            _check(one, currency=currency)


def _is_map(key: str, value: dict[str, Any]) -> bool:
    return (
        f"{key}_minor" in value or key.endswith("_minor") or key in {"left_out", "later", "arms", "channels"}
    )


def test_a_count_by_name_is_printed_by_name() -> None:
    """Paid in a currency, dropped for a reason: they are objects by name, which a copy once lost."""
    arm = ArmResult("all")
    arm.amount["USD"] += 5000
    arm.dropped["paid"] += 2
    row = json.loads(json.dumps(with_minor(record(arm))))
    assert (row["amount"], row["amount_minor"], row["dropped"]) == ({"USD": 5000}, {"USD": 5000}, {"paid": 2})


def test_an_amount_has_its_unit_in_its_name_and_the_older_name_beside_it() -> None:
    """Beside a currency or below one; a number of the same name without a currency is a count."""
    row = with_minor({"currency": "USD", "amount": 5, "lines": [{"paid": 3, "position": 1}]})
    assert row["amount_minor"] == 5
    assert row["lines"] == [{"paid": 3, "paid_minor": 3, "position": 1}]
    assert with_minor({"payments": 3}) == {"payments": 3}
