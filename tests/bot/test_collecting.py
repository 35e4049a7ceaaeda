"""kvitt placements from the flag to the money, as a person and another program meet it."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from billing.collection.collectors import Collector, Rate
from bot import outgoing_file, settings
from bot.importing.collector_statements import import_activity, import_remittance
from bot.importing.table import MissingColumns
from bot.setting_errors import BadSetting
from bot.settings_tables import CollectorTable, RateTable
from handlers.collection import collector
from storage.collection import placements
from storage.database.transaction import Database
from storage.ledger import ledger
from tests.commands import Shell
from tests.keys import KEYS
from tests.world import World, an_installation, flagged

if TYPE_CHECKING:
    from pathlib import Path

    from bot.importing.collector_statements import CollectorStatement

TABLE = """
[[collectors]]
id = "fair"
name = "Fair Collect"
statement_of_work = "SOW-1"
rates = [{ percent = 20, up_to_days = 30 }, { percent = "22.5" }]
phone = "+1 503 555 0177"
four_eyes_above = 5000
"""
FAIR = CollectorTable(
    id="fair",
    name="Fair Collect",
    statement_of_work="SOW-1",
    rates=(RateTable(percent=Decimal(20)),),
).as_collector()
HEADER = "remittance_id,placement_key,collected_on,gross,fee,net,kind"


@pytest.fixture
def clinic(world: World) -> World:
    """A clinic with two bills of 600.00 and 80.00 that a collector has."""
    world.installation = an_installation(collectors=(FAIR,))
    world.customer()
    for bill_id, amount in (("B1", 60000), ("B2", 8000)):
        world.bill(bill_id, amount=amount)
        with world.database.write() as session:
            flagged(session, bill_id, amount, world.now)
            collector.approve(world.context(session), bill_id, "kim", "")
    return world


def _remit(world: World, file: Path, *lines: str) -> CollectorStatement:
    file.write_text("\n".join((HEADER, *lines)) + "\n")
    return import_remittance(world.database, world.installation, FAIR, file, "kim", world.clock)


def _balance(world: World) -> int:
    with world.database.read() as session:
        return sum(entry.amount.minor for entry in ledger.of_account(session, "A-ada"))


def test_a_remittance_books_what_it_can_and_sets_the_rest_aside(clinic: World, tmp_path: Path) -> None:
    """Drift is told by row and in total; unknown, doubled and broken lines go to the rejects file."""
    file = tmp_path / "remit.csv"
    lines = (
        "R1,B1-P1,2026-03-01,100.00,20.00,80.00,payment",
        "R2,B1-P1,2026-03-01,500.00,120.00,380.00,payment",
        "R3,B9-P1,2026-03-01,10.00,2.00,8.00,payment",
        "R1,B2-P1,2026-03-01,10.00,2.00,8.00,payment",
        "R4,B2-P1,2027-03-01,10.00,2.00,8.00,payment",
        "R5,B2-P1,2026-03-01,80.00,16.00,64.00,",
        "total,,,775.00,162.00,613.00,",
    )
    found = _remit(clinic, file, *lines)
    assert [(one.remittance_id, one.result.drift) for one in found.drifting] == [("R2", 2000)]
    assert found.sums() == {"USD": (68000, 15600, 13600)}
    assert [str(one).split(": ")[0:2] for one in found.rejects] == [
        ["remit.csv:4", "placement_key"],
        ["remit.csv:5", "remittance_id"],
        ["remit.csv:6", "collected_on"],
        ["remit.csv:8", "gross"],
    ]
    rejects = list(csv.reader((tmp_path / "remit.csv.rejects.csv").read_text().splitlines()))
    assert [row[0] for row in rejects] == ["remittance_id", "R3", "R1", "R4", "total"]
    assert _balance(clinic) == 0


def test_the_same_file_twice_books_nothing_twice(clinic: World, tmp_path: Path) -> None:
    """Lines that were booked are counted as duplicates, and no cent moves."""
    line = "R1,B1-P1,2026-03-01,100.00,20.00,80.00,payment"
    assert len(_remit(clinic, tmp_path / "a.csv", line, "total,,,100.00,20.00,80.00,").booked) == 1
    again = _remit(clinic, tmp_path / "b.csv", line)
    assert (len(again.booked), again.duplicates, again.rejects) == (0, 1, [])
    assert _balance(clinic) == 58000


def test_a_file_without_its_columns_is_refused(clinic: World, tmp_path: Path) -> None:
    """Nothing is booked from a file that lacks a column."""
    (tmp_path / "r.csv").write_text("remittance_id,gross\nR1,1.00\n")
    with pytest.raises(MissingColumns, match="placement_key"):
        import_remittance(clinic.database, clinic.installation, FAIR, tmp_path / "r.csv", "kim", clinic.clock)


def test_what_a_collector_tells_is_kept(clinic: World, tmp_path: Path) -> None:
    """Activity by placement; words nobody knows are set aside."""
    file = tmp_path / "activity.csv"
    file.write_text(
        "placement_key,reported_on,activity\nB1-P1,2026-03-01,active_plan\nB2-P1,2026-03-01,asleep\n"
    )
    kept, rejects, _ = import_activity(clinic.database, clinic.installation, file, "kim", clinic.clock)
    assert (kept, [one.field for one in rejects]) == (1, ["activity"])
    with clinic.database.read() as session:
        found = placements.with_key(session, "B1-P1")
    assert found is not None
    assert found.activity.value == "active_plan"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A row that cannot be written leaves the older file as it was, and nothing beside it."""
    file = tmp_path / "out.csv"
    outgoing_file.write_csv(file, ["a"], [{"a": 1}])
    with pytest.raises(ValueError, match="b"):
        outgoing_file.write_csv(file, ["a"], [{"a": 2}, {"b": 3}])
    assert file.read_text() == "a\n1\n"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(outgoing_file.CannotWrite, match="nothing is lost"):
        outgoing_file.write_csv(tmp_path / "nowhere" / "out.csv", ["a"], [])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (('percent = "22.5"', 'percent = "220"'), "collectors.0.rates.1.percent"),
        ((", up_to_days = 30", ""), "up_to_days must grow"),
        (('{ percent = "22.5" }', "{ percent = 1, up_to_days = 9 }"), "up_to_days must grow"),
        (('id = "fair"', 'id = "Fair/1"'), "collectors.0.id"),
        (("phone", "fone"), "no such setting"),
    ],
)
def test_half_a_contract_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: tuple[str, str], sentence: str
) -> None:
    """A contract that cannot be computed with is told with its place."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kvitt.toml").write_text(TABLE.replace(*changed))
    with pytest.raises(BadSetting, match=sentence):
        settings.load()
    (tmp_path / "kvitt.toml").write_text(TABLE * 2)
    with pytest.raises(BadSetting, match="names two collectors"):
        settings.load()
    (tmp_path / "kvitt.toml").write_text(TABLE)
    (found,) = settings.load().collectors
    assert isinstance(found.as_collector(), Collector)
    assert [rate.percent for rate in found.as_collector().rates] == [20, Rate(found.rates[1].percent).percent]


def test_the_whole_loop_from_the_command_line(tmp_path: Path) -> None:
    """Approve, export twice, acknowledge, remit with a drift, report, close: each a command."""
    kvitt = Shell(tmp_path)
    (tmp_path / "kvitt.toml").write_text(TABLE)
    kvitt.sign_in()
    today = datetime.now(UTC).date()  # noqa: TID251 - the command line runs by the clock on the wall
    issued, due = today - timedelta(days=40), today - timedelta(days=10)
    (tmp_path / "customers.csv").write_text("customer_id,name,phone\n1,Ada Lind,+15035550142\n")
    (tmp_path / "bills.csv").write_text(
        "bill_id,customer_id,issued_on,due_on,currency,amount\n"
        f"B1,1,{issued},{due},USD,600.00\nB2,1,{issued},{due},USD,50.00\n"
    )
    assert kvitt("import", "customers.csv", "bills.csv").returncode == 0
    database = Database(f"sqlite:///{tmp_path / 'kvitt.db'}", KEYS)
    with database.write() as session:
        flagged(session, "B1", 60000, datetime(2026, 1, 1, tzinfo=UTC))
    database.close()
    assert kvitt("placements", "approve", "B1").returncode == 0
    assert "placed by" in kvitt("placements", "approve", "B1").stderr
    (first,) = kvitt.json("placements", "export")
    content = (tmp_path / first["file"]).read_bytes()
    (second,) = kvitt.json("placements", "export")
    assert (second["file"], second["again"]) == (first["file"], True)
    assert (tmp_path / first["file"]).read_bytes() == content
    assert kvitt("placements", "acknowledge", "B1-P1", "--reference", "FC-1").returncode == 0
    (tmp_path / "paid.csv").write_text(
        f"payment_id,reference,amount,currency,paid_on\nP1,B1,100.00,USD,{today}\n"
    )
    kvitt("payments", "import", "paid.csv")
    assert [case["kind"] for case in kvitt.json("escalations", "list")] == ["collector_report"]
    (report,) = kvitt.json("placements", "report")
    assert "payment" in (tmp_path / report["file"]).read_text()
    (tmp_path / "remit.csv").write_text(f"{HEADER}\nR1,B1-P1,{today},500.00,120.00,380.00,payment\n")
    printed = kvitt("placements", "remit", "remit.csv").stdout
    assert "collector says 120.00, contract says 100.00 (20 % of principal, SOW-1)" in printed
    assert kvitt("placements", "close", "B1-P1", "--as", "paid").returncode == 0
    (life,) = kvitt.json("placements", "show", "B1-P1")
    assert _actions(life) == [
        "placement_approved",
        "placement_acknowledged",
        "placement_closed_paid",
    ]
    assert "fee 120.00 (contract 100.00)" in kvitt("placements", "show", "B1-P1").stdout


def _actions(life: dict[str, Any]) -> list[str]:
    return [entry["action"] for entry in life["deeds"]]
