"""What is grave, as the commands show it: real processes on what real turns and runs have stored."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.channels import Channel
from billing.accounts.snapshot import StepState
from handlers.arrivals import Arrival, ArrivalKind
from storage import tables
from storage.database.transaction import Database
from tests.commands import Shell
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FRIDAY = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
PHONE = "+15035550142"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """An empty installation in a folder of its own."""
    made = Shell(tmp_path)
    assert made("db", "upgrade").returncode == 0
    return made


@pytest.fixture
def there(shell: Shell) -> Iterator[World]:
    """Real handlers on the database of that installation."""
    database = Database(f"sqlite:///{shell.folder / 'kvitt.db'}")
    yield World(database, now=FRIDAY)
    database.close()


def _reminded_in_vain(world: World, bill_id: str) -> None:
    """Every level of a bill was delivered months ago."""
    with world.database.write() as session:
        bill = session.get(tables.Bill, bill_id)
        assert bill is not None
        for level in (1, 2, 3, 4):
            at = world.now - timedelta(days=150 - 30 * level)
            step = tables.Step(bill_id=bill_id, episode=bill.episode, level=level)
            step.state, step.at = StepState.HEARD.value, at
            session.add(step)


def test_danger_is_row_one_and_who_waits_row_two(shell: Shell, there: World) -> None:
    """Sixty bills that a due run flags on a Friday, somebody in danger on Saturday, somebody who waits."""
    for number in range(60):
        there.customer(f"c{number}", name=f"Cy {number}", phone=f"+1503555{2000 + number}")
        there.bill(f"B{number}", f"c{number}", due=date(2025, 11, 1))
        _reminded_in_vain(there, f"B{number}")
    assert [verdict.verdict for verdict in there.run()] == ["escalate"] * 60
    there.customer()
    there.customer("bo", name="Bo Ek", phone="+15035550143")
    there.says("let me talk to a person", "+15035550143")
    there.later(days=1)
    there.says("I want to die")

    rows = shell.json("escalations", "list")
    assert len(rows) == 62
    assert [(row["kind"], row["customer_id"]) for row in rows[:3]] == [
        ("crisis", "ada"),
        ("person", "bo"),
        ("placement", "c0"),
    ]
    printed = shell("escalations", "list").stdout.splitlines()
    first, second = [line for line in printed if " crisis " in line or " person " in line]
    assert printed.index(second) == printed.index(first) + 1
    assert " crisis " in first


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        (ArrivalKind.MEDIA, "", "(photo, voice note, place or attachment)"),
        (ArrivalKind.MEDIA, "the letter I got", "(photo, voice note, place or attachment) the letter I got"),
        (ArrivalKind.EDITED, "I meant the other one", "(changed to) I meant the other one"),
        (ArrivalKind.TEXT, "it burned down", "it burned down"),
    ],
)
def test_what_is_written_under_a_handover_is_printed(
    shell: Shell, there: World, kind: ArrivalKind, text: str, shown: str
) -> None:
    """Whatever kind it is, by both commands, and two in the same second are two."""
    there.customer()
    there.says("let me talk to a person")
    for provider_id in ("m1", "m2"):
        there.arrives(Arrival(Channel.SMS, provider_id, PHONE, text, there.now, kind))
    for command in (("messages", "ada"), ("escalations", "show", "1")):
        printed = " ".join(shell(*command).stdout.split())
        assert printed.count(" ".join(shown.split())) >= 2, printed
    (case,) = shell.json("escalations", "show", "1")
    assert [event["what"] for event in case["history"]].count("wrote") == 3
    assert {one["state"] for one in case["messages"] if one["came_in"]} == {"done"}
