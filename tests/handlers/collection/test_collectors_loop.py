"""A bill goes to a collector and comes back: files, reports, recalls, money, and nothing said twice."""

from __future__ import annotations

import csv
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.accounts.holds import Hold, HoldKind
from billing.accounts.snapshot import PlacementState
from billing.collection import placement
from billing.collection.collectors import Collector, Rate
from billing.collection.placement import RECALL_REASONS, Activity, PassingReason
from billing.refusals import Refusal
from bot.cli.collecting import NUMBERS
from bot.outgoing_file import write_csv
from handlers.collection import collector, collector_report, placement_file, placement_life
from handlers.desk import cases
from handlers.dunning.reschedule import reschedule
from handlers.payments import payments
from handlers.payments.remittances import BadRemittance, RemittanceKind, RemittanceRow, remit
from storage.collection import collector_files, placements
from storage.collection.collector_files import FileKind
from storage.database.transaction import Database
from storage.desk import escalations
from storage.dunning import holds
from storage.ledger import ledger
from tests.keys import KEYS
from tests.world import World, an_installation, flagged

if TYPE_CHECKING:
    from billing.collection.placement import RecallReason
    from handlers.payments.remittances import Remitted
    from tests.conftest import Databases

FAIR = Collector(
    id="fair",
    name="Fair Collect",
    statement_of_work="SOW-1",
    rates=(Rate(Decimal(20), 30), Rate(Decimal(25))),
    phone="+1 503 555 0177",
    recall_days=14,
    four_eyes_above=1000,
)
GOLDEN = Path(__file__).with_name("placement_file.csv")


@pytest.fixture
def clinic(world: World) -> World:
    """A clinic with one collector, and Ada, who owes 600.00 and was reminded once."""
    world.installation = an_installation(collectors=(FAIR,))
    world.customer(address="1 Elm Street", postal_code="97201", city="Portland", email="ada@example.org")
    _flag(world)
    return world


def _flag(world: World, bill_id: str = "B1", amount: int = 60000) -> None:
    world.bill(bill_id, amount=amount, due=world.now.date() - timedelta(days=5))
    world.run()
    world.deliver()
    with world.database.write() as session:
        flagged(session, bill_id, amount, world.now)


def _place(world: World, bill_id: str = "B1", by: str = "kim") -> PlacementState:
    world.later(hours=1)
    with world.database.write() as session:
        return collector.approve(world.context(session), bill_id, by, "")


def _export(world: World) -> placement_file.Exported:
    world.later(minutes=1)
    with world.database.write() as session:
        return placement_file.export(world.context(session), FAIR, "kim")


def _report(world: World) -> list[dict[str, Any]]:
    """What a new report tells."""
    world.later(minutes=1)
    with world.database.write() as session:
        batch = collector_report.report(world.context(session), FAIR, "kim").batch_id
        lines = collector_files.lines_of(session, batch) if batch else []
        assert lines or not batch, "a file without a line"
        return [line.row for line in lines]


def _remit(world: World, remittance_id: str, gross: str, fee: str, net: str, **more: Any) -> Remitted:
    facts: dict[str, Any] = {
        "key": "B1-P1",
        "collected_on": world.now.date(),
        "kind": RemittanceKind.PAYMENT,
    } | more
    row = RemittanceRow(id=remittance_id, gross=gross, fee=fee, net=net, **facts)
    with world.database.write() as session:
        return remit(world.context(session), FAIR, row, "kim")


def _state(world: World, key: str = "B1-P1") -> PlacementState:
    with world.database.read() as session:
        found = placements.with_key(session, key)
    assert found is not None
    return found.state


def _cases(world: World) -> dict[str, str]:
    return {case.key: case.reason for case in world.queue()}


def _recall(world: World, reason: RecallReason = PassingReason.ERROR, **more: Any) -> bool:
    with world.database.write() as session:
        return collector.recall(world.context(session), "B1-P1", "kim", reason, "", **more)


def test_the_placement_file_is_the_one_we_publish(clinic: World, tmp_path: Path) -> None:
    """Every column, to the letter; a payment and a bounced one before the placement are itemised."""
    clinic.pays("B1", 10000)
    clinic.pays("B1", 2500, "bounces")
    with clinic.database.write() as session:
        payments.take_back(clinic.context(session), "test", "bounces")
    _place(clinic)
    assert _export(clinic).count == 1
    with clinic.database.read() as session:
        (batch,) = collector_files.batches(session, "fair", FileKind.PLACEMENTS)
        rows = [line.row for line in collector_files.lines_of(session, batch.id)]
    write_csv(tmp_path / "out.csv", placement_file.COLUMNS, rows, plain=NUMBERS)
    assert (tmp_path / "out.csv").read_text() == GOLDEN.read_text()
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    since = [int(row[f"{name}_since"]) for name in ("interest", "fees", "payments", "credits")]
    assert int(row["itemised_amount"]) + since[0] + since[1] - since[2] - since[3] == int(row["balance"])


def test_what_was_handed_over_is_handed_over_once(clinic: World) -> None:
    """A second export finds nothing new; the file that was made can be read again as it was."""
    _place(clinic)
    first = _export(clinic)
    assert first.batch_id
    assert _export(clinic) == placement_file.Exported(None, 0, (), 0)
    clinic.pays("B1", 100)
    with clinic.database.read() as session:
        (line,) = collector_files.lines_of(session, first.batch_id)
    assert line.row["balance"] == 60000


def test_a_dispute_between_approval_and_file_keeps_the_bill_here(clinic: World) -> None:
    """What stands in the way is asked again when the file is made, and the desk is asked to recall."""
    _place(clinic)
    with clinic.database.write() as session:
        holds.place(session, "ada", Hold(HoldKind.DISPUTE, "wrong", bill_id="B1"), "customer", clinic.now)
        reschedule(clinic.context(session), ["ada"])
    assert _export(clinic).left_out == (("B1-P1", "dispute"),)
    assert "recall:B1-P1" in _cases(clinic)


def test_an_unsafe_number_is_given_to_nobody(clinic: World) -> None:
    """A number that somebody else may be reading does not stand in the file."""
    clinic.customer(address="1 Elm Street", concerns={"unsafe_number": ""})
    _place(clinic)
    batch = _export(clinic).batch_id
    assert batch
    with clinic.database.read() as session:
        (line,) = collector_files.lines_of(session, batch)
    assert line.row["phones"] == ""


def test_large_amounts_need_two_people(clinic: World) -> None:
    """The first approval places nothing; the same person cannot be the second."""
    _flag(clinic, "B2", 100001)
    assert _place(clinic, "B2", "kim") is PlacementState.APPROVED_ONCE
    assert _export(clinic).count == 0
    with pytest.raises(placement.SecondPersonNeeded):
        _place(clinic, "B2", "kim")
    assert _place(clinic, "B2", "lee") is PlacementState.PLACED
    with clinic.database.read() as session:
        life = placement_life.life(session, "B2-P1")
    trail = [(entry.actor, entry.action) for entry in life.audit_entries]
    assert trail == [("kim", "placement_approved_once"), ("lee", "placement_approved")]


def test_of_two_approvals_at_once_one_wins_and_the_other_is_told(database_url: str) -> None:
    """Two people press at the same moment: one places the bill, the other learns who did."""
    databases = [Database(database_url, KEYS) for _ in range(2)]
    world = World(databases[0], installation=an_installation(collectors=(FAIR,)))
    world.customer()
    start = threading.Barrier(2)

    def press(name: str, database: Database, bill_id: str) -> str:
        start.wait()
        try:
            with database.write() as session:
                collector.approve(world.context(session), bill_id, name, "")
        except Refusal as refusal:
            return str(refusal)
        return name

    with ThreadPoolExecutor(2) as pool:
        for number in range(6):
            bill_id = world.bill(f"R{number}", amount=5000)
            with world.database.write() as session:
                flagged(session, bill_id, 5000, world.now)
            pressed = [
                pool.submit(press, name, database, bill_id)
                for name, database in zip(("kim", "lee"), databases, strict=True)
            ]
            answers = {one.result() for one in pressed}
            (winner,) = answers & {"kim", "lee"}
            (loser,) = answers - {winner}
            assert f"placed by {winner}" in loser
    for database in databases:
        database.close()


def test_money_on_a_placed_bill_is_told_once_and_within_a_bank_day(clinic: World) -> None:
    """Direct payments and reversals stand in one report, each once; until then the desk is told."""
    _place(clinic)
    _export(clinic)
    clinic.later(days=4)  # a Friday: the next bank day is Monday
    clinic.pays("B1", 5000, "D1")
    (case,) = [one for one in clinic.queue() if one.kind == "collector_report"]
    assert case.deadline.astimezone(clinic.installation.creditor.zone).date() == date(2026, 3, 10)
    first = _report(clinic)
    assert [(row["event"], row["amount"], row["balance"]) for row in first] == [("payment", -5000, 55000)]
    assert "report:B1-P1" not in _cases(clinic)
    with clinic.database.write() as session:
        payments.take_back(clinic.context(session), "test", "D1")
    second = _report(clinic)
    assert [(row["event"], row["amount"], row["balance"]) for row in second] == [("reversal", 5000, 60000)]
    assert _report(clinic) == []


def test_the_collectors_own_money_is_not_reported_back(clinic: World) -> None:
    """What they passed on, and what of it bounced, they know."""
    _place(clinic)
    _export(clinic)
    _remit(clinic, "R1", "100.00", "20.00", "80.00")
    _remit(clinic, "R2", "-100.00", "-20.00", "-80.00", kind=RemittanceKind.REVERSAL)
    assert clinic.owed() == 60000
    assert _report(clinic) == []


def test_a_recall_is_told_and_the_bill_rests(clinic: World) -> None:
    """A recalled bill is ours again, quiet for a while; what is paid after is none of theirs."""
    _place(clinic)
    _export(clinic)
    assert _recall(clinic) is True
    assert [(row["event"], row["balance"]) for row in _report(clinic)] == [("recalled", 60000)]
    clinic.pays("B1", 100)
    assert _report(clinic) == []
    with pytest.raises(placement.WrongMove, match="recalled by kim"):
        _recall(clinic)
    assert {verdict.reason for verdict in clinic.preview()} == {"manual"}
    clinic.later(days=31)
    assert {verdict.verdict for verdict in clinic.preview()} == {"remind"}


def test_a_late_recall_may_cost(clinic: World) -> None:
    """After the contract's free days the desk is told that it may be charged."""
    _place(clinic)
    clinic.later(days=15)
    assert _recall(clinic) is False


def test_a_recall_is_blocked_by_what_the_collector_told(clinic: World) -> None:
    """A payment on its way there blocks it until somebody insists."""
    _place(clinic)
    with clinic.database.write() as session:
        activity, on = Activity.PAYMENT_IN_TRANSIT, clinic.now.date()
        collector.note_activity(clinic.context(session), "B1-P1", "kim", activity, on)
    with pytest.raises(placement.RecallBlocked, match="payment in transit"):
        _recall(clinic)
    _recall(clinic, force=True)
    assert _state(clinic) is PlacementState.RECALLED


@pytest.mark.parametrize(
    ("words", "kind"), [("this bill is wrong", "dispute"), ("I lost my job", "hardship")]
)
def test_what_is_told_us_about_a_placed_bill_comes_to_the_desk(clinic: World, words: str, kind: str) -> None:
    """A dispute or hardship asks a person to recall, once, though they close the case without."""
    _place(clinic)
    clinic.says(words)
    reason = _cases(clinic)["recall:B1-P1"]
    assert "kvitt placements recall B1-P1" in reason
    with clinic.database.write() as session:
        case = escalations.open_with_key(session, "recall:B1-P1")
        assert case is not None
        cases.close(clinic.context(session), case.id, "kim", "the collector goes on", lift=False)
        reschedule(clinic.context(session), ["ada"])
    assert "recall:B1-P1" not in _cases(clinic)
    _recall(clinic, RECALL_REASONS[kind])
    with clinic.database.read() as session:
        assert {hold.kind.value for hold in holds.active_holds(session, ["ada"], clinic.now)["ada"]} == {kind}


@pytest.mark.parametrize(
    "asked", ["balance", "when is it due", "how can I pay", "payment plan", "explain my bill"]
)
def test_who_asks_about_a_placed_bill_is_referred(clinic: World, asked: str) -> None:
    """Nothing leaves unsolicited; whoever asks, and is known, hears who has it and how to reach them."""
    _place(clinic)
    clinic.says("balance")
    clinic.says("1980-02-28")
    before = len(clinic.screen())
    for _ in range(3):
        clinic.later(days=30)
        clinic.run()
        clinic.deliver()
    assert len(clinic.screen()) == before
    clinic.says("balance")
    clinic.says("1980-02-28")
    assert clinic.heard(asked) == ["answers.referred"]
    assert "Fair Collect on +1 503 555 0177" in clinic.screen()[-1].text


def test_a_remittance_is_booked_and_its_fee_worked_out_again(clinic: World) -> None:
    """Gross is the customer's payment; the fee stands beside it, with what the contract says."""
    _place(clinic)
    _export(clinic)
    found = _remit(clinic, "R1", "500.00", "105.00", "395.00")
    assert (found.expected_fee, found.drift) == (10000, 500)
    assert clinic.owed() == 10000
    assert _remit(clinic, "R1", "500.00", "105.00", "395.00").duplicate
    assert clinic.owed() == 10000
    with pytest.raises(BadRemittance, match="booked before with other figures"):
        _remit(clinic, "R1", "500.00", "100.00", "400.00")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"key": "B9-P1"}, "placement_key: there is no placement 'B9-P1'"),
        ({"currency": "SEK"}, "currency: SEK is not the bill's USD"),
        ({"net": "81.00"}, "net: does not add up: gross and fee make it 80.00"),
        ({"gross": "1e2"}, "gross: '1e2' is not an amount"),
        ({"gross": "-100.00"}, "gross: must be above zero"),
        (
            {"kind": RemittanceKind.REVERSAL, "gross": "-5.00", "fee": "-1.00", "net": "-4.00"},
            "gross: no payment of this",
        ),
        ({"kind": RemittanceKind.DIRECT, "net": "-20.00"}, "gross: the customer paid us 0.00"),
    ],
)
def test_what_cannot_be_booked_is_refused_and_changes_nothing(
    clinic: World, row: dict[str, Any], sentence: str
) -> None:
    """An unknown placement, another currency, sums that do not add up: each is told with its field."""
    _place(clinic)
    line = {"gross": "100.00", "fee": "20.00", "net": "80.00"} | row
    with pytest.raises(BadRemittance, match=sentence.replace("(", r"\(")):
        _remit(clinic, "R1", line.pop("gross"), line.pop("fee"), line.pop("net"), **line)
    assert clinic.owed() == 60000


def test_the_fee_on_what_was_paid_to_us_is_checked_too(clinic: World) -> None:
    """A direct payment earns the collector their fee, once; no money is booked twice for it."""
    _place(clinic)
    _export(clinic)
    clinic.later(days=1)
    clinic.pays("B1", 10000)
    found = _remit(clinic, "R1", "100.00", "20.00", "-20.00", kind=RemittanceKind.DIRECT)
    assert (found.drift, clinic.owed()) == (0, 50000)
    with pytest.raises(BadRemittance, match="no fee was taken on yet"):
        _remit(clinic, "R2", "100.00", "20.00", "-20.00", kind=RemittanceKind.DIRECT)


def test_a_placement_ends_paid_sold_back_or_written_off(clinic: World) -> None:
    """Paid needs nothing owed; a bill sold back rests until a person speaks; written off owes nothing."""
    _place(clinic)
    _export(clinic)
    with clinic.database.write() as session:
        collector.acknowledge(clinic.context(session), "B1-P1", "kim", "FC-77")
    with pytest.raises(placement.StillOwed, match=r"600.00 USD"), clinic.database.write() as session:
        collector.close_paid(clinic.context(session), "B1-P1", "kim")
    with clinic.database.write() as session:
        collector.close_returned(clinic.context(session), "B1-P1", "kim", "gave up")
    clinic.later(days=400)
    assert {verdict.reason for verdict in clinic.preview()} == {"manual"}
    with clinic.database.write() as session:
        assert collector.write_off(clinic.context(session), "B1-P1", "kim", "gave up") == 60000
    assert (_state(clinic), clinic.owed()) == (PlacementState.WRITTEN_OFF, 0)
    assert [row["event"] for row in _report(clinic)] == ["written_off"]


def test_a_bill_can_be_placed_again_under_a_new_key(clinic: World) -> None:
    """What came back and is flagged again is another placement: keys are never used twice."""
    _place(clinic)
    _recall(clinic)
    clinic.later(days=31)
    with clinic.database.write() as session:
        assert flagged(session, "B1", 60000, clinic.now)
        assert not flagged(session, "B1", 60000, clinic.now)
    _place(clinic)
    with clinic.database.read() as session:
        found = placements.latest(session, "B1")
    assert found is not None
    assert (found.key, found.state) == ("B1-P2", PlacementState.PLACED)


def test_only_what_stands_in_a_file_is_acknowledged(clinic: World) -> None:
    """A collector cannot confirm what they were never given."""
    _place(clinic)
    with pytest.raises(placement.NotHandedOver), clinic.database.write() as session:
        collector.acknowledge(clinic.context(session), "B1-P1", "kim", "")


def test_a_contract_may_change_without_changing_old_fees(clinic: World) -> None:
    """The terms of the day of placement are kept with it."""
    _place(clinic)
    clinic.installation = replace(
        clinic.installation, collectors=(replace(FAIR, rates=(Rate(Decimal(50)),)),)
    )
    assert _remit(clinic, "R1", "100.00", "20.00", "80.00").drift == 0


money = st.lists(
    st.tuples(st.sampled_from(["passed on", "bounced", "direct"]), st.integers(1, 70000)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12)
@given(money)
def test_whatever_is_collected_every_cent_is_accounted_for(
    sqlite_databases: Databases, drawn: list[tuple[str, int]]
) -> None:
    """What a customer owes and has as credit is what was charged less what came in, to the cent."""
    database = Database(sqlite_databases(), KEYS)
    world = World(database, installation=an_installation(collectors=(FAIR,)))
    world.customer()
    _flag(world)
    _place(world)
    passed: dict[int, int] = {}
    paid = 0
    for number, (kind, minor) in enumerate(drawn):
        if kind == "direct":
            world.pays("B1", minor)
            paid += minor
            continue
        bounced = kind == "bounced" and bool(passed)
        gross = -passed.popitem()[1] if bounced else minor
        plain = f"{Decimal(gross) / 100:.2f}"
        found = _remit(
            world,
            f"R{number}",
            plain,
            "0.00",
            plain,
            kind=RemittanceKind.REVERSAL if bounced else RemittanceKind.PAYMENT,
        )
        assert abs(found.expected_fee) <= abs(gross)
        paid += gross
        if not bounced:
            passed[number] = gross
    with database.read() as session:
        total = sum(entry.amount.minor for entry in ledger.of_account(session, "A-ada"))
    assert total == 60000 - paid
    database.close()
