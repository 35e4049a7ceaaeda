"""Letters: claimed once, counted from the day they were posted, and not at all when they come back."""

from __future__ import annotations

import asyncio
import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from billing.accounts.channels import Channel
from billing.dunning.demand import BookedInterest
from billing.gate import SendingSwitch
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.policy import ContentClass
from bot.channels.letter import ADDRESSES, NoFolder
from bot.delivery import Delivery
from handlers import snapshot
from handlers.bills.bills import BillRow, add_bill
from handlers.bills.postal_address import address_of
from handlers.delivery import letters
from storage import tables
from storage.delivery import outbox
from storage.delivery.letters import BatchState
from storage.ledger import ledger
from storage.people import reachability
from storage.people.customers import Customer
from tests.letters import AT_HOME, a_writing_installation, a_writing_world, owes, room, rows, steps, text_of
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database.transaction import Database

TODAY = date(2026, 3, 2)


@pytest.fixture
def world(database: Database) -> World:
    """A clinic that writes its final notices by letter."""
    return a_writing_world(database)


def _print(world: World, folder: Path) -> list[Path]:
    return [where for _, where in room(world, folder).print_batches(TODAY, "desk")]


def _posted(world: World, batch_id: int = 1, on: date | None = None) -> int:
    with world.database.write() as session:
        return letters.posted(world.context(session), batch_id, on, "desk")


def _addresses(world: World) -> list[str]:
    with world.database.read() as session:
        ways = reachability.ways(session, ["ada"]).get("ada", [])
    return [way.reach.address for way in ways if way.reach.channel is Channel.LETTER]


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        (
            {"country": "SE", "postal_code": "111 22", "city": "Stockholm"},
            "Storgatan 1\n111 22 Stockholm\nSE",
        ),
        (
            {"country": "US", "region": "OR", "postal_code": "97201", "city": "Portland"},
            "Storgatan 1\nPortland, OR 97201\nUS",
        ),
        ({"country": "SE", "postal_code": "", "city": "Stockholm"}, ""),
        ({"country": "", "postal_code": "111 22", "city": "Stockholm"}, ""),
    ],
)
def test_an_address_has_one_form(fields: dict[str, Any], address: str) -> None:
    """Written in any way it is the same contact point; half an address is none."""
    for street in ("Storgatan 1", " Storgatan  1 , "):
        assert address_of(Customer("1", "Ada", address=street, **fields)) == address


def test_a_letter_goes_to_the_address_on_file_now(world: World) -> None:
    """It moves when the customer does, back again too, and ends where the address becomes unknown."""
    world.customer(**AT_HOME)
    assert _addresses(world) == ["12 Elm Street\nPortland, OR 97201\nUS"]
    world.customer(**(AT_HOME | {"address": "9 New Road"}))
    assert _addresses(world) == ["9 New Road\nPortland, OR 97201\nUS"]
    world.customer(**AT_HOME)
    assert _addresses(world) == ["12 Elm Street\nPortland, OR 97201\nUS"]
    world.customer()
    assert _addresses(world) == []


def test_post_needs_no_consent_and_a_stop_leaves_it_open(world: World) -> None:
    """A stop closes every electronic way; what the law requires may still come by letter."""
    world.customer(consent=False, **AT_HOME)
    world.says("STOP")
    with world.database.read() as session:
        ways = {way.reach.channel: way.reach for way in reachability.ways(session, ["ada"])["ada"]}
    assert ways[Channel.SMS].stopped
    assert ways[Channel.LETTER].usable


def test_delivery_leaves_letters_alone(world: World) -> None:
    """Only a batch takes them."""
    owes(world)
    delivery = Delivery(world.database, world.installation, world.phones, world.clock)
    assert asyncio.run(delivery.deliver_due()) == 0
    assert [row.state for row in rows(world, tables.Outbox)] == ["queued"]


def test_a_batch_is_a_folder_with_a_pdf_each_and_a_list(world: World, tmp_path: Path) -> None:
    """What a print service needs: where each file goes, and how many pages it has."""
    owes(world, name="Åsa Núñez-Öberg")
    owes(world, "bo", name="Bo Berg", phone="+15035550143", country="SE", region="", postal_code="111 22")
    [where] = _print(world, tmp_path)
    assert sorted(file.name for file in where.iterdir()) == ["1-001.pdf", "1-002.pdf", ADDRESSES]
    with (where / ADDRESSES).open(encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    row = ["1-001.pdf", "1-001", "Åsa Núñez-Öberg", "12 Elm Street", "Portland, OR 97201"]
    assert row == list(first.values())[:5]
    assert (first["country"], first["pages"]) == ("US", "1")
    assert (second["line_4"], second["country"]) == ("SWEDEN", "SE")
    read = text_of((where / "1-001.pdf").read_bytes())
    for word in (
        "Åsa Núñez-Öberg",
        "$600.00",
        "B-ada",
        "Visit",
        "1-001",
        "March 16, 2026",
        "elm.example/pay",
    ):
        assert word in read
    assert "Bo Berg" not in read


def test_what_is_printed_is_what_is_kept(world: World, tmp_path: Path) -> None:
    """The message holds the letter's words, is sending without an end, and is not asked about."""
    owes(world)
    _print(world, tmp_path)
    [row] = rows(world, tables.Outbox)
    assert (row.state, row.leased_until) == ("sending", None)
    assert row.sayings[0]["key"] == "letter.final"
    assert "object" in row.text
    world.later(days=30)
    with world.database.read() as session:
        assert outbox.lost(session, world.now, 10) == []
    assert _print(world, tmp_path) == []


def test_a_letter_counts_from_the_day_it_was_posted(world: World, tmp_path: Path) -> None:
    """Not from the day it was printed, nor from the day somebody said so; and it is confirmed once."""
    owes(world)
    _print(world, tmp_path)
    assert steps(world) == ["queued"]
    world.later(days=3)
    assert _posted(world, on=TODAY + timedelta(days=1)) == 1
    [step] = rows(world, tables.Step)
    assert step.state == "heard"
    assert step.at == datetime(2026, 3, 3, 20, tzinfo=UTC)
    with pytest.raises(letters.BatchNotOpen, match="posted"):
        _posted(world)
    with pytest.raises(letters.NoSuchBatch):
        _posted(world, 7)


def test_the_time_to_answer_is_kept_or_the_batch_is_not_posted(world: World, tmp_path: Path) -> None:
    """Letters that lay too long name a day that is too near: they are printed again."""
    owes(world)
    _print(world, tmp_path)
    with pytest.raises(letters.PostedInTheFuture):
        _posted(world, on=TODAY + timedelta(days=1))
    world.later(days=9)
    with pytest.raises(letters.PostedTooLate, match="withdraw it"):
        _posted(world)
    assert _posted(world, on=TODAY) == 1


def test_a_letter_that_came_back_was_not_heard(world: World, tmp_path: Path) -> None:
    """No time runs, a flag is taken back, the address is searched, and a new address gets a new letter."""
    owes(world)
    _print(world, tmp_path)
    _posted(world)
    world.later(days=60)
    world.run()
    assert [case.kind for case in world.queue()] == ["placement"]
    with world.database.write() as session:
        letters.returned(world.context(session), "1-001", "moved", "desk")
    assert steps(world) == ["unheard"]
    [placement] = rows(world, tables.Placement)
    assert (placement.state, placement.reason) == ("returned", "letter returned")
    world.run()
    kinds = {case.kind: case for case in world.queue()}
    assert "placement" not in kinds
    assert "(moved)" in kinds["address_search"].reason
    assert kinds["address_search"].detail["what else there is"] == "sms"
    world.customer(**(AT_HOME | {"address": "9 New Road"}))
    world.later(days=7)
    world.run()
    [where] = _print(world, tmp_path)
    assert "9 New Road" in text_of((where / "2-001.pdf").read_bytes())
    with pytest.raises(letters.NoSuchLetter), world.database.write() as session:
        letters.returned(world.context(session), "2-001", "", "desk")


def test_a_withdrawn_batch_is_put_away_and_looked_at_anew(world: World, tmp_path: Path) -> None:
    """What is still wanted goes into the next batch, what was paid in between does not."""
    owes(world)
    owes(world, "bo", phone="+15035550143", address="7 Oak Road")
    [where] = _print(world, tmp_path)
    world.pays("B-bo", 60000)
    with world.database.write() as session:
        assert letters.settled_since(world.context(session), 1) == ["1-002"]
        assert letters.withdraw(world.context(session), 1, (), "desk") == ["1-001", "1-002"]
    [again] = _print(world, tmp_path)
    assert not where.exists()
    assert (tmp_path / "withdrawn-1" / "1-001.pdf").is_file()
    assert sorted(file.name for file in again.iterdir()) == ["2-001.pdf", ADDRESSES]
    with pytest.raises(letters.BatchNotOpen, match="withdrawn"):
        _posted(world, 1)


def test_a_single_letter_is_taken_out_before_the_batch_is_posted(world: World, tmp_path: Path) -> None:
    """Who paid in between gets no demand: the file and its row are gone, and it does not count."""
    owes(world)
    owes(world, "bo", phone="+15035550143", address="7 Oak Road")
    [where] = _print(world, tmp_path)
    world.pays("B-bo", 60000)
    with world.database.write() as session:
        with pytest.raises(letters.NotInBatch, match="9-001"):
            letters.withdraw(world.context(session), 1, ["9-001"], "desk")
        assert letters.withdraw(world.context(session), 1, ["1-002"], "desk") == ["1-002"]
    assert _print(world, tmp_path) == []
    assert sorted(file.name for file in where.iterdir()) == ["1-001.pdf", ADDRESSES]
    assert "1-002" not in (where / ADDRESSES).read_text()
    assert _posted(world) == 1
    assert sorted(row.state for row in rows(world, tables.Outbox)) == ["dropped", "sent"]


def test_a_demand_that_lacks_something_waits_for_it(world: World, tmp_path: Path) -> None:
    """Nobody is asked for money without being told what for; the desk is told what is missing."""
    world.customer(**AT_HOME)
    with world.database.write() as session:
        bill = BillRow("B1", "ada", date(2026, 1, 1), date(2026, 2, 1), "USD", 5000)
        add_bill(world.context(session), bill)
    world.customer(**(AT_HOME | {"name": "Ada Berg"}))
    world.run()
    assert _print(world, tmp_path) == []
    [case] = world.queue()
    assert case.kind == "letter_incomplete"
    assert "B1: no demand can be written" in case.reason
    assert [row.state for row in rows(world, tables.Outbox)] == ["queued"]


def test_fees_and_interest_stand_apart_with_their_terms(world: World, tmp_path: Path) -> None:
    """What was booked beside the bill is told with rate, base and period, and adds up."""
    owes(world)
    base, usd = Money(60000, "USD"), "USD"
    since, until = date(2026, 2, 26), date(2026, 3, 2)
    terms = BookedInterest(Money(493, usd), Decimal("10.00"), base, since, until, "Interest Act 6")
    account = rows(world, tables.Bill)[0].account_id
    fee = Entry(account, EntryKind.FEE, Money(18000, usd), TODAY, "fee", "B-ada", rule="Fees Act 3")
    interest = Entry(
        account, EntryKind.INTEREST, terms.amount, TODAY, "interest", "B-ada", rule=terms.as_rule()
    )
    with world.database.write() as session:
        ledger.append(session, [fee, interest], world.now)
    [where] = _print(world, tmp_path)
    read = text_of((where / "1-001.pdf").read_bytes())
    assert "To pay $600.00 $4.93 $180.00 $784.93" in read
    assert "10.00 per cent a year on $600.00 from February 26, 2026 to March 2, 2026 (Interest Act 6)" in read


def test_interest_without_terms_is_not_demanded(world: World, tmp_path: Path) -> None:
    """A rule that tells no rate holds the letter back, and the desk is told."""
    owes(world)
    account = rows(world, tables.Bill)[0].account_id
    with world.database.write() as session:
        bare = Entry(
            account, EntryKind.INTEREST, Money(493, "USD"), TODAY, "interest", "B-ada", rule="an act"
        )
        ledger.append(session, [bare], world.now)
    assert _print(world, tmp_path) == []
    assert "rate, base and period" in world.queue()[0].reason


@pytest.mark.parametrize("sending", [SendingSwitch.APPROVE, SendingSwitch.STOPPED, SendingSwitch.SHADOW])
def test_the_switch_binds_letters_too(database: Database, tmp_path: Path, sending: SendingSwitch) -> None:
    """Nothing is printed that may not leave."""
    world = World(database, a_writing_installation(sending=sending))
    owes(world)
    assert _print(world, tmp_path) == []


def test_a_letter_for_somebody_else_names_them(world: World, tmp_path: Path) -> None:
    """A parent reads whose visit it was; where lines may not be said a final demand cannot be made."""
    world.customer("eva", name="Eva Lind", phone="+15035550199", **AT_HOME)
    owes(world, "kim", name="Kim Lind", birth_date=date(2016, 1, 1), guarantor_id="eva")
    [where] = _print(world, tmp_path)
    assert "Visit (Kim Lind)" in text_of((where / "1-001.pdf").read_bytes())


def test_less_is_said_where_the_policy_says_so(database: Database, tmp_path: Path) -> None:
    """Without line items a final demand would not say what it is for, and is not made."""
    installation = a_writing_installation()
    content = installation.policy.content.model_copy(update={"letter": ContentClass.AMOUNT})
    world = World(
        database, replace(installation, policy=installation.policy.model_copy(update={"content": content}))
    )
    owes(world)
    assert _print(world, tmp_path) == []
    assert [case.kind for case in world.queue()] == ["letter_incomplete"]


def test_a_folder_that_cannot_be_made_claims_nothing(world: World, tmp_path: Path) -> None:
    """The refusal names the setting, and every letter waits."""
    owes(world)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NoFolder, match="KVITT_LETTERS_FOLDER"):
        _print(world, tmp_path / "file")
    assert [row.state for row in rows(world, tables.Outbox)] == ["queued"]


def test_a_print_that_died_before_its_folder_is_made_good(world: World, tmp_path: Path) -> None:
    """What was claimed is printed from what was written down, dated as it was."""
    owes(world)
    with world.database.write() as session:
        assert letters.gather(world.context(session), TODAY, "desk") == 1
    world.later(days=2)
    [(batch_id, where)] = room(world, tmp_path).print_batches(TODAY + timedelta(days=2), "desk")
    assert batch_id == 1
    assert "March 2, 2026" in text_of((where / "1-001.pdf").read_bytes())


def test_a_print_that_died_after_its_folder_is_not_printed_again(world: World, tmp_path: Path) -> None:
    """A folder that is there is whole; it is only written down."""
    owes(world)
    [where] = _print(world, tmp_path)
    before = (where / "1-001.pdf").stat().st_mtime_ns
    with world.database.write() as session:
        session.execute(tables.LetterBatch.__table__.update().values(state="printing"))  # type: ignore[attr-defined]
    assert _print(world, tmp_path) == [where]
    assert (where / "1-001.pdf").stat().st_mtime_ns == before
    assert [row.state for row in rows(world, tables.LetterBatch)] == [BatchState.PRINTED.value]


def test_two_printers_at_once_print_each_letter_once(world: World, tmp_path: Path) -> None:
    """Whoever is quicker; nobody prints what the other has."""
    for number in range(6):
        owes(world, f"c{number}", phone=f"+1503555010{number}", address=f"{number} Elm Street")

    async def both() -> list[list[tuple[int, Path]]]:
        made = (asyncio.to_thread(room(world, tmp_path).print_batches, TODAY, "desk") for _ in range(2))
        return list(await asyncio.gather(*made))

    asyncio.run(both())
    assert len(list(tmp_path.glob("batch-*/*.pdf"))) == 6
    assert len({row.outbox_id for row in rows(world, tables.Letter)}) == 6


def test_nothing_else_leaves_while_a_printed_letter_waits_to_be_posted(world: World, tmp_path: Path) -> None:
    """A letter in its envelope may be posted any moment: it counts as of now, however long it has lain."""
    owes(world)
    _print(world, tmp_path)
    world.later(days=12)
    with world.database.read() as session:
        (person,) = snapshot.load(world.context(session), ["ada"])
    assert [one.at for one in person.past] == [world.now]
