"""What is grave, as the commands show it: real processes on what real turns and runs have stored."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.channels import Channel
from billing.accounts.snapshot import StepState
from handlers.arrivals import Arrival, ArrivalKind
from storage import tables
from storage.database.transaction import Database
from storage.people import customers
from tests.commands import Shell
from tests.keys import KEYS
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
    database = Database(f"sqlite:///{shell.folder / 'kvitt.db'}", KEYS)
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
    assert [(row["kind"], row["customer_id"]) for row in rows] == [("crisis", "ada"), ("person", "bo")]
    printed = f" {' '.join(shell('escalations', 'list').stdout.split())} "
    kinds = ("crisis", "person", "placements")
    assert sorted(kinds, key=lambda kind: printed.index(f" {kind} ")) == list(kinds), printed


_CUSTOMER = "customer_id,name,birth_date,phone,country,region,sms_consent_on,sms_consent_basis"
_ADA = "1,Ada Lind,1980-02-28,+15035550142,US,CA,2026-01-01,form"
_BILL = "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,1,2026-01-01,2026-02-01,USD,600.00\n"


def _imported(shell: Shell, **files: str) -> None:
    for name, text in files.items():
        (shell.folder / f"{name}.csv").write_text(text)
    done = shell("import", *(f"{name}.csv" for name in files))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "later",
    [
        f"{_CUSTOMER}\n{_ADA}\n",
        f"{_CUSTOMER},died_on\n{_ADA},\n",
        f"{_CUSTOMER}\n{_ADA}\n".replace("birth_date,", "").replace("1980-02-28,", ""),
    ],
    ids=["no column", "empty", "no birth date either"],
)
def test_a_death_that_the_register_names_no_more_is_looked_at_by_a_person(
    shell: Shell, there: World, later: str
) -> None:
    """A newer file without it brings nobody back to life: a hold and a case stand until a person lifts it."""
    _imported(shell, people=f"{_CUSTOMER},died_on\n{_ADA},2026-01-20\n", bills=_BILL)
    assert [one["kind"] for one in shell.json("holds", "list")] == ["deceased"]
    assert [one["kind"] for one in shell.json("escalations", "list")] == ["deceased"]
    for _ in range(2):
        _imported(shell, people=later)
    assert [(one["kind"], one["placed_by"]) for one in shell.json("holds", "list")] == [
        ("deceased", "register")
    ]
    assert [one["holds"] for one in shell.json("accounts")] == [["deceased"]]
    assert [verdict.verdict for verdict in there.preview()] == ["held"]
    shell.sign_in()
    (case,) = shell.json("escalations", "list")
    assert "hangs on case" in shell("escalations", "close", str(case["id"])).stderr
    assert shell("escalations", "close", str(case["id"]), "--lift").returncode == 0
    assert [verdict.verdict for verdict in there.preview()] == ["remind"]


def test_a_child_stays_a_child_without_a_column(shell: Shell) -> None:
    """A newer file without birth dates makes nobody of age."""
    child = _ADA.replace("1980", "2016")
    _imported(shell, people=f"{_CUSTOMER}\n{child}\n", bills=_BILL)
    without = f"{_CUSTOMER.replace('birth_date,', '')}\n{child.replace('2016-02-28,', '')}\n"
    _imported(shell, people=without)
    assert [one["kind"] for one in shell.json("holds", "list")] == ["minor"]
    assert [one["kind"] for one in shell.json("escalations", "list")] == ["minor_without_guarantor"]


@pytest.mark.parametrize(
    ("record", "died_on"),
    [
        ({"deceasedBoolean": True, "meta": {"lastUpdated": "2026-02-03T10:00:00Z"}}, "2026-02-03"),
        ({"deceasedDateTime": "2026-01"}, "2026-01-01"),
        ({"deceasedDateTime": "2025"}, "2025-01-01"),
        ({"deceasedDateTime": "2026-01-20"}, "2026-01-20"),
        ({"deceasedDateTime": "2026-01-20T08:00:00-08:00"}, "2026-01-20"),
        ({"deceasedBoolean": False}, None),
    ],
)
def test_every_way_in_which_a_record_tells_of_a_death_counts(
    shell: Shell, record: dict[str, object], died_on: str | None
) -> None:
    """FHIR knows a death with a day, a month, a year, or none at all; none sets the person aside."""
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "name": [{"text": "Ada Lind"}],
        "birthDate": "1980-02-28",
    }
    bundle = {"resourceType": "Bundle", "entry": [{"resource": patient | record}]}
    (shell.folder / "record.json").write_text(json.dumps(bundle))
    done = shell("import", "--format", "fhir", "record.json")
    assert "customers: 1 new" in done.stdout, done.stderr
    database = Database(f"sqlite:///{shell.folder / 'kvitt.db'}", KEYS)
    with database.read() as session:
        found = customers.find(session, "1")
    database.close()
    assert found is not None
    assert str(found.died_on or "") == (died_on or "")


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
